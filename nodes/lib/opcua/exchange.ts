import { ResonanceError, toResonanceError } from "../errors/resonance-error";
import type { OpcUaConnection } from "./connection";
import type { OpcUaSession } from "./session";

/** One attempt at something that changes the machine. */
export interface Attempt {
  /**
   * Sends the request that changes something. Throws, and sends nothing, where the attempt is over by then.
   * What the server answers, a refusal included, makes the outcome known.
   */
  send<T>(request: () => Promise<T>): Promise<T>;
}

export interface ExchangeOptions {
  /** ms for the whole of it, the wait for the session included. */
  readonly timeout: number;
  /** Whether a request whose outcome is unknown is sent once more in the next session. */
  readonly repeat: boolean;
  /** Names what is asked for, in messages. */
  readonly what: string;
  readonly signal: AbortSignal;
  /** Throws where it is too late for it; asked right before anything is sent. */
  check?(): void;
}

/** Answers of the server that say that it did not carry the request out. */
const FAULT = /serviceResult/i;

/**
 * Runs work that changes something in the session, so that it is carried out at most once: what has not been sent in time is not sent,
 * and what was sent and not answered is an error of its own and not repeated, unless `repeat` says so.
 * @throws RESONANCE_OPCUA_OUTCOME_UNKNOWN, RESONANCE_OPCUA_ANSWER_ONLY where the server took it and what follows failed, the connection's trouble, RESONANCE_OPCUA_TIMEOUT, the signal's reason, what `check` and the work throw.
 */
export async function exchange<T>(connection: OpcUaConnection, work: (opened: OpcUaSession, attempt: Attempt) => Promise<T>, options: ExchangeOptions): Promise<T> {
  try {
    return await once(connection, work, options);
  } catch (thrown) {
    if (!options.repeat || !(thrown instanceof ResonanceError) || thrown.code !== "RESONANCE_OPCUA_OUTCOME_UNKNOWN") throw thrown;
    if (!(await connected(connection, options.timeout, options.signal))) throw thrown;
    return once(connection, work, options);
  }
}

async function once<T>(connection: OpcUaConnection, work: (opened: OpcUaSession, attempt: Attempt) => Promise<T>, options: ExchangeOptions): Promise<T> {
  const { timeout, what, signal } = options;
  let over = false;
  let open = 0;
  let answered = 0;
  let verdict: unknown;
  const attempt: Attempt = {
    async send(request) {
      signal.throwIfAborted();
      if (over) throw new Error("the attempt is over");
      options.check?.();
      open += 1;
      try {
        const answer = await request();
        open -= 1;
        answered += 1;
        return answer;
      } catch (thrown) {
        if (thrown instanceof Error && FAULT.test(thrown.message)) open -= 1;
        throw thrown;
      }
    },
  };
  try {
    const inSession = (opened: OpcUaSession): Promise<T> => work(opened, attempt).catch((thrown: unknown) => {
      verdict = thrown;
      throw thrown;
    });
    return await untilAborted(connection.use(inSession, { timeout }), signal);
  } catch (thrown) {
    const detail = toResonanceError(thrown).code;
    if (open > 0) throw new ResonanceError("RESONANCE_OPCUA_OUTCOME_UNKNOWN", { what, detail }, { cause: thrown });
    // What the work itself makes of the answer is no trouble of the connection.
    if (answered > 0 && !(thrown === verdict && thrown instanceof ResonanceError)) throw new ResonanceError("RESONANCE_OPCUA_ANSWER_ONLY", { what, detail }, { cause: thrown });
    throw thrown;
  } finally {
    over = true;
  }
}

/** The outcome of `work`, or a rejection with the signal's reason. */
export function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- passes on what was thrown
    const abort = (): void => { reject(signal.reason); };
    signal.addEventListener("abort", abort, { once: true });
    if (signal.aborted) abort();
    work.then(resolve, reject).finally(() => { signal.removeEventListener("abort", abort); });
  });
}

/** Waits for the next session; says whether one came in time. */
function connected(connection: OpcUaConnection, ms: number, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const end = (came: boolean): void => {
      clearTimeout(timer);
      ignore();
      signal.removeEventListener("abort", stop);
      resolve(came);
    };
    const stop = (): void => { end(false); };
    const ignore = connection.onState(({ state }) => { if (state === "connected") end(true); });
    const timer = setTimeout(stop, ms);
    signal.addEventListener("abort", stop, { once: true });
    if (connection.status().state === "connected") end(true);
  });
}
