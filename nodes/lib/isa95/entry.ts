import type { Field } from "../profile/profile";
import type { InterfaceRecord, Nature, ValueQuality } from "../record/interface-record";
import type { Draft, Tree } from "./document";
import { factValue, modelFacts, natureNotice, valueFacts, type Fact } from "./lineage";
import type { ElementSpec, TypeSpec } from "./structure";
import { compileValue } from "./value";

/** Builds the entry of one field of a record; `undefined` when the record has neither value nor quality for it. */
export type EntryWriter = (record: InterfaceRecord, quality: ValueQuality | undefined) => Tree | undefined;

/** Builds the entry that carries a list of facts. */
export type FactsWriter = (id: string, description: string, facts: readonly Fact[]) => Tree;

/** What an entry needs beside its own value. */
export interface EntryOptions {
  /** Whether every value names its model and confidence, not only the document. */
  readonly lineagePerValue: boolean;
}

/** Whether a type is a named value: a property, parameter, datum or measurement. */
export function isEntryType(type: TypeSpec): boolean {
  return type.elements.has("ID") && type.elements.has("Value");
}

/**
 * Prepares the entry of a field for a type of named value. Where the type nests, what must be known of the value stands
 * in children called `<property>.<fact>`; a measurement nests nothing, there it stands in the description.
 */
export function compileEntry(type: TypeSpec, property: string, field: Field, options: EntryOptions): EntryWriter {
  const value = compileValue(field.name, field.schema);
  const child = nesting(type);
  const ownNature = field.schema.nature as Nature | undefined;
  const title = field.schema.title.en;
  const manyValues = type.elements.get("Value")?.many === true;
  const decorate = child ? nested(child.name, property, options) : measured(property);
  return (record, quality) => {
    const raw = record.values[field.name];
    const absent = raw === undefined || raw === null;
    if (absent && !quality) return undefined;
    const nature = ownNature ?? record.nature;
    const written = absent ? undefined : value(raw, nature);
    const entry: Draft = {
      ID: property,
      Description: [nature === "measurement" ? title : `${title} (${nature})`],
      Value: manyValues && written ? [written] : written,
    };
    decorate(entry, record, nature, quality);
    return entry;
  };
}

/** Prepares the entry that carries facts, e.g. the lineage, in a type that nests. */
export function compileFacts(type: TypeSpec): FactsWriter {
  const child = nesting(type)?.name ?? "";
  return (id, description, facts) => ({ ID: id, Description: [description], [child]: facts.map((fact) => factEntry(fact.id, fact)) });
}

type Decorate = (entry: Draft, record: InterfaceRecord, nature: Nature, quality: ValueQuality | undefined) => void;

function nested(child: string, property: string, { lineagePerValue }: EntryOptions): Decorate {
  return (entry, record, nature, quality) => {
    const facts = lineagePerValue ? [...valueFacts(nature, quality), ...modelFacts(record)] : valueFacts(nature, quality);
    if (facts.length > 0) entry[child] = facts.map((fact) => factEntry(`${property}.${fact.id}`, fact));
  };
}

/** A `PropertyMeasurement` of a model has no measurement date: nothing was measured. */
function measured(property: string): Decorate {
  return (entry, record, nature, quality) => {
    const isMeasurement = nature === "measurement";
    const facts = valueFacts(nature, quality).filter((fact) => fact.id !== "nature" && fact.id !== "sourceTime");
    const description = (entry["Description"] ?? []) as readonly string[];
    entry["Description"] = [...description, natureNotice(record), ...facts.map((fact) => `${fact.id}: ${fact.value}`)].filter((text) => text !== "");
    entry["TestableObjectPropertyID"] = [property];
    if (isMeasurement) entry["MeasurementDate"] = quality?.timestamp ?? record.timestamp;
    else entry["ID"] = `${property}.${nature}`;
    if (record.direction === "output") {
      entry["Expiration"] = record.validUntil;
      entry["WorkDefinitionID"] = `model:${record.model.id}@${record.model.version}`;
    }
  };
}

function factEntry(id: string, fact: Fact): Tree {
  return { ID: id, Value: [factValue(fact)] };
}

/** The element by which a type of named value nests in itself, e.g. `SegmentDataChild`. */
function nesting(type: TypeSpec): ElementSpec | undefined {
  return [...type.elements.values()].find((element) => element.type === type);
}
