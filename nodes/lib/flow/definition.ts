import { isObject } from "../json/is-object";

/** A node as a flow file has it, its credentials left out. */
export interface SavedNode {
  readonly id: string;
  readonly type: string;
  readonly name?: string;
  /** The tab or subflow it stands on. */
  readonly z?: string;
  readonly [property: string]: unknown;
}

/** The nodes in a list of saved definitions: what is none is left out, of an id that comes twice the first counts. */
export function readDefinitions(definitions: readonly unknown[]): readonly SavedNode[] {
  const known = new Map<string, SavedNode>();
  for (const definition of definitions) {
    if (!isObject(definition)) continue;
    const { id, type } = definition;
    if (typeof id === "string" && id !== "" && typeof type === "string" && !known.has(id)) known.set(id, definition as SavedNode);
  }
  return [...known.values()];
}

/** A setting as text; empty where it is none. */
export function textOf(node: SavedNode, setting: string): string {
  const value = node[setting];
  return typeof value === "string" ? value.trim() : typeof value === "number" || typeof value === "boolean" ? String(value) : "";
}

/** A setting as a number; `undefined` where it is none, e.g. an environment variable. */
export function numberOf(node: SavedNode, setting: string): number | undefined {
  const text = textOf(node, setting);
  return text !== "" && Number.isFinite(Number(text)) ? Number(text) : undefined;
}

/** A check box; older flows hold it as text. */
export function isOn(node: SavedNode, setting: string): boolean {
  return node[setting] === true || node[setting] === "true";
}

/** The objects of a list setting. */
export function rowsOf(node: SavedNode, setting: string): readonly Readonly<Record<string, unknown>>[] {
  const value = node[setting];
  return Array.isArray(value) ? (value as readonly unknown[]).filter(isObject) : [];
}

/** The texts of a list setting. */
export function textsIn(value: unknown): readonly string[] {
  return Array.isArray(value) ? (value as readonly unknown[]).filter((entry) => typeof entry === "string") : [];
}

/** What people call it. */
export function titleOf(node: SavedNode): string {
  return typeof node.name === "string" && node.name.trim() !== "" ? node.name.trim() : typeof node["label"] === "string" && node["label"] !== "" ? node["label"] : node.id;
}
