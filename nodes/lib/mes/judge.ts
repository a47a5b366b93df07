import { STATUS_CODES } from "node:http";
import { ResonanceError, toResonanceError } from "../errors/resonance-error";
import type { HttpAnswer } from "../http/http-client";
import type { HttpFailure, HttpFailureKind } from "../http/http-failure";
import { readAnswer, type Answer } from "../isa95/answer";
import { faultIn, soapIn, type SoapContent, type SoapFault } from "../isa95/soap";
import type { Delivery, Envelope } from "./delivery";
import { retryAfter } from "./back-off";

/** What one exchange came to: taken, refused for good, or worth another attempt. */
export type Outcome =
  | { readonly kind: "taken"; readonly delivery: Omit<Delivery, "attempts" | "durationMs"> }
  /** `misdirected`: it is not about the document but about who was asked, how, or where; another document would fare no better. */
  | { readonly kind: "refused"; readonly error: ResonanceError; readonly misdirected?: true }
  | { readonly kind: "again"; readonly error: ResonanceError; readonly afterMs?: number | undefined };

/** Verbs of ISA-95 part 5 that ask for an answer; Sync and Notify only publish. */
const ASKS = /^(Process|Change|Cancel|Get)[A-Z]/;
/** Not found, no such method, log in at the proxy: what a wrong URL or a gateway in the way answers. */
const WRONG_ADDRESS: ReadonlySet<number> = new Set([404, 405, 407]);
const PAGE = /^\uFEFF?\s*(?:<!doctype\s+html|<html)\b/i;
const EXCERPT = 200;

type FailureJudge = (detail: string, timeout: number) => Outcome;
const FAILURES: Readonly<Record<HttpFailureKind, FailureJudge>> = {
  unreachable: (detail) => ({ kind: "again", error: new ResonanceError("RESONANCE_MES_UNREACHABLE", { detail }) }),
  timeout: (_, timeout) => ({ kind: "again", error: new ResonanceError("RESONANCE_MES_TIMEOUT", { timeout }) }),
  certificate: (detail) => misdirected(new ResonanceError("RESONANCE_MES_CERTIFICATE", { detail })),
  tooLarge: (detail) => refused(unreadable(detail)),
  protocol: (detail) => misdirected(unreadable(detail)),
  token: (detail) => ({ kind: "again", error: new ResonanceError("RESONANCE_HTTP_TOKEN", { detail }) }),
  closed: () => refused(new ResonanceError("RESONANCE_MES_CLOSED")),
};

/** Judges an exchange without a usable answer. */
export function judgeFailure(failure: HttpFailure, timeout: number): Outcome {
  return FAILURES[failure.kind](failure.detail, timeout);
}

/** Judges what the MES answered to `envelope`. */
export function judgeAnswer(envelope: Envelope, { statusCode, headers, text }: HttpAnswer): Outcome {
  if (statusCode === 401 || statusCode === 403) return misdirected(new ResonanceError("RESONANCE_MES_UNAUTHORIZED", { status: statusCode }));
  const fault = faultIn(text);
  if (fault) return judgeFault(envelope, fault, statusCode, text);
  if (statusCode >= 200 && statusCode < 300) return text.trim() === "" ? taken(envelope, statusCode) : judgeText(envelope, statusCode, text);
  const error = new ResonanceError("RESONANCE_MES_HTTP_STATUS", { status: statusCode, detail: detailOf(statusCode, headers["location"], text) });
  if (statusCode === 408 || statusCode === 429 || statusCode >= 500) return { kind: "again", error, afterMs: retryAfter(headers["retry-after"]) };
  if (statusCode < 400 || WRONG_ADDRESS.has(statusCode)) return misdirected(error);
  // Some MES reject with 400 or 422 and say why in B2MML.
  const answer = tryRead(text);
  return refused(answer?.verdict === "rejected" ? rejection(envelope, answer) : error);
}

/** A fault is carried by 200, 400 or 500, whatever it says (SOAP 1.1 §6.2, SOAP 1.2 part 2 §7.5.2.2). */
function judgeFault(envelope: Envelope, { blames, code, reason }: SoapFault, status: number, text: string): Outcome {
  const said = `SOAP fault ${code}${reason && `: ${excerptOf(reason)}`}`;
  const answer = tryRead(text);
  if (answer?.verdict === "rejected") return refused(rejection(envelope, answer));
  if (blames === "message") return refused(new ResonanceError("RESONANCE_MES_REJECTED", { message: envelope.message, reason: said }));
  const error = new ResonanceError("RESONANCE_MES_HTTP_STATUS", { status, detail: said });
  return blames === "protocol" ? misdirected(error) : { kind: "again", error };
}

function judgeText(envelope: Envelope, statusCode: number, text: string): Outcome {
  // A login or maintenance page is not the MES's: the document never reached it, nor would another one.
  if (PAGE.test(text)) return misdirected(unreadable("a page (HTML) instead of an answer"));
  let answer: Answer;
  try {
    answer = readAnswer(text);
  } catch (cause) {
    const error = toResonanceError(cause);
    if (isOwnReceipt(text, error)) return taken(envelope, statusCode, undefined, excerptOf(text));
    return refused(unreadable(String(error.params["detail"] ?? error.message), cause));
  }
  const { originalBodId: found } = answer;
  if (found !== undefined && envelope.bodId !== "" && found !== envelope.bodId) {
    return refused(new ResonanceError("RESONANCE_MES_ANSWER_MISMATCH", { found, expected: envelope.bodId }));
  }
  return answer.verdict === "rejected" ? refused(rejection(envelope, answer)) : taken(envelope, statusCode, answer);
}

/** A plain text, JSON or SOAP body of the MES's own ("OK") says no more than its status code does; a page, broken XML or broken JSON is no receipt. */
function isOwnReceipt(text: string, { code }: ResonanceError): boolean {
  const start = text.trimStart().charAt(0);
  if (start !== "{" && start !== "<") return true;
  if (code !== "RESONANCE_ISA95_MESSAGE_UNKNOWN") return false;
  return start === "{" || isWithoutDocument(soapIn(text));
}

function isWithoutDocument(soap: SoapContent | undefined): boolean {
  return soap !== undefined && soap.document === undefined;
}

/** An empty success is acceptance of what is only published; who was asked and says nothing has not accepted. */
function taken({ message, bodId }: Envelope, statusCode: number, answer?: Answer, reason = answer?.reason): Outcome {
  const verdict = answer?.verdict ?? (ASKS.test(message) ? "none" : "accepted");
  return {
    kind: "taken",
    delivery: {
      verdict: verdict === "rejected" ? "none" : verdict,
      acknowledged: answer !== undefined,
      ...(answer && { message: answer.message }),
      ...(reason !== undefined && { reason }),
      statusCode,
      bodId,
    },
  };
}

function rejection({ message }: Envelope, { reason }: Answer): ResonanceError {
  return new ResonanceError("RESONANCE_MES_REJECTED", { message, reason: reason ?? "no reason given" });
}

function refused(error: ResonanceError): Outcome {
  return { kind: "refused", error };
}

function misdirected(error: ResonanceError): Outcome {
  return { kind: "refused", error, misdirected: true };
}

function unreadable(detail: string, cause?: unknown): ResonanceError {
  return new ResonanceError("RESONANCE_MES_ANSWER_UNREADABLE", { detail: detail.replace(/\.$/, "") }, { cause });
}

function tryRead(text: string): Answer | undefined {
  try {
    return readAnswer(text);
  } catch {
    return undefined;
  }
}

function detailOf(status: number, location: string | string[] | undefined, text: string): string {
  if (status >= 300 && status < 400) return `a redirect to ${String(location ?? "nowhere")}, which is not followed`;
  const excerpt = excerptOf(text);
  return excerpt === "" || excerpt.startsWith("<!") ? STATUS_CODES[status] ?? "unknown status" : excerpt;
}

function excerptOf(text: string): string {
  const excerpt = text.replace(/[\s\p{Cc}]+/gu, " ").trim();
  return excerpt.length > EXCERPT ? `${excerpt.slice(0, EXCERPT)}…` : excerpt;
}
