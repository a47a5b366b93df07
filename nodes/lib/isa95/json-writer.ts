import { ResonanceError } from "../errors/resonance-error";
import { isTree, type B2mmlDocument, type Scalar, type Tree } from "./document";
import { orderedElements, presentAttributes } from "./element-order";
import { CURRENT, type ElementSpec, type Structure, type TypeSpec } from "./structure";
import { literal } from "./text";
import { trailPath, type Trail } from "./trail";

/** JSON values of a B2MML document in JSON form. */
export type Json = string | number | boolean | null | { [name: string]: Json } | Json[];

/** How JSON carries text: as a value, or as the `$` of an object, as it does beside attributes in either form. */
export type JsonForm = "plain" | "object";

/**
 * A document as B2MML JSON: `{"<VerbNoun>": {…}}`, attributes as `@name`, text beside attributes as `$`, an array
 * wherever the schema allows more than one.
 * @throws the errors of `writeXml`: both forms are checked against the same structure.
 */
export function writeJson({ message, content }: B2mmlDocument, form: JsonForm = "plain", structure: Structure = CURRENT): { [message: string]: Json } {
  const type = structure.messageType(message);
  if (!type) throw new ResonanceError("RESONANCE_ISA95_MESSAGE_UNKNOWN", { message });
  const plain = element(type, content, [message]);
  return { [message]: form === "plain" ? plain : asObjects(plain) };
}

/** Every text as an object with `$`; attributes and what is nil stand as they are. */
function asObjects(json: Json): Json {
  if (json === null) return null;
  if (Array.isArray(json)) return json.map(asObjects);
  if (typeof json !== "object") return { $: json };
  return Object.fromEntries(Object.entries(json).map(([name, value]) => [name, name === "$" || name.startsWith("@") ? value : asObjects(value)]));
}

function element(type: TypeSpec, node: Scalar | Tree, trail: Trail): Json {
  if (!isTree(node)) return type.text ? leaf(type, node, trail) : failText(node, trail);
  const result: Record<string, Json> = {};
  for (const [name, text] of presentAttributes(type, node, trail)) result[`@${name}`] = text;
  const children = orderedElements(type, node, trail);
  if (type.text) {
    const text = node["$"] as Scalar | undefined;
    if (Object.keys(result).length === 0) return leaf(type, text ?? "", trail);
    if (text !== undefined) result["$"] = leaf(type, text, trail);
    else literal(type.text, "", trail);
    return result;
  }
  for (const child of children) result[child.name] = childJson(child, node[child.name], trail);
  return result;
}

function childJson(spec: ElementSpec, value: Tree[string], trail: Trail): Json {
  trail.push(spec.name);
  let json: Json;
  if (spec.many) {
    const items = (Array.isArray(value) ? value : [value]) as readonly (Scalar | Tree | null)[];
    json = items.map((item, index) => {
      trail.push(index);
      const written = one(spec, item, trail);
      trail.pop();
      return written;
    });
  } else {
    json = one(spec, value as Scalar | Tree | null, trail);
  }
  trail.pop();
  return json;
}

function one(spec: ElementSpec, value: Scalar | Tree | null, trail: Trail): Json {
  if (value !== null) return element(spec.type, value, trail);
  return spec.nillable ? null : failText(value, trail);
}

/** The official JSON schema wants a number for a decimal and text for everything else, numbers in ValueString too. */
function leaf(type: TypeSpec, value: Scalar, trail: Trail): string | number | boolean {
  const base = type.text?.base ?? "string";
  const text = literal(type.text ?? { base }, value, trail);
  if (base === "decimal") return Number(text);
  return base === "boolean" ? text === "true" || text === "1" : text;
}

function failText(value: unknown, trail: Trail): never {
  throw new ResonanceError("RESONANCE_ISA95_VALUE_INVALID", { value: String(value), expected: "elements" }, { path: trailPath(trail) });
}
