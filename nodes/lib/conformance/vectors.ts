import { readFileSync } from "node:fs";
import path from "node:path";
import { ResonanceError } from "../errors/resonance-error";
import { loadBuiltInProfile } from "../profile/load-profile";
import type { Profile } from "../profile/profile";
import { profileKey } from "../profile/profile-lookup";

/** A record with the verdict it must get; an invalid one with the code and path of its first error. */
export interface Vector {
  readonly name: string;
  readonly verdict: "valid" | "invalid";
  readonly code?: string;
  readonly path?: string;
  readonly record: Readonly<Record<string, unknown>>;
}

/** The vectors of a category, which the built-in profile brings with it. @throws RESONANCE_CONFORMANCE_NO_VECTORS */
export function loadVectors(profile: Profile, category: string): readonly Vector[] {
  const known = profileKey(profile) === profileKey(loadBuiltInProfile()) && profile.categories.has(category);
  if (!known) throw new ResonanceError("RESONANCE_CONFORMANCE_NO_VECTORS", { profile: profileKey(profile), category }, { path: "category" });
  return JSON.parse(readFileSync(path.join(__dirname, "..", "profile", "gbt-provisional", "vectors", `${category}.json`), "utf8")) as readonly Vector[];
}
