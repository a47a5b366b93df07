import { readAddress } from "./address";
import type { SavedNode } from "./definition";
import type { FlowGraph } from "./graph";
import type { LiveFacts } from "./live-facts";
import type { Component, Fact, FactName, Interface } from "./structure";

/** What a reader of a node type may ask. */
export interface ReadContext {
  readonly graph: FlowGraph;
  readonly live: LiveFacts;
}

/** An interface before its data are known. */
export type FoundInterface = Omit<Interface, "categories">;

/** What a node says about the structure. */
export interface Reading {
  readonly components?: readonly Component[];
  readonly interfaces?: readonly FoundInterface[];
}

/** Reads one active node of a type. */
export type Reader = (node: SavedNode, context: ReadContext) => Reading;

/** Of Node-RED's own side. */
export const NODE_RED = "node-red";

/** A fact with the setting it is read from. */
export function fact(name: FactName, value: Fact["value"], node: SavedNode | string, setting: string, shown: string | number | boolean): Fact {
  const text = typeof shown === "string" ? shown : String(shown);
  // An address may hold a password or a token.
  const safe = text.includes("://") || text.includes("@") ? readAddress(text).text : text;
  return { name, value, evidence: { node: typeof node === "string" ? node : node.id, setting, value: safe === "" ? "–" : safe } };
}

/** Whether a credential is set; `undefined` where only the definitions are known. */
export function secretIsSet({ live }: ReadContext, node: SavedNode, ...names: readonly string[]): boolean | undefined {
  return live.secrets && names.some((name) => live.secrets?.[node.id]?.includes(name) === true);
}

/** The settings in which a setting of several nodes' is judged together: true where all say so, with the first that does not as evidence. */
export function forAll(name: FactName, nodes: readonly SavedNode[], setting: string, judge: (node: SavedNode) => boolean, shown: (node: SavedNode) => string): readonly Fact[] {
  const [first] = nodes;
  if (!first) return [];
  const failing = nodes.find((node) => !judge(node));
  return [fact(name, failing === undefined, failing ?? first, setting, shown(failing ?? first))];
}
