import { readFileSync } from "node:fs";
import path from "node:path";
import { assembleProfile, type RawCategory, type RawProfile } from "./assemble-profile";
import { checkProfile, type ProfileFile } from "./check-profile";
import type { Profile } from "./profile";

const BUILT_IN = path.join(__dirname, "gbt-provisional");
let builtIn: Profile | undefined;

/** The pack's own provisional profile; read on first use, then kept. Its files are checked by the tests, not at every start. */
export function loadBuiltInProfile(): Profile {
  if (builtIn) return builtIn;
  const raw = read<RawProfile>("profile");
  builtIn = assembleProfile(raw, raw.categories.map((id) => read<RawCategory>(id)));
  return builtIn;
}

/** The files of the built-in profile, `profile.json` first, as `loadProfile` takes them. */
export function builtInProfileFiles(): readonly ProfileFile[] {
  const profile = read<RawProfile>("profile");
  return ["profile", ...profile.categories].map((name) => ({ file: `${name}.json`, content: read<unknown>(name) }));
}

/**
 * Checks the parsed files of a profile and puts them together.
 * @throws RESONANCE_PROFILE_INVALID with file, path and reason
 */
export function loadProfile(files: readonly ProfileFile[]): Profile {
  const { profile, categories } = checkProfile(files);
  return assembleProfile(profile, categories);
}

function read<T>(name: string): T {
  return JSON.parse(readFileSync(path.join(BUILT_IN, `${name}.json`), "utf8")) as T;
}
