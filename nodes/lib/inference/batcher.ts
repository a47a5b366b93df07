import { toResonanceError, type ResonanceError } from "../errors/resonance-error";

/** When questions travel together. */
export interface BatchRules {
  /** Questions a request holds at most. */
  readonly size: number;
  /** Milliseconds the first one waits for others. */
  readonly waitMs: number;
  /** Requests at the same time. */
  readonly requests: number;
}

/** What became of one of several. */
export type Outcome<A> = { readonly answer: A } | { readonly error: ResonanceError };

/** Collects what is asked one by one and sends it in batches. */
export interface Batcher<Q, A> {
  ask(question: Q): Promise<A>;
  /** Forgets what still waits; whoever asked is told by others. */
  close(): void;
}

interface Waiting<Q, A> {
  readonly question: Q;
  resolve(answer: A): void;
  reject(error: ResonanceError): void;
}

/** `send` gives an outcome for each question of the batch, in their order. */
export function createBatcher<Q, A>({ size, waitMs, requests }: BatchRules, send: (batch: readonly Q[]) => Promise<readonly Outcome<A>[]>): Batcher<Q, A> {
  let waiting: Waiting<Q, A>[] = [];
  let timer: NodeJS.Timeout | undefined;
  /** The first one has waited long enough. */
  let due = false;
  let underWay = 0;

  const wait = (): void => {
    if (timer || due || waiting.length === 0) return;
    timer = setTimeout(() => {
      timer = undefined;
      due = true;
      flush();
    }, waitMs);
  };
  const flush = (): void => {
    while (underWay < requests && (waiting.length >= size || (due && waiting.length > 0))) {
      const batch = waiting.splice(0, size);
      clearTimeout(timer);
      timer = undefined;
      due = false;
      underWay += 1;
      void deliver(batch).finally(() => {
        underWay -= 1;
        flush();
      });
    }
    wait();
  };
  const deliver = async (batch: readonly Waiting<Q, A>[]): Promise<void> => {
    let outcomes: readonly Outcome<A>[];
    try {
      outcomes = await send(batch.map(({ question }) => question));
    } catch (thrown) {
      const error = toResonanceError(thrown);
      outcomes = batch.map(() => ({ error }));
    }
    batch.forEach((asked, index) => {
      const outcome = outcomes[index];
      if (outcome && "answer" in outcome) asked.resolve(outcome.answer);
      else asked.reject(toResonanceError(outcome?.error ?? new RangeError(`${outcomes.length} outcomes for ${batch.length} questions`)));
    });
  };

  return {
    ask: (question) => new Promise<A>((resolve, reject) => {
      waiting.push({ question, resolve, reject });
      flush();
    }),
    close() {
      clearTimeout(timer);
      waiting = [];
    },
  };
}
