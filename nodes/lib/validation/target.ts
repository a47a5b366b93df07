import type { Language } from "../errors/resonance-error";
import type { Profile } from "../profile/profile";
import { compileB2mmlValidator } from "./b2mml-validator";
import { compileRecordValidator, type Check, type RecordValidatorOptions } from "./record-validator";
import { compileUserSchema } from "./user-schema";

/** What messages are checked against: interface records of a profile, B2MML messages, or a JSON Schema of the user's. */
export type Target = "profile" | "b2mml" | "schema";

export interface TargetOptions extends Pick<RecordValidatorOptions, "editions"> {
  /** Folder with the files that the user's schema refers to. */
  readonly folder?: string | undefined;
}

/**
 * Compiles the check a node is set to. `profile` is asked for only where it is needed.
 * @throws RESONANCE_SCHEMA_INVALID, RESONANCE_SCHEMA_PATTERN_UNSAFE, and what `profile` throws
 */
export function compileTarget(
  target: Target, profile: () => Profile, schema: string, language: Language, { folder, editions }: TargetOptions = {},
): Check {
  const compilers: Readonly<Record<Target, () => Check>> = {
    profile: () => compileRecordValidator(profile(), { language, ...(editions && { editions }) }),
    b2mml: () => compileB2mmlValidator(language),
    schema: () => compileUserSchema(schema, language, folder),
  };
  return compilers[target]();
}
