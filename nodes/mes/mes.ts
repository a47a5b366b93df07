import type { NodeAPI, NodeDef } from "node-red";
import type { HttpAuthentication } from "../lib/http/authorization";
import type { DocumentFormat } from "../lib/isa95/document";
import { createMesClient, type MesClient } from "../lib/mes/mes-client";
import { defineConfig } from "../lib/node-red/define-config";

interface MesDef extends NodeDef {
  url: string;
  format: DocumentFormat;
  authentication: HttpAuthentication;
  caFile: string;
  // Forms may save numbers as text.
  timeout: number | string;
  retries: number | string;
  queueLimit: number | string;
}

/** The MES's endpoint; the nodes that use it share one client and its queue. */
export = (RED: NodeAPI) =>
  defineConfig<MesDef, MesClient>(
    RED,
    "resonance-mes",
    ({ def, credentials }) => {
      const client = createMesClient({
        url: def.url,
        format: def.format,
        authentication: def.authentication,
        credentials,
        caFile: def.caFile,
        timeout: Number(def.timeout),
        retries: Number(def.retries),
        queueLimit: Number(def.queueLimit),
      });
      return { value: client, close: () => client.close() };
    },
    { credentials: { user: { type: "text" }, password: { type: "password" }, token: { type: "password" } } },
  );
