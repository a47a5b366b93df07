import { ResonanceError } from "../errors/resonance-error";
import { requireUnit } from "../units/units";
import { parseNodeId } from "./node-id";
import type { WriteRow } from "./write-order";

/** A row as the form saves it. */
export interface RowSetting {
  readonly tag: string;
  readonly nodeId: string;
  readonly unit?: string;
  readonly targetUnit?: string;
}

/**
 * Compiles the rows of a table, by tag.
 * @throws RESONANCE_CONFIG_INVALID, RESONANCE_OPCUA_NODE_ID_INVALID, RESONANCE_UNIT_UNKNOWN with a path like `items/2/nodeId`.
 */
export function compileRows(items: readonly RowSetting[]): ReadonlyMap<string, WriteRow> {
  if (items.length === 0) throw invalid("items", "there is no row");
  const rows = new Map<string, WriteRow>();
  items.forEach(({ tag, nodeId, unit = "", targetUnit = "" }, index) => {
    const at = `items/${index}`;
    if (tag === "") throw invalid(`${at}/tag`, "the tag is empty");
    if (rows.has(tag)) throw invalid(`${at}/tag`, `the tag ${tag} is there twice`);
    if (unit !== "") requireUnit(unit, `${at}/unit`);
    if (targetUnit !== "") requireUnit(targetUnit, `${at}/targetUnit`);
    rows.set(tag, { tag, nodeId: parseNodeId(nodeId, `${at}/nodeId`), ...(unit === "" ? {} : { unit }), ...(targetUnit === "" ? {} : { targetUnit }) });
  });
  return rows;
}

/**
 * A whole number from the form or from a variable.
 * @throws RESONANCE_CONFIG_INVALID
 */
export function wholeNumber(setting: string, value: number | string | undefined, [least, most]: readonly [number, number]): number {
  const number = value === "" || value === undefined ? Number.NaN : Number(value);
  if (Number.isInteger(number) && number >= least && number <= most) return number;
  throw invalid(setting, `${String(value)} is no whole number from ${least} to ${most}`);
}

function invalid(setting: string, detail: string): ResonanceError {
  return new ResonanceError("RESONANCE_CONFIG_INVALID", { setting, detail }, { path: setting });
}
