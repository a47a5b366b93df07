import type { UnitCode } from "../profile/profile";
import { allUnits, unitOfOpcUaId } from "../units/units";

/** What an EUInformation says: a unit the pack knows, or the words of the server for another one. */
export interface StatedUnit {
  readonly unit?: UnitCode;
  readonly foreignUnit?: string;
}

const UN_CEFACT = "http://www.opcfoundation.org/UA/units/un/cefact";
/** The unit ID that says nothing (OPC 10000-8, 5.6.4.3). */
const NO_ID = -1;

/** Spellings of symbols that mean the same sign. */
const SIGNS: readonly (readonly [RegExp, string])[] = [[/\u03bc/g, "\u00b5"], [/\u2126/g, "\u03a9"], [/[\u22c5\u2219*]/g, "·"], [/\s+/g, ""]];

/**
 * The unit of an EUInformation: by its ID where that is of UN/CEFACT's namespace (or of none), else by its display name,
 * which must be the symbol of exactly one unit.
 */
export function unitOf(information: unknown): StatedUnit {
  const { namespaceUri, unitId, displayName } = (information ?? {}) as {
    namespaceUri?: string | null; unitId?: number; displayName?: { text?: string | null } | null;
  };
  const official = !namespaceUri || namespaceUri.replace(/\/$/, "") === UN_CEFACT;
  const byId = official && unitId !== undefined && unitId !== NO_ID ? unitOfOpcUaId(unitId) : undefined;
  if (byId) return { unit: byId.code };
  const text = displayName?.text?.trim() ?? "";
  // An ID of UN/CEFACT that the pack does not know is another unit, however it is called.
  const known = official && (unitId ?? 0) > 0 ? undefined : unitCalled(text);
  if (known !== undefined) return { unit: known };
  return text === "" ? {} : { foreignUnit: text };
}

function unitCalled(text: string): UnitCode | undefined {
  const name = spelled(text);
  if (name === "") return undefined;
  const [first, ...others] = allUnits().filter(({ symbol }) => spelled(symbol) === name);
  // Rec 20 has two codes for some units, among them r/min.
  const one = others.every(({ quantity, factor, offset }) => quantity === first?.quantity && factor === first.factor && offset === first.offset);
  return one ? first?.code : undefined;
}

function spelled(symbol: string): string {
  return SIGNS.reduce((text, [sign, one]) => text.replace(sign, one), symbol);
}
