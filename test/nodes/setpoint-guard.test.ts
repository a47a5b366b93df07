import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import { loadBuiltInProfile } from "../../nodes/lib/profile/load-profile";
import { profileKey } from "../../nodes/lib/profile/profile-lookup";
import { deploy, startHelper, stopHelper, undeploy, type Deployment, type Seen, type TestNode } from "../support/node-helper";
import { until } from "../support/node-red-runtime";

const PROFILE_KEY = profileKey(loadBuiltInProfile());
const PLACE = "acme/shanghai/machining/line-1/cnc-07";
const PROFILE: TestNode = { id: "profile", type: "resonance-profile", version: 1, source: "built-in" };
const EQUIPMENT: TestNode = {
  id: "equipment", type: "resonance-equipment", name: "CNC 07", version: 1,
  enterprise: "acme", site: "shanghai", area: "machining", workCenter: "line-1", workUnit: "cnc-07", physicalAsset: "SN-4711",
};
const GUARD: TestNode = {
  id: "node", type: "resonance-setpoint-guard", version: 1, profile: "profile", category: "adaptive-control", equipment: "equipment", wires: [[], []],
  fields: [{ field: "feedOverrideSetpoint", unit: "P1", minimum: 50, maximum: 120, maxStep: 10, maxRate: "", deadBand: "", fallback: "", actualTag: "FeedOverride", jobMinimum: "", jobMaximum: "" }],
  mode: "reject", interlocks: [{ tag: "Auto", expected: "true", maxAge: 0 }], approval: "none", approvalTime: 0, holdOff: 0, maxAge: 10, stale: "hold",
  minConfidence: 0, applicability: "notOutside", drift: "notConfirmed", start: "confirmed", actualMaxAge: 0,
};

let count = 0;
function proposal(feed: unknown, rest: object = {}): Record<string, unknown> {
  count += 1;
  return {
    profile: PROFILE_KEY, category: "adaptive-control", direction: "output", nature: "proposal", id: `proposal-${count}`, timestamp: new Date().toISOString(),
    equipment: PLACE, values: { feedOverrideSetpoint: feed }, inputId: "input", model: { id: "apc", version: "1.0.0" }, ...rest,
  };
}

interface DecisionSeen { readonly decision: string; readonly reason: string; readonly text: string; readonly proposalId: string; readonly commandId?: string; readonly by?: string }
const decisions = (flow: Deployment): readonly DecisionSeen[] => flow.sent("node", 1).map(({ payload }) => payload as DecisionSeen);
const said = (flow: Deployment): readonly string[] => decisions(flow).map(({ decision, reason }) => `${decision} ${reason}`);
const commands = (flow: Deployment): readonly Seen[] => flow.sent("node", 0);

describe("setpoint-guard", () => {
  before(startHelper);
  after(stopHelper);
  afterEach(undeploy);

  const run = (changes: Readonly<Record<string, unknown>> = {}, lang?: "de"): Promise<Deployment> =>
    deploy([PROFILE, EQUIPMENT, { ...GUARD, ...changes }], lang ? { lang } : {});
  const machine = (flow: Deployment, override = 100, auto = true): void => {
    flow.receive("node", { payload: [{ tag: "FeedOverride", value: override, quality: "Good" }, { tag: "Auto", value: auto, quality: "Good" }] });
  };

  it("makes a command of a proposal once the machine says what is in force, and tells every decision", async () => {
    const flow = await run();
    flow.receive("node", { payload: proposal(105) });
    machine(flow);
    flow.receive("node", { payload: proposal(105), cell: 7 });
    flow.receive("node", { payload: proposal(118) });
    await flow.settled(4);
    assert.deepEqual(said(flow), ["rejected INTERLOCK_UNKNOWN", "passed WITHIN_LIMITS", "rejected STEP_TOO_LARGE"]);
    const [command, ...more] = commands(flow);
    assert.deepEqual(more, []);
    const record = command?.payload as Record<string, unknown>;
    assert.deepEqual([record["nature"], record["values"], record["inputId"], record["id"]], ["command", { feedOverrideSetpoint: 105 }, `proposal-${count - 1}`, decisions(flow)[1]?.commandId]);
    assert.equal(command?.["cell"], 7, "other properties of the message stay");
    assert.equal(decisions(flow)[2]?.text, "feedOverrideSetpoint = 118 changes by more than 10.");
    assert.deepEqual(flow.caught, []);
  });

  it("waits for the operator and then passes what was shown; the command continues the proposal's message", async () => {
    const flow = await run({ approval: "required", mode: "limit" }, "de");
    machine(flow);
    flow.receive("node", { payload: proposal(119), cell: 7 });
    const id = `proposal-${count}`;
    flow.receive("node", { topic: "approve", payload: { id, by: "Frau Chen" } });
    flow.receive("node", { topic: "approve", payload: { id, by: "Frau Chen" } });
    flow.receive("node", { topic: "approve", payload: "ja" });
    await flow.settled(5);
    assert.deepEqual(said(flow), ["held APPROVAL_AWAITED", "limited APPROVED", "rejected APPROVAL_UNKNOWN"]);
    assert.deepEqual([decisions(flow)[1]?.by, decisions(flow)[1]?.text], ["Frau Chen", "Vom Bediener freigegeben."]);
    assert.equal(commands(flow).length, 1);
    assert.deepEqual([commands(flow)[0]?.["cell"], (commands(flow)[0]?.payload as { values: object }).values], [7, { feedOverrideSetpoint: 110 }]);
    assert.deepEqual(flow.caught.map(({ resonance }) => resonance?.error?.code), ["RESONANCE_GUARD_WORD_INVALID"]);
  });

  it("a proposal that nobody approves expires by itself", async () => {
    const flow = await run({ approval: "required", approvalTime: 0.1 });
    machine(flow);
    flow.receive("node", { payload: proposal(105) });
    await until(() => decisions(flow).length === 2, "the proposal expires");
    assert.deepEqual(said(flow), ["held APPROVAL_AWAITED", "expired APPROVAL_TIMED_OUT"]);
    assert.deepEqual(commands(flow), []);
  });

  it("bounds of the job and of the message count", async () => {
    const [row] = GUARD["fields"] as readonly object[];
    const flow = await run({ fields: [{ ...row, jobMaximum: "limits.feed" }] });
    machine(flow);
    flow.receive("node", { payload: proposal(102) });
    flow.receive("node", { payload: proposal(102), resonance: { job: { limits: { feed: 101 } } } });
    flow.receive("node", { payload: proposal(101) });
    flow.receive("node", { payload: proposal(100.5), resonance: { limits: { feedOverrideSetpoint: { maximum: 100 } } } });
    await flow.settled(5);
    assert.deepEqual(said(flow), ["rejected BOUND_MISSING", "rejected OUT_OF_BOUNDS", "passed WITHIN_LIMITS", "rejected OUT_OF_BOUNDS"]);
  });

  it("what passed last, and which proposals were seen, outlive a deploy", async () => {
    const nodes = [PROFILE, EQUIPMENT, { ...GUARD, start: "any", interlocks: [] }];
    const flow = await deploy(nodes);
    const first = proposal(100);
    flow.receive("node", { payload: first });
    await flow.settled(1);
    await flow.redeploy(nodes);
    flow.receive("node", { payload: first });
    flow.receive("node", { payload: proposal(115) });
    flow.receive("node", { payload: proposal(109) });
    await flow.settled(4);
    assert.deepEqual(said(flow).slice(1), ["rejected DUPLICATE", "rejected STEP_TOO_LARGE", "passed WITHIN_LIMITS"]);
  });

  it("goes to the fallback values when commands run out", async () => {
    const [row] = GUARD["fields"] as readonly object[];
    const flow = await run({ fields: [{ ...row, fallback: 95 }], stale: "fallback", maxAge: 0.5 });
    machine(flow);
    flow.receive("node", { payload: proposal(104) });
    await until(() => commands(flow).length === 2, "the fallback is commanded");
    assert.deepEqual(said(flow), ["passed WITHIN_LIMITS", "fallback FALLBACK"]);
    assert.deepEqual((commands(flow)[1]?.payload as { values: object }).values, { feedOverrideSetpoint: 95 });
  });

  it("does not start with settings it cannot keep", async () => {
    const flow = await run({ fields: [{ field: "feedOverrideSetpoint", maxStep: 10 }] });
    flow.receive("node", { payload: proposal(100) });
    await until(() => flow.caught.length >= 1, "the failure is reported");
    assert.ok(flow.caught.every(({ resonance }) => resonance?.error?.code === "RESONANCE_CONFIG_INVALID"));
    assert.deepEqual(commands(flow), []);
  });
});
