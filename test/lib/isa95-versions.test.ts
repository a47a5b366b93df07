import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, describe, test } from "node:test";
import { ResonanceError } from "../../nodes/lib/errors/resonance-error";
import { compileMessage, type MessageTarget, type MessageWriter } from "../../nodes/lib/isa95/compile-message";
import type { NodeTarget } from "../../nodes/lib/isa95/field-target";
import { FRAMES } from "../../nodes/lib/isa95/frames/frames";
import { readDocument } from "../../nodes/lib/isa95/read-document";
import { readMessage } from "../../nodes/lib/isa95/receive";
import { createLedger, type RequestLedger, type SuppressionSettings } from "../../nodes/lib/isa95/request-ledger";
import { openRequestStore } from "../../nodes/lib/isa95/request-store";
import { structureOf } from "../../nodes/lib/isa95/versions";
import { writeXml } from "../../nodes/lib/isa95/xml-writer";
import { loadBuiltInProfile } from "../../nodes/lib/profile/load-profile";
import type { Category, Direction, FieldSchema, ValueSchema } from "../../nodes/lib/profile/profile";
import { suitableMessages } from "../../nodes/lib/profile/suitable-messages";
import { buildInputRecord, buildOutputRecord } from "../../nodes/lib/record/build-record";
import type { InterfaceRecord } from "../../nodes/lib/record/interface-record";
import { compileOfficialJson } from "../support/b2mml-json";
import { HOSTILE } from "../support/hostile";
import { sharedData, skipWithout } from "../support/requirements";
import { fuzzSeed, seeded, type Seeded } from "../support/seeded";
import { validateAgainstXsd } from "../support/xsd";

const skip = skipWithout("shared", sharedData);
const profile = loadBuiltInProfile();
const seed = fuzzSeed();
console.log(`FUZZ_SEED=${seed}`);
const temporary = mkdtempSync(path.join(tmpdir(), "versions-"));
after(() => { rmSync(temporary, { recursive: true, force: true }); });

const TIME = "2026-11-22T08:30:05.120Z";
const TEXTS = ["a", "", "<&>\"'", "缺陷 μm 😀", "]]>", "  x\n", ...HOSTILE.filter((text): text is string => typeof text === "string" && text.length < 200 && /^[\t\n\r\x20-\uD7FF\uE000-\uFFFD]*$/u.test(text))];
const JOB = { workScheduleId: "WS-7", workRequestId: "WR-7", jobOrderId: "JO-7", workMasterId: "WM-7", equipmentId: "CNC 7", operationsScheduleId: "OS-7", operationsRequestId: "OR-7", operationsDefinitionId: "OD-7", operationsSegmentId: "SEG-7", processSegmentId: "PS-7", materialLotId: "LOT-7" };
const code = (expected: string, at?: string) => (thrown: unknown): boolean => {
  assert.ok(thrown instanceof ResonanceError, String(thrown));
  assert.equal(thrown.code, expected, thrown.message);
  if (at !== undefined) assert.equal(thrown.path, at);
  return true;
};

/** A random value of a schema. */
function value(schema: FieldSchema | ValueSchema, random: Seeded, depth = 0): unknown {
  if (schema.enum) return random.pick(schema.enum);
  if (schema.format === "date-time") return new Date(Date.UTC(2000 + random.below(60), random.below(12), 1 + random.below(28), random.below(24), random.below(60), random.below(60), random.below(1000))).toISOString();
  const { items, properties = {} } = schema;
  const makers: Readonly<Record<string, () => unknown>> = {
    number: () => random.pick([0, -0.5, 1e-9, 41.25, 1e21, random.below(1e6) / 7]), integer: () => random.below(1e6) - 5e5, boolean: () => random.chance(0.5), string: () => random.pick(TEXTS),
    array: () => (items && depth < 4 ? Array.from({ length: random.below(4) }, () => value(items, random, depth + 1)) : []),
    object: () => Object.fromEntries(Object.entries(properties).filter(() => random.chance(0.8)).map(([name, part]) => [name, value(part, random, depth + 1)])),
  };
  return makers[[schema.type].flat().find((type) => type !== "null") ?? "string"]?.();
}

/** A record with random values; decimals in texts and times among them need not be right for the profile: they must be written right. */
function recordOf(category: Category, direction: Direction, random: Seeded): InterfaceRecord {
  const fields = [...category[direction].fields.values()].filter(() => random.chance(0.7));
  const values = Object.fromEntries(fields.map(({ name, schema }) => [name, value(schema, random)]));
  const quality = Object.fromEntries(fields.filter(() => random.chance(0.2)).map(({ name }) => [name, { status: "Uncertain" as const, code: "UncertainLastUsableValue", timestamp: TIME }]));
  const common = { profile, category: category.id, timestamp: TIME, equipment: random.pick(["acme", "acme/shanghai/machining/line-1/cnc-07", "a/b/c/d/e/f/g"]), values, quality };
  return direction === "input" ? buildInputRecord(common) : buildOutputRecord({
    ...common, nature: random.pick(["prediction", "proposal", "command"] as const), inputId: "I", model: { id: random.pick(["m <1>", "模型"]), version: "1.2.0" }, confidence: 0.5, validUntil: "2026-11-22T09:00:00.000Z",
  });
}

const cases = [...profile.categories.values()].flatMap((category) => (["input", "output"] as const).flatMap((direction) =>
  suitableMessages(category.messages[direction]).map(({ message }) => ({ category, direction, message, name: `${category.id} ${direction} ${message}` }))));

function* written(target: Omit<MessageTarget, "profile" | "message">, runs: number): Generator<{ name: string; message: string; document: unknown }> {
  const random = seeded(seed);
  const structure = structureOf(target.version ?? "V0701");
  const writers = new Map<string, MessageWriter>();
  for (const { category, direction, message, name } of cases) {
    if (!structure.messageType(message)) continue;
    const write = writers.get(message) ?? compileMessage({ profile, message, options: { priority: "2", workMasterId: "WM", confirmation: "OnError" }, ...target });
    writers.set(message, write);
    for (let run = 0; run < runs; run++) yield { name: `${name} ${run}`, message, document: write(recordOf(category, direction, random), run % 2 ? { job: JOB } : {}).document };
  }
}

describe(`every message of every category with random values, seed ${seed}`, () => {
  test("covers every message the pack writes", () => {
    const missing = Object.keys(FRAMES).filter((message) => !cases.some((one) => one.message === message));
    assert.deepEqual(missing, []);
    for (const category of profile.categories.values()) for (const direction of ["input", "output"] as const) assert.ok(cases.some((one) => one.category === category && one.direction === direction));
  });

  test("is valid XML by the official XSD, and is read without a problem", { skip }, async () => {
    const documents = new Map<string, string>();
    for (const { name, document } of written({ format: "xml" }, 4)) {
      documents.set(name, document as string);
      const { problems } = readMessage(document);
      assert.deepEqual(problems.filter((problem) => problem.code !== "RESONANCE_ISA95_VALUE_INVALID" || !/Value(\[\d+\])?$/.test(problem.path)), [], name);
    }
    assert.ok(documents.size > 200, String(documents.size));
    assert.deepEqual([...await validateAgainstXsd(documents)].slice(0, 3), []);
  });

  test("is valid JSON by the official JSON schema in both forms, and the same as the XML of it is valid by the XSD", { skip }, async () => {
    const faultsOf = compileOfficialJson([...new Set(cases.map(({ message }) => message))]);
    const documents = new Map<string, string>();
    for (const jsonForm of ["plain", "object"] as const) {
      for (const { name, document } of written({ format: "json", jsonForm }, 1)) {
        assert.deepEqual(faultsOf(document as Readonly<Record<string, unknown>>), [], `${name} ${jsonForm}`);
        documents.set(`${name} ${jsonForm}`, writeXml(readDocument(JSON.stringify(document))));
        if (jsonForm === "object") assert.match(JSON.stringify(document), /"BODID":\{"\$":"/);
      }
    }
    assert.deepEqual([...await validateAgainstXsd(documents)].slice(0, 3), []);
  });

  test("V0700 has its releaseID, names no level in requirements, and is else as valid by the schema of V0701", { skip }, async () => {
    const documents = new Map([...written({ format: "xml", version: "V0700" }, 2)].map(({ name, document }) => [name, document as string]));
    for (const [name, document] of documents) {
      assert.match(document, /releaseID="7\.0\.0"/);
      assert.doesNotMatch(document, /<EquipmentRequirement>(?:(?!<\/EquipmentRequirement>).)*<EquipmentLevel>/s, name);
      assert.equal(readMessage(document).version, "V0700");
    }
    assert.deepEqual([...await validateAgainstXsd(documents)].slice(0, 3), []);
  });

  test("V0600 keeps to that version's names, order and cardinality, and loses no value and no model", () => {
    const names = new Set<string>();
    for (const { name, message, document } of written({ format: "xml", version: "V0600" }, 3)) {
      names.add(message);
      const text = document as string;
      assert.match(text, /xmlns="http:\/\/www\.mesa\.org\/xml\/B2MML-V0600" releaseID="B2MML-V0600"/);
      const { problems, version } = readMessage(text);
      assert.equal(version, "V0600");
      assert.deepEqual(problems.filter(({ path: at }) => !/Value(\[\d+\])?$/.test(at)), [], name);
      assert.doesNotMatch(text, /HierarchyScopeChild|SegmentDataChild|ParameterChild|PropertyChi|<JobResponseData>/, name);
      if (name.includes(" output ")) assert.match(text, /modelVersion/, name);
      if (text.includes("<WorkRequest>")) assert.match(text, /<Workype>/);
    }
    for (const message of ["SyncTestResult", "NotifyOperationsEvent"]) {
      assert.ok(!names.has(message));
      assert.throws(() => compileMessage({ profile, message, format: "xml", version: "V0600" }), code("RESONANCE_ISA95_MESSAGE_UNSUITABLE"));
    }
    assert.ok(names.size > 10, [...names].join());
    const write = compileMessage({ profile, message: "", format: "xml", version: "V0600" });
    const softSensor = profile.categories.get("soft-sensor");
    assert.ok(softSensor);
    assert.equal(write(recordOf(softSensor, "output", seeded(1))).message, "SyncWorkPerformance");
  });
});

describe("places of one's own", () => {
  const rul = buildOutputRecord({
    profile, category: "predictive-maintenance", timestamp: TIME, equipment: "acme/line/cnc-07", nature: "prediction", inputId: "I", model: { id: "m", version: "1" },
    values: { remainingUsefulLife: 41.5, predictedEndOfLife: "2026-11-24T02:00:00.000Z", component: "spindle", healthIndex: 0.4 }, quality: {},
  });
  const compile = (message: string, targets: readonly NodeTarget[], version?: "V0600"): MessageWriter => compileMessage({ profile, message, format: "xml", targets, ...(version && { version }) });

  test("count instead of the profile's: an element, a property of another name, a container that was not there", { skip }, async () => {
    const targets = [
      { field: "remainingUsefulLife", path: "PhysicalAsset/PhysicalAssetProperty", property: "RUL-1" },
      { field: "component", path: "PhysicalAsset/Description" }, { field: "component", path: "PhysicalAsset/VendorID", property: "" },
    ];
    const asset = compile("SyncPhysicalAsset", targets)(rul).document as string;
    assert.match(asset, /<ID>RUL-1<\/ID>.*<ValueString>41\.5</s);
    assert.doesNotMatch(asset, /<ID>remainingUsefulLife<|<ID>component</);
    assert.match(asset, /<Description>spindle<\/Description>.*<VendorID>spindle<\/VendorID>/s);
    const order = compile("ProcessWorkSchedule", [{ field: "component", path: "WorkSchedule/WorkRequest/JobOrder/PhysicalAssetRequirement/PhysicalAssetRequirementProperty" }, { field: "healthIndex", path: "WorkSchedule/WorkRequest/Priority" }, { field: "predictedEndOfLife", path: "WorkSchedule/EndTime" }])(rul).document as string;
    assert.match(order, /<PhysicalAssetRequirementProperty><ID>component<\/ID>/);
    assert.match(order, /<EndTime>2026-11-24T02:00:00\.000Z<\/EndTime><HierarchyScope>/);
    assert.match(order, /<Priority>0\.4<\/Priority>/);
    assert.deepEqual([...await validateAgainstXsd(new Map([["asset", asset], ["order", order]]))], []);
  });

  test("are refused at deploy where field, path or kind of value do not fit, with the row", () => {
    const refused = (targets: readonly NodeTarget[], row = 0, message = "SyncPhysicalAsset"): void =>
      assert.throws(() => compile(message, targets), code("RESONANCE_ISA95_NODE_TARGET", `targets/${row}`), JSON.stringify(targets));
    refused([{ field: "nothing", path: "PhysicalAsset/PhysicalAssetProperty" }]);
    refused([{ field: "component", path: "PhysicalAsset/Nothing" }]);
    refused([{ field: "component", path: "Equipment/EquipmentProperty" }]);
    refused([{ field: "component", path: "" }]);
    refused([{ field: "component", path: "PhysicalAsset" }]);
    refused([{ field: "remainingUsefulLife", path: "PhysicalAsset/PublishedDate" }]);
    refused([{ field: "healthIndex", path: "PhysicalAsset/HierarchyScope" }]);
    refused([{ field: "component", path: "__proto__/constructor" }]);
    assert.throws(() => compile("SyncPhysicalAsset", [{ field: "component", path: "PhysicalAsset/PublishedDate/$" }]), ResonanceError);
  });

  test("are refused at deploy where two fields would share one, whoever named it and in whatever order", () => {
    const taken = (targets: readonly NodeTarget[], message = "SyncPhysicalAsset"): void =>
      assert.throws(() => compile(message, targets), (thrown: unknown) => thrown instanceof ResonanceError && thrown.code === "RESONANCE_ISA95_TARGET_TAKEN" && /^targets\/[01]$/.test(thrown.path ?? ""), JSON.stringify(targets));
    const property = "PhysicalAsset/PhysicalAssetProperty";
    const shared = [["component", "failureMode", "WorkMasterID"], ["remainingUsefulLife", "healthIndex", "Priority"]] as const;
    for (const [one, other, element] of shared.flatMap(([first, second, name]) => [[first, second, name], [second, first, name]] as const)) {
      taken([{ field: one, path: `WorkSchedule/WorkRequest/JobOrder/${element}` }, { field: other, path: `WorkSchedule/WorkRequest/JobOrder/${element}` }], "ProcessWorkSchedule");
      taken([{ field: one, path: property, property: "mine" }, { field: other, path: property, property: "mine" }]);
      taken([{ field: one, path: property, property: other }]);
    }
    assert.ok(compile("SyncPhysicalAsset", [{ field: "component", path: property, property: "failureMode" }, { field: "failureMode", path: property, property: "component" }]), "two that swap their names share nothing");
  });
});

describe("one request for one cause", () => {
  const settings: SuppressionSettings = { window: 3_600_000, causeFields: [], tolerance: 0.1 };
  const fields = (record: InterfaceRecord) => profile.categories.get(record.category)?.output.fields ?? new Map<string, never>();
  const record = (values: Readonly<Record<string, unknown>>, more: Partial<{ equipment: string; category: string }> = {}): InterfaceRecord => buildOutputRecord({
    profile, category: "predictive-maintenance", timestamp: TIME, equipment: "acme/cnc-07", nature: "prediction", inputId: "I", model: { id: "m", version: "1" }, values, quality: {}, ...more,
  });
  const begin = Date.parse(TIME);
  const act = (ledger: RequestLedger, given: InterfaceRecord, now: number): string => {
    const verdict = ledger.judge(given, now);
    if (verdict.kind !== "suppressed") ledger.commit(verdict.entry, now);
    return verdict.kind;
  };

  test("the same is suppressed, a change is told as one with the IDs of the first, another cause or a later one is new", () => {
    const ledger = createLedger(settings, fields, undefined);
    const first = record({ component: "spindle", remainingUsefulLife: 40, predictedEndOfLife: "2026-11-24T08:30:00.000Z", recommendedAction: "look" });
    assert.equal(act(ledger, first, begin), "new");
    assert.equal(act(ledger, record({ component: "spindle", remainingUsefulLife: 38, predictedEndOfLife: "2026-11-24T07:30:00.000Z", recommendedAction: "look again" }), begin + 1000), "suppressed");
    assert.equal(act(ledger, record({ component: "spindle", remainingUsefulLife: 38, predictedEndOfLife: "2026-11-24T07:30:00.000Z" }, { equipment: "acme/cnc-08" }), begin + 1000), "new");
    assert.equal(act(ledger, record({ component: "pump", remainingUsefulLife: 38 }), begin + 1000), "new");
    const change = ledger.judge(record({ component: "spindle", remainingUsefulLife: 20, predictedEndOfLife: "2026-11-24T08:30:00.000Z" }), begin + 2000);
    assert.deepEqual([change.kind, change.entry.requestId], ["change", first.id]);
    ledger.commit(change.entry, begin + 2000);
    assert.equal(act(ledger, record({ component: "spindle", remainingUsefulLife: 20, predictedEndOfLife: "2026-11-24T08:30:00.000Z" }), begin + 3_601_000), "suppressed");
    assert.equal(act(ledger, record({ component: "spindle", remainingUsefulLife: 20, predictedEndOfLife: "2026-11-25T20:30:00.000Z" }), begin + 3_601_500), "change");
    assert.equal(act(ledger, record({ component: "spindle", remainingUsefulLife: 20, predictedEndOfLife: "2026-11-25T20:30:00.000Z", maintenanceRequired: true }), begin + 3_601_600), "change");
    assert.equal(act(ledger, record({ component: "spindle", remainingUsefulLife: 20 }), begin + 7_300_000), "new");
  });

  test("what the MES has not taken suppresses nothing: a request is new again, a change is told again; also after a restart", () => {
    const ledger = createLedger(settings, fields, undefined);
    const send = (given: InterfaceRecord, now: number, bodId: string, from = ledger): string => {
      const verdict = from.judge(given, now);
      if (verdict.kind !== "suppressed") from.commit(verdict.entry, now, bodId);
      return `${verdict.kind} ${verdict.entry.requestId}`;
    };
    const [first, worse, worst] = [record({ component: "spindle", remainingUsefulLife: 40 }), record({ component: "spindle", remainingUsefulLife: 20 }), record({ component: "spindle", remainingUsefulLife: 5 })] as const;
    assert.equal(send(first, begin, "B1"), `new ${first.id}`);
    assert.equal(ledger.heard("B0", false), undefined, "somebody else's");
    assert.equal(ledger.heard("B1", true), undefined, "nothing new");
    assert.equal(send(worse, begin + 1000, "B2"), `change ${first.id}`);
    assert.ok(ledger.heard("B2", false));
    assert.equal(send(first, begin + 2000, "-"), `suppressed ${first.id}`, "as before the change");
    assert.equal(send(worse, begin + 2000, "B3"), `change ${first.id}`, "told again");
    assert.equal(ledger.heard("B2", false), undefined, "an older change is over");
    const kept = ledger.heard("B1", false);
    const again = createLedger(settings, fields, JSON.parse(JSON.stringify(kept)));
    assert.equal(again.heard("B1", true)?.length, 1, "sent again by a person, and taken");
    assert.equal(send(worse, begin + 3000, "-", again), `suppressed ${first.id}`);
    assert.ok(again.heard("B1", false));
    assert.equal(send(worst, begin + 3000, "B4", again), `new ${worst.id}`);
    assert.equal(again.heard("B1", true), undefined, "the old one is forgotten");
    assert.equal(send(worst, begin + 4000, "-", again), `suppressed ${worst.id}`);
  });

  test("a clock that goes back suppresses no longer than the window; fields of one's own name the cause", () => {
    const ledger = createLedger({ ...settings, causeFields: ["failureMode"] }, fields, undefined);
    assert.equal(act(ledger, record({ component: "a", failureMode: "wear" }), begin), "new");
    assert.equal(act(ledger, record({ component: "b", failureMode: "wear" }), begin - 86_400_000), "suppressed");
    assert.equal(act(ledger, record({ component: "b", failureMode: "wear" }), begin + 3_600_000), "new");
  });

  test("is bounded, survives a restart, and what cannot be read is no reason to fail", () => {
    const store = openRequestStore(path.join(temporary, "requests"), "a/../node");
    const ledger = createLedger(settings, fields, store.load());
    for (let index = 0; index < 1100; index++) act(ledger, record({ component: `c${index}` }), begin + index);
    const last = ledger.judge(record({ component: "c1100" }), begin + 1100);
    const kept = ledger.commit(last.entry, begin + 1100);
    assert.equal(kept.length, 1000);
    store.save(kept);
    const again = createLedger(settings, fields, openRequestStore(path.join(temporary, "requests"), "a/../node").load());
    assert.equal(act(again, record({ component: "c1099" }), begin + 2000), "suppressed");
    assert.equal(act(again, record({ component: "c3" }), begin + 2000), "new");
    for (const broken of ["{", "[1,{\"cause\":1}]", "null", "{\"a\":1}"]) {
      writeFileSync(path.join(temporary, "requests", "a____node.json"), broken);
      assert.equal(act(createLedger(settings, fields, store.load()), record({ component: "c1099" }), begin + 2000), "new");
    }
    assert.ok(readFileSync(path.join(temporary, "requests", "a____node.json"), "utf8") !== "");
    const blocked = path.join(temporary, "file");
    writeFileSync(blocked, "");
    assert.throws(() => { openRequestStore(path.join(blocked, "x"), "n").save([]); }, code("RESONANCE_ISA95_LEDGER"));
  });

  test("the change names what it changes, and both are valid", { skip }, async () => {
    const options = { profile, format: "xml" } as const;
    const [first, later] = [record({ component: "spindle", remainingUsefulLife: 40 }), record({ component: "spindle", remainingUsefulLife: 20 })];
    const request = compileMessage({ ...options, message: "ProcessWorkSchedule" })(first).document as string;
    const change = compileMessage({ ...options, message: "ChangeWorkSchedule" })(later, { requestId: first.id }).document as string;
    for (const prefix of ["WS", "WR", "JO"]) for (const text of [request, change]) assert.ok(text.includes(`<ID>${prefix}-${first.id}</ID>`), prefix);
    assert.match(change, /<Change responseCode="Always"\/>/);
    assert.match(change, /ValueString>20</);
    assert.deepEqual([...await validateAgainstXsd(new Map([["request", request], ["change", change]]))], []);
  });
});
