import { part, type ReceivedMessage } from "./receive";
import { jobOrdersOf, type JobOrder } from "./received-jobs";

/** What a flow is told of a received message beside its content. */
export interface ReceivedFacts {
  readonly isa95: Readonly<Pick<ReceivedMessage, "message" | "verb" | "noun" | "version" | "format" | "actionCodes" | "kept">> & {
    readonly bodId?: string;
    readonly sender?: ReceivedMessage["sender"];
    readonly createdAt?: string;
    readonly wants: Readonly<Record<string, string>>;
  };
  readonly jobs?: readonly JobOrder[];
  /** The job where there is exactly one: the context of the record that model-in makes, and of the answer. */
  readonly job?: JobOrder;
}

/** The facts of a received message as they stand in `msg.resonance`. */
export function factsOf(received: ReceivedMessage): ReceivedFacts {
  const { message, verb, noun, version, format, bodId, sender, createdAt, wants, actionCodes, kept } = received;
  const jobs = jobOrdersOf(received);
  const [only] = jobs;
  return {
    isa95: {
      message, verb, noun, version, format, actionCodes, kept,
      ...(bodId !== undefined && { bodId }), ...(sender && { sender: part(sender) }), ...(createdAt !== undefined && { createdAt }),
      wants: Object.fromEntries(Object.entries(wants).filter(([, wish]) => wish !== undefined)),
    },
    ...(jobs.length > 0 && { jobs }), ...(jobs.length === 1 && only && { job: only }),
  };
}
