import type { NodeAPI, NodeMessage } from "node-red";
import { isFlowRunner } from "../inference/flow/flow-runner";
import { createQuestionDesk, type FlowAnswer } from "../inference/flow/question-desk";
import type { ModelRunner } from "../inference/model";
import { isObject } from "../json/is-object";

/** The questions that a node sends into the flow, and their answers. */
export interface FlowQuestions {
  /** The runner of a model for this node: a function in the flow is asked through the node's wires. */
  runnerOf(runner: ModelRunner): ModelRunner;
  /** Whether one of those models is such a function. */
  used(): boolean;
  /** Remembers the message a record came with: its question carries the message's other properties along. */
  remember(msg: NodeMessage): void;
  /**
   * Takes a message that answers a question of this node; `false` for any other message.
   * @throws RESONANCE_MODEL_FLOW_ANSWER_…
   */
  take(msg: NodeMessage): boolean;
}

/** `send` puts a message on the node's output for questions. */
export function createFlowQuestions(RED: NodeAPI, owner: string, send: (question: NodeMessage) => void): FlowQuestions {
  const desk = createQuestionDesk(owner);
  const origins = new WeakMap<object, NodeMessage>();
  let used = false;
  return {
    runnerOf(runner) {
      if (!isFlowRunner(runner)) return runner;
      used = true;
      return runner.wire(desk, ({ record }, payload, handle) => {
        const origin = origins.get(record);
        // An error that the message brought along would look like the function's own.
        const question: NodeMessage & { error?: unknown } = { ...origin, payload, resonance: { ...(origin?.["resonance"] as object | undefined), question: handle } };
        delete question.error;
        send(RED.util.cloneMessage(question));
      });
    },
    used: () => used,
    remember(msg) {
      if (used && isObject(msg.payload)) origins.set(msg.payload, msg);
    },
    take(msg) {
      const handle = (msg["resonance"] as { question?: unknown } | undefined)?.question;
      if (!desk.owns(handle)) return false;
      desk.answer(handle, answerOf(msg));
      return true;
    },
  };
}

/** An error that a Catch node passes on, that a function puts beside or into its answer, or else the answer. */
function answerOf(msg: NodeMessage): FlowAnswer {
  const failure = wordsOf(msg["error"]) ?? (msg.payload instanceof Error ? msg.payload.message : undefined)
    ?? (isObject(msg.payload) ? wordsOf(msg.payload["error"]) : undefined);
  return failure === undefined ? { body: msg.payload } : { error: failure };
}

function wordsOf(error: unknown): string | undefined {
  if (typeof error === "string") return error === "" ? undefined : error;
  if (error instanceof Error) return error.message;
  return isObject(error) && typeof error["message"] === "string" ? error["message"] : undefined;
}
