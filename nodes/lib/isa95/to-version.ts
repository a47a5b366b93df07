import { ResonanceError } from "../errors/resonance-error";
import { isTree, type B2mmlDocument, type Draft, type Scalar, type Tree } from "./document";
import { CURRENT, type TypeSpec } from "./structure";
import { trailPath, type Trail } from "./trail";
import { differenceOf, structureOf, type Difference, type Version } from "./versions";

type Value = Tree[string];

/**
 * A document of the current version as one of an older version: other names, another order when it is written. What the older
 * version has no place for is left out where the difference says that it is told elsewhere; entries that cannot nest stand beside
 * each other instead.
 * @throws RESONANCE_ISA95_VERSION for anything else without a place, RESONANCE_ISA95_MESSAGE_UNKNOWN
 */
export function toVersion({ message, content }: B2mmlDocument, version: Version): B2mmlDocument {
  const [from, to] = [CURRENT.messageType(message), structureOf(version).messageType(message)];
  if (!from || !to) throw new ResonanceError("RESONANCE_ISA95_MESSAGE_UNKNOWN", { message: `${message} (${version})` });
  const { releaseId } = structureOf(version);
  const walk = { version, difference: differenceOf(version) };
  const renamed = convert(content, from, to, walk, [message]);
  return { message, content: "@releaseID" in renamed ? { ...renamed, "@releaseID": releaseId } : renamed };
}

/** The name of an element in another version, `undefined` where the version has no place for it; `known` is what it has. */
export function nameIn(element: string, type: string, known: TypeSpec, difference: Difference): string | undefined {
  const name = difference.renamed?.[type]?.[element] ?? element;
  const isLeftOut = difference.leftOut?.[type]?.includes(element) === true;
  return isLeftOut || !known.elements.has(name) ? undefined : name;
}

interface Walk {
  readonly version: Version;
  readonly difference: Difference;
}

function convert(tree: Tree, from: TypeSpec, to: TypeSpec, walk: Walk, trail: Trail): Draft {
  const made: Draft = {};
  for (const [element, value] of Object.entries(tree)) {
    if (value === undefined) continue;
    if (element === "$" || element.startsWith("@")) {
      made[element] = value;
      continue;
    }
    const spec = from.elements.get(element);
    const name = nameIn(element, from.name, to, walk.difference);
    const target = name === undefined ? undefined : to.elements.get(name);
    if (spec && name !== undefined && target) {
      trail.push(element);
      made[name] = merged(made[name], each(value, (one) => child(one, spec.type, target.type, walk, trail)));
      trail.pop();
    } else if (!walk.difference.leftOut?.[from.name]?.includes(element) && !(Array.isArray(value) && value.length === 0)) {
      throw new ResonanceError("RESONANCE_ISA95_VERSION", { version: walk.version, element, type: from.name }, { path: trailPath(trail, element) });
    }
  }
  return made;
}

function child(value: Scalar | Tree | null, from: TypeSpec, to: TypeSpec, walk: Walk, trail: Trail): readonly (Scalar | Tree | null)[] {
  if (!isTree(value)) return [value];
  // A value outside the list stands as itself where the older version has no list.
  if (to.text) return [value["@OtherValue"] !== undefined && !to.attributes.has("OtherValue") ? (value["@OtherValue"] as Scalar) : { ...value }];
  const nesting = [...from.elements.values()].find((element) => element.type === from);
  if (!nesting || nameIn(nesting.name, from.name, to, walk.difference) !== undefined) return [convert(value, from, to, walk, trail)];
  const { [nesting.name]: nested, ...own } = value;
  const beside = ([nested ?? []].flat() as readonly Tree[]).flatMap((one) => child(one, nesting.type, to, walk, trail));
  return [convert(own, from, to, walk, trail), ...beside];
}

function each(value: Value, act: (one: Scalar | Tree | null) => readonly (Scalar | Tree | null)[]): Value {
  if (Array.isArray(value)) return (value as readonly (Scalar | Tree | null)[]).flatMap(act);
  const made = act(value as Scalar | Tree | null);
  return made.length === 1 ? made[0] : made;
}

/** Two elements that have become one. */
function merged(before: Value, value: Value): Value {
  return before === undefined ? value : ([before, value].flat() as readonly (Scalar | Tree | null)[]);
}
