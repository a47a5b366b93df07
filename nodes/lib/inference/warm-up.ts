import { createBackOff } from "../connection/back-off";
import { pause } from "../connection/deadline";
import { toResonanceError, type ResonanceError } from "../errors/resonance-error";
import { uuidv7 } from "../record/uuid-v7";
import type { AskTarget } from "./asker";
import { DATATYPES } from "./datatype";
import { isCancelled, isOutage } from "./failure-kind";
import type { Question } from "./model";
import { shapeOf } from "./signature";
import { UNUSED } from "./tensor-plan";
import { untilAborted } from "./until-aborted";

/** What is done before the first message: nothing, asking whether the model is ready, or one inference. */
export type WarmUp = "none" | "ready" | "inference";

/** Told how a warm-up goes: `false` for a model that is not ready yet, or what it fails with. */
export type WarmUpReport = (state: "warming" | "ready" | ResonanceError | false) => void;

/**
 * Warms a model up and tries again, with growing waiting times, while it is not ready or cannot be reached, until `signal` is
 * aborted. An inference has neutral tensors (zeros, empty texts); a model that takes no tensors, or where a question may have an
 * effect, is only asked whether it is ready.
 */
export async function warmUp(target: AskTarget, mode: Exclude<WarmUp, "none">, signal: AbortSignal, report: WarmUpReport): Promise<void> {
  const { runner, model } = target;
  const infer = mode === "inference" && runner.repeatable && model.inputs.length > 0;
  const backOff = createBackOff();
  report("warming");
  while (!signal.aborted) {
    try {
      const ready = await untilAborted(infer ? runner.ask(neutralQuestion(target), { signal }).then(() => true) : runner.ready(), signal);
      if (ready) {
        report("ready");
        return;
      }
      report(false);
    } catch (thrown) {
      if (isCancelled(thrown)) return;
      report(toResonanceError(thrown));
      if (!isOutage(thrown)) return;
    }
    await pause(backOff.next(), signal);
  }
}

/** A question that means nothing: it exists to make a model load what it loads with the first one. */
function neutralQuestion({ model: { inputs, lineage } }: AskTarget): Question {
  const id = uuidv7();
  const tensors = inputs.map((spec, index) => ({
    name: spec.name, datatype: spec.datatype,
    shape: shapeOf(spec, `inputTensors/${index}`),
    data: spec.elements.map(() => UNUSED[DATATYPES[spec.datatype].kind]),
  }));
  return {
    id, tensors,
    record: { profile: "", category: lineage.category, direction: "input", nature: "measurement", id, timestamp: new Date().toISOString(), equipment: "", values: {} },
  };
}
