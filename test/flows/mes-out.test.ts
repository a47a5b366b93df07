import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { readExample, startRuntime, until, type EmbeddedRuntime, type FlowNode } from "../support/node-red-runtime";
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

  /** The example with a node that has asked for nothing yet, and with or without its first prediction. */
  const fresh = (number: string, once: boolean): FlowNode[] => {
    const flow = readExample("MES", EXAMPLES[0][0]).map((node) => (node.type === "inject" ? { ...node, once: once && node["once"] === true } : node));
    return JSON.parse(JSON.stringify(flow).replaceAll("d5c2000000000013", `d5c20000000099${number}`)) as FlowNode[];
  };

  for (const [file, message, answer] of EXAMPLES) {
    it(`${file}: the MES gets one valid ${message} and its answer comes back`, async () => {
      // As it is imported: the runtime listens at a port of its own.
      await runtime.deploy(readExample("MES", file));
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

  it("02: a prediction is asked for once, a changed one as a change of the same request, and what the MES rejects is asked again", async () => {
    await runtime.deploy(fresh("01", true));
    const documents = (): string[] => runtime.sent("Check and acknowledge", 1).map(({ payload }) => String(payload));
    const answers = (): object[] => runtime.sent("To the MES").map(({ payload }) => payload as object);
    const request = (document = ""): string[] => [/<(\w+) /.exec(document.replace(/^<\?.*?\?>\s*/s, ""))?.[1] ?? "", /<WorkRequest>\s*<ID>([^<]*)</.exec(document)?.[1] ?? ""];
    await until(() => answers().length === 1, "the request's answer", 30);
    runtime.press("A prediction");
    await until(() => runtime.sent("B2MML", 1).length > 0, "the same prediction suppressed");
    assert.equal(documents().length, 1);
    runtime.press("A worse prediction");
    await until(() => answers().length === 2, "the answer to the change");
    const [[first, id], [second, changed]] = [request(documents()[0]), request(documents()[1])] as [[string, string], [string, string]];
    assert.deepEqual([first, second, changed], ["ProcessWorkSchedule", "ChangeWorkSchedule", id]);
    assert.deepEqual(answers()[1], { verdict: "accepted", acknowledged: true, message: "RespondWorkSchedule" });

    // A change the MES rejects has not been made: the next prediction tells it again.
    runtime.press("The MES rejects the next");
    runtime.press("A prediction");
    await until(() => runtime.sent("Any failure").length === 1, "the rejection of the change");
    assert.equal(runtime.sent("Any failure")[0]?.error?.code, "RESONANCE_MES_REJECTED");
    runtime.press("A prediction");
    await until(() => documents().length === 4, "the change again");
    assert.deepEqual(documents().slice(2).map(request), [["ChangeWorkSchedule", id], ["ChangeWorkSchedule", id]]);
    assert.deepEqual([...await validateAgainstXsd(new Map(documents().map((text, index) => [`document ${index}`, text])))], []);
  });

  it("02: a request the MES rejects suppresses nothing; the next prediction is a request of its own", async () => {
    await runtime.deploy(fresh("02", false));
    const documents = (): string[] => runtime.sent("Check and acknowledge", 1).map(({ payload }) => String(payload));
    runtime.press("The MES rejects the next");
    runtime.press("A prediction");
    await until(() => runtime.sent("Any failure").length === 1, "the rejection", 30);
    const { resonance } = runtime.sent("Any failure")[0] ?? {};
    assert.equal(typeof resonance?.["deadLetter"], "number");
    runtime.press("A prediction");
    await until(() => runtime.sent("To the MES").length === 1, "the second request's answer");
    const ids = documents().map((document) => /<WorkRequest>\s*<ID>([^<]*)</.exec(document)?.[1]);
    assert.equal(new Set(ids).size, 2);
    assert.ok(documents().every((document) => document.includes("<ProcessWorkSchedule ")));
    runtime.press("A prediction");
    await until(() => runtime.sent("B2MML", 1).length === 1, "the third is suppressed");
    assert.equal(documents().length, 2);
  });
});
