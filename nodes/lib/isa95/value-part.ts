import type { Field } from "../profile/profile";
import type { Nature } from "../record/interface-record";
import { Optional, type Part, type Slot, type Template, type Test } from "./template";
import { compileText, valueFrame } from "./value";

/** Whether a record says anything of a field: its value, or that it has none. */
export function standsIn({ name }: Field): Test {
  return ({ record }) => (record.values[name] ?? undefined) !== undefined || record.quality?.[name] !== undefined;
}

/** The value of a field that is not structured, where the record has one. */
export function valuePart({ name, schema }: Field, nature: Nature, element = "ValueString"): Part {
  const frame = valueFrame(schema, nature) as Template;
  return new Optional(({ record }) => (record.values[name] ?? undefined) !== undefined, { [element]: textSlot({ name, schema }), ...frame });
}

/** The text of a field's value. */
function textSlot({ name, schema }: Pick<Field, "name" | "schema">): Slot {
  const text = compileText(schema, name);
  return ({ record }) => text(record.values[name]);
}

/** The field's title, with its nature where it was not measured. */
export function titleOf({ schema }: Field, nature: Nature): string {
  return nature === "measurement" ? schema.title.en : `${schema.title.en} (${nature})`;
}
