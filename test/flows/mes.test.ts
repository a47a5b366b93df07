import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { schedule, send } from "../support/mes-in";
import { readExample, startRuntime, until, type EmbeddedRuntime } from "../support/node-red-runtime";
import { skipWithout } from "../support/requirements";
import { xsdFault, xsdFolder } from "../support/xsd";

/** The MES examples as they are imported, in the real runtime. */

describe("the round trip of a job order", () => {
  let runtime: EmbeddedRuntime;
  before(async () => {
    runtime = await startRuntime({ http: true });
    await runtime.deploy(readExample("MES", "01 Job order round trip.json"));
  });
  after(() => runtime.close());

  it("the order is acknowledged, and its forecast comes back with the same identifier", async () => {
    await until(() => runtime.sent("MES: finds its order", 1).length > 0, "the forecast", 30);
    const orders = runtime.sent("MES: finds its order", 1).map(({ payload }) => payload);
    // Objects of a function node come from another realm.
    assert.equal(JSON.stringify(orders), JSON.stringify([{ id: "JO-0001", state: "forecast" }]));
    await until(() => runtime.sent("to MES in").length > 0, "the acknowledgement");
    assert.deepEqual(runtime.sent("to MES in")[0]?.payload, { verdict: "accepted", acknowledged: true, message: "AcknowledgeWorkSchedule" });
    const input = runtime.sent("Progress record")[0]?.payload as { readonly values: object };
    assert.deepEqual(input.values, { jobOrderId: "JO-0001", plannedQuantity: 120, partsCompleted: 30 });
    assert.deepEqual(runtime.sent("Any failure").map(({ error }) => error?.message), []);
  });

  it("order, acknowledgement, job response and a refusal are valid for the official schema", { skip: skipWithout("shared", xsdFolder) }, async () => {
    await until(() => runtime.sent("Job response").length > 0, "the documents", 30);
    const acknowledged = await send(`${runtime.url}/b2mml`, schedule("GOOD-1"));
    assert.equal(acknowledged.status, 200);
    const refused = await send(`${runtime.url}/b2mml`, schedule("BAD-1", { state: "Unheard" }));
    assert.equal(refused.status, 422);
    const [order, response] = ["MES: job order", "Job response"].map((name) => String(runtime.sent(name)[0]?.payload));
    const documents = [order ?? "", acknowledged.text, response ?? "", refused.text];
    for (const document of documents) assert.equal(await xsdFault(document), undefined, document);
    assert.match(documents[2] ?? "", /JO-0001/);
  });
});
