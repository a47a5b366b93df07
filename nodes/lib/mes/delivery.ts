import type { Verdict } from "../isa95/answer";

/** A document on its way to the MES. */
export interface Envelope {
  /** The document's text. */
  readonly document: string;
  readonly contentType: string;
  /** B2MML message, e.g. `ProcessWorkSchedule`. */
  readonly message: string;
  /** Empty when the document has none; then its answer cannot be matched. */
  readonly bodId: string;
}

/** What became of a document the MES did not refuse. */
export interface Delivery {
  /** `none`: the MES took the document and said nothing of it, although it was asked to. */
  readonly verdict: Exclude<Verdict, "rejected">;
  /** Whether a B2MML answer came; a success without one is only HTTP's. */
  readonly acknowledged: boolean;
  /** The answer's message, e.g. `AcknowledgeWorkSchedule`. */
  readonly message?: string;
  /** What the answer gives as reason; of an answer that is no B2MML, its text. */
  readonly reason?: string;
  readonly statusCode: number;
  /** Requests sent, the last included. */
  readonly attempts: number;
  readonly bodId: string;
  readonly durationMs: number;
}
