import type { Field } from "../profile/profile";
import type { Nature } from "../record/interface-record";
import { natureNotice, qualityFacts } from "./lineage";
import { flatEntries, isStructured } from "./structured";
import { compileFill, Optional, type Part, type Slot, type Template } from "./template";
import { standsIn, titleOf, valuePart } from "./value-part";

/**
 * A field as `PropertyMeasurement`, a structured one as a measurement for each list and leaf with its path as ID. One that a model
 * made says so in ID and description and has no measurement date: nothing was measured.
 */
export function measurementPart(property: string, field: Field, nature: Nature, direction: "input" | "output"): Part {
  const { name, schema } = field;
  const isMeasurement = nature === "measurement";
  const suffix = isMeasurement ? "" : `.${nature}`;
  const measurement: Template = {
    ID: property + suffix,
    Description: [titleOf(field, nature), natureNotice, qualityTexts(field)],
    TestableObjectPropertyID: [property],
    MeasurementDate: isMeasurement ? ({ record }) => record.quality?.[name]?.timestamp ?? record.timestamp : undefined,
    Value: isStructured(schema) ? undefined : valuePart(field, nature),
    Expiration: direction === "input" ? undefined : validUntil,
    WorkDefinitionID: direction === "input" ? undefined : modelWork,
  };
  const stands = standsIn(field);
  if (!isStructured(schema)) return new Optional(stands, measurement);
  const fill = compileFill(measurement);
  return (context) => {
    if (!stands(context)) return undefined;
    const common = fill(context);
    const value = context.record.values[name] ?? undefined;
    if (value === undefined) return [common];
    const [title = "", ...notes] = common["Description"] as readonly string[];
    return flatEntries(property, name, schema, value, nature).map((entry) => ({
      ...common,
      ID: entry.id + suffix,
      Description: [title, ...entry.description.filter((text) => text !== schema.title.en), ...notes],
      TestableObjectPropertyID: [entry.id],
      Value: entry.value,
    }));
  };
}

/** What is known of a value's quality, as texts. */
export function qualityTexts({ name }: Field): Slot {
  return ({ record }) => {
    const quality = record.quality?.[name];
    return quality && qualityFacts(quality).filter(([id]) => id !== "sourceTime").map(([id, , text]) => `${id}: ${text}`);
  };
}

const validUntil: Slot = ({ record }) => (record.direction === "output" ? record.validUntil : undefined);
const modelWork: Slot = ({ record }) => (record.direction === "output" ? `model:${record.model.id}@${record.model.version}` : undefined);
