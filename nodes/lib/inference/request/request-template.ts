import { ResonanceError } from "../../errors/resonance-error";
import type { Category } from "../../profile/profile";
import type { InputRecord, ModelLineage } from "../../record/interface-record";
import { compileUnit, locate } from "../record-part";
import { compileDocument, type Fill } from "./document-plan";

/** Where a part of a request comes from. */
export type RowSource = "field" | "value" | "id" | "timestamp" | "equipment" | "modelId" | "modelVersion";

/** A part of a request. */
export interface RequestRow {
  /** JSON pointer: where the part stands in the request; empty where it is the whole request. */
  readonly path: string;
  readonly source: RowSource;
  /** With `field`: an input of the category, also `name/3` for one entry of a list. */
  readonly field: string;
  /** With `field`: UN/CEFACT code the model wants. */
  readonly unit: string;
  /** With `value`: JSON, or else a text. */
  readonly value: string;
  /** Whether the part is left out where the record has no value for it. */
  readonly optional?: boolean;
}

/** What a service is asked with: the parts of `rows`, the whole input record, or its values alone. */
export type RequestForm = "rows" | "record" | "values";

/** How a request comes from a record. */
export interface RequestTemplate {
  readonly form: RequestForm;
  readonly rows: readonly RequestRow[];
}

/** Makes the document a service is asked with. */
export type RequestPlan = (record: InputRecord) => unknown;

/** What a row's source says, where it is not the record's values. */
const FACTS: Readonly<Record<Exclude<RowSource, "field" | "value">, (record: InputRecord, model: ModelLineage) => unknown>> = {
  id: ({ id }) => id,
  timestamp: ({ timestamp }) => timestamp,
  equipment: ({ equipment }) => equipment,
  modelId: (_, { id }) => id,
  modelVersion: (_, { version }) => version,
};

/**
 * Compiles the way from an input record (values in the profile's units) to a request (values in the model's units).
 * The plan throws RESONANCE_MODEL_INPUT_MISSING (path `values/<field>`) for a record that lacks what is not optional.
 * @throws RESONANCE_CONFIG_INVALID (path e.g. `requestRows/0/path`), RESONANCE_FIELD_UNKNOWN, RESONANCE_UNIT_UNKNOWN, RESONANCE_UNIT_INCOMPATIBLE
 */
export function compileRequest({ form, rows }: RequestTemplate, category: Category, model: ModelLineage): RequestPlan {
  if (form === "record") return (record) => record;
  if (form === "values") return ({ values }) => values;
  if ((form as string) !== "rows") throw invalid("body", `${form as string} ≠ rows, record, values`);
  return compileDocument(rows.map((row, index) => {
    const at = `requestRows/${index}`;
    return { path: row.path, at, fill: compileRow(row, category, model, at) };
  }));
}

function compileRow(row: RequestRow, category: Category, model: ModelLineage, at: string): Fill {
  if (row.source === "field") return compileField(row, category, at);
  if (row.source === "value") {
    const constant = constantOf(row.value);
    return () => constant;
  }
  if (!Object.hasOwn(FACTS, row.source)) throw invalid(`${at}/source`, `${row.source as string} ≠ field, value, ${Object.keys(FACTS).join(", ")}`);
  const fact = FACTS[row.source];
  return (record) => fact(record, model);
}

function compileField({ field: text, unit, path, optional = false }: RequestRow, category: Category, at: string): Fill {
  const { field, index } = locate(category, text, `${at}/field`);
  // A list has its unit at its entries.
  const { items } = field.schema;
  const convert = compileUnit(items ? { name: field.name, schema: items as unknown as typeof field.schema } : field, unit, at);
  const converted = (value: unknown): unknown => {
    if (typeof value === "number") return convert(value);
    return Array.isArray(value) ? value.map(converted) : value;
  };
  return ({ values }) => {
    const whole = values[field.name];
    const value = index === undefined ? whole : (whole as readonly unknown[] | undefined)?.[index];
    if (value !== undefined && value !== null) return converted(value);
    if (optional) return undefined;
    throw new ResonanceError("RESONANCE_MODEL_INPUT_MISSING", { field: field.name, tensor: path }, { path: `values/${field.name}` });
  };
}

function constantOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

function invalid(setting: string, detail: string): ResonanceError {
  return new ResonanceError("RESONANCE_CONFIG_INVALID", { setting, detail }, { path: setting });
}
