import { ResonanceError } from "../errors/resonance-error";
import { isObject } from "../json/is-object";
import type { ExportFilter, ExportFormat } from "./export";
import type { InteropLog } from "./log";

/** Whether a topic makes a message a command for the log instead of one to be recorded. */
export const isLogCommand = (topic: unknown): topic is string => typeof topic === "string" && /^interop\/(status|verify|export)$/.test(topic);

/**
 * Runs a command: `interop/status`; `interop/verify` with nothing or the end of the chain kept elsewhere (`{ seq, hash }`);
 * `interop/export` with `csv`, `jsonl` or `{ format, since, until }`, which gives the log as one text.
 * @throws RESONANCE_INTEROP_COMMAND
 */
export async function runLogCommand(log: InteropLog, topic: string, payload: unknown): Promise<unknown> {
  if (topic === "interop/verify") return log.verify(anchorOf(payload));
  if (topic === "interop/export") {
    const { format, filter } = exportOf(payload);
    const parts: string[] = [];
    for await (const part of log.export(format, filter)) parts.push(part);
    return parts.join("");
  }
  const { problem, ...status } = log.status();
  return { ...status, ...(problem && { problem: problem.code }) };
}

/** What is no anchor at all (a time from an inject node) is none; half of one is a mistake. */
function anchorOf(payload: unknown): { readonly seq: number; readonly hash: string } | undefined {
  if (!isObject(payload)) return undefined;
  const { seq, hash } = payload;
  if (Number.isSafeInteger(seq) && typeof hash === "string") return { seq: seq as number, hash };
  throw new ResonanceError("RESONANCE_INTEROP_COMMAND", { command: "interop/verify" }, { path: "payload" });
}

function exportOf(payload: unknown): { readonly format: ExportFormat; readonly filter: ExportFilter } {
  const wanted: Readonly<Record<string, unknown>> = isObject(payload) ? payload : { format: payload };
  const { format, since, until } = wanted;
  if (format !== "csv" && format !== "jsonl") throw new ResonanceError("RESONANCE_INTEROP_COMMAND", { command: "interop/export" }, { path: "payload" });
  return { format, filter: { ...(typeof since === "string" && { since }), ...(typeof until === "string" && { until }) } };
}
