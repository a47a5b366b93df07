import vm from "node:vm";
import type { FlowNode } from "./node-red-runtime";

/** The code of the function node with this name. @throws where the flow has none */
export function codeOf(flow: readonly FlowNode[], name: string): string {
  const node = flow.find((candidate) => candidate.type === "function" && candidate.name === name);
  if (!node) throw new Error(`no function ${name}`);
  return String(node["func"]);
}

/** Runs the code of a function node on a payload, with what stands in the context of its flow; gives the payload that it answers. */
export function runFunction<T>(code: string, payload: unknown, kept: Readonly<Record<string, unknown>> = {}): T {
  const result: unknown = vm.runInNewContext(`((msg, flow) => {${code}\n})`);
  const msg = (result as (msg: object, flow: object) => { payload: T })({ payload }, { get: (name: string) => kept[name] });
  // Out of the other realm, so that it can be compared.
  return JSON.parse(JSON.stringify(msg.payload)) as T;
}

/** What was learned, as it stands in the code: `const MODEL = …` on a line, or the list `const TRIALS = […];`. */
export function learnedIn(code: string): unknown {
  const [, model] = /^const MODEL = (.*);$/m.exec(code) ?? [];
  if (model !== undefined) return JSON.parse(model);
  const [, trials] = /^const TRIALS = (\[[\s\S]*?\n\]);$/m.exec(code) ?? [];
  return trials === undefined ? undefined : JSON.parse(trials.replace(/,\s*\]$/, "]"));
}
