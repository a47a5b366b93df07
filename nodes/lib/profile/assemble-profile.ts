import { targetsOf } from "./homes";
import type { Category, Field, FieldSchema, FieldWords, Interface, Profile, ValueSchema } from "./profile";

/** The content of `profile.json`; its format is `profile.schema.json`. */
export type RawProfile = Omit<Profile, "categories" | "formerIds" | "renames"> & {
  readonly categories: readonly string[];
  readonly formerIds?: readonly string[];
  readonly renames?: Readonly<Record<string, string>>;
  /** Fields of every category's output. */
  readonly commonOutput?: { readonly properties: Readonly<Record<string, FieldWords>> };
};

/** The content of a category's file; its format is `profile.schema.json#/$defs/category`. */
export type RawCategory = Omit<Category, "input" | "output" | "momFunctions" | "basis"> & {
  readonly momFunctions?: readonly string[];
  readonly basis?: readonly string[];
  readonly input: RawInterface;
  readonly output: RawInterface;
};

export interface RawInterface {
  readonly required: readonly string[];
  readonly requireOneOf?: readonly string[];
  readonly ordered?: readonly (readonly string[])[];
  readonly properties: Readonly<Record<string, FieldWords>>;
}

/** Puts a profile together from the contents of its files, which must have been checked. */
export function assembleProfile(raw: RawProfile, categories: readonly RawCategory[]): Profile {
  const byId = new Map(categories.map((category) => [category.id, category]));
  const ordered = raw.categories.flatMap((id) => byId.get(id) ?? []);
  const { id, version, designation, status, notice, isa95Edition, formerIds = [], renames = {} } = raw;
  return {
    id, version, designation, status, notice, isa95Edition, formerIds, renames,
    categories: new Map(ordered.map((category) => [category.id, assembleCategory(category, raw)])),
  };
}

/** A category with the profile's common output fields behind its own, and a category's own field before a common one of its name. */
export function assembleCategory(raw: RawCategory, { commonOutput }: Pick<RawProfile, "commonOutput">): Category {
  const { messages } = raw;
  const common = Object.entries(commonOutput?.properties ?? {}).filter(([name]) => !Object.hasOwn(raw.output.properties, name));
  const { id, title, description, nature, operationsType } = raw;
  return {
    id, title, description, nature, operationsType, messages,
    momFunctions: raw.momFunctions ?? [],
    basis: raw.basis ?? [],
    input: assembleInterface(raw.input, ownFields(raw.input, messages.input)),
    output: assembleInterface(raw.output, [
      ...ownFields(raw.output, messages.output),
      ...common.map(([name, words]): Field => (
        { name, schema: { ...words, isa95: targetsOf(name, words, messages.output, { filled: true }) }, required: false, common: true }
      )),
    ]),
  };
}

function ownFields({ properties, required }: RawInterface, messages: readonly string[]): readonly Field[] {
  const needed = new Set(required);
  return Object.entries(properties).map(([name, words]) => (
    { name, schema: { ...words, isa95: targetsOf(name, words, messages) }, required: needed.has(name), common: false }
  ));
}

function assembleInterface(raw: RawInterface, fields: readonly Field[]): Interface {
  const requireOneOf = raw.requireOneOf ?? [];
  return {
    fields: new Map(fields.map((field) => [field.name, field])),
    required: raw.required,
    requireOneOf,
    ordered: raw.ordered ?? [],
    schema: {
      type: "object",
      properties: Object.fromEntries(fields.map(({ name, schema }) => [name, plainProperty(schema)])),
      required: raw.required,
      additionalProperties: false,
      ...(raw.ordered && { ordered: raw.ordered }),
      ...(requireOneOf.length > 0 && { anyOf: requireOneOf.map((name) => ({ required: [name] })) }),
    },
  };
}

/**
 * JSON Schema allows only plain text as title and description; the annotations stay as they are. A structured value has no
 * parts but those the profile names.
 */
function plainProperty({ title, description, items, properties, ...rest }: FieldSchema | ValueSchema): Record<string, unknown> {
  const unitParts = new Set(Object.values(properties ?? {}).map(({ unitIn }) => unitIn));
  return {
    ...rest,
    ...(title && { title: title.en }),
    ...(description && { description: description.en }),
    ...(items && { items: plainProperty(items) }),
    ...(properties && {
      properties: Object.fromEntries(Object.entries(properties).map(([name, part]) => [name, { ...plainProperty(part), ...(unitParts.has(name) && { unitCode: true }) }])),
      additionalProperties: false,
    }),
  };
}
