import path from "node:path";
import { mergePatch } from "../json/merge-patch";
import { assembleProfile, type RawCategory, type RawProfile } from "./assemble-profile";
import { checkFormat, invalid, type ProfileFile } from "./check-format";
import { checkTogether } from "./check-profile";
import { builtInProfileFiles, loadBuiltInProfile, loadProfile } from "./load-profile";
import type { Profile } from "./profile";
import { isFolder, readProfileFile } from "./profile-files";
import { profileKey } from "./profile-lookup";
import { withoutRemoved } from "./removed-fields";

/** Where a profile comes from: the pack, a file or folder of the user's, or the pack's with the changes that a file holds. */
export type ProfileSource =
  | { readonly kind: "built-in" }
  | { readonly kind: "path"; readonly path: string }
  | { readonly kind: "overrides"; readonly path: string };

/** A whole profile in one document, its categories by id. */
type WholeProfile = Omit<RawProfile, "categories"> & { readonly categories: Readonly<Record<string, Omit<RawCategory, "id"> & { readonly id?: string }>> };

interface Overrides {
  readonly extends?: string;
  readonly id?: string;
  readonly [key: string]: unknown;
}

/**
 * The profile a source names, checked. Paths that are not absolute begin at `folder`; nothing but the files named is read.
 * Changes to the built-in profile are a JSON merge patch of it, and the result is a profile of its own: without an id of its
 * own it is called `<built-in id>-custom`.
 * @throws RESONANCE_PROFILE_INVALID with file, line and column or path, and reason
 */
export function loadProfileFrom(source: ProfileSource, folder: string): Profile {
  if (source.kind === "built-in") return loadBuiltInProfile();
  if (source.path.trim() === "") throw invalid({ file: "-" }, "", "no file or folder is named");
  const place = path.resolve(folder, source.path.trim());
  if (source.kind === "overrides") return loadOverrides(readProfileFile(place));
  return isFolder(place) ? loadFolder(place) : loadWhole(readProfileFile(place));
}

/** A folder: `profile.json`, and `<id>.json` for each category it lists. */
function loadFolder(folder: string): Profile {
  const head = readProfileFile(path.join(folder, "profile.json"));
  // The ids become names of files: checked before they do.
  const { categories } = checkFormat<RawProfile>("profile", head);
  return loadProfile([head, ...categories.map((id) => readProfileFile(path.join(folder, `${id}.json`)))]);
}

function loadWhole(file: ProfileFile): Profile {
  const { categories, ...rest } = checkFormat<WholeProfile>("whole", file);
  const profile: RawProfile = { ...rest, categories: Object.keys(categories) };
  const parts = Object.entries(categories).map(([id, category]): readonly [RawCategory, ProfileFile] => {
    const part = { ...file, at: `/categories/${id}` };
    if (category.id !== undefined && category.id !== id) throw invalid(part, "/id", `the category stands there as ${id}`);
    return [{ ...category, id }, part];
  });
  checkTogether(profile, file, parts);
  return assembleProfile(profile, parts.map(([category]) => category));
}

function loadOverrides(file: ProfileFile): Profile {
  const { extends: base, ...changes } = checkFormat<Overrides>("overrides", file);
  const builtIn = loadBuiltInProfile();
  if (base !== undefined && base !== builtIn.id && base !== profileKey(builtIn)) {
    throw invalid(file, "/extends", `the built-in profile is ${profileKey(builtIn)}, not ${base}`);
  }
  const named = { id: `${builtIn.id}-custom`, ...changes };
  if (named.id === builtIn.id) throw invalid(file, "/id", `${builtIn.id} is the built-in profile; a changed one needs a name of its own`);
  return loadWhole({ ...file, content: mergePatch(withoutRemoved(builtInAsWhole(), changes), named) });
}

/** The built-in profile as one document, which is what changes are made to. */
function builtInAsWhole(): WholeProfile {
  const [head, ...categories] = builtInProfileFiles().map(({ content }) => content);
  return {
    ...(head as RawProfile),
    categories: Object.fromEntries((categories as readonly RawCategory[]).map((category) => [category.id, category])),
  };
}
