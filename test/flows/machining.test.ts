import assert from "node:assert/strict";
import { createReadStream } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import { after, afterEach, before, describe, it } from "node:test";
import { startMes, type DemoMes, type MesOptions } from "../../examples/demo/mes";
import { startModelServer } from "../../examples/demo/model-server";
import type { InputRecord, OutputRecord } from "../../nodes/lib/record/interface-record";
import { compileOfficialJson } from "../support/b2mml-json";
import { readExample, startRuntime, until, type EmbeddedRuntime, type FlowNode } from "../support/node-red-runtime";
import { startReplayServer, stopServers, type ReplayServer } from "../support/opcua-server";
import { sharedData, skipWithout } from "../support/requirements";
import { validateAgainstXsd } from "../support/xsd";

/** Recorded machine data through a real OPC UA server, the example flow in the real runtime, a model server and a MES. */

const EXAMPLE = ["CNC machining", "01 Predictive maintenance.json"] as const;
const TAGS = { AirTemperature: "Air temperature", ProcessTemperature: "Process temperature", RotationalSpeed: "Rotational speed", Torque: "Torque", ToolWear: "Tool wear" };
type Row = Readonly<Record<string, number>>;

/** The rows `from` to `to` (exclusive) of a CSV file as numbers, columns renamed: `{ new name: column }`. */
async function readRows(file: string, columns: Readonly<Record<string, string>>, from: number, to: number): Promise<Row[]> {
  const lines = createInterface({ input: createReadStream(path.join(sharedData ?? "", "machining", file)) });
  const rows: Row[] = [];
  let header: string[] | undefined;
  let index = -1;
  for await (const line of lines) {
    const cells = line.split(",");
    if (!header) {
      header = cells;
      continue;
    }
    index++;
    if (index < from) continue;
    if (index >= to) break;
    const names = header;
    rows.push(Object.fromEntries(Object.entries(columns).map(([name, column]) => [name, Number(cells[names.indexOf(column)])])));
  }
  return rows;
}

/** Rows as a subscriber can see them: one that changes nothing is no change. */
function changes(rows: readonly Row[]): Row[] {
  return rows.filter((row, index) => index === 0 || JSON.stringify(row) !== JSON.stringify(rows[index - 1]));
}

async function play(server: ReplayServer, rows: readonly Row[], pauseMs: number): Promise<void> {
  for (const row of rows) {
    server.write(row);
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}

const payloads = <T>(runtime: EmbeddedRuntime, name: string, port = 0): T[] => runtime.sent(name, port).map(({ payload }) => payload as T);

describe("the example flow on recorded machine data", { skip: skipWithout("shared", sharedData) }, () => {
  let runtime: EmbeddedRuntime;
  let model: Awaited<ReturnType<typeof startModelServer>>;
  let mes: DemoMes;
  let documents: { text: string; xml: string }[] = [];
  const keepAll: NonNullable<MesOptions["validate"]> = (xml) => {
    documents.push({ xml, text: mes.received.at(-1)?.document ?? "" });
    return Promise.resolve(undefined);
  };

  before(async () => {
    model = await startModelServer({});
    mes = await startMes({ validate: keepAll });
    runtime = await startRuntime();
    process.env["MODEL_SERVER_URL"] = model.url;
    process.env["MES_URL"] = mes.url;
  });
  afterEach(async () => {
    await runtime.deploy([]);
    await stopServers();
    documents = [];
  });
  after(async () => {
    await runtime.close();
    await Promise.all([model.close(), mes.close()]);
  });

  async function serve(rows: readonly Row[]): Promise<ReplayServer> {
    const [first = {}] = rows;
    const server = await startReplayServer({ variables: Object.entries(first).map(([name, initial]) => ({ name, initial })) });
    process.env["OPCUA_ENDPOINT"] = server.endpointUrl;
    return server;
  }

  async function assertOfficiallyValid(texts: readonly string[]): Promise<void> {
    const faults = await validateAgainstXsd(new Map(texts.map((text, index) => [`document ${index}`, text])));
    assert.deepEqual([...faults], []);
  }

  it("makes one document of every row of AI4I, in order, none lost, none twice, all valid", async () => {
    const rows = changes(await readRows("ai4i2020-rows-1-8000.csv", TAGS, 700, 1100));
    const server = await serve(rows);
    await runtime.deploy(readExample(...EXAMPLE));
    await until(() => payloads(runtime, "MES").length >= 1, "the first document");
    await play(server, rows.slice(1), 15);
    await until(() => runtime.sent("Asset properties").length >= rows.length, "a document for every row");
    await until(() => payloads(runtime, "MES").length >= runtime.sent("Asset properties").length + runtime.sent("Maintenance request").length, "the MES's answers");

    const inputs = payloads<InputRecord>(runtime, "Predictive maintenance in");
    const seen = inputs.map(({ values }) => ({
      AirTemperature: values["airTemperature"], ProcessTemperature: values["processTemperature"], RotationalSpeed: values["rotationalSpeed"],
      Torque: values["torque"], ToolWear: values["toolWear"],
    }));
    assert.deepEqual(seen, rows, "each row is one input record, whole");
    const outputs = payloads<OutputRecord>(runtime, "Prediction");
    assert.deepEqual(outputs.map(({ inputId }) => inputId), inputs.map(({ id }) => id));
    for (const output of outputs) assert.equal(output.nature, "prediction");

    const counts = runtime.sent("Predictive maintenance in").at(-1)?.resonance?.["samples"] as Record<string, number>;
    assert.deepEqual({ ...counts, received: 0, applied: 0 }, { received: 0, applied: 0, held: 0, superseded: 0, rejected: 0, ignored: 0 });
    assert.equal(counts["received"], counts["applied"]);

    // One request each time the prediction begins to call for maintenance.
    const wanted = outputs.map(({ values }) => values["maintenanceRequired"] === true);
    const onsets = wanted.filter((now, index) => now && !wanted[index - 1]).length;
    assert.ok(onsets >= 1, "tools reach their end of life in these rows");
    assert.equal(runtime.sent("Maintenance request").length, onsets);

    assert.equal(documents.length, rows.length + onsets);
    await assertOfficiallyValid(documents.map(({ xml }) => xml));
    const answers = payloads<{ verdict: string }>(runtime, "MES");
    assert.ok(answers.every(({ verdict }) => verdict === "accepted"));
    assert.deepEqual(runtime.sent("Any failure"), []);
  });

  it("does the same as B2MML JSON, valid against the official JSON schema and, turned into XML, against the XSD", async () => {
    const rows = changes(await readRows("ai4i2020-rows-1-8000.csv", TAGS, 3000, 3040));
    const server = await serve(rows);
    const flow = readExample(...EXAMPLE).map((node) => (["resonance-isa95", "resonance-mes"].includes(node.type) ? { ...node, format: "json" } : node));
    await runtime.deploy(flow);
    await until(() => payloads(runtime, "MES").length >= 1, "the first document");
    await play(server, rows.slice(1), 15);
    await until(() => runtime.sent("Asset properties").length >= rows.length && payloads(runtime, "MES").length >= rows.length, "the MES's answers");
    const official = compileOfficialJson(["SyncPhysicalAsset", "ProcessWorkSchedule"]);
    for (const document of payloads<Record<string, unknown>>(runtime, "Asset properties")) assert.deepEqual(official(document), []);
    await assertOfficiallyValid(documents.map(({ xml }) => xml));
    assert.deepEqual(runtime.sent("Any failure"), []);
  });

  it("carries milling data as process data of the job: unit conversion, worn and unworn tools, valid documents", async () => {
    const columns = { SpindleSpeed: "S1_ActualVelocity", SpindlePower: "S1_OutputPower", SpindleCurrent: "S1_CurrentFeedback", Feed: "M1_CURRENT_FEEDRATE", Position: "X1_ActualPosition" };
    const fields = { SpindleSpeed: ["rotationalSpeed", "RPS"], SpindlePower: ["spindlePower", "KWT"], SpindleCurrent: ["spindleCurrent", "AMP"], Feed: ["feedRate", "H81"], Position: ["axisPosition", "MMT"] } as const;
    for (const file of ["cnc-mill-02.csv", "cnc-mill-08.csv"]) {
      documents = [];
      const rows = changes(await readRows(file, columns, 400, 500));
      const server = await serve(rows);
      await runtime.deploy(processData(fields));
      await until(() => payloads(runtime, "MES").length >= 1, "the first document");
      await play(server, rows.slice(1), 15);
      await until(() => payloads(runtime, "MES").length >= rows.length, `the MES's answers (${file})`);
      const inputs = payloads<InputRecord>(runtime, "Process data in");
      assert.equal(inputs.length, rows.length);
      inputs.forEach(({ values }, index) => {
        const speed = (rows[index]?.["SpindleSpeed"] ?? NaN) * 60;
        assert.ok(Math.abs((values["rotationalSpeed"] as number) - speed) < 1e-6, `row ${index}: revolutions per second become revolutions per minute`);
        assert.equal(values["spindlePower"], rows[index]?.["SpindlePower"]);
      });
      assert.equal(documents.length, rows.length);
      await assertOfficiallyValid(documents.map(({ xml }) => xml));
      assert.deepEqual(runtime.sent("Any failure"), []);
      await stopServers();
    }
  });
});

/** The example without its model: process data of another category straight to the MES. */
function processData(fields: Readonly<Record<string, readonly [field: string, unit: string]>>): FlowNode[] {
  const example = readExample(...EXAMPLE);
  const named = (name: string): FlowNode => example.find((node) => node.name === name && node.wires !== undefined) as FlowNode;
  const collector = named("Predictive maintenance in");
  const validate = named("Check");
  const isa95 = named("Asset properties");
  const changed: Readonly<Record<string, Partial<FlowNode>>> = {
    [named("CNC spindle and tool").id]: { items: Object.keys(fields).map((tag) => ({ tag, nodeId: `nsu=urn:model-data-resonance:cnc;s=${tag}` })) },
    [collector.id]: {
      name: "Process data in", category: "adaptive-control", wires: [[validate.id], collector.wires?.[1] ?? []],
      tags: Object.entries(fields).map(([tag, [field, unit]]) => ({ tag, field, unit, maxAge: 0, optional: false })),
    },
    [validate.id]: { wires: [[isa95.id], validate.wires?.[1] ?? []] },
    [isa95.id]: { message: "SyncWorkPerformance" },
  };
  return example.map((node) => ({ ...node, ...changed[node.id] }));
}
