import { textOf, type Language, type ResonanceError } from "../errors/resonance-error";
import type { Reply } from "../isa95/reply";
import { httpStatus } from "./http-status";
import type { GivenAnswer } from "./remembered-answers";

/** What became of a document: the answer for its sender, and what it tells the flow. */
export interface Outcome extends GivenAnswer {
  /** Of a document that was refused before the flow got it. */
  readonly error?: ResonanceError;
  /** The same BODID came before: this is its answer again. */
  readonly duplicate?: true;
}

const JSON_TYPE = "application/json; charset=utf-8";

/** A decided document: its B2MML answer; where its sender asked for none, nothing but the status, or the error that says why it was rejected. */
export function decided(verdict: GivenAnswer["verdict"], reply: Reply | undefined, error: ResonanceError | undefined, language: Language): GivenAnswer {
  if (reply) return { verdict, status: 200, contentType: reply.contentType, body: reply.document, message: reply.message, bodId: reply.bodId };
  return error ? withError(error, language) : { verdict, status: 202, body: "" };
}

/** A refused document: a B2MML answer where its sender asked for one, else the error as JSON. */
export function refused(error: ResonanceError, reply: Reply | undefined, language: Language): Outcome {
  const answer = withError(error, language);
  return reply ? { ...decided("rejected", reply, undefined, language), status: answer.status, error } : { ...answer, error };
}

/** An error as JSON: `{"error": {"code", "message", "hint", "path"?}}`. */
export function withError({ code, params, path }: ResonanceError, language: Language): GivenAnswer {
  const { text, hint } = textOf(code, params, language);
  return { verdict: "rejected", status: httpStatus(code), contentType: JSON_TYPE, body: JSON.stringify({ error: { code, message: text, hint, ...(path !== undefined && { path }) } }) };
}
