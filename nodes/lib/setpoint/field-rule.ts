import { ResonanceError } from "../errors/resonance-error";
import type { Category } from "../profile/profile";
import { requireField } from "../profile/profile-lookup";
import { compileConversion } from "../units/conversion";

/** A row of the settings: one field that may become a command. Numbers in `unit`; empty where there is no such limit. */
export interface FieldRow {
  readonly field: string;
  /** UN/CEFACT code of the row's numbers and of the actual value; empty for the profile's own unit. */
  readonly unit?: string;
  readonly minimum?: number | string;
  readonly maximum?: number | string;
  /** Largest change from one command to the next. */
  readonly maxStep?: number | string;
  /** Largest change a second. */
  readonly maxRate?: number | string;
  /** Changes smaller than this make no command. */
  readonly deadBand?: number | string;
  /** Value that is commanded when the last command's validity is over. */
  readonly fallback?: number | string;
  /** Tag whose samples say what is in force at the machine. */
  readonly actualTag?: string;
  /** Places in `msg.resonance.job` of further bounds, parts parted by dots. */
  readonly jobMinimum?: string;
  readonly jobMaximum?: string;
}

/** A row, checked and in the profile's unit. */
export interface FieldRule {
  readonly field: string;
  readonly integer: boolean;
  readonly minimum: number;
  readonly maximum: number;
  readonly maxStep: number;
  /** A second. */
  readonly maxRate: number;
  readonly deadBand: number;
  readonly fallback: number | undefined;
  readonly actualTag: string;
  readonly jobMinimum: readonly string[];
  readonly jobMaximum: readonly string[];
  /** UN/CEFACT code of the profile's unit; empty where it has none. */
  readonly unit: string;
  /** A value in the row's unit as one in the profile's. */
  readonly toProfile: (value: number) => number;
}

/**
 * Compiles the rows. Bounds are those of the row within those of the profile.
 * @throws RESONANCE_CONFIG_INVALID, RESONANCE_FIELD_UNKNOWN, RESONANCE_MAPPING_TWICE, RESONANCE_UNIT_… with a path like `fields/0/maximum`
 */
export function compileFieldRules(category: Category, rows: readonly FieldRow[], needsReference: boolean): readonly FieldRule[] {
  if (rows.length === 0) throw invalid("fields", "0");
  const seen = new Set<string>();
  return rows.map((row, index) => {
    const at = `fields/${index}`;
    const { name, schema } = requireField(category, "output", row.field, `${at}/field`);
    if (seen.has(name)) throw new ResonanceError("RESONANCE_MAPPING_TWICE", { name }, { path: `${at}/field` });
    seen.add(name);
    if (schema.type !== "number" && schema.type !== "integer") throw invalid(`${at}/field`, `${name}: ${String(schema.type)}`);
    const { unit = "" } = row;
    const { factor, offset } = unit === "" || unit === schema.unit ? { factor: 1, offset: 0 } : compileConversion(unit, schema.unit ?? "", `${at}/unit`);
    const setting = (key: keyof FieldRow): number | undefined => optionalNumber(row[key], `${at}/${key}`);
    const point = (key: keyof FieldRow): number | undefined => {
      const value = setting(key);
      return value === undefined ? undefined : value * factor + offset;
    };
    const span = (key: keyof FieldRow): number | undefined => {
      const value = setting(key);
      if (value !== undefined && value < 0) throw invalid(`${at}/${key}`, value);
      return value === undefined ? undefined : value * factor;
    };
    const rule: FieldRule = {
      field: name,
      integer: schema.type === "integer",
      minimum: Math.max(point("minimum") ?? -Infinity, schema.minimum ?? -Infinity),
      maximum: Math.min(point("maximum") ?? Infinity, schema.maximum ?? Infinity),
      maxStep: span("maxStep") ?? Infinity,
      maxRate: span("maxRate") ?? Infinity,
      deadBand: span("deadBand") ?? 0,
      fallback: point("fallback"),
      actualTag: (row.actualTag ?? "").trim(),
      jobMinimum: pathOf(row.jobMinimum, `${at}/jobMinimum`),
      jobMaximum: pathOf(row.jobMaximum, `${at}/jobMaximum`),
      unit: schema.unit ?? "",
      toProfile: (value) => value * factor + offset,
    };
    if (!(rule.minimum <= rule.maximum)) throw invalid(`${at}/minimum`, `${rule.minimum} > ${rule.maximum}`);
    const { fallback } = rule;
    if (fallback !== undefined && !(fallback >= rule.minimum && fallback <= rule.maximum)) throw invalid(`${at}/fallback`, fallback);
    if (rule.integer && fallback !== undefined && !Number.isInteger(fallback)) throw invalid(`${at}/fallback`, fallback);
    // A change can only be judged against what is in force.
    if (needsReference && isChangeLimited(rule) && rule.actualTag === "") throw invalid(`${at}/actualTag`, name);
    return rule;
  });
}

/** Whether a change of the field is limited at all. */
export function isChangeLimited({ maxStep, maxRate }: FieldRule): boolean {
  return maxStep !== Infinity || maxRate !== Infinity;
}

function optionalNumber(value: unknown, path: string): number | undefined {
  if (value === undefined || value === null || (typeof value === "string" && value.trim() === "")) return undefined;
  const number = typeof value === "string" || typeof value === "number" ? Number(value) : NaN;
  if (!Number.isFinite(number)) throw invalid(path, typeof value === "string" ? value : typeof value);
  return number;
}

function pathOf(path: string | undefined, setting: string): readonly string[] {
  if (path === undefined || path.trim() === "") return [];
  const parts = path.split(".").map((part) => part.trim());
  if (parts.includes("")) throw invalid(setting, path);
  return parts;
}

function invalid(setting: string, detail: string | number): ResonanceError {
  return new ResonanceError("RESONANCE_CONFIG_INVALID", { setting, detail }, { path: setting });
}
