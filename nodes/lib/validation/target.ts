import type { Language } from "../errors/resonance-error";
import type { Profile } from "../profile/profile";
import type { FieldError } from "../record/field-error";
import { compileB2mmlValidator } from "./b2mml-validator";
import { compileOfficialJson } from "./official-json";
import { openOfficialXsd } from "./official-xsd";
import { compileRecordValidator, type Check, type RecordValidatorOptions } from "./record-validator";
import { compileUserSchema } from "./user-schema";

/** What messages are checked against: interface records of a profile, B2MML messages, or a JSON Schema of the user's. */
export type Target = "profile" | "b2mml" | "schema";

/** How B2MML messages are checked: by the structure built in, or by the official schema in the user's copy. */
export type B2mmlBy = "structure" | "json" | "xsd";

export interface TargetOptions extends Pick<RecordValidatorOptions, "editions"> {
  readonly b2mml?: {
    readonly by: B2mmlBy;
    /** File or folder of the official schema. */
    readonly schema: string;
    /** Node-RED's user directory. */
    readonly userFolder: string;
  } | undefined;
  /** Folder with the files that the user's schema refers to. */
  readonly folder?: string | undefined;
}

/** A check that may need time, and what it holds. */
export interface OpenCheck {
  readonly check: (payload: unknown) => readonly FieldError[] | Promise<readonly FieldError[]>;
  /** Rejects where what was opened turns out to be unusable. */
  readonly ready?: Promise<void>;
  readonly close?: () => Promise<void>;
}

/**
 * Compiles the check a node is set to; one by the XSD is done elsewhere and answers later.
 * @throws what `compileTarget` and `openOfficialXsd` throw
 */
export function openTarget(target: Target, profile: () => Profile, schema: string, language: Language, options: TargetOptions = {}): OpenCheck {
  const { b2mml } = options;
  if (target === "b2mml" && b2mml?.by === "xsd") return openOfficialXsd({ place: b2mml.schema, userFolder: b2mml.userFolder, language });
  return { check: compileTarget(target, profile, schema, language, options) };
}

/**
 * Compiles the check a node is set to. `profile` is asked for only where it is needed.
 * @throws RESONANCE_SCHEMA_INVALID, RESONANCE_SCHEMA_PATTERN_UNSAFE, RESONANCE_B2MML_SCHEMA_INVALID, and what `profile` throws
 */
export function compileTarget(
  target: Target, profile: () => Profile, schema: string, language: Language, { folder, editions, b2mml }: TargetOptions = {},
): Check {
  const compilers: Readonly<Record<Target, () => Check>> = {
    profile: () => compileRecordValidator(profile(), { language, ...(editions && { editions }) }),
    b2mml: () => (b2mml?.by === "json" ? compileOfficialJson(b2mml.schema, language) : compileB2mmlValidator(language)),
    schema: () => compileUserSchema(schema, language, folder),
  };
  return compilers[target]();
}
