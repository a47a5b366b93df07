import { ResonanceError } from "../errors/resonance-error";
import type { Category } from "../profile/profile";
import type { RecordValues } from "../record/interface-record";
import { DATATYPES, type DatatypeRule, type Element } from "./datatype";
import { compileUnit, locate } from "./record-part";
import { checkSpecs, SETTINGS, shapeOf } from "./signature";
import type { Tensor, TensorElement, TensorSpec } from "./tensor";

/** Makes a model's input tensors from a record's values. */
export type InputPlan = (values: RecordValues) => readonly Tensor[];

/** Fills one element of a tensor. */
type ElementPlan = (values: RecordValues) => Element;

/** What an element that is not used is filled with. */
export const UNUSED: Readonly<Record<DatatypeRule["kind"], Element>> = { boolean: false, integer: 0, float: 0, bytes: "" };

/** JSON types of a profile's field that can fill a datatype; a boolean becomes 0 or 1 in a numeric tensor. */
const FITTING: Readonly<Record<DatatypeRule["kind"], readonly string[]>> = {
  boolean: ["boolean"],
  integer: ["number", "integer", "boolean"],
  float: ["number", "integer", "boolean"],
  bytes: ["string"],
};

/**
 * Compiles the way from an input record of `category` (values in the profile's units) to the model's tensors (values in the model's units).
 * The plan throws RESONANCE_MODEL_INPUT_MISSING or RESONANCE_MODEL_INPUT_VALUE, path `values/<field>`, for a record it cannot use:
 * a whole-number datatype takes whole numbers only, nothing is rounded.
 * @throws RESONANCE_CONFIG_INVALID (path e.g. `inputTensors/0/elements/2/field`), RESONANCE_FIELD_UNKNOWN, RESONANCE_UNIT_UNKNOWN, RESONANCE_UNIT_INCOMPATIBLE
 */
export function compileInputs(specs: readonly TensorSpec[], category: Category): InputPlan {
  checkSpecs("inputs", specs);
  const tensors = specs.map((spec, index) => {
    const at = `${SETTINGS.inputs}/${index}`;
    const shape = shapeOf(spec, at);
    const elements = spec.elements.map((element, position) => compileElement(spec, element, category, `${at}/elements/${position}`));
    return { name: spec.name, datatype: spec.datatype, shape, elements };
  });
  return (values) => tensors.map(({ elements, ...tensor }) => ({ ...tensor, data: elements.map((fill) => fill(values)) }));
}

function compileElement(spec: TensorSpec, element: TensorElement, category: Category, at: string): ElementPlan {
  const rule = DATATYPES[spec.datatype];
  if (element.field === "") return () => UNUSED[rule.kind];
  const { field, index } = locate(category, element.field, `${at}/field`);
  const types = [field.schema.type].flat();
  if (!types.some((type) => FITTING[rule.kind].includes(type))) {
    throw invalid(`${at}/field`, `${field.name} (${types.join(", ")}) cannot fill a tensor of ${spec.datatype}`);
  }
  const convert = compileUnit(field, element.unit, at);
  const path = `values/${field.name}`;
  return (values) => {
    const whole = values[field.name];
    const value = index === undefined ? whole : (whole as readonly unknown[] | undefined)?.[index];
    if (value === undefined || value === null) {
      throw new ResonanceError("RESONANCE_MODEL_INPUT_MISSING", { field: field.name, tensor: spec.name }, { path });
    }
    const filled = rule.admit(toElement(value, rule, convert));
    if (filled === undefined) {
      const expected = `${spec.datatype}: ${rule.expected}`;
      throw new ResonanceError("RESONANCE_MODEL_INPUT_VALUE", { field: field.name, value: describe(value), expected }, { path });
    }
    return filled;
  };
}

function toElement(value: unknown, rule: DatatypeRule, convert: (value: number) => number): unknown {
  if (typeof value === "number") return convert(value);
  if (typeof value === "boolean" && rule.kind !== "boolean" && rule.kind !== "bytes") return value ? 1 : 0;
  // A text never becomes a number, not even in a 64-bit tensor: the profile knows no numbers written as text.
  if (typeof value === "string" && rule.kind !== "bytes") return undefined;
  return value;
}

function describe(value: unknown): string {
  if (typeof value === "number") return String(value);
  const text = JSON.stringify(value) as string | undefined;
  return (text ?? typeof value).slice(0, 80);
}

function invalid(setting: string, detail: string): ResonanceError {
  return new ResonanceError("RESONANCE_CONFIG_INVALID", { setting, detail }, { path: setting });
}
