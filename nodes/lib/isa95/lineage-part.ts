import { LINEAGE_ID, type Fact } from "./lineage";
import { nestingOf, type TypeSpec } from "./structure";
import { Optional, type Part, type Slot, type Template } from "./template";

const LINEAGE_TEXT = "Origin of these values";

/** The entry that says where a document's values come from, in a type that nests; one without values refers to the record. */
export function lineagePart(type: TypeSpec, facts: readonly Fact[]): Template {
  const child = nestingOf(type)?.name ?? "";
  const head = { ID: LINEAGE_ID, Description: [LINEAGE_TEXT] };
  if (type.elements.has("Value")) return { ...head, [child]: factParts(facts) };
  const entries = facts.map((fact) => given(fact, { ID: fact.id, Description: [textOf(fact)], ExternalReferenceID: recordId }));
  return { ...head, ExternalReferenceID: recordId, [child]: entries };
}

/** Facts as measurements, for a type that knows nothing else. */
export function lineageMeasurements(facts: readonly Fact[]): Template {
  const measurements = facts.map((fact) => given(fact, { ID: fact.id, Value: { ValueString: textOf(fact), DataType: fact.dataType } }));
  return { ID: LINEAGE_ID, Description: [LINEAGE_TEXT], PropertyMeasurement: measurements };
}

/** Facts as entries, their IDs behind `prefix`. */
export function factParts(facts: readonly Fact[], prefix = ""): readonly Part[] {
  return facts.map((fact) => given(fact, { ID: prefix + fact.id, Value: [{ ValueString: textOf(fact), DataType: fact.dataType }] }));
}

function given(fact: Fact, part: Template): Part {
  return fact.always ? part : new Optional((context) => fact.of(context) !== undefined, part);
}

function textOf(fact: Fact): Slot {
  return (context) => {
    const value = fact.of(context);
    return typeof value === "number" ? String(value) : value;
  };
}

const recordId: Slot = ({ record }) => record.id;
