import { getJson } from "./ask";
import "./red";
import type { Localized } from "./text";

/** What a profile says of one field. */
export interface FieldFacts {
  readonly name: string;
  readonly type: string | readonly string[];
  readonly unit?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  /** Of a list, what it holds. */
  readonly items?: { readonly type: string; readonly unit?: string };
  readonly format?: string;
  readonly required: boolean;
  readonly title: Localized;
  readonly description: Localized;
}

export interface CategoryFacts {
  readonly id: string;
  readonly title: Localized;
  readonly description: Localized;
  readonly nature: "prediction" | "proposal";
  readonly messages: { readonly input: readonly string[]; readonly output: readonly string[] };
  readonly input: readonly FieldFacts[];
  readonly output: readonly FieldFacts[];
  /** Fields of which a record holds at least one. */
  readonly requireOneOf: { readonly input: readonly string[]; readonly output: readonly string[] };
}

export interface ProfileFacts {
  readonly id: string;
  readonly version: string;
  readonly designation: string;
  readonly status: string;
  readonly notice: Localized;
  readonly categories: readonly CategoryFacts[];
}

/** A unit; units of the same quantity convert into each other. */
export interface UnitFacts {
  readonly code: string;
  readonly symbol: string;
  readonly quantity: string;
}

/** A row of a mapping that a kind of machine brings along. */
export interface EquipmentTagFacts {
  readonly tag: string;
  readonly field: string;
  readonly unit: string;
  readonly maxAge: number;
  readonly optional: boolean;
}

/** A kind of machine and its usual tags. */
export interface EquipmentFacts {
  readonly id: string;
  readonly title: Localized;
  readonly description: Localized;
  /** By category, required fields that no tag of the machine fills, and where they come from. */
  readonly gaps: Readonly<Record<string, Readonly<Record<string, Localized>>>>;
  /** By category. */
  readonly tags: Readonly<Record<string, readonly EquipmentTagFacts[]>>;
}

/** The facts the forms show, as the runtime serves them. */
export interface Catalogue {
  readonly profiles: readonly ProfileFacts[];
  readonly units: readonly UnitFacts[];
  readonly equipmentProfiles: readonly EquipmentFacts[];
  /** Why the profile that was asked for could not start; the built-in one then stands in. */
  readonly error?: { readonly code: string; readonly message: string };
}

export const NO_CATALOGUE: Catalogue = { profiles: [], units: [], equipmentProfiles: [] };

// Each node's script is a bundle of its own; the page is what they share.
const shared = window as Window & { resonanceCatalogues?: Map<string, Promise<Catalogue>> };

/**
 * The catalogue of a profile node (of the built-in profile without one, or while it is not deployed), fetched once until the next deploy;
 * a failed fetch is tried again by the next form.
 */
export function loadCatalogue(profile = ""): Promise<Catalogue> {
  const kept = shared.resonanceCatalogues ?? keepUntilDeploy();
  const id = profile === "_ADD_" ? "" : profile;
  const found = kept.get(id) ?? fetchCatalogue(id).catch((thrown: unknown) => {
    kept.delete(id);
    throw thrown;
  });
  kept.set(id, found);
  return found;
}

/** The catalogues of all profile nodes in one, each category once; for forms that choose no profile. */
export async function loadAllProfiles(): Promise<Catalogue> {
  const ids = RED.nodes.filterNodes({ type: "resonance-profile" }).map((node) => node.id);
  const [first, ...others] = await Promise.all((ids.length > 0 ? ids : [""]).map((id) => loadCatalogue(id)));
  if (!first) return NO_CATALOGUE;
  const seen = new Set<string>();
  const profiles = [first, ...others].flatMap((catalogue) => catalogue.profiles).map((profile) => ({
    ...profile,
    categories: profile.categories.filter(({ id }) => !seen.has(id) && seen.add(id)),
  }));
  return { ...first, profiles };
}

function keepUntilDeploy(): Map<string, Promise<Catalogue>> {
  const kept = new Map<string, Promise<Catalogue>>();
  shared.resonanceCatalogues = kept;
  RED.events.on("deploy", () => { kept.clear(); });
  return kept;
}

function fetchCatalogue(profile: string): Promise<Catalogue> {
  return getJson<Catalogue>("resonance/catalogue", profile === "" ? {} : { profile });
}

/** The profile of a catalogue that was asked for one. */
export const profileOf = (catalogue: Catalogue): ProfileFacts | undefined => catalogue.profiles[0];

/** The category with this id, whichever profile it is in. */
export function categoryOf(catalogue: Catalogue | undefined, id: string): CategoryFacts | undefined {
  return catalogue?.profiles.flatMap((profile) => profile.categories).find((category) => category.id === id);
}
