import type { FieldWords, ValueSchema } from "../profile/profile";
import { refuse, type Admission, type Admit } from "./admission";
import { findDisorder } from "./order";

/** Entries of a list whose profile sets no limit. */
const LONGEST = 100_000;

/** The admission of lists: also the typed arrays of a protocol; every entry is admitted by `item`, the number of entries is checked. */
export function compileList(schema: FieldWords | ValueSchema, item: Admit): Admit {
  const { minItems = 0, maxItems = LONGEST } = schema as { readonly minItems?: number; readonly maxItems?: number };
  return (raw, unit) => {
    const list = toList(raw);
    if (!list) return refuse("RESONANCE_VALUE_TYPE", "array", raw);
    if (list.length < minItems || list.length > maxItems) return refuse("RESONANCE_VALUE_LENGTH", `${minItems} – ${maxItems}`, list.length);
    const value: unknown[] = [];
    for (let index = 0; index < list.length; index++) {
      const admission = item(list[index], unit);
      if ("refusal" in admission) return within(String(index), admission);
      value.push(admission.value);
    }
    return { value };
  };
}

/** The admission of structured values: every part by its own schema, none that the profile does not name, none missing that it requires, in the order it asks for. */
export function compileStructure(schema: FieldWords | ValueSchema, compile: (part: ValueSchema) => Admit): Admit {
  const { properties = {}, required = [], ordered = [] } = schema;
  const parts = new Map(Object.entries(properties).map(([name, part]) => [name, compile(part)]));
  return (raw) => {
    if (Object.prototype.toString.call(raw) !== "[object Object]") return refuse("RESONANCE_VALUE_TYPE", "object", raw);
    const given = raw as Readonly<Record<string, unknown>>;
    const value: Record<string, unknown> = {};
    for (const name of Object.keys(given)) {
      const admit = parts.get(name);
      if (!admit) return within(name, refuse("RESONANCE_FIELD_UNEXPECTED", [...parts.keys()].join(", "), given[name]));
      // An optional part without a value is left out.
      if ((given[name] === null || given[name] === undefined) && !required.includes(name)) continue;
      const admission = admit(given[name]);
      if ("refusal" in admission) return within(name, admission);
      value[name] = admission.value;
    }
    const missing = required.find((name) => !Object.hasOwn(value, name));
    if (missing !== undefined) return within(missing, refuse("RESONANCE_FIELD_MISSING", missing, undefined));
    const wrong = findDisorder(ordered, value);
    return wrong ? within(wrong.property, refuse("RESONANCE_VALUE_RANGE", wrong.expected, value[wrong.property])) : { value };
  };
}

function toList(raw: unknown): ArrayLike<unknown> | undefined {
  if (Array.isArray(raw)) return raw as readonly unknown[];
  return ArrayBuffer.isView(raw) && !(raw instanceof DataView) ? raw as unknown as ArrayLike<unknown> : undefined;
}

function within(part: string, { refusal }: Extract<Admission, { refusal: unknown }>): Admission {
  return { refusal: { ...refusal, at: refusal.at === undefined ? part : `${part}/${refusal.at}` } };
}
