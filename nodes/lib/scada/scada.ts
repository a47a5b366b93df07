import { createServer } from "node:net";
import { ResonanceError, toResonanceError } from "../errors/resonance-error";
import { createBackOff } from "../connection/back-off";
import { pause } from "../connection/deadline";
import type { InterfaceRecord } from "../record/interface-record";
import type { ClientFacts } from "./client-facts";
import type { OperatorMessage } from "./operator-message";
import { createModelSpace, type Decision, type JobReport, type ModelSpace } from "./model-space";
import { makeServer, type Server } from "./server";
import type { SetpointMessage } from "./setpoints";
import { checkScadaSettings, type ScadaSettings } from "./settings";
import type { JobOrderMessage } from "./job-order-message";
import { nodesetFiles } from "./nodesets";

export type ScadaState = "starting" | "listening" | "failed" | "closed";

/** What a SCADA server tells the flow. */
export interface ScadaListener {
  state(state: ScadaState, clients: number): void;
  problem(error: ResonanceError): void;
  message(message: OperatorMessage | JobOrderMessage | SetpointMessage): void;
}

/** An OPC UA server that shows records. */
export interface Scada {
  readonly endpointUrl: string;
  state(): ScadaState;
  clients(): number;
  /** Who is connected. */
  sessions(): readonly ClientFacts[];
  /**
   * Shows a record; one that comes before the server runs is shown as soon as it does, the newest of each kind.
   * @throws RESONANCE_SCADA_CATEGORY_UNKNOWN, RESONANCE_SCADA_EQUIPMENT_FULL, RESONANCE_SCADA_MODELS_FULL, RESONANCE_ISA95_EQUIPMENT
   */
  publish(record: InterfaceRecord): void;
  /** Shows what a guard decided about a proposal. */
  decide(decision: Decision): void;
  /** Shows where a job order stands that a client has sent. */
  report(job: JobReport): void;
  /** Ends within 5 s. */
  close(): Promise<void>;
}

/** Records that wait for the server to start. */
const MOST_WAITING = 1_000;
const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 30_000;

/**
 * Starts a server and keeps trying for ever where it cannot start, e.g. while its port is in use.
 * @throws RESONANCE_CONFIG_INVALID when the settings cannot work
 */
export function createScada(settings: ScadaSettings, listener: ScadaListener, firstRetryMs = FIRST_RETRY_MS): Scada {
  checkScadaSettings(settings);
  const ended = new AbortController();
  const waiting = new Map<string, InterfaceRecord>();
  let state: ScadaState = "starting";
  let running: { readonly server: Server; readonly space: ModelSpace } | undefined;

  const enter = (next: ScadaState): void => {
    state = next;
    listener.state(state, running?.server.clients() ?? 0);
  };
  let tried = false;
  const launch = async (): Promise<void> => {
    // Not the first time: a client that comes in that moment would be turned away by a listener that is no server.
    if (tried) await requireFreePort(settings);
    tried = true;
    const server = await makeServer(settings, nodesetFiles(settings), {
      refused: once((error) => { listener.problem(error); }),
      clients() { if (state === "listening") enter("listening"); },
    });
    try {
      const space = createModelSpace(settings, server, (message) => { listener.message(message); });
      await server.opcua.start();
      running = { server, space };
    } catch (thrown) {
      await server.close();
      throw asStartError(thrown, settings);
    }
  };
  const showWaiting = ({ space }: { readonly space: ModelSpace }): void => {
    for (const record of waiting.values()) {
      try {
        space.show(record);
      } catch (thrown) {
        listener.problem(toResonanceError(thrown));
      }
    }
    waiting.clear();
  };
  const run = async (): Promise<void> => {
    const backOff = createBackOff(firstRetryMs, LONGEST_RETRY_MS);
    const stopped = (): boolean => ended.signal.aborted;
    while (!stopped() && !running) {
      try {
        await launch();
      } catch (thrown) {
        if (stopped()) return;
        enter("failed");
        listener.problem(asStartError(thrown, settings));
        await pause(backOff.next(), ended.signal);
      }
    }
    if (!running) return;
    showWaiting(running);
    enter("listening");
  };
  const started = run();
  return {
    endpointUrl: `opc.tcp://${settings.host}:${settings.port}`,
    state: () => state,
    clients: () => running?.server.clients() ?? 0,
    sessions: () => running?.server.sessions() ?? [],
    publish(record) {
      if (running) running.space.show(record);
      else keepWaiting(waiting, record);
    },
    decide(decision) { running?.space.note(decision); },
    report(job) { running?.space.report(job); },
    async close() {
      ended.abort();
      await started;
      running?.space.close();
      await running?.server.close();
      running = undefined;
      enter("closed");
    },
  };
}

/** The newest record of each kind. */
function keepWaiting(waiting: Map<string, InterfaceRecord>, record: InterfaceRecord): void {
  const key = [record.equipment, record.category, record.direction, record.direction === "output" ? record.model.id : ""].join("|");
  waiting.delete(key);
  waiting.set(key, record);
  const [oldest] = waiting.keys();
  if (waiting.size > MOST_WAITING && oldest !== undefined) waiting.delete(oldest);
}

/** Asked before the address space is built again and again, which takes a second of this process's time. */
function requireFreePort({ port, host }: ScadaSettings): Promise<void> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen({ port, host, exclusive: true }, () => { probe.close(() => { resolve(); }); });
  });
}

function asStartError(thrown: unknown, { port, host }: ScadaSettings): ResonanceError {
  if (thrown instanceof ResonanceError) return thrown;
  const { code, message } = thrown as NodeJS.ErrnoException;
  if (code === "EADDRINUSE" || /EADDRINUSE/.test(message)) return new ResonanceError("RESONANCE_SCADA_PORT_IN_USE", { port, host }, { cause: thrown });
  if (code === "EADDRNOTAVAIL" || code === "EACCES" || code === "ENOTFOUND") {
    return new ResonanceError("RESONANCE_SCADA_ADDRESS_UNUSABLE", { port, host, detail: code }, { cause: thrown });
  }
  return new ResonanceError("RESONANCE_SCADA_FAILED", { detail: message.split("\n")[0] ?? "" }, { cause: thrown });
}

/** Each client certificate is told once: a client that is refused tries again and again. */
function once(tell: (error: ResonanceError) => void): (error: ResonanceError) => void {
  const told = new Set<unknown>();
  return (error) => {
    const about = error.params["sha256"] ?? error.code;
    if (told.has(about)) return;
    if (told.size > 1_000) told.clear();
    told.add(about);
    tell(error);
  };
}
