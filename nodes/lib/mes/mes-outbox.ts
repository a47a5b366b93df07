import { settled } from "../connection/deadline";
import { ResonanceError, textOf, toResonanceError } from "../errors/resonance-error";
import type { Outbox, OutboxCounts, OutboxEntry } from "../outbox/outbox";
import { DEFAULT_BACK_OFF, waitBefore, type BackOff } from "./back-off";
import type { Delivery } from "./delivery";
import type { MesExchange } from "./exchange";
import type { Outcome } from "./judge";
import { entryOf, parcelOf, type Parcel } from "./parcel";
import { createRest } from "./rest";

/** What became of a parcel: the MES took it, or it was given up and lies among the dead letters. */
export type Result = { readonly parcel: Parcel } & (
  | { readonly kind: "delivered"; readonly delivery: Delivery }
  | { readonly kind: "dead"; readonly error: ResonanceError; readonly sequence: number }
);

export interface MesOutboxOptions {
  readonly exchange: MesExchange;
  readonly open: () => Promise<Outbox>;
  /** Documents under way at once, each of another lane. */
  readonly lanesAtOnce: number;
  /** Further attempts after the first before a document is given up; Infinity: for ever. */
  readonly retries: number;
  readonly backOff?: BackOff;
  /** Milliseconds closing waits for answers. */
  readonly goodbye?: number;
  /** Hears of a problem of the outbox that nobody else listens to. */
  readonly report: (problem: ResonanceError) => void;
}

export interface MesOutboxStatus {
  readonly state: "idle" | "sending" | "retrying";
  /** Why it tries again, or what is wrong with the disk. */
  readonly problem: ResonanceError | undefined;
  /** `undefined` until the outbox is open. */
  readonly counts: OutboxCounts | undefined;
}

/** The way to a MES by way of the disk. */
export interface MesOutbox {
  /** Resolves when the document is on the disk. @throws RESONANCE_OUTBOX_… */
  send(parcel: Parcel): Promise<void>;
  /** Begins to deliver, with what an earlier run left. */
  start(): void;
  /** Brings the results for `owner`; gives what ends it. */
  onResult(owner: string, listener: (result: Result) => void): () => void;
  /** Hears that the status may have changed, and of problems of the outbox itself: damage that was repaired, a folder that cannot be used. */
  onChange(listener: (problem?: ResonanceError) => void): () => void;
  status(): MesOutboxStatus;
  /** The outbox itself, for dead letters. @throws RESONANCE_OUTBOX_… */
  outbox(): Promise<Pick<Outbox, "counts" | "deadLetters" | "replay" | "purge" | "trouble">>;
  /** Lets go of the network and the folder; what has no answer yet is sent again at the next start. */
  close(): Promise<void>;
}

const GOODBYE_MS = 1_000;
const OPEN_AGAIN_MS = 5_000;

/**
 * Delivers what lies in an outbox at least once: in order within a lane, lanes side by side. A document the MES refuses or
 * whose answer cannot be understood becomes a dead letter; anything that may be better later is tried again, and while the
 * MES itself is the trouble (not there, no access, a wrong address) one document at a time finds out whether it still is.
 */
export function createMesOutbox(options: MesOutboxOptions): MesOutbox {
  const { exchange, open, lanesAtOnce, retries, backOff = DEFAULT_BACK_OFF, goodbye = GOODBYE_MS, report } = options;
  const owners = new Map<string, (result: Result) => void>();
  const listeners = new Set<(problem?: ResonanceError) => void>();
  const underWay = new Set<Promise<void>>();
  let outbox: Outbox | undefined;
  let opening: Promise<Outbox> | undefined;
  let again: NodeJS.Timeout | undefined;
  let unusable: ResonanceError | undefined;
  let lastFailure: ResonanceError | undefined;
  let started = false;
  let closing = false;
  const rest = createRest(backOff, () => { pump(); });

  /** A problem is told once, by the first who listens. */
  const changed = (problem?: ResonanceError): void => {
    if (problem && listeners.size === 0) report(problem);
    [...listeners].forEach((listener, index) => { listener(index === 0 ? problem : undefined); });
  };
  const opened = (made: Outbox): Outbox => {
    outbox = made;
    unusable = undefined;
    made.onChange(() => { pump(); changed(); });
    // A torn end is what a killed process leaves of a document that was never confirmed.
    for (const { tail, file, bytes, frames, keptAside = "-" } of made.damage) if (!tail) changed(new ResonanceError("RESONANCE_OUTBOX_DAMAGED", { file, bytes, frames, keptAside }));
    pump();
    return made;
  };
  const failedToOpen = (thrown: unknown): never => {
    opening = undefined;
    const error = toResonanceError(thrown);
    const news = unusable?.code !== error.code;
    unusable = error;
    if (!closing) {
      clearTimeout(again);
      again = setTimeout(() => { ready().catch(() => undefined); }, OPEN_AGAIN_MS);
    }
    changed(news ? error : undefined);
    throw error;
  };
  const ready = (): Promise<Outbox> => {
    if (closing) return Promise.reject(new ResonanceError("RESONANCE_MES_CLOSED"));
    opening ??= open().then(opened, failedToOpen);
    return opening;
  };

  function pump(): void {
    while (outbox && started && !closing && underWay.size < rest.allowed(lanesAtOnce)) {
      const entry = nextOf(outbox);
      if (!entry) return;
      const work = deliver(outbox, entry).catch((thrown: unknown) => { changed(toResonanceError(thrown)); }).finally(() => {
        underWay.delete(work);
        pump();
        changed();
      });
      underWay.add(work);
      changed();
    }
  }
  const nextOf = (from: Outbox): OutboxEntry | undefined => {
    const fresh = from.next(rest.failed);
    if (fresh || rest.failed.size === 0) return fresh;
    rest.nextRound();
    return from.next();
  };
  const deliver = async (from: Outbox, entry: OutboxEntry): Promise<void> => {
    const parcel = parcelOf(entry);
    const outcome = await exchange.attempt(parcel.envelope, entry.key);
    if (closing && isClosed(outcome)) return;
    const wait = rest.heed(outcome, entry.lane) ?? waitBefore(backOff, entry.attempts + 1, outcome.kind === "again" ? outcome.afterMs : undefined);
    if (outcome.kind === "taken") {
      lastFailure = undefined;
      const durationMs = Math.max(0, Date.now() - Date.parse(entry.queuedAt));
      const marked = from.done(entry.sequence);
      owners.get(parcel.owner)?.({ kind: "delivered", parcel, delivery: { ...outcome.delivery, attempts: entry.attempts + 1, durationMs } });
      // A failing disk shows in the status; the mark is written when there is room.
      marked.catch(() => undefined);
    } else if (isFinal(outcome) || entry.attempts >= retries) {
      const { error } = outcome;
      const marked = from.deadLetter(entry.sequence, `${error.code}: ${textOf(error.code, error.params, "en-US").text}`);
      owners.get(parcel.owner)?.({ kind: "dead", parcel, error, sequence: entry.sequence });
      marked.catch(() => undefined);
    } else {
      lastFailure = outcome.error;
      from.retryLater(entry.sequence, wait);
    }
  };

  return {
    async send(parcel) {
      await (await ready()).put(entryOf(parcel));
    },
    start() {
      started = true;
      ready().then(pump, () => undefined);
    },
    onResult(owner, listener) {
      owners.set(owner, listener);
      return () => { if (owners.get(owner) === listener) owners.delete(owner); };
    },
    onChange(listener) {
      listeners.add(listener);
      return () => { listeners.delete(listener); };
    },
    status() {
      const counts = outbox?.counts();
      const waiting = counts?.waiting ?? 0;
      const failure = waiting > 0 ? lastFailure : undefined;
      return { state: failure ? "retrying" : waiting > 0 ? "sending" : "idle", problem: unusable ?? outbox?.trouble() ?? failure, counts };
    },
    outbox: ready,
    async close() {
      closing = true;
      clearTimeout(again);
      rest.end();
      await settled(Promise.all(underWay), underWay.size > 0 ? goodbye : 0);
      await exchange.close();
      await settled(Promise.all(underWay), goodbye);
      await (await opening?.catch(() => undefined))?.close();
      owners.clear();
      listeners.clear();
    },
  };
}

function isFinal(outcome: Outcome): boolean {
  return outcome.kind === "refused" && !outcome.misdirected;
}

function isClosed(outcome: Outcome): boolean {
  return outcome.kind === "refused" && outcome.error.code === "RESONANCE_MES_CLOSED";
}
