import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, describe, it } from "node:test";
import texts from "../../nodes/lib/errors/error-texts.json";
import { ResonanceError } from "../../nodes/lib/errors/resonance-error";
import { compileMessage } from "../../nodes/lib/isa95/compile-message";
import { readDocument } from "../../nodes/lib/isa95/read-document";
import { JsonSyntax, readJson } from "../../nodes/lib/json/json-source";
import { compilePattern } from "../../nodes/lib/json/pattern";
import { builtInProfileFiles, loadBuiltInProfile, loadProfile } from "../../nodes/lib/profile/load-profile";
import { buildInputRecord, buildOutputRecord } from "../../nodes/lib/record/build-record";
import type { FieldError } from "../../nodes/lib/record/field-error";
import { createInputCollector, type Trigger } from "../../nodes/lib/record/input-collector";
import { readRecord } from "../../nodes/lib/record/read-record";
import { compileRecordValidator, type Check } from "../../nodes/lib/validation/record-validator";
import { MOST_ERRORS } from "../../nodes/lib/validation/schema-errors";
import { compileTarget } from "../../nodes/lib/validation/target";
import { compileUserSchema } from "../../nodes/lib/validation/user-schema";
import { HOSTILE, LONG_TEXT, POLLUTING, mutate, nested } from "../support/hostile";
import { fuzzSeed, seeded } from "../support/seeded";

const seed = fuzzSeed();
console.log(`FUZZ_SEED=${seed}`);

const profile = loadBuiltInProfile();
const TIME = "2026-11-22T08:30:05.120Z";
const input = buildInputRecord({ profile, category: "predictive-maintenance", timestamp: TIME, equipment: "acme/line/cnc-07", values: { processTemperature: 308, rotationalSpeed: 1500, torque: 40, toolWear: 3 }, quality: { torque: { status: "Uncertain", timestamp: TIME } } });
const output = buildOutputRecord({
  profile, category: "predictive-maintenance", timestamp: TIME, equipment: "acme/line/cnc-07", nature: "prediction", inputId: input.id,
  model: { id: "m", version: "1.2.0" }, confidence: 0.9, validUntil: "2026-11-22T08:40:05.120Z", values: { remainingUsefulLife: 41.5, driftState: "none", explanation: "wear" }, quality: {},
});
const RECORDS = [input, output];

/** What a call may take of the processor, milliseconds: a busy machine makes it wait, not work. */
const PROMPT = 3_000;

function prompt<T>(act: () => T, what: string): T {
  const start = process.cpuUsage();
  const result = act();
  const { user, system } = process.cpuUsage(start);
  const spent = (user + system) / 1000;
  assert.ok(spent < PROMPT, `${what} took ${Math.round(spent)} ms`);
  return result;
}

function assertWellFormed(errors: readonly FieldError[]): void {
  assert.ok(errors.length <= MOST_ERRORS);
  for (const { path: place, code, message, expected, actual } of errors) {
    assert.ok(typeof place === "string" && place.length <= 1100);
    assert.ok(code in texts, code);
    assert.ok(message.length > 0 && message.length < 20_000, `${message.length} characters`);
    assert.ok(typeof expected === "string" && actual.length <= 80);
  }
}

/** Runs a check on mutants: it ends in time with well-formed errors, whatever comes. Gives how many were refused. */
function bombard(check: Check, documents: readonly unknown[], times: number, of = seed): number {
  const random = seeded(of);
  let refused = 0;
  for (let time = 0; time < times; time++) {
    const mutant = mutate(random.pick(documents), random);
    const errors = prompt(() => check(mutant), `seed ${of}, mutant ${time}`);
    assertWellFormed(errors);
    if (errors.length > 0) refused++;
  }
  return refused;
}

describe("fuzzed records", () => {
  it("the validator neither throws nor hangs, and names code and place", () => {
    const refused = bombard(compileRecordValidator(profile), RECORDS, 3000);
    assert.ok(refused > 2000, `${refused} of 3000 were refused`);
  });

  it("what the validator passes can be read as a record, and what cannot is refused with its own error", () => {
    const random = seeded(seed + 1);
    const check = compileRecordValidator(profile);
    let passed = 0;
    for (let time = 0; time < 2000; time++) {
      const mutant = mutate(random.pick(RECORDS), random, 1);
      try {
        readRecord(mutant, profile);
      } catch (error) {
        assert.ok(error instanceof ResonanceError && error.code === "RESONANCE_RECORD_INVALID", String(error));
        assert.notDeepEqual(check(mutant), [], `the validator passed mutant ${time} that cannot be read: ${error.message}`);
        continue;
      }
      if (check(mutant).length === 0) passed++;
    }
    assert.ok(passed > 0, "some mutants are still valid");
  });

  it("no key of a record reaches a prototype", () => {
    bombard(compileRecordValidator(profile), [{ ...input, values: POLLUTING }, ...RECORDS], 200, seed + 2);
    assert.equal(({} as { polluted?: unknown }).polluted, undefined);
    const [error] = compileRecordValidator(profile)({ ...input, values: { ...input.values, ...JSON.parse(`{"constructor":1}`) as object } });
    assert.deepEqual([error?.code, error?.path], ["RESONANCE_FIELD_UNEXPECTED", "values/constructor"]);
  });

  it("each known attack on a value has its own code at its own place", () => {
    const check = compileRecordValidator(profile);
    const told = (values: object): string[] => check({ ...input, quality: {}, values: { ...input.values, ...values } }).map(({ code, path: place }) => `${code} ${place}`);
    assert.deepEqual(told({ torque: NaN }), ["RESONANCE_VALUE_NOT_FINITE values/torque"]);
    assert.deepEqual(told({ torque: Infinity }), ["RESONANCE_VALUE_NOT_FINITE values/torque"]);
    assert.deepEqual(told({ torque: -Infinity }), ["RESONANCE_VALUE_NOT_FINITE values/torque"]);
    assert.deepEqual(told({ torque: -0 }), []);
    assert.deepEqual(told({ torque: nested(10_000) }), ["RESONANCE_VALUE_TYPE values/torque"]);
    assert.deepEqual(told({ toolId: LONG_TEXT }), ["RESONANCE_VALUE_LENGTH values/toolId"]);
    const dated = (timestamp: unknown): string[] => check({ ...input, timestamp }).map(({ code, path: place }) => `${code} ${place}`);
    for (const date of ["2026-02-30T00:00:00Z", "+275760-09-13T00:00:00.001Z", "10000-01-01T00:00:00Z", "2026-11-22T25:00:00Z", LONG_TEXT]) assert.deepEqual(dated(date), ["RESONANCE_VALUE_FORMAT timestamp"]);
    assert.deepEqual(dated(1e20), ["RESONANCE_VALUE_TYPE timestamp"]);
    assert.deepEqual(check({ ...input, category: nested(10_000) }).map(({ code }) => code), ["RESONANCE_CATEGORY_UNKNOWN"]);
  });

  it("the message writer ends with an error of its own or a document that reads back", () => {
    const random = seeded(seed + 3);
    const write = compileMessage({ profile, message: "", format: "xml" });
    for (let time = 0; time < 800; time++) {
      const mutant = mutate(random.pick(RECORDS), random) as typeof input;
      try {
        const { document } = prompt(() => write(mutant), `seed ${seed}, mutant ${time}`);
        readDocument(document as string);
      } catch (error) {
        assert.ok(error instanceof ResonanceError && error.code !== "RESONANCE_INTERNAL", `seed ${seed}, mutant ${time}: ${error instanceof Error ? error.stack ?? "" : String(error)}`);
      }
    }
  });
});

describe("fuzzed samples", () => {
  const row = (tag: string, field: string) => ({ tag, field, unit: "", maxAge: 60, optional: false });
  const NOW = Date.parse(TIME);
  const collectorFor = (trigger: Trigger) => createInputCollector({
    profile, category: "predictive-maintenance", equipment: { path: "acme/line/cnc-07" }, trigger, badQuality: "lastGood", now: () => NOW,
    tags: [row("pt", "processTemperature"), row("speed", "rotationalSpeed"), row("__proto__", "torque")],
  });
  const at = (offset: number): string => new Date(NOW + offset).toISOString();
  const sample = (tag: string, value: unknown, offset = 0, quality = "Good") => ({ tag, value, quality, timestamp: at(offset) });

  for (const trigger of ["sample", "fresh", "message", "interval"] as const) {
    it(`every sample is accounted for and every record is valid, with the trigger ${trigger}`, () => {
      const random = seeded(seed + 4);
      const collector = collectorFor(trigger);
      const check = compileRecordValidator(profile);
      let records = 0;
      for (let time = 0; time < 600; time++) {
        const samples = Array.from({ length: 1 + random.below(6) }, () =>
          sample(random.pick(["pt", "speed", "__proto__", "other"]), random.chance(0.8) ? 300 + random.below(100) : random.pick(HOSTILE), random.pick([0, 0, 1, -5000, 600_000, 8.64e15 - NOW]), random.pick(["Good", "Good", "Good", "Uncertain", "Bad"])));
        const payload = random.chance(0.7) ? samples : mutate(samples, random);
        const { records: made, rejected } = prompt(() => (random.chance(0.1) ? collector.tick(NOW) : collector.accept(payload, "pt", NOW + time)), `seed ${seed}, message ${time}`);
        for (const record of made) assert.deepEqual(check(record), [], `seed ${seed}, message ${time}`);
        for (const { errors } of rejected) assertWellFormed(errors);
        records += made.length;
      }
      const { received, applied, held, superseded, rejected, ignored } = collector.counts();
      assert.equal(applied + held + superseded + rejected + ignored, received, `seed ${seed}`);
      assert.ok(records > 0 && rejected > 0, `${records} records, ${rejected} rejected`);
      assert.equal(({} as { polluted?: unknown }).polluted, undefined);
    });
  }

  it("a clock ten minutes ahead, repeated and out-of-order samples still give records with the sources' own times", () => {
    const collector = collectorFor("message");
    const all = (offset: number, torque: number) => [sample("__proto__", torque, offset), sample("pt", 308, offset), sample("speed", 1500, offset)];
    const [ahead] = collector.accept(all(600_000, 40), undefined, NOW).records;
    assert.equal(ahead?.timestamp, at(600_000));
    const again = collector.accept([...all(600_000, 40), ...all(600_000, 40)], undefined, NOW + 1);
    assert.equal(again.records.length, 2, "each repetition is a record of its own");
    const shuffled = collector.accept([...all(600_010, 42), ...all(600_005, 41)].reverse(), undefined, NOW + 2).records;
    assert.deepEqual(shuffled.map(({ values, timestamp }) => [values["torque"], timestamp]), [[41, at(600_005)], [42, at(600_010)]]);
  });
});

describe("fuzzed B2MML", () => {
  const documents = [compileMessage({ profile, message: "", format: "json" })(input).document, compileMessage({ profile, message: "", format: "json" })(output).document];
  const check = compileTarget("b2mml", () => profile, "", "en-US");
  const xml = compileMessage({ profile, message: "", format: "xml" })(output).document as string;

  it("messages the pack writes are valid in both forms, as text and as object", () => {
    for (const document of documents) for (const payload of [document, JSON.stringify(document)]) assert.deepEqual(check(payload), []);
    assert.deepEqual(check(xml), []);
    assert.deepEqual(check(Buffer.from(xml)), []);
  });

  it("structure and lists of values are checked, with the place", () => {
    const told = (payload: unknown) => check(payload).map(({ code, path: place }) => `${code} ${place}`);
    assert.deepEqual(told(xml.replace("<Sync>", "<Synk>").replace("</Sync>", "</Synk>")), ["RESONANCE_ISA95_ELEMENT_UNKNOWN SyncPhysicalAsset/DataArea/Synk"]);
    const performance = compileMessage({ profile, message: "SyncWorkPerformance", format: "xml" })(input).document as string;
    assert.match(told(performance.replace("<WorkType>Maintenance<", "<WorkType>Explosion<")).join(), /^RESONANCE_ISA95_VALUE_INVALID SyncWorkPerformance\/DataArea\/WorkPerformance\[0\]\/WorkType/);
    assert.deepEqual(told("hello").map((text) => text.trim()), ["RESONANCE_ISA95_UNREADABLE"]);
    assert.deepEqual(told(5).map((text) => text.trim()), ["RESONANCE_VALUE_TYPE"]);
    assert.deepEqual(told(`<!DOCTYPE x [<!ENTITY e "e">]>${xml}`).map((text) => text.trim()), ["RESONANCE_ISA95_UNREADABLE"]);
  });

  it("an attribute or a text that is a list or an object is none", () => {
    const [document] = documents as unknown as readonly [Readonly<Record<string, Readonly<Record<string, unknown>>>>];
    const [[noun, content] = ["", undefined]] = Object.entries(document).filter(([name]) => !name.startsWith("@"));
    for (const strange of [{}, [], { toString: null, valueOf: 1 }, { toString: "x" }, [{ toString: null }], null]) {
      for (const [part, at] of [[{ "@versionID": strange }, "@versionID"], [{ ApplicationArea: { CreationDateTime: { $: strange } } }, "ApplicationArea/CreationDateTime"]] as const) {
        // An element without text is empty.
        if (strange === null && at !== "@versionID") continue;
        const [error] = check({ ...document, [noun]: { ...content, ...part } });
        assert.deepEqual([error?.code, error?.path], ["RESONANCE_ISA95_VALUE_INVALID", `${noun}/${at}`], JSON.stringify(part));
      }
    }
  });

  it("mutants neither throw nor hang", () => {
    assert.ok(bombard(check, documents, 600, seed + 5) > 200);
    const random = seeded(seed + 6);
    for (let time = 0; time < 300; time++) {
      const [from, to] = [random.below(xml.length), random.below(xml.length)];
      const mutant = xml.slice(0, from) + random.pick(["", "<", "&", "\u0000", "<a>", "]]>", "&#x110000;", xml.slice(to, to + 40)]) + xml.slice(from + random.below(30));
      assertWellFormed(prompt(() => check(mutant), `seed ${seed}, text ${time}`));
    }
  });
});

describe("user's schemas", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "resonance-schemas-"));
  after(() => { rmSync(folder, { recursive: true, force: true }); });
  const file = (name: string, content: unknown): void => {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), typeof content === "string" ? content : JSON.stringify(content));
  };
  const told = (check: Check, payload: unknown) => check(payload).map(({ code, path: place }) => `${code} ${place}`.trim());
  const fails = (act: () => unknown, code: string, reason: RegExp): void => {
    assert.throws(act, (error: unknown) => {
      assert.ok(error instanceof ResonanceError, String(error));
      assert.equal(error.code, code, error.message);
      assert.match(error.message, reason);
      return true;
    });
  };
  const pattern = (source: string): Check => compileUserSchema(JSON.stringify({ type: "string", pattern: source }));

  it("patterns that stall other engines end promptly, with the right answer", () => {
    const STALLING = ["^(a+)+$", "^(a|a)*$", "^(a|aa)+$", "^([a-zA-Z]+)*$", "^(.*a){12}$", "(x+x+)+y", "^(([a-z])+.)+[A-Z]([a-z])+$", "(a?){30}a{30}$", "^(\\w+\\s?)*$", "(.*)*(.*)*(.*)*z", "\\s+$", "^(a|b|ab)*c"];
    for (const source of STALLING) {
      const check = pattern(source);
      for (const text of ["a".repeat(30_000), `${"a".repeat(30_000)}!`, " ".repeat(30_000) + "b", "x".repeat(20_000)]) {
        assertWellFormed(prompt(() => check(text), `${source} on ${text.length} characters`));
      }
    }
    assert.deepEqual(told(pattern("^(a+)+$"), "aaa"), []);
    assert.deepEqual(told(pattern("^(a+)+$"), "aab"), ["RESONANCE_VALUE_FORMAT"]);
    assert.deepEqual(told(pattern("^[a-z]+$"), LONG_TEXT), ["RESONANCE_PAYLOAD_LIMIT"]);
  });

  it("patterns that cannot run in one pass are refused with the reason", () => {
    for (const [source, reason] of [["(?=a)b", /looks ahead/], ["(?<!a)b", /looks ahead or behind/], ["(a)\\1", /refers back/], ["(?<n>a)\\k<n>", /refers back/], ["a".repeat(1001), /longer than 1000/], ["(a{1000}){1000}", /states/]] as const) {
      fails(() => pattern(source), "RESONANCE_SCHEMA_PATTERN_UNSAFE", reason);
    }
    fails(() => compileUserSchema(JSON.stringify({ type: "object", patternProperties: { "(?=x)": true } })), "RESONANCE_SCHEMA_PATTERN_UNSAFE", /\(\?=x\)/);
    fails(() => pattern("("), "RESONANCE_SCHEMA_INVALID", /./);
    // What takes nothing is built once, however often it is to stand there: these would take minutes.
    for (const source of ["(){1000000000}", "(a{0}){1000000000}", "((a{0}){1000000}){1000000}b"]) assert.equal(told(pattern(source), "b").length, 0, source);
  });

  it("patterns mean what they mean elsewhere", () => {
    const random = seeded(seed + 7);
    const ATOMS = ["a", "b", "[ab]", "[^a]", ".", "\\d", "\\b", "^", "$", "\\w", "\\W", "😀", "\\u{1F600}", "\\uD83D\\uDE00", "\\x61", "[\\]a]", "\\p{L}", "c", "é", "\\."];
    const make = (depth: number): string => {
      const kind = depth <= 0 ? 0 : random.below(10);
      if (kind < 4) return random.pick(ATOMS);
      if (kind < 6) return make(depth - 1) + make(depth - 1);
      if (kind < 7) return `(?:${make(depth - 1)}|${make(depth - 1)})`;
      if (kind < 8) return `(?<n${depth}>${make(depth - 1)}|)`;
      return `(${make(depth - 1)})${random.pick(["*", "+", "?", "{2}", "{1,2}", "{0}", "{1,}", "*?", "+?", "{0,3}?"])}`;
    };
    for (let time = 0; time < 3000; time++) {
      const source = make(4);
      let native: RegExp;
      try {
        native = new RegExp(source, "u");
      } catch {
        continue;
      }
      const own = compilePattern(source);
      for (let trial = 0; trial < 6; trial++) {
        const text = Array.from({ length: random.below(7) }, () => random.pick(["a", "b", "c", "1", "_", " ", ".", "😀", "\n", "é", "]"])).join("");
        assert.equal(own.test(text), native.test(text), `seed ${seed}: ${source} on ${JSON.stringify(text)}`);
      }
    }
  });

  it("formats end promptly on long texts", () => {
    for (const format of ["email", "uri", "uri-reference", "uri-template", "hostname", "ipv6", "duration", "json-pointer", "regex", "byte", "date-time", "time", "url"]) {
      const check = compileUserSchema(JSON.stringify({ type: "string", format }));
      for (const text of ["a", "-", "1:", "/", "{", "P1", "a.", "%20"]) assertWellFormed(prompt(() => check(text.repeat(60_000 / text.length)), `${format} on ${text}`));
      assert.equal(check(LONG_TEXT).length, 1, format);
    }
  });

  it("recursive schemas refuse what is too deep or a circle", () => {
    const tree = compileUserSchema(JSON.stringify({ type: ["object", "array", "integer"], additionalProperties: { $ref: "#" }, items: { $ref: "#" } }));
    assert.deepEqual(told(tree, nested(50)), []);
    const circle: Record<string, unknown> = {};
    circle["self"] = circle;
    for (const payload of [nested(200_000), circle]) assert.deepEqual(told(tree, payload), ["RESONANCE_PAYLOAD_LIMIT"]);
    bombard(tree, RECORDS, 500, seed + 8);
  });

  it("schemas that refer to themselves by several ways end promptly", () => {
    const doubling = compileUserSchema(JSON.stringify({
      $defs: { a: { anyOf: [{ $ref: "#/$defs/b" }, { $ref: "#/$defs/b" }] }, b: { type: ["array", "number"], items: { $ref: "#/$defs/a" } } }, $ref: "#/$defs/a",
    }));
    const within = (levels: number, value: unknown): unknown => (levels === 0 ? value : [within(levels - 1, value)]);
    assert.deepEqual(prompt(() => told(doubling, within(60, "x")), "60 levels"), ["RESONANCE_PAYLOAD_LIMIT"]);
    assert.deepEqual(told(doubling, within(8, 1)), []);
    const list = compileUserSchema(JSON.stringify({ $defs: { part: { type: ["array", "number"], items: { $ref: "#/$defs/part" } } }, $ref: "#/$defs/part" }));
    assert.deepEqual(told(list, Array.from({ length: 500 }, () => Array.from({ length: 1000 }, () => 1))), [], "half a million parts are checked");
  });

  it("long lists are compared with themselves promptly, by what they hold", () => {
    const unique = compileUserSchema(JSON.stringify({ type: "array", uniqueItems: true }));
    const items = Array.from({ length: 30_000 }, (_, index) => ({ index, text: "x" }));
    assert.deepEqual(prompt(() => told(unique, items), "30,000 objects"), []);
    assert.deepEqual(told(unique, [...items, { text: "x", index: 5 }]).length, 1);
    assert.deepEqual(told(unique, [1, "1", true, "true", null, "null", [1], ["1"], {}, [], { a: 1 }, { a: "1" }, { b: 1 }, "[1]", "{}", 1.5]), []);
    for (const twice of [[1, 1.0], [0, -0], [[{ a: 1, b: [] }], [{ b: [], a: 1 }]], ["é", "é"], [null, null]]) assert.equal(told(unique, twice).length, 1, JSON.stringify(twice));
    assert.deepEqual(told(compileUserSchema(JSON.stringify({ uniqueItems: false })), [1, 1]), []);
  });

  it("2019-09 is known beside draft-07 and 2020-12", () => {
    const check = compileUserSchema(JSON.stringify({ $schema: "https://json-schema.org/draft/2019-09/schema", type: "array", items: [{ type: "string" }], unevaluatedItems: false }));
    assert.deepEqual(told(check, ["a"]), []);
    assert.deepEqual(told(check, ["a", 1]), ["RESONANCE_VALUE_MISMATCH"]);
    fails(() => compileUserSchema(`{"$schema":"http://json-schema.org/draft-04/schema#"}`), "RESONANCE_SCHEMA_INVALID", /2019-09/);
  });

  it("references lead to files of the folder, on from there, and by the files' own ids", () => {
    file("parts/torque.json", { $ref: "../units.json#/$defs/newtonMetre" });
    file("units.json", { $defs: { newtonMetre: { type: "number", maximum: 100 } } });
    file("named.json", { $id: "https://example.com/schemas/named.json", type: "boolean" });
    file("tree.json", { type: "object", properties: { next: { $ref: "tree.json" }, leaf: { type: "integer" } } });
    file("package.json", { name: "no schema", type: 5 });
    file("tsconfig.json", "{ // no JSON\n}");
    file("empty.json", "null");
    file("node_modules/deep.json", { $id: "https://example.com/schemas/deep.json" });
    const check = compileUserSchema(JSON.stringify({
      type: "object", properties: { torque: { $ref: "parts/torque.json" }, alarm: { $ref: "https://example.com/schemas/named.json" }, tree: { $ref: "tree.json" } },
    }), "en-US", folder);
    assert.deepEqual(told(check, { torque: 40, alarm: true, tree: { next: { leaf: 1 } } }), []);
    assert.deepEqual(told(check, { torque: 101, alarm: 1, tree: { next: { leaf: "x" } } }), ["RESONANCE_VALUE_RANGE torque", "RESONANCE_VALUE_TYPE alarm", "RESONANCE_VALUE_TYPE tree/next/leaf"]);
    fails(() => compileUserSchema(JSON.stringify({ $ref: "https://example.com/schemas/deep.json" }), "en-US", folder), "RESONANCE_SCHEMA_INVALID", /deep/);
    const withId = compileUserSchema(JSON.stringify({ $id: "https://example.com/schemas/main.json", $ref: "named.json" }), "en-US", folder);
    assert.deepEqual(told(withId, 1), ["RESONANCE_VALUE_TYPE"]);
    for (const [draft, schema] of [["2019-09", "https://json-schema.org/draft/2019-09/schema"], ["draft-07", "http://json-schema.org/draft-07/schema#"]] as const) {
      assert.deepEqual(told(compileUserSchema(JSON.stringify({ $schema: schema, $ref: "units.json#/$defs/newtonMetre" }), "en-US", folder), 101), ["RESONANCE_VALUE_RANGE"], draft);
    }
  });

  it("no reference leaves the folder or reaches a network", () => {
    file("../resonance-outside.json", { type: "string" });
    after(() => { rmSync(path.join(folder, "../resonance-outside.json"), { force: true }); });
    for (const reference of ["../resonance-outside.json", path.join(folder, "../resonance-outside.json"), `file://${path.join(folder, "../resonance-outside.json")}`, "https://example.com/none.json", "none.json", "..%2Fresonance-outside.json"]) {
      fails(() => compileUserSchema(JSON.stringify({ $ref: reference }), "en-US", folder), "RESONANCE_SCHEMA_INVALID", /resolve|none|outside/);
    }
    file("broken.json", "{\n  oops }");
    fails(() => compileUserSchema(`{"$ref":"broken.json"}`, "en-US", folder), "RESONANCE_SCHEMA_INVALID", /broken\.json \(line 2, column 3\)/);
    fails(() => compileUserSchema(`{"$ref":"x.json"}`, "en-US", path.join(folder, "no-such-folder")), "RESONANCE_SCHEMA_INVALID", /no-such-folder|ENOENT/);
    fails(() => compileUserSchema(`{"$ref":"units.json"}`), "RESONANCE_SCHEMA_INVALID", /units\.json/);
  });
});

describe("fuzzed profiles", () => {
  const files = builtInProfileFiles();

  it("a broken profile is refused with its file, or is none the worse", () => {
    const random = seeded(seed + 9);
    for (let time = 0; time < 60; time++) {
      const broken = files.map(({ file, content }) => ({ file, content }));
      const index = random.below(broken.length);
      broken[index] = { file: broken[index]?.file ?? "", content: JSON.parse(JSON.stringify(plain(mutate(broken[index]?.content, random)))) as unknown };
      try {
        prompt(() => loadProfile(broken), `seed ${seed}, profile ${time}`);
      } catch (error) {
        assert.ok(error instanceof ResonanceError && error.code === "RESONANCE_PROFILE_INVALID", `seed ${seed}, profile ${time}: ${String(error)}`);
        assert.match(error.path ?? "", /\.json#/);
      }
    }
  });

  it("JSON reads as the language reads it, and where it does not, line and column are told", () => {
    const random = seeded(seed + 10);
    for (let time = 0; time < 400; time++) {
      const text = JSON.stringify(files[0]?.content, null, random.below(3)).slice(0, 4000);
      const at = random.below(text.length);
      const mutant = text.slice(0, at) + random.pick(["", "\"", "}", "]", ",", "\\", "\n", "0", "nul", "\u0007", "1e"]) + text.slice(at + random.below(3));
      let expected: unknown;
      let readable = true;
      try {
        expected = JSON.parse(mutant);
      } catch {
        readable = false;
      }
      try {
        assert.deepEqual(readJson(mutant).value, expected);
        assert.ok(readable, `seed ${seed}, text ${time}`);
      } catch (error) {
        if (!(error instanceof JsonSyntax)) throw error;
        assert.ok(!readable || /twice/.test(error.message), `seed ${seed}, text ${time}: ${error.message}`);
        assert.ok(error.position.line >= 1 && error.position.column >= 1);
      }
    }
  });
});

/** What JSON can carry of a mutant. */
function plain(value: unknown): unknown {
  try {
    return (JSON.stringify(value) as string | undefined) === undefined ? null : value;
  } catch {
    return "not JSON";
  }
}
