import { settled } from "../connection/deadline";
import { ResonanceError, toResonanceError, type ErrorCode } from "../errors/resonance-error";
import type { Outbox, OutboxEntry } from "../outbox/outbox";
import type { MqttConnection } from "./connection";
import { expiredError, isOver } from "./expiry";
import { entryOf, publicationOf } from "./kept-publication";
import type { Publication } from "./message";

/** What became of a message: acknowledged by the broker (QoS 0: written), or on the disk until it can be. */
export type Sent = "sent" | "kept";

export interface OutgoingCounts {
  /** On the disk for a broker that is not there. */
  readonly waiting: number;
  /** Dropped for newer ones, or too old. */
  readonly dropped: number;
  /** Not sent since their validity had ended. */
  readonly expired: number;
  /** Refused by the broker after they had waited; they are kept as dead letters. */
  readonly dead: number;
}

/** The way to the broker that all publishing nodes of a connection share. */
export interface Outgoing {
  /**
   * Sends in the order of the calls, also past a lost connection; the messages of a topic keep their order.
   * @throws what `MqttConnection.publish` throws; RESONANCE_OUTBOX_…; RESONANCE_MQTT_QUEUE_FULL, RESONANCE_MQTT_EXPIRED, RESONANCE_MQTT_CLOSED
   */
  send(publication: Publication): Promise<Sent>;
  counts(): OutgoingCounts;
  /** Hears that the counts may have changed, and what went wrong with messages that had waited. */
  onChange(listener: (problem?: ResonanceError) => void): () => void;
  /** Waits a moment for what is under way; before the connection is closed. */
  finish(): Promise<void>;
  /** Puts the rest on the disk; after the connection was closed. */
  close(): Promise<void>;
}

export interface OutgoingOptions {
  /** Messages in memory on their way at once. */
  readonly limit: number;
  /** Opens where messages with QoS 1 and 2 wait while the broker is not there; without it they fail then. */
  readonly openOutbox?: (() => Promise<Outbox>) | undefined;
  /** Milliseconds `finish` waits. */
  readonly goodbye?: number;
}

interface Waiting {
  readonly order: number;
  readonly publication: Publication;
  readonly resolve: (sent: Sent) => void;
  readonly reject: (error: ResonanceError) => void;
}

/** After these a message is as good as before; what else goes wrong is about the message itself. */
const NOT_ITS_FAULT: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "RESONANCE_MQTT_NOT_CONNECTED", "RESONANCE_MQTT_CONNECTION_LOST", "RESONANCE_MQTT_TIMEOUT", "RESONANCE_MQTT_TAKEN_OVER", "RESONANCE_MQTT_BROKER_BUSY",
  "RESONANCE_MQTT_UNREACHABLE", "RESONANCE_MQTT_NOT_A_BROKER", "RESONANCE_MQTT_CLIENT_REJECTED", "RESONANCE_MQTT_IDENTITY_REJECTED",
]);
/** Entries of the disk under way at once, each of another topic. */
const MOST_AT_ONCE = 100;
const GOODBYE_MS = 1_000;

/** Sends straight to the broker while it is there and nothing waits; else by way of the disk. */
export function createOutgoing(connection: MqttConnection, { limit, openOutbox, goodbye = GOODBYE_MS }: OutgoingOptions): Outgoing {
  const listeners = new Set<(problem?: ResonanceError) => void>();
  const direct = new Set<Promise<unknown>>();
  let staged: Waiting[] = [];
  let staging = false;
  let putting = 0;
  let underWay = 0;
  let order = 0;
  let expired = 0;
  let closed = false;
  let outbox: Outbox | undefined;
  let unusable: ResonanceError | undefined;
  let release: (() => void) | undefined;

  /** A problem of the shared way is told once, by the first node. */
  const changed = (problem?: ResonanceError): void => { [...listeners].forEach((listener, index) => { listener(index === 0 ? problem : undefined); }); };
  const connected = (): boolean => connection.version() !== undefined;

  const opening = openOutbox?.().then((opened) => {
    outbox = opened;
    opened.onChange(() => { pump(); changed(); });
    pump();
    changed();
    // A torn end is what a killed process leaves of a message that was never confirmed.
    for (const { tail, file, bytes, frames, keptAside = "-" } of opened.damage) if (!tail) changed(new ResonanceError("RESONANCE_OUTBOX_DAMAGED", { file, bytes, frames, keptAside }));
  }, (thrown: unknown) => {
    unusable = toResonanceError(thrown);
    changed(unusable);
  });
  const ignoreState = connection.onState(({ state }) => { if (state === "connected") pump(); });

  /** Where the disk is used, everything that could overtake something on it goes there too. */
  const mustKeep = ({ qos }: Publication): boolean =>
    qos > 0 && openOutbox !== undefined && unusable === undefined && (!outbox || !connected() || staged.length > 0 || putting > 0 || outbox.counts().waiting > 0);

  const stage = (waiting: Waiting): void => {
    staged.push(waiting);
    if (staging) return;
    staging = true;
    // A lost connection fails many messages in one turn, not in their order.
    setImmediate(() => { void keepStaged(); });
  };
  const keepStaged = async (): Promise<void> => {
    await opening;
    const batch = staged.sort((one, other) => one.order - other.order);
    staged = [];
    staging = false;
    for (const { publication, resolve, reject } of batch) {
      if (!outbox) { reject(unusable ?? new ResonanceError("RESONANCE_MQTT_CLOSED")); continue; }
      putting += 1;
      outbox.put(entryOf(publication)).then(() => { resolve("kept"); }, (thrown: unknown) => { reject(toResonanceError(thrown)); })
        .finally(() => { putting -= 1; changed(); });
    }
  };

  const pump = (): void => {
    const waiting = outbox?.counts().waiting ?? 0;
    if (waiting > 0 && !closed) release ??= connection.hold();
    else if (release) { release(); release = undefined; }
    while (outbox && connected() && !closed && underWay < MOST_AT_ONCE) {
      const entry = outbox.next();
      if (!entry) return;
      underWay += 1;
      void deliver(outbox, entry).finally(() => {
        underWay -= 1;
        pump();
      });
    }
  };
  const deliver = async (from: Outbox, entry: OutboxEntry): Promise<void> => {
    try {
      const publication = publicationOf(entry);
      if (isOver(publication)) expired += 1;
      else await connection.publish(publication);
    } catch (thrown) {
      const error = toResonanceError(thrown);
      if (NOT_ITS_FAULT.has(error.code)) { from.retryLater(entry.sequence, 0); return; }
      if (error.code === "RESONANCE_MQTT_EXPIRED") expired += 1;
      else {
        await from.deadLetter(entry.sequence, error.code).catch((failed: unknown) => { changed(toResonanceError(failed)); });
        changed(error);
        return;
      }
    }
    from.done(entry.sequence).catch((failed: unknown) => { changed(toResonanceError(failed)); });
  };

  const straight = (waiting: Waiting): void => {
    const { publication, resolve, reject } = waiting;
    const work: Promise<void> = connection.publish(publication).then(() => { resolve("sent"); }, (thrown: unknown) => {
      const error = toResonanceError(thrown);
      if (publication.qos > 0 && openOutbox && NOT_ITS_FAULT.has(error.code)) stage(waiting);
      else reject(error);
    }).finally(() => direct.delete(work));
    direct.add(work);
  };

  return {
    send: (publication) => new Promise((resolve, reject) => {
      if (closed) throw new ResonanceError("RESONANCE_MQTT_CLOSED");
      if (isOver(publication)) {
        expired += 1;
        changed();
        throw expiredError(publication);
      }
      const waiting: Waiting = { order: ++order, publication, resolve, reject };
      if (mustKeep(publication)) stage(waiting);
      else if (direct.size >= limit) throw new ResonanceError("RESONANCE_MQTT_QUEUE_FULL", { limit });
      else straight(waiting);
    }),
    counts() {
      const kept = outbox?.counts();
      return { waiting: kept?.waiting ?? 0, dropped: (kept?.dropped ?? 0) + (kept?.expired ?? 0), expired, dead: kept?.dead ?? 0 };
    },
    onChange(listener) {
      listeners.add(listener);
      return () => { listeners.delete(listener); };
    },
    async finish() {
      closed = true;
      await settled(Promise.all(direct), goodbye);
    },
    async close() {
      closed = true;
      ignoreState();
      await opening;
      await Promise.all(direct);
      await keepStaged();
      await outbox?.close();
      for (const { reject } of staged.splice(0)) reject(new ResonanceError("RESONANCE_MQTT_CLOSED"));
      listeners.clear();
    },
  };
}
