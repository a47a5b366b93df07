import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, it } from "node:test";
import { runInNewContext } from "node:vm";
import { ResonanceError } from "../../nodes/lib/errors/resonance-error";
import type { ModelAnswer, TensorSpec } from "../../nodes/lib/inference/tensor";
import { loadBuiltInProfile } from "../../nodes/lib/profile/load-profile";
import { buildInputRecord } from "../../nodes/lib/record/build-record";
import { isDateTime, parseDateTime } from "../../nodes/lib/record/date-time";
import { compileAdmission } from "../../nodes/lib/record/field-value";
import { createInputCollector, type Collected, type CollectorOptions, type InputCollector, type TagMapping } from "../../nodes/lib/record/input-collector";
import type { InputRecord } from "../../nodes/lib/record/interface-record";
import { isoTime } from "../../nodes/lib/record/iso-time";
import { createOutputBuilder, type OutputOptions, type Rule } from "../../nodes/lib/record/output-builder";
import { readRecord } from "../../nodes/lib/record/read-record";
import type { Sample } from "../../nodes/lib/record/sample";
import { uuidv7 } from "../../nodes/lib/record/uuid-v7";
import { sharedData, skipWithout } from "../support/requirements";

const shared = process.env["RESONANCE_SHARED"];
const profile = loadBuiltInProfile();
const START = Date.parse("2026-11-22T08:30:00.000Z");
const at = (seconds: number): string => new Date(START + seconds * 1000).toISOString();

const tag = (name: string, field: string, unit: string, more: Partial<TagMapping> = {}): TagMapping => ({ tag: name, field, unit, maxAge: 0, optional: false, ...more });
const CNC = [tag("P", "processTemperature", "KEL"), tag("S", "rotationalSpeed", "RPM"), tag("T", "torque", "NU")];
const sample = (name: string, value: unknown, seconds = 0, more: Partial<Sample> = {}): Sample => ({ tag: name, value, quality: "Good", timestamp: at(seconds), ...more });
const complete = (seconds = 0): Sample[] => [sample("P", 308.6, seconds), sample("S", 1551, seconds), sample("T", 42.8, seconds)];

function collector(more: Partial<CollectorOptions> = {}): InputCollector {
  return createInputCollector({
    profile, category: "predictive-maintenance", equipment: { path: "acme/shanghai/machining/line-1/cnc-07", physicalAsset: "SN-1" },
    tags: CNC, trigger: "message", badQuality: "reject", now: () => START, ...more,
  });
}

const codes = ({ rejected }: Collected): string[] => rejected.flatMap(({ errors }) => errors.map(({ code, path: at }) => `${code} ${at}`));
const fails = (code: string, at?: string) => (error: unknown): boolean => {
  assert.ok(error instanceof ResonanceError, String(error));
  assert.equal(error.code, code);
  if (at !== undefined) assert.equal(error.path, at);
  return true;
};
const balanced = (subject: InputCollector): void => {
  const { received, applied, held, superseded, rejected, ignored } = subject.counts();
  assert.equal(applied + held + superseded + rejected + ignored, received, JSON.stringify(subject.counts()));
};

describe("times and ids", () => {
  it("a date and time exists in the calendar and has a zone", () => {
    const valid = ["2026-11-22T08:30:05Z", "2026-11-22T08:30:05.120Z", "2024-02-29T00:00:00+08:00", "2000-02-29T23:59:59.999999-11:30",
      "2026-12-31t23:59:59z", "0000-01-01T00:00:00Z", "1998-12-31T23:59:60Z", "1998-12-31T15:59:60.123-08:00", "2026-04-30T00:00:00Z", "2026-01-31T00:00:00-00:00"];
    const invalid = ["2026-02-30T00:00:00Z", "2026-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2026-04-31T00:00:00Z", "2026-13-01T00:00:00Z", "2026-00-10T00:00:00Z",
      "2026-11-22T24:00:00Z", "2026-11-22T24:61:00Z", "2026-11-22T08:60:00Z", "2026-11-22T08:30:61Z", "1998-12-31T22:59:60Z", "1998-12-31T23:59:60+01:00",
      "2026-11-22T08:30:05", "2026-11-22T08:30Z", "2026-11-22", "2026-11-22 08:30:05Z", "2026-11-22T08:30:05.Z", "2026-11-22T08:30:05+8:00", "2026-11-22T08:30:05+24:00",
      "2026-11-22T08:30:05+0800", " 2026-11-22T08:30:05Z", "2026-11-22T08:30:05Z\n", "+002026-11-22T08:30:05Z", "２026-11-22T08:30:05Z", ""];
    for (const text of valid) assert.ok(isDateTime(text), text);
    for (const text of invalid) assert.ok(!isDateTime(text), text);
    assert.equal(parseDateTime("1998-12-31T23:59:60Z"), Date.UTC(1999, 0, 1), "a leap second is the second after it");
    assert.equal(parseDateTime("2026-11-22T08:30:05.120+08:00"), Date.parse("2026-11-22T00:30:05.120Z"));
  });

  it("every day of four centuries is accepted, and the day after the last of a month is not", () => {
    for (let time = Date.UTC(1900, 0, 1); time < Date.UTC(2300, 0, 1); time += 86_400_000) assert.ok(isDateTime(new Date(time).toISOString()));
    for (let month = 0; month < 400 * 12; month++) {
      const last = new Date(Date.UTC(1900, month + 1, 0)).toISOString();
      assert.ok(!isDateTime(last.slice(0, 8) + String(Number(last.slice(8, 10)) + 1) + last.slice(10)), last);
    }
  });

  it("times are written in UTC with milliseconds, whatever they came as", () => {
    for (const time of [new Date(START), START, "2026-11-22T08:30:00Z", "2026-11-22T16:30:00+08:00", runInNewContext(`new Date(${START})`) as Date]) {
      assert.equal(isoTime(time), "2026-11-22T08:30:00.000Z");
    }
    for (const time of [NaN, Infinity, new Date(NaN), "yesterday", "2026-02-30T00:00:00Z", 1e15]) assert.throws(() => isoTime(time, "timestamp"), fails("RESONANCE_TIME_INVALID", "timestamp"));
  });

  it("ids are UUIDs of version 7 that sort in the order they were made, even when the clock is set back", () => {
    const ids = Array.from({ length: 20_000 }, (_, index) => uuidv7(index < 10_000 ? START : START - 5000));
    for (const id of ids) assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    assert.deepEqual([...ids].sort(), ids);
    assert.equal(new Set(ids).size, ids.length);
    const now = Date.now();
    assert.ok(Math.abs(parseInt(uuidv7(now).replaceAll("-", "").slice(0, 12), 16) - Math.max(now, START)) < 10_000);
  });
});

describe("records", () => {
  const record = buildInputRecord({ profile, category: "predictive-maintenance", timestamp: at(0), equipment: "a/b", values: { torque: 1 } });
  const output = { ...record, direction: "output", nature: "prediction", inputId: record.id, model: { id: "m", version: "1" }, values: { remainingUsefulLife: 1 } };

  it("an input is a measurement, and nothing empty is written", () => {
    assert.deepEqual({ ...record, id: "" }, {
      profile: "gbt-provisional@0.1.0", category: "predictive-maintenance", id: "", direction: "input", nature: "measurement",
      timestamp: at(0), equipment: "a/b", values: { torque: 1 },
    });
  });

  it("reads what it builds, with and without the profile", () => {
    assert.equal(readRecord(record), record);
    assert.equal(readRecord(record, profile), record);
    assert.equal(readRecord(output, profile), output);
    const foreign = runInNewContext(`(${JSON.stringify(output)})`) as unknown;
    assert.equal(readRecord(foreign, profile), foreign, "a function node's object comes from another realm");
  });

  it("what is not a record is refused with its place", () => {
    const broken: readonly (readonly [unknown, string])[] = [
      [null, ""], ["text", ""], [[record], ""], [{ ...record, direction: "in" }, "direction"], [{ ...record, id: 7 }, "id"], [{ ...record, timestamp: "2026-02-30T00:00:00Z" }, "timestamp"],
      [{ ...record, values: undefined }, "values"], [{ ...record, values: [1] }, "values"], [{ ...record, nature: "guess" }, "nature"], [{ ...record, quality: { torque: "Bad" } }, "quality/torque"],
      [{ ...record, quality: { torque: { status: "Fine" } } }, "quality/torque/status"], [{ ...record, quality: { feed: { status: "Bad" } } }, "quality/feed"], [{ ...record, physicalAsset: 1 }, "physicalAsset"],
      [{ ...output, model: undefined }, "model"], [{ ...output, model: { id: "m" } }, "model/version"], [{ ...output, inputId: undefined }, "inputId"], [{ ...output, confidence: 1.5 }, "confidence"], [{ ...output, validUntil: "soon" }, "validUntil"],
      [JSON.parse(`{"__proto__":{},"direction":"input"}`), "__proto__"], [{ ...record, values: JSON.parse(`{"__proto__":1}`) as unknown }, "values/__proto__"], [{ ...record, values: { constructor: 1 } }, "values/constructor"],
    ];
    for (const [payload, place] of broken) assert.throws(() => readRecord(payload), fails("RESONANCE_RECORD_INVALID", place));
    assert.throws(() => readRecord({ ...record, profile: "other@1.0.0" }, profile), fails("RESONANCE_RECORD_INVALID", "profile"));
    assert.throws(() => readRecord({ ...record, category: "press-forming" }, profile), fails("RESONANCE_RECORD_INVALID", "category"));
    assert.throws(() => readRecord({ ...record, values: { feed: 1 } }, profile), fails("RESONANCE_RECORD_INVALID", "values/feed"));
  });
});

describe("input collector, at deploy", () => {
  const refuses = (more: Partial<CollectorOptions>, code: string, place: string) => assert.throws(() => collector(more), fails(code, place));

  it("refuses a mapping that cannot work, and says where", () => {
    refuses({ category: "press-forming" }, "RESONANCE_CATEGORY_UNKNOWN", "category");
    refuses({ tags: [...CNC, tag("X", "feed", "MMT")] }, "RESONANCE_FIELD_UNKNOWN", "tags/3/field");
    refuses({ tags: [...CNC, tag("X", "remainingUsefulLife", "HUR")] }, "RESONANCE_FIELD_UNKNOWN", "tags/3/field");
    refuses({ tags: [CNC[0]!, CNC[1]!, tag("T", "torque", "NM")] }, "RESONANCE_UNIT_UNKNOWN", "tags/2/unit");
    refuses({ tags: [CNC[0]!, CNC[1]!, tag("T", "torque", "BAR")] }, "RESONANCE_UNIT_INCOMPATIBLE", "tags/2/unit");
    refuses({ tags: [...CNC, tag("T2", "torque", "NU")] }, "RESONANCE_MAPPING_TWICE", "tags/3/field");
    refuses({ tags: [...CNC, tag("T", "airTemperature", "KEL")] }, "RESONANCE_MAPPING_TWICE", "tags/3/tag");
    refuses({ tags: [...CNC, tag("", "airTemperature", "KEL")] }, "RESONANCE_CONFIG_INVALID", "tags/3/tag");
    refuses({ tags: [...CNC, tag("A", "airTemperature", "KEL", { maxAge: -1 })] }, "RESONANCE_CONFIG_INVALID", "tags/3/maxAge");
    refuses({ tags: CNC.slice(0, 2) }, "RESONANCE_FIELD_UNMAPPED", "tags");
    refuses({ category: "adaptive-control", tags: [tag("F", "feedOverride", "P1")] }, "RESONANCE_FIELD_UNMAPPED", "tags");
  });
});

describe("input collector", () => {
  it("a batch makes a record in the profile's units, with the machine's time and place", () => {
    const subject = collector({ tags: [tag("P", "processTemperature", "CEL"), tag("S", "rotationalSpeed", "RPS"), tag("T", "torque", "M92")] });
    const [record] = subject.accept([sample("P", 26.85), sample("S", 25), sample("T", 100)]).records;
    assert.deepEqual(record?.values, { processTemperature: 300, rotationalSpeed: 1500, torque: 135.58179483314 });
    assert.equal(record.timestamp, at(0));
    assert.equal(record.equipment, "acme/shanghai/machining/line-1/cnc-07");
    assert.equal(record.physicalAsset, "SN-1");
    assert.equal(record.quality, undefined, "all Good, all of one time");
  });

  it("takes samples, one sample, plain values with a topic, and objects, from any realm", () => {
    const subject = collector({ trigger: "fresh" });
    assert.deepEqual(subject.accept(sample("P", 308)).waiting, ["rotationalSpeed", "torque"]);
    assert.equal(subject.accept(1500, "S").records.length, 0);
    assert.equal(subject.accept(40, "T").records.length, 1);
    assert.equal(subject.accept({ P: 308, S: 1500, T: 40 }).records.length, 1);
    assert.equal(subject.accept(runInNewContext(`({ P: 308, S: 1500, T: 40 })`)).records.length, 1);
    assert.equal(subject.accept(runInNewContext(JSON.stringify(complete())) as unknown).records.length, 1);
    balanced(subject);
  });

  it("start-up is no error: nothing is rejected until every field has had a value", () => {
    const subject = collector({ trigger: "sample" });
    const first = subject.accept([sample("P", 308)]);
    assert.deepEqual([first.records, first.rejected, first.waiting], [[], [], ["rotationalSpeed", "torque"]]);
    assert.equal(subject.accept([sample("S", 1500), sample("T", 40)]).records.length, 1);
    assert.deepEqual(subject.waiting(), []);
  });

  it("trigger sample: a record after every applied sample", () => {
    const subject = collector({ trigger: "sample" });
    subject.accept(complete());
    const { records } = subject.accept([sample("T", 41, 1), sample("T", 42, 2), sample("S", 1400, 2)]);
    assert.deepEqual(records.map(({ values }) => values["torque"]), [41, 42, 42]);
    balanced(subject);
  });

  it("trigger fresh: a record only when every field is new; what is overwritten before is counted", () => {
    const subject = collector({ trigger: "fresh", tags: [...CNC, tag("A", "airTemperature", "KEL", { optional: true })] });
    assert.equal(subject.accept(complete()).records.length, 1);
    const waiting = subject.accept([sample("T", 41, 1), sample("T", 42, 2), sample("S", 1400, 2)]);
    assert.deepEqual([waiting.records.length, waiting.superseded], [0, 1]);
    const [record] = subject.accept([sample("P", 309, 3)]).records;
    assert.deepEqual(record?.values, { processTemperature: 309, rotationalSpeed: 1400, torque: 42 });
    assert.deepEqual(record.quality, { rotationalSpeed: { timestamp: at(2) }, torque: { timestamp: at(2) } });
    assert.equal(record.timestamp, at(3));
    assert.equal(subject.counts().superseded, 1);
    balanced(subject);
  });

  it("trigger interval: a record at the tick, not before", () => {
    const subject = collector({ trigger: "interval" });
    assert.equal(subject.tick().records.length, 0);
    assert.equal(subject.accept(complete()).records.length, 0);
    assert.equal(subject.tick().records.length, 1);
    assert.equal(subject.tick().records.length, 1, "the state of things, again");
  });

  it("trigger message: a batch with several values of a tag is ordered by source time and makes a record per step", () => {
    const subject = collector();
    const batch = [sample("T", 3, 2), sample("T", 1, 0), sample("T", 2, 1), sample("S", 1551, 0), sample("P", 308.6, 0), sample("P", 309, 2)];
    const { records, superseded } = subject.accept(batch);
    assert.deepEqual(records.map(({ values, timestamp }) => [values["torque"], values["processTemperature"], timestamp]), [[1, 308.6, at(0)], [2, 308.6, at(1)], [3, 309, at(2)]]);
    assert.equal(superseded, 0);
    balanced(subject);
  });

  it("trigger message: rows of real data come out whole though only changes are reported, stamped a little apart", { skip: skipWithout("shared", sharedData) }, () => {
    const columns = { P: 4, S: 5, T: 6, W: 7 };
    const subject = collector({ trigger: "message", tags: [...CNC, tag("W", "toolWear", "MIN")] });
    const rows = readFileSync(path.join(sharedData ?? "", "machining", "ai4i2020-rows-1-8000.csv"), "utf8").trim().split("\n").slice(1, 2001)
      .map((line) => Object.fromEntries(Object.entries(columns).map(([name, column]) => [name, Number(line.split(",")[column])])));
    const made: unknown[] = [];
    let batch: object[] = [];
    let random = 42;
    const next = (below: number): number => (random = (random * 1103515245 + 12345) % 2147483648) % below;
    rows.forEach((row, index) => {
      const changed = Object.keys(row).filter((name) => index === 0 || row[name] !== rows[index - 1]?.[name]);
      batch.push(...changed.map((name) => ({ tag: name, value: row[name], quality: "Good", timestamp: new Date(START + index * 20 + next(4)).toISOString() })));
      if (next(6) > 0 && index < rows.length - 1) return;
      made.push(...subject.accept(batch).records.map(({ values }) => ({ P: values["processTemperature"], S: values["rotationalSpeed"], T: values["torque"], W: values["toolWear"] })));
      batch = [];
    });
    assert.deepEqual(made, rows);
  });

  it("trigger message: fields a batch does not repeat keep their value and their own time", () => {
    const subject = collector();
    subject.accept(complete());
    const [record] = subject.accept([sample("T", 50, 10)]).records;
    assert.deepEqual(record?.values, { processTemperature: 308.6, rotationalSpeed: 1551, torque: 50 });
    assert.deepEqual(record.quality, { processTemperature: { timestamp: at(0) }, rotationalSpeed: { timestamp: at(0) } });
  });

  it("trigger message: an object is a complete set, so what is missing is rejected and nothing is carried over", () => {
    const subject = collector({ tags: [...CNC, tag("A", "airTemperature", "KEL", { optional: true })] });
    assert.equal(subject.accept({ P: 308, S: 1500, T: 40, other: 1 }).records.length, 1);
    const incomplete = subject.accept({ P: 308, T: null, S: "fast" });
    assert.equal(incomplete.records.length, 0);
    assert.deepEqual(codes(incomplete).sort(), ["RESONANCE_FIELD_MISSING values/torque", "RESONANCE_VALUE_TYPE values/rotationalSpeed"]);
    const optional = subject.accept({ P: 308, S: 1500, T: 40, A: -5 });
    assert.deepEqual(codes(optional), ["RESONANCE_VALUE_RANGE values/airTemperature"]);
    assert.deepEqual(Object.keys(optional.records[0]?.values ?? {}), ["processTemperature", "rotationalSpeed", "torque"]);
    assert.deepEqual(codes(subject.accept({})), ["RESONANCE_FIELD_MISSING values/processTemperature", "RESONANCE_FIELD_MISSING values/rotationalSpeed", "RESONANCE_FIELD_MISSING values/torque"]);
    balanced(subject);
  });

  it("each bad value is rejected once, with its code and place, and no record is made until a good one comes", () => {
    const bad: readonly (readonly [unknown, Partial<Sample>, string])[] = [
      ["12.5", {}, "RESONANCE_VALUE_TYPE"], [true, {}, "RESONANCE_VALUE_TYPE"], [null, {}, "RESONANCE_VALUE_TYPE"], [[1], {}, "RESONANCE_VALUE_TYPE"], [{}, {}, "RESONANCE_VALUE_TYPE"],
      [NaN, {}, "RESONANCE_VALUE_NOT_FINITE"], [-Infinity, {}, "RESONANCE_VALUE_NOT_FINITE"], [1e6, {}, "RESONANCE_VALUE_RANGE"], [42, { quality: "Bad", status: "BadSensorFailure" }, "RESONANCE_QUALITY_BAD"],
    ];
    for (const [value, more, code] of bad) {
      const subject = collector();
      subject.accept(complete());
      const refused = subject.accept([sample("T", value, 1, more)]);
      assert.deepEqual(codes(refused), [`${code} values/torque`], String(value));
      assert.deepEqual([refused.records, refused.waiting], [[], ["torque"]]);
      assert.equal(refused.rejected[0]?.tags[0], "T");
      const meanwhile = subject.accept([sample("S", 1500, 2)]);
      assert.deepEqual([meanwhile.records, meanwhile.rejected], [[], []], "told once, and never made without torque");
      assert.equal(subject.accept([sample("T", 43, 3)]).records.length, 1);
      balanced(subject);
    }
  });

  it("the message of a rejection names value, range and unit, in the language of the user", () => {
    const [error] = collector({ language: "de", tags: [CNC[0]!, CNC[1]!, tag("T", "torque", "B48")] }).accept([sample("T", 200)]).rejected[0]!.errors;
    assert.equal(error?.message, "Der Wert 200000 von torque liegt außerhalb von -100000 … 100000 NU.");
    assert.deepEqual([error.expected, error.actual], ["-100000 … 100000 NU", "200000"]);
  });

  it("a bad value of an optional field leaves the record without it", () => {
    const subject = collector({ tags: [...CNC, tag("M", "machineState", "", { optional: true }), tag("N", "usageCount", "C62", { optional: true })] });
    const result = subject.accept([...complete(), sample("M", "Exploding"), sample("N", 1.5)]);
    assert.deepEqual(codes(result), ["RESONANCE_VALUE_ENUM values/machineState", "RESONANCE_VALUE_TYPE values/usageCount"]);
    assert.deepEqual(Object.keys(result.records[0]?.values ?? {}), ["processTemperature", "rotationalSpeed", "torque"]);
  });

  it("identifiers, counters and texts come as machines deliver them", () => {
    const subject = collector({ tags: [...CNC, tag("I", "toolId", ""), tag("N", "usageCount", "C62"), tag("V", "productVariant", "")] });
    const values = (id: unknown, count: unknown, variant: unknown) => subject.accept([...complete(), sample("I", id), sample("N", count), sample("V", variant)]);
    assert.deepEqual(values(17, 5n, { text: "L", locale: "en" }).records[0]?.values["toolId"], "17");
    assert.equal(values("T17", "1234567890123456", "L").records[0]?.values["usageCount"], 1234567890123456);
    assert.deepEqual(codes(values("", 1, "x".repeat(129))), ["RESONANCE_VALUE_LENGTH values/toolId", "RESONANCE_VALUE_LENGTH values/productVariant"]);
  });

  it("lastGood: the last good value stands in as Uncertain with its own time, until it is too old", () => {
    const subject = collector({ badQuality: "lastGood", tags: [CNC[0]!, CNC[1]!, tag("T", "torque", "NU", { maxAge: 10 })] });
    assert.deepEqual(codes(subject.accept([sample("T", 0, 0, { quality: "Bad" })])), ["RESONANCE_QUALITY_BAD values/torque"], "there is no last good value yet");
    subject.accept(complete(), undefined, START);
    const bad = (seconds: number) => subject.accept([sample("T", 0, seconds, { quality: "Bad", status: "BadSensorFailure" }), sample("S", 1500, seconds)], undefined, START + seconds * 1000);
    const [record] = bad(5).records;
    assert.equal(record?.values["torque"], 42.8);
    assert.deepEqual(record.quality?.["torque"], { status: "Uncertain", code: "BadSensorFailure", timestamp: at(0) });
    assert.deepEqual(codes(bad(11)), ["RESONANCE_QUALITY_BAD values/torque"]);
    assert.equal(subject.counts().held, 1);
    balanced(subject);
  });

  it("an uncertain value is used and stays uncertain", () => {
    const [record] = collector().accept([...complete().slice(0, 2), sample("T", 42, 0, { quality: "Uncertain", status: "UncertainLastUsableValue" })]).records;
    assert.deepEqual(record?.quality, { torque: { status: "Uncertain", code: "UncertainLastUsableValue" } });
  });

  it("a stale value is reported once and no record is made with it", () => {
    const tags = CNC.map((mapping) => ({ ...mapping, maxAge: 10 }));
    const subject = collector({ tags });
    subject.accept(complete(), undefined, START);
    const late = subject.accept([sample("T", 40, 11)], undefined, START + 11_000);
    assert.deepEqual(codes(late), ["RESONANCE_VALUE_STALE values/processTemperature", "RESONANCE_VALUE_STALE values/rotationalSpeed"]);
    assert.deepEqual([late.records, late.waiting], [[], ["processTemperature", "rotationalSpeed"]]);
    assert.deepEqual(subject.accept([sample("T", 41, 12)]).rejected, []);
    assert.equal(subject.accept(complete(13), undefined, START + 13_000).records.length, 1);
    balanced(subject);
  });

  it("a machine whose clock is wrong does not make fresh values old, a silent one does", () => {
    const subject = collector({ trigger: "interval", tags: CNC.map((mapping) => ({ ...mapping, maxAge: 10 })) });
    subject.accept(complete(-86_400), undefined, START);
    assert.equal(subject.tick(START + 9000).records.length, 1);
    const silent = subject.tick(START + 11_000);
    assert.deepEqual([silent.records.length, silent.rejected.length, silent.waiting.length], [0, 3, 3]);
    balanced(subject);
  });

  it("what is no sample is rejected with its place; unmapped tags are counted; nothing reaches a prototype", () => {
    const subject = collector({ trigger: "sample" });
    const result = subject.accept([...complete(), 5, { value: 1 }, { tag: "T", value: 1, quality: "Fine" }, { tag: "T", value: 1, timestamp: "2026-02-30T00:00:00Z" }, sample("X", 1)]);
    assert.deepEqual(codes(result), ["RESONANCE_SAMPLE_INVALID payload/3", "RESONANCE_SAMPLE_INVALID payload/4/tag", "RESONANCE_SAMPLE_INVALID payload/5/quality", "RESONANCE_TIME_INVALID payload/6/timestamp"]);
    assert.deepEqual(result.ignored, ["X"]);
    assert.deepEqual(codes(subject.accept(42)), ["RESONANCE_SAMPLE_INVALID payload"]);
    assert.deepEqual(subject.accept(JSON.parse(`{"__proto__":1,"constructor":2}`)).ignored, ["__proto__", "constructor"]);
    balanced(subject);
  });

  it("values of the AI4I data set become one record a row, and every sample is accounted for", { skip: shared ? false : "RESONANCE_SHARED is not set" }, () => {
    const rows = readFileSync(path.join(shared ?? "", "data/machining/ai4i2020-rows-1-8000.csv"), "utf8").trim().split("\n").slice(1).map((line) => line.split(","));
    const tags = [tag("air", "airTemperature", "KEL"), tag("process", "processTemperature", "KEL"), tag("speed", "rotationalSpeed", "RPM"), tag("torque", "torque", "NU"), tag("wear", "toolWear", "MIN")];
    const batches = rows.map((row, index) => tags.map(({ tag: name }, column) => sample(name, Number(row[column + 3]), index)));
    const subject = collector({ tags });
    let torque = 0;
    let records = 0;
    // Ten rows arrive at once now and then, as after a break of the connection.
    for (let index = 0; index < batches.length; index += index % 100 === 0 ? 10 : 1) {
      const result = subject.accept(batches.slice(index, index + (index % 100 === 0 ? 10 : 1)).flat());
      records += result.records.length;
      for (const { values } of result.records) torque += values["torque"] as number;
      assert.deepEqual(result.rejected, []);
    }
    assert.equal(records, rows.length);
    assert.equal(torque.toFixed(1), rows.reduce((sum, row) => sum + Number(row[6]), 0).toFixed(1));
    assert.deepEqual(subject.counts(), { received: rows.length * 5, applied: rows.length * 5, held: 0, superseded: 0, rejected: 0, ignored: 0 });
  });
});

describe("admission of texts and structured values", () => {
  const fieldOf = (category: string, direction: "input" | "output", name: string) => {
    const field = loadBuiltInProfile().categories.get(category)?.[direction].fields.get(name);
    assert.ok(field);
    return field;
  };

  it("a structured value whose parts are out of order is refused with the part, as the validator does", () => {
    const admit = compileAdmission(fieldOf("process-optimization", "output", "expectedEffects"), "", "unit");
    const effect = (lowerValue: string, upperValue?: string) => ({ characteristic: "energy", expectedValue: "10", unit: "KWH", lowerValue, ...(upperValue && { upperValue }) });
    assert.ok("value" in admit([effect("9.5", "10")]));
    assert.ok("value" in admit([effect("10")]));
    assert.deepEqual(admit([effect("9"), effect("10.5", "11")]), { refusal: { code: "RESONANCE_VALUE_RANGE", expected: "≥ lowerValue 10.5", actual: "10", at: "1/expectedValue" } });
    assert.deepEqual(admit([effect("9", "9.9")]), { refusal: { code: "RESONANCE_VALUE_RANGE", expected: "≥ expectedValue 10", actual: "9.9", at: "0/upperValue" } });
  });

  it("a text that is not of its pattern's form is refused, and none can stall it", () => {
    const admit = compileAdmission(fieldOf("process-optimization", "output", "expectedEffects"), "", "unit");
    const told = admit([{ characteristic: "energy", expectedValue: "ten", unit: "KWH" }]);
    assert.ok("refusal" in told);
    assert.deepEqual([told.refusal.code, told.refusal.at], ["RESONANCE_VALUE_FORMAT", "0/expectedValue"]);
    const stalling = compileAdmission({ schema: { type: "string", pattern: "^([a-z]+)*(a{0,90}b){0,9}$" } }, "", "unit");
    assert.ok("value" in stalling("abc"));
    const before = process.cpuUsage().user;
    const refused = stalling(`${"a".repeat(10_000_000)}!`);
    assert.ok("refusal" in refused && refused.refusal.code === "RESONANCE_VALUE_FORMAT");
    assert.ok(process.cpuUsage().user - before < 5_000_000);
  });
});

describe("output builder", () => {
  const input: InputRecord = { ...buildInputRecord({ profile, category: "predictive-maintenance", timestamp: at(0), equipment: "a/b/c", physicalAsset: "SN-1", values: { torque: 40 } }) };
  const spec = (name: string, elements: readonly (readonly [string, string])[], datatype: TensorSpec["datatype"] = "FP32"): TensorSpec =>
    ({ name, datatype, shape: [1, elements.length], elements: elements.map(([field, unit]) => ({ field, unit })) });
  const LIFE = spec("remainingUsefulLife", [["remainingUsefulLife", "MIN"]]);
  const RISK = spec("failureProbability", [["failureProbability", "C62"]]);
  const rule = (more: Partial<Rule> = {}): Rule => ({ field: "maintenanceRequired", source: "remainingUsefulLife", operator: "<", value: 8, unit: "HUR", ...more });
  const builder = (outputs: readonly TensorSpec[], rules: readonly Rule[] = [], more: Partial<OutputOptions> = {}, category = "predictive-maintenance") =>
    createOutputBuilder({ profile, model: { id: "tool-failure", version: "1.2.0", digest: "", category, outputs }, rules, validFor: 0, ...more });
  const answer = (data: Record<string, readonly (number | string | boolean)[]>): ModelAnswer =>
    ({ modelName: "tool-failure", outputs: Object.entries(data).map(([name, values]) => ({ name, datatype: "FP32", shape: [1, values.length], data: values })) });

  it("an answer becomes a prediction in the profile's units, with lineage, validity and the place of its input", () => {
    const subject = builder([RISK, LIFE], [rule()], { validFor: 600 });
    const { id, ...record } = subject.build(answer({ remainingUsefulLife: [2490], failureProbability: [0.25] }), input, START);
    assert.match(id, /-7/);
    assert.deepEqual(record, {
      profile: "gbt-provisional@0.1.0", category: "predictive-maintenance", direction: "output", nature: "prediction", timestamp: at(0),
      equipment: "a/b/c", physicalAsset: "SN-1",
      values: { failureProbability: 0.25, remainingUsefulLife: 41.5, maintenanceRequired: false, predictedEndOfLife: "2026-11-24T02:00:00.000Z" },
      inputId: input.id, model: { id: "tool-failure", version: "1.2.0" }, validUntil: at(600),
    });
  });

  it("a rule compares in its own unit, and several rules for a field are alternatives", () => {
    const subject = builder([LIFE, RISK], [rule({ value: 480, unit: "MIN" }), rule({ source: "failureProbability", operator: ">=", value: 50, unit: "P1" })]);
    const required = (life: number, risk: number) => subject.build(answer({ remainingUsefulLife: [life], failureProbability: [risk] }), input).values["maintenanceRequired"];
    assert.deepEqual([required(481, 0.1), required(479, 0.1), required(480, 0.1), required(600, 0.5), required(100, 0.9)], [false, true, false, true, true]);
  });

  it("a time the model gives itself is not derived, and without remaining life none is", () => {
    const given = builder([LIFE, spec("end", [["predictedEndOfLife", ""]], "BYTES")]);
    const record = given.build(answer({ remainingUsefulLife: [60], end: ["2027-01-01T00:00:00+08:00"] }), input, START);
    assert.equal(record.values["predictedEndOfLife"], "2026-12-31T16:00:00.000Z");
    assert.throws(() => given.build(answer({ remainingUsefulLife: [60], end: ["2027-02-30T00:00:00Z"] }), input), fails("RESONANCE_VALUE_TYPE", "values/predictedEndOfLife"));
  });

  it("elements in one tensor, unused ones, confidence, yes and no, and texts", () => {
    const subject = builder([spec("y", [["remainingUsefulLife", "HUR"], ["", ""], ["confidence", "P1"], ["preAlert", ""]]), spec("mode", [["failureMode", ""]], "BYTES")]);
    const record = subject.build(answer({ y: [12, 99, 92, 1], mode: ["TWF"] }), input, START);
    assert.equal(record.confidence, 0.92);
    assert.deepEqual(record.values, { remainingUsefulLife: 12, preAlert: true, failureMode: "TWF", predictedEndOfLife: "2026-11-22T20:30:00.000Z" });
    assert.throws(() => subject.build(answer({ y: [12, 99, 92, 0.7], mode: ["TWF"] }), input), fails("RESONANCE_VALUE_TYPE", "values/preAlert"));
    assert.throws(() => subject.build(answer({ y: [12, 99, 101, 1], mode: ["TWF"] }), input), fails("RESONANCE_VALUE_RANGE", "confidence"));
  });

  it("nothing predicted from an uncertain input is better than uncertain", () => {
    const uncertain: InputRecord = { ...input, quality: { torque: { status: "Uncertain" } } };
    assert.deepEqual(builder([LIFE]).build(answer({ remainingUsefulLife: [60] }), uncertain).quality?.["remainingUsefulLife"], { status: "Uncertain" });
    const older: InputRecord = { ...input, quality: { torque: { timestamp: at(-1) } } };
    assert.equal(builder([LIFE]).build(answer({ remainingUsefulLife: [60] }), older).quality, undefined);
  });

  it("an answer that cannot be used is an error with its place", () => {
    const subject = builder([LIFE]);
    const refuses = (data: Record<string, readonly (number | string)[]>, code: string, place: string) => assert.throws(() => subject.build(answer(data), input), fails(code, place));
    refuses({ other: [1] }, "RESONANCE_OUTPUT_MISSING", "outputs/remainingUsefulLife");
    refuses({ remainingUsefulLife: [1, 2] }, "RESONANCE_OUTPUT_COUNT", "outputs/remainingUsefulLife");
    refuses({ remainingUsefulLife: [] }, "RESONANCE_OUTPUT_COUNT", "outputs/remainingUsefulLife");
    refuses({ remainingUsefulLife: [NaN] }, "RESONANCE_VALUE_NOT_FINITE", "values/remainingUsefulLife");
    refuses({ remainingUsefulLife: [-60] }, "RESONANCE_VALUE_RANGE", "values/remainingUsefulLife");
    refuses({ remainingUsefulLife: ["soon"] }, "RESONANCE_VALUE_TYPE", "values/remainingUsefulLife");
  });

  it("a model node or rule that cannot work is refused at deploy, with its place", () => {
    const refuses = (outputs: readonly TensorSpec[], rules: readonly Rule[], code: string, place: string, category?: string) => assert.throws(() => builder(outputs, rules, {}, category), fails(code, place));
    refuses([LIFE], [], "RESONANCE_CATEGORY_UNKNOWN", "category", "no-such");
    refuses([spec("y", [["torque", "NU"]])], [], "RESONANCE_FIELD_UNKNOWN", "outputs/0/elements/0/field");
    refuses([LIFE, spec("y", [["", ""], ["remainingUsefulLife", "HUR"]])], [], "RESONANCE_MAPPING_TWICE", "outputs/1/elements/1/field");
    refuses([spec("y", [["remainingUsefulLife", "XX"]])], [], "RESONANCE_UNIT_UNKNOWN", "outputs/0/elements/0/unit");
    refuses([spec("y", [["remainingUsefulLife", "BAR"]])], [], "RESONANCE_UNIT_INCOMPATIBLE", "outputs/0/elements/0/unit");
    refuses([RISK], [], "RESONANCE_FIELD_UNMAPPED", "outputs");
    refuses([RISK], [], "RESONANCE_FIELD_UNKNOWN", "outputs/0/elements/0/field", "soft-sensor");
    refuses([spec("y", [["withinSpecification", ""]])], [], "RESONANCE_FIELD_UNMAPPED", "outputs", "soft-sensor");
    refuses([LIFE], [rule({ field: "healthIndex" })], "RESONANCE_RULE_INVALID", "rules/0/field");
    refuses([LIFE], [rule({ source: "component" })], "RESONANCE_RULE_INVALID", "rules/0/source");
    refuses([LIFE], [rule({ value: NaN })], "RESONANCE_RULE_INVALID", "rules/0/value");
    refuses([LIFE], [rule({ operator: "=" as Rule["operator"] })], "RESONANCE_RULE_INVALID", "rules/0/operator");
    refuses([LIFE], [rule({ unit: "CEL" })], "RESONANCE_UNIT_INCOMPATIBLE", "rules/0/unit");
    refuses([LIFE], [rule({ source: "failureProbability", unit: "P1" })], "RESONANCE_FIELD_UNMAPPED", "rules/0/source");
    refuses([LIFE, spec("y", [["maintenanceRequired", ""]], "BOOL")], [rule()], "RESONANCE_MAPPING_TWICE", "rules/0/field");
  });

  it("without a category at the model the record's category decides, and its error comes with the record", () => {
    const subject = builder([spec("v", [["viscosity", "C65"]])], [], {}, "");
    const record = subject.build(answer({ v: [0.03] }), { ...input, category: "soft-sensor" });
    assert.deepEqual([record.nature, record.values], ["prediction", { viscosity: 30 }]);
    assert.throws(() => subject.build(answer({ v: [0.03] }), input), fails("RESONANCE_FIELD_UNKNOWN"));
    const control = builder([spec("o", [["feedOverrideSetpoint", "C62"]])], [], {}, "adaptive-control");
    assert.equal(control.build(answer({ o: [0.8] }), { ...input, category: "adaptive-control" }).nature, "proposal");
  });
});
