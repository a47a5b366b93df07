import { ResonanceError } from "../errors/resonance-error";
import type { Scalar, Tree } from "./document";
import type { ElementSpec, TypeSpec } from "./structure";
import { literal } from "./text";
import { trailPath, type Trail } from "./trail";

/**
 * The elements that stand in `node`, in the order of the schema.
 * @throws RESONANCE_ISA95_ELEMENT_UNKNOWN, RESONANCE_ISA95_ELEMENT_MISSING, RESONANCE_ISA95_ELEMENT_REPEATED with the path.
 */
export function orderedElements(type: TypeSpec, node: Tree, trail: Trail): readonly ElementSpec[] {
  const present: ElementSpec[] = [];
  let sorted = true;
  let required = 0;
  let last = -1;
  for (const name of Object.keys(node)) {
    const value = node[name];
    if (value === undefined) continue;
    const element = type.elements.get(name);
    if (!element) {
      if (isOwnText(type, name)) continue;
      throw new ResonanceError("RESONANCE_ISA95_ELEMENT_UNKNOWN", { element: name, type: type.name }, { path: trailPath(trail, name) });
    }
    if (Array.isArray(value)) {
      if (value.length === 0) continue;
      if (!element.many) throw new ResonanceError("RESONANCE_ISA95_ELEMENT_REPEATED", { element: name }, { path: trailPath(trail, name) });
    }
    if (element.order < last) sorted = false;
    last = element.order;
    if (element.required) required++;
    present.push(element);
  }
  if (!sorted) present.sort((a, b) => a.order - b.order);
  if (required !== type.requiredElements) failMissing(type, present, trail);
  if (type.choices.length > 0) checkChoices(type, present, trail);
  return present;
}

/** Attributes have their own check; text stands beside them. */
function isOwnText(type: TypeSpec, name: string): boolean {
  return name === "$" ? type.text !== undefined : type.attributes.size > 0 && name.startsWith("@");
}

const NONE: readonly (readonly [string, string])[] = [];

/**
 * The attributes that stand in `node`, as name and text.
 * @throws RESONANCE_ISA95_ELEMENT_UNKNOWN, RESONANCE_ISA95_ELEMENT_MISSING, RESONANCE_ISA95_VALUE_INVALID with the path.
 */
export function presentAttributes(type: TypeSpec, node: Tree, trail: Trail): readonly (readonly [name: string, text: string])[] {
  if (type.attributes.size === 0) return NONE;
  let present: [string, string][] | undefined;
  for (const key of Object.keys(node)) {
    const value = node[key];
    if (!key.startsWith("@") || value === undefined) continue;
    const spec = type.attributes.get(key.slice(1));
    if (!spec) throw new ResonanceError("RESONANCE_ISA95_ELEMENT_UNKNOWN", { element: key, type: type.name }, { path: trailPath(trail, key) });
    (present ??= []).push([spec.name, literal(spec.text, value as Scalar, trail, key)]);
  }
  for (const name of type.requiredAttributes) {
    if (node[`@${name}`] === undefined) throw new ResonanceError("RESONANCE_ISA95_ELEMENT_MISSING", { element: `@${name}` }, { path: trailPath(trail, `@${name}`) });
  }
  return present ?? NONE;
}

function failMissing(type: TypeSpec, present: readonly ElementSpec[], trail: Trail): never {
  const missing = [...type.elements.values()].find((element) => element.required && !present.includes(element));
  const element = missing?.name ?? "";
  throw new ResonanceError("RESONANCE_ISA95_ELEMENT_MISSING", { element }, { path: trailPath(trail, element) });
}

function checkChoices(type: TypeSpec, present: readonly ElementSpec[], trail: Trail): void {
  for (const { names, required } of type.choices) {
    const chosen = present.filter((element) => names.includes(element.name));
    const [first = "", second] = chosen.map((element) => element.name);
    if (second !== undefined) throw new ResonanceError("RESONANCE_ISA95_ELEMENT_REPEATED", { element: `${first} | ${second}` }, { path: trailPath(trail, second) });
    if (required && chosen.length === 0) {
      throw new ResonanceError("RESONANCE_ISA95_ELEMENT_MISSING", { element: names.join(" | ") }, { path: trailPath(trail, names[0]) });
    }
  }
}
