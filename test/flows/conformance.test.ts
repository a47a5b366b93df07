import assert from "node:assert/strict";
import fs from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import type { LogEntry } from "../../nodes/lib/interop/entry";
import type { Verification } from "../../nodes/lib/interop/verify";
import { interopFiles } from "../support/interop";
import { readExample, startRuntime, until, type EmbeddedRuntime } from "../support/node-red-runtime";

/** The examples of conformance in the real runtime. */

const userDir = fs.mkdtempSync(path.join(tmpdir(), "resonance-conformance-"));
let runtime: EmbeddedRuntime;
before(async () => { runtime = await startRuntime({ http: true, userDir }); });
after(async () => {
  await runtime.close();
  fs.rmSync(userDir, { recursive: true, force: true });
});

describe("Conformance 02: interoperability log", () => {
  const folder = path.join(userDir, "resonance", "interop", "coating");
  const answers = <T>(): T[] => runtime.sent("Which answer?", 0).map(({ payload }) => payload as T);

  it("records each record on its way unchanged, verifies, and gives the table", async () => {
    await runtime.deploy(readExample("Conformance", "02 Interoperability log and report.json").map((node) => (node.type === "inject" && node.name === "every 2 s" ? { ...node, repeat: "0.2" } : node)));
    await until(() => runtime.sent("Log predictions").length >= 5, "five predictions", 30);
    runtime.press("Verify the log");
    await until(() => answers().length === 1, "the verification");
    const [found] = answers<Verification>();
    assert.deepEqual([found?.intact, found?.recoveries, found?.lost], [true, 0, 0]);
    runtime.press("Report as CSV");
    runtime.press("Copy as JSON lines");
    await until(() => runtime.sent("Which answer?", 1).length === 2, "both exports");
    const [csv = "", lines = ""] = runtime.sent("Which answer?", 1).map(({ payload }) => payload as string);
    assert.match(csv, /^seq,time,from,.*\r\n1,/);
    const entries = lines.split("\n").filter(Boolean).map((line) => JSON.parse(line) as LogEntry);
    const predictions = entries.filter(({ kind }) => kind === "output record");
    assert.ok(predictions.length >= 5);
    for (const { from, to, protocol, verdict, fields, ids } of predictions) {
      assert.deepEqual([from, to.name, protocol, verdict], [{ name: "viscosity-formula", product: "viscosity-formula", version: "1.0.0" }, "SCADA", "OPC UA", { valid: true, errors: [] }]);
      const passed = runtime.sent("Log predictions").map(({ payload }) => payload as { id: string; values: Record<string, unknown>; confidence: number }).find(({ id }) => id === ids.recordId);
      assert.deepEqual(fields, { "values.viscosity": passed?.values["viscosity"], confidence: passed?.confidence });
      assert.ok(entries.some(({ kind, ids: { recordId } }) => kind === "input record" && recordId === ids.inputId), "its input is in the log");
    }
    const [node] = entries.filter(({ kind }) => kind === "input record");
    assert.deepEqual([node?.from.name, node?.to.name, node?.to.product, typeof node?.to.version], ["Paint supply", "Node-RED", "Node-RED", "string"]);
    assert.doesNotMatch(lines, /paintTemperature/, "no values but the chosen ones");
    assert.deepEqual(runtime.logged(), []);
    assert.match(runtime.status("Log predictions")?.text ?? "", /recorded/);
  });

  it("the admin routes verify and export the same, and know no log that is not open", async () => {
    const verified = await (await fetch(`${runtime.url}/resonance/interop/coating/verify`)).json() as Verification;
    assert.equal(verified.intact, true);
    const exported = await fetch(`${runtime.url}/resonance/interop/coating/export?format=csv`);
    assert.match(exported.headers.get("content-type") ?? "", /^text\/csv/);
    assert.ok((await exported.text()).split("\r\n").length > 5);
    assert.equal((await fetch(`${runtime.url}/resonance/interop/other/export`)).status, 404);
    assert.equal((await fetch(`${runtime.url}/resonance/interop/..%2f..%2fcoating/verify`)).status, 404);
  });

  it("one byte changed: the next verification names the line, and the end kept before still tells", async () => {
    const before = answers<Verification>().at(-1);
    const [file = ""] = interopFiles(folder);
    const data = fs.readFileSync(file);
    const at = data.indexOf("input record");
    data[at] = 0x49;
    const handle = fs.openSync(file, "r+");
    fs.writeSync(handle, data, at, 1, at);
    fs.closeSync(handle);
    runtime.receive("Log predictions", { topic: "interop/verify", payload: before?.head });
    await until(() => answers().length === 2, "the verification");
    const { intact, problem } = answers<Verification>()[1] ?? {};
    assert.deepEqual([intact, problem?.fault, problem?.line], [false, "changed", 1]);
  });
});
