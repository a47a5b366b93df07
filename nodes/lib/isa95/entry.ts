import type { Field } from "../profile/profile";
import type { Nature } from "../record/interface-record";
import type { Tree } from "./document";
import { factEntry, LINEAGE_ID, modelFacts, qualityFacts } from "./lineage";
import { factParts } from "./lineage-part";
import { measurementPart } from "./measurement";
import { referencePart } from "./reference";
import { isStructured, nestedEntry } from "./structured";
import { nestingOf, type TypeSpec } from "./structure";
import { compileFill, Optional, type Part, type Slot, type Template } from "./template";
import { standsIn, titleOf, valuePart } from "./value-part";

/** What an entry needs beside its own value. */
export interface EntryOptions {
  readonly direction: "input" | "output";
  /** Nature of the record. */
  readonly nature: Nature;
  /** Whether every value names its model and confidence, not only the document. */
  readonly lineagePerValue: boolean;
}

/** Whether a type is a named value (a property, parameter, datum or measurement), or an entry that can only refer to one. */
export function isEntryType(type: TypeSpec): boolean {
  return type.elements.has("ID") && (type.elements.has("Value") || type.elements.has("ExternalReferenceID"));
}

/**
 * The entry of a field in a type of named value. Where the type nests, what must be known of the value stands in children called
 * `<property>.<fact>`, and a structured value is nested likewise; a measurement nests nothing: there it stands in the description,
 * and a structured value becomes a measurement for each of its leaves. A type without values gets the text and a reference.
 */
export function entryPart(type: TypeSpec, property: string, field: Field, options: EntryOptions): Part {
  const nature = (field.schema.nature as Nature | undefined) ?? options.nature;
  const child = nestingOf(type)?.name;
  if (!type.elements.has("Value")) return referencePart(property, field, nature);
  if (child === undefined) return measurementPart(property, field, nature, options.direction);
  return isStructured(field.schema) ? structuredPart(child, property, field, nature, options) : scalarPart(child, property, field, nature, options);
}

function scalarPart(child: string, property: string, field: Field, nature: Nature, options: EntryOptions): Part {
  return new Optional(standsIn(field), {
    ID: property,
    Description: [titleOf(field, nature)],
    Value: [valuePart(field, nature)],
    [child]: aboutValue(property, field, nature, options),
  });
}

/** Its facts stand apart from its parts: one of them may be called `quality` or `confidence` itself. */
function structuredPart(child: string, property: string, field: Field, nature: Nature, options: EntryOptions): Part {
  const { name, schema } = field;
  const stands = standsIn(field);
  const about = `${property}.${LINEAGE_ID}`;
  const title = titleOf(field, nature);
  const facts = compileFill({ ID: about, [child]: aboutValue(about, field, nature, options) });
  return (context) => {
    if (!stands(context)) return undefined;
    const value = context.record.values[name] ?? undefined;
    const nested = value === undefined ? {} : nestedEntry(child, property, name, schema, value, nature);
    const known = facts(context);
    const parts = [...((nested[child] ?? []) as readonly Tree[]), ...((known[child] as readonly Tree[]).length > 0 ? [known] : [])];
    const more = ((nested["Description"] ?? []) as readonly string[]).slice(1);
    return [{ ID: property, Description: [title, ...more], Value: nested["Value"], [child]: parts }];
  };
}

function aboutValue(property: string, field: Field, nature: Nature, { direction, lineagePerValue }: EntryOptions): readonly Part[] {
  return [
    nature === "measurement" ? undefined : (factEntry(`${property}.nature`, "string", nature) as Template),
    qualityEntries(field, property),
    ...(lineagePerValue ? factParts(modelFacts(direction), `${property}.`) : []),
  ];
}

function qualityEntries({ name }: Field, property: string): Slot {
  return ({ record }) => {
    const quality = record.quality?.[name];
    return quality && qualityFacts(quality).map(([id, dataType, text]) => factEntry(`${property}.${id}`, dataType, text));
  };
}
