import { request, type Agent, type IncomingHttpHeaders, type OutgoingHttpHeaders } from "node:http";
import type { TestNode } from "./node-helper";

/** Documents that a MES sends, and a sender over HTTP. */

export const MES_IN: TestNode = {
  id: "node", type: "resonance-mes-in", name: "MES in", version: 1, transport: "http", path: "/b2mml", methods: "POST", authentication: "none", answer: "valid",
  problems: "refuse", undecided: "reject", decisionTime: 20, sender: "EDGE", sizeLimit: 1000, transferTime: 30, queueLimit: 500, remember: 1000, wires: [[], [], []],
};

export interface DocumentOptions {
  readonly verb?: "Process" | "Get" | "Sync" | "Change";
  /** Attribute of the verb's element, e.g. `acknowledgeCode="Always"`. */
  readonly asks?: string;
  readonly confirm?: string;
  readonly jobs?: readonly string[];
  readonly state?: string;
  readonly sender?: string;
}

/** A work schedule in XML; without `bodId` the document has none. */
export function schedule(bodId: string | undefined, { verb = "Process", asks = "acknowledgeCode=\"Always\"", confirm, jobs = ["JO-1"], state = "Released", sender = "MES-1" }: DocumentOptions = {}): string {
  const orders = jobs.map((id) => `<JobOrder><ID>${id}</ID><WorkMasterID>WM-1</WorkMasterID><JobOrderParameter><ID>quantity</ID><Value><ValueString>25</ValueString><DataType>int</DataType><UnitOfMeasure>C62</UnitOfMeasure></Value></JobOrderParameter></JobOrder>`).join("");
  return `<?xml version="1.0" encoding="UTF-8"?>
<${verb}WorkSchedule xmlns="http://www.mesa.org/xml/B2MML" releaseID="7.0.1"><ApplicationArea><Sender><LogicalID>${sender}</LogicalID>${confirm === undefined ? "" : `<ConfirmationCode>${confirm}</ConfirmationCode>`}</Sender><CreationDateTime>2026-01-15T08:31:00Z</CreationDateTime>${bodId === undefined ? "" : `<BODID>${bodId}</BODID>`}</ApplicationArea><DataArea><${verb}${asks === "" ? "" : ` ${asks}`}/><WorkSchedule><ID>WS-1</ID><ScheduleState>${state}</ScheduleState><WorkRequest><ID>WR-1</ID>${orders}</WorkRequest></WorkSchedule></DataArea></${verb}WorkSchedule>`;
}

export interface Answered {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

export interface SendOptions {
  readonly method?: string;
  readonly headers?: OutgoingHttpHeaders;
  readonly agent?: Agent;
}

/** Sends a document and waits for the answer. @throws when the connection breaks before it came */
export function send(url: string, body: string | Buffer, { method = "POST", headers = { "content-type": "application/xml" }, agent }: SendOptions = {}): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers: { ...(!("transfer-encoding" in headers) && { "content-length": Buffer.byteLength(body) }), ...headers }, ...(agent && { agent }) }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => { chunks.push(chunk); });
      response.on("end", () => { resolve({ status: response.statusCode ?? 0, headers: response.headers, text: Buffer.concat(chunks).toString("utf8") }); });
      response.on("error", reject);
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

/** The code of an error that came as JSON. */
export function codeOf({ text }: Pick<Answered, "text">): string {
  return (JSON.parse(text) as { readonly error: { readonly code: string } }).error.code;
}
