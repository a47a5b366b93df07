import { ResonanceError, type ErrorCode, type ErrorParams } from "../errors/resonance-error";
import type { HttpAnswer } from "../http/http-client";
import { HttpFailure, type HttpFailureKind } from "../http/http-failure";
import { retryAfter } from "../http/retry-after";

/** What an error text names. */
export interface Target {
  /** Model and, where one is asked for, version. */
  readonly model: string;
  readonly url: string;
  /** Milliseconds. */
  readonly timeout: number;
}

const FAILURES: Readonly<Record<HttpFailureKind, ErrorCode>> = {
  unreachable: "RESONANCE_MODEL_UNREACHABLE",
  timeout: "RESONANCE_MODEL_TIMEOUT",
  certificate: "RESONANCE_MODEL_CERTIFICATE",
  tooLarge: "RESONANCE_MODEL_ANSWER_INVALID",
  protocol: "RESONANCE_MODEL_ANSWER_INVALID",
  token: "RESONANCE_HTTP_TOKEN",
  closed: "RESONANCE_MODEL_CLOSED",
};

const STATUS_CODES: Readonly<Record<number, ErrorCode>> = {
  401: "RESONANCE_MODEL_UNAUTHORIZED",
  403: "RESONANCE_MODEL_UNAUTHORIZED",
  404: "RESONANCE_MODEL_UNKNOWN",
  503: "RESONANCE_MODEL_NOT_READY",
};

/** Servers that answer 400 for everything say in words what it is (Triton, MLServer). */
const WORDS: readonly (readonly [RegExp, ErrorCode])[] = [
  [/not (yet )?ready|is loading|is not loaded/i, "RESONANCE_MODEL_NOT_READY"],
  [/unknown (model|version)|model .*not found|no such model|no available versions/i, "RESONANCE_MODEL_UNKNOWN"],
];

const WORDS_LENGTH = 300;
/** A tag holds no other tag's beginning: each sign of a text is looked at once, however many beginnings it has. */
const TAG = /<[^<>]*>/g;

/** An exchange that gave no usable answer, as the model's error; anything else is passed on. */
export function modelFailure(thrown: unknown, { model, url, timeout }: Target): unknown {
  if (!(thrown instanceof HttpFailure)) return thrown;
  return new ResonanceError(FAILURES[thrown.kind], { model, url, timeout, detail: thrown.detail }, { cause: thrown });
}

/**
 * An answer with another status than 200, as the model's error with the server's own words; its parameter `retryAfter` is
 * the milliseconds for which the server asks to be left alone.
 * `unlisted`: the server did not know the model when asked for its metadata, so a bare 400 means just that.
 */
export function serverError({ statusCode, headers, text }: HttpAnswer, { model, url }: Target, unlisted = false): ResonanceError {
  const location = statusCode >= 300 && statusCode < 400 ? headers["location"] : undefined;
  const detail = typeof location === "string" ? `redirect to ${location}` : serverWords(text) || `HTTP ${statusCode}`;
  const params: ErrorParams = { model, url, statusCode, detail, retryAfter: retryAfter(headers["retry-after"]) };
  return new ResonanceError(codeOf(statusCode, detail, unlisted), params);
}

/** The `{error}` of the protocol; `detail` and `message` are what frameworks put in front of it; else the text's beginning. */
function serverWords(text: string): string {
  return shorten(errorOf(text) ?? text.replace(TAG, " "));
}

function codeOf(statusCode: number, detail: string, unlisted: boolean): ErrorCode {
  const code = STATUS_CODES[statusCode];
  if (code) return code;
  if (statusCode !== 400) return "RESONANCE_MODEL_SERVER_ERROR";
  const word = WORDS.find(([pattern]) => pattern.test(detail));
  return word?.[1] ?? (unlisted ? "RESONANCE_MODEL_UNKNOWN" : "RESONANCE_MODEL_SERVER_ERROR");
}

function errorOf(text: string): string | undefined {
  try {
    const document = JSON.parse(text) as unknown;
    if (typeof document !== "object" || document === null) return undefined;
    const { error, detail, message } = document as Record<string, unknown>;
    const words = error ?? detail ?? message;
    if (words === undefined || words === null) return undefined;
    return typeof words === "string" ? words : JSON.stringify(words);
  } catch {
    return undefined;
  }
}

/** Words of a server on one line, not too long. */
export function shorten(words: string): string {
  const line = words.replace(/\s+/g, " ").trim().replace(/\.$/, "");
  return line.length > WORDS_LENGTH ? `${line.slice(0, WORDS_LENGTH - 1)}…` : line;
}
