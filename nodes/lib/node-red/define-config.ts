import type { Node, NodeAPI, NodeDef } from "node-red";
import { toResonanceError, type Language } from "../errors/resonance-error";
import { credentialsOf, prepareDef, type NodeOptions } from "./define-node";
import { runtimeLanguage } from "./language";
import { createLookup, type ConfigHolder, type Lookup } from "./lookup";

/** What a configuration node's code gets from the runtime. */
export interface ConfigKit<D> {
  readonly RED: NodeAPI;
  readonly node: Node;
  readonly def: D;
  readonly credentials: Readonly<Record<string, string | undefined>>;
  readonly language: Language;
  readonly lookup: Lookup;
}

/** What a configuration node offers to the nodes that use it (through `lookup.config`). */
export interface ConfigOffer<T> {
  readonly value: T;
  close?(): void | Promise<void>;
}

/**
 * Registers a configuration node type. A throw in `create` is logged on the node;
 * the nodes that use it then report RESONANCE_CONFIG_FAILED with its text.
 */
export function defineConfig<D extends NodeDef, T>(
  RED: NodeAPI,
  type: string,
  create: (kit: ConfigKit<D>) => ConfigOffer<T>,
  options: NodeOptions = {},
): void {
  const language = runtimeLanguage(RED);
  function construct(this: ConfigHolder<T>, saved: D): void {
    RED.nodes.createNode(this, saved);
    let offer: ConfigOffer<T> | undefined;
    try {
      offer = create({
        RED, node: this, language,
        def: prepareDef(RED, this, saved, options),
        credentials: credentialsOf(this),
        lookup: createLookup(RED, language),
      });
      this.resonance = { value: offer.value };
    } catch (thrown) {
      const error = toResonanceError(thrown).localize(language);
      this.resonance = { error };
      this.error(error.message);
    }
    this.on("close", (_removed: boolean, done: () => void) => {
      Promise.resolve()
        .then(() => offer?.close?.())
        .catch((thrown: unknown) => { this.warn(toResonanceError(thrown).localize(language).message); })
        .finally(done);
    });
  }
  RED.nodes.registerType(type, construct, options.credentials ? { credentials: options.credentials } : {});
}
