/**
 * A small MES for the demo: takes B2MML V0701 by HTTP POST as XML or JSON, checks it, acknowledges it, and shows on a
 * page what it received. It plans nothing.
 */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { toResonanceError } from "../../nodes/lib/errors/resonance-error";
import { CONTENT_TYPES, type B2mmlDocument, type DocumentFormat } from "../../nodes/lib/isa95/document";
import { writeJson } from "../../nodes/lib/isa95/json-writer";
import { formatOf, readDocument } from "../../nodes/lib/isa95/read-document";
import { writeXml } from "../../nodes/lib/isa95/xml-writer";
import { answerTo, rejectionOf } from "./mes-answers";
import { summarize } from "./mes-summary";
import { MES_PAGE, PAGE_HEADERS } from "./mes-page";

/** How the demo MES behaves; everything may be left out. */
export interface MesOptions {
  /** A free one unless told. */
  readonly port?: number;
  /** A second check of every document, as XML, e.g. against the official XSD; gives the reason it is refused. */
  readonly validate?: (xml: string) => Promise<string | undefined>;
  /** The MES's own opinion of a valid document; gives the reason it is rejected. */
  readonly decide?: (document: B2mmlDocument) => string | undefined;
}

/** One document as the MES saw it. */
export interface ReceivedDocument {
  /** ISO 8601 */
  readonly time: string;
  readonly message: string;
  readonly bodId: string;
  readonly equipment: string;
  /** `ID: value unit` of each named value that is not lineage. */
  readonly values: readonly string[];
  readonly verdict: "accepted" | "rejected";
  readonly reason?: string;
  readonly format: DocumentFormat;
  readonly document: string;
}

/** A running demo MES. */
export interface DemoMes {
  /** Where to post documents. */
  readonly url: string;
  /** The last 500 documents, oldest first; one that came again with the same BODID stands once. */
  readonly received: readonly ReceivedDocument[];
  /** Documents that came again. */
  readonly duplicates: number;
  readonly firstAccepted: Promise<ReceivedDocument>;
  close(): Promise<void>;
}

interface Reply {
  readonly status: number;
  readonly body: string;
  readonly format: DocumentFormat;
}

const KEPT = 500;
const MAX_BODY_BYTES = 4 * 1024 * 1024;

/** Starts the MES on 127.0.0.1. */
export async function startMes({ port = 0, validate, decide }: MesOptions = {}): Promise<DemoMes> {
  const received: ReceivedDocument[] = [];
  const replies = new Map<string, Reply>();
  let duplicates = 0;
  let announce: (document: ReceivedDocument) => void = () => undefined;
  const firstAccepted = new Promise<ReceivedDocument>((resolve) => { announce = resolve; });

  const keep = (document: ReceivedDocument): void => {
    received.push(document);
    if (received.length > KEPT) received.shift();
    if (document.verdict === "accepted") announce(document);
  };

  const take = async (text: string): Promise<Reply> => {
    const format = formatOf(text);
    const { document, fault } = await check(text, format, validate);
    const facts = document ? summarize(document) : { message: "unknown", bodId: "", equipment: "", values: [] };
    const known = facts.bodId === "" ? undefined : replies.get(facts.bodId);
    if (known) {
      duplicates++;
      return known;
    }
    const reason = fault ?? (document && decide?.(document));
    const answer = fault === undefined && document ? answerTo(document, reason) : rejectionOf(document, reason ?? "");
    const reply = { status: fault === undefined ? (answer ? 200 : 202) : 400, body: answer ? write(answer, format) : "", format };
    keep({ time: new Date().toISOString(), ...facts, verdict: reason === undefined ? "accepted" : "rejected", ...(reason !== undefined && { reason }), format, document: text });
    if (facts.bodId !== "") remember(replies, facts.bodId, reply);
    return reply;
  };

  const server = createServer((request, response) => {
    handle(request, response, take, received).catch((error: unknown) => {
      if (!response.headersSent) response.writeHead(500, { "content-type": "text/plain; charset=utf-8" });
      response.end(toResonanceError(error).message);
    });
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/b2mml`,
    received,
    get duplicates() {
      return duplicates;
    },
    firstAccepted,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

async function handle(
  request: IncomingMessage, response: ServerResponse, take: (text: string) => Promise<Reply>, received: readonly ReceivedDocument[],
): Promise<void> {
  const { pathname } = new URL(request.url ?? "/", "http://127.0.0.1");
  if (request.method === "POST") {
    const text = await readBody(request);
    if (text === undefined) {
      response.writeHead(413, { connection: "close" }).end();
      return;
    }
    const { status, body, format } = await take(text);
    response.writeHead(status, body === "" ? {} : { "content-type": CONTENT_TYPES[format] }).end(body);
  } else if (request.method === "GET" && pathname === "/received") {
    response.writeHead(200, { "content-type": "application/json; charset=utf-8", "cache-control": "no-store" }).end(JSON.stringify(received));
  } else if (request.method === "GET" && pathname === "/") {
    response.writeHead(200, PAGE_HEADERS).end(MES_PAGE);
  } else {
    response.writeHead(request.method === "GET" ? 404 : 405).end();
  }
}

/** Reads and checks a document; `fault` says what is wrong, `document` is there where it could be read at all. */
async function check(
  text: string, format: DocumentFormat, validate: MesOptions["validate"],
): Promise<{ document?: B2mmlDocument; fault?: string }> {
  try {
    const document = readDocument(text, format);
    const fault = await validate?.(format === "xml" ? text : writeXml(document));
    return { document, ...(fault !== undefined && { fault }) };
  } catch (thrown) {
    const { message, path } = toResonanceError(thrown);
    return { fault: path === undefined ? message : `${path}: ${message}` };
  }
}

function write(document: B2mmlDocument, format: DocumentFormat): string {
  return format === "xml" ? writeXml(document) : JSON.stringify(writeJson(document));
}

/** Answers are kept as long as documents are, so that a repeated one gets the same answer. */
function remember(replies: Map<string, Reply>, bodId: string, reply: Reply): void {
  replies.set(bodId, reply);
  const [oldest] = replies.keys();
  if (replies.size > KEPT && oldest !== undefined) replies.delete(oldest);
}

async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    // What is too much is read but not kept, so that the sender gets the answer.
    if (size <= MAX_BODY_BYTES) chunks.push(chunk);
  }
  return size > MAX_BODY_BYTES ? undefined : Buffer.concat(chunks).toString("utf8");
}
