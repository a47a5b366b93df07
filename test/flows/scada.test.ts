import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { Sample } from "../../nodes/lib/record/sample";
import { readExample, startRuntime, until, type EmbeddedRuntime } from "../support/node-red-runtime";
import { freePort } from "../support/ports";
import { readValue, withClient } from "../support/scada";

/** The SCADA example as it is imported, in the real runtime, with a client from outside. */

const BOOTH = "ns=2;s=acme/shanghai/coating/line-2/booth-1";

describe("the example of a SCADA server", () => {
  let runtime: EmbeddedRuntime;
  let port = 0;
  before(async () => {
    runtime = await startRuntime();
    port = await freePort();
    const flow = JSON.stringify(readExample("SCADA", "01 OPC UA server for any SCADA.json")).replaceAll(":4840\"", `:${port}"`).replace("\"port\":4840", `"port":${port}`);
    await runtime.deploy(JSON.parse(flow) as Parameters<EmbeddedRuntime["deploy"]>[0]);
  });
  after(() => runtime.close());

  it("shows the soft sensor's viscosity, which comes back over OPC UA as an uncertain value", async () => {
    const samples = (): Sample[] => runtime.sent("as a SCADA reads it").flatMap(({ payload }) => payload as Sample[]);
    await until(() => samples().some(({ quality }) => quality === "Uncertain"), "a prediction read back", 40);
    const read = samples().find(({ quality }) => quality === "Uncertain");
    assert.ok(read);
    assert.equal(read.tag, "Viscosity");
    const made = runtime.sent("Viscosity soft sensor").map(({ payload }) => payload as { values: { viscosity: number }; timestamp: string });
    assert.deepEqual(made.filter(({ timestamp }) => timestamp === read.timestamp).map(({ values }) => values.viscosity), [read.value]);
    await until(() => runtime.status("SCADA server")?.text === "1 clients", "the client in the status");
  });

  it("a client from outside sees the same, and nothing failed", async () => {
    await withClient(port, {}, async (session) => {
      const { value, statusCode } = await readValue(session, `${BOOTH}#soft-sensor/output/viscosity`);
      assert.ok((value.value as number) >= 80 && (value.value as number) <= 90);
      assert.equal(statusCode.name, "Uncertain");
      assert.equal((await readValue(session, `${BOOTH}#adaptive-control/approval/State`)).value.value, "none");
    });
    assert.deepEqual(runtime.sent("Any failure").map(({ error }) => String(error?.message)).filter((message) => !message.includes("opc.tcp")), []);
  });
});
