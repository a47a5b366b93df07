import assert from "node:assert/strict";
import fs from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import type { Verification } from "../../nodes/lib/interop/verify";
import { interopEntries } from "../support/interop";
import { deploy, startHelper, stopHelper, undeploy, type Deployment, type TestNode } from "../support/node-helper";

const NODE: TestNode = {
  id: "node", type: "resonance-interop-log", version: 1, log: "wires", from: "", to: "", protocol: "", checked: false, fields: "", durability: "recorded",
  fileSize: 1, fileAge: 0, totalSize: 10, atLimit: "stop", wires: [[], []],
};

describe("interop-log", () => {
  let userDir: string;
  before(startHelper);
  after(stopHelper);
  beforeEach(() => { userDir = fs.mkdtempSync(path.join(tmpdir(), "resonance-interop-")); });
  afterEach(async () => {
    await undeploy();
    fs.rmSync(userDir, { recursive: true, force: true });
  });
  const run = (nodes: readonly TestNode[], credentials = {}): Promise<Deployment> => deploy(nodes, { settings: { userDir }, credentials });
  const folder = (): string => path.join(userDir, "resonance", "interop", "wires");

  it("passes the very message on, in order, when its entry is on the disk", async () => {
    const flow = await run([NODE]);
    const payloads = Array.from({ length: 50 }, (_, number) => ({ number }));
    for (const payload of payloads) flow.receive("node", { payload, topic: "t" });
    await flow.settled(50);
    const passed = flow.sent("node", 0);
    assert.equal(passed.length, 50);
    for (const [index, { payload }] of passed.entries()) assert.deepEqual(payload, payloads[index]);
    assert.equal(interopEntries(folder()).length, 50);
    assert.deepEqual(flow.caught, []);
  });

  it("nodes that name the same log write one chain with the key of either, over redeploys too", async () => {
    const other: TestNode = { ...NODE, id: "other", from: "Cell A", durability: "passing" };
    const flow = await run([NODE, other], { node: { key: "k" }, other: { key: "k" } });
    for (let number = 0; number < 10; number += 1) for (const id of ["node", "other"]) flow.receive(id, { payload: number });
    await flow.settled(20);
    await flow.redeploy([NODE, { ...other, from: "Cell B" }]);
    flow.receive("other", { payload: 1 });
    flow.receive("node", { payload: null, topic: "interop/verify" });
    await flow.settled(22);
    const [answer] = flow.sent("node", 1);
    const found = answer?.payload as Verification;
    assert.deepEqual([found.intact, found.entries, found.recoveries], [true, 21, 0], JSON.stringify(flow.caught));
    const names = (interopEntries(folder()) as unknown as { from: { name: string } }[]).map(({ from }) => from.name);
    assert.deepEqual([names.filter((name) => name === "Cell A").length, names.at(-1)], [10, "Cell B"]);
  });

  it("a message that cannot be recorded does not go on and is an error; wrong commands and settings say what is wrong", async () => {
    fs.mkdirSync(path.join(userDir, "resonance", "interop"), { recursive: true });
    fs.writeFileSync(folder(), "a file where the folder should be");
    const flow = await run([NODE, { ...NODE, id: "bad", log: "../x" }, { ...NODE, id: "sizes", log: "sizes", fileSize: 6 }]);
    flow.receive("node", { payload: 1 });
    flow.receive("node", { payload: "pdf", topic: "interop/export" });
    flow.receive("bad", { payload: 1 });
    flow.receive("sizes", { payload: 1 });
    await flow.settled(4);
    const codes = flow.caught.map(({ resonance }) => resonance?.error?.code);
    for (const code of ["RESONANCE_INTEROP_DISK", "RESONANCE_INTEROP_COMMAND", "RESONANCE_CONFIG_INVALID"]) assert.ok(codes.includes(code), `${code}: ${codes.join()}`);
    assert.deepEqual(flow.sent("node", 0), []);
  });
});
