import path from "node:path";
import type { NodeAPI } from "node-red";
import { ResonanceError, toResonanceError } from "../errors/resonance-error";
import { createInteropLog, type InteropLog } from "../interop/log";
import type { LogSettings } from "../interop/log-writer";
import { PERMISSIONS } from "./permissions";
import { languageOf } from "./request-language";
import { userFolder } from "./user-folder";

type Handler = Parameters<NodeAPI["httpAdmin"]["get"]>[1];
type Request = Parameters<Handler>[0];
type Response = Parameters<Handler>[1];

interface Shared {
  readonly log: InteropLog;
  users: number;
}

/** The logs that are open, by name: nodes that name the same log write one chain. */
export interface InteropLogs {
  /** A log of this name and how to let go of it; settings of whoever opens it last count for all. */
  open(name: string, settings: LogSettings): { readonly log: InteropLog; close(): Promise<void> };
}

const NAME = /^[A-Za-z0-9_-]{1,60}$/;

/** Logs in `resonance/interop/<name>` of the user directory, and their routes for the editor: `resonance/interop/<name>/verify` and `…/export?format=csv`. */
export function serveInteropLogs(RED: NodeAPI): InteropLogs {
  const logs = new Map<string, Shared>();
  const closing = new Map<string, Promise<void>>();
  const route = (what: string, answer: (log: InteropLog, request: Request, response: Response) => Promise<void>): void => {
    RED.httpAdmin.get(`/resonance/interop/:log/${what}`, RED.auth.needsPermission(PERMISSIONS.look), (request: Request, response: Response) => {
      response.setHeader("Cache-Control", "no-store");
      const found = logs.get(String(request.params["log"]));
      if (!found) {
        response.status(404).json({});
        return;
      }
      answer(found.log, request, response).catch((thrown: unknown) => {
        if (response.headersSent) {
          response.destroy();
          return;
        }
        const { code, params } = toResonanceError(thrown);
        const { message } = new ResonanceError(code, params).localize(languageOf(request.query["language"]));
        response.status(422).json({ code, message });
      });
    });
  };
  route("verify", async (log, _request, response) => { response.json({ ...await log.verify(), bytes: log.status().bytes }); });
  route("export", async (log, request, response) => {
    const format = request.query["format"] === "csv" ? "csv" : "jsonl";
    const part = (name: string): Record<string, string> => (typeof request.query[name] === "string" ? { [name]: request.query[name] } : {});
    response.setHeader("Content-Type", format === "csv" ? "text/csv; charset=utf-8" : "application/x-ndjson; charset=utf-8");
    response.setHeader("Content-Disposition", `attachment; filename="${String(request.params["log"])}.${format}"`);
    for await (const text of log.export(format, { ...part("since"), ...part("until") })) {
      if (response.destroyed) return;
      if (!response.write(text)) await new Promise<void>((resolve) => { response.once("drain", resolve).once("close", resolve); });
    }
    response.end();
  });

  return {
    open(name, settings) {
      if (!NAME.test(name)) throw new ResonanceError("RESONANCE_CONFIG_INVALID", { setting: "log", detail: name }, { path: "log" });
      const known = logs.get(name);
      known?.log.configure(settings);
      const shared = known ?? { log: createInteropLog(path.join(userFolder(RED), "resonance", "interop", name), settings, { after: closing.get(name) }), users: 0 };
      shared.users += 1;
      logs.set(name, shared);
      return {
        log: shared.log,
        async close() {
          shared.users -= 1;
          if (shared.users > 0) return;
          logs.delete(name);
          const closed = shared.log.close();
          closing.set(name, closed);
          await closed;
          if (closing.get(name) === closed) closing.delete(name);
        },
      };
    },
  };
}
