import { createHttpClient, type HttpAnswer, type HttpClientOptions } from "../http/http-client";
import { HttpFailure } from "../http/http-failure";
import type { DocumentFormat } from "../isa95/document";
import type { Envelope } from "./delivery";
import { judgeAnswer, judgeFailure, type Outcome } from "./judge";

/** Where the MES is and how to talk to it; a time-out is for one attempt, from the connection to the last byte of the answer. */
export interface MesExchangeOptions extends Pick<HttpClientOptions, "authentication" | "credentials" | "caFile" | "tls" | "proxy" | "oauth" | "timeout"> {
  /** The URL documents are posted to, as it stands. */
  readonly url: string;
  /** The form of B2MML the MES takes. */
  readonly format: DocumentFormat;
}

/** Posts documents and judges the answers. */
export interface MesExchange {
  /** One attempt. `key` marks every attempt for the same document, so that the MES can tell that it has it already; its BODID unless told. */
  attempt(envelope: Envelope, key?: string): Promise<Outcome>;
  /** Ends what is under way at once. */
  close(): Promise<void>;
}

/** Answers are a few kilobytes; whoever sends more is no MES. */
const MAX_ANSWER_BYTES = 1024 * 1024;

/**
 * Nothing connects before the first document.
 * @throws RESONANCE_CONFIG_INVALID for an unusable URL, time-out, certificate, proxy or missing credentials.
 */
export function createMesExchange({ url, connections, ...options }: MesExchangeOptions & { readonly connections: number }): MesExchange {
  const http = createHttpClient({ ...options, baseUrl: url, maxBytes: MAX_ANSWER_BYTES, connections });
  const post = async ({ document, contentType }: Envelope, key: string): Promise<HttpAnswer | HttpFailure> => {
    const headers = {
      "content-type": contentType, accept: "application/xml, application/json;q=0.9",
      ...(key !== "" && { "idempotency-key": headerText(key) }),
    };
    try {
      return await http.request({ method: "POST", headers, body: document });
    } catch (thrown) {
      if (thrown instanceof HttpFailure) return thrown;
      throw thrown;
    }
  };
  return {
    async attempt(envelope, key = envelope.bodId) {
      const result = await post(envelope, key);
      return result instanceof HttpFailure ? judgeFailure(result, options.timeout) : judgeAnswer(envelope, result);
    },
    close: () => http.close(),
  };
}

/** A BODID may hold anything, a header only visible ASCII. */
function headerText(key: string): string {
  return /^[\x21-\x7e]+$/.test(key) ? key : encodeURIComponent(key.replace(/[\ud800-\udfff]/gu, "?"));
}
