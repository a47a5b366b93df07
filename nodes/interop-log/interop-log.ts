import type { NodeAPI, NodeDef } from "node-red";
import { ResonanceError } from "../lib/errors/resonance-error";
import { isLogCommand, runLogCommand } from "../lib/interop/command";
import type { LogSettings } from "../lib/interop/log-writer";
import { observe } from "../lib/interop/observe";
import { requireAmount } from "../lib/mes/mes-client";
import { defineNode } from "../lib/node-red/define-node";
import { serveInteropLogs } from "../lib/node-red/interop-logs";

interface InteropLogDef extends NodeDef {
  /** Name of the log; nodes with the same name write one. */
  log: string;
  from: string;
  to: string;
  protocol: string;
  checked: boolean;
  /** Paths in the payload, parted by commas. */
  fields: string;
  durability: "passing" | "recorded";
  // Forms may save numbers as text.
  /** MB */
  fileSize: number | string;
  /** hours; 0: no limit */
  fileAge: number | string;
  /** MB */
  totalSize: number | string;
  atLimit: "stop" | "drop";
}

const MEGABYTE = 1_000_000;
const HOUR_MS = 3_600_000;

/** Records every message of a wire in an append-only log with a hash chain and passes it on as it is. */
export = (RED: NodeAPI) => {
  const logs = serveInteropLogs(RED);
  defineNode<InteropLogDef>(RED, "resonance-interop-log", ({ def, credentials, status, ...kit }) => {
    const opened = logs.open(def.log, settingsOf(def, credentials["key"]));
    const { log } = opened;
    const tap = {
      from: def.from.trim(), to: def.to.trim(), protocol: def.protocol.trim(), checked: def.checked,
      fields: def.fields.split(",").map((path) => path.trim()).filter((path) => path !== ""),
      self: { name: "Node-RED", product: "Node-RED", ...versionOf(RED) },
    };
    const silence = log.onNews((news) => {
      if ("torn" in news) kit.node.warn(new ResonanceError("RESONANCE_INTEROP_RECOVERED", { file: news.torn.file, bytes: news.torn.bytes }).localize(kit.language).message);
      // Who waits for the disk hears it by the message itself.
      else if (news.problem) {
        if (def.durability === "passing") kit.fail(new ResonanceError(news.problem.code, news.problem.params, { cause: news.problem }));
      } else status.count("recorded", "green", 0);
    });
    return {
      async input(msg) {
        if (isLogCommand(msg.topic)) {
          msg.payload = await runLogCommand(log, msg.topic, msg.payload);
          return [null, msg];
        }
        const entry = observe(msg, tap, new Date());
        if (def.durability === "recorded") await log.record(entry);
        else log.note(entry);
        if (log.status().problem === undefined) status.count("recorded");
        return [msg, null];
      },
      close() {
        silence();
        return opened.close();
      },
    };
  }, { credentials: { key: { type: "password" } } });
};

/** @throws RESONANCE_CONFIG_INVALID */
function settingsOf(def: InteropLogDef, key: string | undefined): LogSettings {
  const totalBytes = requireAmount("totalSize", Number(def.totalSize)) * MEGABYTE;
  const fileBytes = requireAmount("fileSize", Number(def.fileSize)) * MEGABYTE;
  // The oldest file can go only when there is another.
  if (fileBytes * 2 > totalBytes) throw new ResonanceError("RESONANCE_CONFIG_INVALID", { setting: "fileSize", detail: `${def.fileSize} MB, ${def.totalSize} MB` }, { path: "fileSize" });
  return {
    fileBytes, totalBytes, fileAgeMs: requireAmount("fileAge", Number(def.fileAge), true) * HOUR_MS, atLimit: def.atLimit,
    ...(key !== undefined && key !== "" && { key }),
  };
}

function versionOf(RED: NodeAPI): { readonly version?: string } {
  // The types say a text, the runtime gives a function.
  const { version } = RED as unknown as { readonly version?: unknown };
  const told: unknown = typeof version === "function" ? (version as () => unknown)() : version;
  return typeof told === "string" ? { version: told } : {};
}
