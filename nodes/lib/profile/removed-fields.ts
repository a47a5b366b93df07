import { DIRECTIONS } from "./profile";

type Tree = Readonly<Record<string, unknown>>;

/**
 * A whole profile (categories by id) whose relations (`ordered`) no longer name the fields that `changes` take away (`null`): a
 * comparison with what is not there is none, and nobody need restate it. What is required is, so that nobody drops it by mistake.
 */
export function withoutRemoved(profile: Tree, changes: Tree): Tree {
  const categories = Object.entries(treeOf(profile["categories"])).map(([id, category]): [string, unknown] => {
    const patch = treeOf(treeOf(changes["categories"])[id]);
    const sides = DIRECTIONS.map((direction): [string, unknown] => [direction, thinned(treeOf(treeOf(category)[direction]), removedBy(treeOf(patch[direction])))]);
    return [id, { ...treeOf(category), ...Object.fromEntries(sides) }];
  });
  return { ...profile, categories: Object.fromEntries(categories) };
}

function removedBy(side: Tree): ReadonlySet<string> {
  return new Set(Object.entries(treeOf(side["properties"])).filter(([, change]) => change === null).map(([name]) => name));
}

function thinned(side: Tree, removed: ReadonlySet<string>): Tree {
  const { ordered, ...rest } = side;
  if (removed.size === 0 || !Array.isArray(ordered)) return side;
  const left = (ordered as readonly (readonly string[])[]).map((names) => names.filter((name) => !removed.has(name))).filter(({ length }) => length > 1);
  return left.length === 0 ? rest : { ...rest, ordered: left };
}

function treeOf(value: unknown): Tree {
  return typeof value === "object" && value !== null ? (value as Tree) : {};
}
