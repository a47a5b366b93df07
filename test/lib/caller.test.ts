import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ResonanceError, type ErrorCode } from "../../nodes/lib/errors/resonance-error";
import { createAnswerCache } from "../../nodes/lib/inference/answer-cache";
import type { AskTarget } from "../../nodes/lib/inference/asker";
import { createCallQueue, QUEUE_POLICIES } from "../../nodes/lib/inference/call-queue";
import { createCaller, type CallerOptions } from "../../nodes/lib/inference/caller";
import { createCircuit, type Circuit, type CircuitState } from "../../nodes/lib/inference/circuit";
import { compareAnswers } from "../../nodes/lib/inference/compare-answers";
import { createFlowRunner } from "../../nodes/lib/inference/flow/flow-runner";
import { createQuestionDesk } from "../../nodes/lib/inference/flow/question-desk";
import type { ModelRunner, Question, RawAnswer } from "../../nodes/lib/inference/model";
import { createShadow, type ShadowReport } from "../../nodes/lib/inference/shadow";
import { warmUp } from "../../nodes/lib/inference/warm-up";
import type { InputRecord } from "../../nodes/lib/record/interface-record";
import { fuzzSeed, seeded } from "../support/seeded";

const fails = (code: ErrorCode, words = /./) => (error: ResonanceError) => {
  assert.equal(error.code, code, error.message);
  assert.match(error.message, words);
  return true;
};
const tick = (): Promise<void> => new Promise(setImmediate);
const outage = (retryAfter = 0): ResonanceError => new ResonanceError("RESONANCE_MODEL_NOT_READY", { model: "m", detail: "loading", retryAfter });
const badInput = (): ResonanceError => new ResonanceError("RESONANCE_MODEL_SERVER_ERROR", { statusCode: 400, detail: "unexpected shape", url: "" });

const record = (id: string, equipment = "cnc-1"): InputRecord => ({
  profile: "p@1", category: "predictive-maintenance", direction: "input", nature: "measurement", id, timestamp: "2026-11-22T08:30:05.120Z", equipment, values: {},
});

/** A model whose answers a test chooses. */
function target(ask: (question: Question) => RawAnswer | Promise<RawAnswer>, changes: Partial<ModelRunner> & { node?: string; circuit?: Circuit; category?: string } = {}): AskTarget {
  const { node = "m", circuit, category = "predictive-maintenance", ...runner } = changes;
  return {
    node,
    model: { lineage: { id: node, version: "1", category }, inputs: [], circuit },
    runner: { repeatable: true, ask: async (question) => ask(question), ready: () => Promise.resolve(true), close: () => Promise.resolve(), ...runner },
    prepare: (payload) => ({ id: (payload as InputRecord).id, record: payload as InputRecord, tensors: [] }),
  };
}

const caller = (primary: AskTarget, more: Partial<CallerOptions> = {}) =>
  createCaller({ primary, queue: { concurrency: 4, queueLimit: 100 }, retry: { retries: 0, withinMs: 10_000 }, ...more });
const echo = ({ id }: Question): RawAnswer => ({ body: id });

describe("a queue with a policy", () => {
  const hanging = (): { work: () => Promise<string>; done: (text: string) => void } => {
    let done: (text: string) => void = () => undefined;
    const promise = new Promise<string>((resolve) => { done = resolve; });
    return { work: () => promise, done: (text) => { done(text); } };
  };

  it("keeps order within an equipment and lets others pass", async () => {
    const queue = createCallQueue({ concurrency: 3, queueLimit: 0 });
    const slow = hanging();
    const seen: string[] = [];
    const note = (text: string): void => { seen.push(text); };
    const all = [queue.run(slow.work, "a").then(note), queue.run(() => Promise.resolve("a2"), "a").then(note), queue.run(() => Promise.resolve("b1"), "b").then(note)];
    await tick();
    assert.deepEqual(seen, ["b1"]);
    slow.done("a1");
    await Promise.all(all);
    assert.deepEqual(seen, ["b1", "a1", "a2"]);
  });

  it("drop-oldest: the one that waits longest gives way, never one that is under way", async () => {
    const queue = createCallQueue({ concurrency: 1, queueLimit: 1, policy: "drop-oldest" });
    const first = hanging();
    const running = queue.run(first.work);
    const old = queue.run(() => Promise.resolve("old"));
    const fresh = queue.run(() => Promise.resolve("fresh"));
    await assert.rejects(old, fails("RESONANCE_MODEL_DROPPED"));
    first.done("first");
    assert.deepEqual([await running, await fresh], ["first", "fresh"]);
    assert.equal(queue.counts().dropped, 1);
    const none = createCallQueue({ concurrency: 1, queueLimit: 0, policy: "drop-oldest" });
    const only = hanging();
    const kept = none.run(only.work);
    await assert.rejects(none.run(() => Promise.resolve("x")), fails("RESONANCE_MODEL_QUEUE_FULL"));
    only.done("kept");
    assert.equal(await kept, "kept");
  });

  it("latest: a newer question takes the place of the same equipment's waiting one, and only of that", async () => {
    const queue = createCallQueue({ concurrency: 1, queueLimit: 5, policy: "latest" });
    const first = hanging();
    const seen: string[] = [];
    const note = (text: string): void => { seen.push(text); };
    const all = [
      queue.run(first.work, "a").then(note),
      assert.rejects(queue.run(() => Promise.resolve("a old"), "a"), fails("RESONANCE_MODEL_SUPERSEDED")),
      queue.run(() => Promise.resolve("b"), "b").then(note),
      queue.run(() => Promise.resolve("a new"), "a").then(note),
    ];
    first.done("a first");
    await Promise.all(all);
    assert.deepEqual(seen, ["a first", "a new", "b"]);
    assert.deepEqual(queue.counts(), { active: 0, waiting: 0, refused: 0, dropped: 0, superseded: 1 });
  });
});

describe("asking again", () => {
  it("a model that is not ready yet is asked again, and the answer tells how often", async () => {
    let asked = 0;
    const model = caller(target((question) => {
      asked += 1;
      if (asked < 3) throw outage();
      return echo(question);
    }), { retry: { retries: 3, withinMs: 10_000 } });
    const { facts } = await model.call(record("1"));
    assert.deepEqual([asked, facts.attempts], [3, 3]);
  });

  for (const [what, error, changes] of [
    ["a refused question", badInput, {}],
    ["a time-out", () => new ResonanceError("RESONANCE_MODEL_TIMEOUT", { url: "", timeout: 1 }), {}],
    ["a question that may have an effect", outage, { repeatable: false }],
    ["a server that wants to be left alone for longer than the rules allow", () => outage(60_000), {}],
  ] as const) {
    it(`never: ${what}`, async () => {
      let asked = 0;
      const model = caller(target(() => { asked += 1; throw error(); }, changes), { retry: { retries: 5, withinMs: 1000 } });
      await assert.rejects(model.call(record("1")), fails(error().code));
      assert.equal(asked, 1);
    });
  }

  it("the last failure counts when all attempts are used up, and closing ends the wait", async () => {
    const model = caller(target(() => { throw outage(); }), { retry: { retries: 2, withinMs: 10_000 } });
    await assert.rejects(model.call(record("1")), fails("RESONANCE_MODEL_NOT_READY"));
    const waiting = caller(target(() => { throw outage(5000); }), { retry: { retries: 2, withinMs: 10_000 } });
    const call = assert.rejects(waiting.call(record("1")), fails("RESONANCE_MODEL_CLOSED"));
    await tick();
    waiting.close();
    await call;
  });
});

describe("a circuit", () => {
  const run = (circuit: Circuit, error?: ResonanceError): Promise<string> => circuit.guard(() => (error ? Promise.reject(error) : Promise.resolve("ok")));

  it("opens after outages in a row, lets one question probe after its time, and closes when that is answered", async () => {
    let now = 0;
    const states: CircuitState[] = [];
    const circuit = createCircuit("m", { failures: 2, openMs: 1000 }, () => now);
    circuit.watch((state) => states.push(state));
    await assert.rejects(run(circuit, outage()));
    assert.equal(await run(circuit), "ok");
    for (let count = 0; count < 2; count += 1) await assert.rejects(run(circuit, outage()), fails("RESONANCE_MODEL_NOT_READY"));
    await assert.rejects(run(circuit), fails("RESONANCE_MODEL_CIRCUIT_OPEN", /2 times in a row \(RESONANCE_MODEL_NOT_READY\).*1 s/));
    now = 1000;
    let answer: (text: string) => void = () => undefined;
    const probe = circuit.guard(() => new Promise<string>((resolve) => { answer = resolve; }));
    await assert.rejects(run(circuit), fails("RESONANCE_MODEL_CIRCUIT_OPEN"));
    answer("alive");
    assert.equal(await probe, "alive");
    assert.equal(await run(circuit), "ok");
    assert.deepEqual(states, ["open", "half-open", "closed"]);
  });

  it("a failing probe opens it again; a probe that was called off leaves the next one to try", async () => {
    let now = 0;
    const circuit = createCircuit("m", { failures: 1, openMs: 1000 }, () => now);
    await assert.rejects(run(circuit, outage()));
    now = 1000;
    await assert.rejects(run(circuit, outage()), fails("RESONANCE_MODEL_NOT_READY"));
    await assert.rejects(run(circuit), fails("RESONANCE_MODEL_CIRCUIT_OPEN"));
    now = 2000;
    await assert.rejects(run(circuit, new ResonanceError("RESONANCE_MODEL_CLOSED")), fails("RESONANCE_MODEL_CLOSED"));
    assert.equal(await run(circuit), "ok");
    assert.equal(circuit.state(), "closed");
  });

  it("bad input never opens it, and a question that began before it opened has no say", async () => {
    const circuit = createCircuit("m", { failures: 1, openMs: 1000 }, () => 0);
    for (let count = 0; count < 5; count += 1) await assert.rejects(run(circuit, badInput()), fails("RESONANCE_MODEL_SERVER_ERROR"));
    assert.equal(circuit.state(), "closed");
    let answer: (text: string) => void = () => undefined;
    const early = circuit.guard(() => new Promise<string>((resolve) => { answer = resolve; }));
    await assert.rejects(run(circuit, outage()));
    answer("early");
    await early;
    assert.equal(circuit.state(), "open");
  });

  it("is shared by all callers of a model, and ends further attempts with the failure itself", async () => {
    const circuit = createCircuit("m", { failures: 2, openMs: 60_000 });
    let asked = 0;
    const model = target(() => { asked += 1; throw outage(); }, { circuit });
    await assert.rejects(caller(model, { retry: { retries: 5, withinMs: 10_000 } }).call(record("1")), fails("RESONANCE_MODEL_NOT_READY"));
    assert.equal(asked, 2);
    await assert.rejects(caller(model).call(record("2")), fails("RESONANCE_MODEL_CIRCUIT_OPEN"));
    assert.equal(asked, 2);
  });
});

describe("a fallback", () => {
  const second = target(({ id }) => ({ body: `second ${id}`, version: "9" }), { node: "second" });

  it("answers when the first model fails for good, and says that it did", async () => {
    const { body, facts } = await caller(target(() => { throw outage(); }), { fallback: second }).call(record("1"));
    assert.equal(body, "second 1");
    assert.deepEqual({ ...facts, milliseconds: 0 }, { model: { id: "second", version: "1" }, node: "second", role: "fallback", from: "model", attempts: 1, servedVersion: "9", milliseconds: 0 });
  });

  it("both failing: one error that names both", async () => {
    const also = target(() => { throw badInput(); }, { node: "second" });
    await assert.rejects(caller(target(() => { throw outage(); }), { fallback: also }).call(record("1")),
      fails("RESONANCE_MODEL_FALLBACK_FAILED", /RESONANCE_MODEL_NOT_READY.*RESONANCE_MODEL_SERVER_ERROR/));
  });

  it("is of the same category and another model, or is refused at deploy", () => {
    for (const wrong of [target(echo), target(echo, { node: "second", category: "energy-forecast" })]) {
      assert.throws(() => caller(target(echo), { fallback: wrong }), fails("RESONANCE_CONFIG_INVALID"));
    }
  });
});

describe("batches", () => {
  const batching = (sizes: number[], refuse: (questions: readonly Question[]) => boolean = () => false): AskTarget => target((question) => {
    sizes.push(1);
    if (question.id === "bad") throw badInput();
    return echo(question);
  }, {
    askMany: (questions) => {
      sizes.push(questions.length);
      return refuse(questions) ? Promise.reject(badInput()) : Promise.resolve(questions.map(echo));
    },
  });

  it("by count and by time, each message with its own answer", async () => {
    const sizes: number[] = [];
    const model = caller(batching(sizes), { batch: { size: 3, waitMs: 5 } });
    const answers = await Promise.all(["1", "2", "3", "4", "5"].map((id) => model.call(record(id))));
    assert.deepEqual(answers.map(({ body }) => body), ["1", "2", "3", "4", "5"]);
    assert.deepEqual(sizes, [3, 2]);
  });

  it("a batch refused for what is in it is asked one by one, so that one bad question spoils no other", async () => {
    const sizes: number[] = [];
    const model = caller(batching(sizes, (questions) => questions.some(({ id }) => id === "bad")), { batch: { size: 3, waitMs: 5 } });
    const [one, bad, three] = await Promise.allSettled(["1", "bad", "3"].map((id) => model.call(record(id))));
    assert.deepEqual([one?.status, bad?.status, three?.status], ["fulfilled", "rejected", "fulfilled"]);
    assert.deepEqual(sizes, [3, 1, 1, 1]);
  });

  it("a batch that nobody answered fails as a whole; too few answers are none", async () => {
    const dead = target(echo, { askMany: () => Promise.reject(outage()) });
    const model = caller(dead, { batch: { size: 2, waitMs: 5 } });
    await Promise.all(["1", "2"].map((id) => assert.rejects(model.call(record(id)), fails("RESONANCE_MODEL_NOT_READY"))));
    let single = 0;
    const short = target((question) => { single += 1; return echo(question); }, { askMany: () => Promise.resolve([{ body: "?" }]) });
    const answers = await Promise.all(["1", "2"].map((id) => caller(short, { batch: { size: 2, waitMs: 5 } }).call(record(id))));
    assert.deepEqual([answers.map(({ body }) => body), single], [["1", "2"], 2]);
  });

  it("a model without batches is refused at deploy", () => {
    assert.throws(() => caller(target(echo), { batch: { size: 2, waitMs: 5 } }), fails("RESONANCE_CONFIG_INVALID"));
  });
});

describe("a cache", () => {
  it("the same input is asked once, also while the first is under way, and nobody shares an answer's object", async () => {
    let asked = 0;
    const model = caller(target(async ({ id }) => { asked += 1; await tick(); return { body: { id } }; }), { cache: { entries: 10, ageMs: 60_000 } });
    const [first, second] = await Promise.all([model.call(record("1")), model.call(record("1"))]);
    (first.body as { id: string }).id = "changed by the flow";
    const third = await model.call(record("1"));
    assert.deepEqual([asked, second.body, third.body], [1, { id: "1" }, { id: "1" }]);
    assert.deepEqual([first, second, third].map(({ facts: { from, attempts } }) => [from, attempts]), [["model", 1], ["cache", 0], ["cache", 0]]);
  });

  it("a record that comes again under its id with other values is asked anew", async () => {
    const model = caller(target(({ record: { values } }) => ({ body: values })), { cache: { entries: 10, ageMs: 60_000 } });
    const corrected = { ...record("1"), values: { vibrationVelocity: 9 } };
    await model.call(record("1"));
    const [second, again] = [await model.call(corrected), await model.call(structuredClone(corrected))];
    assert.deepEqual([second, again].map(({ body, facts: { from } }) => [body, from]), [[corrected.values, "model"], [corrected.values, "cache"]]);
  });

  it("is bounded by count and age and keeps no failure", async () => {
    let now = 0;
    let asked = 0;
    const cache = createAnswerCache<number>({ entries: 2, ageMs: 1000 }, undefined, () => now);
    const get = (id: string) => cache.get(id, () => Promise.resolve(++asked));
    await get("a");
    await get("b");
    await get("a");
    await get("c");
    assert.deepEqual([(await get("a")).cached, (await get("b")).cached], [true, false]);
    now = 1001;
    assert.equal((await get("a")).cached, false);
    await assert.rejects(cache.get("x", () => Promise.reject(outage())));
    assert.equal((await cache.get("x", () => Promise.resolve(7))).answer, 7);
  });

  it("a fallback's answer is not kept: the model is asked again when it is back", async () => {
    let dead = true;
    const first = target((question) => { if (dead) throw outage(); return echo(question); });
    const model = caller(first, { fallback: target(() => ({ body: "second" }), { node: "second" }), cache: { entries: 10, ageMs: 60_000 } });
    assert.equal((await model.call(record("1"))).body, "second");
    dead = false;
    assert.equal((await model.call(record("1"))).body, "1");
  });
});

describe("a shadow", () => {
  const answered = (id: string, body: unknown) => ({
    body, record: record(id), facts: { model: { id: "m", version: "1" }, node: "m", role: "primary", from: "model", attempts: 1, milliseconds: 3 } as const,
  });
  const EXACT = { relative: 0.01, absolute: 0 };

  it("is compared value by value, and its agreement counted over a window", async () => {
    const reports: ShadowReport[] = [];
    const shadow = createShadow({ target: target(({ id }) => ({ body: { rul: id === "2" ? 50 : 100.5, kind: "worn" } }), { node: "new" }), tolerance: EXACT, window: 2 }, (report) => reports.push(report));
    for (const id of ["1", "2", "3"]) shadow.observe(answered(id, { rul: 100, kind: "worn" }));
    while (reports.length < 3) await tick();
    assert.deepEqual(reports.map(({ comparison }) => comparison?.agrees), [true, false, true]);
    assert.deepEqual(reports[1]?.comparison?.differences, [{ path: "/rul", primary: 100, shadow: 50, difference: -50 }]);
    assert.deepEqual(reports.map(({ agreement }) => agreement.share), [1, 0.5, 0.5]);
    assert.deepEqual([reports[0]?.primary.model.id, reports[0]?.shadow.model.id], ["m", "new"]);
  });

  it("that fails or is too slow harms nobody, and is counted; the flow may change its message meanwhile", async () => {
    const reports: ShadowReport[] = [];
    let release: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => { release = resolve; });
    const shadow = createShadow({ target: target(async () => { await gate; throw badInput(); }), tolerance: EXACT, window: 5 }, (report) => reports.push(report));
    for (let count = 0; count < 110; count += 1) shadow.observe(answered(String(count), { rul: 1 }));
    release();
    while (reports.length < 102) await tick();
    assert.equal(reports[0]?.error?.code, "RESONANCE_MODEL_SERVER_ERROR");
    assert.deepEqual([reports.at(-1)?.agreement.failed, reports.at(-1)?.agreement.dropped], [102, 8]);

    const own: ShadowReport[] = [];
    const slow = createShadow({ target: target(async () => { await tick(); return { body: { rul: 1 } }; }), tolerance: EXACT, window: 5 }, (report) => own.push(report));
    const message = answered("1", { rul: 1 });
    slow.observe(message);
    (message.body as { rul: number }).rul = 99;
    while (own.length < 1) await tick();
    assert.equal(own[0]?.comparison?.agrees, true);
    slow.close();
  });

  it("answers are compared by tensor and path, with a tolerance for numbers only", () => {
    const tensor = (name: string, ...data: unknown[]) => ({ name, datatype: "FP32", shape: [data.length], data });
    const tensors = (...outputs: object[]) => ({ modelName: "m", outputs });
    const cases: readonly (readonly [unknown, unknown, readonly string[]])[] = [
      [tensors(tensor("a", 1, 2), tensor("b", "x")), { modelName: "other", outputs: [tensor("b", "x"), tensor("a", 1, 2.01)] }, []],
      [tensors(tensor("a", 1, 2)), tensors(tensor("a", 1, 2.1)), ["/a/1"]],
      [tensors(tensor("a", 1)), tensors(tensor("c", 1)), ["/a", "/c"]],
      [tensors(tensor("a", 1)), tensors(tensor("a", NaN)), ["/a/0"]],
      [{ a: [1, { "b/c": true }] }, { a: [1, { "b/c": false }, 3] }, ["/a/1/b~1c", "/a/2"]],
      ["worn", "worn", []], ["worn", "new", [""]], [null, 0, [""]], [0, -0, []],
    ];
    for (const [one, other, paths] of cases) assert.deepEqual(compareAnswers(one, other, EXACT).differences.map(({ path }) => path), paths);
    const far = compareAnswers(Array.from({ length: 1000 }, () => 0), Array.from({ length: 1000 }, () => 5), EXACT);
    assert.deepEqual([far.compared, far.differing, far.largest, far.differences.length], [1000, 1000, 5, 20]);
  });
});

describe("warming up", () => {
  it("asks again until the model is ready, and only tells what is wrong", async () => {
    const states: string[] = [];
    let asked = 0;
    const model = target(echo, { ready: () => (++asked === 1 ? Promise.resolve(false) : Promise.resolve(true)) });
    await warmUp(model, "ready", new AbortController().signal, (state) => { states.push(state instanceof ResonanceError ? state.code : String(state)); });
    assert.deepEqual(states, ["warming", "false", "ready"]);
  });

  it("an inference has neutral tensors of the model's shape; what will not get better is not tried again", async () => {
    const seen: unknown[] = [];
    const states: string[] = [];
    const unused = { field: "", unit: "" };
    const base = target(({ tensors }) => { seen.push(tensors); throw badInput(); });
    const inputs = [{ name: "a", datatype: "FP32", shape: [-1, 2], elements: [unused, unused] }, { name: "b", datatype: "BYTES", shape: [1], elements: [unused] }] as const;
    await warmUp({ ...base, model: { ...base.model, inputs } }, "inference", new AbortController().signal, (state) => { states.push(state instanceof ResonanceError ? state.code : String(state)); });
    assert.deepEqual(seen, [[{ name: "a", datatype: "FP32", shape: [1, 2], data: [0, 0] }, { name: "b", datatype: "BYTES", shape: [1], data: [""] }]]);
    assert.deepEqual(states, ["warming", "RESONANCE_MODEL_SERVER_ERROR"]);
  });
});

describe("questions into the flow", () => {
  const QUESTION: Question = { id: "1", record: record("1"), tensors: [] };

  it("have handles nobody can guess; late, second and unknown answers are told apart", async () => {
    const desk = createQuestionDesk("node");
    const handles: string[] = [];
    const runner = createFlowRunner({ timeout: 20, content: "values" }).wire(desk, (_, payload, handle) => {
      assert.deepEqual(payload, {});
      handles.push(handle);
    });
    const [answered, failed, late] = [runner.ask(QUESTION), runner.ask(QUESTION), runner.ask(QUESTION)];
    const [one = "", two = "", three = ""] = handles;
    assert.equal(new Set(handles.map((handle) => handle.slice(-36))).size, 3);
    desk.answer(one, { body: 42 });
    assert.deepEqual(await answered, { body: 42 });
    assert.throws(() => desk.answer(one, { body: 43 }), fails("RESONANCE_MODEL_FLOW_ANSWER_TWICE"));
    desk.answer(two, { error: "division by zero" });
    await assert.rejects(failed, fails("RESONANCE_MODEL_FLOW_FAILED", /division by zero/));
    await assert.rejects(late, fails("RESONANCE_MODEL_FLOW_TIMEOUT"));
    assert.throws(() => desk.answer(three, { body: 44 }), fails("RESONANCE_MODEL_FLOW_ANSWER_LATE"));
    assert.throws(() => desk.answer("node/guess", { body: 45 }), fails("RESONANCE_MODEL_FLOW_ANSWER_UNKNOWN"));
    assert.deepEqual([desk.owns(one), desk.owns("other/guess"), desk.owns(undefined)], [true, false, false]);
  });

  it("end with the caller; a model that no caller has wired cannot be asked", async () => {
    const runner = createFlowRunner({ timeout: 60_000, content: "record" });
    await assert.rejects(runner.ask(QUESTION), fails("RESONANCE_MODEL_FLOW_UNWIRED"));
    const model = caller({ ...target(echo), runner: runner.wire(createQuestionDesk("node"), () => undefined) });
    const open = assert.rejects(model.call(record("1")), fails("RESONANCE_MODEL_CLOSED"));
    await tick();
    model.close();
    await open;
  });
});

describe("whatever happens", () => {
  const seed = fuzzSeed();
  it(`every message ends once, in the order of its equipment, within the bounds (seed ${seed})`, async () => {
    const random = seeded(seed);
    for (let round = 0; round < 150; round += 1) {
      const concurrency = 1 + random.below(4);
      const queueLimit = random.below(8);
      const size = random.chance(0.4) ? 2 + random.below(3) : 1;
      const most = { requests: 0, open: 0 };
      let requests = 0;
      const work = async <T>(give: () => T): Promise<T> => {
        requests += 1;
        most.requests = Math.max(most.requests, requests);
        try {
          for (let hops = random.below(6); hops > 0; hops -= 1) await tick();
          if (random.chance(0.15)) throw random.pick([outage, badInput])();
          if (random.chance(0.02)) throw new Error("a bug");
          return give();
        } finally {
          requests -= 1;
        }
      };
      const circuit = random.chance(0.3) ? createCircuit("m", { failures: 2, openMs: 1 }) : undefined;
      const primary = target((question) => work(() => echo(question)), {
        ...(circuit && { circuit }), repeatable: random.chance(0.8),
        ...(size > 1 && { askMany: (questions: readonly Question[]) => work(() => questions.map(echo)) }),
      });
      const model = createCaller({
        primary,
        fallback: random.chance(0.3) ? target(async (question) => { await tick(); if (random.chance(0.3)) throw badInput(); return echo(question); }, { node: "second" }) : undefined,
        queue: { concurrency, queueLimit, policy: random.pick(QUEUE_POLICIES) },
        retry: { retries: random.below(3), withinMs: 1000 },
        batch: size > 1 ? { size, waitMs: random.below(3) } : undefined,
        cache: random.chance(0.3) ? { entries: 5, ageMs: 1000 } : undefined,
      });
      const asked = 10 + random.below(30);
      const ends = new Map<number, number>();
      const lastOf = new Map<string, number>();
      let open = 0;
      const calls: Promise<void>[] = [];
      const end = (index: number): void => {
        open -= 1;
        ends.set(index, (ends.get(index) ?? 0) + 1);
      };
      for (let index = 0; index < asked; index += 1) {
        const equipment = random.pick(["a", "b", "c"]);
        const id = random.chance(0.2) ? `same-${equipment}` : String(index);
        open += 1;
        calls.push(model.call(record(id, equipment)).then(({ body }) => {
          end(index);
          assert.equal(body, id);
          assert.ok((lastOf.get(equipment) ?? -1) < index, `round ${round}: ${equipment} out of order`);
          lastOf.set(equipment, index);
        }, (thrown: unknown) => {
          end(index);
          const known = thrown instanceof ResonanceError ? /^RESONANCE_MODEL_/.test(thrown.code) || thrown.code === "RESONANCE_INTERNAL" : (thrown as Error).message === "a bug";
          assert.ok(known, String(thrown));
        }));
        if (random.chance(0.5)) await tick();
        // Those that were refused are told in the same turn; only what the queue took stays open.
        await Promise.resolve().then(() => undefined).then(() => undefined).then(() => undefined);
        const { active, waiting } = model.counts();
        assert.ok(active <= concurrency * size && waiting <= queueLimit + concurrency * size);
        most.open = Math.max(most.open, open);
      }
      if (random.chance(0.3)) model.close();
      await Promise.all(calls);
      await tick();
      assert.equal(ends.size, asked);
      assert.ok([...ends.values()].every((count) => count === 1));
      // A batch that was refused is asked one by one within its own place.
      assert.ok(most.requests <= (size > 1 ? concurrency * size : concurrency), `round ${round}: ${most.requests} requests of ${concurrency}`);
      assert.ok(most.open <= concurrency * size + queueLimit + 3, `round ${round}: ${most.open} open`);
      model.close();
    }
  });
});
