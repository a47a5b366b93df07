import type { Node, NodeAPI } from "node-red";
import { ResonanceError, type Language } from "../errors/resonance-error";

/** What a configuration node of the pack keeps on itself: its value, or why it has none. */
export interface ConfigHolder<T> extends Node {
  resonance?: { readonly value: T } | { readonly error: ResonanceError };
}

/** Finds what configuration nodes offer. */
export interface Lookup {
  /**
   * The value of the configuration node `id` of type `type`.
   * @throws RESONANCE_CONFIG_MISSING when none is chosen, RESONANCE_CONFIG_FAILED when it could not start.
   */
  config<T>(id: string | undefined, type: string): T;
  /** As `config`, but `undefined` when none is chosen. */
  optional<T>(id: string | undefined, type: string): T | undefined;
  /** Whether there is a configuration node `id` of the type, started or not. */
  has(id: string, type: string): boolean;
  /** The values of all running configuration nodes of a type; one that could not start has none. */
  all<T>(type: string): readonly T[];
}

/** A look-up over the nodes of the running flows. */
export function createLookup(RED: NodeAPI, language: Language): Lookup {
  const find = <T>(id: string | undefined, type: string): ConfigHolder<T> | undefined => {
    const node = id ? (RED.nodes.getNode(id) as ConfigHolder<T> | null) : null;
    return node?.type === type ? node : undefined;
  };
  const config = <T>(id: string | undefined, type: string): T => {
    const node = find<T>(id, type);
    if (!node?.resonance) throw new ResonanceError("RESONANCE_CONFIG_MISSING", { type });
    if ("error" in node.resonance) {
      const { error } = node.resonance;
      throw new ResonanceError("RESONANCE_CONFIG_FAILED", { name: node.name ?? node.id, detail: error.localize(language).message }, { cause: error });
    }
    return node.resonance.value;
  };
  const all = <T>(type: string): readonly T[] => {
    const values: T[] = [];
    RED.nodes.eachNode((def) => {
      const holder = def.type === type ? find<T>(def.id, type)?.resonance : undefined;
      if (holder && "value" in holder) values.push(holder.value);
    });
    return values;
  };
  return { config, optional: (id, type) => (id ? config(id, type) : undefined), has: (id, type) => find(id, type) !== undefined, all };
}
