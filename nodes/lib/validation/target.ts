import type { Language } from "../errors/resonance-error";
import type { Profile } from "../profile/profile";
import { compileRecordValidator, type Check } from "./record-validator";
import { compileUserSchema } from "./user-schema";

/** What messages are checked against: interface records of a profile, or a JSON Schema of the user's. */
export type Target = "profile" | "schema";

/**
 * Compiles the check a node is set to. `profile` is asked for only where it is needed.
 * @throws RESONANCE_SCHEMA_INVALID, and what `profile` throws
 */
export function compileTarget(target: Target, profile: () => Profile, schema: string, language: Language): Check {
  const compilers: Readonly<Record<Target, () => Check>> = {
    profile: () => compileRecordValidator(profile(), { language }),
    schema: () => compileUserSchema(schema, language),
  };
  return compilers[target]();
}
