import { toResonanceError, type Language } from "../errors/resonance-error";
import { loadBuiltInProfile } from "../profile/load-profile";
import type { Profile } from "../profile/profile";
import { profileKey } from "../profile/profile-lookup";
import { fieldError, type FieldError } from "../record/field-error";
import type { InterfaceRecord } from "../record/interface-record";
import { migrateRecord, type MigratedRecord } from "../record/migrate-record";
import { compileRecordValidator, type Check } from "./record-validator";

/** A record as it may go on: of the profile, or brought to it from an earlier edition. */
export interface TakenOver {
  readonly errors: readonly FieldError[];
  /** Set where the record was of an earlier edition and could be brought to this one, even if it then lacks something. */
  readonly migrated?: MigratedRecord & { readonly from: string };
}

/**
 * Compiles the taking over of records of earlier editions: one that names an edition of the profile's `formerIds` is checked
 * against that edition, brought to the profile, and checked again by `check`; one that names another edition is refused. Every other
 * payload only goes to `check`.
 * `editions` is asked with each record of an earlier edition; the built-in profile is always known.
 */
export function compileTakeOver(profile: Profile, check: Check, editions: () => readonly Profile[], language: Language): (payload: unknown) => TakenOver {
  const own = profileKey(profile);
  const checks = new WeakMap<Profile, Check>();
  const checkOf = (edition: Profile): Check => {
    const known = checks.get(edition) ?? compileRecordValidator(edition, { language });
    checks.set(edition, known);
    return known;
  };
  return (payload) => {
    const named = typeof payload === "object" && payload !== null ? (payload as { readonly profile?: unknown }).profile : undefined;
    if (typeof named !== "string" || named === own) return { errors: check(payload) };
    if (!profile.formerIds.includes(named)) {
      const former = profile.formerIds.join(", ") || "–";
      const words = { from: named.slice(0, 80), to: own, detail: `formerIds: ${former}` };
      return { errors: [fieldError("profile", { code: "RESONANCE_MIGRATION_IMPOSSIBLE", expected: former, actual: named }, language, words)] };
    }
    const loaded = [...editions(), loadBuiltInProfile()];
    const edition = loaded.find((each) => profileKey(each) === named);
    if (!edition) {
      const known = [...new Set(loaded.map(profileKey))].join(", ");
      return { errors: [fieldError("profile", { code: "RESONANCE_EDITION_UNKNOWN", expected: known, actual: named }, language)] };
    }
    const errors = checkOf(edition)(payload);
    if (errors.length > 0) return { errors };
    try {
      const migrated = migrateRecord(payload as InterfaceRecord, edition, profile);
      return { errors: check(migrated.record), migrated: { ...migrated, from: named } };
    } catch (thrown) {
      const { code, path = "", message } = toResonanceError(thrown).localize(language);
      return { errors: [{ path, code, message, expected: own, actual: named }] };
    }
  };
}
