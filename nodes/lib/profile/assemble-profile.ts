import type { Category, Field, FieldSchema, Interface, Profile } from "./profile";

/** The content of `profile.json`; its format is `profile.schema.json`. */
export type RawProfile = Omit<Profile, "categories"> & { readonly categories: readonly string[] };

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
  readonly properties: Readonly<Record<string, FieldSchema>>;
}

/** Puts a profile together from the contents of its files, which must have been checked. */
export function assembleProfile(raw: RawProfile, categories: readonly RawCategory[]): Profile {
  const byId = new Map(categories.map((category) => [category.id, category]));
  const ordered = raw.categories.flatMap((id) => byId.get(id) ?? []);
  const { id, version, designation, status, notice, isa95Edition } = raw;
  return {
    id, version, designation, status, notice, isa95Edition,
    categories: new Map(ordered.map((category) => [category.id, assembleCategory(category)])),
  };
}

function assembleCategory(raw: RawCategory): Category {
  return {
    ...raw,
    momFunctions: raw.momFunctions ?? [],
    basis: raw.basis ?? [],
    input: assembleInterface(raw.input),
    output: assembleInterface(raw.output),
  };
}

function assembleInterface(raw: RawInterface): Interface {
  const required = new Set(raw.required);
  const fields = Object.entries(raw.properties).map(([name, schema]): [string, Field] =>
    [name, { name, schema, required: required.has(name) }]);
  const requireOneOf = raw.requireOneOf ?? [];
  return {
    fields: new Map(fields),
    required: raw.required,
    requireOneOf,
    schema: {
      type: "object",
      properties: Object.fromEntries(fields.map(([name, { schema }]) => [name, plainProperty(schema)])),
      required: raw.required,
      additionalProperties: false,
      ...(requireOneOf.length > 0 && { anyOf: requireOneOf.map((name) => ({ required: [name] })) }),
    },
  };
}

/** JSON Schema allows only plain text as title and description; the annotations stay as they are. */
function plainProperty(schema: FieldSchema): Record<string, unknown> {
  return { ...schema, title: schema.title.en, description: schema.description.en };
}
