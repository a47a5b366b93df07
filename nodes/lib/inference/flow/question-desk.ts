import { randomUUID } from "node:crypto";
import { ResonanceError } from "../../errors/resonance-error";

/** What came back from the flow. */
export type FlowAnswer = { readonly body: unknown } | { readonly error: string };

/** Hands out questions under a handle and takes their answers back. */
export interface QuestionDesk {
  /**
   * Sends a question with a handle that nobody can guess and waits for what comes back under it.
   * @throws RESONANCE_MODEL_FLOW_TIMEOUT, RESONANCE_MODEL_FLOW_FAILED, RESONANCE_MODEL_CLOSED
   */
  ask(timeoutMs: number, send: (handle: string) => void, signal: AbortSignal | undefined): Promise<unknown>;
  /** Whether a handle is one of this desk; another node's question may pass by here. */
  owns(handle: unknown): handle is string;
  /** @throws RESONANCE_MODEL_FLOW_ANSWER_UNKNOWN, …_TWICE, …_LATE for a handle that waits for nothing */
  answer(handle: string, answer: FlowAnswer): void;
}

interface Open {
  settle(answer: FlowAnswer): void;
}

/** Handles whose end is remembered, to say what is wrong with a further answer. */
const REMEMBERED = 1_000;

/** The desk of the node `owner`. */
export function createQuestionDesk(owner: string): QuestionDesk {
  const open = new Map<string, Open>();
  const ended = new Map<string, "TWICE" | "LATE">();
  const prefix = `${owner}/`;

  const end = (handle: string, how: "TWICE" | "LATE"): void => {
    open.delete(handle);
    ended.set(handle, how);
    const [oldest] = ended.keys();
    if (ended.size > REMEMBERED && oldest !== undefined) ended.delete(oldest);
  };

  return {
    ask: (timeoutMs, send, signal) => new Promise((resolve, reject) => {
      const handle = `${prefix}${randomUUID()}`;
      const finish = (how: "TWICE" | "LATE", settle: () => void): void => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", cancel);
        end(handle, how);
        settle();
      };
      const cancel = (): void => finish("LATE", () => reject(new ResonanceError("RESONANCE_MODEL_CLOSED")));
      const timer = setTimeout(() => {
        finish("LATE", () => reject(new ResonanceError("RESONANCE_MODEL_FLOW_TIMEOUT", { timeout: timeoutMs })));
      }, timeoutMs);
      open.set(handle, {
        settle: (answer) => finish("TWICE", () => {
          if ("error" in answer) reject(new ResonanceError("RESONANCE_MODEL_FLOW_FAILED", { detail: answer.error }));
          else resolve(answer.body);
        }),
      });
      signal?.addEventListener("abort", cancel, { once: true });
      if (signal?.aborted) {
        cancel();
        return;
      }
      try {
        send(handle);
      } catch (thrown) {
        // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- passes on what was thrown
        finish("LATE", () => reject(thrown));
      }
    }),
    owns: (handle): handle is string => typeof handle === "string" && handle.startsWith(prefix),
    answer(handle, answer) {
      const asked = open.get(handle);
      if (asked) {
        asked.settle(answer);
        return;
      }
      throw new ResonanceError(`RESONANCE_MODEL_FLOW_ANSWER_${ended.get(handle) ?? "UNKNOWN"}`);
    },
  };
}
