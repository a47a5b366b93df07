import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, describe, it } from "node:test";
import { ResonanceError } from "../../nodes/lib/errors/resonance-error";
import { compileMessage } from "../../nodes/lib/isa95/compile-message";
import { compileApplicability, MOST_REASONS } from "../../nodes/lib/lineage/applicability";
import { compileReference } from "../../nodes/lib/lineage/compile-reference";
import { createDriftWatch, judge, type DriftSettings } from "../../nodes/lib/lineage/drift-watch";
import { createEntitlement, MOST_PLACES, type EntitledModel, type EntitlementSettings, type KeptEntitlement } from "../../nodes/lib/lineage/entitlement";
import { loadTrainingReference } from "../../nodes/lib/lineage/reference-source";
import { readEntitlementSettings } from "../../nodes/lib/lineage/settings";
import { LEAST_SHARE, stabilityIndex } from "../../nodes/lib/lineage/stability-index";
import { APPLICABILITIES, DRIFT_STATES, worse } from "../../nodes/lib/lineage/states";
import { readTold } from "../../nodes/lib/lineage/told";
import { parseTrainingReference, type TrainingReference } from "../../nodes/lib/lineage/training-reference";
import { createVersionCheck } from "../../nodes/lib/lineage/version-check";
import { loadBuiltInProfile } from "../../nodes/lib/profile/load-profile";
import { profileKey, requireCategory } from "../../nodes/lib/profile/profile-lookup";
import type { InputRecord, OutputRecord } from "../../nodes/lib/record/interface-record";
import { migrateRecord } from "../../nodes/lib/record/migrate-record";
import { readRecord } from "../../nodes/lib/record/read-record";
import { compileRecordValidator } from "../../nodes/lib/validation/record-validator";
import { fuzzSeed, seeded } from "../support/seeded";

const profile = loadBuiltInProfile();
const PM = requireCategory(profile, "predictive-maintenance");
const NOW = Date.parse("2026-11-22T08:30:00.000Z");
const at = (seconds: number): string => new Date(NOW + seconds * 1000).toISOString();
const ID = "019377b4-0000-7000-8000-00000000000";

const INPUT: InputRecord = {
  profile: profileKey(profile), category: PM.id, direction: "input", nature: "measurement", id: `${ID}0`, timestamp: at(0), equipment: "acme/s/a/l/cnc-07",
  values: { processTemperature: 308, rotationalSpeed: 1500, torque: 40, toolWear: 100 },
};
const OUTPUT: OutputRecord = {
  ...INPUT, direction: "output", nature: "prediction", id: `${ID}1`, inputId: INPUT.id, values: { remainingUsefulLife: 5 }, model: { id: "tool-wear", version: "1.2.0" },
};
const REFERENCE: TrainingReference = {
  dataSet: { id: "ai4i-2020", records: 10_000 },
  inputs: {
    processTemperature: { unit: "CEL", minimum: 30, maximum: 40 }, torque: { unit: "NU", minimum: 4, maximum: 76 },
    toolWear: { unit: "SEC", minimum: 0, maximum: 15_000 }, airTemperature: { minimum: 295, maximum: 305 },
  },
  outputs: {},
};

const refuses = (act: () => unknown, code: string, at?: RegExp | string): void => assert.throws(act, (error: unknown) => {
  assert.ok(error instanceof ResonanceError, String(error));
  assert.equal(error.code, code, error.message);
  if (at !== undefined) assert.match(`${error.path ?? ""} ${error.message}`, typeof at === "string" ? new RegExp(at) : at);
  return true;
});

describe("a training reference", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "resonance-reference-"));
  after(() => rmSync(folder, { recursive: true, force: true }));

  it("comes as text or from a file of the user directory; without one nothing is known", () => {
    writeFileSync(path.join(folder, "reference.json"), `\uFEFF${JSON.stringify(REFERENCE)}`);
    assert.deepEqual(loadTrainingReference({ kind: "file", file: "reference.json" }, folder), REFERENCE);
    assert.deepEqual(loadTrainingReference({ kind: "text", text: JSON.stringify(REFERENCE) }, folder), REFERENCE);
    assert.equal(loadTrainingReference({ kind: "none", text: "{" }, folder), undefined);
    assert.equal(loadTrainingReference({}, folder), undefined);
  });

  it("that cannot be read says file, line and column", () => {
    writeFileSync(path.join(folder, "broken.json"), "{\n  \"inputs\": {,}\n}");
    writeFileSync(path.join(folder, "binary.json"), Buffer.from([0x7b, 0xff, 0xfe]));
    const file = (name: string) => () => loadTrainingReference({ kind: "file", file: name }, folder);
    refuses(file("broken.json"), "RESONANCE_TRAINING_REFERENCE_INVALID", /broken\.json.*line 2, column 14/);
    refuses(file("absent.json"), "RESONANCE_TRAINING_REFERENCE_INVALID", /absent\.json.*no such file/);
    refuses(file("binary.json"), "RESONANCE_TRAINING_REFERENCE_INVALID", /not UTF-8/);
    refuses(file("."), "RESONANCE_TRAINING_REFERENCE_INVALID", /not a file/);
    refuses(file(" "), "RESONANCE_TRAINING_REFERENCE_INVALID", /no file is named/);
    refuses(() => parseTrainingReference("x".repeat(1024 * 1024 + 1), "JSON"), "RESONANCE_TRAINING_REFERENCE_INVALID", /longer/);
  });

  const field = (content: object): string => JSON.stringify({ inputs: { torque: content } });
  const WRONG: readonly (readonly [what: string, text: string, at: RegExp])[] = [
    ["a list", "[]", /no object/], ["empty", "{}", /neither/], ["a field that says nothing", field({ unit: "NU" }), /reference\/inputs\/torque .*says nothing/],
    ["a slip in a name", field({ minimun: 1 }), /torque\/minimun .*known are/], ["minimum above maximum", field({ minimum: 5, maximum: 4 }), /torque\/minimum/],
    ["a minimum that is text", field({ minimum: "5" }), /torque\/minimum/], ["edges that fall", field({ bins: [0, 2, 2], shares: [1, 1] }), /torque\/bins\/2 .*rise/],
    ["shares of another number", field({ bins: [0, 1, 2], shares: [1] }), /1 shares for 2 bins/], ["a negative share", field({ bins: [0, 1, 2], shares: [1, -1] }), /shares\/1/],
    ["no share at all", field({ bins: [0, 1, 2], shares: [0, 0] }), /add up to nothing/], ["bins alone", field({ bins: [0, 1, 2] }), /bins without shares/],
    ["shares alone", field({ minimum: 1, shares: [1] }), /shares without/], ["values and bins", field({ values: [1], bins: [0, 1, 2] }), /not both/],
    ["a value twice", field({ values: ["a", "a"] }), /twice/], ["a value that is an object", field({ values: [{}] }), /values\/0/],
    ["a data set without a name", "{\"dataSet\":{\"id\":\" \"}}", /dataSet\/id/], ["records of no number", "{\"dataSet\":{\"id\":\"a\",\"records\":1.5}}", /dataSet\/records/],
    ["a prototype's key", "{\"inputs\":{\"__proto__\":{\"minimum\":1}}}", /__proto__/], ["a constructor", "{\"inputs\":{\"constructor\":{\"minimum\":1}}}", /constructor/],
    ["too many bins", field({ bins: Array.from({ length: 202 }, (_, index) => index), shares: Array.from({ length: 201 }, () => 1) }), /bins/],
  ];
  for (const [what, text, where] of WRONG) {
    it(`that is wrong is refused: ${what}`, () => refuses(() => parseTrainingReference(text, "JSON"), "RESONANCE_TRAINING_REFERENCE_INVALID", where));
  }

  it("is brought into the profile's units, and fits the category's fields", () => {
    const { dataSet, inputs } = compileReference(REFERENCE, PM);
    assert.equal(dataSet, "ai4i-2020");
    assert.deepEqual(inputs.map(({ field, minimum, maximum }) => [field, minimum, maximum]), [
      ["processTemperature", 303.15, 313.15], ["torque", 4, 76], ["toolWear", 0, 250], ["airTemperature", 295, 305]]);
    const compile = (inputs: TrainingReference["inputs"], outputs = {}) => () => compileReference({ inputs, outputs }, PM);
    refuses(compile({ heat: { minimum: 1 } }), "RESONANCE_FIELD_UNKNOWN", "reference/inputs/heat");
    refuses(compile({ torque: { unit: "CEL", minimum: 1 } }), "RESONANCE_UNIT_INCOMPATIBLE", "reference/inputs/torque/unit");
    refuses(compile({ torque: { unit: "XYZ", minimum: 1 } }), "RESONANCE_UNIT_UNKNOWN");
    refuses(compile({ torque: { values: [1, "much"] } }), "RESONANCE_TRAINING_REFERENCE_INVALID", "torque/values/1");
    refuses(compile({}, { maintenanceRequired: { minimum: 0 } }), "RESONANCE_TRAINING_REFERENCE_INVALID", "for numbers");
  });
});

describe("applicability", () => {
  const FORECAST = requireCategory(profile, "progress-forecast");
  const judgeInput = compileApplicability(compileReference(REFERENCE, PM).inputs, { needed: new Set(["processTemperature", "torque"]), staleAfter: 60 });
  const of = (values: object, quality: InputRecord["quality"] = {}, now = NOW) => judgeInput({ ...INPUT, values: { airTemperature: 300, ...INPUT.values, ...values }, quality }, now);
  const short = (judgement: ReturnType<typeof of>) => [judgement.state, ...judgement.reasons.map(({ field, reason, verdict }) => `${field} ${reason} ${verdict}`)];

  it("is inside where every field lies in the range of the training, its ends included", () => {
    assert.deepEqual(of({}), { state: "inside", reasons: [], more: 0 });
    assert.equal(of({ torque: 4 }).state, "inside");
    assert.equal(of({ torque: 76, processTemperature: 313.15 }).state, "inside");
  });

  it("is outside where a needed field is out of range, missing or Bad; partly where it is another one", () => {
    assert.deepEqual(short(of({ torque: 76.01 })), ["outside", "torque OUT_OF_RANGE outside"]);
    assert.deepEqual(short(of({ torque: undefined })), ["outside", "torque MISSING outside"]);
    assert.deepEqual(short(of({}, { torque: { status: "Bad", code: "BadSensorFailure" } })), ["outside", "torque BAD outside"]);
    assert.deepEqual(short(of({ toolWear: 251 })), ["partly", "toolWear OUT_OF_RANGE partly"]);
    assert.deepEqual(short(of({ airTemperature: undefined })), ["partly", "airTemperature MISSING partly"]);
    assert.deepEqual(of({ torque: 99 }).reasons[0], { field: "torque", reason: "OUT_OF_RANGE", verdict: "outside", actual: "99", expected: "4 … 76" });
    assert.equal(of({ torque: NaN }).state, "outside", "NaN is inside nothing");
    assert.equal(of({ torque: "40" }).state, "outside", "a text is no number");
  });

  it("is partly where a value is Uncertain or stale, by the record's clock or ours; the gravest reason comes first", () => {
    assert.deepEqual(short(of({}, { torque: { status: "Uncertain" } })), ["partly", "torque UNCERTAIN partly"]);
    assert.deepEqual(short(of({}, { torque: { timestamp: at(-61) } })), ["partly", "torque STALE partly"]);
    assert.equal(of({}, { torque: { timestamp: at(-60) } }).state, "inside");
    assert.equal(of({}, { torque: { timestamp: at(-61) } }, NOW - 3_600_000).state, "partly", "a clock of ours that is behind does not make it young");
    assert.equal(of({}, {}, NOW + 61_000).reasons.filter(({ reason }) => reason === "STALE").length, 4);
    assert.deepEqual(short(of({ torque: 99 }, { processTemperature: { status: "Uncertain" } })), ["outside", "torque OUT_OF_RANGE outside", "processTemperature UNCERTAIN partly"]);
  });

  it("of a list is outside where no item is inside, partly where some are not", () => {
    const field = "recentCycleTimes";
    const judged = compileApplicability(compileReference({ inputs: { [field]: { minimum: 0, maximum: 1 } }, outputs: {} }, FORECAST).inputs, { needed: new Set([field]), staleAfter: 0 });
    const state = (value: unknown) => judged({ ...INPUT, category: FORECAST.id, values: { [field]: value } }, NOW);
    assert.equal(state([0, 0.5, 1]).state, "inside");
    assert.deepEqual([state([0, 5]).state, state([0, 5]).reasons[0]?.actual], ["partly", "1 / 2"]);
    assert.equal(state([5, 6]).state, "outside");
    assert.equal(state([]).reasons[0]?.reason, "MISSING");
  });

  it("names as many reasons as a message holds, and counts the rest; without ranges it is unknown", () => {
    const many = Object.fromEntries([...PM.input.fields.values()].filter(({ schema }) => schema.type === "number").map(({ name }) => [name, { minimum: 1e5 }]));
    const judged = compileApplicability(compileReference({ inputs: many, outputs: {} }, PM).inputs, { needed: new Set(), staleAfter: 0 })(INPUT, NOW);
    assert.equal(judged.reasons.length, MOST_REASONS);
    assert.equal(judged.more, Object.keys(many).length - MOST_REASONS);
    const none = compileApplicability(compileReference({ inputs: { torque: { bins: [0, 1, 2], shares: [1, 1] } }, outputs: {} }, PM).inputs, { needed: new Set(), staleAfter: 0 });
    assert.equal(none(INPUT, NOW).state, "unknown");
  });
});

describe("drift", () => {
  const DRIFT: DriftSettings = { records: 100, span: 0, suspected: 0.1, confirmed: 0.25, least: 20 };
  const plansOf = (inputs: TrainingReference["inputs"], outputs: TrainingReference["outputs"] = {}) => {
    const { inputs: ins, outputs: outs } = compileReference({ inputs, outputs }, PM);
    return [...ins, ...outs];
  };
  const TORQUE = { torque: { bins: [0, 20, 40, 60, 80], shares: [1, 4, 4, 1] } };

  it("the index is the definition's: known by hand, 0 for the same shares, finite for empty bins", () => {
    assert.equal(stabilityIndex([0.5, 0.5], [10, 10], 20), 0);
    const byHand = (0.8 - 0.5) * Math.log(0.8 / 0.5) + (0.2 - 0.5) * Math.log(0.2 / 0.5);
    assert.ok(Math.abs(stabilityIndex([0.5, 0.5], [80, 20], 100) - byHand) < 1e-12);
    const empty = stabilityIndex([1, 0], [0, 7], 7);
    assert.ok(Number.isFinite(empty));
    assert.ok(Math.abs(empty - 2 * (1 - LEAST_SHARE) * Math.log(1 / LEAST_SHARE)) < 1e-9);
    assert.equal(stabilityIndex([1], [0], 0), 0);
  });

  const seed = fuzzSeed();
  it(`counts in its window what counting all over again gives, for numbers, classes, yes or no and gaps (seed ${seed})`, () => {
    const random = seeded(seed);
    for (let round = 0; round < 25; round++) {
      const edges = [random.below(20)];
      for (let more = 2 + random.below(4); more > 0; more--) edges.push((edges.at(-1) ?? 0) + 1 + random.below(40));
      const shares = edges.slice(1).map(() => random.below(10));
      shares[0] = (shares[0] ?? 0) + 1;
      const settings = { ...DRIFT, records: 5 + random.below(60), span: random.chance(0.5) ? 0 : 1000 * (1 + random.below(40)), least: 1 };
      const watch = createDriftWatch(plansOf({ torque: { bins: edges, shares } }, { maintenanceRequired: { values: [true, false], shares: [1, 3] } }), settings);
      const seen: { readonly time: number; readonly torque: number | undefined; readonly due: boolean | undefined }[] = [];
      let time = NOW;
      for (let step = 0; step < 150; step++) {
        time += random.below(3000);
        const torque = random.chance(0.15) ? undefined : random.below(200) - 50;
        const due = random.chance(0.2) ? undefined : random.chance(0.4);
        seen.push({ time, torque, due });
        watch.observe({ torque }, { maintenanceRequired: due }, time);
        const window = seen.slice(-settings.records).filter((each) => settings.span === 0 || each.time > time - settings.span);
        const naive = (name: "torque" | "due", expected: readonly number[], binOf: (value: never) => number) => {
          const values = window.map((each) => each[name]).filter((value) => value !== undefined);
          if (values.length === 0) return [0, 0];
          const sum = expected.reduce((a, b) => a + b);
          const parts = expected.map((share, bin) => {
            const a = Math.max(values.filter((value) => binOf(value as never) === bin).length / values.length, 0.0001);
            const e = Math.max(share / sum, 0.0001);
            return (a - e) * Math.log(a / e);
          });
          return [Math.round(parts.reduce((a, b) => a + b) * 1e4) / 1e4, values.length];
        };
        const found = Object.fromEntries(watch.fields().map(({ field, index, records }) => [field, [index, records]]));
        const close = (actual: readonly number[] | undefined, expected: readonly number[]): void => {
          assert.equal(actual?.[1], expected[1]);
          assert.ok(Math.abs((actual?.[0] ?? NaN) - (expected[0] ?? NaN)) <= 1.0001e-4, `${String(actual)} ≠ ${String(expected)} in round ${round}, step ${step}`);
        };
        close(found["torque"], naive("torque", shares, (value: number) => shares.findIndex((_, bin) => bin === shares.length - 1 || value < (edges[bin + 1] ?? Infinity))));
        close(found["maintenanceRequired"], naive("due", [1, 3, 0], (value: boolean) => (value ? 0 : 1)));
      }
    }
  });

  it("is unknown until a field has records enough, none for the data of the training, suspected and confirmed as they move away, and back", () => {
    const watch = createDriftWatch(plansOf(TORQUE), DRIFT);
    const changes: string[] = [];
    const feed = (count: number, torqueOf: (index: number) => number): void => {
      for (let index = 0; index < count; index++) {
        const change = watch.observe({ torque: torqueOf(index) }, {}, NOW);
        if (change) changes.push(`${change.from} ${change.to}`);
      }
    };
    const trained = (index: number): number => [10, 30, 30, 30, 30, 50, 50, 50, 50, 70][index % 10] as number;
    feed(19, trained);
    assert.equal(watch.state(), "unknown");
    feed(81, trained);
    assert.deepEqual([watch.state(), changes], ["none", ["unknown none"]]);
    feed(100, () => 70);
    assert.equal(watch.state(), "confirmed");
    feed(100, trained);
    assert.equal(watch.state(), "none");
    assert.deepEqual(changes, ["unknown none", "none suspected", "suspected confirmed", "confirmed suspected", "suspected none"]);
  });

  it("does not flicker at a limit", () => {
    assert.equal(judge(0.1, "none", DRIFT), "suspected");
    assert.equal(judge(0.09, "none", DRIFT), "none");
    assert.equal(judge(0.09, "suspected", DRIFT), "suspected");
    assert.equal(judge(0.079, "suspected", DRIFT), "none");
    assert.equal(judge(0.21, "confirmed", DRIFT), "confirmed");
    assert.equal(judge(0.21, "suspected", DRIFT), "suspected");
    assert.equal(judge(0.19, "confirmed", DRIFT), "suspected");
  });

  it("of classes also sees one that the training did not have", () => {
    const field = [...requireCategory(profile, "visual-inspection").output.fields.values()].find(({ schema }) => schema.enum && !schema.derivation && schema.type === "string");
    if (!field) assert.fail("no class");
    const { name } = field;
    const [first, second] = field.schema.enum as readonly string[];
    const plans = compileReference({ inputs: {}, outputs: { [name]: { values: [first as string], shares: [1] } } }, requireCategory(profile, "visual-inspection")).outputs;
    const watch = createDriftWatch(plans, DRIFT);
    for (let index = 0; index < 50; index++) watch.observe({}, { [name]: first }, NOW);
    assert.equal(watch.state(), "none");
    for (let index = 0; index < 10; index++) watch.observe({}, { [name]: second }, NOW);
    assert.equal(watch.state(), "confirmed");
  });

  it("takes the same memory however long it runs, and of a list only so many items", () => {
    const field = "recentCycleTimes";
    const plans = compileReference({ inputs: { [field]: { bins: [0, 1, 2], shares: [1, 1] } }, outputs: {} }, requireCategory(profile, "progress-forecast")).inputs;
    const watch = createDriftWatch(plans, { ...DRIFT, records: 10, least: 1 });
    for (let index = 0; index < 1000; index++) watch.observe({ [field]: Array.from({ length: 5000 }, (_, item) => (item < 2500 ? 0.5 : 1.5)) }, {}, NOW + index);
    const { window } = watch.keep();
    assert.deepEqual([window.times.length, window.bins[0]?.length], [10, 160]);
    assert.equal(watch.fields()[0]?.index, 0, "spread evenly over the list");
  });
});

describe("the version that answers", () => {
  const check = (told: readonly (readonly [version?: string | undefined, digest?: string | undefined])[], expected: object = {}, known?: string) => {
    const versions = createVersionCheck({ id: "m", version: "1.2.0", digest: "sha256:aa", ...expected }, known);
    return told.map(([version, digest]) => {
      const { other, notice } = versions.check({ version, digest });
      return `${other ? "other" : "same"}${notice ? `: ${String(notice.params["expected"])} → ${String(notice.params["actual"])}` : ""}`;
    });
  };

  it("is the model's own; another of the same form is another version, told once a change", () => {
    assert.deepEqual(check([["1.2.0"], [], ["1.3.0"], ["1.3.0"], ["1.2.0"], ["1.3.0"]]), ["same", "same", "other: 1.2.0 → 1.3.0", "other", "same", "other: 1.2.0 → 1.3.0"]);
  });
  it("of a server that counts in a way of its own is the one it named first, also after a deploy", () => {
    assert.deepEqual(check([["3"], ["3"], ["4"], ["5"], ["3"]]), ["same", "same", "other: 3 → 4", "other: 3 → 5", "same"]);
    assert.deepEqual(check([["4"]], {}, "3"), ["other: 3 → 4"]);
  });
  it("is what the model node expects of the server, where it says so", () => {
    assert.deepEqual(check([["3"], ["4"]], { served: "3" }), ["same", "other: 3 → 4"]);
  });
  it("is another one where the digest is", () => {
    assert.deepEqual(check([["1.2.0", "SHA256:AA"], ["1.2.0", "sha256:bb"], [undefined, "sha256:bb"]]), ["same", "other: sha256:aa → sha256:bb", "other"]);
  });
  it("is read from the message whatever stands there", () => {
    assert.deepEqual(readTold({ model: { digest: "sha256:a" }, node: "n", servedVersion: "2" }, { modelVersion: "1" }), { version: "2", digest: "sha256:a", node: "n" });
    assert.deepEqual(readTold(undefined, { modelVersion: "1" }), { version: "1" });
    for (const odd of [null, 7, [], "x", { model: 5, node: {}, servedVersion: ["1"] }]) assert.deepEqual(readTold(odd, odd), {});
  });
});

describe("an output's entitlement", () => {
  const MODEL: EntitledModel = { lineage: { id: "tool-wear", version: "1.2.0", digest: "sha256:aa", category: PM.id }, inputs: [], reference: REFERENCE };
  const SETTINGS: EntitlementSettings = { staleAfter: 0, drift: undefined };
  const DRIFT: EntitlementSettings = { staleAfter: 0, drift: { records: 50, span: 0, suspected: 0.1, confirmed: 0.25, least: 5 } };
  const WATCHED: EntitledModel = { ...MODEL, reference: { inputs: { torque: { bins: [0, 20, 40, 60], shares: [1, 1, 1] } }, outputs: {} } };
  const input: InputRecord = { ...INPUT, values: { ...INPUT.values, airTemperature: 300 } };

  it("stands in its lineage, in the profile's units; the record suits schema, reader, B2MML and the next edition", () => {
    const { record } = createEntitlement(profile, MODEL, SETTINGS).entitle(input, OUTPUT, {}, NOW);
    assert.deepEqual(record.model, {
      id: "tool-wear", version: "1.2.0", digest: "sha256:aa", dataSet: "ai4i-2020",
      trainingRange: { processTemperature: { minimum: 303.15, maximum: 313.15 }, torque: { minimum: 4, maximum: 76 }, toolWear: { minimum: 0, maximum: 250 }, airTemperature: { minimum: 295, maximum: 305 } },
    });
    assert.deepEqual(record.values, { remainingUsefulLife: 5, applicability: "inside" });
    const validator = compileRecordValidator(profile);
    assert.deepEqual(validator(record), []);
    assert.equal(readRecord(record, profile), record);
    const wrong = { ...record, model: { ...record.model, trainingRange: { torque: { minimum: "low" } } } };
    assert.equal(validator(wrong)[0]?.path, "model/trainingRange/torque/minimum");
    refuses(() => readRecord(wrong), "RESONANCE_RECORD_INVALID", "model/trainingRange/torque/minimum");
    refuses(() => readRecord({ ...record, model: { ...record.model, trainingRange: JSON.parse("{\"__proto__\":{}}") as object } }), "RESONANCE_RECORD_INVALID", "__proto__");
    const document = compileMessage({ profile, message: "SyncPhysicalAsset", format: "xml" })(record).document as string;
    assert.match(document, /modelDataSet[^]*ai4i-2020/);
    assert.match(document, /modelTrainingRange[^]*\{"processTemperature":\{"minimum":303.15/);
    const next = { ...profile, version: "9.0.0", formerIds: [profileKey(profile)] };
    assert.deepEqual((migrateRecord(record, profile, next).record as OutputRecord).model, record.model);
  });

  it("the ranges that all records share cannot be changed by one of them", () => {
    const { record } = createEntitlement(profile, MODEL, SETTINGS).entitle(input, OUTPUT, {}, NOW);
    assert.equal(Reflect.set(record.model.trainingRange?.["torque"] ?? {}, "minimum", 0), false);
    assert.equal(Reflect.set(record.model.trainingRange ?? {}, "heat", {}), false);
  });

  it("is the worse of what was found and what the model says itself", () => {
    const entitlement = createEntitlement(profile, MODEL, SETTINGS);
    const said = (own: object, given: InputRecord = input) => entitlement.entitle(given, { ...OUTPUT, values: { ...OUTPUT.values, ...own } }, {}, NOW).record.values;
    const outside = { ...input, values: { ...input.values, torque: 90 } };
    assert.equal(said({ applicability: "partly" })["applicability"], "partly");
    assert.equal(said({ applicability: "inside" }, outside)["applicability"], "outside");
    assert.equal(said({ driftState: "confirmed", explanation: "worn" })["driftState"], "confirmed");
    assert.equal(said({ explanation: "worn" }, outside)["explanation"], "worn", "an explanation is the model's own");
    assert.deepEqual([worse(APPLICABILITIES, "unknown", "inside"), worse(APPLICABILITIES, "unknown", "partly"), worse(DRIFT_STATES, "none", "unknown"), worse(DRIFT_STATES, "none", 7)], ["unknown", "partly", "unknown", "none"]);
  });

  it("of another version is unknown; its lineage names that version, and neither digest nor training of the configured one", () => {
    const entitlement = createEntitlement(profile, WATCHED, DRIFT);
    const { record, notice, drift } = entitlement.entitle(input, OUTPUT, { version: "1.3.0", digest: "sha256:aa" }, NOW);
    assert.deepEqual([record.model, record.values["applicability"], record.values["driftState"], notice?.code, drift], [{ id: "tool-wear", version: "1.3.0" }, "unknown", "unknown", "RESONANCE_MODEL_VERSION_OTHER", undefined]);
    assert.equal(entitlement.entitle(input, OUTPUT, { version: "1.3.0" }, NOW).notice, undefined);
    assert.deepEqual(entitlement.entitle(input, OUTPUT, { version: "1.3.0", digest: "sha256:bb" }, NOW).record.model, { id: "tool-wear", version: "1.3.0", digest: "sha256:bb" });
    assert.equal(entitlement.entitle(input, OUTPUT, { version: "1.2.0" }, NOW).record.values["applicability"], "unknown", "bins alone say nothing of a range");
  });

  it("without a reference says nothing but the lineage, with the digest that the answer tells", () => {
    const entitlement = createEntitlement(profile, { ...MODEL, reference: undefined, lineage: { id: "m", version: "1" } }, DRIFT);
    assert.deepEqual(entitlement.entitle(input, OUTPUT, { digest: "sha256:cc" }, NOW), { record: { ...OUTPUT, model: { id: "m", version: "1", digest: "sha256:cc" } } });
  });

  it("a profile whose outputs have no such field, or no such word, keeps its records as they are", () => {
    const output = { ...PM.output, fields: new Map([...PM.output.fields].filter(([name]) => name !== "applicability").map(([name, field]) => [name, name === "driftState" ? { ...field, schema: { ...field.schema, enum: ["none"] } } : field])) };
    const other = { ...profile, categories: new Map([[PM.id, { ...PM, output }]]) };
    const { record, applicability } = createEntitlement(other, WATCHED, DRIFT).entitle(input, OUTPUT, {}, NOW);
    assert.deepEqual([record.values, applicability?.state], [{ remainingUsefulLife: 5 }, "unknown"]);
  });

  it("watches drift place by place, and goes on after a deploy with what it had seen, as JSON", () => {
    const feed = (entitlement: ReturnType<typeof createEntitlement>, equipment: string, torque: number, count: number): string => {
      let state = "";
      for (let index = 0; index < count; index++) state = String(entitlement.entitle({ ...input, equipment, values: { ...input.values, torque } }, OUTPUT, {}, NOW + index).record.values["driftState"]);
      return state;
    };
    const first = createEntitlement(profile, WATCHED, DRIFT);
    for (let index = 0; index < 30; index++) feed(first, "a", [10, 30, 50][index % 3] as number, 1);
    assert.equal(feed(first, "b", 50, 30), "confirmed");
    assert.equal(feed(first, "a", 30, 1), "none");
    const kept = JSON.parse(JSON.stringify(first.keep())) as KeptEntitlement;
    assert.equal(feed(createEntitlement(profile, WATCHED, DRIFT, kept), "b", 50, 1), "confirmed");
    const asleep = createEntitlement(profile, WATCHED, DRIFT, kept);
    assert.equal(feed(createEntitlement(profile, WATCHED, DRIFT, asleep.keep()), "b", 50, 1), "confirmed", "a place that is silent is kept, too");
    assert.equal(feed(createEntitlement(profile, { ...WATCHED, lineage: { ...MODEL.lineage, version: "2.0.0" } }, DRIFT, kept), "b", 50, 1), "unknown", "another model begins anew");
    const rebinned: EntitledModel = { ...WATCHED, reference: { inputs: { torque: { bins: [0, 40, 60], shares: [1, 2] } }, outputs: {} } };
    assert.equal(feed(createEntitlement(profile, rebinned, DRIFT, kept), "b", 50, 1), "unknown", "so does another reference");
    for (const odd of [{ of: kept.of, watches: [["x", {}]] }, { ...kept, watches: [[kept.watches[0]![0], { ...kept.watches[0]![1], window: { times: ["x", null], bins: 5 } }]] }]) {
      assert.equal(feed(createEntitlement(profile, WATCHED, DRIFT, odd as unknown as KeptEntitlement), "a", 30, 1), "unknown", "what was edited counts for nothing");
    }
  });

  it("remembers a bounded number of places", () => {
    const entitlement = createEntitlement(profile, WATCHED, DRIFT);
    for (let index = 0; index < MOST_PLACES + 40; index++) entitlement.entitle({ ...input, equipment: `p${index}` }, OUTPUT, {}, NOW);
    assert.equal(entitlement.keep().watches.length, MOST_PLACES);
  });

  it("its settings are checked, and those of an older node are the defaults", () => {
    assert.deepEqual(readEntitlementSettings({}), { staleAfter: 0, drift: { records: 500, span: 0, least: 200, suspected: 0.1, confirmed: 0.25 } });
    assert.deepEqual(readEntitlementSettings({ watchDrift: false, staleAfter: "30" }), { staleAfter: 30, drift: undefined });
    assert.equal(readEntitlementSettings({ driftHours: 2 }).drift?.span, 7_200_000);
    refuses(() => readEntitlementSettings({ driftRecords: 100 }), "RESONANCE_CONFIG_INVALID", "driftLeast");
    refuses(() => readEntitlementSettings({ driftConfirmed: 0.05 }), "RESONANCE_CONFIG_INVALID", "driftConfirmed");
    refuses(() => readEntitlementSettings({ staleAfter: -1 }), "RESONANCE_CONFIG_INVALID", "staleAfter");
    refuses(() => readEntitlementSettings({ driftSuspected: "much" }), "RESONANCE_CONFIG_INVALID", "driftSuspected");
  });
});
