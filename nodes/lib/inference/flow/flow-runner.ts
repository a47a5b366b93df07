import { ResonanceError } from "../../errors/resonance-error";
import { checkNumber } from "../check-setting";
import type { ModelRunner, Question } from "../model";
import type { QuestionDesk } from "./question-desk";

/** What a question carries into the flow: the record's values, the whole record, or the model's tensors. */
export type FlowContent = "values" | "record" | "tensors";

export interface FlowSettings {
  /** Milliseconds until the answer must be back. */
  readonly timeout: number;
  readonly content: FlowContent;
}

/** A model that is a function wired in the flow: whoever calls it has the wires. */
export interface FlowRunner extends ModelRunner {
  /** The runner of one caller, which sends questions as messages and puts what comes back on the desk. */
  wire(desk: QuestionDesk, send: (question: Question, payload: unknown, handle: string) => void): ModelRunner;
}

const CONTENT: Readonly<Record<FlowContent, (question: Question) => unknown>> = {
  values: ({ record }) => record.values,
  record: ({ record }) => record,
  tensors: ({ tensors }) => tensors,
};

/**
 * The model behind a function in the flow. What a flow does may have effects, so a question is never sent again by itself.
 * @throws RESONANCE_CONFIG_INVALID
 */
export function createFlowRunner({ timeout, content }: FlowSettings): FlowRunner {
  checkNumber("timeout", timeout, { min: 1, max: 0x7fffffff });
  if (!Object.hasOwn(CONTENT, content)) {
    throw new ResonanceError("RESONANCE_CONFIG_INVALID", { setting: "flowContent", detail: `${content as string} ≠ ${Object.keys(CONTENT).join(", ")}` }, { path: "flowContent" });
  }
  const base = { repeatable: false, ready: () => Promise.resolve(true), close: () => Promise.resolve() };
  return {
    ...base,
    ask: () => Promise.reject(new ResonanceError("RESONANCE_MODEL_FLOW_UNWIRED")),
    wire: (desk, send) => ({
      ...base,
      async ask(question, { signal } = {}) {
        return { body: await desk.ask(timeout, (handle) => send(question, CONTENT[content](question), handle), signal) };
      },
    }),
  };
}

/** Whether the model is a function in the flow. */
export function isFlowRunner(runner: ModelRunner): runner is FlowRunner {
  return "wire" in runner;
}
