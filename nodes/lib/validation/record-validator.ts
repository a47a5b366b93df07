import type { ErrorObject } from "ajv";
import type { Language } from "../errors/resonance-error";
import { DIRECTIONS, type Category, type Direction, type Profile } from "../profile/profile";
import { profileKey } from "../profile/profile-lookup";
import { parseDateTime } from "../record/date-time";
import { fieldError, type FieldError } from "../record/field-error";
import { createAjv } from "./ajv";
import { compileBoth, runGuarded, type CompiledSchema } from "./guarded";
import { recordSchema } from "./record-schema";
import { toFieldErrors } from "./schema-errors";
import { isObject } from "../json/is-object";

export type { FieldError } from "../record/field-error";

/** Says what is wrong with a message; an empty list means that it is valid. */
export type Check = (payload: unknown) => readonly FieldError[];

export interface RecordValidatorOptions {
  /** Language of the messages; English where it is not given. */
  readonly language?: Language;
  /** Compile all categories at once; otherwise each is compiled (some 10 ms) when its first record comes. */
  readonly eager?: boolean;
  /**
   * Further editions: a record that names one of them is checked against that one. Asked for with every record of another edition than
   * the validator's own, so that an edition counts from when it is loaded.
   */
  readonly editions?: () => readonly Profile[];
}

const VALID: readonly FieldError[] = [];

/**
 * Compiles the check of interface records against a profile: the envelope, the values of the category and direction, the nature that
 * belongs to them, lineage of outputs, quality only of values that are there, validity that does not end before it begins.
 */
export function compileRecordValidator(profile: Profile, options: RecordValidatorOptions = {}): Check {
  const { language = "en-US", editions } = options;
  const own = compileEdition(profile, options);
  if (!editions) return own;
  const key = profileKey(profile);
  const others = new WeakMap<Profile, Check>();
  return (payload) => {
    const named = isObject(payload) ? payload["profile"] : undefined;
    if (typeof named !== "string" || named === key) return own(payload);
    const loaded = editions();
    const edition = loaded.find((other) => profileKey(other) === named);
    if (!edition) {
      const known = [...new Set([key, ...loaded.map(profileKey)])].join(", ");
      return [fieldError("profile", { code: "RESONANCE_EDITION_UNKNOWN", expected: known, actual: named }, language)];
    }
    const check = others.get(edition) ?? compileEdition(edition, { language });
    others.set(edition, check);
    return check(payload);
  };
}

function compileEdition(profile: Profile, { language = "en-US", eager = false }: RecordValidatorOptions): Check {
  const ajv = createAjv("2020-12");
  const compiled: Readonly<Record<Direction, Map<Category, CompiledSchema>>> = { input: new Map(), output: new Map() };
  const validatorOf = (category: Category, direction: Direction): CompiledSchema => {
    const known = compiled[direction].get(category);
    if (known) return known;
    const schema = recordSchema(profile, category, direction);
    const validate = compileBoth((allErrors) => (allErrors ? ajv : createAjv("2020-12", false)).compile(schema));
    compiled[direction].set(category, validate);
    return validate;
  };
  if (eager) for (const category of profile.categories.values()) for (const direction of DIRECTIONS) validatorOf(category, direction);

  return (payload) => {
    if (!isObject(payload)) return [fieldError("", { code: "RESONANCE_VALUE_TYPE", expected: "object", actual: payload }, language)];
    const { category: name, direction } = payload;
    const category = typeof name === "string" ? profile.categories.get(name) : undefined;
    if (!category) return [unknownCategory(profile, name, language)];
    if (direction !== "input" && direction !== "output") {
      return [fieldError("direction", { code: "RESONANCE_VALUE_ENUM", expected: DIRECTIONS.join(", "), actual: direction }, language)];
    }
    const outcome = runGuarded(validatorOf(category, direction), payload, language, { flat: true });
    if ("limit" in outcome) return [outcome.limit];
    return outcome.errors.length === 0 ? checkTogether(payload, language) : toFieldErrors(outcome.errors.filter(isOwn), language, retell);
  };
}

/** What no schema says: parts of a record that must agree with each other. */
function checkTogether(record: Readonly<Record<string, unknown>>, language: Language): readonly FieldError[] {
  const { values, quality, timestamp, validUntil } = record as Readonly<Record<"values" | "quality", object | undefined> & Record<"timestamp" | "validUntil", string | undefined>>;
  const orphans = quality === undefined ? [] : Object.keys(quality).filter((field) => !Object.hasOwn(values ?? {}, field));
  const ended = validUntil !== undefined && isBefore(validUntil, timestamp ?? "");
  if (orphans.length === 0 && !ended) return VALID;
  const errors = orphans.map((field) => fieldError(`quality/${field}`, { code: "RESONANCE_FIELD_UNEXPECTED", expected: "", actual: undefined }, language));
  if (ended) errors.push(fieldError("validUntil", { code: "RESONANCE_VALUE_RANGE", expected: `≥ ${timestamp ?? ""}`, actual: validUntil }, language));
  return errors;
}

/** Times of the usual form sort as texts; others are compared by what they mean. */
function isBefore(a: string, b: string): boolean {
  if (a.length === 24 && b.length === 24) return a < b;
  return (parseDateTime(a) ?? 0) < (parseDateTime(b) ?? 0);
}

/** Of "at least one of these fields" the whole is told, not each alternative. */
function isOwn({ schemaPath }: ErrorObject): boolean {
  return !schemaPath.includes("/anyOf/");
}

const retell: Parameters<typeof toFieldErrors>[2] = (telling, { keyword, instancePath, schema }) => {
  if (keyword === "anyOf") {
    const names = (schema as readonly { required: readonly string[] }[]).map(({ required }) => required.join()).join(" | ");
    return { code: "RESONANCE_FIELD_MISSING", expected: names, name: names, actual: undefined };
  }
  return instancePath === "/nature" ? { ...telling, code: "RESONANCE_NATURE_INVALID" } : telling;
};

function unknownCategory(profile: Profile, name: unknown, language: Language): FieldError {
  const known = [...profile.categories.keys()].join(", ");
  const category = typeof name === "string" ? name.slice(0, 80) : typeof name;
  return fieldError("category", { code: "RESONANCE_CATEGORY_UNKNOWN", expected: known, actual: name }, language, { profile: profileKey(profile), category, known });
}
