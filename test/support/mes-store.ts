import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { uuidv7 } from "../../nodes/lib/record/uuid-v7";

/** What a MES does with a request: take the document and answer, fail before it looks at it, take it and break the connection, or take it and say nothing. */
export type Conduct = "answer" | "fail" | "drop" | "hang";

/** A MES that keeps every document once, by its idempotency key, and counts what it saw. */
export interface MesStore {
  readonly url: string;
  readonly port: number;
  /** Documents by key, in the order of their first arrival. */
  readonly store: ReadonlyMap<string, { readonly lane: string; readonly number: number }>;
  /** Requests in all, those for documents it had already, and those of each other conduct than `answer`. */
  readonly counts: { requests: number; repeated: number; failed: number; dropped: number };
  close(): Promise<void>;
}

/** A small B2MML document of a numbered event at one of the equipments. */
export function numberedDocument(lane: string, number: number, bodId = `${lane}-${number}`): string {
  return `<?xml version="1.0" encoding="UTF-8"?><SyncEquipment xmlns="http://www.mesa.org/xml/B2MML" releaseID="7.0.1"><ApplicationArea><CreationDateTime>2026-01-15T08:31:02Z</CreationDateTime><BODID>${bodId}</BODID></ApplicationArea>`
    + `<DataArea><Sync/><Equipment><ID>${number}</ID><HierarchyScope><EquipmentID>acme</EquipmentID><EquipmentLevel>Enterprise</EquipmentLevel><HierarchyScopeChild><EquipmentID>${lane}</EquipmentID><EquipmentLevel>WorkUnit</EquipmentLevel></HierarchyScopeChild></HierarchyScope></Equipment></DataArea></SyncEquipment>`;
}

/** Starts it on 127.0.0.1; `conduct` gets the number of the request and whether the document is there already. */
export async function startMesStore({ port = 0, conduct = () => "answer" }: { port?: number; conduct?: (request: number, known: boolean) => Conduct } = {}): Promise<MesStore> {
  const store = new Map<string, { lane: string; number: number }>();
  const counts = { requests: 0, repeated: 0, failed: 0, dropped: 0 };
  const take = (key: string, text: string, response: ServerResponse): void => {
    counts.requests += 1;
    const how = conduct(counts.requests, store.has(key));
    if (how === "fail") {
      counts.failed += 1;
      response.writeHead(500).end("no database");
      return;
    }
    if (store.has(key)) counts.repeated += 1;
    else store.set(key, { lane: /<HierarchyScopeChild><EquipmentID>(.*?)</.exec(text)?.[1] ?? "", number: Number(/<Equipment><ID>(\d+)</.exec(text)?.[1]) });
    if (how === "drop") {
      counts.dropped += 1;
      response.destroy();
    } else if (how === "answer") response.writeHead(202).end();
  };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => { take(String(request.headers["idempotency-key"] ?? uuidv7()), Buffer.concat(chunks).toString("utf8"), response); });
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const own = (server.address() as AddressInfo).port;
  return {
    url: `http://127.0.0.1:${own}/b2mml`, port: own, store, counts,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

/** Numbers of each equipment in the order in which they arrived first. */
export function arrivals({ store }: Pick<MesStore, "store">): ReadonlyMap<string, readonly number[]> {
  const lanes = new Map<string, number[]>();
  for (const { lane, number } of store.values()) {
    const known = lanes.get(lane) ?? [];
    known.push(number);
    lanes.set(lane, known);
  }
  return lanes;
}
