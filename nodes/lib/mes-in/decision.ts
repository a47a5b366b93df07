import { ResonanceError } from "../errors/resonance-error";
import type { Decision } from "../isa95/reply";
import type { Received } from "../isa95/receive";

const CODES: Readonly<Record<string, Decision["code"]>> = { accept: "Accepted", reject: "Rejected", modify: "Modified" };

/**
 * The flow's decision as a message's payload has it: `{decision: "accept" | "reject" | "modify", reason?, content?}`.
 * @throws RESONANCE_MES_IN_DECISION
 */
export function readDecision(payload: unknown): Decision {
  const { decision, reason, content } = (typeof payload === "object" && payload !== null ? payload : {}) as Readonly<Record<string, unknown>>;
  const code = typeof decision === "string" && Object.hasOwn(CODES, decision) ? CODES[decision] : undefined;
  if (code === undefined) throw invalid("decision", "accept, reject or modify");
  if (reason !== undefined && typeof reason !== "string") throw invalid("reason", "a text");
  const objects: readonly unknown[] | undefined = content === undefined ? undefined : [content].flat();
  if (objects?.some((object) => typeof object !== "object" || object === null)) throw invalid("content", "an object or a list of objects");
  return { code, ...(reason !== undefined && { reason }), ...(objects && { content: objects as readonly Received[] }) };
}

function invalid(part: string, expected: string): ResonanceError {
  return new ResonanceError("RESONANCE_MES_IN_DECISION", { expected: `${part}: ${expected}` }, { path: `payload/${part}` });
}
