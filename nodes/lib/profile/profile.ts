/** UN/CEFACT Recommendation 20 common code, e.g. `CEL`, `MIN`, `4H`. */
export type UnitCode = string;

/** A text in the profile's three languages. */
export interface Localized {
  readonly en: string;
  readonly zh: string;
  readonly de: string;
}

/** Where a field goes in a B2MML message. */
export interface Isa95Target {
  /** B2MML message, e.g. `SyncPhysicalAsset`. */
  readonly message: string;
  /** Element path below the message's noun, e.g. `PhysicalAsset/PhysicalAssetProperty`. */
  readonly path: string;
  /** ID of the property element; absent when the path names a plain element. */
  readonly property?: string;
}

/** The field as an asset in the sense of VDI/VDE 2182, with its protection need. */
export interface ProtectionNeed {
  readonly assetClass: string;
  readonly confidentiality: Need;
  readonly integrity: Need;
  readonly availability: Need;
  readonly safety: Need;
}
export type Need = "low" | "medium" | "high";

/** How a field follows from another one. */
export interface Derivation {
  /** A field that holds a time span; the derived field is the record's time plus that span. */
  readonly timeAfter: string;
}

/** A JSON Schema 2020-12 property with the profile's annotation vocabulary, as a file has it: its places in messages may be left open. */
export interface FieldWords {
  readonly type: string | readonly string[];
  readonly title: Localized;
  readonly description: Localized;
  readonly unit?: UnitCode;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly enum?: readonly unknown[];
  readonly format?: string;
  /** Of a list: what it holds. */
  readonly items?: ValueSchema;
  readonly maxItems?: number;
  /** Of a structured value: its parts, and which of them must be there. */
  readonly properties?: Readonly<Record<string, ValueSchema>>;
  readonly required?: readonly string[];
  /** Of a structured value: parts that must not decrease in this order. */
  readonly ordered?: readonly (readonly string[])[];
  /** What the value is where it differs from the record's nature. */
  readonly nature?: string;
  /** For an output the model need not give because it follows from another. */
  readonly derivation?: Derivation;
  readonly vdi2182: ProtectionNeed;
  /** Published definition the field follows. */
  readonly follows?: string;
  readonly isa95?: readonly Isa95Target[];
  readonly [keyword: string]: unknown;
}

/** A value inside a list or a structured value: JSON Schema with unit and, for a part, its title. */
export interface ValueSchema {
  readonly type: string;
  readonly title?: Localized;
  readonly description?: Localized;
  readonly unit?: UnitCode;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly enum?: readonly unknown[];
  readonly format?: string;
  readonly items?: ValueSchema;
  readonly maxItems?: number;
  readonly properties?: Readonly<Record<string, ValueSchema>>;
  readonly required?: readonly string[];
  /** Of a structured value: parts that must not decrease in this order. */
  readonly ordered?: readonly (readonly string[])[];
  /** Of a decimal text: the part beside it that holds its unit's code. */
  readonly unitIn?: string;
  readonly [keyword: string]: unknown;
}

/** A field's schema with its place in every message of its category that carries values. */
export interface FieldSchema extends FieldWords {
  readonly isa95: readonly Isa95Target[];
}

/** One field of an interface, resolved from its schema. */
export interface Field {
  readonly name: string;
  readonly schema: FieldSchema;
  readonly required: boolean;
  /** Whether every category's output has it, from the profile's `commonOutput`. */
  readonly common: boolean;
}

export type Direction = "input" | "output";
export const DIRECTIONS: readonly Direction[] = ["input", "output"];

/** The input or output of a category. */
export interface Interface {
  readonly fields: ReadonlyMap<string, Field>;
  readonly required: readonly string[];
  /** Fields of which a record holds at least one; empty where `required` says it all. */
  readonly requireOneOf: readonly string[];
  /** Lists of fields that must not decrease in their order. */
  readonly ordered: readonly (readonly string[])[];
  /** JSON Schema 2020-12 of a record's `values`. */
  readonly schema: Readonly<Record<string, unknown>>;
}

/** One of the model categories of the profile. */
export interface Category {
  readonly id: string;
  readonly title: Localized;
  readonly description: Localized;
  /** Nature of the outputs of this category: `prediction` or `proposal`. */
  readonly nature: "prediction" | "proposal";
  /** B2MML `OperationsType`, e.g. `Maintenance`. */
  readonly operationsType: string;
  /** B2MML `MOMFunction` values, e.g. `Detailed scheduling`. */
  readonly momFunctions: readonly string[];
  /** Scenarios of the Ministry's guide the category is derived from. */
  readonly basis: readonly string[];
  /** B2MML messages this category's records can become, the default first. */
  readonly messages: Readonly<Record<Direction, readonly string[]>>;
  readonly input: Interface;
  readonly output: Interface;
}

/** An interface profile, loaded and checked. */
export interface Profile {
  readonly id: string;
  readonly version: string;
  /** e.g. `GB/T XXXX-2026` */
  readonly designation: string;
  readonly status: "provisional" | "published";
  readonly notice: Localized;
  readonly isa95Edition: string;
  /** Earlier editions, `<id>@<version>`, whose records and mappings this one takes over. */
  readonly formerIds: readonly string[];
  /** Old name to new name: `<category>/<direction>/<field>` to a field, or `<category>` to a category. */
  readonly renames: Readonly<Record<string, string>>;
  readonly categories: ReadonlyMap<string, Category>;
}
