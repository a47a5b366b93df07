import { ResonanceError } from "../errors/resonance-error";
import type { Category, Field } from "../profile/profile";
import { requireField } from "../profile/profile-lookup";
import { compileConverter } from "../units/conversion";

/**
 * A field of the category's input, or with `/3` one entry of a list, such as a history.
 * @throws RESONANCE_FIELD_UNKNOWN, RESONANCE_CONFIG_INVALID
 */
export function locate(category: Category, text: string, path: string): { readonly field: Pick<Field, "name" | "schema">; readonly index?: number } {
  const [, list = "", index] = /^([^/]+)\/(\d+)$/.exec(text) ?? [];
  if (index === undefined) return { field: requireField(category, "input", text, path) };
  const { name, schema } = requireField(category, "input", list, path);
  const { items, maxItems = Infinity } = schema;
  if (schema.type !== "array" || !items) throw invalid(path, `${name} (${String(schema.type)}) is no list`);
  if (Number(index) >= maxItems) throw invalid(path, `${text}: ${name} has ${maxItems} entries at most`);
  return { field: { name, schema: items as unknown as Field["schema"] }, index: Number(index) };
}

/**
 * From the field's unit to the model's. A value without unit stays as it is; the number one (`C62`) and no unit are the same.
 * @throws RESONANCE_CONFIG_INVALID, RESONANCE_UNIT_UNKNOWN, RESONANCE_UNIT_INCOMPATIBLE
 */
export function compileUnit(field: Pick<Field, "name" | "schema">, to: string, at: string): (value: number) => number {
  const from = field.schema.unit ?? "";
  if (from === to || (from === "" && to === "C62") || (from === "C62" && to === "")) return (value) => value;
  if (to === "") throw invalid(`${at}/unit`, `${field.name} is in ${from}, but the model's unit is not stated`);
  if (from === "") throw invalid(`${at}/unit`, `${field.name} has no unit, but the model wants ${to}`);
  return compileConverter(from, to, `${at}/unit`);
}

function invalid(setting: string, detail: string): ResonanceError {
  return new ResonanceError("RESONANCE_CONFIG_INVALID", { setting, detail }, { path: setting });
}
