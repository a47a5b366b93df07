import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, describe, it } from "node:test";
import Ajv2020 from "ajv/dist/2020";
import { ResonanceError } from "../../nodes/lib/errors/resonance-error";
import { affectedNodes, followersOf } from "../../nodes/lib/profile/affected-nodes";
import { compareProfiles } from "../../nodes/lib/profile/compare-profiles";
import { describeProfile } from "../../nodes/lib/profile/describe-profile";
import { builtInProfileFiles, loadBuiltInProfile, loadProfile } from "../../nodes/lib/profile/load-profile";
import messageHomes from "../../nodes/lib/profile/message-homes.json";
import { migrateRows } from "../../nodes/lib/profile/migrate-rows";
import type { Profile } from "../../nodes/lib/profile/profile";
import { profileKey } from "../../nodes/lib/profile/profile-lookup";
import { loadProfileFrom } from "../../nodes/lib/profile/profile-source";
import formatSchema from "../../nodes/lib/profile/profile.schema.json";
import { buildInputRecord } from "../../nodes/lib/record/build-record";
import { migrateNodes } from "../../nodes/lib/record/migrate-node";
import { migrateRecord } from "../../nodes/lib/record/migrate-record";
import { compileRecordValidator } from "../../nodes/lib/validation/record-validator";
import { compileTakeOver } from "../../nodes/lib/validation/take-over";

const folder = mkdtempSync(path.join(tmpdir(), "resonance-profiles-"));
after(() => { rmSync(folder, { recursive: true, force: true }); });

const TEMPLATES = path.join(__dirname, "../../nodes/lib/profile/templates");
const builtIn = loadBuiltInProfile();
const PM = "predictive-maintenance";
const PROTECTION = { assetClass: "process-data", confidentiality: "low", integrity: "low", availability: "low", safety: "low" };
const words = (text: string): object => ({ en: text, zh: text, de: text });

let written = 0;
function write(content: unknown, name = `file-${written++}.json`): string {
  mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
  writeFileSync(path.join(folder, name), typeof content === "string" ? content : JSON.stringify(content, null, 2));
  return name;
}

/** The built-in profile with changes, as a user would write them. */
const overridden = (changes: object): Profile => loadProfileFrom({ kind: "overrides", path: write(changes) }, folder);
const inputOf = (properties: object, more: object = {}): object => ({ categories: { [PM]: { input: { properties, ...more } } } });
const field = (profile: Profile, name: string, side: "input" | "output" = "input") => profile.categories.get(PM)?.[side].fields.get(name);

function refuses(load: () => unknown, reason: RegExp): void {
  assert.throws(load, (error: unknown) => {
    assert.ok(error instanceof ResonanceError, String(error));
    assert.equal(error.code, "RESONANCE_PROFILE_INVALID");
    assert.match(error.message, reason);
    return true;
  });
}
const refusesPath = (content: unknown, reason: RegExp) => { refuses(() => loadProfileFrom({ kind: "path", path: write(content) }, folder), reason); };
const refusesOverrides = (content: unknown, reason: RegExp) => { refuses(() => loadProfileFrom({ kind: "overrides", path: write(content) }, folder), reason); };

describe("common output fields", () => {
  it("every category's output says applicability, drift and explanation, and no input does", () => {
    for (const { id, input, output } of builtIn.categories.values()) {
      for (const name of ["applicability", "driftState", "explanation"]) {
        assert.equal(output.fields.get(name)?.common, true, `${id} ${name}`);
        assert.equal(output.fields.get(name)?.required, false);
        assert.ok(!input.fields.has(name));
      }
      assert.deepEqual(output.fields.get("applicability")?.schema.enum, ["inside", "partly", "outside", "unknown"]);
      assert.deepEqual(output.fields.get("driftState")?.schema.enum, ["none", "suspected", "confirmed", "unknown"]);
      assert.equal(output.fields.get("explanation")?.schema["maxLength"], 2000);
    }
  });

  it("they have a place in every message of the category that carries values, and in no other message", () => {
    for (const { messages, output } of builtIn.categories.values()) {
      const carrying = messages.output.filter((message) => (messageHomes as Record<string, string | null>)[message] !== null);
      const targets = output.fields.get("driftState")?.schema.isa95 ?? [];
      assert.deepEqual(targets.map(({ message }) => message).sort(), [...carrying].sort());
      for (const { message, path: place, property } of targets) {
        assert.equal(place, (messageHomes as Record<string, string | null>)[message]);
        assert.equal(property, "driftState");
      }
    }
  });

  it("a category's own field counts before a common one of its name", () => {
    const own = overridden({ id: "own", categories: { [PM]: { output: { properties: { explanation: { type: "string", maxLength: 10, title: words("x"), description: words("x"), vdi2182: PROTECTION } } } } } });
    assert.equal(field(own, "explanation", "output")?.schema["maxLength"], 10);
    assert.equal(field(own, "explanation", "output")?.common, false);
    assert.equal(own.categories.get("soft-sensor")?.output.fields.get("explanation")?.schema["maxLength"], 2000);
  });
});

describe("own profile", () => {
  it("a folder, a file and the pack's own files give the same profile", () => {
    const files = builtInProfileFiles();
    for (const { file, content } of files) write(content, `copy/${file}`);
    assert.deepEqual(loadProfileFrom({ kind: "path", path: "copy" }, folder), builtIn);
    const [head, ...categories] = files.map(({ content }) => content as { id: string });
    const whole = { ...head, categories: Object.fromEntries(categories.map((category) => [category.id, category])) };
    assert.deepEqual(loadProfileFrom({ kind: "path", path: write(whole) }, folder), builtIn);
    assert.equal(loadProfileFrom({ kind: "built-in" }, folder), builtIn);
    assert.deepEqual(loadProfileFrom({ kind: "path", path: path.join(folder, "copy") }, "/"), builtIn, "an absolute path needs no folder");
  });

  it("changes narrow a range, change a unit, add and take away a field and a category, and leave the rest", () => {
    const extra = structuredClone(builtInProfileFiles().find(({ file }) => file === "soft-sensor.json")?.content) as object;
    const own = overridden({
      extends: "gbt-provisional", id: "acme", version: "2.1.0",
      categories: {
        [PM]: { input: { properties: { torque: { maximum: 90 }, airTemperature: { unit: "CEL", minimum: -20, maximum: 60 }, spindleCurrent: null, coolant: { type: "number", unit: "P1", title: words("Coolant"), description: words("Level"), vdi2182: PROTECTION } } } },
        "soft-sensor": null,
        "glaze-forecast": { ...extra, id: "glaze-forecast" },
      },
    });
    assert.equal(profileKey(own), "acme@2.1.0");
    assert.equal(own.status, "provisional");
    assert.equal(field(own, "torque")?.schema.maximum, 90);
    assert.equal(field(own, "torque")?.schema.minimum, field(builtIn, "torque")?.schema.minimum);
    assert.equal(field(own, "airTemperature")?.schema.unit, "CEL");
    assert.equal(field(own, "spindleCurrent"), undefined);
    assert.deepEqual(field(own, "coolant")?.schema.isa95, [{ message: "SyncWorkPerformance", path: "WorkPerformance/WorkResponse/JobResponse/JobResponseData", property: "coolant" }]);
    assert.ok(own.categories.has("glaze-forecast") && !own.categories.has("soft-sensor"));
    assert.equal(own.categories.size, builtIn.categories.size);
    assert.ok(builtIn.categories.has("soft-sensor") && field(builtIn, "spindleCurrent"), "the built-in profile is untouched");
    const check = compileRecordValidator(own);
    const values = { processTemperature: 308, rotationalSpeed: 1500, torque: 40, airTemperature: 20, coolant: 50 };
    const record = buildInputRecord({ profile: own, category: PM, timestamp: "2026-11-22T08:30:05.120Z", equipment: "a/b", values });
    assert.deepEqual(check(record), []);
    assert.deepEqual(check({ ...record, values: { ...values, torque: 91 } }).map(({ code, path: place }) => [code, place]), [["RESONANCE_VALUE_RANGE", "values/torque"]]);
  });

  it("changes without a name of their own never pass as the built-in profile", () => {
    assert.equal(profileKey(overridden({ categories: {} })), `gbt-provisional-custom@${builtIn.version}`);
    refusesOverrides({ id: "gbt-provisional" }, /name of its own \(at \/id, line 2, column 9\)/);
  });

  it("structured values are described with their parts, units and texts in three languages", () => {
    const boxes = {
      type: "array", maxItems: 3, title: words("Boxes"), description: words("Boxes"), vdi2182: PROTECTION,
      items: { type: "object", required: ["width"], properties: { width: { type: "number", unit: "MMT", minimum: 0, title: words("Width") } } },
    };
    const own = overridden({ id: "own", ...inputOf({ boxes }) });
    const described = describeProfile(own).categories.find(({ id }) => id === PM)?.input.find(({ name }) => name === "boxes");
    assert.deepEqual(described?.items?.properties?.["width"]?.unit, "MMT");
    const check = compileRecordValidator(own);
    const record = (value: unknown) => buildInputRecord({ profile: own, category: PM, timestamp: "2026-11-22T08:30:05.120Z", equipment: "a/b", values: { processTemperature: 308, rotationalSpeed: 1500, torque: 40, boxes: value } });
    const told = (value: unknown) => check(record(value)).map(({ code, path: place }) => `${code} ${place}`);
    assert.deepEqual(told([{ width: 1 }]), []);
    assert.deepEqual(told([{ width: -1 }]), ["RESONANCE_VALUE_RANGE values/boxes/0/width"]);
    assert.deepEqual(told([{}]), ["RESONANCE_FIELD_MISSING values/boxes/0/width"]);
    assert.deepEqual(told([{ width: 1, depth: 2 }]), ["RESONANCE_FIELD_UNEXPECTED values/boxes/0/depth"]);
    assert.deepEqual(told([1, 2, 3, 4].map((width) => ({ width }))), ["RESONANCE_VALUE_LENGTH values/boxes"]);
    refusesOverrides({ id: "own", ...inputOf({ boxes: { ...boxes, items: { type: "object", properties: { width: { type: "number", unit: "NM", title: words("W") } } } } }) }, /boxes\/items\/properties\/width\/unit.*NM|NM.*boxes\/items\/properties\/width\/unit/);
  });

  it("what is no JSON is refused with line and column", () => {
    refusesPath("{\n  \"id\": \"x\",\n}", /expected a text in quotes, found "}" \(at line 3, column 1\)/);
    refusesPath("{\n  \"id\": \"x\"\n  \"version\": 1\n}", /expected , or }.*line 3, column 3/);
    refusesPath("{ \"id\": \"x", /does not end in its line \(at line 1, column 9\)/);
    refusesPath("{ \"id\": 01 }", /line 1, column 10/);
    refusesPath("", /the text ends here \(at line 1, column 1\)/);
    refusesPath("{ \"a\": 1, \"a\": 2 }", /"a" is given twice \(at line 1, column 11\)/);
    refusesPath("{ \"__proto__\": {} }", /__proto__/);
    refusesPath("[".repeat(10_000), /64 levels/);
    refusesPath("{ \"\\u12\": 1 }", /escape.*line 1, column 3/);
    writeFileSync(path.join(folder, "latin1.json"), Buffer.from([0x22, 0xe4, 0x22]));
    refuses(() => loadProfileFrom({ kind: "path", path: "latin1.json" }, folder), /UTF-8/);
  });

  it("a wrong profile is refused with its file, path, line and reason", () => {
    refusesOverrides({ id: "own", ...inputOf({ torque: { unit: "NM" } }) }, /file-\d+\.json.*NM is not known.*categories\/predictive-maintenance\/input\/properties\/torque\/unit, line 8, column 21/);
    refusesOverrides({ id: "own", ...inputOf({ torque: { minimum: 1e9 } }) }, /above the maximum.*torque\/minimum/);
    refusesOverrides({ id: "own", ...inputOf({ torque: null }) }, /there is no field torque.*input\/required\/2/);
    refusesOverrides({ id: "own", ...inputOf({ torque: { minumum: 1 } }) }, /minumum/);
    refusesOverrides({ id: "own", ...inputOf({ coolant: { type: "number", unit: "P1" } }) }, /title.*\/coolant/);
    refusesOverrides({ id: "own", ...inputOf({ code: { type: "string", pattern: "(?=a)b", title: words("C"), description: words("C"), vdi2182: PROTECTION } }) }, /\(\?=a\)b cannot be used as a pattern: it looks ahead.*code\/pattern, line/);
    refusesOverrides({ id: "own", ...inputOf({ torq: { minimum: 0 } }) }, /required property 'type' \(at .*properties\/torq, line/);
    refusesOverrides({ id: "own", ...inputOf({ torque: { type: "string", unit: null } }) }, /does not go with this type \(at .*torque\/m..imum/);
    refusesOverrides({ id: "own", ...inputOf({ constructor: { minimum: 0 } }) }, /the name constructor is reserved/);
    refusesOverrides({ id: "own", colour: 1 }, /colour/);
    refusesOverrides({ id: "own", extends: "gbt-provisional@9.9.9" }, /is gbt-provisional@.*not gbt-provisional@9\.9\.9.*\/extends, line 3/);
    refusesOverrides({ id: "own", categories: { "no-such": { input: {} } } }, /categories\/no-such/);
    refusesOverrides({ id: "own", renames: { "predictive-maintenance/input/load": "spindleLoads" } }, /no input field spindleLoads/);
    refusesPath({ id: "x" }, /required property/);
    refusesPath([], /must be object/);
    refuses(() => loadProfileFrom({ kind: "path", path: "none.json" }, folder), /none\.json.*no such file/);
    refuses(() => loadProfileFrom({ kind: "path", path: " " }, folder), /no file or folder/);
    refuses(() => loadProfileFrom({ kind: "overrides", path: "." }, folder), /not a file/);
    symlinkSync("loop-b.json", path.join(folder, "loop-a.json"));
    symlinkSync("loop-a.json", path.join(folder, "loop-b.json"));
    for (const kind of ["path", "overrides"] as const) refuses(() => loadProfileFrom({ kind, path: "loop-a.json" }, folder), /its links lead in a circle/);
    write("x".repeat(4 * 1024 * 1024 + 1), "long.json");
    refuses(() => loadProfileFrom({ kind: "path", path: "long.json" }, folder), /longer than/);
  });

  it("a folder names the category whose file is missing or of another category, and ids lead nowhere else", () => {
    const [head, first] = builtInProfileFiles();
    write({ ...head?.content as object, categories: ["soft-sensor"] }, "part/profile.json");
    const load = () => loadProfileFrom({ kind: "path", path: "part" }, folder);
    refuses(load, /part.soft-sensor\.json.*no such file/);
    write(first?.content, "part/soft-sensor.json");
    refuses(load, /0 files describe the category soft-sensor/);
    write({ ...head?.content as object, categories: ["../copy/soft-sensor"] }, "part/profile.json");
    refuses(load, /pattern.*\/categories\/0, line \d+/);
  });

  it("the templates are profiles, and the format's schema says so too, for every kind of file", () => {
    assert.equal(profileKey(loadProfileFrom({ kind: "overrides", path: "overrides.json" }, TEMPLATES)), "my-profile@1.0.0");
    assert.ok(loadProfileFrom({ kind: "path", path: "whole-profile.json" }, TEMPLATES).categories.get("drying-forecast")?.output.fields.has("dryingTime"));
    const ajv = new Ajv2020({ strict: false, formats: { regex: true } });
    const validate = ajv.compile(formatSchema);
    const documents = [...readdirSync(TEMPLATES).map((file) => JSON.parse(readFileSync(path.join(TEMPLATES, file), "utf8")) as { $schema?: string }), ...builtInProfileFiles().map(({ content }) => content as object)];
    for (const document of documents) assert.ok(validate(document), JSON.stringify(validate.errors));
    for (const file of readdirSync(TEMPLATES)) {
      const { $schema } = JSON.parse(readFileSync(path.join(TEMPLATES, file), "utf8")) as { $schema: string };
      assert.deepEqual(JSON.parse(readFileSync(path.join(TEMPLATES, $schema), "utf8")), formatSchema, "the reference leads to the schema");
    }
    assert.ok(!validate({ extends: "gbt-provisional", colour: 1 }));
  });
});

describe("change of edition", () => {
  /** An output as an own profile writes it, its places in messages left to the pack. */
  const plain = (name: string, category = PM): object => {
    const schema = structuredClone(builtIn.categories.get(category)?.output.fields.get(name)?.schema ?? {}) as Record<string, unknown>;
    delete schema["isa95"];
    return schema;
  };
  const torque = structuredClone(field(builtIn, "torque")?.schema ?? {}) as Record<string, unknown>;
  const next = overridden({
    id: "next", version: "1.0.0", formerIds: [profileKey(builtIn)],
    renames: { [`${PM}/input/torque`]: "spindleTorque", "soft-sensor": "virtual-metrology" },
    categories: {
      [PM]: {
        input: {
          required: ["processTemperature", "rotationalSpeed", "spindleTorque", "toolWear"],
          properties: {
            torque: null,
            spindleTorque: { ...torque, isa95: [{ message: "SyncWorkPerformance", path: "WorkPerformance/WorkResponse/JobResponse/JobResponseData", property: "spindleTorque" }] },
            processTemperature: { unit: "CEL", minimum: -73.15, maximum: 1726.85 },
            rotationalSpeed: { maximum: 30000 },
            spindleCurrent: null,
            toolId: { type: "integer", unit: "C62", maxLength: null, minLength: null },
            coolant: { type: "number", unit: "P1", title: words("Coolant"), description: words("Level"), vdi2182: PROTECTION },
          },
        },
        output: { properties: { component: { isa95: [{ message: "SyncPhysicalAsset", path: "PhysicalAsset/PhysicalAssetProperty", property: "part" }, { message: "ProcessWorkSchedule", path: "WorkSchedule/WorkRequest/JobOrder/JobOrderParameter", property: "component" }] } } },
      },
      "soft-sensor": null,
      "virtual-metrology": { ...structuredClone(builtInProfileFiles().find(({ file }) => file === "soft-sensor.json")?.content) as object, id: "virtual-metrology" },
    },
  });
  const comparison = compareProfiles(builtIn, next);
  const of = (list: readonly { readonly field: string }[]) => list.map((entry) => entry.field);

  it("names what was added, removed, renamed, retyped, re-united, and what changed its range, target or need", () => {
    assert.deepEqual([comparison.from, comparison.to], [profileKey(builtIn), "next@1.0.0"]);
    assert.deepEqual(comparison.renamedCategories, [{ from: "soft-sensor", to: "virtual-metrology" }]);
    assert.deepEqual([comparison.addedCategories, comparison.removedCategories], [[], []]);
    assert.deepEqual(of(comparison.added), ["coolant"]);
    assert.deepEqual(of(comparison.removed), ["spindleCurrent"]);
    assert.deepEqual(comparison.renamed, [{ category: PM, direction: "input", field: "torque", from: "torque", to: "spindleTorque" }]);
    assert.deepEqual(comparison.reunited.filter((entry) => entry.field !== "toolId"), [{ category: PM, direction: "input", field: "processTemperature", from: "KEL", to: "CEL" }]);
    assert.deepEqual(of(comparison.retyped), ["toolId"]);
    assert.deepEqual(of(comparison.changedRange).filter((name) => name !== "toolId"), ["rotationalSpeed"], "the same range in another unit is no change");
    assert.deepEqual(of(comparison.changedTarget), ["torque", "component"]);
    assert.deepEqual(comparison.changedRequired.map((entry) => [entry.field, entry.from, entry.to]), [["toolWear", "optional", "required"]]);
  });

  it("names relations between fields and units that stand beside values, and a new name is no change of them", () => {
    const QP = "quality-prediction";
    const properties = { dimensionLower: null, leastDimension: { ...plain("dimensionLower", QP) } };
    const renamed = { id: "next", version: "1.0.0", formerIds: [profileKey(builtIn)], renames: { [`${QP}/output/dimensionLower`]: "leastDimension" } };
    const relations = [["leastDimension", "dimension", "dimensionUpper"], ["filmThicknessLower", "filmThickness", "filmThicknessUpper"]];
    const same = overridden({ ...renamed, categories: { [QP]: { output: { ordered: relations, properties } } } });
    assert.deepEqual(compareProfiles(builtIn, same).changedOrder, []);

    const parts = { value: { unitIn: "code" }, lowerValue: { unitIn: "code" }, upperValue: { unitIn: "code" }, lowerTolerance: { unitIn: "code" }, upperTolerance: { unitIn: "code" } };
    const [list] = [...(builtIn.categories.get(QP)?.output.fields.values() ?? [])].filter(({ schema }) => schema.items?.ordered);
    const code = { type: "string", title: words("Code") };
    const changed = overridden({
      id: "next", version: "1.0.0", categories: {
        [QP]: { input: { ordered: null }, output: { ordered: [["filmThicknessUpper", "filmThickness"]], properties: { [list?.name ?? ""]: { items: { ordered: [["value", "upperValue"]], properties: { ...parts, code } } } } } },
      },
    });
    const { changedOrder, reunited } = compareProfiles(builtIn, changed);
    assert.deepEqual(changedOrder.map(({ direction, field: name, from, to }) => [direction, name, from, to]).sort((a, b) => String(a).localeCompare(String(b))), [
      ["input", "lowerTolerance", "lowerTolerance ≤ upperTolerance", ""],
      ["input", "upperTolerance", "lowerTolerance ≤ upperTolerance", ""],
      ["output", "dimension", "dimensionLower ≤ dimension ≤ dimensionUpper", ""],
      ["output", "dimensionLower", "dimensionLower ≤ dimension ≤ dimensionUpper", ""],
      ["output", "dimensionUpper", "dimensionLower ≤ dimension ≤ dimensionUpper", ""],
      ["output", "filmThickness", "filmThicknessLower ≤ filmThickness ≤ filmThicknessUpper", "filmThicknessUpper ≤ filmThickness"],
      ["output", "filmThicknessLower", "filmThicknessLower ≤ filmThickness ≤ filmThicknessUpper", ""],
      ["output", "filmThicknessUpper", "filmThicknessLower ≤ filmThickness ≤ filmThicknessUpper", "filmThicknessUpper ≤ filmThickness"],
      ["output", list?.name, "[]: lowerValue ≤ value ≤ upperValue; lowerTolerance ≤ upperTolerance", "[]: value ≤ upperValue"],
    ]);
    assert.deepEqual(reunited.map(({ field: name }) => name), [list?.name]);
    assert.match(reunited[0]?.from ?? "", /\[\]\/value: → unit/);
    assert.match(reunited[0]?.to ?? "", /\[\]\/value: → code/);
  });

  it("an edition compared with itself shows nothing, and without the rename table a new name is a loss and a gain", () => {
    const { from, to, ...changes } = compareProfiles(builtIn, builtIn);
    assert.equal(from, to);
    for (const [name, list] of Object.entries(changes)) assert.deepEqual(list, [], name);
    const bare = compareProfiles(builtIn, { ...next, renames: {} });
    assert.ok(of(bare.added).includes("spindleTorque") && of(bare.removed).includes("torque"));
    assert.deepEqual([bare.addedCategories, bare.removedCategories], [["virtual-metrology"], ["soft-sensor"]]);
  });

  const record = buildInputRecord({
    profile: builtIn, category: PM, timestamp: "2026-11-22T08:30:05.120Z", equipment: "a/b",
    values: { processTemperature: 308.15, rotationalSpeed: 1500, torque: 40, toolWear: 12, spindleCurrent: 3 }, quality: { torque: { status: "Uncertain" } },
  });

  it("a record moves to the new names and units, says what it lost, and is valid there", () => {
    const { record: moved, dropped } = migrateRecord(record, builtIn, next);
    assert.deepEqual(moved.values, { processTemperature: 35, rotationalSpeed: 1500, spindleTorque: 40, toolWear: 12 });
    assert.deepEqual(moved.quality, { spindleTorque: { status: "Uncertain" } });
    assert.deepEqual(dropped, ["spindleCurrent"]);
    assert.equal(moved.profile, "next@1.0.0");
    assert.deepEqual(compileRecordValidator(next)(moved), []);
    assert.equal(record.values["torque"], 40, "the old record is untouched");
  });

  it("a record that cannot move is refused with the place", () => {
    const refusesRecord = (changed: object, place: string) => {
      assert.throws(() => migrateRecord({ ...record, ...changed }, builtIn, next), (error: unknown) => {
        assert.ok(error instanceof ResonanceError && error.code === "RESONANCE_MIGRATION_IMPOSSIBLE", String(error));
        assert.equal(error.path, place);
        return true;
      });
    };
    refusesRecord({ profile: "other@1.0.0" }, "profile");
    refusesRecord({ values: { toolId: "T1" } }, "values/toolId");
    refusesRecord({ values: { nothing: 1 } }, "values/nothing");
  });

  it("a mapping moves with its tags: the source still delivers the old unit", () => {
    const row = (tag: string, name: string, unit: string) => ({ tag, field: name, unit, maxAge: 0, optional: false });
    const tags = [row("t", "processTemperature", ""), row("c", "processTemperature", "CEL"), row("m", "torque", ""), row("i", "spindleCurrent", "AMP")];
    assert.deepEqual(migrateRows(tags, PM, "input", builtIn, next), {
      category: PM, dropped: ["spindleCurrent"],
      rows: [row("t", "processTemperature", "KEL"), row("c", "processTemperature", "CEL"), row("m", "spindleTorque", "")],
    });
    assert.equal(migrateRows([], "soft-sensor", "input", builtIn, next).category, "virtual-metrology");
  });

  it("a relation goes with the field that is taken away", () => {
    const without = (...names: readonly string[]): unknown => overridden({
      id: "slim", version: "1.0.0",
      categories: { [PM]: { output: { required: ["failureProbability"], properties: Object.fromEntries(names.map((name) => [name, null])) } } },
    }).categories.get(PM)?.output.schema["ordered"];
    assert.deepEqual(without("remainingUsefulLifeLower"), [["remainingUsefulLife", "remainingUsefulLifeUpper"]]);
    assert.equal(without("remainingUsefulLifeLower", "remainingUsefulLifeUpper"), undefined);
  });

  it("the nodes of a flow move: tags with their defaults, constants, job fields, tensors, answers, rules and validity", () => {
    const later = overridden({
      id: "later", version: "2.0.0", formerIds: [profileKey(builtIn)],
      renames: { [`${PM}/input/torque`]: "spindleTorque", [`${PM}/output/remainingUsefulLife`]: "lifeLeft", [`${PM}/output/maintenanceRequired`]: "serviceRequired" },
      categories: {
        [PM]: {
          input: {
            required: ["processTemperature", "rotationalSpeed", "spindleTorque"],
            properties: { torque: null, spindleTorque: torque, processTemperature: { unit: "CEL", minimum: -73.15, maximum: 1726.85 }, spindleCurrent: null },
          },
          output: {
            required: ["lifeLeft"],
            ordered: null,
            properties: {
              remainingUsefulLife: null, lifeLeft: { ...plain("remainingUsefulLife"), unit: "MIN" },
              maintenanceRequired: null, serviceRequired: plain("maintenanceRequired"), component: null, predictedEndOfLife: { derivation: { timeAfter: "lifeLeft" } },
            },
          },
        },
      },
    });
    const own = field(builtIn, "remainingUsefulLife", "output")?.schema.unit ?? "";
    const flows = [
      {
        id: "in", type: "resonance-model-in", category: PM, trigger: "sample",
        tags: [
          { tag: "t", field: "processTemperature", unit: "", default: "300" }, { tag: "m", field: "torque", unit: "NU", default: "1" },
          { tag: "i", field: "spindleCurrent", unit: "AMP" },
        ],
        constants: [{ field: "processTemperature", value: "20", unit: "CEL" }],
        jobFields: [{ field: "torque", path: "order.torque" }],
      },
      {
        id: "model", type: "resonance-model", category: PM,
        inputTensors: [{ name: "x", shape: [1, 2], elements: [{ field: "spindleCurrent", unit: "AMP" }, { field: "torque", unit: "" }] }],
        outputTensors: [{ name: "y", shape: [1], elements: [{ field: "remainingUsefulLife", unit: "" }] }],
      },
      {
        id: "out", type: "resonance-model-out", model: "model", validField: "remainingUsefulLife",
        mappings: [{ field: "confidence", source: "json", path: "/c", unit: "C62" }, { field: "remainingUsefulLife", source: "json", path: "/r", unit: "" }],
        rules: [
          { field: "maintenanceRequired", source: "remainingUsefulLife", operator: "<", value: 8, unit: "" },
          { field: "component", source: "remainingUsefulLife", operator: "<", value: 8, unit: "HUR" },
        ],
      },
      { id: "other", type: "resonance-model-in", category: "weather", tags: [{ tag: "m", field: "torque", unit: "" }] },
    ];
    assert.deepEqual(migrateNodes(flows, builtIn, later), [
      {
        id: "in", dropped: ["spindleCurrent"],
        changes: {
          tags: [{ tag: "t", field: "processTemperature", unit: "KEL", default: 26.85 }, { tag: "m", field: "spindleTorque", unit: "NU", default: "1" }],
          jobFields: [{ field: "spindleTorque", path: "order.torque" }],
        },
      },
      {
        id: "model", dropped: ["spindleCurrent"],
        changes: {
          inputTensors: [{ name: "x", shape: [1, 2], elements: [{ field: "", unit: "" }, { field: "spindleTorque", unit: "" }] }],
          outputTensors: [{ name: "y", shape: [1], elements: [{ field: "lifeLeft", unit: own }] }],
        },
      },
      {
        id: "out", dropped: ["component"],
        changes: {
          mappings: [{ field: "confidence", source: "json", path: "/c", unit: "C62" }, { field: "lifeLeft", source: "json", path: "/r", unit: own }],
          rules: [{ field: "serviceRequired", source: "lifeLeft", operator: "<", value: 8, unit: own }],
          validField: "lifeLeft",
        },
      },
    ]);
    assert.deepEqual(migrateNodes(flows, builtIn, builtIn), [], "nothing changes within an edition");
  });

  it("nodes that follow a profile are those that name it, their models, and models that nobody uses", () => {
    const flows = [
      { id: "a", type: "resonance-model-in", profile: "old" }, { id: "b", type: "resonance-model-out", profile: "old", model: "m1" },
      { id: "c", type: "resonance-model-call", profile: "other", model: "m2" }, { id: "d", type: "inject" },
      { id: "m1", type: "resonance-model" }, { id: "m2", type: "resonance-model" }, { id: "m3", type: "resonance-model" },
    ];
    assert.deepEqual(followersOf(["old"], flows).map(({ id }) => id), ["a", "b", "m1", "m3"]);
  });

  it("records move only from editions that the profile names, and renames need such a name", () => {
    const stranger: Profile = { ...next, formerIds: ["something@1.0.0"] };
    assert.throws(() => migrateRecord(record, builtIn, stranger), { code: "RESONANCE_MIGRATION_IMPOSSIBLE", path: "profile" });
    refuses(() => overridden({ id: "own", renames: { [`${PM}/input/speed`]: "torque" } }), /formerIds has to name/);
    refuses(() => overridden({ id: "own", version: "1.0.0", formerIds: ["own@1.0.0"] }), /no earlier edition of itself/);
  });

  it("a record of a former edition is checked by that one, moved, and checked again", () => {
    const loaded: Profile[] = [];
    const takeOver = (profile: Profile) => compileTakeOver(profile, compileRecordValidator(profile), () => loaded, "en-US");
    const taken = takeOver(next)(record);
    assert.ok(taken.migrated);
    assert.deepEqual([taken.errors, taken.migrated.from, taken.migrated.dropped], [[], profileKey(builtIn), ["spindleCurrent"]]);
    assert.deepEqual(taken.migrated.record.values, { processTemperature: 35, rotationalSpeed: 1500, spindleTorque: 40, toolWear: 12 });
    const moved = taken.migrated.record;
    const wrong = takeOver(next)({ ...record, values: { ...record.values, torque: "40" } });
    assert.deepEqual([wrong.errors.map(({ path: place }) => place), wrong.migrated], [["values/torque"], undefined], "by its own edition's names");
    const without = Object.fromEntries(Object.entries(record.values).filter(([name]) => name !== "toolWear"));
    assert.deepEqual(takeOver(next)({ ...record, values: without }).errors.map(({ code, path: place }) => [code, place]), [["RESONANCE_FIELD_MISSING", "values/toolWear"]], "what only the new one needs");
    assert.deepEqual(takeOver({ ...next, formerIds: [] })(record).errors.map(({ code, path: place }) => [code, place]), [["RESONANCE_MIGRATION_IMPOSSIBLE", "profile"]]);
    assert.deepEqual(takeOver(next)({ ...record, profile: 1 }).errors.map(({ path: place }) => place)[0], "profile");
    assert.deepEqual(takeOver(next)(moved).errors, [], "a record of its own edition is only checked");

    const newest: Profile = { ...next, id: "newest", formerIds: ["next@1.0.0"], renames: {} };
    assert.deepEqual(takeOver(newest)(moved).errors.map(({ code }) => code), ["RESONANCE_EDITION_UNKNOWN"]);
    loaded.push(next);
    assert.equal(takeOver(newest)(moved).migrated?.record.profile, "newest@1.0.0");
  });

  it("the nodes it touches are named, with the fields, and no others", () => {
    const element = (name: string) => ({ elements: [{ field: name, unit: "" }] });
    const flows = [
      { id: "in", type: "resonance-model-in", name: "tags", z: "tab", category: PM, tags: [{ tag: "m", field: "torque" }, { tag: "a", field: "airTemperature" }] },
      { id: "quiet", type: "resonance-model-in", category: "adaptive-control", tags: [] },
      { id: "model", type: "resonance-model", category: PM, inputTensors: [element("spindleCurrent")], outputTensors: [element("component")] },
      { id: "out", type: "resonance-model-out", model: "model", rules: [{ field: "preAlert", source: "remainingUsefulLife" }] },
      { id: "soft", type: "resonance-model", category: "soft-sensor", inputTensors: [], outputTensors: [] },
      { id: "other", type: "inject", category: PM },
    ];
    const affected = affectedNodes(flows, comparison);
    assert.deepEqual(affected.map(({ id, changes }) => [id, changes.map(({ change, field: name }) => `${change} ${name ?? ""}`.trim())]), [
      ["in", ["renamed torque", "changedTarget torque", "changedRequired toolWear"]],
      ["model", ["removed spindleCurrent", "changedTarget component"]],
      ["soft", ["renamedCategory"]],
    ]);
    assert.deepEqual([affected[0]?.name, affected[0]?.z], ["tags", "tab"]);
  });

  it("a record is checked against the edition it names, as soon as that is loaded, and told when it is not", () => {
    const loaded: Profile[] = [];
    const check = compileRecordValidator(next, { editions: () => loaded });
    const [error] = check(record);
    assert.equal(error?.code, "RESONANCE_EDITION_UNKNOWN");
    assert.match(error.message, /gbt-provisional@.*not loaded; loaded: next@1\.0\.0/);
    loaded.push(builtIn);
    assert.deepEqual(check(record), []);
    assert.deepEqual(check({ ...record, values: { ...record.values, torque: "40" } }).map(({ path: place }) => place), ["values/torque"]);
    assert.deepEqual(check(migrateRecord(record, builtIn, next).record), []);
    assert.deepEqual(check({ ...record, profile: undefined }).map(({ code, path: place }) => `${code} ${place}`)[0], "RESONANCE_FIELD_MISSING profile");
  });
});

describe("relations and units beside values", () => {
  const refusal = (change: (content: { output: { ordered?: unknown; properties: Record<string, { items?: { ordered?: unknown; properties: Record<string, Record<string, unknown>> } }> } }) => void): string => {
    const files = builtInProfileFiles().map(({ file, content }) => ({ file, content: structuredClone(content) }));
    change(files.find(({ file }) => file === "process-optimization.json")?.content as Parameters<typeof change>[0]);
    try {
      loadProfile(files);
    } catch (error) {
      assert.ok(error instanceof ResonanceError && error.code === "RESONANCE_PROFILE_INVALID", String(error));
      return error.message;
    }
    return "";
  };

  it("are checked when a profile is loaded: parts that are there, numbers, of one unit, a text that holds it", () => {
    assert.equal(refusal(() => undefined), "");
    assert.match(refusal(({ output }) => { output.ordered = [["expectedCycleTime", "nothing"]]; }), /there is no nothing \(at \/output\/ordered\/0\/1\)/);
    assert.match(refusal(({ output }) => { output.ordered = [["expectedCycleTime", "approvalState"]]; }), /approvalState is no number/);
    assert.match(refusal(({ output }) => { output.ordered = [["expectedCycleTime", "expectedRejectRate"]]; }), /different units/);
    assert.match(refusal(({ output }) => { output.ordered = [["expectedCycleTime"]]; }), /ordered/);
    const effects = (output: Parameters<Parameters<typeof refusal>[0]>[0]["output"]) => output.properties["expectedEffects"]?.items;
    assert.match(refusal(({ output }) => { const items = effects(output); if (items) items.ordered = [["lowerValue", "characteristic"]]; }), /characteristic is no number/);
    assert.match(refusal(({ output }) => { const value = effects(output)?.properties["currentValue"]; if (value) value["unitIn"] = "nowhere"; }), /there is no text nowhere/);
  });
});
