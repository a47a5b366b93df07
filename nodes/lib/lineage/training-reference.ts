import { ResonanceError } from "../errors/resonance-error";
import { isObject } from "../json/is-object";
import { JsonSyntax, readJson, type JsonSource } from "../json/json-source";

/** A value that can stand in a set of known ones. */
export type KnownValue = string | number | boolean;

/** What a model's training data say of one field, in the unit given there. */
export interface FieldReference {
  /** UN/CEFACT code; absent for the profile's own unit. */
  readonly unit?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  /** The values that occurred, for classes and texts. */
  readonly values?: readonly KnownValue[];
  /** Edges of the histogram, rising; the first and the last bin are open to the outside. */
  readonly bins?: readonly number[];
  /** Share (or count) of each bin, or of each of `values`. */
  readonly shares?: readonly number[];
}

/** What is kept with a model of the data it was trained with: by it, inputs are judged and drift is watched. */
export interface TrainingReference {
  readonly dataSet?: { readonly id: string; readonly description?: string; readonly records?: number };
  readonly inputs: Readonly<Record<string, FieldReference>>;
  readonly outputs: Readonly<Record<string, FieldReference>>;
}

/** Characters of a reference at most. */
export const LONGEST_REFERENCE = 1024 * 1024;
export const MOST_FIELDS = 500;
export const MOST_BINS = 200;
const MOST_VALUES = 500;
const LONGEST_TEXT = 1024;
const UNSAFE: ReadonlySet<string> = new Set(["__proto__", "constructor", "prototype"]);
const FIELD_PARTS: ReadonlySet<string> = new Set(["unit", "minimum", "maximum", "values", "bins", "shares"]);

/** Reports what is wrong at a place of the reference, a JSON pointer. */
type Refuse = (at: string, reason: string) => never;

/**
 * Reads the JSON text of a training reference; `source` names it in messages. Unknown members of the reference itself are left out,
 * those of a field are refused, since a slip there would switch a check off.
 * @throws RESONANCE_TRAINING_REFERENCE_INVALID with line and column, and the JSON pointer as path
 */
export function parseTrainingReference(text: string, source: string): TrainingReference {
  if (text.length > LONGEST_REFERENCE) throw invalid(source, "", `it is longer than ${LONGEST_REFERENCE} characters`);
  let json: JsonSource;
  try {
    json = readJson(text);
  } catch (cause) {
    if (!(cause instanceof JsonSyntax)) throw cause;
    throw invalid(source, positionText(cause.position), cause.message);
  }
  return checkTrainingReference(json.value, source, (pointer) => positionText(json.locate(pointer)));
}

/**
 * Takes plain data as a training reference; `locate` gives the place of a JSON pointer in a text, where there is one.
 * @throws RESONANCE_TRAINING_REFERENCE_INVALID
 */
export function checkTrainingReference(value: unknown, source: string, locate?: (pointer: string) => string): TrainingReference {
  const refuse: Refuse = (at, reason) => {
    const position = locate?.(at);
    throw invalid(source, position === undefined ? at || "/" : `${at || "/"}, ${position}`, reason, at);
  };
  const whole = objectAt(value, "", refuse);
  const dataSet = whole["dataSet"] === undefined || whole["dataSet"] === null ? undefined : readDataSet(whole["dataSet"], refuse);
  const inputs = readFields(whole["inputs"], "/inputs", refuse);
  const outputs = readFields(whole["outputs"], "/outputs", refuse);
  if (!dataSet && Object.keys(inputs).length + Object.keys(outputs).length === 0) refuse("", "it has neither dataSet nor inputs nor outputs");
  return { ...(dataSet && { dataSet }), inputs, outputs };
}

function readDataSet(value: unknown, refuse: Refuse): NonNullable<TrainingReference["dataSet"]> {
  const { id, description, records } = objectAt(value, "/dataSet", refuse);
  if (typeof id !== "string" || id.trim() === "" || id.length > LONGEST_TEXT) return refuse("/dataSet/id", `a text of 1 to ${LONGEST_TEXT} characters is needed`);
  if (description !== undefined && typeof description !== "string") refuse("/dataSet/description", "it is no text");
  if (records !== undefined && (!Number.isSafeInteger(records) || (records as number) < 0)) refuse("/dataSet/records", "a whole number from 0 on is needed");
  return { id: id.trim(), ...(typeof description === "string" && { description: description.slice(0, LONGEST_TEXT) }), ...(typeof records === "number" && { records }) };
}

function readFields(value: unknown, at: string, refuse: Refuse): Record<string, FieldReference> {
  if (value === undefined || value === null) return {};
  const entries = Object.entries(objectAt(value, at, refuse));
  if (entries.length > MOST_FIELDS) refuse(at, `more than ${MOST_FIELDS} fields`);
  return Object.fromEntries(entries.map(([name, field]) => [name, readField(field, `${at}/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`, refuse)]));
}

function readField(value: unknown, at: string, refuse: Refuse): FieldReference {
  const field = objectAt(value, at, refuse);
  const unknown = Object.keys(field).find((name) => !FIELD_PARTS.has(name));
  if (unknown !== undefined) refuse(`${at}/${unknown}`, `there is no ${unknown}; known are ${[...FIELD_PARTS].join(", ")}`);
  const { unit, minimum, maximum, values, bins, shares } = field;
  if (unit !== undefined && typeof unit !== "string") refuse(`${at}/unit`, "it is no text");
  for (const [name, limit] of Object.entries({ minimum, maximum })) if (limit !== undefined && !isFinite(limit)) refuse(`${at}/${name}`, "it is no number");
  if (isFinite(minimum) && isFinite(maximum) && minimum > maximum) refuse(`${at}/minimum`, `${minimum} is above the maximum ${maximum}`);
  if (values !== undefined) listAt(values, `${at}/values`, MOST_VALUES, isKnownValue, "a text, a number, true or false", refuse);
  if (values !== undefined && new Set(values as readonly unknown[]).size !== (values as readonly unknown[]).length) refuse(`${at}/values`, "a value is there twice");
  if (bins !== undefined) {
    if (values !== undefined) refuse(`${at}/bins`, "a field has values or bins, not both");
    listAt(bins, `${at}/bins`, MOST_BINS + 1, isFinite, "a number", refuse);
    const edges = bins as readonly number[];
    if (edges.length < 3) refuse(`${at}/bins`, "at least 3 edges (2 bins) are needed");
    const fall = edges.findIndex((edge, index) => index > 0 && edge <= (edges[index - 1] as number));
    if (fall > 0) refuse(`${at}/bins/${fall}`, "edges must rise");
  }
  if (shares !== undefined) readShares(shares, field, at, refuse);
  else if (bins !== undefined) refuse(`${at}/shares`, "bins without shares");
  if ([minimum, maximum, values, bins].every((part) => part === undefined)) refuse(at, "it says nothing: a minimum, maximum, values or bins are needed");
  return field;
}

function readShares(shares: unknown, { bins, values }: Readonly<Record<string, unknown>>, at: string, refuse: Refuse): void {
  listAt(shares, `${at}/shares`, Math.max(MOST_BINS, MOST_VALUES), (share) => isFinite(share) && share >= 0, "a number from 0 on", refuse);
  const expected = Array.isArray(bins) ? bins.length - 1 : Array.isArray(values) ? values.length : undefined;
  const given = shares as readonly number[];
  if (expected === undefined) refuse(`${at}/shares`, "shares without bins or values");
  if (given.length !== expected) refuse(`${at}/shares`, `${given.length} shares for ${expected} ${Array.isArray(bins) ? "bins" : "values"}`);
  const sum = given.reduce((total, share) => total + share, 0);
  if (!(sum > 0) || !Number.isFinite(sum)) refuse(`${at}/shares`, "they add up to nothing");
}

function listAt(value: unknown, at: string, most: number, suits: (item: unknown) => boolean, expected: string, refuse: Refuse): void {
  if (!Array.isArray(value)) return refuse(at, "it is no list");
  if (value.length === 0 || value.length > most) refuse(at, `1 to ${most} entries are needed`);
  const wrong = value.findIndex((item) => !suits(item));
  if (wrong >= 0) refuse(`${at}/${wrong}`, `${expected} is needed`);
}

function objectAt(value: unknown, at: string, refuse: Refuse): Readonly<Record<string, unknown>> {
  if (!isObject(value)) return refuse(at, "it is no object");
  const unsafe = Object.keys(value).find((name) => UNSAFE.has(name));
  if (unsafe !== undefined) refuse(at, `a member must not be called ${unsafe}`);
  return value;
}

function isFinite(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

function isKnownValue(value: unknown): value is KnownValue {
  return typeof value === "boolean" || isFinite(value) || (typeof value === "string" && value.length <= LONGEST_TEXT);
}

/** What is thrown for a place of a reference. */
export function invalid(source: string, at: string, reason: string, pointer = ""): ResonanceError {
  return new ResonanceError("RESONANCE_TRAINING_REFERENCE_INVALID", { source, at: at || "/", reason }, { path: `reference${pointer}` });
}

function positionText({ line, column }: { readonly line: number; readonly column: number }): string {
  return `line ${line}, column ${column}`;
}
