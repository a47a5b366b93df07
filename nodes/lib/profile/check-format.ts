import type { ErrorObject, ValidateFunction } from "ajv/dist/2020";
import { ResonanceError } from "../errors/resonance-error";
import { patternFault } from "../json/pattern";
import formatSchema from "./profile.schema.json";

/** A file of a profile: its name, for messages, and its parsed JSON. */
export interface ProfileFile {
  readonly file: string;
  readonly content: unknown;
  /** Where in the file the content stands, as a JSON pointer; the whole file where it is not given. */
  readonly at?: string;
  /** Line and column of a JSON pointer, where the file's text is known. */
  readonly locate?: (pointer: string) => string;
}

/** The kinds of files, by their definitions in `profile.schema.json`. */
export type FileKind = "profile" | "whole" | "category" | "overrides";

/** Reports what is wrong at a place of a file. */
export type Refuse = (at: string, reason: string) => never;

/** What says less than another failure of its place; `false schema` stands one level below that. */
const LESS: Readonly<Record<string, number>> = { "false schema": 1.25, if: 0.5, unevaluatedProperties: 0.75 };

let validators: Partial<Record<FileKind, ValidateFunction>> | undefined;

/**
 * The content of a file, checked against its part of `profile.schema.json`.
 * @throws RESONANCE_PROFILE_INVALID with file, path and reason
 */
export function checkFormat<T>(kind: FileKind, file: ProfileFile): T {
  validators ??= compileFormat();
  const validate = validators[kind];
  if (!validate || validate(file.content)) return file.content as T;
  const telling = validate.errors?.reduce((a, b) => (weight(b) > weight(a) ? b : a));
  throw invalid(file, telling?.instancePath ?? "", reasonOf(telling));
}

/** What is thrown for a place of a file. */
export function invalid({ file, at: base = "", locate }: Pick<ProfileFile, "file" | "at" | "locate">, place: string, reason: string): ResonanceError {
  const at = base + place || "/";
  const position = locate?.(at);
  return new ResonanceError(
    "RESONANCE_PROFILE_INVALID",
    { file, at: position === undefined ? at : `${at}, ${position}`, reason: reason.slice(0, 500) },
    { path: `${file}#${at}` },
  );
}

function compileFormat(): Record<FileKind, ValidateFunction> {
  const { default: Ajv2020 } = require("ajv/dist/2020") as typeof import("ajv/dist/2020");
  const ajv = new Ajv2020({ allErrors: true, strict: true, strictRequired: false, strictTypes: false, verbose: true, formats: { regex: isPattern } });
  ajv.addSchema(formatSchema);
  const compile = (kind: FileKind): ValidateFunction => ajv.compile({ $ref: `${formatSchema.$id}#/$defs/${kind}` });
  return { profile: compile("profile"), whole: compile("whole"), category: compile("category"), overrides: compile("overrides") };
}

function reasonOf(error: ErrorObject | undefined): string {
  const name = error?.propertyName;
  if (error?.keyword === "not" && name !== undefined) return `the name ${name} is reserved`;
  if (error?.keyword === "false schema") return "it does not go with this type";
  if (error?.keyword === "format" && error.params["format"] === "regex") return `${String(error.data)} cannot be used as a pattern: ${patternFault(String(error.data)) ?? ""}`;
  const params = (error?.params ?? {}) as Record<string, unknown>;
  const named = params["additionalProperty"] ?? params["unevaluatedProperty"] ?? params["propertyName"] ?? params["allowedValues"] ?? params["allowedValue"];
  return (error?.message ?? "not valid") + (named === undefined ? "" : ` (${JSON.stringify(named)})`);
}

/** Of the failures the deepest says most: those above it only follow from it. At one place some follow from others, too: a word that does not go with a type from a type that is missing. */
function weight({ instancePath, keyword }: ErrorObject): number {
  return instancePath.split("/").length - (LESS[keyword] ?? 0);
}

/** A pattern that is none, or that could stall a check, is refused by its format. */
function isPattern(text: string): boolean {
  return patternFault(text) === undefined;
}
