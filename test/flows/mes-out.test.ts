import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { readExample, startRuntime, until, type EmbeddedRuntime } from "../support/node-red-runtime";
import { sharedData, skipWithout } from "../support/requirements";
import { validateAgainstXsd } from "../support/xsd";

/** The example flows with a MES of core nodes, as they are imported, in the real runtime. */

const EXAMPLES = [
  ["02 Maintenance request from a prediction.json", "ProcessWorkSchedule", { verdict: "accepted", acknowledged: true, message: "AcknowledgeWorkSchedule" }],
  ["03 Quality results to MES.json", "SyncWorkPerformance", { verdict: "accepted", acknowledged: false }],
  ["04 Schedule proposal.json", "ProcessJobList", { verdict: "accepted", acknowledged: true, message: "AcknowledgeJobList" }],
] as const;

describe("MES examples", { skip: skipWithout("shared", sharedData) }, () => {
  let runtime: EmbeddedRuntime;
  before(async () => { runtime = await startRuntime({ http: true }); });
  after(() => runtime.close());

  for (const [file, message, answer] of EXAMPLES) {
    it(`${file}: the MES gets one valid ${message} and its answer comes back`, async () => {
      // Only the port is the test's own.
      const flow = readExample("MES", file).map((node) => (typeof node["url"] === "string" ? { ...node, url: node["url"].replace("http://127.0.0.1:1880", runtime.url) } : node));
      await runtime.deploy(flow);
      await until(() => runtime.sent("To the MES").length > 0, "the MES's answer", 30);
      assert.deepEqual(runtime.sent("Any failure"), []);
      assert.deepEqual(runtime.sent("To the MES").map(({ payload }) => payload), [answer]);
      const received = runtime.sent("Check and acknowledge", 1).map(({ payload }) => String(payload));
      assert.equal(received.length, 1);
      assert.match(received[0] ?? "", new RegExp(`<${message} `));
      const answers = runtime.sent("Check and acknowledge", 0).map(({ payload }) => String(payload)).filter((text) => text !== "");
      assert.deepEqual([...await validateAgainstXsd(new Map([...received, ...answers].map((text, index) => [`document ${index}`, text])))], []);
    });
  }
});
