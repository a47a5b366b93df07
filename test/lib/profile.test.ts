import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, it } from "node:test";
import { ResonanceError } from "../../nodes/lib/errors/resonance-error";
import { describeProfile } from "../../nodes/lib/profile/describe-profile";
import { builtInProfileFiles, loadBuiltInProfile, loadProfile } from "../../nodes/lib/profile/load-profile";
import { DIRECTIONS, type Localized, type ValueSchema } from "../../nodes/lib/profile/profile";
import { profileKey, requireCategory, requireField } from "../../nodes/lib/profile/profile-lookup";

const shared = process.env["RESONANCE_SHARED"];
/** Content of a file, or a part of it. */
interface Json { [key: string]: Json | Json[] | string | string[] | number | undefined }

/** The built-in files with one place changed (`undefined` takes it out, a last `+` adds to a list), as a user's profile. */
function changed(file: string, place: string, value: unknown) {
  const files = builtInProfileFiles().map((entry) => ({ file: entry.file, content: structuredClone(entry.content) as Json }));
  const keys = place.split("/");
  const last = keys.pop() ?? "";
  const holder = keys.reduce((part, key) => part[key] as Json, files.find((entry) => entry.file === file)?.content ?? {});
  if (last === "+") (holder as unknown as unknown[]).push(value);
  else if (value === undefined) Reflect.deleteProperty(holder, last);
  else Reflect.set(holder, last, value);
  return files;
}

const PM = "predictive-maintenance.json";
const [torque] = [...loadBuiltInProfile().categories.values()].map(({ input }) => input.fields.get("torque")?.schema);

/** The titles of the parts of a structured value. */
function titlesInside({ items, properties }: Pick<ValueSchema, "items" | "properties">): readonly Localized[] {
  const parts = [...(items ? [items] : []), ...Object.values(properties ?? {})];
  return parts.flatMap((part) => [...(part.title ? [part.title] : []), ...titlesInside(part)]);
}

/** A change that makes the profile unusable, the place and the reason that must be told. */
const BROKEN: readonly (readonly [string, string, unknown, RegExp, RegExp])[] = [
  ["profile.json", "notice", undefined, /^profile\.json#\/$/, /notice/],
  ["profile.json", "status", "final", /status/, /provisional/],
  ["profile.json", "version", "1", /version/, /pattern/],
  ["profile.json", "categories/+", "press-forming", /categories\/12/, /0 files describe the category press-forming/],
  ["profile.json", "categories", ["predictive-maintenance", "adaptive-control"], /condition-anomaly\.json#\/id/, /does not list/],
  ["profile.json", "categories", undefined, /categories/, /no file lists/],
  [PM, "colour", 1, /#\/$/, /colour/],
  [PM, "nature", "measurement", /nature/, /prediction/],
  [PM, "input/properties/torque/title/zh", undefined, /torque\/title/, /zh/],
  [PM, "input/properties/torque/unit", undefined, /torque/, /unit/],
  [PM, "input/properties/torque/unit", "NM", /torque\/unit/, /NM is not known/],
  [PM, "output/properties/maintenanceRequired/unit", "C62", /maintenanceRequired/, /does not go with this type/],
  [PM, "input/properties/torque/minimum", 1e9, /torque\/minimum/, /above the maximum/],
  [PM, "input/properties/torque/minumum", 1, /torque/, /minumum/],
  [PM, "input/properties/Torque", torque, /input\/properties/, /./],
  [PM, "input/properties/confidence", torque, /input\/properties/, /./],
  [PM, "input/required/+", "feed", /input\/required\/3/, /no field feed/],
  [PM, "output/requireOneOf", ["toolWear"], /output\/requireOneOf\/0/, /no field toolWear/],
  [PM, "input/properties/torque/isa95", [], /torque\/isa95/, /./],
  [PM, "output/properties/component/isa95/1", { message: "SyncPhysicalAsset", path: "PhysicalAsset/VendorID" }, /component\/isa95/, /no target in ProcessWorkSchedule/],
  [PM, "output/properties/component/isa95/0/message", "SyncEquipment", /isa95\/0\/message/, /SyncEquipment/],
  [PM, "output/properties/component/isa95/0/path", "Equipment/EquipmentProperty", /isa95\/0\/path/, /PhysicalAsset/],
  [PM, "output/properties/component/isa95/0/property", "healthIndex", /component\/isa95\/0/, /same target/],
  [PM, "input/properties/torque/vdi2182/integrity", "none", /vdi2182\/integrity/, /low/],
  [PM, "output/properties/predictedEndOfLife/derivation/timeAfter", "age", /timeAfter/, /no field age/],
  [PM, "output/properties/predictedEndOfLife/derivation/timeAfter", "healthIndex", /timeAfter/, /not a time span/],
];

/** The derived structure of the official schemas, as far as this test reads it. */
interface Part { readonly name?: string; readonly type?: string | null; readonly content?: readonly Part[] }
interface Structure { readonly elements: Readonly<Record<string, Part>>; readonly complexTypes: Readonly<Record<string, Part>> }

describe("profile", () => {
  it("the built-in profile passes its own check and is loaded the same way without it", () => {
    assert.deepEqual(loadProfile(builtInProfileFiles()), loadBuiltInProfile());
    assert.equal(loadBuiltInProfile(), loadBuiltInProfile(), "read once");
  });

  it("the built-in profile says that it is provisional and claims nothing", () => {
    const profile = loadBuiltInProfile();
    assert.equal(profileKey(profile), "gbt-provisional@0.1.0");
    assert.equal(profile.designation, "GB/T XXXX-2026");
    assert.equal(profile.status, "provisional");
    assert.match(profile.notice.en, /provisional.*no conformity/is);
    assert.match(profile.notice.zh, /暂定.*不声称符合/s);
    assert.match(profile.notice.de, /vorläufig.*keine Konformität/s);
    assert.match(profile.isa95Edition, /B2MML V0701/);
  });

  it("twelve categories are complete, with the natures, activities and messages that belong to them", () => {
    const { categories } = loadBuiltInProfile();
    const summary = [...categories.values()].map(({ id, nature, operationsType, messages }) => [id, nature, operationsType, messages.output[0]]);
    assert.deepEqual(summary, [
      ["condition-anomaly", "prediction", "Maintenance", "SyncWorkAlert"],
      ["fault-diagnosis", "prediction", "Maintenance", "SyncWorkAlert"],
      ["predictive-maintenance", "prediction", "Maintenance", "SyncPhysicalAsset"],
      ["adaptive-control", "proposal", "Production", "SyncWorkPerformance"],
      ["process-optimization", "proposal", "Production", "ProcessJobList"],
      ["soft-sensor", "prediction", "Quality", "SyncTestResult"],
      ["visual-inspection", "prediction", "Quality", "SyncTestResult"],
      ["quality-prediction", "prediction", "Quality", "SyncWorkPerformance"],
      ["scheduling-dispatch", "proposal", "Production", "ProcessJobList"],
      ["progress-forecast", "prediction", "Production", "SyncJobResponse"],
      ["material-logistics", "proposal", "Inventory", "SyncOperationsSchedule"],
      ["energy-emission", "prediction", "Mixed", "SyncOperationsPerformance"],
    ]);
    for (const { id, input, output, messages } of categories.values()) {
      assert.ok(messages.input.includes("SyncWorkPerformance"), id);
      assert.ok(input.fields.size >= 15 && output.fields.size >= 8, `${id}: ${input.fields.size} inputs, ${output.fields.size} outputs`);
      assert.ok([input, output].every(({ required, requireOneOf }) => required.length + requireOneOf.length > 0), `${id}: something is needed`);
    }
  });

  it("a prediction of quality is never sent as a test result", () => {
    const { messages } = requireCategory(loadBuiltInProfile(), "quality-prediction");
    assert.ok(!messages.output.some((message) => message.includes("Test")), messages.output.join());
  });

  it("a model's output is never declared a measurement", () => {
    for (const { output } of loadBuiltInProfile().categories.values()) {
      for (const { name, schema } of output.fields.values()) assert.notEqual(schema.nature, "measurement", name);
    }
  });

  it("every set-point needs high integrity, and every text is written in its own language", () => {
    for (const category of loadBuiltInProfile().categories.values()) {
      for (const direction of DIRECTIONS) {
        for (const { name, schema } of category[direction].fields.values()) {
          if (schema.vdi2182.assetClass === "set-point") assert.equal(schema.vdi2182.integrity, "high", name);
          for (const { en, zh, de } of [schema.title, schema.description, ...titlesInside(schema)]) {
            assert.match(zh, /\p{Script=Han}/u, name);
            assert.doesNotMatch(en + de, /\p{Script=Han}/u, name);
          }
          assert.notEqual(schema.description.en, schema.description.de, name);
        }
      }
    }
  });

  it("targets are element paths of the official B2MML structure, below the noun their message carries", { skip: shared ? false : "RESONANCE_SHARED is not set" }, () => {
    const { elements, complexTypes } = JSON.parse(readFileSync(path.join(shared ?? "", "data/b2mml/v0701-structure.json"), "utf8")) as Structure;
    const inside = (part: Part | undefined): readonly Part[] => part?.content ?? complexTypes[part?.type ?? ""]?.content ?? [];
    const walk = (names: readonly string[], from: Part | undefined): Part | undefined =>
      names.reduce<Part | undefined>((part, name) => inside(part).find((entry) => entry.name === name), from);
    for (const category of loadBuiltInProfile().categories.values()) {
      for (const direction of DIRECTIONS) {
        for (const { name, schema } of category[direction].fields.values()) {
          for (const target of schema.isa95) {
            const element = walk(["DataArea", ...target.path.split("/")], elements[target.message]);
            assert.ok(element, `${name}: ${target.message} has no ${target.path}`);
            const parts = inside(element).map((part) => part.name);
            assert.ok(parts.includes("ID") && parts.includes("Value"), `${name}: ${target.path} takes an ID and a value`);
          }
        }
      }
    }
  });

  for (const [file, change, value, place, reason] of BROKEN) {
    it(`refuses a profile with ${change} = ${value === undefined ? "nothing" : JSON.stringify(value).slice(0, 40)}`, () => {
      assert.throws(() => loadProfile(changed(file, change, value)), (error) => {
        assert.ok(error instanceof ResonanceError);
        assert.equal(error.code, "RESONANCE_PROFILE_INVALID");
        assert.match(error.path ?? "", place);
        assert.match(error.message, reason);
        return true;
      });
    });
  }

  it("no files at all are no profile", () => {
    assert.throws(() => loadProfile([]), { code: "RESONANCE_PROFILE_INVALID" });
    assert.throws(() => loadProfile([{ file: "a.json", content: null }]), { code: "RESONANCE_PROFILE_INVALID" });
  });

  it("another category is only another data file", () => {
    const files = changed("profile.json", "categories/+", "press-forming");
    const category = structuredClone(builtInProfileFiles().find(({ file }) => file === PM)!.content) as Json;
    const profile = loadProfile([...files, { file: "press-forming.json", content: { ...category, id: "press-forming" } }]);
    assert.equal(profile.categories.size, 13);
    const { size } = requireCategory(loadBuiltInProfile(), "predictive-maintenance").output.fields;
    assert.equal(requireCategory(profile, "press-forming").output.fields.size, size);
  });

  it("what a profile does not know is named with what it does know", () => {
    const profile = loadBuiltInProfile();
    assert.throws(() => requireCategory(profile, "press-forming"), (error) =>
      error instanceof ResonanceError && error.code === "RESONANCE_CATEGORY_UNKNOWN" && error.path === "category" && /soft-sensor/.test(error.message));
    assert.throws(() => requireField(requireCategory(profile, "soft-sensor"), "input", "viscosity", "tags/0/field"), (error) =>
      error instanceof ResonanceError && error.code === "RESONANCE_FIELD_UNKNOWN" && error.path === "tags/0/field");
  });

  it("the description for the editor is plain JSON with every field", () => {
    const description = describeProfile(loadBuiltInProfile());
    assert.deepEqual(JSON.parse(JSON.stringify(description)), description);
    const maintenance = description.categories.find(({ id }) => id === "predictive-maintenance");
    assert.deepEqual(maintenance?.input.filter(({ required }) => required).map(({ name, unit }) => `${name} ${unit}`), ["processTemperature KEL", "rotationalSpeed RPM", "torque NU"]);
    assert.equal(maintenance.output.find(({ name }) => name === "predictedEndOfLife")?.format, "date-time");
    assert.deepEqual(maintenance.input.find(({ name }) => name === "machineState")?.enum, ["NotAvailable", "OutOfService", "NotExecuting", "Executing"]);
  });
});
