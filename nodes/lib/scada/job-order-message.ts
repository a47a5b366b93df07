import { readMessage, type Received } from "../isa95/receive";
import { factsOf } from "../isa95/receive-facts";
import type { JobOrder } from "../isa95/received-jobs";
import { jobOrderPart, type B2mmlPart, type UaJobOrder } from "./job-order-part";
import type { JobMethod } from "./job-book";

/** A job order from a client of the server, as if a `ProcessJobList` had been received. */
export interface JobOrderMessage {
  readonly payload: readonly Received[];
  readonly resonance: {
    readonly isa95: { readonly message: "ProcessJobList"; readonly verb: "Process"; readonly noun: "JobList"; readonly method: JobMethod; readonly by: string; readonly comment?: string };
    readonly jobs: readonly JobOrder[];
    readonly job?: JobOrder;
  };
}

/** What a method means in B2MML: a command, or where the order stands. */
const WORDS: Readonly<Record<JobMethod, B2mmlPart>> = {
  Store: { DispatchStatus: "Pending" },
  StoreAndStart: { Command: "Start", DispatchStatus: "Ready" },
  Update: { Command: { "@OtherValue": "Update", $: "Other" } },
  Start: { Command: "Start", DispatchStatus: "Ready" },
  RevokeStart: { Command: { "@OtherValue": "RevokeStart", $: "Other" }, DispatchStatus: "Pending" },
  Pause: { Command: "Pause" },
  Resume: { Command: "Resume" },
  Stop: { Command: "Stop" },
  Abort: { Command: "Abort", DispatchStatus: "Aborted" },
  Cancel: { DispatchStatus: "Cancelled" },
  Clear: { DispatchStatus: "Closed" },
};

/** Who called a method, and what was said with it. */
export interface JobCall {
  readonly method: JobMethod;
  readonly id: string;
  /** ISA-95 place of the receiver: the order is for it. */
  readonly place: string;
  readonly by: string;
  readonly comment: string;
}

/**
 * The message for a method that was accepted. The order is read as a B2MML document is, so that both give the same objects.
 * @throws RESONANCE_ISA95_UNREADABLE for an order that is nested too deep or too large
 */
export function jobOrderMessage({ method, id, place, by, comment }: JobCall, order: UaJobOrder): JobOrderMessage {
  const jobList = { ID: id, JobOrder: [{ ...jobOrderPart(id, place, order), ...WORDS[method] }] };
  const received = readMessage({ ProcessJobList: { "@releaseID": "7.0.1", ApplicationArea: { CreationDateTime: new Date().toISOString() }, DataArea: { Process: {}, JobList: [jobList] } } });
  const { jobs = [], job } = factsOf(received);
  return {
    payload: received.content,
    resonance: { isa95: { message: "ProcessJobList", verb: "Process", noun: "JobList", method, by, ...(comment !== "" && { comment }) }, jobs, ...(job && { job }) },
  };
}
