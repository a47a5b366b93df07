import { ResonanceError } from "../errors/resonance-error";
import { profileKey } from "../profile/profile-lookup";
import type { Profile } from "../profile/profile";
import { isDateTime } from "./date-time";
import { shorten } from "./field-error";
import type { InterfaceRecord } from "./interface-record";

const NATURES: readonly unknown[] = ["measurement", "prediction", "proposal", "command"];
const QUALITIES: readonly unknown[] = ["Good", "Uncertain", "Bad"];
/** Keys that reach an object's prototype when they are copied. */
const UNSAFE = ["__proto__", "constructor", "prototype"];

type Plain = Readonly<Record<string, unknown>>;
type Test = (value: unknown) => boolean;

const isText: Test = (value) => typeof value === "string" && value !== "";
const isNumber: Test = (value) => typeof value === "number" && Number.isFinite(value);
const isTime: Test = (value) => typeof value === "string" && isDateTime(value);
const isShare: Test = (value) => typeof value === "number" && value >= 0 && value <= 1;

/** Properties of every record, then of outputs; the optional ones only where they are there. */
const REQUIRED: Readonly<Record<string, Test>> = {
  profile: isText, category: isText, id: isText, timestamp: isTime, equipment: isText, nature: (value) => NATURES.includes(value),
};
const OPTIONAL: Readonly<Record<string, Test>> = { physicalAsset: isText };
const OUTPUT_OPTIONAL: Readonly<Record<string, Test>> = { confidence: isShare, validUntil: isTime };

/**
 * Takes a message's payload as a record: its parts are there and of the right kind, no key reaches a prototype; with `profile` also
 * that the record is of this profile and holds only its fields. Ranges and allowed values are the validator's matter.
 * @throws RESONANCE_RECORD_INVALID with the path of what is wrong
 */
export function readRecord(payload: unknown, profile?: Profile): InterfaceRecord {
  const record = object(payload, "");
  const { direction, values, quality } = record;
  if (direction !== "input" && direction !== "output") throw invalid("direction", `direction is ${shorten(direction)}`);
  check(record, REQUIRED, "", true);
  check(record, OPTIONAL, "", false);
  if (direction === "output") {
    check(record, { inputId: isText }, "", true);
    check(record, OUTPUT_OPTIONAL, "", false);
    const model = object(record["model"], "model");
    check(model, { id: isText, version: isText }, "model/", true);
    check(model, { digest: isText, dataSet: isText }, "model/", false);
    if (model["trainingRange"] !== undefined) readRanges(object(model["trainingRange"], "model/trainingRange"));
  }
  const fields = object(values, "values");
  if (quality !== undefined) readQuality(object(quality, "quality"), fields);
  const checked = record as unknown as InterfaceRecord;
  if (profile) checkAgainst(profile, checked);
  return checked;
}

function readRanges(ranges: Plain): void {
  for (const [field, range] of Object.entries(ranges)) {
    const path = `model/trainingRange/${field}`;
    check(object(range, path), { minimum: isNumber, maximum: isNumber, values: Array.isArray }, `${path}/`, false);
  }
}

function readQuality(quality: Plain, values: Plain): void {
  for (const [field, entry] of Object.entries(quality)) {
    const path = `quality/${field}`;
    if (!Object.hasOwn(values, field)) throw invalid(path, `there is no value ${field}`);
    const tests = { status: (value: unknown) => QUALITIES.includes(value), code: isText, timestamp: isTime };
    check(object(entry, path), tests, `${path}/`, false);
  }
}

function checkAgainst(profile: Profile, record: InterfaceRecord): void {
  const key = profileKey(profile);
  if (record.profile !== key) throw invalid("profile", `it is of the profile ${shorten(record.profile)}, not ${key}`);
  const category = profile.categories.get(record.category);
  if (!category) throw invalid("category", `the profile has no category ${shorten(record.category)}`);
  const { fields } = category[record.direction];
  for (const name of Object.keys(record.values)) {
    if (!fields.has(name)) throw invalid(`values/${name}`, `${category.id} has no ${record.direction} field ${name}`);
  }
}

function check(holder: Plain, tests: Readonly<Record<string, Test>>, prefix: string, required: boolean): void {
  for (const [name, passes] of Object.entries(tests)) {
    const value = holder[name];
    if (value === undefined ? required : !passes(value)) {
      throw invalid(prefix + name, value === undefined ? `${name} is missing` : `${name} is ${shorten(value)}`);
    }
  }
}

function object(value: unknown, path: string): Plain {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw invalid(path, path === "" ? "the payload is not an object" : `${path} is not an object`);
  }
  const unsafe = UNSAFE.find((key) => Object.hasOwn(value, key));
  if (unsafe !== undefined) throw invalid(path === "" ? unsafe : `${path}/${unsafe}`, `the key ${unsafe} is not allowed`);
  return value as Plain;
}

function invalid(path: string, detail: string): ResonanceError {
  return new ResonanceError("RESONANCE_RECORD_INVALID", { detail }, { path });
}
