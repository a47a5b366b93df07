import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { runInNewContext } from "node:vm";
import { ResonanceError } from "../../nodes/lib/errors/resonance-error";
import type { TensorSpec } from "../../nodes/lib/inference/tensor";
import type { Category, Field, Profile } from "../../nodes/lib/profile/profile";
import { PATTERN_LIMIT } from "../../nodes/lib/record/bounded-pattern";
import type { InputRecord } from "../../nodes/lib/record/interface-record";
import { createOutputBuilder, type OutputMapping, type OutputOptions } from "../../nodes/lib/record/output-builder";

const NOW = Date.parse("2026-11-22T08:30:00.000Z");
const at = (seconds: number): string => new Date(NOW + seconds * 1000).toISOString();

/** A category of its own: how answers are read depends on the fields, not on an edition of the profile. */
const FIELDS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  remainingUsefulLife: { type: "number", unit: "HUR", minimum: 0, maximum: 1e6 },
  predictedEndOfLife: { type: "string", format: "date-time", derivation: { timeAfter: "remainingUsefulLife" } },
  verdict: { type: "string", enum: ["OK", "scratch", "pore"] },
  defectCount: { type: "integer", unit: "C62", minimum: 0, maximum: 1000 },
  alarm: { type: "boolean" },
  explanation: { type: "string", maxLength: 200 },
  forecast: { type: "array", maxItems: 4, items: { type: "number", unit: "KWT", minimum: 0, maximum: 1000 } },
  defects: {
    type: "array", maxItems: 3,
    items: { type: "object", required: ["class", "box"], properties: {
      class: { type: "string", enum: ["scratch", "pore"] },
      box: { type: "array", minItems: 4, maxItems: 4, items: { type: "number", unit: "C62", minimum: 0 } },
      score: { type: "number", unit: "C62", minimum: 0, maximum: 1 },
    } },
  },
};

function profileWith(required: readonly string[] = [], requireOneOf: readonly string[] = []): Profile {
  const fields = new Map(Object.entries(FIELDS).map(([name, schema]): [string, Field] => [name, { name, schema, required: required.includes(name), common: false } as unknown as Field]));
  const category = { id: "answers", nature: "prediction", input: { fields: new Map(), required: [], requireOneOf: [], schema: {} }, output: { fields, required, requireOneOf, schema: {} } };
  return { id: "test", version: "1.0.0", categories: new Map([["answers", category as unknown as Category]]) } as unknown as Profile;
}

const INPUT: InputRecord = {
  profile: "test@1.0.0", category: "answers", direction: "input", nature: "measurement", id: "0199", timestamp: at(0), equipment: "a/b", values: {},
};
const map = (field: string, source: OutputMapping["source"], path: string, more: Partial<OutputMapping> = {}): OutputMapping => ({ field, source, path, unit: "", ...more });

function build(mappings: readonly OutputMapping[], answer: unknown, more: Partial<OutputOptions> & { readonly outputs?: readonly TensorSpec[]; readonly required?: readonly string[]; readonly requireOneOf?: readonly string[] } = {}) {
  const { outputs = [], required = [], requireOneOf = [], ...options } = more;
  const subject = createOutputBuilder({
    profile: profileWith(required, requireOneOf), model: { id: "m", version: "1", category: "answers", outputs }, rules: [], mappings, validFor: 0, ...options,
  });
  return subject.build(answer, INPUT, NOW);
}

const tensors = (data: Readonly<Record<string, readonly unknown[]>>): unknown =>
  ({ modelName: "m", outputs: Object.entries(data).map(([name, values]) => ({ name, datatype: "FP32", shape: [1, values.length], data: values })) });

const refuses = (act: () => unknown, code: string, place?: string): void => assert.throws(act, (error: unknown) => {
  assert.ok(error instanceof ResonanceError, String(error));
  assert.equal(error.code, code);
  if (place !== undefined) assert.equal(error.path, place);
  return true;
});

describe("answers in tensors", () => {
  it("an element, a whole tensor, and a name with a slash, converted to the profile's units", () => {
    const mappings = [map("remainingUsefulLife", "tensor", "dense/out/1", { unit: "MIN" }), map("forecast", "tensor", "series", { unit: "WTT" }), map("defectCount", "tensor", "count")];
    const { values } = build(mappings, tensors({ "dense/out": [9, 90], series: [1000, 2500], count: [3] }));
    assert.deepEqual(values, { remainingUsefulLife: 1.5, forecast: [1, 2.5], defectCount: 3, predictedEndOfLife: at(5400) });
    assert.deepEqual(build([map("defectCount", "tensor", "out/1")], tensors({ "out/1": [7], out: [1, 2] })).values, { defectCount: 7 }, "a name counts before an element");
  });

  it("stand beside the elements that the model node describes; a tensor described without elements is only mapped", () => {
    const outputs: TensorSpec[] = [
      { name: "rul", datatype: "FP32", shape: [1, 1], elements: [{ field: "remainingUsefulLife", unit: "HUR" }] },
      { name: "classes", datatype: "FP32", shape: [1, 3], elements: [] },
    ];
    const labels = { 0: "OK", 1: "scratch", 2: "pore" };
    const record = build([map("verdict", "tensor", "classes", { labels }), map("confidence", "tensor", "classes")], tensors({ rul: [2], classes: [0.1, 0.2, 0.7] }), { outputs });
    assert.deepEqual([record.values, record.confidence], [{ remainingUsefulLife: 2, verdict: "pore", predictedEndOfLife: at(7200) }, 0.7]);
    refuses(() => build([map("remainingUsefulLife", "tensor", "x")], tensors({}), { outputs }), "RESONANCE_MAPPING_TWICE", "mappings/0/field");
    refuses(() => build([], { verdict: "OK" }, { outputs }), "RESONANCE_ANSWER_MISSING");
  });

  it("what is not there is an error, save in an optional row", () => {
    refuses(() => build([map("defectCount", "tensor", "y")], tensors({ x: [1] })), "RESONANCE_OUTPUT_MISSING", "outputs/y");
    refuses(() => build([map("defectCount", "tensor", "x/5")], tensors({ x: [1] })), "RESONANCE_ANSWER_PART_MISSING", "values/defectCount");
    assert.deepEqual(build([map("defectCount", "tensor", "x/5", { optional: true })], tensors({ x: [1] })).values, {});
    refuses(() => build([map("defectCount", "tensor", "x")], tensors({ x: [1, 2] })), "RESONANCE_VALUE_TYPE", "values/defectCount");
  });
});

describe("class labels", () => {
  const labels = { 0: "OK", 1: "scratch", 2: "pore" };
  const verdict = (answer: unknown, more: Partial<OutputMapping> = {}) => build([map("verdict", "json", "/y", { labels, ...more })], { y: answer }).values["verdict"];

  it("by index, by scores, by scores of a batch of one, by name", () => {
    assert.equal(verdict(1), "scratch");
    assert.equal(verdict("2"), "pore");
    assert.equal(verdict([0, 1, 0]), "scratch");
    assert.equal(verdict([[0.2, 0.3, 0.5]]), "pore");
    assert.equal(verdict([-4, -1, -2]), "scratch", "scores need not be shares");
    assert.equal(verdict([0.4, 0.4, 0.2]), "OK", "the first of equal ones");
    assert.equal(verdict({ good: 0.2, bad: 0.8 }, { labels: { good: "OK", bad: "pore" } }), "pore");
    assert.equal(build([map("alarm", "json", "/y", { labels: { 0: "false", 1: "true" } })], { y: [0.1, 0.9] }).values["alarm"], true);
  });

  it("a class without label, or scores that are none, is an error, and a label the field does not allow is refused at deploy", () => {
    for (const answer of [7, "", [0, NaN, 1], [0, "high"], [], {}]) refuses(() => verdict(answer), "RESONANCE_LABEL_UNKNOWN", "values/verdict");
    for (const name of ["constructor", "__proto__", "toString"]) refuses(() => verdict(name), "RESONANCE_LABEL_UNKNOWN");
    refuses(() => verdict(0, { labels: { 0: "fine" } }), "RESONANCE_VALUE_ENUM", "mappings/0/labels/0");
  });

  it("the confidence is the greatest score, or a value of its own", () => {
    const confidence = (answer: unknown, unit = "") => build([map("confidence", "json", "/p", { unit })], { p: answer }).confidence;
    assert.deepEqual([confidence([0.1, 0.6, 0.3]), confidence({ a: 0.4, b: 0.6 }), confidence(0.9), confidence(92, "P1")], [0.6, 0.6, 0.9, 0.92]);
    refuses(() => confidence([3.2, -1]), "RESONANCE_VALUE_RANGE", "confidence");
    refuses(() => confidence([0.2, "x"]), "RESONANCE_VALUE_NOT_FINITE", "confidence");
  });
});

describe("thresholds", () => {
  it("make a yes-or-no field of a number", () => {
    const alarm = (value: unknown, source: OutputMapping["source"] = "json", path = "/score") =>
      build([map("alarm", source, path, { threshold: "0.5" })], source === "json" ? { score: value } : value).values["alarm"];
    assert.deepEqual([alarm(0.49), alarm(0.5), alarm(2)], [false, true, true]);
    assert.equal(alarm("risk: 0.7", "text", "risk: ([\\d.]+)"), true);
    refuses(() => alarm(true), "RESONANCE_VALUE_TYPE", "values/alarm");
    refuses(() => alarm(NaN), "RESONANCE_VALUE_NOT_FINITE", "values/alarm");
    refuses(() => build([map("defectCount", "json", "/a", { threshold: 1 })], {}), "RESONANCE_CONFIG_INVALID", "mappings/0/threshold");
    refuses(() => build([map("alarm", "json", "/a", { threshold: 1, labels: { 0: "true" } })], {}), "RESONANCE_CONFIG_INVALID", "mappings/0/threshold");
  });

  it("rules take mapped fields as their source, and say nothing of one that is missing", () => {
    const rules = [{ field: "alarm", source: "remainingUsefulLife", operator: "<" as const, value: 8, unit: "HUR" }];
    const alarm = (answer: unknown) => build([map("remainingUsefulLife", "json", "/rul", { optional: true })], answer, { rules }).values;
    assert.equal(alarm({ rul: 7 })["alarm"], true);
    assert.deepEqual(alarm({}), {});
  });
});

describe("answers in JSON", () => {
  const DOCUMENT = { result: [{ "a/b": 12, "m~n": "OK" }], defects: [{ class: "pore", box: [1, 2, 3, 4], score: 0.8 }] };

  it("a document, a text or bytes of one, from any realm, also in a tensor or a part of it", () => {
    const mappings = [map("defectCount", "json", "/result/0/a~1b"), map("verdict", "json", "/result/0/m~0n"), map("defects", "json", "/defects")];
    const expected = { defectCount: 12, verdict: "OK", defects: DOCUMENT.defects };
    const text = JSON.stringify(DOCUMENT);
    for (const answer of [DOCUMENT, text, Buffer.from(text), runInNewContext(`(${text})`) as unknown]) assert.deepEqual(build(mappings, answer).values, expected);
    assert.deepEqual(build([map("defectCount", "json", "/n", { within: "out" })], tensors({ out: ['{"n": 4}'] })).values, { defectCount: 4 });
    assert.deepEqual(build([map("defectCount", "json", "/n", { within: "/choices/0/content" })], { choices: [{ content: '{"n": 4}' }] }).values, { defectCount: 4 });
    assert.deepEqual(build([map("defectCount", "json", "")], "7").values, { defectCount: 7 });
  });

  it("nothing is guessed and nothing is read from a prototype", () => {
    refuses(() => build([map("defectCount", "json", "/n")], { n: "12" }), "RESONANCE_VALUE_TYPE", "values/defectCount");
    // What a service writes where JSON has no number for it.
    for (const n of ["NaN", "Infinity", "-Infinity"]) refuses(() => build([map("defectCount", "json", "/n")], { n }), "RESONANCE_VALUE_NOT_FINITE", "values/defectCount");
    for (const path of ["/toString", "/__proto__/polluted", "/constructor/name", "/list/length", "/list/01", "/list/-1", "/n/0"]) {
      refuses(() => build([map("explanation", "json", path)], { list: ["a"], n: "text" }), "RESONANCE_ANSWER_PART_MISSING", "values/explanation");
    }
    refuses(() => build([map("defectCount", "json", "/n")], "{broken"), "RESONANCE_ANSWER_UNREADABLE", "payload");
    refuses(() => build([map("defectCount", "json", "/n")], undefined), "RESONANCE_ANSWER_MISSING");
    refuses(() => build([map("defectCount", "json", "/n")], null), "RESONANCE_ANSWER_MISSING");
    const deep = JSON.parse("[".repeat(5000) + "]".repeat(5000)) as unknown;
    refuses(() => build([map("forecast", "json", "")], deep), "RESONANCE_VALUE_TYPE", "values/forecast/0");
  });

  it("structured values are checked part by part", () => {
    const defects = (value: unknown) => () => build([map("defects", "json", "/d")], { d: value });
    const [good] = DOCUMENT.defects;
    refuses(defects([{ ...good, class: "dent" }]), "RESONANCE_VALUE_ENUM", "values/defects/0/class");
    refuses(defects([good, { ...good, box: [1, 2, 3] }]), "RESONANCE_VALUE_LENGTH", "values/defects/1/box");
    refuses(defects([good, { ...good, box: [1, 2, 3, -4] }]), "RESONANCE_VALUE_RANGE", "values/defects/1/box/3");
    refuses(defects([{ class: "pore" }]), "RESONANCE_FIELD_MISSING", "values/defects/0/box");
    refuses(defects([{ ...good, colour: "red" }]), "RESONANCE_FIELD_UNEXPECTED", "values/defects/0/colour");
    refuses(defects([JSON.parse('{"class":"pore","box":[1,2,3,4],"__proto__":{"x":1}}')]), "RESONANCE_FIELD_UNEXPECTED", "values/defects/0/__proto__");
    refuses(defects([good, good, good, good]), "RESONANCE_VALUE_LENGTH", "values/defects");
    refuses(defects({}), "RESONANCE_VALUE_TYPE", "values/defects");
  });

  it("an answer that leaves out what the profile requires is an error", () => {
    refuses(() => build([map("defectCount", "json", "/n", { optional: true })], {}, { required: ["defectCount"] }), "RESONANCE_ANSWER_PART_MISSING", "values/defectCount");
    const either = [map("defectCount", "json", "/n", { optional: true }), map("verdict", "json", "/v", { optional: true })];
    refuses(() => build(either, {}, { requireOneOf: ["defectCount", "verdict"] }), "RESONANCE_FIELD_MISSING", "values");
    assert.deepEqual(build(either, { v: "OK" }, { requireOneOf: ["defectCount", "verdict"] }).values, { verdict: "OK" });
    refuses(() => build([], {}, { required: ["defectCount"] }), "RESONANCE_FIELD_UNMAPPED", "outputs");
  });
});

describe("answers in text", () => {
  const TEXT = "Verdict: scratch (2 defects).\nRemaining life 90 min, certain to 85 %.";

  it("a group of a regular expression, read as the field's type", () => {
    const record = build([
      map("verdict", "text", "Verdict: (\\w+)"), map("defectCount", "text", "/\\((?<other>\\D)?(?<value>\\d+) DEFECTS/i"), map("remainingUsefulLife", "text", "life ([\\d.]+)", { unit: "MIN" }),
      map("confidence", "text", "(\\d+) %", { unit: "P1" }), map("explanation", "text", "Remaining.*$", { optional: true }), map("alarm", "text", "alarm: (\\w+)", { optional: true }),
    ], TEXT);
    assert.deepEqual(record.values, { verdict: "scratch", defectCount: 2, remainingUsefulLife: 1.5, explanation: "Remaining life 90 min, certain to 85 %.", predictedEndOfLife: at(5400) });
    assert.equal(record.confidence, 0.85);
    assert.equal(build([map("alarm", "text", "alarm: (\\w+)")], "alarm: True").values["alarm"], true);
    assert.equal(build([map("verdict", "text", "class (\\d)", { labels: { 2: "pore" }, within: "out" })], tensors({ out: ["class 2"] })).values["verdict"], "pore");
  });

  it("what does not match, or is no number, is an error", () => {
    refuses(() => build([map("verdict", "text", "Result: (\\w+)")], TEXT), "RESONANCE_ANSWER_PART_MISSING", "values/verdict");
    refuses(() => build([map("defectCount", "text", "Verdict: (\\w+)")], TEXT), "RESONANCE_VALUE_TYPE", "values/defectCount");
    for (const number of ["12,5", "0x10", "1e", "1 2", ""]) refuses(() => build([map("remainingUsefulLife", "text", "^(.*)$")], number), "RESONANCE_VALUE_TYPE", "values/remainingUsefulLife");
    refuses(() => build([map("verdict", "text", "x")], { text: "x" }), "RESONANCE_ANSWER_UNREADABLE", "payload");
    refuses(() => build([map("verdict", "text", "x")], "x".repeat(1_000_001)), "RESONANCE_ANSWER_UNREADABLE", "payload");
  });

  it("a pattern that would run for ever is stopped, and the next message is served", () => {
    const subject = createOutputBuilder({
      profile: profileWith(), model: { id: "m", version: "1", category: "answers", outputs: [] }, rules: [], mappings: [map("explanation", "text", "^(a+)+$")], validFor: 0,
    });
    const before = performance.now();
    refuses(() => subject.build(`${"a".repeat(50)}!`, INPUT), "RESONANCE_PATTERN_TIMEOUT", "values/explanation");
    assert.ok(performance.now() - before < PATTERN_LIMIT + 400, `${performance.now() - before} ms`);
    refuses(() => build([map("explanation", "text", ".*.*.*.*x")], "b".repeat(100_000)), "RESONANCE_PATTERN_TIMEOUT");
    assert.equal(subject.build("aaa", INPUT).values["explanation"], "aaa");
  });
});

describe("validity", () => {
  const until = (mappings: readonly OutputMapping[], answer: unknown, more: Partial<OutputOptions> = {}) => build(mappings, answer, more).validUntil;
  const life = map("remainingUsefulLife", "json", "/rul", { optional: true });

  it("is fixed, of an output, or what the answer says, the latter first", () => {
    assert.equal(until([life], { rul: 1 }), undefined);
    assert.equal(until([life], { rul: 1 }, { validFor: 60 }), at(60));
    assert.equal(until([life], { rul: 1 }, { validFor: 60, validField: "remainingUsefulLife" }), at(3600));
    assert.equal(until([life], { rul: 1 }, { validField: "predictedEndOfLife" }), at(3600), "also of a derived one");
    assert.equal(until([life], {}, { validFor: 60, validField: "remainingUsefulLife" }), at(60), "fixed where the output is missing");
    assert.equal(until([map("validFor", "json", "/ttl", { unit: "MIN" })], { ttl: 5 }, { validFor: 60 }), at(300));
    assert.equal(until([map("validUntil", "json", "/until")], { until: "2026-11-22T16:31:00+08:00" }, { validFor: 600 }), at(60));
  });

  it("does not end before it begins, and needs a time or a span", () => {
    refuses(() => until([map("validUntil", "json", "/until")], { until: "2026-11-22T08:29:59Z" }), "RESONANCE_VALUE_RANGE", "validUntil");
    refuses(() => until([map("validFor", "json", "/ttl")], { ttl: -1 }), "RESONANCE_VALUE_RANGE", "validFor");
    refuses(() => until([life], { rul: 1 }, { validField: "alarm" }), "RESONANCE_CONFIG_INVALID", "validField");
    refuses(() => until([life], { rul: 1 }, { validField: "defectCount" }), "RESONANCE_UNIT_INCOMPATIBLE", "validField");
    refuses(() => until([life], { rul: 1 }, { validField: "nothing" }), "RESONANCE_FIELD_UNKNOWN", "validField");
  });
});

describe("at deploy", () => {
  it("a row that cannot work is refused with its place", () => {
    const one = (mapping: OutputMapping) => () => build([mapping], {});
    refuses(one(map("feed", "json", "/x")), "RESONANCE_FIELD_UNKNOWN", "mappings/0/field");
    refuses(one(map("constructor", "json", "/x")), "RESONANCE_FIELD_UNKNOWN", "mappings/0/field");
    refuses(one(map("verdict", "xml" as "json", "/x")), "RESONANCE_CONFIG_INVALID", "mappings/0/source");
    refuses(one(map("verdict", "json", "x")), "RESONANCE_CONFIG_INVALID", "mappings/0/path");
    refuses(one(map("verdict", "json", "/a~2")), "RESONANCE_CONFIG_INVALID", "mappings/0/path");
    refuses(one(map("verdict", "tensor", "")), "RESONANCE_CONFIG_INVALID", "mappings/0/path");
    refuses(one(map("verdict", "text", "(")), "RESONANCE_CONFIG_INVALID", "mappings/0/path");
    refuses(one(map("verdict", "text", "/x/g")), "RESONANCE_CONFIG_INVALID", "mappings/0/path");
    refuses(one(map("remainingUsefulLife", "json", "/x", { unit: "BAR" })), "RESONANCE_UNIT_INCOMPATIBLE", "mappings/0/unit");
    refuses(() => build([map("verdict", "json", "/a"), map("verdict", "json", "/b")], {}), "RESONANCE_MAPPING_TWICE", "mappings/1/field");
  });
});
