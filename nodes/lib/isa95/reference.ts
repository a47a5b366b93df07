import type { Field } from "../profile/profile";
import type { Nature } from "../record/interface-record";
import type { Tree } from "./document";
import { qualityTexts } from "./measurement";
import { flatEntries, isStructured } from "./structured";
import { Optional, type Part, type Slot } from "./template";
import { looseValue } from "./value";
import { standsIn, titleOf } from "./value-part";

/** A field in an entry that can hold no value: the value as text for people, and where it is found. */
export function referencePart(property: string, field: Field, nature: Nature): Part {
  const { name, schema } = field;
  const texts: Slot = ({ record }) => {
    const value = record.values[name] ?? undefined;
    if (value === undefined) return undefined;
    const leaves = isStructured(schema) ? flatEntries(property, name, schema, value, nature) : [{ id: property, value: looseValue(schema, value, nature, name, name) }];
    return leaves.map((leaf) => `${leaf.id}: ${textOf(leaf.value)}`);
  };
  return new Optional(standsIn(field), {
    ID: property,
    Description: [titleOf(field, nature), texts, qualityTexts(field)],
    ExternalReferenceID: ({ record }) => `${record.id}#values/${name}`,
  });
}

function textOf({ ValueString: text, UnitOfMeasure: unit }: Tree): string {
  const code = (unit as Tree | undefined)?.["$"] as string | undefined;
  return `${text as string | null}${code === undefined ? "" : ` ${code}`}`;
}
