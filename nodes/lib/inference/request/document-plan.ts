import { ResonanceError } from "../../errors/resonance-error";
import type { InputRecord } from "../../record/interface-record";

/** The value of a part; `undefined` where it is left out. */
export type Fill = (record: InputRecord) => unknown;

/** A part of a document. */
export interface Part {
  /** JSON pointer (RFC 6901). */
  readonly path: string;
  /** The setting that says so, for errors. */
  readonly at: string;
  readonly fill: Fill;
}

/** A place of the document: a value, or what stands below it by name. */
interface Place {
  fill?: Fill;
  readonly below: Map<string, Place>;
}

/**
 * Compiles parts at their places to a whole document. Names that are the numbers from 0 on make a list, others an object; in a list a
 * part that is left out is `null`.
 * @throws RESONANCE_CONFIG_INVALID for no parts, a path that is no pointer, is there twice, or leads through another part
 */
export function compileDocument(parts: readonly Part[]): Fill {
  if (parts.length === 0) throw invalid("requestRows", "at least one row is needed");
  const root: Place = { below: new Map() };
  for (const { path, at, fill } of parts) {
    const place = namesOf(path, `${at}/path`).reduce((above, name) => {
      if (above.fill) throw invalid(`${at}/path`, `${path} leads through another row's value`);
      const known = above.below.get(name) ?? { below: new Map<string, Place>() };
      above.below.set(name, known);
      return known;
    }, root);
    if (place.fill ?? place.below.size > 0) throw invalid(`${at}/path`, `${path || "the whole request"} is there twice`);
    place.fill = fill;
  }
  return compilePlace(root);
}

function compilePlace({ fill, below }: Place): Fill {
  if (fill) return fill;
  const members = [...below].map(([name, place]) => [name, compilePlace(place)] as const);
  if (members.every((_, index) => below.has(String(index)))) {
    const entries = members.toSorted(([one], [other]) => Number(one) - Number(other)).map(([, entry]) => entry);
    return (record) => entries.map((entry) => entry(record) ?? null);
  }
  return (record) => Object.fromEntries(members.map(([name, member]) => [name, member(record)] as const).filter(([, value]) => value !== undefined));
}

function namesOf(path: string, at: string): readonly string[] {
  if (path === "") return [];
  if (!path.startsWith("/") || /~(?![01])/.test(path)) throw invalid(at, `${path} ≠ JSON pointer, /a/0/b`);
  const names = path.slice(1).split("/").map((name) => name.replaceAll("~1", "/").replaceAll("~0", "~"));
  if (names.includes("__proto__")) throw invalid(at, "the name __proto__ is not allowed");
  return names;
}

function invalid(setting: string, detail: string): ResonanceError {
  return new ResonanceError("RESONANCE_CONFIG_INVALID", { setting, detail }, { path: setting });
}
