import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, it } from "node:test";
import texts from "../../nodes/lib/errors/error-texts.json";
import { ResonanceError } from "../../nodes/lib/errors/resonance-error";
import { loadBuiltInProfile } from "../../nodes/lib/profile/load-profile";
import { DIRECTIONS, type FieldSchema, type ValueSchema } from "../../nodes/lib/profile/profile";
import { buildInputRecord, buildOutputRecord } from "../../nodes/lib/record/build-record";
import { compileRecordValidator, type Check } from "../../nodes/lib/validation/record-validator";
import { MOST_ERRORS } from "../../nodes/lib/validation/schema-errors";
import { previewRecord, type Trial } from "../../nodes/lib/validation/preview-record";
import { compileTarget } from "../../nodes/lib/validation/target";
import { compileUserSchema } from "../../nodes/lib/validation/user-schema";

const profile = loadBuiltInProfile();
const check = compileRecordValidator(profile);
const TIME = "2026-11-22T08:30:05.120Z";

const input = buildInputRecord({ profile, category: "predictive-maintenance", timestamp: TIME, equipment: "a/b", values: { processTemperature: 308, rotationalSpeed: 1500, torque: 40 } });
const output = buildOutputRecord({
  profile, category: "predictive-maintenance", timestamp: TIME, equipment: "a/b", nature: "prediction", inputId: input.id,
  model: { id: "tool-failure", version: "1.2.0" }, confidence: 0.92, validUntil: "2026-11-22T08:40:05.120Z",
  values: { remainingUsefulLife: 41.5, maintenanceRequired: true, predictedEndOfLife: "2026-11-24T02:00:05.120Z" },
  quality: { remainingUsefulLife: { status: "Uncertain", timestamp: TIME } },
});
const setpoint = { ...output, category: "adaptive-control", nature: "proposal", values: { feedOverrideSetpoint: 80 }, quality: undefined };

const told = (subject: Check, payload: unknown): string[] => subject(payload).map(({ code, path: place }) => `${code} ${place}`.trim());
const fails = (code: string, reason: RegExp) => (error: unknown): boolean => {
  assert.ok(error instanceof ResonanceError, String(error));
  assert.equal(error.code, code);
  assert.match(error.message, reason);
  return true;
};

/** A value that fits a field, and values that do not, with the code they must be told by. */
function trials({ name, schema }: { readonly name: string; readonly schema: FieldSchema | ValueSchema }): { readonly good: unknown; readonly bad: readonly (readonly [unknown, string])[] } {
  const { items, properties = {}, required = [], minItems = 0 } = schema;
  if (items) return { good: Array.from({ length: Number(minItems) }, () => trials({ name, schema: items }).good), bad: [["x", "RESONANCE_VALUE_TYPE"], [{}, "RESONANCE_VALUE_TYPE"], [null, "RESONANCE_VALUE_TYPE"]] };
  if (schema.type === "object") return { good: Object.fromEntries(required.map((part) => [part, trials({ name: part, schema: properties[part]! }).good])), bad: [["x", "RESONANCE_VALUE_TYPE"], [[], "RESONANCE_VALUE_TYPE"]] };
  if (schema.enum) return { good: schema.enum[0], bad: [["no such", "RESONANCE_VALUE_ENUM"], [1, "RESONANCE_VALUE_TYPE"]] };
  if (schema.format === "date-time") return { good: TIME, bad: [["2026-02-30T00:00:00Z", "RESONANCE_VALUE_FORMAT"], ["2026-11-22T08:30:05", "RESONANCE_VALUE_FORMAT"], [0, "RESONANCE_VALUE_TYPE"]] };
  if (typeof schema["pattern"] === "string") {
    const good = [`sha256:${"0".repeat(64)}`, "0", "x"].find((text) => new RegExp(String(schema["pattern"]), "u").test(text));
    assert.ok(good !== undefined, `${name}: a text of its form is known here`);
    return { good, bad: [["", "RESONANCE_VALUE_FORMAT"], [5, "RESONANCE_VALUE_TYPE"]] };
  }
  if (schema.type === "string") return { good: "x", bad: [["", "RESONANCE_VALUE_LENGTH"], ["x".repeat(3000), "RESONANCE_VALUE_LENGTH"], [5, "RESONANCE_VALUE_TYPE"]] };
  if (schema.type === "boolean") return { good: false, bad: [["true", "RESONANCE_VALUE_TYPE"], [1, "RESONANCE_VALUE_TYPE"]] };
  const { minimum, maximum } = schema;
  assert.ok(minimum !== undefined && maximum !== undefined, `${name} has a range`);
  const beyond = (limit: number, way: number) => limit + way * Math.max(1, Math.abs(limit) * 1e-9);
  return {
    good: minimum,
    bad: [[beyond(minimum, -1), "RESONANCE_VALUE_RANGE"], [beyond(maximum, 1), "RESONANCE_VALUE_RANGE"], ["1", "RESONANCE_VALUE_TYPE"], [NaN, "RESONANCE_VALUE_NOT_FINITE"], [null, "RESONANCE_VALUE_TYPE"]],
  };
}

describe("record validator", () => {
  it("what the pack builds is valid", () => {
    for (const record of [input, output, { ...setpoint, quality: {} }]) assert.deepEqual(check(JSON.parse(JSON.stringify(record))), []);
    assert.deepEqual(compileRecordValidator(profile, { eager: true })(output), []);
  });

  it("every field of every category takes a value in its range and refuses what is not, by its code", () => {
    let refused = 0;
    for (const category of profile.categories.values()) {
      for (const direction of DIRECTIONS) {
        const { fields, required, requireOneOf } = category[direction];
        const base = direction === "input" ? input : output;
        const needed = [...required, ...requireOneOf.slice(0, 1)];
        const values = Object.fromEntries(needed.map((name) => [name, trials(fields.get(name)!).good]));
        const record = (more: object) => ({ ...base, category: category.id, nature: direction === "input" ? "measurement" : category.nature, quality: {}, values: { ...values, ...more } });
        for (const field of fields.values()) {
          const { good, bad } = trials(field);
          assert.deepEqual(check(record({ [field.name]: good })), [], `${category.id} ${field.name}`);
          for (const [value, code] of bad) {
            assert.ok(told(check, record({ [field.name]: value })).includes(`${code} values/${field.name}`), `${category.id} ${field.name} = ${String(value)}: ${told(check, record({ [field.name]: value })).join()}`);
            refused++;
          }
        }
      }
    }
    assert.ok(refused > 300, `${refused} refusals`);
  });

  it("each error has its own code and place", () => {
    const cases: readonly (readonly [unknown, readonly string[]])[] = [
      [null, ["RESONANCE_VALUE_TYPE"]], [[], ["RESONANCE_VALUE_TYPE"]], ["{}", ["RESONANCE_VALUE_TYPE"]],
      [{ ...input, category: "press-forming" }, ["RESONANCE_CATEGORY_UNKNOWN category"]], [{ ...input, category: undefined }, ["RESONANCE_CATEGORY_UNKNOWN category"]],
      [{ ...input, direction: "sideways" }, ["RESONANCE_VALUE_ENUM direction"]], [{ ...input, profile: "gbt@9.0.0" }, ["RESONANCE_VALUE_ENUM profile"]],
      [{ ...input, values: { processTemperature: 308, rotationalSpeed: 1500 } }, ["RESONANCE_FIELD_MISSING values/torque"]],
      [{ ...input, values: { ...input.values, feed: 1 } }, ["RESONANCE_FIELD_UNEXPECTED values/feed"]], [{ ...input, values: { ...input.values, remainingUsefulLife: 1 } }, ["RESONANCE_FIELD_UNEXPECTED values/remainingUsefulLife"]],
      [{ ...input, values: JSON.parse(`{"processTemperature":308,"rotationalSpeed":1500,"torque":40,"__proto__":1}`) as unknown }, ["RESONANCE_FIELD_UNEXPECTED values/__proto__"]],
      [{ ...input, timestamp: "2026-02-30T00:00:00Z" }, ["RESONANCE_VALUE_FORMAT timestamp"]], [{ ...input, id: "1" }, ["RESONANCE_VALUE_FORMAT id"]], [{ ...input, equipment: "" }, ["RESONANCE_VALUE_LENGTH equipment"]],
      [{ ...input, inputId: input.id }, ["RESONANCE_FIELD_UNEXPECTED inputId"]], [{ ...input, model: output.model }, ["RESONANCE_FIELD_UNEXPECTED model"]], [{ ...input, confidence: 1 }, ["RESONANCE_FIELD_UNEXPECTED confidence"]],
      [{ ...output, model: undefined }, ["RESONANCE_FIELD_MISSING model"]], [{ ...output, model: { id: "m" } }, ["RESONANCE_FIELD_MISSING model/version"]], [{ ...output, inputId: undefined }, ["RESONANCE_FIELD_MISSING inputId"]],
      [{ ...output, confidence: 1.01 }, ["RESONANCE_VALUE_RANGE confidence"]], [{ ...output, validUntil: "2026-11-22T08:30:05.119Z" }, ["RESONANCE_VALUE_RANGE validUntil"]],
      [{ ...output, validUntil: "2026-11-22T16:40:05+08:00" }, []], [{ ...output, validUntil: "2026-11-22T09:30:05+08:00" }, ["RESONANCE_VALUE_RANGE validUntil"]],
      [{ ...output, quality: { healthIndex: { status: "Uncertain" } } }, ["RESONANCE_FIELD_UNEXPECTED quality/healthIndex"]], [{ ...output, quality: { feed: {} } }, ["RESONANCE_FIELD_UNEXPECTED quality/feed"]],
      [{ ...output, quality: { remainingUsefulLife: { status: "Fine" } } }, ["RESONANCE_VALUE_ENUM quality/remainingUsefulLife/status"]],
      [{ ...setpoint, quality: {}, values: { rampTime: 5 } }, ["RESONANCE_FIELD_MISSING values"]],
    ];
    for (const [payload, expected] of cases) assert.deepEqual(told(check, payload), expected, JSON.stringify(payload));
  });

  it("a prediction never passes as a measurement, nor a proposal as a command", () => {
    assert.deepEqual(told(check, { ...output, nature: "measurement" }), ["RESONANCE_NATURE_INVALID nature"]);
    assert.deepEqual(told(check, { ...setpoint, quality: {}, nature: "command" }), ["RESONANCE_NATURE_INVALID nature"]);
    assert.deepEqual(told(check, { ...input, nature: "prediction" }), ["RESONANCE_NATURE_INVALID nature"]);
  });

  it("all errors are told at once, in the user's language, with what was expected and what came", () => {
    const record = { ...input, values: { processTemperature: 5000, rotationalSpeed: "fast", torque: 40 } };
    const german = compileRecordValidator(profile, { language: "de" })(record);
    assert.deepEqual(german.map(({ path: place, message, expected, actual }) => [place, message, expected, actual]), [
      ["values/processTemperature", "Der Wert 5000 von processTemperature liegt außerhalb von 200 … 2000 KEL.", "200 … 2000 KEL", "5000"],
      ["values/rotationalSpeed", "Der Wert \"fast\" von rotationalSpeed ist nicht vom Typ number.", "number", "\"fast\""],
    ]);
    assert.match(compileRecordValidator(profile, { language: "zh-CN" })(record)[0]?.message ?? "", /超出范围/);
  });

  it("errors are bounded in number and length", () => {
    const values = { ...input.values, ...Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`extra${index}`, "y".repeat(10_000)])) };
    const errors = check({ ...input, values });
    assert.equal(errors.length, MOST_ERRORS);
    for (const { message, actual } of errors) assert.ok(message.length < 300 && actual.length <= 80);
  });
});

describe("user's schema", () => {
  const schema = (content: object): Check => compileUserSchema(JSON.stringify(content));

  it("checks by 2020-12, and by draft-07 where the schema says so", () => {
    const tuple = schema({ type: "array", prefixItems: [{ type: "string" }], items: false });
    assert.deepEqual(told(tuple, [1]), ["RESONANCE_VALUE_TYPE 0"]);
    const old = schema({ $schema: "http://json-schema.org/draft-07/schema#", type: "array", items: [{ type: "string" }], additionalItems: false });
    assert.deepEqual(told(old, ["a"]), []);
    assert.deepEqual(told(old, ["a", 2]), ["RESONANCE_VALUE_MISMATCH"]);
    assert.deepEqual(told(compileUserSchema("false"), 1), ["RESONANCE_VALUE_MISMATCH"]);
  });

  it("names the place with the document's own keys", () => {
    const nested = schema({ type: "object", properties: { "a/b": { type: "array", items: { type: "object", required: ["c"], properties: { c: { multipleOf: 5, exclusiveMaximum: 20 } } } } } });
    assert.deepEqual(told(nested, { "a/b": [{ c: 5 }, {}, { c: 7 }, { c: 20 }] }), ["RESONANCE_FIELD_MISSING a/b/1/c", "RESONANCE_VALUE_RANGE a/b/2/c", "RESONANCE_VALUE_RANGE a/b/3/c"]);
  });

  it("dates exist in the calendar", () => {
    const dates = schema({ type: "object", properties: { day: { type: "string", format: "date" }, time: { type: "string", format: "date-time" }, mail: { type: "string", format: "email" } } });
    assert.deepEqual(told(dates, { day: "2028-02-29", time: TIME, mail: "a@b.cd" }), []);
    assert.deepEqual(told(dates, { day: "2026-02-30", time: "2026-11-22T24:61:00Z", mail: "a" }), ["RESONANCE_VALUE_FORMAT day", "RESONANCE_VALUE_FORMAT time", "RESONANCE_VALUE_FORMAT mail"]);
  });

  it("one condition that is not met is told once", () => {
    const conditional = schema({ type: "object", if: { required: ["a"] }, then: { required: ["b"] }, propertyNames: { maxLength: 3 } });
    assert.deepEqual(told(conditional, { a: 1 }), ["RESONANCE_FIELD_MISSING b"]);
    assert.deepEqual(told(conditional, { long: 1 }), ["RESONANCE_FIELD_UNEXPECTED long"]);
  });

  it("a schema that cannot be used is refused with the reason", () => {
    const refuses = (text: string, reason: RegExp) => assert.throws(() => compileUserSchema(text), fails("RESONANCE_SCHEMA_INVALID", reason));
    refuses("{", /JSON/);
    refuses("[]", /object, true or false/);
    refuses("null", /object, true or false/);
    refuses(`{"type":"numbre"}`, /type/);
    refuses(`{"minumum":1}`, /minumum/);
    refuses(`{"type":"string","format":"datetime"}`, /datetime/);
    refuses(`{"type":"string","pattern":"["}`, /./);
    refuses(`{"$schema":"http://json-schema.org/draft-04/schema#"}`, /draft-04/);
    refuses(`{"$ref":"https://example.com/other.json"}`, /example\.com/);
    refuses(`{"$ref":"#/$defs/none"}`, /none/);
  });

  it("a profile's annotations are known in it", () => {
    assert.deepEqual(told(schema({ type: "object", properties: { t: { type: "number", unit: "CEL", follows: "x" } } }), { t: 1 }), []);
  });
});

describe("target", () => {
  it("asks for a profile only where records are checked", () => {
    const none = () => { throw new Error("not asked for"); };
    assert.deepEqual(compileTarget("schema", none, `{"type":"number"}`, "en-US")(1), []);
    assert.deepEqual(compileTarget("profile", () => profile, "", "en-US")(output), []);
    assert.throws(() => compileTarget("profile", none, "", "en-US"), /not asked for/);
  });
});

describe("error texts", () => {
  const lib = path.join(__dirname, "../../nodes/lib");
  const sources = ["units", "profile", "record", "validation"].flatMap((folder) =>
    readdirSync(path.join(lib, folder)).filter((file) => file.endsWith(".ts")).map((file) => readFileSync(path.join(lib, folder, file), "utf8")));

  it("every code these parts report has a short status, a text and a hint in three languages, with the same placeholders", () => {
    const codes = new Set(sources.flatMap((source) => [...source.matchAll(/RESONANCE_[A-Z]+(?:_[A-Z]+)*(?=["`, \n])/g)].map(([code]) => code)));
    assert.ok(codes.size > 20);
    for (const code of codes) {
      const entry = (texts as Record<string, Record<string, { status: string; text: string; hint: string }>>)[code];
      assert.ok(entry, code);
      const placeholders = new Set(Object.values(entry).map(({ text }) => [...text.matchAll(/\{\w+\}/g)].map(([name]) => name).sort().join()));
      assert.equal(placeholders.size, 1, code);
      for (const language of ["en-US", "zh-CN", "de"]) {
        const words = entry[language];
        assert.ok(words && words.text && words.hint, `${code} ${language}`);
        assert.ok(words.status.length <= 20, `${code} ${language} ${words.status}`);
      }
    }
  });
});

describe("preview of an input record", () => {
  const row = (tag: string, field: string, unit = "", more: object = {}) => ({ tag, field, unit, maxAge: 0, optional: false, ...more });
  const trial = (changes: Partial<Trial>): Trial => ({
    profile, category: "predictive-maintenance", equipment: { path: "a/b", physicalAsset: "SN-1" }, now: Date.parse(TIME),
    tags: [row("T", "processTemperature", "CEL"), row("S", "rotationalSpeed", "RPM"), row("M", "torque", "NU")],
    constants: [], jobFields: [], samples: { T: "35", S: "1500", M: "40" }, job: {}, ...changes,
  });
  const seen = (changes: Partial<Trial>): string[] => previewRecord(trial(changes)).errors.map(({ code, path: place }) => `${code} ${place}`);

  it("is the record that model-in would make, units converted", () => {
    const { record, errors } = previewRecord(trial({}));
    assert.deepEqual(errors, []);
    assert.deepEqual([record?.values, record?.equipment, record?.timestamp, record?.physicalAsset], [{ processTemperature: 308.15, rotationalSpeed: 1500, torque: 40 }, "a/b", TIME, "SN-1"]);
  });

  it("names what is missing, not a number, out of range or without mapping by its field", () => {
    assert.deepEqual(seen({ samples: { S: "1500" } }), ["RESONANCE_FIELD_MISSING values/processTemperature", "RESONANCE_FIELD_MISSING values/torque"]);
    assert.deepEqual(seen({ samples: { T: "warm", S: "1500", M: "40" } }), ["RESONANCE_VALUE_TYPE values/processTemperature"]);
    assert.deepEqual(seen({ samples: { T: "-300", S: "1500", M: "40" } }), ["RESONANCE_VALUE_RANGE values/processTemperature"]);
    assert.throws(() => previewRecord(trial({ tags: [row("T", "processTemperature", "RPM")] })), { code: "RESONANCE_UNIT_INCOMPATIBLE", path: "tags/0/unit" });
  });

  it("fills windows with the same sample, constants and the job beside it, and reads identifiers of structures", () => {
    const { record, errors } = previewRecord(trial({
      category: "visual-inspection",
      tags: [row("P", "partId"), row("E", "exposureTime", "C26")], samples: { P: '{"id":"P-1","description":"x"}', E: "2,5" },
      constants: [{ field: "imageUri", value: "file:///1.png", unit: "" }], jobFields: [{ field: "jobId", path: "order.id" }], job: { "order.id": "J-1" },
    }));
    assert.equal(record, undefined, "2,5 is no number");
    assert.deepEqual(errors.map(({ path: place }) => place), ["values/exposureTime"]);
    const good = previewRecord(trial({
      category: "visual-inspection",
      tags: [row("P", "partId"), row("E", "exposureTime", "C26")], samples: { P: '{"id":"P-1","description":"x"}', E: "2.5" },
      constants: [{ field: "imageUri", value: "file:///1.png", unit: "" }], jobFields: [{ field: "jobId", path: "order.id" }], job: { "order.id": "J-1" },
    }));
    assert.deepEqual([good.errors, good.record?.values], [[], { partId: "P-1", exposureTime: 2500, imageUri: "file:///1.png", jobId: "J-1" }]);
    const windows = previewRecord(trial({ tags: [row("T", "processTemperature", "CEL", { aggregate: "mean", window: { seconds: 60 } }), row("S", "rotationalSpeed"), row("M", "torque", "", { aggregate: "std" })] }));
    assert.deepEqual([windows.errors, windows.record?.values], [[], { processTemperature: 308.15, rotationalSpeed: 1500, torque: 0 }]);
    const history = previewRecord(trial({
      category: "progress-forecast",
      tags: [row("C", "recentCycleTimes", "MIN", { aggregate: "history", window: { samples: 4 } }), row("P", "plannedQuantity"), row("D", "partsCompleted")], samples: { C: "0.5", P: "10", D: "3" },
    }));
    assert.deepEqual([history.errors, history.record?.values], [[], { recentCycleTimes: [30, 30, 30, 30], plannedQuantity: 10, partsCompleted: 3 }]);
  });

  it("a job path cannot reach a prototype", () => {
    previewRecord(trial({ jobFields: [{ field: "productVariant", path: "__proto__.polluted" }], job: { "__proto__.polluted": "x" } }));
    assert.equal(({} as { polluted?: unknown }).polluted, undefined);
  });
});
