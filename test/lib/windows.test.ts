import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, it } from "node:test";
import { ResonanceError } from "../../nodes/lib/errors/resonance-error";
import { compileInputs } from "../../nodes/lib/inference/tensor-plan";
import type { Category, Field, Profile } from "../../nodes/lib/profile/profile";
import { createInputCollector, type Collected, type CollectorOptions, type InputCollector, type TagMapping } from "../../nodes/lib/record/input-collector";
import type { Sample } from "../../nodes/lib/record/sample";
import { WINDOW_LIMIT } from "../../nodes/lib/record/sample-window";
import { fuzzSeed } from "../support/seeded";

const shared = process.env["RESONANCE_SHARED"];
const needsData = { skip: shared ? false : "RESONANCE_SHARED is not set" };
const START = Date.parse("2026-11-22T08:30:00.000Z");
const at = (seconds: number): string => new Date(START + seconds * 1000).toISOString();

/** A category of its own: what a window does depends on the fields, not on an edition of the profile. */
const FIELDS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  temperature: { type: "number", unit: "KEL", minimum: 200, maximum: 400 },
  spread: { type: "number", unit: "KEL", minimum: 0, maximum: 50 },
  heating: { type: "number", unit: "F11", minimum: -1000, maximum: 1000 },
  torque: { type: "number", unit: "NU", minimum: -1e5, maximum: 1e5 },
  torqueMean: { type: "number", unit: "NU", minimum: -1e5, maximum: 1e5 },
  torqueMin: { type: "number", unit: "NU", minimum: -1e5, maximum: 1e5 },
  torqueMax: { type: "number", unit: "NU", minimum: -1e5, maximum: 1e5 },
  torqueStd: { type: "number", unit: "NU", minimum: 0, maximum: 1e5 },
  torqueRms: { type: "number", unit: "NU", minimum: 0, maximum: 1e5 },
  torqueLast: { type: "number", unit: "NU", minimum: -1e5, maximum: 1e5 },
  samples: { type: "integer", unit: "C62", minimum: 0, maximum: 1e6 },
  power: { type: "number", unit: "KWT", minimum: -1e5, maximum: 1e5 },
  parts: { type: "integer", unit: "H87", minimum: 0, maximum: 1e9 },
  series: { type: "array", minItems: 2, maxItems: 200, items: { type: "number", unit: "KEL", minimum: 200, maximum: 400 } },
  running: { type: "boolean" },
  material: { type: "string", maxLength: 16 },
  dimensions: { type: "array", maxItems: 3, items: { type: "object", required: ["size"], properties: { size: { type: "number", unit: "MMT", minimum: 0 }, name: { type: "string" } } } },
};

function profileWith(required: readonly string[] = [], requireOneOf: readonly string[] = []): Profile {
  const fields = new Map(Object.entries(FIELDS).map(([name, schema]): [string, Field] => [name, { name, schema, required: required.includes(name), common: false } as unknown as Field]));
  const category = { id: "windows", nature: "prediction", input: { fields, required, requireOneOf, schema: {} }, output: { fields: new Map(), required: [], requireOneOf: [], schema: {} } };
  return { id: "test", version: "1.0.0", categories: new Map([["windows", category as unknown as Category]]) } as unknown as Profile;
}

const row = (name: string, field: string, unit: string, more: Partial<TagMapping> = {}): TagMapping => ({ tag: name, field, unit, maxAge: 0, optional: false, ...more });
const sample = (name: string, value: unknown, seconds = 0, more: Partial<Sample> = {}): Sample => ({ tag: name, value, quality: "Good", timestamp: at(seconds), ...more });

function collector(tags: readonly TagMapping[], more: Partial<CollectorOptions> & { readonly required?: readonly string[] } = {}): InputCollector {
  const { required = [], ...options } = more;
  return createInputCollector({
    profile: profileWith(required), category: "windows", equipment: { path: "a/b" },
    tags, trigger: "sample", badQuality: "reject", now: () => START, ...options,
  });
}

const codes = ({ rejected }: Collected): string[] => rejected.flatMap(({ errors }) => errors.map(({ code, path: place }) => `${code} ${place}`));
const refuses = (act: () => unknown, code: string, place: string): void => assert.throws(act, (error: unknown) => {
  assert.ok(error instanceof ResonanceError, String(error));
  assert.deepEqual([error.code, error.path], [code, place]);
  return true;
});
const balanced = (subject: InputCollector): void => {
  const { received, applied, held, superseded, rejected, ignored } = subject.counts();
  assert.equal(applied + held + superseded + rejected + ignored, received, JSON.stringify(subject.counts()));
};
const close = (actual: unknown, expected: number, text: string, scale = Math.abs(expected)): void => {
  assert.ok(typeof actual === "number" && Math.abs(actual - expected) <= 1e-9 * Math.max(scale, 1e-300), `${text}: ${String(actual)} ≠ ${expected}`);
};

/** A random number from a seed, so that a failure can be repeated (mulberry32). */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** The textbook's definitions, written without regard to speed. */
const naive = {
  mean: (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length,
  std: (values: readonly number[]) => Math.sqrt(values.reduce((sum, value) => sum + (value - naive.mean(values)) ** 2, 0) / (values.length - 1)),
  rms: (values: readonly number[]) => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length),
};

const ALL = (window: TagMapping["window"]): readonly TagMapping[] => {
  const of = (field: string, aggregate: NonNullable<TagMapping["aggregate"]>): TagMapping => row("T", field, "NU", { aggregate, ...(window && { window }), optional: true });
  return [of("torqueMean", "mean"), of("torqueMin", "min"), of("torqueMax", "max"), of("torqueStd", "std"), of("torqueRms", "rms"), of("torqueLast", "last"), of("samples", "count")];
};

function compare(values: Readonly<Record<string, unknown>>, expected: readonly number[], text: string): void {
  const scale = Math.max(...expected.map(Math.abs));
  close(values["torqueMean"], naive.mean(expected), `mean ${text}`, scale);
  close(values["torqueMin"], Math.min(...expected), `min ${text}`);
  close(values["torqueMax"], Math.max(...expected), `max ${text}`);
  if (expected.length > 1) close(values["torqueStd"], naive.std(expected), `std ${text}`, scale);
  else assert.equal(values["torqueStd"], undefined, "one value has no spread");
  close(values["torqueRms"], naive.rms(expected), `rms ${text}`, scale);
  close(values["torqueLast"], expected.at(-1) ?? NaN, `last ${text}`);
  assert.equal(values["samples"], expected.length, `count ${text}`);
}

describe("aggregates", () => {
  for (const seed of [1, 2, 3, 4]) {
    it(`are those of the textbook over random samples, also out of order and with repeated times (seed ${seed})`, () => {
      const next = random(seed);
      const inTime = collector(ALL({ seconds: 5 }));
      const byNumber = collector(ALL({ samples: 7 }));
      const arrived: { readonly value: number; readonly time: number }[] = [];
      const byTime = (some: readonly (typeof arrived)[number][]): readonly number[] => some.toSorted((a, b) => a.time - b.time).map(({ value }) => value);
      let newest = 0;
      for (let step = 0; step < 600; step++) {
        // Whole milliseconds, one in five late, one in five of the time of the one before.
        const time = newest + Math.round((next() < 0.2 ? -2000 : next() < 0.2 ? 0 : 1500) * next());
        newest = Math.max(newest, time);
        const value = (next() - 0.5) * 10 ** Math.floor(next() * 4);
        arrived.push({ value, time });
        const [record] = inTime.accept([sample("T", value, time / 1000)]).records;
        compare(record?.values ?? {}, byTime(arrived.filter((other) => other.time > newest - 5000)), `step ${step}`);
        const [other] = byNumber.accept([sample("T", value, time / 1000)]).records;
        compare(other?.values ?? {}, byTime(arrived.slice(-7)), `step ${step}`);
      }
      balanced(inTime);
      balanced(byNumber);
    });
  }

  const own = fuzzSeed();
  it(`are those of the textbook in windows of any size, with late samples, clocks that jump, refusals and ticks (FUZZ_SEED=${own})`, () => {
    for (let seed = own; seed < own + 12; seed++) {
      const next = random(seed);
      const size = Math.ceil(10 ** (next() * 2.7));
      const inTime = collector(ALL({ seconds: size }), { maxSkew: 0 });
      const byNumber = collector(ALL({ samples: size }));
      const sinceRecord = collector(ALL({}), { trigger: "interval" });
      let held: { readonly value: number; readonly time: number; readonly came: number }[] = [];
      const last: typeof held = [];
      let recent: typeof held = [];
      let newest = -Infinity;
      let clock = 0;
      for (let step = 0; step < 700; step++) {
        clock += 1000 * next();
        const late = next() < 0.3 ? -next() * size * 700 : 0;
        const jump = next() < 0.01 ? size * 3000 * (next() - 0.3) : 0;
        const time = Math.round(clock + late + jump);
        const value = (next() - 0.5) * 10 ** Math.floor(next() * 4);
        // What a window of a span holds, as its documentation says, sample by sample.
        held = held.filter((other) => other.time > time - size * 1000);
        held.push({ value, time, came: clock });
        if (time >= newest || !(time > newest - size * 1000)) newest = time;
        held = held.filter((other) => (other.time > newest ? clock - other.came <= size * 1000 : other.time > newest - size * 1000));
        last.push({ value, time, came: clock });
        recent.push({ value, time, came: clock });
        const inOrder = (some: typeof held): readonly number[] => some.toSorted((a, b) => a.time - b.time).map((one) => one.value);
        const received = START + clock;
        compare(inTime.accept([sample("T", value, time / 1000)], undefined, received).records[0]?.values ?? {}, inOrder(held.filter((other) => other.time <= newest)), `seed ${seed}, step ${step}, time`);
        compare(byNumber.accept([sample("T", value, time / 1000)], undefined, received).records[0]?.values ?? {}, inOrder(last.slice(-size)), `seed ${seed}, step ${step}, number`);
        sinceRecord.accept([sample("T", value, time / 1000)], undefined, received);
        if (next() > 0.02) continue;
        // Without a window the last value is the one that came last.
        compare({ ...sinceRecord.tick(received).records[0]?.values, torqueLast: inOrder(recent).at(-1) }, inOrder(recent), `seed ${seed}, step ${step}, record`);
        recent = [];
      }
      for (const subject of [inTime, byNumber, sinceRecord]) balanced(subject);
    }
  });

  it("cost no more a sample in a long window than in a short one", () => {
    const payload = Array.from({ length: 16_000 }, (_, index) => sample("T", Math.sin(index), index / 20));
    // Of this process: other test files run beside it.
    const spent = (window: TagMapping["window"]): number => {
      const subject = collector(ALL(window));
      const start = process.cpuUsage();
      assert.equal(subject.accept(payload).records.length, payload.length);
      return process.cpuUsage(start).user / 1000;
    };
    spent({ samples: 100 });
    const short = spent({ samples: 100 });
    for (const window of [{ samples: 16_000 }, { seconds: 3600 }, { seconds: 60 }]) {
      const long = spent(window);
      assert.ok(long < short * 8, `${JSON.stringify(window)}: ${Math.round(long)} ms, the short one ${Math.round(short)} ms`);
    }
  });

  it("keep their precision where textbook formulas lose it", () => {
    const subject = collector([row("T", "torqueStd", "NU", { aggregate: "std", window: { samples: 3 } })]);
    // Large offset, small spread: the difference of two sums of squares would be 0 or negative.
    const [record] = subject.accept([sample("T", 99_999.0001, 0), sample("T", 99_999.0002, 1), sample("T", 99_999.0003, 2)]).records.slice(-1);
    assert.ok(Math.abs((record?.values["torqueStd"] as number) - 1e-4) < 1e-10, String(record?.values["torqueStd"]));
    const constant = collector(ALL({ samples: 100 }));
    const [last] = constant.accept(Array.from({ length: 100 }, (_, index) => sample("T", 0.1, index))).records.slice(-1);
    assert.deepEqual([last?.values["torqueMean"], last?.values["torqueRms"], last?.values["torqueStd"]], [0.1, 0.1, 0]);
  });

  it("are converted to the profile's unit: points on a scale with its offset, spreads and rates without", () => {
    const of = (field: string, aggregate: NonNullable<TagMapping["aggregate"]>, unit: string): TagMapping => row("T", field, unit, { aggregate, window: { seconds: 60 } });
    const celsius = collector([of("temperature", "mean", "CEL"), of("spread", "std", "CEL"), of("heating", "rate", "CEL")]);
    const [record] = celsius.accept([sample("T", 20, 0), sample("T", 22, 10), sample("T", 24, 20)]).records.slice(-1);
    assert.deepEqual(record?.values, { temperature: 295.15, spread: 2, heating: 12 });
    const fahrenheit = collector([of("temperature", "max", "FAH"), of("spread", "std", "FAH"), of("heating", "rate", "FAH")]);
    const [second] = fahrenheit.accept([sample("T", 68, 0), sample("T", 71.6, 10), sample("T", 75.2, 20)]).records.slice(-1);
    close(second?.values["temperature"], 297.15, "75.2 °F");
    close(second?.values["spread"], 2, "3.6 °F");
    close(second?.values["heating"], 12, "7.2 °F in 20 s");
    const kelvins = collector([of("temperature", "rms", "CEL")]).accept([sample("T", 20, 0), sample("T", 30, 1)]).records.at(-1);
    close(kelvins?.values["temperature"], Math.sqrt((293.15 ** 2 + 303.15 ** 2) / 2), "rms in kelvin");
    const energy = collector([row("E", "power", "KWH", { aggregate: "rate", window: { seconds: 900 } })]);
    assert.equal(energy.accept([sample("E", 100, 0), sample("E", 101.5, 450)]).records.at(-1)?.values["power"], 12, "1.5 kWh in 7.5 min are 12 kW");
  });

  it("samples of a spread or root mean square need not lie in the field's range, the result must", () => {
    const rms = collector([row("T", "torqueRms", "NU", { aggregate: "rms", window: { samples: 2 } })]);
    assert.equal(rms.accept([sample("T", -3), sample("T", -3, 1)]).records.at(-1)?.values["torqueRms"], 3);
    const spread = collector([row("T", "spread", "KEL", { aggregate: "std", window: { samples: 2 } })]);
    const result = spread.accept([sample("T", 200), sample("T", 400, 1)]);
    assert.deepEqual([codes(result), result.records], [["RESONANCE_VALUE_RANGE values/spread"], []]);
    const mean = collector([row("T", "temperature", "KEL", { aggregate: "mean", window: { samples: 2 } })]);
    assert.deepEqual(codes(mean.accept([sample("T", 1e9)])), ["RESONANCE_VALUE_RANGE values/temperature"], "an outlier does not spoil a mean unseen");
    balanced(mean);
  });

  it("a window without number is what came since the last record", () => {
    const subject = collector([row("T", "torqueMean", "NU", { aggregate: "mean" }), row("T", "samples", "", { aggregate: "count" })], { trigger: "interval" });
    subject.accept([sample("T", 1, 0), sample("T", 2, 1), sample("T", 6, 2)]);
    assert.deepEqual(subject.tick().records[0]?.values, { torqueMean: 3, samples: 3 });
    assert.deepEqual(subject.tick().waiting, ["torqueMean"]);
    subject.accept([sample("T", 10, 3)]);
    assert.deepEqual(subject.tick().records[0]?.values, { torqueMean: 10, samples: 1 });
    assert.deepEqual(subject.counts(), { received: 4, applied: 4, held: 0, superseded: 0, rejected: 0, ignored: 0 });
  });

  it("a history is the last values in their order, once there are enough", () => {
    const subject = collector([row("T", "series", "CEL", { aggregate: "history", window: { samples: 3 } })]);
    assert.deepEqual(subject.accept([sample("T", 20, 0), sample("T", 21, 1)]).waiting, ["series"]);
    const { records } = subject.accept([sample("T", 22, 2), sample("T", 23, 3)]);
    assert.deepEqual(records.map(({ values }) => values["series"]), [[293.15, 294.15, 295.15], [294.15, 295.15, 296.15]]);
    const late = subject.accept([sample("T", 22.5, 2.5)]).records[0];
    assert.deepEqual(late?.values["series"], [295.15, 295.65, 296.15], "a late sample takes its place");
    balanced(subject);
  });

  it("a history fills a model's tensor entry by entry, in the model's unit", () => {
    const category = profileWith().categories.get("windows")!;
    const fill = (...fields: readonly string[]) => compileInputs([{ name: "x", datatype: "FP32", shape: [1, fields.length], elements: fields.map((field) => ({ field, unit: "CEL" })) }], category);
    assert.deepEqual(fill("series/0", "series/2")({ series: [293.15, 294.15, 295.15] })[0]?.data, [20, 22]);
    refuses(() => fill("series/2")({ series: [293.15] }), "RESONANCE_MODEL_INPUT_MISSING", "values/series");
    refuses(() => fill("series/0")({}), "RESONANCE_MODEL_INPUT_MISSING", "values/series");
    refuses(() => fill("series/200"), "RESONANCE_CONFIG_INVALID", "inputTensors/0/elements/0/field");
    refuses(() => fill("temperature/0"), "RESONANCE_CONFIG_INVALID", "inputTensors/0/elements/0/field");
    refuses(() => fill("series"), "RESONANCE_CONFIG_INVALID", "inputTensors/0/elements/0/field");
  });

  it("are of the quality of their samples, and uncertain where one is missing", () => {
    const tags = [row("T", "torqueMean", "NU", { aggregate: "mean", window: { seconds: 3 } })];
    const subject = collector(tags);
    subject.accept([sample("T", 1, 0)]);
    const uncertain = subject.accept([sample("T", 2, 1, { quality: "Uncertain", status: "UncertainSensorNotAccurate" })]).records[0];
    assert.deepEqual(uncertain?.quality, { torqueMean: { status: "Uncertain", code: "UncertainSensorNotAccurate" } });
    assert.deepEqual(codes(subject.accept([sample("T", 9, 2, { quality: "Bad" })])), ["RESONANCE_QUALITY_BAD values/torqueMean"]);
    const [gap] = subject.accept([sample("T", 3, 3)]).records;
    assert.deepEqual([gap?.values["torqueMean"], gap?.quality], [2.5, { torqueMean: { status: "Uncertain", code: "UncertainDataSubNormal" } }]);
    assert.equal(subject.accept([sample("T", 4, 5), sample("T", 4, 6)]).records.at(-1)?.quality, undefined, "the gap has left");
    const quiet = collector(tags, { badQuality: "lastGood" });
    assert.deepEqual(codes(quiet.accept([sample("T", 1, 0), sample("T", 9, 1, { quality: "Bad" })])), []);
    assert.equal(quiet.counts().held, 1);
    balanced(subject);
    balanced(quiet);
  });

  it("a count of nothing is zero once the tag is known, and the machine's clock only has to run evenly", () => {
    const subject = collector([row("T", "samples", "", { aggregate: "count", window: { seconds: 10 } })], { trigger: "interval" });
    assert.deepEqual(subject.tick(START).waiting, ["samples"]);
    subject.accept([sample("T", 1, -86_400), sample("T", 1, -86_395)], undefined, START);
    assert.equal(subject.tick(START).records[0]?.values["samples"], 2, "the machine is a day behind");
    assert.equal(subject.tick(START + 6000).records[0]?.values["samples"], 1);
    assert.deepEqual(subject.tick(START + 20_000).records.map(({ values, timestamp }) => [values["samples"], timestamp]), [[0, at(-86_375)]]);
  });

  it("a clock that jumps ahead and back spoils no more than one span", () => {
    const subject = collector([row("T", "torqueMean", "NU", { aggregate: "mean", window: { seconds: 10 } })]);
    for (let second = 0; second < 5; second++) subject.accept([sample("T", 1, second)], undefined, START + second * 1000);
    assert.equal(subject.accept([sample("T", 100, 600)], undefined, START + 5000).records[0]?.values["torqueMean"], 100);
    const after = [6, 7, 8].map((second) => subject.accept([sample("T", 1, second)], undefined, START + second * 1000).records[0]?.values["torqueMean"]);
    assert.deepEqual(after, [1, 1, 1]);
    assert.equal(subject.accept([sample("T", 1, 30)], undefined, START + 30_000).records[0]?.values["torqueMean"], 1);
    balanced(subject);
  });

  it("a window is bounded, and says so when it overflows", () => {
    const subject = collector([row("T", "samples", "", { aggregate: "count", window: { seconds: 86_400 } })], { trigger: "interval" });
    subject.accept(Array.from({ length: WINDOW_LIMIT + 5 }, (_, index) => sample("T", index, index / 1000)));
    const [record] = subject.tick().records;
    assert.equal(record?.values["samples"], WINDOW_LIMIT);
    assert.equal(record.quality?.["samples"]?.status, "Uncertain");
    assert.deepEqual([subject.counts().overflowed, subject.counts().superseded], [5, 5]);
    balanced(subject);
  });

  it("what cannot be worked out is refused at deploy, with its place", () => {
    const one = (more: Partial<TagMapping>, field = "torqueMean", unit = "NU") => () => collector([row("T", field, unit, more)]);
    refuses(one({ aggregate: "median" as "mean" }), "RESONANCE_CONFIG_INVALID", "tags/0/aggregate");
    refuses(one({ aggregate: "mean" }, "parts", "H87"), "RESONANCE_CONFIG_INVALID", "tags/0/aggregate");
    refuses(one({ aggregate: "mean" }, "material", ""), "RESONANCE_CONFIG_INVALID", "tags/0/aggregate");
    refuses(one({ aggregate: "history" }), "RESONANCE_CONFIG_INVALID", "tags/0/aggregate");
    refuses(one({ aggregate: "mean", window: { seconds: -1 } }), "RESONANCE_CONFIG_INVALID", "tags/0/window/seconds");
    refuses(one({ aggregate: "mean", window: { samples: 1.5 } }), "RESONANCE_CONFIG_INVALID", "tags/0/window/samples");
    refuses(one({ aggregate: "mean", window: { samples: WINDOW_LIMIT + 1 } }), "RESONANCE_CONFIG_INVALID", "tags/0/window/samples");
    refuses(one({ aggregate: "mean", window: { samples: 1, seconds: 1 } }), "RESONANCE_CONFIG_INVALID", "tags/0/window");
    refuses(one({ aggregate: "history", window: { samples: 201 } }, "series", "KEL"), "RESONANCE_CONFIG_INVALID", "tags/0/window/samples");
    refuses(one({ aggregate: "std" }, "spread", "NU"), "RESONANCE_UNIT_INCOMPATIBLE", "tags/0/unit");
    refuses(one({ aggregate: "rate" }), "RESONANCE_UNIT_INCOMPATIBLE", "tags/0/unit");
    refuses(one({ stale: "keep" as "hold" }), "RESONANCE_CONFIG_INVALID", "tags/0/stale");
    refuses(one({ default: 1e9 }), "RESONANCE_VALUE_RANGE", "tags/0/default");
    refuses(() => collector([row("T", "torque", "NU"), row("T", "torqueMean", "NU", { aggregate: "mean" }), row("T", "torqueLast", "NU")]), "RESONANCE_MAPPING_TWICE", "tags/2/tag");
    refuses(() => collector([row("T", "torque", "NU")], { maxSkew: -1 }), "RESONANCE_CONFIG_INVALID", "maxSkew");
  });
});

describe("real data", () => {
  const columns = (file: string, ...names: readonly string[]): readonly (readonly number[])[] => {
    const [head = "", ...lines] = readFileSync(path.join(shared ?? "", "data/machining", file), "utf8").trim().split(/\r?\n/);
    const places = names.map((name) => head.split(",").indexOf(name));
    return lines.map((line) => places.map((place) => Number(line.split(",")[place])));
  };

  it("AI4I: torque over 60 s is that of the textbook in every row", needsData, () => {
    const rows = columns("ai4i2020-rows-1-8000.csv", "Torque").slice(0, 3000).map(([torque]) => torque ?? NaN);
    const subject = collector(ALL({ seconds: 60 }), { trigger: "message" });
    rows.forEach((torque, index) => {
      const [record] = subject.accept([sample("T", torque, index)]).records;
      compare(record?.values ?? {}, rows.slice(Math.max(0, index - 59), index + 1), `row ${index}`);
    });
    assert.deepEqual(subject.counts(), { received: 3000, applied: 3000, held: 0, superseded: 0, rejected: 0, ignored: 0 });
  });

  it("milling: a record for each program block has the current of that block, in batches as in single samples", needsData, () => {
    const rows = columns("cnc-mill-01.csv", "S1_CurrentFeedback", "M1_sequence_number");
    const samples = rows.flatMap(([current, block], index) => [sample("I", current, index / 10), sample("N", block, index / 10)]);
    const expected: number[] = [];
    let part: number[] = [];
    rows.forEach(([current = NaN, block], index) => {
      part.push(current);
      // The sample of the change's own time still belongs to what ends there.
      if (index === 0 || block === rows[index - 1]?.[1]) return;
      expected.push(naive.mean(part));
      part = [];
    });
    for (const size of [2, 20, samples.length]) {
      const subject = collector([row("I", "torqueMean", "NU", { aggregate: "mean" })], { trigger: "change", triggerTag: "N" });
      const means: unknown[] = [];
      for (let start = 0; start < samples.length; start += size) means.push(...subject.accept(samples.slice(start, start + size)).records.map(({ values }) => values["torqueMean"]));
      assert.equal(means.length, expected.length);
      means.forEach((mean, index) => close(mean, expected[index] ?? NaN, `block ${index}`, 1));
      balanced(subject);
    }
  });
});

describe("trigger change", () => {
  const tags = [row("T", "torque", "NU")];
  const run = (edge: "any" | "rising", values: readonly unknown[]): number[] => {
    const subject = collector(tags, { trigger: "change", triggerTag: "C", triggerEdge: edge });
    subject.accept([sample("T", 1)]);
    const made = values.map((value, index) => subject.accept([sample("C", value, index + 1)]).records.length);
    balanced(subject);
    return made;
  };

  it("a record at each change, or only where a signal rises; the first value and bad quality change nothing", () => {
    assert.deepEqual(run("any", [false, true, true, false]), [0, 1, 0, 1]);
    assert.deepEqual(run("rising", [true, false, true, true]), [0, 0, 1, 0]);
    assert.deepEqual(run("rising", [7, 8, 8, 10, 0, 1]), [0, 1, 0, 1, 0, 1], "a counter that starts anew does not rise");
    assert.deepEqual(run("any", ["A", "A", "B"]), [0, 0, 1]);
    assert.deepEqual(run("any", [1n, 2n]), [0, 1]);
    const subject = collector(tags, { trigger: "change", triggerTag: "C" });
    subject.accept([sample("T", 1), sample("C", 1)]);
    const bad = subject.accept([sample("C", 2, 1, { quality: "Bad" }), sample("C", NaN, 2), sample("C", {}, 3), sample("C", 1, 4)]);
    assert.deepEqual([bad.records, codes(bad)], [[], ["RESONANCE_QUALITY_BAD triggerTag", "RESONANCE_VALUE_NOT_FINITE triggerTag", "RESONANCE_VALUE_TYPE triggerTag"]]);
    balanced(subject);
  });

  it("a record holds what came up to the change, whatever the order within a message", () => {
    const subject = collector([...tags, row("C", "parts", "H87", { optional: true })], { trigger: "change", triggerTag: "C" });
    subject.accept([sample("C", 1, 0), sample("T", 5, 0)]);
    const { records } = subject.accept([sample("T", 7, 3), sample("C", 2, 2), sample("T", 6, 2)]);
    assert.deepEqual(records.map(({ values, timestamp }) => [values, timestamp]), [[{ torque: 6, parts: 2 }, at(2)]]);
    assert.deepEqual(subject.accept({ C: 3, T: 8 }).records[0]?.values, { torque: 8, parts: 3 });
    balanced(subject);
  });

  it("the window ends at the change", () => {
    const subject = collector([row("T", "samples", "", { aggregate: "count", window: { seconds: 10 } })], { trigger: "change", triggerTag: "C" });
    const { records } = subject.accept([sample("C", 0, 0), ...[1, 2, 3, 9].map((second) => sample("T", 1, second)), sample("C", 1, 12.5)]);
    assert.deepEqual(records.map(({ values }) => values["samples"]), [2]);
  });

  it("needs a tag and a known edge", () => {
    refuses(() => collector(tags, { trigger: "change" }), "RESONANCE_CONFIG_INVALID", "triggerTag");
    refuses(() => collector(tags, { trigger: "change", triggerTag: "C", triggerEdge: "falling" as "any" }), "RESONANCE_CONFIG_INVALID", "triggerEdge");
  });
});

describe("alignment and staleness", () => {
  const two = (more: Partial<TagMapping> = {}): TagMapping[] => [row("A", "temperature", "KEL", more), row("B", "torque", "NU")];

  it("a record is made only of values within the skew, and the reason is told once", () => {
    const subject = collector(two(), { trigger: "fresh", maxSkew: 500 });
    assert.equal(subject.accept([sample("A", 300, 0), sample("B", 1, 0.5)]).records.length, 1);
    const apart = subject.accept([sample("A", 300, 1), sample("B", 1, 1.501)]);
    assert.deepEqual([apart.records, codes(apart)], [[], ["RESONANCE_VALUE_SKEW values/temperature"]]);
    const [record] = subject.accept([sample("A", 301, 1.4)]).records;
    assert.deepEqual(record?.values, { temperature: 301, torque: 1 });
    assert.equal(subject.counts().superseded, 1);
    balanced(subject);
    const every = collector(two(), { maxSkew: 500 });
    const results = [sample("A", 300, 0), sample("B", 1, 0), sample("A", 300, 10), sample("B", 2, 10)].map((each) => every.accept([each]));
    assert.deepEqual(results.map(({ records }) => records.length), [0, 1, 0, 1], "with every sample: it waits until the others follow");
    assert.deepEqual(results.flatMap(codes), []);
    balanced(every);
  });

  it("the row decides what becomes of a value that lies apart or is too old", () => {
    const apart = (stale: "hold" | "uncertain", options: Partial<CollectorOptions>, maxAge = 0) => {
      const subject = collector(two({ stale, maxAge }), options);
      const [record] = subject.accept([sample("A", 300, 0), sample("B", 1, 20)]).records;
      balanced(subject);
      return record?.quality;
    };
    for (const [options, maxAge] of [[{ maxSkew: 500 }, 0], [{}, 10]] as const) {
      assert.deepEqual(apart("hold", options, maxAge), { temperature: { timestamp: at(0) } });
      assert.deepEqual(apart("uncertain", options, maxAge), { temperature: { status: "Uncertain", code: "UncertainLastUsableValue", timestamp: at(0) } });
    }
    const rejecting = collector(two({ maxAge: 10 }));
    assert.deepEqual(codes(rejecting.accept([sample("A", 300, 0), sample("B", 1, 20)])), ["RESONANCE_VALUE_STALE values/temperature"]);
    const optional = collector(two({ optional: true }), { maxSkew: 500, trigger: "message" }).accept([sample("A", 300, 0), sample("B", 1, 20)]);
    assert.deepEqual(optional.records[0]?.values, { torque: 1 }, "an optional one is left out");
  });

  it("a window that has run empty keeps its value where the row says so", () => {
    const tags = (stale: TagMapping["stale"]) => [row("A", "temperature", "KEL", { aggregate: "mean", window: { seconds: 5 }, ...(stale && { stale }) }), row("B", "torque", "NU")];
    const last = (stale: TagMapping["stale"]) => collector(tags(stale)).accept([sample("A", 300, 0), sample("A", 302, 1), sample("B", 1, 1), sample("B", 2, 60)]).records.at(-1);
    assert.equal(last(undefined)?.values["torque"], 1);
    assert.deepEqual([last("hold")?.values, last("hold")?.quality], [{ temperature: 301, torque: 2 }, { temperature: { timestamp: at(1) } }]);
    assert.equal(last("uncertain")?.quality?.["temperature"]?.status, "Uncertain");
  });
});

describe("defaults, constants and the job", () => {
  it("defaults alone make no record: when all that was measured is too old, there is no moment it could be of", () => {
    const subject = collector([row("B", "torque", "NU", { maxAge: 5, default: 1 })], { trigger: "interval" });
    subject.accept([sample("B", 2, 0)], undefined, START);
    assert.equal(subject.tick(START + 1000).records.length, 1);
    const later = subject.tick(START + 10_000);
    assert.deepEqual([later.records, codes(later)], [[], ["RESONANCE_VALUE_STALE values/torque"]]);
  });

  it("a constant without unit is in the profile's", () => {
    const subject = collector([row("B", "torque", "NU")], { constants: [{ field: "power", value: 3 }] });
    assert.deepEqual(subject.accept([sample("B", 2)]).records[0]?.values, { torque: 2, power: 3 });
  });

  it("a default stands in, uncertain, until there is a value; but not for a machine of which nothing is known", () => {
    const subject = collector([row("A", "temperature", "KEL", { default: "293.15", maxAge: 10 }), row("B", "torque", "NU", { default: 0 })]);
    assert.deepEqual(subject.accept([]).records, []);
    const [record] = subject.accept([sample("B", 1, 0)]).records;
    assert.deepEqual([record?.values, record?.quality], [{ temperature: 293.15, torque: 1 }, { temperature: { status: "Uncertain", code: "UncertainSubstituteValue" } }]);
    assert.equal(subject.accept([sample("A", 300, 1)]).records[0]?.quality?.["temperature"], undefined);
    const stale = subject.accept([sample("B", 2, 30)]);
    assert.deepEqual([codes(stale), stale.records[0]?.values["temperature"]], [["RESONANCE_VALUE_STALE values/temperature"], 293.15]);
    balanced(subject);
  });

  it("constants are in every record, converted, and are checked at deploy", () => {
    const constants = [{ field: "temperature", value: "20", unit: "CEL" }, { field: "running", value: "true", unit: "" }, { field: "dimensions", value: '[{"size": 3}]', unit: "" }];
    const subject = collector([row("T", "torque", "NU")], { constants, required: ["temperature", "torque"] });
    assert.deepEqual(subject.accept([sample("T", 1)]).records[0]?.values, { torque: 1, temperature: 293.15, running: true, dimensions: [{ size: 3 }] });
    const bad = (field: string, value: unknown, unit = "") => () => collector([row("T", "torque", "NU")], { constants: [{ field, value, unit }] });
    refuses(bad("temperature", "warm"), "RESONANCE_VALUE_TYPE", "constants/0/value");
    refuses(bad("temperature", 20), "RESONANCE_VALUE_RANGE", "constants/0/value");
    refuses(bad("temperature", 20, "NU"), "RESONANCE_UNIT_INCOMPATIBLE", "constants/0/unit");
    refuses(bad("dimensions", [{ size: -1 }]), "RESONANCE_VALUE_RANGE", "constants/0/value/0/size");
    refuses(bad("dimensions", [{ size: 1, shape: "round" }]), "RESONANCE_FIELD_UNEXPECTED", "constants/0/value/0/shape");
    refuses(bad("torque", 1), "RESONANCE_MAPPING_TWICE", "constants/0/field");
    refuses(bad("feed", 1), "RESONANCE_FIELD_UNKNOWN", "constants/0/field");
  });

  it("the job's fields count until the next job; a message that only brings the job is no sample", () => {
    const options = { jobFields: [{ field: "material", path: "order.lots.0.id" }, { field: "temperature", path: "setpoint", unit: "CEL" }], required: ["material"], trigger: "message" as const };
    const subject = collector([row("T", "torque", "NU")], options);
    assert.deepEqual(subject.accept([sample("T", 1, 0)]).waiting, ["material"]);
    assert.deepEqual(subject.accept({ document: "any" }, undefined, START, { order: { lots: [{ id: "LOT-7" }] }, setpoint: 20 }).rejected, []);
    assert.deepEqual(subject.accept([sample("T", 2, 1)]).records[0]?.values, { torque: 2, material: "LOT-7", temperature: 293.15 });
    assert.deepEqual(subject.accept({ T: 3 }, undefined, START, { order: { lots: [{ id: "LOT-8" }] } }).records[0]?.values, { torque: 3, material: "LOT-8" });
    const broken = subject.accept([sample("T", 4, 3)], undefined, START, { order: { lots: [{ id: { __proto__: null } }] } });
    assert.deepEqual([broken.records, codes(broken)], [[], ["RESONANCE_VALUE_TYPE values/material"]]);
    subject.accept([sample("T", 5, 4)], undefined, START, null);
    assert.deepEqual(subject.accept({ T: 6 }).rejected.flatMap(({ errors }) => errors.map(({ path: place }) => place)), ["values/material"]);
    assert.deepEqual(subject.accept([sample("T", 7, 5)], undefined, START, JSON.parse('{"order":{"lots":{"0":{"id":"LOT-9"}}},"__proto__":{"setpoint":1}}')).records[0]?.values, { torque: 7, material: "LOT-9" });
    balanced(subject);
    const prototype = collector([row("T", "torque", "NU")], { jobFields: [{ field: "material", path: "toString.name" }] });
    assert.deepEqual(prototype.accept([sample("T", 1)], undefined, START, {}).records[0]?.values, { torque: 1 });
    refuses(() => collector([row("T", "torque", "NU")], { jobFields: [{ field: "material", path: "order..id" }] }), "RESONANCE_CONFIG_INVALID", "jobFields/0/path");
    refuses(() => collector([row("T", "torque", "NU")], { jobFields: [{ field: "torque", path: "x" }] }), "RESONANCE_MAPPING_TWICE", "jobFields/0/field");
  });
});

describe("accounting", () => {
  it("a window misses the sample of a set that was rejected as a whole, and says so", () => {
    const subject = collector([row("a", "torque", "NU"), row("b", "power", "KWT", { aggregate: "mean", window: { samples: 2 } })], { trigger: "message" });
    for (const set of [{ a: 1, b: 1 }, { a: 1, b: 1 }, { a: 1e9, b: 9 }]) subject.accept(set);
    const [record] = subject.accept({ a: 1, b: 3 }).records;
    assert.deepEqual([record?.values["power"], record?.quality?.["power"]?.status], [2, "Uncertain"]);
  });

  it("lists and structured values come as machines deliver them", () => {
    const subject = collector([row("V", "series", "CEL", { optional: true }), row("D", "dimensions", "", { optional: true })]);
    assert.deepEqual(subject.accept([sample("V", new Float64Array([20, 30]))]).records[0]?.values, { series: [293.15, 303.15] });
    assert.deepEqual(codes(subject.accept([sample("V", [20, "hot"])])), ["RESONANCE_VALUE_TYPE values/series/1"]);
    assert.deepEqual(codes(subject.accept([sample("V", [20])])), ["RESONANCE_VALUE_LENGTH values/series"]);
    assert.deepEqual(codes(subject.accept([sample("D", [{ name: "x" }])])), ["RESONANCE_FIELD_MISSING values/dimensions/0/size"]);
    assert.deepEqual(codes(subject.accept([sample("D", JSON.parse('[{"size":1,"__proto__":{"size":2}}]'))])), ["RESONANCE_FIELD_UNEXPECTED values/dimensions/0/__proto__"]);
    balanced(subject);
  });

  it("a complete set fills windows, or is rejected as a whole", () => {
    const subject = collector([row("A", "temperature", "KEL", { aggregate: "mean", window: { samples: 2 } }), row("B", "torque", "NU")], { trigger: "message" });
    assert.deepEqual(subject.accept({ A: 300, B: 1 }).records[0]?.values, { temperature: 300, torque: 1 });
    const refused = subject.accept({ A: 310, B: "x" });
    assert.deepEqual([codes(refused), refused.rejected[0]?.tags], [["RESONANCE_VALUE_TYPE values/torque"], ["A", "B"]]);
    assert.deepEqual(subject.accept({ A: 302, B: 2 }).records[0]?.values, { temperature: 301, torque: 2 });
    assert.deepEqual(codes(subject.accept({ B: 3 })), ["RESONANCE_FIELD_MISSING values/temperature"]);
    balanced(subject);
    const filling = collector([row("H", "series", "KEL", { aggregate: "history", window: { samples: 2 } }), row("B", "torque", "NU")], { trigger: "message" });
    assert.deepEqual([filling.accept({ H: 300, B: 1 }).superseded, filling.accept({ H: 301, B: 2 }).records[0]?.values], [1, { series: [300, 301], torque: 2 }]);
    assert.deepEqual(filling.counts(), { received: 4, applied: 3, held: 0, superseded: 1, rejected: 0, ignored: 0 });
  });

  for (const trigger of ["sample", "fresh", "interval", "message", "change"] as const) {
    it(`adds up whatever comes, with the trigger ${trigger}`, () => {
      for (let seed = 1; seed <= 25; seed++) {
        const next = random(seed);
        const pick = <T>(...choices: readonly T[]): T => choices[Math.floor(next() * choices.length)] as T;
        const subject = collector([
          row("T", "torque", "NU", { maxAge: pick(0, 3), stale: pick("reject", "hold", "uncertain") }),
          row("T", "torqueMean", "NU", { aggregate: "mean", window: pick({ seconds: 2 }, { samples: 3 }, {}), stale: pick("reject", "hold", "uncertain") }),
          row("T", "torqueStd", "NU", { aggregate: "std", window: { seconds: 3 }, optional: true, maxAge: pick(0, 1) }),
          row("A", "temperature", "CEL", { optional: next() < 0.5, ...(next() < 0.5 && { default: 300 }) }),
          row("H", "series", "KEL", { aggregate: "history", window: { samples: 4 }, optional: true }),
        ], { trigger, triggerTag: "C", maxSkew: pick(0, 800), badQuality: pick("reject", "lastGood") });
        let clock = START;
        for (let message = 0; message < 80; message++) {
          clock += next() * 2000;
          const batch = Array.from({ length: Math.floor(next() * 6) }, () => sample(
            pick("T", "T", "A", "H", "C", "X"),
            pick<unknown>(1, -2, 300, 20, NaN, Infinity, -0, "x", null, {}, [1], true, 1e300),
            (clock - START) / 1000 + (next() < 0.05 ? 600 : (next() - 0.5) * 4),
            { quality: pick("Good", "Good", "Good", "Uncertain", "Bad") },
          ));
          const collected = next() < 0.2 ? subject.accept({ T: pick<unknown>(1, "x", null), A: 20, H: 300 }, undefined, clock) : subject.accept(batch, undefined, clock);
          for (const record of [...collected.records, ...(trigger === "interval" ? subject.tick(clock).records : [])]) {
            assert.ok(Object.values(record.values).every((value) => value !== undefined), JSON.stringify(record));
            assert.deepEqual(Object.keys(record.quality ?? {}).filter((field) => !(field in record.values)), []);
          }
          balanced(subject);
        }
      }
    });
  }
});

describe("what is told", () => {
  it("a job's value that cannot be used is told once, and again when it changes", () => {
    const subject = collector([row("T", "torque", "NU")], { jobFields: [{ field: "parts", path: "parts" }] });
    const tell = (job: unknown): string[] => codes(subject.accept([sample("T", 1)], undefined, START, job));
    const refused = ["RESONANCE_VALUE_TYPE values/parts"];
    assert.deepEqual([tell({ parts: "x" }), tell({ parts: "x" }), tell({ parts: "y" }), tell({ parts: "y" }), tell({ parts: 3 }), tell({ parts: "y" })], [refused, [], refused, [], [], refused]);
    balanced(subject);
  });

  it("a trigger's value that its field takes and the trigger cannot compare is told, and the sample counts as applied", () => {
    const subject = collector([row("C", "material", ""), row("T", "torque", "NU", { optional: true })], { trigger: "change", triggerTag: "C", triggerEdge: "rising" });
    assert.deepEqual(codes(subject.accept([sample("C", "steel")])), ["RESONANCE_VALUE_TYPE triggerTag"]);
    assert.deepEqual(subject.counts(), { received: 1, applied: 1, held: 0, superseded: 0, rejected: 0, ignored: 0 });
    assert.deepEqual(codes(subject.accept([sample("C", {})])), ["RESONANCE_VALUE_TYPE values/material"], "what neither can use is told once");
    balanced(subject);
  });
});
