import type { ErrorObject, ValidateFunction } from "ajv/dist/2020";
import { ResonanceError } from "../errors/resonance-error";
import { findUnit } from "../units/units";
import type { RawCategory, RawInterface, RawProfile } from "./assemble-profile";
import { DIRECTIONS, type Direction, type FieldSchema } from "./profile";
import formatSchema from "./profile.schema.json";

/** A file of a profile: its name, for messages, and its parsed JSON. */
export interface ProfileFile {
  readonly file: string;
  readonly content: unknown;
}

/** Reports what is wrong at a place of a file. */
type Refuse = (at: string, reason: string) => never;

/**
 * Checks the files of a profile against `profile.schema.json` and for what a schema cannot say: every category listed has
 * one file, units exist, every field has a target in each message of its category, no two fields share one, derivations hold.
 * The first file that is not a category's is taken as `profile.json`.
 * @throws RESONANCE_PROFILE_INVALID with file, path and reason
 */
export function checkProfile(files: readonly ProfileFile[]): { profile: RawProfile; categories: readonly RawCategory[] } {
  const head = files.find(({ content }) => isObject(content) && "categories" in content);
  if (!head) throw invalid(files[0]?.file ?? "profile.json", "/categories", "no file lists the categories");
  const profile = checked<RawProfile>(head, "profile");
  const categories = files.filter((file) => file !== head).map((file) => {
    const category = checked<RawCategory>(file, "category");
    const refuse: Refuse = (at, reason) => { throw invalid(file.file, at, reason); };
    if (!profile.categories.includes(category.id)) refuse("/id", `${head.file} does not list the category ${category.id}`);
    for (const direction of DIRECTIONS) checkInterface(category, direction, refuse);
    return category;
  });
  profile.categories.forEach((id, index) => {
    const found = categories.filter((category) => category.id === id).length;
    if (found !== 1) throw invalid(head.file, `/categories/${index}`, `${found} files describe the category ${id}`);
  });
  return { profile, categories };
}

function checkInterface(category: RawCategory, direction: Direction, refuse: Refuse): void {
  const side = category[direction];
  for (const keyword of ["required", "requireOneOf"] as const) {
    side[keyword]?.forEach((name, index) => {
      if (!Object.hasOwn(side.properties, name)) refuse(`/${direction}/${keyword}/${index}`, `there is no field ${name}`);
    });
  }
  const taken = new Map<string, string>();
  for (const [name, field] of Object.entries(side.properties)) {
    const at = `/${direction}/properties/${name}`;
    checkField(field, at, refuse);
    checkDerivation(side, field, at, refuse);
    checkTargets(name, field, category.messages[direction], taken, at, refuse);
  }
}

function checkField(field: FieldSchema, at: string, refuse: Refuse): void {
  if (field.unit !== undefined && !findUnit(field.unit)) refuse(`${at}/unit`, `the unit code ${field.unit} is not known`);
  if (field.minimum !== undefined && field.maximum !== undefined && field.minimum > field.maximum) {
    refuse(`${at}/minimum`, `the minimum ${field.minimum} is above the maximum ${field.maximum}`);
  }
}

function checkDerivation(side: RawInterface, field: FieldSchema, at: string, refuse: Refuse): void {
  if (!field.derivation) return;
  const source = side.properties[field.derivation.timeAfter];
  if (!source) return refuse(`${at}/derivation/timeAfter`, `there is no field ${field.derivation.timeAfter}`);
  if (findUnit(source.unit ?? "")?.quantity !== "time") {
    refuse(`${at}/derivation/timeAfter`, `${field.derivation.timeAfter} is not a time span`);
  }
}

function checkTargets(
  name: string, field: FieldSchema, messages: readonly string[], taken: Map<string, string>, at: string, refuse: Refuse,
): void {
  field.isa95.forEach(({ message, path, property }, index) => {
    const where = `${at}/isa95/${index}`;
    if (!messages.includes(message)) refuse(`${where}/message`, `the category's messages do not include ${message}`);
    const noun = message.replace(/^[A-Z][a-z]+/, "");
    if (path !== noun && !path.startsWith(`${noun}/`)) refuse(`${where}/path`, `the path does not begin with ${noun}`);
    const target = [message, path, property ?? ""].join(" ");
    const other = taken.get(target);
    if (other !== undefined) refuse(where, `${other} and ${name} have the same target`);
    taken.set(target, name);
  });
  for (const message of messages) {
    if (!field.isa95.some((target) => target.message === message)) refuse(`${at}/isa95`, `no target in ${message}`);
  }
}

let validators: Readonly<Record<"profile" | "category", ValidateFunction>> | undefined;

function checked<T>({ file, content }: ProfileFile, kind: "profile" | "category"): T {
  validators ??= compileFormat();
  const validate = validators[kind];
  if (validate(content)) return content as T;
  // Of the failures the deepest says most: those above it only follow from it.
  const deepest = validate.errors?.reduce((a, b) => (depth(b) > depth(a) ? b : a));
  throw invalid(file, deepest?.instancePath === "" ? "/" : deepest?.instancePath ?? "/", reasonOf(deepest));
}

function compileFormat(): Readonly<Record<"profile" | "category", ValidateFunction>> {
  const { default: Ajv2020 } = require("ajv/dist/2020") as typeof import("ajv/dist/2020");
  const ajv = new Ajv2020({ allErrors: true, strict: true, strictRequired: false, strictTypes: false, formats: { regex: isPattern } });
  ajv.addSchema(formatSchema);
  return {
    profile: ajv.compile({ $ref: formatSchema.$id }),
    category: ajv.compile({ $ref: `${formatSchema.$id}#/$defs/category` }),
  };
}

function reasonOf(error: ErrorObject | undefined): string {
  const params = (error?.params ?? {}) as Record<string, unknown>;
  const named = params["additionalProperty"] ?? params["allowedValues"] ?? params["allowedValue"];
  return (error?.message ?? "not valid") + (named === undefined ? "" : ` (${JSON.stringify(named)})`);
}

function depth(error: ErrorObject): number {
  return error.instancePath.split("/").length;
}

function isPattern(text: string): boolean {
  try {
    new RegExp(text, "u");
    return true;
  } catch {
    return false;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function invalid(file: string, at: string, reason: string): ResonanceError {
  return new ResonanceError("RESONANCE_PROFILE_INVALID", { file, at, reason }, { path: `${file}#${at}` });
}
