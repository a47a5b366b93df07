import { ResonanceError } from "../errors/resonance-error";
import type { AnswerFacts } from "./answer-facts";

/** Notices when another version of a model answers than before. */
export interface VersionWatch {
  saw(answer: AnswerFacts): void;
}

/** `tell` gets RESONANCE_MODEL_VERSION_CHANGED at each change, model by model. */
export function createVersionWatch(tell: (change: ResonanceError) => void): VersionWatch {
  const seen = new Map<string, string>();
  return {
    saw({ node, model, servedVersion, from }) {
      if (servedVersion === undefined || from === "cache") return;
      const before = seen.get(node);
      if (before === servedVersion) return;
      seen.set(node, servedVersion);
      if (before !== undefined) tell(new ResonanceError("RESONANCE_MODEL_VERSION_CHANGED", { model: model.id, before, after: servedVersion }));
    },
  };
}
