import type { ResonanceError } from "../errors/resonance-error";
import { jobOrdersOf, type JobOrder } from "../isa95/received-jobs";
import type { ReceivedMessage } from "../isa95/receive";

/** What a received document puts into `msg.resonance`. */
export interface ReceivedFacts {
  readonly isa95: Pick<ReceivedMessage, "message" | "verb" | "version" | "format" | "bodId" | "sender" | "createdAt" | "actionCodes"> & Partial<Pick<ReceivedMessage, "problems" | "kept">>;
  readonly jobs?: readonly JobOrder[];
  /** The job order where there is one only: the context that records take. */
  readonly job?: JobOrder;
  /** Names the document in the flow's decision. */
  readonly reply?: string;
}

/** The facts of a document for the flow; lists that are empty are left out. */
export function factsOf(received: ReceivedMessage, reply: string | undefined): ReceivedFacts {
  const { message, verb, version, format, bodId, sender, createdAt, actionCodes, problems, kept } = received;
  const jobs = jobOrdersOf(received);
  const [job] = jobs;
  return {
    isa95: {
      message, verb, version, format, actionCodes,
      ...(bodId !== undefined && { bodId }), ...(sender && { sender }), ...(createdAt !== undefined && { createdAt }),
      ...(problems.length > 0 && { problems }), ...(kept.length > 0 && { kept }),
    },
    ...(jobs.length > 0 && { jobs }),
    ...(job && jobs.length === 1 && { job }),
    ...(reply !== undefined && { reply }),
  };
}

/** An error as messages on a port for refused documents carry it. */
export function errorEntry({ code, path = "", message }: ResonanceError): { readonly path: string; readonly code: string; readonly message: string } {
  return { path, code, message };
}
