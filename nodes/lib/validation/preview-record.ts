import type { Language } from "../errors/resonance-error";
import type { Category, Profile } from "../profile/profile";
import { requireCategory } from "../profile/profile-lookup";
import { fieldError, type FieldError } from "../record/field-error";
import { createInputCollector, type ConstantField, type JobField, type TagMapping } from "../record/input-collector";
import type { InputRecord } from "../record/interface-record";
import { fromText } from "../record/setting-value";
import { compileTags } from "../record/tag-plan";
import { compileRecordValidator } from "./record-validator";

/** A mapping as it stands in a form, and the values to try it with. */
export interface Trial {
  readonly profile: Profile;
  readonly category: string;
  readonly equipment: { readonly path: string; readonly physicalAsset?: string | undefined };
  readonly tags: readonly TagMapping[];
  readonly constants: readonly ConstantField[];
  readonly jobFields: readonly JobField[];
  /** Values by tag, as typed; a tag without one has no sample. */
  readonly samples: Readonly<Record<string, unknown>>;
  /** Values by the path into the job, as typed. */
  readonly job: Readonly<Record<string, unknown>>;
  readonly language?: Language;
  /** Milliseconds since 1970; the time of the samples. */
  readonly now?: number;
}

/** The record that would be made, and what is wrong; without what must be there, there is no record. */
export interface Preview {
  readonly record?: InputRecord;
  readonly errors: readonly FieldError[];
}

/** A window is filled with no more samples than these. */
const MOST_REPEATS = 1000;

/**
 * Makes the input record that `model-in` would make of these values, with the same code: admission, conversion, aggregates, and the check
 * of the record against the profile. Texts are read as the field wants them. A window is filled with the same sample until it gives a value.
 * @throws what `createInputCollector` throws of a mapping that is not usable
 */
export function previewRecord({ samples, job, language = "en-US", now = Date.now(), ...mapping }: Trial): Preview {
  const { profile, tags, constants, jobFields } = mapping;
  const category = requireCategory(profile, mapping.category);
  const collector = createInputCollector({ ...mapping, trigger: "interval", badQuality: "reject", language, now: () => now });
  const plans = compileTags(category, tags, [...constants, ...jobFields].map(({ field }) => field));
  const repeats = Math.min(MOST_REPEATS, Math.max(1, ...plans.map(({ aggregate }) => aggregate?.least ?? 1)));
  const values = Object.entries(samples).filter(([, typed]) => isGiven(typed)).map(([tag, typed]) => ({ tag, value: readSample(category, tags, tag, typed) }));
  const context = jobOf(category, jobFields, job);
  const errors: FieldError[] = [];
  for (let before = repeats - 1; before >= 0; before--) {
    const timestamp = new Date(now - before).toISOString();
    const { rejected } = collector.accept(values.map((value) => ({ ...value, timestamp })), undefined, now - before, context);
    if (before === 0) errors.push(...rejected.flatMap((rejection) => rejection.errors));
  }
  const { records: [record], rejected, waiting } = collector.tick(now);
  errors.push(...rejected.flatMap((rejection) => rejection.errors));
  const missing = waiting.map((field) => `values/${field}`).filter((path) => !errors.some((error) => error.path === path));
  errors.push(...missing.map((path) => fieldError(path, { code: "RESONANCE_FIELD_MISSING", expected: "", actual: undefined }, language)));
  if (record) errors.push(...compileRecordValidator(profile, { language })(record));
  return { ...(record && { record }), errors };
}

function isGiven(typed: unknown): boolean {
  return typed !== undefined && typed !== null && typed !== "";
}

/** A sample as its source would deliver it: for a window of a history one of its numbers. */
function readSample({ input }: Category, tags: readonly TagMapping[], tag: string, typed: unknown): unknown {
  const row = tags.find((each) => each.tag === tag);
  const field = input.fields.get(row?.field ?? "");
  if (!row || !field) return typed;
  const schema = row.aggregate === "history" && field.schema.items ? { ...field.schema, type: field.schema.items.type } : field.schema;
  // A text can also come as a structure that holds it.
  return schema.type === "string" && typeof typed === "string" && typed.trim().startsWith("{") ? fromText({ schema: { ...schema, type: "object" } }, typed) : fromText({ schema }, typed);
}

/** The job's context with these values at their places; nothing of it is inherited. */
function jobOf({ input }: Category, jobFields: readonly JobField[], typed: Readonly<Record<string, unknown>>): object {
  const job = Object.create(null) as Record<string, unknown>;
  for (const { field: name, path } of jobFields) {
    const [given, field] = [Object.hasOwn(typed, path) ? typed[path] : undefined, input.fields.get(name)];
    if (!isGiven(given) || !field) continue;
    const parts = path.split(".").map((part) => part.trim());
    const last = parts.pop() ?? "";
    const place = parts.reduce<Record<string, unknown>>((at, part) => {
      const inner = (at[part] ?? Object.create(null)) as Record<string, unknown>;
      at[part] = inner;
      return inner;
    }, job);
    place[last] = fromText(field, given);
  }
  return job;
}
