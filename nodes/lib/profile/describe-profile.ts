import type { Category, Direction, Field, Interface, Localized, Profile, ValueSchema } from "./profile";

/** A profile as plain JSON, for the editor's forms. */
export interface ProfileDescription {
  readonly id: string;
  readonly version: string;
  readonly designation: string;
  readonly status: Profile["status"];
  readonly notice: Localized;
  readonly categories: readonly CategoryDescription[];
}

export interface CategoryDescription {
  readonly id: string;
  readonly title: Localized;
  readonly description: Localized;
  readonly nature: Category["nature"];
  readonly messages: Readonly<Record<Direction, readonly string[]>>;
  readonly input: readonly FieldDescription[];
  readonly output: readonly FieldDescription[];
  /** Fields of which a record holds at least one; empty where `required` says it all. */
  readonly requireOneOf: Readonly<Record<Direction, readonly string[]>>;
}

export interface FieldDescription {
  readonly name: string;
  readonly type: string;
  /** UN/CEFACT code, for numbers only. */
  readonly unit?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly enum?: readonly unknown[];
  readonly format?: string;
  /** Of a list, what it holds; of a structured value, its parts and which of them must be there. */
  readonly items?: ValueSchema;
  readonly properties?: Readonly<Record<string, ValueSchema>>;
  readonly requiredParts?: readonly string[];
  readonly required: boolean;
  /** Whether every category's output has it. */
  readonly common: boolean;
  readonly title: Localized;
  readonly description: Localized;
}

/** What a form needs to know of a profile: categories, and their fields in the profile's order. */
export function describeProfile(profile: Profile): ProfileDescription {
  const { id, version, designation, status, notice } = profile;
  return { id, version, designation, status, notice, categories: [...profile.categories.values()].map(describeCategory) };
}

function describeCategory({ id, title, description, nature, messages, input, output }: Category): CategoryDescription {
  return {
    id, title, description, nature, messages, input: describeFields(input), output: describeFields(output),
    requireOneOf: { input: input.requireOneOf, output: output.requireOneOf },
  };
}

function describeFields({ fields }: Interface): FieldDescription[] {
  return [...fields.values()].map(describeField);
}

function describeField({ name, required, common, schema }: Field): FieldDescription {
  const { type, unit, minimum, maximum, format, items, properties, title, description } = schema;
  return {
    name, required, common, title, description,
    type: String(type),
    ...(unit !== undefined && { unit }),
    ...(minimum !== undefined && { minimum }),
    ...(maximum !== undefined && { maximum }),
    ...(schema.enum !== undefined && { enum: schema.enum }),
    ...(format !== undefined && { format }),
    ...(items && { items }),
    ...(properties && { properties }),
    ...(properties && schema.required && { requiredParts: schema.required }),
  };
}
