import assert from "node:assert/strict";
import test from "node:test";
import { loadBuiltInProfile } from "../../nodes/lib/profile/load-profile";
import { profileKey } from "../../nodes/lib/profile/profile-lookup";
import type { OutputRecord } from "../../nodes/lib/record/interface-record";
import { createGuard, type Guard } from "../../nodes/lib/setpoint/guard";
import type { GuardSettings } from "../../nodes/lib/setpoint/guard-settings";
import type { Decision, Outcome } from "../../nodes/lib/setpoint/decision";
import { fuzzSeed, seeded } from "../support/seeded";

const profile = loadBuiltInProfile();
const PLACE = "acme/shanghai/machining/line-1/cnc-07";
const START = Date.UTC(2026, 10, 22, 8);

const SETTINGS: GuardSettings = {
  profile, category: "adaptive-control", equipment: { path: PLACE, physicalAsset: "SN-4711" },
  fields: [{ field: "feedOverrideSetpoint", minimum: 50, maximum: 120 }],
  mode: "reject", maxAge: 10, minConfidence: 0, applicability: "notOutside", drift: "notConfirmed", interlocks: [],
  approval: "none", approvalTime: 0, holdOff: 0, stale: "hold", start: "any", actualMaxAge: 0,
};

/** Both clocks in the test's hand; `jump` moves only the wall clock. */
function clocks() {
  let wall = START;
  let steady = 5000;
  return {
    now: () => ({ wall, steady }),
    pass(ms: number) { wall += ms; steady += ms; },
    jump(ms: number) { wall += ms; },
  };
}

let ids = 0;
function proposal(wall: number, values: Record<string, unknown>, rest: object = {}): Record<string, unknown> {
  ids += 1;
  return {
    profile: profileKey(profile), category: "adaptive-control", direction: "output", nature: "proposal", id: `proposal-${ids}`,
    timestamp: new Date(wall).toISOString(), equipment: PLACE, values, inputId: "input", model: { id: "apc", version: "1" }, ...rest,
  };
}

function setUp(settings: Partial<GuardSettings> = {}, kept?: unknown) {
  const clock = clocks();
  const guard = createGuard({ ...SETTINGS, ...settings }, clock.now, kept);
  const propose = (feed: unknown, rest: object = {}): Outcome => guard.accept({ payload: proposal(clock.now().wall, { feedOverrideSetpoint: feed }, rest) });
  return { clock, guard, propose };
}

const only = ({ decisions }: Outcome): Decision => {
  assert.equal(decisions.length, 1);
  return decisions[0] as Decision;
};
const said = (outcome: Outcome): string => outcome.decisions.map(({ decision, reason }) => `${decision} ${reason}`).join(", ");
const feed = ({ commands }: Outcome): unknown => commands.map(({ values }) => values["feedOverrideSetpoint"])[0];
const word = (guard: Guard, topic: string, id: string): Outcome => guard.accept({ topic, payload: { id, by: "Ms. Chen", comment: "ok" } });
const sample = (tag: string, value: unknown, quality = "Good", timestamp?: number) => [{ tag, value, quality, ...(timestamp !== undefined && { timestamp: new Date(timestamp).toISOString() }) }];

test("a proposal within its bounds becomes a command with its own id, the proposal's id and an end", () => {
  const { propose, clock } = setUp();
  const outcome = propose(100, { confidence: 0.9, validUntil: new Date(START + 4000).toISOString() });
  const [command] = outcome.commands;
  assert.equal(said(outcome), "passed WITHIN_LIMITS");
  assert.equal(command?.nature, "command");
  assert.equal(command.inputId, only(outcome).proposalId);
  assert.equal(command.id, only(outcome).commandId);
  assert.notEqual(command.id, command.inputId);
  assert.equal(command.validUntil, new Date(START + 4000).toISOString());
  assert.deepEqual(only(outcome).values, { feedOverrideSetpoint: { proposed: 100, passed: 100 } });
  clock.pass(1000);
  assert.equal(propose(100).commands[0]?.validUntil, new Date(START + 11_000).toISOString(), "without an end of its own it ends with the guard's time");
});

test("only guarded fields get into a command", () => {
  const { guard, clock } = setUp();
  const outcome = guard.accept({ payload: proposal(clock.now().wall, { feedOverrideSetpoint: 90, spindleOverrideSetpoint: 300, reason: "chatter" }) });
  assert.deepEqual(outcome.commands[0]?.values, { feedOverrideSetpoint: 90 });
  assert.equal(said(guard.accept({ payload: proposal(clock.now().wall, { spindleOverrideSetpoint: 300 }) })), "rejected NO_VALUE");
});

test("what is no usable value is refused, never guessed", () => {
  const { propose } = setUp({ mode: "limit" });
  for (const value of [NaN, Infinity, -Infinity, null, "90", true, [90], {}, 90n]) {
    const outcome = propose(value);
    assert.deepEqual([outcome.commands.length, said(outcome)], [0, "rejected VALUE_INVALID"], typeof value);
  }
  assert.equal(said(propose(undefined)), "rejected VALUE_INVALID");
  assert.equal(said(propose(90, { quality: { feedOverrideSetpoint: { status: "Bad" } } })), "rejected VALUE_BAD");
});

test("what is no proposal for this machine is refused with the reason", () => {
  const { guard, clock, propose } = setUp({ minConfidence: 0.8 });
  const sure = { confidence: 0.9 };
  const cases: readonly (readonly [string, object, object?])[] = [
    ["NOT_A_PROPOSAL", { ...sure, nature: "prediction" }], ["NOT_A_PROPOSAL", { ...sure, nature: "command" }],
    ["OTHER_CATEGORY", { ...sure, category: "process-optimization" }, {}],
    ["OTHER_EQUIPMENT", { ...sure, equipment: "acme/shanghai/machining/line-1/cnc-08" }], ["OTHER_EQUIPMENT", { ...sure, physicalAsset: "SN-1" }],
    ["CONFIDENCE_MISSING", {}], ["CONFIDENCE_LOW", { confidence: 0.79 }], ["RECORD_INVALID", { confidence: NaN }], ["RECORD_INVALID", { model: undefined }],
    ["RECORD_INVALID", { profile: "other@1" }], ["RECORD_INVALID", { validUntil: "soon" }],
    ["NOT_APPLICABLE", sure, { feedOverrideSetpoint: 90, applicability: "outside" }], ["MODEL_DRIFT", sure, { feedOverrideSetpoint: 90, driftState: "confirmed" }],
    ["VALIDITY_ENDED", { ...sure, validUntil: new Date(START).toISOString() }], ["VALIDITY_ENDED", { ...sure, timestamp: new Date(START - 10_000).toISOString() }],
    ["TIME_IN_FUTURE", { ...sure, timestamp: new Date(START + 60_000).toISOString() }],
  ];
  for (const [reason, rest, values = { feedOverrideSetpoint: 90 }] of cases) {
    const outcome = guard.accept({ payload: proposal(clock.now().wall, values as Record<string, unknown>, rest) });
    assert.deepEqual([outcome.commands.length, only(outcome).reason], [0, reason]);
  }
  assert.equal(said(propose(90, sure)), "passed WITHIN_LIMITS");
});

test("with the strictest choice a model that says nothing of its applicability and drift passes nothing", () => {
  const strict = setUp({ applicability: "inside", drift: "none" });
  assert.equal(said(strict.propose(90)), "rejected NOT_APPLICABLE");
  const good = { feedOverrideSetpoint: 90, applicability: "inside", driftState: "none" };
  assert.equal(said(strict.guard.accept({ payload: proposal(START, good) })), "passed WITHIN_LIMITS");
});

test("beyond bounds, step and ramp: refused, or limited to the nearest that keeps to all of them", () => {
  const fields = [{ field: "feedOverrideSetpoint", minimum: 50, maximum: 120, maxStep: 10, maxRate: 4 }];
  const strict = setUp({ fields });
  assert.equal(said(strict.propose(130)), "rejected OUT_OF_BOUNDS");
  assert.equal(feed(strict.propose(100)), 100);
  strict.clock.pass(1000);
  assert.equal(said(strict.propose(104.5)), "rejected RAMP_TOO_FAST");
  strict.clock.pass(3000);
  assert.equal(said(strict.propose(111)), "rejected STEP_TOO_LARGE", "16 by the ramp, 10 by the step");
  assert.equal(feed(strict.propose(110)), 110);

  const lenient = setUp({ fields, mode: "limit" });
  assert.equal(feed(lenient.propose(500)), 120);
  lenient.clock.pass(2000);
  const outcome = lenient.propose(60);
  assert.deepEqual([feed(outcome), said(outcome), only(outcome).values["feedOverrideSetpoint"]], [112, "limited LIMITED", { proposed: 60, bound: 8, passed: 112 }]);
  lenient.clock.pass(3_600_000);
  assert.equal(feed(lenient.propose(60)), 102, "an hour of rest is no leave to jump");
});

test("numbers of a row are in its unit, the commands in the profile's", () => {
  const { guard, clock } = setUp({ fields: [{ field: "supplyPressureSetpoint", unit: "KPA", minimum: 100, maximum: 600, maxStep: 50, actualTag: "Pressure" }], start: "confirmed", mode: "limit" });
  guard.accept({ payload: sample("Pressure", 300) });
  const outcome = guard.accept({ payload: proposal(clock.now().wall, { supplyPressureSetpoint: 5 }) });
  assert.equal(outcome.commands[0]?.values["supplyPressureSetpoint"], 3.5);
});

test("the first change waits for a confirmed actual value, where that is asked for", () => {
  const fields = [{ field: "feedOverrideSetpoint", minimum: 50, maximum: 120, maxStep: 10, actualTag: "Override" }];
  assert.throws(() => setUp({ fields: [{ ...fields[0] as object, field: "feedOverrideSetpoint", actualTag: "" }], start: "confirmed" }), { code: "RESONANCE_CONFIG_INVALID", path: "fields/0/actualTag" });
  const { guard, propose, clock } = setUp({ fields, start: "confirmed", actualMaxAge: 5 });
  assert.equal(said(propose(100)), "rejected REFERENCE_UNKNOWN");
  guard.accept({ payload: sample("Override", 95, "Uncertain") });
  assert.equal(said(propose(100)), "rejected REFERENCE_UNKNOWN");
  guard.accept({ payload: sample("Override", 95) });
  assert.equal(feed(propose(100)), 100);
  guard.accept({ payload: sample("Override", 60) });
  assert.equal(said(propose(100)), "rejected STEP_TOO_LARGE", "somebody has turned the machine down meanwhile");
  clock.pass(5001);
  assert.equal(said(propose(62)), "rejected REFERENCE_UNKNOWN");
});

/** A received job order with a parameter for the feed. */
const jobOf = (id: string, feed: object, rest: object = {}): object => ({ id, jobOrderId: id, workRequestId: "WR-1", workScheduleId: "WS-1", parameters: { "feed.override": feed }, ...rest });
const JOB_FIELDS = [{ field: "feedOverrideSetpoint", minimum: 50, maximum: 120, jobMinimum: "parameters.feed.override.lower", jobMaximum: "parameters.feed.override.upper" }];

test("limits of a job's parameter narrow those of the settings, in the parameter's own unit; each decision names the job", () => {
  const { guard, propose } = setUp({ fields: JOB_FIELDS, mode: "limit" });
  const tell = (feed: object): Outcome => guard.accept({ payload: [], job: jobOf("JO-1", feed) });
  tell({ value: 80, lower: 60, upper: 90, unit: "P1" });
  const outcome = propose(100);
  assert.deepEqual([said(outcome), feed(outcome), only(outcome).job], ["limited LIMITED", 90, { jobOrderId: "JO-1", workRequestId: "WR-1", workScheduleId: "WS-1" }]);
  tell({ value: 0.8, lower: 0.7, upper: 0.85, unit: "C62" });
  assert.deepEqual([feed(propose(100)), feed(propose(10))], [85, 70]);
  tell({ value: 80, lower: 10, upper: 500, unit: "P1" });
  assert.deepEqual([feed(propose(400)), feed(propose(10))], [120, 50], "never wider than configured");
  tell({ value: 80, lower: 60, upper: 90 });
  assert.equal(feed(propose(100)), 90, "without a unit in the row's");
});

test("limits of a job that make no sense refuse: above each other, of another kind, missing, outside the settings", () => {
  const { guard, propose } = setUp({ fields: JOB_FIELDS, mode: "limit" });
  const upperOnly = setUp({ fields: [{ field: "feedOverrideSetpoint", minimum: 50, maximum: 120, jobMaximum: "parameters.feed.override.upper" }], mode: "limit" });
  const cases: readonly [object, string, string][] = [
    [{ lower: 90, upper: 60 }, "rejected BOUNDS_EMPTY", "rejected BOUNDS_EMPTY"], [{ lower: 60, upper: 90, unit: "KGM" }, "rejected BOUND_UNIT", "rejected BOUND_UNIT"],
    [{ lower: 60, upper: 90, unit: "made up" }, "rejected BOUND_UNIT", "rejected BOUND_UNIT"], [{ lower: 60, upper: 90, unit: 7 }, "rejected BOUND_UNIT", "rejected BOUND_UNIT"],
    [{ lower: 60 }, "rejected BOUND_MISSING", "rejected BOUND_MISSING"], [{ upper: 90 }, "rejected BOUND_MISSING", "limited LIMITED"], [{ lower: "60", upper: NaN }, "rejected BOUND_MISSING", "rejected BOUND_MISSING"],
    [{ lower: 130, upper: 140 }, "rejected BOUNDS_EMPTY", "limited LIMITED"],
  ];
  for (const [given, both, upper] of cases) {
    const job = jobOf("JO-1", given);
    guard.accept({ payload: [], job });
    upperOnly.guard.accept({ payload: [], job });
    const outcome = propose(100);
    assert.deepEqual([said(outcome), outcome.commands.length, said(upperOnly.propose(121))], [both, 0, upper], JSON.stringify(given));
  }
  const { propose: ask, guard: other } = setUp({ fields: JOB_FIELDS });
  other.accept({ payload: [], job: jobOf("JO-1", { lower: 60, upper: 90 }) });
  assert.equal(said(ask(80)), "passed WITHIN_LIMITS");
  other.accept({ payload: [], job: null });
  assert.deepEqual([said(ask(80)), only(ask(80)).job], ["rejected BOUND_MISSING", undefined], "the job has ended");
});

test("a proposal of an earlier job is refused once another one runs, and so is its approval", () => {
  const { guard, clock } = setUp({ fields: JOB_FIELDS });
  const [first, second] = [jobOf("JO-1", { lower: 60, upper: 120 }), jobOf("JO-2", { lower: 60, upper: 90 })];
  const made = (value: number, job?: object | null): Outcome => guard.accept({ payload: proposal(clock.now().wall, { feedOverrideSetpoint: value }), job });
  assert.equal(said(made(110, first)), "passed WITHIN_LIMITS", "where nothing else is known, the proposal's job counts");
  guard.accept({ payload: [], job: second });
  const late = made(110, first);
  assert.deepEqual([said(late), only(late).about, only(late).job?.jobOrderId], ["rejected OTHER_JOB", { job: "JO-1", current: "JO-2" }, "JO-2"]);
  assert.equal(said(made(85, second)), "passed WITHIN_LIMITS");
  assert.equal(said(made(110)), "rejected OUT_OF_BOUNDS", "one that names no job keeps to the current one's");
  guard.accept({ payload: [], job: null });
  assert.equal(said(made(85, second)), "rejected OTHER_JOB", "the job has ended while the model answered");

  const asked = setUp({ fields: JOB_FIELDS, approval: "required" });
  asked.guard.accept({ payload: [], job: first });
  const held = asked.propose(85);
  assert.equal(said(held), "held APPROVAL_AWAITED");
  asked.guard.accept({ payload: [], job: second });
  assert.equal(said(word(asked.guard, "approve", only(held).proposalId)), "rejected OTHER_JOB", "what the operator saw was for the job before");
  const shown = only(asked.propose(86)).proposalId;
  assert.equal(said(asked.guard.accept({ topic: "approve", payload: { id: shown }, job: first })), "passed APPROVED", "an answer that brings an old job back changes none");
});

test("a job's and a message's bounds only narrow; one that should be there and is not blocks", () => {
  const fields = [{ field: "feedOverrideSetpoint", minimum: 50, maximum: 120, jobMaximum: "limits.feed" }];
  const { guard, propose } = setUp({ fields });
  assert.equal(said(propose(90)), "rejected BOUND_MISSING");
  const job = { limits: { feed: 80 } };
  guard.accept({ payload: "", job });
  job.limits.feed = 1000;
  assert.equal(said(propose(90)), "rejected OUT_OF_BOUNDS", "what the flow does with its object afterwards does not count");
  assert.equal(feed(propose(80)), 80);
  guard.accept({ payload: "", job: { limits: { feed: 500 } } });
  assert.equal(said(propose(121)), "rejected OUT_OF_BOUNDS");
  guard.accept({ payload: "", limits: { feedOverrideSetpoint: { minimum: 0, maximum: 70 } } });
  assert.equal(said(propose(71)), "rejected OUT_OF_BOUNDS");
  assert.equal(said(propose(49)), "rejected OUT_OF_BOUNDS");
  for (const broken of [{ feedOverrideSetpoint: { maximum: "70" } }, { feedOverrideSetpoint: 70 }, "nonsense"]) {
    guard.accept({ payload: "", limits: broken });
    assert.equal(said(propose(60)), "rejected BOUND_MISSING");
  }
  guard.accept({ payload: "", limits: { feedOverrideSetpoint: { minimum: 110, maximum: 100 } } });
  assert.equal(said(propose(105)), "rejected BOUNDS_EMPTY");
  guard.accept({ payload: "", limits: null, job: null });
  assert.equal(said(propose(60)), "rejected BOUND_MISSING");
});

test("an interlock that is not closed for certain blocks", () => {
  const { guard, propose, clock } = setUp({ interlocks: [{ tag: "Auto", expected: "true", maxAge: 5 }] });
  assert.equal(said(propose(90)), "rejected INTERLOCK_UNKNOWN");
  guard.accept({ payload: sample("Auto", true) });
  assert.equal(said(propose(90)), "passed WITHIN_LIMITS");
  for (const value of [false, 1, "TRUE", null, {}]) {
    guard.accept({ payload: sample("Auto", value) });
    assert.equal(said(propose(90)), "rejected INTERLOCK_OPEN", JSON.stringify(value));
  }
  guard.accept({ payload: { Auto: true } });
  assert.equal(said(propose(90)), "passed WITHIN_LIMITS");
  guard.accept({ payload: { Auto: null } });
  assert.equal(said(propose(90)), "rejected INTERLOCK_BAD");
  guard.accept({ payload: true, topic: "Auto" });
  assert.equal(said(propose(90)), "passed WITHIN_LIMITS");
  guard.accept({ payload: sample("Auto", true, "Bad") });
  assert.equal(said(propose(90)), "rejected INTERLOCK_BAD");
  guard.accept({ payload: sample("Auto", true, "Good", START - 6000) });
  assert.equal(said(propose(90)), "rejected INTERLOCK_STALE", "it was long on its way");
  guard.accept({ payload: sample("Auto", true) });
  clock.jump(-3_600_000);
  clock.pass(5001);
  assert.equal(said(propose(90)), "rejected INTERLOCK_STALE", "setting the clock back does not make it young");
  guard.accept({ payload: sample("Auto", true) });
  assert.throws(() => guard.accept({ payload: [{ tag: "Auto", value: true, quality: "Excellent" }] }), { code: "RESONANCE_SAMPLE_INVALID" });
  assert.equal(said(propose(90)), "rejected INTERLOCK_BAD", "what cannot be read is not taken for closed");
});

test("with approval nothing passes before the operator's word, and then once, and exactly what was shown", () => {
  const { guard, propose, clock } = setUp({ approval: "required", fields: [{ field: "feedOverrideSetpoint", minimum: 50, maximum: 120, maxStep: 10 }], mode: "limit", maxAge: 60 });
  const first = propose(300);
  const { proposalId } = only(first);
  assert.deepEqual([said(first), first.commands.length, only(first).values["feedOverrideSetpoint"]?.passed], ["held APPROVAL_AWAITED", 0, 120]);
  assert.equal(said(word(guard, "approve", "another")), "rejected APPROVAL_UNKNOWN");
  clock.pass(5000);
  const approved = word(guard, "approve", proposalId);
  assert.deepEqual([said(approved), feed(approved), only(approved).by, only(approved).comment], ["limited APPROVED", 120, "Ms. Chen", "ok"]);
  assert.equal(said(word(guard, "approve", proposalId)), "rejected APPROVAL_UNKNOWN", "the second time there is nothing to approve");
  assert.throws(() => guard.accept({ topic: "approve", payload: "yes" }), { code: "RESONANCE_GUARD_WORD_INVALID" });
  assert.throws(() => guard.accept({ topic: "reject", payload: { id: "" } }), { code: "RESONANCE_GUARD_WORD_INVALID" });
});

test("of two waiting proposals the newer counts; the older cannot be approved any more", () => {
  const { guard, propose } = setUp({ approval: "required" });
  const older = only(propose(90)).proposalId;
  const second = propose(95);
  assert.equal(said(second), "expired SUPERSEDED, held APPROVAL_AWAITED");
  const newer = second.decisions[1]?.proposalId ?? "";
  assert.equal(said(word(guard, "approve", older)), "rejected APPROVAL_UNKNOWN");
  assert.equal(said(propose(500)), "rejected OUT_OF_BOUNDS");
  assert.equal(feed(word(guard, "approve", newer)), 95, "a bad proposal meanwhile takes nothing away");
});

test("the proposal that waits is the guard's own: what the flow does with the message does not count", () => {
  const { guard, clock } = setUp({ approval: "required" });
  const payload = proposal(clock.now().wall, { feedOverrideSetpoint: 90 });
  guard.accept({ payload });
  Object.assign(payload["values"] as object, { feedOverrideSetpoint: 119 });
  payload["validUntil"] = new Date(START + 1e9).toISOString();
  assert.equal(feed(word(guard, "approve", String(payload["id"]))), 90);
});

test("approval comes too late, or the world has changed: nothing passes", () => {
  const late = setUp({ approval: "required", approvalTime: 5 });
  const id = only(late.propose(90)).proposalId;
  late.clock.pass(5000);
  assert.equal(said(late.guard.tick()), "expired APPROVAL_TIMED_OUT");
  assert.equal(said(word(late.guard, "approve", id)), "rejected APPROVAL_UNKNOWN");

  const old = setUp({ approval: "required" });
  const oldId = only(old.propose(90, { validUntil: new Date(START + 3000).toISOString() })).proposalId;
  old.clock.jump(-60_000);
  old.clock.pass(3000);
  assert.deepEqual([said(word(old.guard, "approve", oldId)), old.guard.waiting()], ["expired VALIDITY_ENDED", undefined], "also with the clock set back");

  const changed = setUp({ approval: "required", interlocks: [{ tag: "Auto", expected: true, maxAge: 0 }] });
  changed.guard.accept({ payload: sample("Auto", true) });
  const changedId = only(changed.propose(90)).proposalId;
  changed.guard.accept({ payload: sample("Auto", false) });
  assert.equal(said(word(changed.guard, "approve", changedId)), "rejected INTERLOCK_OPEN");

  const narrowed = setUp({ approval: "required", mode: "limit" });
  const narrowedId = only(narrowed.propose(110)).proposalId;
  narrowed.guard.accept({ payload: "", limits: { feedOverrideSetpoint: { maximum: 100 } } });
  assert.equal(said(word(narrowed.guard, "approve", narrowedId)), "rejected OUT_OF_BOUNDS", "something other than what was approved never passes");
});

test("a proposal may ask for approval by itself", () => {
  const { guard, clock } = setUp();
  assert.equal(said(guard.accept({ payload: proposal(clock.now().wall, { feedOverrideSetpoint: 90, approvalRequired: true }) })), "held APPROVAL_AWAITED");
});

test("after a reject the guard holds off, also across a deploy and when the proposal had passed already", () => {
  const settings: Partial<GuardSettings> = { holdOff: 30, maxAge: 60 };
  const { guard, propose, clock } = setUp(settings);
  const { proposalId } = only(propose(90));
  assert.equal(said(word(guard, "reject", proposalId)), "rejected APPROVAL_UNKNOWN");
  assert.equal(said(propose(91)), "rejected HOLD_OFF");
  const again = createGuard({ ...SETTINGS, ...settings }, clock.now, JSON.parse(JSON.stringify(guard.state())));
  assert.equal(said(again.accept({ payload: proposal(clock.now().wall, { feedOverrideSetpoint: 91 }) })), "rejected HOLD_OFF");
  clock.pass(30_000);
  assert.equal(said(propose(91)), "passed WITHIN_LIMITS");
});

test("the same proposal counts once, an older one not after a newer one", () => {
  const { guard, clock, propose } = setUp();
  const payload = proposal(clock.now().wall, { feedOverrideSetpoint: 90 });
  assert.equal(guard.accept({ payload }).commands.length, 1);
  assert.equal(said(guard.accept({ payload })), "rejected DUPLICATE");
  const again = createGuard(SETTINGS, clock.now, JSON.parse(JSON.stringify(guard.state())));
  assert.equal(said(again.accept({ payload })), "rejected DUPLICATE", "also after a deploy");
  assert.equal(said(propose(95, { timestamp: new Date(START - 1000).toISOString() })), "rejected OLDER_THAN_LAST");
});

test("what passed last is known after a deploy; what is kept of another machine or is no state is not used", () => {
  const settings: Partial<GuardSettings> = { fields: [{ field: "feedOverrideSetpoint", minimum: 0, maximum: 200, maxStep: 10 }] };
  const { guard, propose, clock } = setUp(settings);
  propose(100);
  const kept: unknown = JSON.parse(JSON.stringify(guard.state()));
  const next = (state: unknown, more: Partial<GuardSettings> = {}, rest: object = {}): string =>
    said(createGuard({ ...SETTINGS, ...settings, ...more }, clock.now, state).accept({ payload: proposal(clock.now().wall, { feedOverrideSetpoint: 150 }, rest) }));
  assert.equal(next(kept), "rejected STEP_TOO_LARGE");
  assert.equal(next(kept, { equipment: { path: "other" } }, { equipment: "other" }), "passed WITHIN_LIMITS");
  for (const nonsense of [null, 5, {}, { seen: [1], last: { command: {}, passed: { feedOverrideSetpoint: "x" } } }]) assert.equal(next(nonsense), "passed WITHIN_LIMITS");
});

test("when a command's validity is over: told once, or the fallback by the ramp, never past an interlock", () => {
  const holding = setUp();
  holding.propose(100);
  holding.clock.pass(9999);
  assert.equal(said(holding.guard.tick()), "");
  holding.clock.pass(1);
  assert.equal(said(holding.guard.tick()), "expired COMMAND_STALE");
  assert.equal(said(holding.guard.tick()), "");

  const fields = [{ field: "feedOverrideSetpoint", minimum: 50, maximum: 120, maxRate: 4, fallback: 80 }];
  const { guard, clock, propose } = setUp({ fields, stale: "fallback", interlocks: [{ tag: "Auto", expected: "true", maxAge: 0 }] });
  const auto = (value: boolean): Outcome => guard.accept({ payload: sample("Auto", value) });
  auto(true);
  propose(120);
  const seen: unknown[] = [];
  auto(false);
  clock.pass(10_000);
  assert.equal(said(guard.tick()), "rejected INTERLOCK_OPEN");
  assert.equal(said(guard.tick()), "");
  auto(true);
  for (let tick = 0; tick < 20; tick += 1) {
    const outcome = guard.tick();
    if (outcome.commands.length > 0) {
      assert.equal(said(outcome), "fallback FALLBACK");
      seen.push(feed(outcome));
    }
    clock.pass(500);
  }
  assert.equal(seen[0], 80, "ten seconds had passed since the last command");
  assert.equal(seen.length, 1);

  const slow = setUp({ fields: [{ ...fields[0] as object, field: "feedOverrideSetpoint", maxStep: 15 }], stale: "fallback" });
  slow.propose(120);
  slow.clock.pass(10_000);
  const steps: unknown[] = [];
  for (let tick = 0; tick < 60; tick += 1) {
    steps.push(...slow.guard.tick().commands.map(({ values }) => values["feedOverrideSetpoint"]));
    slow.clock.pass(250);
  }
  assert.deepEqual(steps, [105, 101, 97, 93, 89, 85, 81, 80]);
});

test("within the dead band nothing leaves, and what is in force counts on", () => {
  const { guard, clock, propose } = setUp({ fields: [{ field: "feedOverrideSetpoint", minimum: 50, maximum: 120, deadBand: 2 }] });
  propose(100);
  clock.pass(9000);
  assert.equal(said(propose(101.9)), "held WITHIN_DEAD_BAND");
  clock.pass(9000);
  assert.equal(said(guard.tick()), "");
  assert.equal(feed(propose(102)), 102);
});

test("a guard that is not set up clearly does not start", () => {
  const cases: readonly (readonly [Partial<Record<keyof GuardSettings, unknown>>, string])[] = [
    [{ fields: [] }, "RESONANCE_CONFIG_INVALID"], [{ fields: [{ field: "nothing" }] }, "RESONANCE_FIELD_UNKNOWN"], [{ fields: [{ field: "reason" }] }, "RESONANCE_CONFIG_INVALID"],
    [{ fields: [{ field: "feedOverrideSetpoint" }, { field: "feedOverrideSetpoint" }] }, "RESONANCE_MAPPING_TWICE"],
    [{ fields: [{ field: "feedOverrideSetpoint", minimum: 10, maximum: 5 }] }, "RESONANCE_CONFIG_INVALID"], [{ fields: [{ field: "feedOverrideSetpoint", maximum: "a lot" }] }, "RESONANCE_CONFIG_INVALID"],
    [{ fields: [{ field: "feedOverrideSetpoint", maxStep: -1 }] }, "RESONANCE_CONFIG_INVALID"], [{ fields: [{ field: "feedOverrideSetpoint", fallback: 500 }] }, "RESONANCE_CONFIG_INVALID"],
    [{ fields: [{ field: "feedOverrideSetpoint", unit: "CEL" }] }, "RESONANCE_UNIT_INCOMPATIBLE"], [{ stale: "fallback" }, "RESONANCE_CONFIG_INVALID"],
    [{ mode: "" }, "RESONANCE_CONFIG_INVALID"], [{ approval: "maybe" }, "RESONANCE_CONFIG_INVALID"], [{ applicability: "" }, "RESONANCE_CONFIG_INVALID"],
    [{ maxAge: 0 }, "RESONANCE_CONFIG_INVALID"], [{ maxAge: "" }, "RESONANCE_CONFIG_INVALID"], [{ minConfidence: 80 }, "RESONANCE_CONFIG_INVALID"], [{ holdOff: NaN }, "RESONANCE_CONFIG_INVALID"],
    [{ interlocks: [{ tag: "", expected: true, maxAge: 1 }] }, "RESONANCE_CONFIG_INVALID"], [{ interlocks: [{ tag: "A", expected: "", maxAge: 1 }] }, "RESONANCE_CONFIG_INVALID"],
    [{ interlocks: [{ tag: "A", expected: 1, maxAge: -1 }] }, "RESONANCE_CONFIG_INVALID"], [{ category: "nothing" }, "RESONANCE_CATEGORY_UNKNOWN"],
  ];
  for (const [settings, code] of cases) assert.throws(() => setUp(settings as Partial<GuardSettings>), { code }, JSON.stringify(settings));
});

test("no sequence of proposals, samples, words, jobs and clock jumps brings a command past a bound, the ramp, its validity, an interlock or the operator", (t) => {
  const seed = fuzzSeed();
  t.diagnostic(`FUZZ_SEED=${seed}`);
  const random = seeded(seed);
  let passed = 0;
  for (let round = 0; round < 400; round += 1) {
    const approval = random.chance(0.4);
    const interlock = random.chance(0.6);
    const withFallback = random.chance(0.4);
    const [maxStep, maxRate] = [random.pick([2, 5, 20]), random.pick([1, 4, 10])];
    const settings: GuardSettings = {
      ...SETTINGS, mode: random.pick(["reject", "limit"]), maxAge: 20, minConfidence: 0.5, approval: approval ? "required" : "none", approvalTime: random.pick([0, 5]), holdOff: random.pick([0, 3]),
      stale: withFallback ? "fallback" : "hold",
      fields: [{ field: "feedOverrideSetpoint", minimum: 50, maximum: 120, maxStep, maxRate, deadBand: random.pick([0, 1]), ...(withFallback && { fallback: 80 }) }],
      interlocks: interlock ? [{ tag: "Auto", expected: "true", maxAge: 5 }] : [],
    };
    const clock = clocks();
    let guard = createGuard(settings, clock.now);
    const proposals = new Map<string, { readonly confidence: number; readonly timestamp: number; readonly end: number; readonly cameAt: number; readonly equipment: string; readonly value: unknown }>();
    const approved = new Set<string>();
    const shown = new Map<string, unknown>();
    const used = new Set<string>();
    let closed: { readonly at: number } | undefined;
    let maximum = 120;
    let lastCommand: { readonly value: number; readonly at: number } | undefined;
    let rejectedAt = -Infinity;
    const check = ({ commands, decisions }: Outcome, approving: string | undefined): void => {
      const what = `seed ${seed}, round ${round}`;
      for (const { decision, proposalId, values } of decisions) if (decision === "held") shown.set(proposalId, values["feedOverrideSetpoint"]?.passed);
      const { wall, steady } = clock.now();
      for (const command of commands) {
        passed += 1;
        const value = command.values["feedOverrideSetpoint"] as number;
        const decision = decisions.find(({ commandId }) => commandId === command.id);
        assert.ok(decision, what);
        assert.ok(Number.isFinite(value) && value >= 50 && value <= maximum, `${what}: ${value} within ${maximum}`);
        assert.ok(Date.parse(command.validUntil ?? "") > wall, `${what}: validity`);
        if (interlock) assert.ok(closed !== undefined && steady - closed.at <= 5000, `${what}: interlock`);
        if (lastCommand) {
          const change = Math.abs(value - lastCommand.value);
          assert.ok(change <= maxStep + 1e-6 && change <= maxRate * (steady - lastCommand.at) / 1000 + 1e-6, `${what}: from ${lastCommand.value} to ${value}`);
        }
        lastCommand = { value, at: steady };
        if (decision.decision === "fallback") continue;
        const origin = proposals.get(command.inputId);
        assert.ok(origin, what);
        assert.ok(!used.has(command.inputId), `${what}: one command a proposal`);
        used.add(command.inputId);
        assert.ok(origin.confidence >= 0.5 && origin.equipment === PLACE, what);
        assert.ok(wall < origin.end && wall - origin.timestamp < 20_000 && steady - origin.cameAt < 20_000, `${what}: validity of the proposal`);
        if (!approval) assert.ok(steady - rejectedAt >= Number(settings.holdOff) * 1000, `${what}: hold-off`);
        if (approval) {
          assert.ok(approved.has(command.inputId) && approving === command.inputId, `${what}: approval`);
          assert.equal(value, shown.get(command.inputId), `${what}: what was shown`);
        }
        if (settings.mode === "reject") assert.equal(value, origin.value, what);
      }
    };
    for (let step = 0; step < 80; step += 1) {
      const { wall, steady } = clock.now();
      const dice = random.below(100);
      if (dice < 35) {
        const value = random.pick<unknown>([NaN, "90", 1e9, 49.9, lastCommand?.value ?? 80, 60 + random.below(60), (lastCommand?.value ?? 80) + random.below(9) - 4]);
        const timestamp = wall - random.pick([0, 0, 0, 1000, 30_000, -30_000]);
        const end = random.chance(0.5) ? wall + random.pick([-1000, 1, 3000, 60_000]) : Infinity;
        const record = proposal(wall, { feedOverrideSetpoint: value }, {
          timestamp: new Date(timestamp).toISOString(), confidence: random.pick([0.4, 0.9, 0.9]), equipment: random.pick([PLACE, PLACE, PLACE, "other"]),
          ...(end !== Infinity && { validUntil: new Date(end).toISOString() }),
        }) as unknown as OutputRecord;
        proposals.set(record.id, { confidence: record.confidence ?? 0, timestamp, end, cameAt: steady, equipment: record.equipment, value });
        check(guard.accept({ payload: record }), undefined);
        if (random.chance(0.2)) check(guard.accept({ payload: record }), undefined);
      } else if (dice < 55) {
        const id = random.chance(0.7) ? guard.waiting() ?? "none" : random.pick([...proposals.keys(), "unknown"]);
        const topic = random.pick(["approve", "approve", "approve", "reject"]);
        if (topic === "approve") approved.add(id);
        else if (proposals.has(id)) rejectedAt = steady;
        check(word(guard, topic, id), topic === "approve" ? id : undefined);
      } else if (dice < 70) {
        const value = random.pick<unknown>([true, true, true, false, "yes"]);
        const quality = random.pick(["Good", "Good", "Bad"]);
        closed = value === true && quality === "Good" ? { at: steady } : undefined;
        check(guard.accept({ payload: sample("Auto", value, quality) }), undefined);
      } else if (dice < 75) {
        const bound = random.pick([120, 100, 300, NaN]);
        maximum = Number.isNaN(bound) ? -1 : Math.min(120, bound);
        check(guard.accept({ payload: "", limits: { feedOverrideSetpoint: { maximum: bound } } }), undefined);
      } else if (dice < 80) clock.jump(random.pick([-3_600_000, -5000, 5000, 3_600_000]));
      else if (dice < 83) {
        guard = createGuard(settings, clock.now, JSON.parse(JSON.stringify(guard.state())));
        closed = undefined;
        maximum = 120;
      } else if (dice < 92) clock.pass(random.pick([10, 250, 1000, 4000, 25_000]));
      else check(guard.tick(), undefined);
    }
  }
  assert.ok(passed > 200, `${passed} commands`);
});
