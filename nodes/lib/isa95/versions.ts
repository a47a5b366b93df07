import older from "./versions.json";
import { createStructure, CURRENT, type ElementSpec, type Structure, type TypeData, type TypeSpec } from "./structure";
import data from "./b2mml-v0701.json";

/** Versions of B2MML that are read. */
export type Version = "V0401" | "V0500" | "V0600" | "V0700" | "V0701";

/** Versions that are written. */
export const WRITTEN_VERSIONS = ["V0701", "V0700", "V0600"] as const;
export type WrittenVersion = (typeof WRITTEN_VERSIONS)[number];

/** How an older version differs from the current one. */
export interface Difference {
  readonly namespaces: readonly string[];
  readonly releaseID?: string;
  /** The version from which this one differs; the current one where it is absent. */
  readonly basis?: Version;
  /** Whether what is not told of it is as uncertain as it is old. */
  readonly partial?: boolean;
  readonly types?: Readonly<Record<string, TypeData>>;
  readonly nouns?: readonly string[];
  /** Elements that have another name, by type and current name. */
  readonly renamed?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Elements that are left out when a document is written, by type: they say nothing that is not said elsewhere. */
  readonly leftOut?: Readonly<Record<string, readonly string[]>>;
  /** Elements whose type is another one, by type. */
  readonly replaced?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

const DIFFERENCES: Readonly<Record<Version, Difference>> = older as Readonly<Record<Version, Difference>>;
const VERBS = ["Sync", "Process", "Acknowledge", "Change", "Respond", "Cancel", "Get", "Show"];
const structures = new Map<Version, Structure>([["V0701", CURRENT]]);
const known = (Object.entries(DIFFERENCES) as [Version, Difference][]).flatMap(([version, { namespaces }]) => namespaces.map((namespace) => [namespace, version] as const));
// In the field they are written in small letters too.
const byNamespace = new Map(known.map(([namespace, version]) => [namespace.toLowerCase(), version]));
/** `releaseID` of V0700, which shares its namespace with V0701. */
const RELEASE_7_0 = /(?:^|V)0?7(?:[._]?0){0,2}$/i;

/** Namespaces of all versions that are read. */
export const NAMESPACES: readonly string[] = known.map(([namespace]) => namespace);

/** The version of a document by its namespace and `releaseID`; `undefined` for a namespace that is not B2MML's. */
export function versionOf(namespace: string, releaseId: string): Version | undefined {
  const version = byNamespace.get(namespace.toLowerCase());
  return version === "V0701" && RELEASE_7_0.test(releaseId.trim()) ? "V0700" : version;
}

/** The namespace of a version by its `releaseID`, for JSON, which names none; `undefined` for one that is not known. */
export function namespaceOf(releaseId: string): string | undefined {
  const wanted = releaseId.trim().toLowerCase();
  return Object.values(DIFFERENCES).find(({ releaseID }) => releaseID?.toLowerCase() === wanted)?.namespaces[0];
}

/** How a version differs from the current one. */
export const differenceOf = (version: Version): Difference => DIFFERENCES[version];

/** The structure of a version, made when it is first asked for. */
export function structureOf(version: Version): Structure {
  const before = structures.get(version);
  if (before) return before;
  const made = makeStructure(version);
  structures.set(version, made);
  return made;
}

function makeStructure(version: Version): Structure {
  const { namespaces, releaseID = version, types: own = {}, nouns: named, replaced = {}, partial = false, basis = "V0701" } = DIFFERENCES[version];
  const { types: earlier = {}, nouns = named } = DIFFERENCES[basis];
  const types: Record<string, TypeData | undefined> = { ...data.types, ...earlier, ...own };
  for (const [name, changes] of Object.entries(replaced)) {
    const elements = types[name]?.elements?.map((element) => replaceType(element, changes)) ?? [];
    types[name] = { ...types[name], elements };
  }
  const certain = partial ? { certain: new Set<string>(basis === "V0701" ? Object.keys(own) : []) } : {};
  const head = { version, releaseID, namespace: namespaces[0] ?? data.namespace, ...certain };
  if (nouns === undefined) return createStructure({ ...head, messages: data.messages, nouns: data.nouns, types });
  const messages: Record<string, string> = { ConfirmBOD: "ConfirmBODType" };
  for (const noun of nouns) {
    // What is in it is told by its elements' names.
    types[`${noun}Type`] ??= { elements: [] };
    for (const verb of VERBS) {
      messages[verb + noun] = `${verb}${noun}Type`;
      Object.assign(types, wrapper(verb, noun));
    }
  }
  return createStructure({ ...head, messages, nouns: Object.fromEntries(nouns.map((noun) => [noun, `${noun}Type`])), types });
}

function replaceType(element: string, changes: Readonly<Record<string, string>>): string {
  const [name = ""] = /^\w+/.exec(element) ?? [];
  return Object.hasOwn(changes, name) ? element.replace(/:.*$/, `:${changes[name] ?? ""}`) : element;
}

/** The types of a message of a noun. */
function wrapper(verb: string, noun: string): Readonly<Record<string, TypeData>> {
  const name = `${verb}${noun}Type`;
  return {
    [name]: { elements: ["ApplicationArea!:TransApplicationAreaType", `DataArea!:${name}.DataArea`], attributes: ["releaseID!:normalizedString", "versionID?:normalizedString"] },
    [`${name}.DataArea`]: { elements: [`${verb}!:Trans${verb}Type`, `${noun}+:${noun}Type`] },
  };
}

type Hints = ReadonlyMap<string, ElementSpec>;
let hints: Hints | undefined;
const olderHints = new Map<Version, Hints>();

/** What an element of this name is in the current version, wherever it stands; the use that is most common. */
export function elementNamed(name: string): ElementSpec | undefined {
  hints ??= commonUses(CURRENT, Object.keys(data.types));
  return hints.get(name);
}

/** The same for a version: its own where the current one does not have the name, or has a text of that name (`Location`). */
export function elementNamedIn(version: Version): (name: string) => ElementSpec | undefined {
  const { types, basis = version } = DIFFERENCES[version];
  const own = olderHints.get(version) ?? commonUses(structureOf(version), Object.keys(types ?? DIFFERENCES[basis].types ?? {}));
  olderHints.set(version, own);
  return (name) => {
    const current = elementNamed(name);
    const older = own.get(name);
    return older && (!current || (current.type.text && !older.type.text)) ? older : current;
  };
}

function commonUses(structure: Structure, typeNames: readonly string[]): Hints {
  const uses = new Map<string, Map<string, { spec: ElementSpec; count: number }>>();
  for (const typeName of typeNames) {
    for (const spec of structure.typeNamed(typeName)?.elements.values() ?? []) {
      const known = uses.get(spec.name) ?? new Map<string, { spec: ElementSpec; count: number }>();
      uses.set(spec.name, known);
      const key = `${spec.type.name}${spec.many}`;
      known.set(key, { spec, count: (known.get(key)?.count ?? 0) + 1 });
    }
  }
  return new Map([...uses].map(([name, known]) => [name, loosely([...known.values()].reduce((most, use) => (use.count > most.count ? use : most)).spec)]));
}

/** What is known from elsewhere tells how to read, not what is wrong. */
function loosely(spec: ElementSpec): ElementSpec {
  return { ...spec, required: false, nillable: true, type: looseType(spec.type) };
}

const loose = new Map<TypeSpec, TypeSpec>();

function looseType(type: TypeSpec): TypeSpec {
  const known = loose.get(type);
  if (known) return known;
  const elements = new Map<string, ElementSpec>();
  const made: TypeSpec = { ...type, loose: true, elements };
  loose.set(type, made);
  for (const [name, spec] of type.elements) elements.set(name, loosely(spec));
  return made;
}
