import { assembleCategory, type RawCategory, type RawProfile } from "./assemble-profile";
import { checkDerivation, checkOrdered, checkTargets, checkValue } from "./check-field";
import { checkFormat, invalid, type ProfileFile, type Refuse } from "./check-format";
import { DIRECTIONS, type Category, type Direction } from "./profile";
import { isObject } from "../json/is-object";

export type { ProfileFile } from "./check-format";

/** A profile's parts, checked but not yet put together. */
export interface CheckedProfile {
  readonly profile: RawProfile;
  readonly categories: readonly RawCategory[];
}

/**
 * Checks the files of a profile against `profile.schema.json` and for what a schema cannot say: every category listed has
 * one file, units exist, every field has a target in each message of its category, no two fields share one, derivations hold,
 * renames lead to fields that exist. The first file that is not a category's is taken as `profile.json`.
 * @throws RESONANCE_PROFILE_INVALID with file, path and reason
 */
export function checkProfile(files: readonly ProfileFile[]): CheckedProfile {
  const head = files.find(({ content }) => isObject(content) && "categories" in content);
  if (!head) throw invalid(files[0] ?? { file: "profile.json" }, "/categories", "no file lists the categories");
  const profile = checkFormat<RawProfile>("profile", head);
  const others = files.filter((file) => file !== head);
  const categories = others.map((file) => checkFormat<RawCategory>("category", file));
  profile.categories.forEach((id, index) => {
    const found = categories.filter((category) => category.id === id).length;
    if (found !== 1) throw invalid(head, `/categories/${index}`, `${found} files describe the category ${id}`);
  });
  checkTogether(profile, head, categories.map((category, index) => [category, others[index] ?? head]));
  return { profile, categories };
}

/** Checks what no schema says; each category with the file it stands in. */
export function checkTogether(profile: RawProfile, head: ProfileFile, categories: readonly (readonly [RawCategory, ProfileFile])[]): void {
  const refuse: Refuse = (at, reason) => { throw invalid(head, at, reason); };
  for (const [name, field] of Object.entries(profile.commonOutput?.properties ?? {})) {
    const at = `/commonOutput/properties/${name}`;
    checkValue(field, at, refuse);
    if (field.derivation) refuse(`${at}/derivation`, "a common field follows from no other");
  }
  const complete = new Map<string, Category>();
  for (const [raw, file] of categories) {
    const refuseHere: Refuse = (at, reason) => { throw invalid(file, at, reason); };
    if (!profile.categories.includes(raw.id)) refuseHere("/id", `${head.file} does not list the category ${raw.id}`);
    const category = assembleCategory(raw, profile);
    for (const direction of DIRECTIONS) checkInterface(raw, category, direction, refuseHere);
    complete.set(raw.id, category);
  }
  checkRenames(profile, complete, refuse);
}

function checkInterface(raw: RawCategory, category: Category, direction: Direction, refuse: Refuse): void {
  const side = raw[direction];
  const { fields } = category[direction];
  for (const keyword of ["required", "requireOneOf"] as const) {
    side[keyword]?.forEach((name, index) => {
      if (!fields.has(name)) refuse(`/${direction}/${keyword}/${index}`, `there is no field ${name}`);
    });
  }
  checkOrdered(side.ordered, side.properties, `/${direction}`, refuse);
  const taken = new Map<string, string>();
  for (const { name, schema, common } of fields.values()) {
    const at = `/${direction}/properties/${name}`;
    if (!common) {
      checkValue(schema, at, refuse);
      checkDerivation(side, schema, at, refuse);
    }
    checkTargets(name, schema, category.messages[direction], taken, at, refuse);
  }
}

/** Renames are of editions that are named, and end at something that is there; where they begin only the old edition knows. */
function checkRenames({ id: own, version, formerIds = [], renames = {} }: RawProfile, categories: ReadonlyMap<string, Category>, refuse: Refuse): void {
  for (const [old, now] of Object.entries(renames)) {
    const at = `/renames/${old.replaceAll("/", "~1")}`;
    const [id = "", direction] = old.split("/");
    if (direction === undefined) {
      if (!categories.has(now)) refuse(at, `there is no category ${now}`);
      continue;
    }
    const renamed = Object.hasOwn(renames, id) ? renames[id] ?? id : id;
    const category = categories.get(renamed);
    if (!category) return refuse(at, `there is no category ${renamed}`);
    if (!category[direction as Direction].fields.has(now)) refuse(at, `${category.id} has no ${direction} field ${now}`);
  }
  const itself = formerIds.indexOf(`${own}@${version}`);
  if (itself >= 0) refuse(`/formerIds/${itself}`, "a profile is no earlier edition of itself");
  if (formerIds.length === 0 && Object.keys(renames).length > 0) refuse("/renames", "formerIds has to name the editions whose names these are");
}
