import { ResonanceError, toResonanceError } from "../errors/resonance-error";
import type { InputRecord } from "../record/interface-record";
import type { AnswerFacts } from "./answer-facts";
import { createAsker, type AskTarget } from "./asker";
import { createCallQueue } from "./call-queue";
import type { Answered } from "./caller";
import { checkNumber } from "./check-setting";
import { compareAnswers, type Comparison, type Tolerance } from "./compare-answers";
import { isCancelled } from "./failure-kind";

/** A model that is asked beside another one, only to be compared with it. */
export interface ShadowOptions {
  readonly target: AskTarget;
  readonly tolerance: Tolerance;
  /** Comparisons over which the agreement counts. */
  readonly window: number;
}

/** What became of one question to the shadow. */
export interface ShadowReport {
  readonly inputId: string;
  readonly category: string;
  readonly equipment: string;
  readonly primary: Pick<AnswerFacts, "model" | "servedVersion" | "milliseconds">;
  readonly shadow: Pick<AnswerFacts, "model" | "servedVersion" | "milliseconds">;
  /** Absent where the shadow failed. */
  readonly comparison?: Comparison;
  readonly error?: { readonly code: string; readonly message: string };
  readonly agreement: Agreement;
}

/** How it stands between the two models. */
export interface Agreement {
  /** Share of the comparisons in the window without a difference, 0 to 1; absent before the first one. */
  readonly share?: number;
  readonly compared: number;
  /** Since the start: questions the shadow failed to answer, and answers it was not asked about because it is too slow. */
  readonly failed: number;
  readonly dropped: number;
}

/** Asks the shadow of what the first model has answered. */
export interface Shadow {
  /** Returns at once and never throws. */
  observe(answered: Answered): void;
  close(): void;
}

const AT_A_TIME = 2;
const WAITING = 100;

/**
 * A shadow that never delays the first model's answers: it is asked after them, a few at a time, and what is too much for it is
 * dropped and counted.
 * @throws RESONANCE_CONFIG_INVALID
 */
export function createShadow({ target, tolerance, window }: ShadowOptions, tell: (report: ShadowReport) => void): Shadow {
  checkNumber("shadowRelative", tolerance.relative, { min: 0 });
  checkNumber("shadowAbsolute", tolerance.absolute, { min: 0 });
  checkNumber("shadowWindow", window, { min: 1, whole: true });
  const lifetime = new AbortController();
  const queue = createCallQueue({ concurrency: AT_A_TIME, queueLimit: WAITING });
  const asker = createAsker(target, { retry: { retries: 0, withinMs: 0 } }, lifetime.signal);
  const { id, version, digest } = target.model.lineage;
  const model = { id, version, ...(digest === undefined ? {} : { digest }) };
  const recent: boolean[] = [];
  let failed = 0;

  const agreement = (): Agreement => ({
    ...(recent.length > 0 && { share: recent.filter(Boolean).length / recent.length }),
    compared: recent.length, failed, dropped: queue.counts().refused,
  });
  const ask = async (record: InputRecord, body: unknown, { model: first, servedVersion, milliseconds }: AnswerFacts): Promise<void> => {
    const about = {
      inputId: record.id, category: record.category, equipment: record.equipment,
      primary: { model: first, milliseconds, ...(servedVersion === undefined ? {} : { servedVersion }) },
    };
    const begun = performance.now();
    const since = (): number => Math.round(performance.now() - begun);
    try {
      const { result } = await asker.ask(target.prepare(record));
      const comparison = compareAnswers(body, result.body, tolerance);
      recent.push(comparison.agrees);
      if (recent.length > window) recent.shift();
      const served = result.version === undefined ? {} : { servedVersion: result.version };
      tell({ ...about, shadow: { model, milliseconds: since(), ...served }, comparison, agreement: agreement() });
    } catch (thrown) {
      if (isCancelled(thrown)) return;
      failed += 1;
      const { code, message } = toResonanceError(thrown);
      tell({ ...about, shadow: { model, milliseconds: since() }, error: { code, message }, agreement: agreement() });
    }
  };

  return {
    observe({ record, body, facts }) {
      // The flow may change its message while the shadow thinks.
      const [asked, answer] = structuredClone<[InputRecord, unknown]>([record, body]);
      queue.run(() => ask(asked, answer, facts), record.equipment).catch(() => undefined);
    },
    close() {
      queue.close();
      lifetime.abort(new ResonanceError("RESONANCE_MODEL_CLOSED"));
    },
  };
}
