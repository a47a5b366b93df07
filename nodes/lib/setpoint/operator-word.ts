import { ResonanceError } from "../errors/resonance-error";

/** What an operator says of a proposal. */
export interface OperatorWord {
  readonly word: "approve" | "reject";
  /** Id of the proposal. */
  readonly id: string;
  readonly by?: string;
  readonly comment?: string;
}

/**
 * Reads `topic` approve or reject with `payload` `{id, by?, comment?}`; `undefined` for any other topic.
 * @throws RESONANCE_GUARD_WORD_INVALID
 */
export function readOperatorWord(topic: unknown, payload: unknown): OperatorWord | undefined {
  if (topic !== "approve" && topic !== "reject") return undefined;
  const { id, by, comment } = (typeof payload === "object" && payload !== null ? payload : {}) as Readonly<Record<string, unknown>>;
  if (typeof id !== "string" || id === "") throw new ResonanceError("RESONANCE_GUARD_WORD_INVALID", { topic }, { path: "payload/id" });
  return { word: topic, id, ...(typeof by === "string" && by !== "" && { by }), ...(typeof comment === "string" && comment !== "" && { comment }) };
}
