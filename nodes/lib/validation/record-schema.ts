import type { Category, Direction, Profile } from "../profile/profile";
import { profileKey } from "../profile/profile-lookup";
import { recordSchemaId } from "../record/schema-id";

type Schema = Readonly<Record<string, unknown>>;

const NAME: Schema = { type: "string", minLength: 1, maxLength: 1024 };
const TIME: Schema = { type: "string", format: "date-time" };
const ID: Schema = { type: "string", format: "uuid" };

/** JSON Schema 2020-12 of a whole record of a category and direction: the envelope and, as `values`, what the profile says. */
export function recordSchema(profile: Profile, category: Category, direction: Direction): Schema {
  const output = direction === "output";
  const fields = category[direction];
  return {
    $id: recordSchemaId(profileKey(profile), category.id, direction),
    type: "object",
    additionalProperties: false,
    required: [
      "profile", "category", "direction", "id", "timestamp", "equipment", "nature", "values", ...(output ? ["inputId", "model"] : []),
    ],
    properties: {
      profile: { const: profileKey(profile) },
      category: { const: category.id },
      direction: { const: direction },
      id: ID,
      timestamp: TIME,
      equipment: NAME,
      physicalAsset: NAME,
      // A prediction never becomes a measurement on its way.
      nature: { const: output ? category.nature : "measurement" },
      values: fields.schema,
      quality: qualitySchema([...fields.fields.keys()]),
      ...(output && { inputId: ID, model: MODEL, confidence: { type: "number", minimum: 0, maximum: 1 }, validUntil: TIME }),
    },
  };
}

const MODEL: Schema = {
  type: "object",
  additionalProperties: false,
  required: ["id", "version"],
  properties: {
    id: NAME, version: NAME, digest: NAME, dataSet: NAME,
    trainingRange: {
      type: "object",
      maxProperties: 500,
      additionalProperties: {
        type: "object",
        additionalProperties: false,
        properties: { minimum: { type: "number" }, maximum: { type: "number" }, values: { type: "array", maxItems: 500, items: { type: ["string", "number", "boolean"] } } },
      },
    },
  },
};

function qualitySchema(names: readonly string[]): Schema {
  return {
    type: "object",
    propertyNames: { enum: names },
    additionalProperties: {
      type: "object",
      additionalProperties: false,
      properties: { status: { enum: ["Good", "Uncertain", "Bad"] }, code: NAME, timestamp: TIME },
    },
  };
}
