import "./red";
import type { Localized } from "./text";

/** What a profile says of one field. */
export interface FieldFacts {
  readonly name: string;
  readonly type: string | readonly string[];
  readonly unit?: string;
  readonly minimum?: number;
  readonly maximum?: number;
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

/** The facts the forms show, as the runtime serves them. */
export interface Catalogue {
  readonly profiles: readonly ProfileFacts[];
  readonly units: readonly UnitFacts[];
}

// Each node's script is a bundle of its own; the page is what they share.
const shared = window as Window & { resonanceCatalogue?: Promise<Catalogue> };

/** The catalogue, fetched once an editor session; a failed fetch is tried again by the next form. */
export function loadCatalogue(): Promise<Catalogue> {
  shared.resonanceCatalogue ??= fetchCatalogue().catch((thrown: unknown) => {
    delete shared.resonanceCatalogue;
    throw thrown;
  });
  return shared.resonanceCatalogue;
}

/** jQuery sends the editor's access token along; `fetch` would not. */
function fetchCatalogue(): Promise<Catalogue> {
  return new Promise((resolve, reject) => {
    $.getJSON("resonance/catalogue")
      .done((catalogue: Catalogue) => resolve(catalogue))
      .fail((request) => reject(new Error(`${request.status} ${request.statusText}`)));
  });
}

/** The profile a `resonance-profile` node stands for; the built-in one is the first. */
export const profileOf = (catalogue: Catalogue): ProfileFacts | undefined => catalogue.profiles[0];

/** The category with this id, whichever profile it is in. */
export function categoryOf(catalogue: Catalogue | undefined, id: string): CategoryFacts | undefined {
  return catalogue?.profiles.flatMap((profile) => profile.categories).find((category) => category.id === id);
}
