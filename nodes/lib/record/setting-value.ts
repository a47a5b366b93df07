import { ResonanceError } from "../errors/resonance-error";
import type { Field } from "../profile/profile";
import { shorten, type Refusal } from "./field-error";
import { compileAdmission } from "./field-value";

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/** How a text of a form or of a model's answer is read for a field that is no text; what cannot be read stays as it is and is refused. */
const READERS: Readonly<Record<string, (text: string) => unknown>> = {
  number: (text) => (NUMBER.test(text) ? Number(text) : text),
  integer: (text) => (NUMBER.test(text) ? Number(text) : text),
  boolean: (text) => (/^true$/i.test(text) ? true : /^false$/i.test(text) ? false : text),
  array: parse,
  object: parse,
};

/** A text as a value of the field's type, where it is one: `"12.5"`, `"true"`, `"[1, 2]"`. Anything but a text stays as it is. */
export function fromText({ schema }: Pick<Field, "schema">, value: unknown): unknown {
  return typeof value === "string" ? READERS[String(schema.type)]?.(value.trim()) ?? value : value;
}

/**
 * A value that stands in a node's settings, as the field wants it; texts of a form are read. `path` names the setting.
 * @throws RESONANCE_VALUE_… with `<path>/value`, RESONANCE_UNIT_UNKNOWN, RESONANCE_UNIT_INCOMPATIBLE with `<path>/unit`
 */
export function settingValue(field: Field, value: unknown, unit: string, path: { readonly value: string; readonly unit: string }): unknown {
  const admission = compileAdmission(field, unit, path.unit)(fromText(field, value));
  if ("refusal" in admission) throw refusedValue(field.name, admission.refusal, path.value);
  return admission.value;
}

/** A refusal as the failure of a whole message or setting. */
export function refusedValue(field: string, { code, expected, actual, at }: Refusal, path: string): ResonanceError {
  return new ResonanceError(code, { field, expected, actual: shorten(actual) }, { path: at === undefined ? path : `${path}/${at}` });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
