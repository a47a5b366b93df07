import type { Node, NodeAPI, NodeCredentials, NodeDef, NodeMessage } from "node-red";
import { ResonanceError, toResonanceError, type Language } from "../errors/resonance-error";
import { resolveEnvironment } from "./environment";
import { whenFlowsStarted } from "./flows-started";
import { runtimeLanguage } from "./language";
import { createLookup, type Lookup } from "./lookup";
import { migrate, type Migration } from "./migrate";
import { createStatusLine, type NodeStatusLine, type Translate } from "./status";

/** What a node may send: one message, one entry a port (an entry may be a list), or nothing. */
export type Outgoing = NodeMessage | readonly (NodeMessage | readonly NodeMessage[] | null)[] | null | undefined;

/** What a node's code gets from the runtime. */
export interface NodeKit<D> {
  readonly RED: NodeAPI;
  readonly node: Node;
  /** The saved definition, brought to the current version and with `${NAME}` resolved. */
  readonly def: D;
  readonly credentials: Readonly<Record<string, string | undefined>>;
  readonly language: Language;
  readonly text: Translate;
  readonly status: NodeStatusLine;
  readonly lookup: Lookup;
  /** Sends what no incoming message caused (a subscription, a timer). */
  send(out: Outgoing): void;
  /** Reports a failure outside `input`: status, log, and Catch nodes with `msg.resonance.error`; `about` is the message it is about, where there is one. */
  fail(thrown: unknown, about?: NodeMessage): void;
}

/** What a node does; each part is optional. */
export interface NodeBehaviour {
  /** Handles a message and gives what to send; a throw or rejection becomes `done(error)`. `send` is for more than one answer. */
  input?(msg: NodeMessage, send: (out: Outgoing) => void): Outgoing | Promise<Outgoing> | void | Promise<void>;
  /** Frees what the node holds; must end well within 15 s. */
  close?(removed: boolean): void | Promise<void>;
}

/** Options of a node's registration. */
export interface NodeOptions {
  readonly credentials?: NodeCredentials<Record<string, unknown>>;
  /** Steps from each saved version to the next; see `migrate`. */
  readonly migrations?: readonly Migration[];
}

/**
 * Registers a node type. The only place that knows `send`, `done`, `close`, errors and status:
 * `create` runs at deploy and may throw, then the node shows why and every message fails with the same error;
 * `done` is called exactly once a message.
 */
export function defineNode<D extends NodeDef>(
  RED: NodeAPI,
  type: string,
  create: (kit: NodeKit<D>) => NodeBehaviour,
  options: NodeOptions = {},
): void {
  const language = runtimeLanguage(RED);
  function construct(this: Node, saved: D): void {
    RED.nodes.createNode(this, saved);
    const status = createStatusLine(this, RED._.bind(RED), language);
    let behaviour: NodeBehaviour;
    try {
      behaviour = create(createKit(RED, this, prepareDef(RED, this, saved, options), status, language));
    } catch (thrown) {
      const error = toResonanceError(thrown);
      status.error(error);
      // Catch nodes hear nothing before the whole flow runs.
      whenFlowsStarted(RED, () => { report(this, status, language, error); });
      behaviour = { input() { throw error; } };
    }
    wire(this, behaviour, status, language);
  }
  RED.nodes.registerType(type, construct, options.credentials ? { credentials: options.credentials } : {});
}

/** The definition as a node's code wants it: current version, environment variables resolved. */
export function prepareDef<D extends NodeDef>(RED: NodeAPI, node: Node, saved: D, options: NodeOptions): D {
  return resolveEnvironment(RED, node, migrate(saved as D & { version?: number }, options.migrations ?? []));
}

/** A node's credentials; the runtime leaves them out where none was ever saved, whatever its types say. */
export function credentialsOf(node: Node): Readonly<Record<string, string | undefined>> {
  const saved: unknown = node.credentials;
  return (saved ?? {}) as Record<string, string | undefined>;
}

function createKit<D extends NodeDef>(
  RED: NodeAPI, node: Node, def: D, status: NodeStatusLine, language: Language,
): NodeKit<D> {
  return {
    RED, node, def, status, language,
    credentials: credentialsOf(node),
    text: RED._.bind(RED),
    lookup: createLookup(RED, language),
    send(out) { if (out) node.send(out as NodeMessage); },
    fail(thrown, about) { report(node, status, language, thrown, about); },
  };
}

function wire(node: Node, behaviour: NodeBehaviour, status: NodeStatusLine, language: Language): void {
  if (behaviour.input) {
    const input = behaviour.input.bind(behaviour);
    node.on("input", (msg, nodeSend, done) => {
      const send = (out: Outgoing): void => { if (out) nodeSend(out as NodeMessage); };
      const failWith = (thrown: unknown): void => {
        const error = toResonanceError(thrown).localize(language);
        status.error(error);
        attach(msg, error, language);
        done(error);
      };
      const succeed = (out: Outgoing | void): void => {
        try {
          if (out) send(out);
        } catch (thrown) {
          failWith(thrown);
          return;
        }
        status.recovered();
        done();
      };
      let result: ReturnType<typeof input>;
      try {
        result = input(msg, send);
      } catch (thrown) {
        failWith(thrown);
        return;
      }
      if (result instanceof Promise) (result as Promise<Outgoing | void>).then(succeed, failWith);
      else succeed(result);
    });
  }
  node.on("close", (removed: boolean, done: () => void) => {
    status.close();
    Promise.resolve()
      .then(() => behaviour.close?.(removed))
      .catch((thrown: unknown) => { node.warn(toResonanceError(thrown).localize(language).message); })
      .finally(done);
  });
}

function report(node: Node, status: NodeStatusLine, language: Language, thrown: unknown, msg: NodeMessage = {}): ResonanceError {
  const error = toResonanceError(thrown).localize(language);
  status.error(error);
  attach(msg, error, language);
  node.error(error, msg);
  return error;
}

/** A Catch node gets the message itself; code, path and hint travel with it. */
function attach(msg: NodeMessage, error: ResonanceError, language: Language): void {
  const known = (msg["resonance"] ?? {}) as Record<string, unknown>;
  msg["resonance"] = {
    ...known,
    error: { code: error.code, path: error.path, message: error.message, hint: error.hint(language) },
  };
}
