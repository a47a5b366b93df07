import { createHash } from "node:crypto";
import { ResonanceError, toResonanceError, type Language } from "../errors/resonance-error";
import { readMessage, type ReceivedMessage } from "../isa95/receive";
import { writeReply, type Decision, type Reply } from "../isa95/reply";
import { uuidv7 } from "../record/uuid-v7";
import { decided, refused, withError, type Outcome } from "./outcome";
import type { GivenAnswer, RememberedAnswers } from "./remembered-answers";

export interface ReceptionOptions {
  /** Who decides: every valid document is accepted, or the flow says. */
  readonly answer: "valid" | "flow";
  /** Whether a document that does not fit its structure is refused, or passed on with its problems. */
  readonly problems: "refuse" | "pass";
  /** Milliseconds for the flow's decision. */
  readonly decisionTime: number;
  /** What counts when the flow did not decide in time. */
  readonly undecided: "accept" | "reject";
  /** Documents that wait for a decision at most. */
  readonly limit: number;
  /** Bytes of a document at most. */
  readonly sizeLimit: number;
  /** `Sender/LogicalID` of answers. */
  readonly sender: string;
  readonly remembered: RememberedAnswers;
  readonly language: Language;
  /** Told what no sender is to blame for: a decision that did not come, an answer that cannot be written. */
  readonly onProblem: (error: ResonanceError) => void;
}

/** A document for the flow; `reply` names it where the flow decides. */
export type Deliver = (received: ReceivedMessage, reply: string | undefined) => void;

/** Takes documents from any transport, gives each to the flow once, and answers it. */
export interface Reception {
  /** Never rejects: what goes wrong is an answer too. */
  take(document: unknown, charset: string | undefined, deliver: Deliver): Promise<Outcome>;
  /**
   * The flow's decision about the document named `reply`.
   * @throws RESONANCE_MES_IN_LATE when nobody waits for it any more, and what `writeReply` throws for its content
   */
  decide(reply: string, decision: Decision): void;
  /** Documents that wait for a decision. */
  waiting(): number;
  /** Sends all that wait away to come again, and ends when the answers given are in their file. */
  close(): Promise<void>;
}

type Settle = (answer: Outcome) => void;
interface Waiting { readonly received: ReceivedMessage; readonly settle: Settle }

const PROBLEMS_TOLD = 3;

export function createReception(options: ReceptionOptions): Reception {
  const { remembered, language, onProblem } = options;
  /** Documents in work, by the same key as their answers. */
  const inWork = new Map<string, Promise<Outcome>>();
  const waiting = new Map<string, Waiting>();
  let closed = false;

  const reply = (received: ReceivedMessage, decision: Decision): Reply | undefined => writeReply(received, decision, { sender: options.sender });
  /** The answer to a hostile document may not be writable; its sender then gets the status alone. */
  const replyIfWritable = (received: ReceivedMessage, decision: Decision): Reply | undefined => {
    try {
      return reply(received, decision);
    } catch (thrown) {
      onProblem(toResonanceError(thrown));
      return undefined;
    }
  };
  const refuse = (error: ResonanceError, received?: ReceivedMessage, reason?: string): Outcome =>
    refused(error, received && replyIfWritable(received, { code: "Rejected", reason: reason ?? error.localize(language).message }), language);
  const busy = (detail: string): Outcome => refused(new ResonanceError("RESONANCE_MES_IN_BUSY", { detail }), undefined, language);

  const refusalOf = (received: ReceivedMessage): Outcome | undefined => {
    const { problems, unlisted } = received;
    const [first] = problems;
    if (first && options.problems === "refuse") {
      const error = new ResonanceError("RESONANCE_ISA95_NOT_VALID", { count: problems.length + unlisted, first: first.message }, { path: first.path });
      return refuse(error, received, problems.slice(0, PROBLEMS_TOLD).map(({ path, message }) => `${path}: ${message}`).join(" "));
    }
    if (received.verb === "Get" && options.answer === "valid") return refuse(new ResonanceError("RESONANCE_MES_IN_NOT_SERVED", { message: received.message }), received);
    return undefined;
  };

  /** Waits for the flow, at most as long as it may take. */
  const decisionOn = (received: ReceivedMessage, deliver: Deliver): Promise<Outcome> =>
    new Promise((resolve, reject) => {
      const handle = uuidv7();
      const timer = setTimeout(() => {
        const seconds = options.decisionTime / 1000;
        onProblem(new ResonanceError("RESONANCE_MES_IN_UNDECIDED", { message: received.message, bodId: received.bodId ?? "-", seconds }));
        const code = options.undecided === "accept" ? "Accepted" : "Rejected";
        settle(answerTo(received, code === "Accepted" ? { code } : { code, reason: `no decision within ${seconds} s` }, replyIfWritable));
      }, options.decisionTime);
      const settle = (answer: Outcome): void => {
        clearTimeout(timer);
        waiting.delete(handle);
        resolve(answer);
      };
      waiting.set(handle, { received, settle });
      try {
        deliver(received, handle);
      } catch (thrown) {
        clearTimeout(timer);
        waiting.delete(handle);
        reject(toResonanceError(thrown));
      }
    });
  const answerTo = (received: ReceivedMessage, decision: Decision, write: typeof reply): GivenAnswer => {
    const verdict = ({ Accepted: "accepted", Rejected: "rejected", Modified: "modified" } as const)[decision.code];
    const error = verdict === "rejected" ? new ResonanceError("RESONANCE_MES_IN_REJECTED", { message: received.message, reason: decision.reason ?? "-" }) : undefined;
    return decided(verdict, write(received, decision), error, language);
  };

  const work = async (received: ReceivedMessage, key: string | undefined, deliver: Deliver): Promise<Outcome> => {
    let outcome: Outcome;
    if (options.answer === "flow") outcome = await decisionOn(received, deliver);
    else {
      outcome = answerTo(received, { code: "Accepted" }, replyIfWritable);
      deliver(received, undefined);
    }
    if (key !== undefined && outcome.error === undefined) await remembered.add(key, outcome);
    return outcome;
  };

  return {
    async take(document, charset, deliver) {
      if (closed) return busy("it is being deployed");
      let received: ReceivedMessage;
      try {
        received = readMessage(document, { language, limit: options.sizeLimit, ...(charset !== undefined && { charset }) });
      } catch (thrown) {
        return refused(toResonanceError(thrown), undefined, language);
      }
      const key = keyOf(received);
      const known = key === undefined ? undefined : remembered.get(key) ?? inWork.get(key);
      if (known) {
        const outcome = await known;
        return "error" in outcome ? outcome : { ...outcome, duplicate: true };
      }
      const refusal = refusalOf(received);
      if (refusal) return refusal;
      if (waiting.size >= options.limit) return busy(`${options.limit} documents wait for a decision`);
      const outcome = work(received, key, deliver).catch((thrown: unknown): Outcome => {
        const error = toResonanceError(thrown);
        onProblem(error);
        return { ...withError(error, language), error };
      });
      if (key === undefined) return outcome;
      inWork.set(key, outcome);
      return outcome.finally(() => { inWork.delete(key); });
    },
    decide(handle, decision) {
      const known = waiting.get(handle);
      if (!known) throw new ResonanceError("RESONANCE_MES_IN_LATE", { reply: handle.slice(0, 60) }, { path: "resonance/reply" });
      known.settle(answerTo(known.received, decision, reply));
    },
    waiting: () => waiting.size,
    async close() {
      closed = true;
      for (const { settle } of [...waiting.values()]) settle(busy("it is being deployed"));
      await Promise.all(inWork.values());
      await remembered.close();
    },
  };
}

/** A BODID is its sender's own; what has none is never taken for the same. */
function keyOf({ bodId, sender, message }: ReceivedMessage): string | undefined {
  if (bodId === undefined) return undefined;
  return createHash("sha256").update(JSON.stringify([bodId, message, sender?.logicalId ?? "", sender?.componentId ?? ""])).digest("base64url");
}
