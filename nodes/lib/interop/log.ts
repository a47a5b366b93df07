import { ResonanceError } from "../errors/resonance-error";
import type { Disk } from "../outbox/disk";
import type { Link } from "./chain";
import type { EntryDraft } from "./entry";
import { exportLog, type ExportFilter, type ExportFormat } from "./export";
import type { TornEnd } from "./log-files";
import { logFailure, openLogWriter, ownEntry, type LogSettings, type LogWriter } from "./log-writer";
import { verifyLog, type Verification } from "./verify";

/** State of a log. */
export interface LogStatus {
  readonly head: Link;
  readonly bytes: number;
  /** Entries recorded since it was opened. */
  readonly written: number;
  /** Messages not recorded since it was opened. */
  readonly lost: number;
  readonly problem: ResonanceError | undefined;
}

/** An append-only log in a folder, with a hash chain over all its files. */
export interface InteropLog {
  /** Records when it can; what cannot be recorded in time is counted, and the count recorded. */
  note(draft: EntryDraft): void;
  /** Resolves when the entry is on the medium. @throws RESONANCE_INTEROP_FULL, RESONANCE_INTEROP_DISK, RESONANCE_INTEROP_LOCKED, RESONANCE_INTEROP_CLOSED */
  record(draft: EntryDraft): Promise<void>;
  /** Everything noted so far is written first. */
  verify(anchor?: Link): Promise<Verification>;
  /** The log as text in pieces, up to what was noted when it was called. */
  export(format: ExportFormat, filter?: ExportFilter): AsyncGenerator<string>;
  status(): LogStatus;
  /** From now on with other limits or another key. */
  configure(settings: LogSettings): void;
  /** Hears of trouble, of its end (`undefined`), and of an end torn by a crash; gives what ends it. */
  onNews(listener: (news: { readonly problem: ResonanceError | undefined } | { readonly torn: TornEnd }) => void): () => void;
  close(): Promise<void>;
}

interface Waiting {
  readonly draft: EntryDraft;
  /** Somebody waits for it: it is refused at once when it cannot be recorded. */
  readonly settle?: { readonly done: () => void; readonly failed: (error: ResonanceError) => void };
}

const MOST_WAITING = 10_000;
const BATCH = 1000;
const SYNC_MS = 1000;
const RETRY_MS = 1000;

/** What tests and redeploys add: another disk, and what has to end before the folder is opened. */
export interface LogSurroundings {
  readonly disk?: Disk;
  readonly after?: Promise<void> | undefined;
}

/** A log that opens its folder with the first entry or question. */
export function createInteropLog(folder: string, first: LogSettings, { disk, after }: LogSurroundings = {}): InteropLog {
  let settings = first;
  let writer: LogWriter | undefined;
  let problem: ResonanceError | undefined;
  let written = 0;
  let lost = 0;
  /** Lost and not yet said in the log. */
  let unsaid = 0;
  let readers = 0;
  let waiting: Waiting[] = [];
  let closed = false;
  let timer: NodeJS.Timeout | undefined;
  let turn: Promise<void> = (after ?? Promise.resolve()).catch(() => undefined);
  let flushing: Promise<void> | undefined;
  const listeners = new Set<Parameters<InteropLog["onNews"]>[0]>();
  const tell = (news: Parameters<Parameters<InteropLog["onNews"]>[0]>[0]): void => { for (const listener of [...listeners]) listener(news); };

  /** One at a time has the files. */
  const alone = <T>(work: () => Promise<T>): Promise<T> => {
    const result = turn.then(work);
    turn = result.then(() => undefined, () => undefined);
    return result;
  };
  const opened = async (): Promise<LogWriter> => {
    if (writer) return writer;
    writer = await openLogWriter(folder, disk);
    const { torn } = writer;
    if (torn) {
      waiting.unshift({ draft: ownEntry("log/recovered", `${torn.bytes} bytes behind the last whole entry of ${torn.file} set aside`, { file: torn.file, bytes: torn.bytes, sha256: torn.sha256 }) });
      tell({ torn });
    }
    return writer;
  };
  const setProblem = (error: ResonanceError | undefined): void => {
    if (error?.code === problem?.code) return;
    problem = error;
    tell({ problem: error });
  };
  const later = (delay: number, work: () => void): void => {
    timer ??= setTimeout(() => {
      timer = undefined;
      work();
    }, delay);
    timer.unref();
  };
  const lose = (count: number): void => {
    lost += count;
    unsaid += count;
  };

  const writeBatch = async (): Promise<boolean> => {
    const open = await opened();
    const batch = waiting.splice(0, BATCH);
    const drafts = batch.map(({ draft }) => draft);
    const said = unsaid;
    if (said > 0) drafts.push(ownEntry("log/lost", `${said} messages could not be recorded`, { messages: said }));
    if (drafts.length === 0) return false;
    try {
      await open.write(drafts, settings, { sync: batch.some(({ settle }) => settle), mayDrop: readers === 0 });
    } catch (thrown) {
      refuse(batch, logFailure(folder, thrown));
      throw thrown;
    }
    unsaid -= said;
    written += batch.length;
    for (const { settle } of batch) settle?.done();
    return true;
  };
  /** Who waits is told; the rest waits for better times, as far as there is room. */
  const refuse = (batch: readonly Waiting[], error: ResonanceError): void => {
    for (const { settle } of batch) settle?.failed(error);
    waiting = [...batch.filter(({ settle }) => !settle), ...waiting];
    const tooMany = waiting.length - MOST_WAITING;
    if (tooMany > 0) lose(waiting.splice(0, tooMany).length);
  };
  const flush = (): Promise<void> => (flushing ??= alone(async () => {
    // What comes in the same turn shares the write.
    await new Promise((resolve) => { setImmediate(resolve); });
    flushing = undefined;
    try {
      while (waiting.length > 0 || unsaid > 0) if (!(await writeBatch())) break;
      setProblem(undefined);
      if (!closed) later(SYNC_MS, syncSoon);
    } catch (thrown) {
      const error = logFailure(folder, thrown);
      const strict = waiting.filter(({ settle }) => settle);
      waiting = waiting.filter(({ settle }) => !settle);
      for (const { settle } of strict) settle?.failed(error);
      setProblem(error);
      if (!closed) later(RETRY_MS, () => { void flush(); });
    }
  }));
  const syncSoon = (): void => {
    alone(async () => { await writer?.sync(); }).catch((thrown: unknown) => { setProblem(logFailure(folder, thrown)); });
  };
  const enter = (item: Waiting): void => {
    waiting.push(item);
    // While the disk gives trouble, what nobody waits for comes with the next try.
    if (!problem || item.settle) void flush();
    else if (waiting.length > MOST_WAITING) lose(waiting.splice(0, 1).length);
  };
  const snapshot = async (): Promise<ReadonlyMap<string, number>> => {
    await alone(opened);
    await flush();
    return alone(async () => (await opened()).sizes());
  };

  return {
    note(draft) { if (!closed) enter({ draft }); },
    record: (draft) => new Promise((resolve, reject) => {
      if (closed) reject(new ResonanceError("RESONANCE_INTEROP_CLOSED", { folder }));
      else enter({ draft, settle: { done: resolve, failed: reject } });
    }),
    async verify(anchor) {
      readers += 1;
      try {
        return await verifyLog(folder, { key: settings.key, anchor, sizes: await snapshot() });
      } catch (thrown) {
        throw logFailure(folder, thrown);
      } finally {
        readers -= 1;
      }
    },
    async *export(format, filter) {
      readers += 1;
      try {
        yield* exportLog(folder, await snapshot(), format, filter);
      } catch (thrown) {
        throw logFailure(folder, thrown);
      } finally {
        readers -= 1;
      }
    },
    status: () => ({ head: writer?.head() ?? { seq: 0, hash: "" }, bytes: writer?.bytes() ?? 0, written, lost, problem }),
    configure(next) { settings = next; },
    onNews(listener) {
      listeners.add(listener);
      return () => { listeners.delete(listener); };
    },
    async close() {
      closed = true;
      clearTimeout(timer);
      await flush();
      await alone(async () => { await writer?.close(); });
      writer = undefined;
    },
  };
}
