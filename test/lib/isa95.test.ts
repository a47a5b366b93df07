import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, test } from "node:test";
import { ResonanceError, type ErrorCode } from "../../nodes/lib/errors/resonance-error";
import { readAnswer } from "../../nodes/lib/isa95/answer";
import { compileMessage, type MessageContext, type MessageWriter } from "../../nodes/lib/isa95/compile-message";
import type { B2mmlDocument, DocumentFormat, Tree } from "../../nodes/lib/isa95/document";
import type { MessageOptions } from "../../nodes/lib/isa95/frame";
import { writeJson } from "../../nodes/lib/isa95/json-writer";
import { readDocument } from "../../nodes/lib/isa95/read-document";
import { MESSAGES, messageType, type TypeSpec } from "../../nodes/lib/isa95/structure";
import { literal } from "../../nodes/lib/isa95/text";
import { readXml } from "../../nodes/lib/isa95/xml-reader";
import { writeXml } from "../../nodes/lib/isa95/xml-writer";
import { loadBuiltInProfile } from "../../nodes/lib/profile/load-profile";
import type { Category, Direction, FieldSchema, Profile, ValueSchema } from "../../nodes/lib/profile/profile";
import type { InterfaceRecord, OutputRecord } from "../../nodes/lib/record/interface-record";
import { sharedData, skipWithout } from "../support/requirements";
import { validateAgainstXsd } from "../support/xsd";
import { compileOfficialJson } from "../support/b2mml-json";
import { all, childText, find } from "../support/xml-elements";

const profile = loadBuiltInProfile();
const skip = skipWithout("shared", sharedData);
const samples = path.join(sharedData ?? "", "b2mml", "samples");
const HOSTILE = ["<>&\"'", "]]>", "<!--", "&#0;&amp;", "粘度 μm 😀", "a\tb\nc\r\nd", "", "  ", "{\"a\":1}", "\u0085\u2028", "'; DROP TABLE"];
const NUMBERS = [0, -0, 1e-7, 1e21, -1.5, Number.MAX_VALUE, Number.MIN_VALUE, 0.1 + 0.2];

function code(expected: ErrorCode, where?: string): (thrown: unknown) => boolean {
  return (thrown) => {
    assert.ok(thrown instanceof ResonanceError, String(thrown));
    assert.equal(thrown.code, expected, thrown.message);
    if (where !== undefined) assert.equal(thrown.path, where);
    return true;
  };
}

function record(category: string, direction: Direction, values: Readonly<Record<string, unknown>>, more: Partial<OutputRecord> = {}): InterfaceRecord {
  const output = direction === "output"
    ? { nature: profile.categories.get(category)!.nature, inputId: "0193-input", model: { id: "the-model", version: "1.2.0" } }
    : { nature: "measurement" };
  return {
    profile: `${profile.id}@${profile.version}`, category, direction, id: "0193-record", timestamp: "2026-11-22T08:30:05.120Z",
    equipment: "acme/shanghai/machining/line-1/cnc-07", values, ...output, ...more,
  } as InterfaceRecord;
}

const rul = (values: Readonly<Record<string, unknown>> = { remainingUsefulLife: 41.5 }, more: Partial<OutputRecord> = {}): InterfaceRecord =>
  record("predictive-maintenance", "output", values, more);

function xmlOf(message: string, given: InterfaceRecord, options: MessageOptions = {}, context: MessageContext = {}): string {
  return writerOf(message, "xml", options)(given, context).document as string;
}

const writers = new Map<string, MessageWriter>();

/** A prepared message, the same for all records as in a flow. */
function writerOf(message: string, format: DocumentFormat, options: MessageOptions): MessageWriter {
  const key = JSON.stringify([message, format, options]);
  const write = writers.get(key) ?? compileMessage({ profile, message, format, options });
  writers.set(key, write);
  return write;
}

/** A sample value of a schema; `seed` runs through ordinary and hostile ones, lists have none to three items. */
function sample(schema: FieldSchema | ValueSchema, seed: number): unknown {
  if (schema.enum) return schema.enum[seed % schema.enum.length];
  if (schema.format === "date-time") return seed % 2 ? "2026-11-24T00:00:00.000Z" : "2020-02-29T23:59:59.999+08:00";
  const { items, properties = {} } = schema;
  const byType: Readonly<Record<string, () => unknown>> = {
    number: () => NUMBERS[seed % NUMBERS.length], integer: () => seed * 1000, boolean: () => seed % 2 === 0, string: () => HOSTILE[seed % HOSTILE.length],
    array: () => (items ? Array.from({ length: seed % 4 }, (_, index) => sample(items, seed + index)) : []),
    object: () => Object.fromEntries(Object.entries(properties).filter((_, index) => (index + seed) % 5 !== 0).map(([name, part], index) => [name, sample(part, seed + index)])),
  };
  return byType[schema.type as string]?.();
}

/** Records with no, some and all fields, qualities and outer parts present. */
function* records(category: Category, direction: Direction): Generator<[string, InterfaceRecord, MessageContext]> {
  const fields = [...category[direction].fields.values()];
  for (let seed = 0; seed < 16; seed++) {
    const chosen = fields.filter((_, index) => seed === 0 || (index * 7 + seed) % 3 !== 0 || seed > 12);
    const values = Object.fromEntries(chosen.map((field, index) => [field.name, sample(field.schema, seed + index)]));
    const text = HOSTILE[seed % HOSTILE.length]!;
    const more = seed % 2 === 0 ? {} : {
      physicalAsset: `SN ${text}`,
      quality: Object.fromEntries(fields.filter((_, index) => index % 4 === seed % 4).map(({ name }) => [name, { status: "Uncertain", code: "UncertainLastUsableValue", timestamp: "2026-11-22T08:30:04.000Z" }])),
      ...(direction === "output" && { confidence: 0.92, validUntil: "2026-11-22T09:00:00.000Z", model: { id: `model ${text}`, version: "1.0", digest: "sha256:ab" } }),
      ...(direction === "output" && seed % 4 === 1 && { nature: "command" }),
    };
    const job = seed % 3 === 0 ? {} : { job: { workScheduleId: `WS ${text}`, workRequestId: "WR-1", jobOrderId: "JO-1" } };
    yield [`${category.id} ${direction} ${seed}`, record(category.id, direction, values, more), job];
  }
  yield [`${category.id} ${direction} none`, record(category.id, direction, {}), {}];
}

const cases = [...profile.categories.values()].flatMap((category) => (["input", "output"] as const).flatMap((direction) =>
  category.messages[direction].flatMap((message) => [...records(category, direction)].map(([name, given, context]) => ({ message, name: `${message} ${name}`, given, context })))));
const OPTIONS: MessageOptions = { priority: "2.5", workMasterId: "WM-1", workScheduleId: "WS-M", sender: "gateway <1>", confirmation: "Always" };

describe("every message of every category", () => {
  test("is valid XML by the official XSD, with all and with no optional parts and with hostile text", { skip }, async () => {
    const documents = new Map(cases.map(({ message, name, given, context }, index) => [name, xmlOf(message, given, index % 2 ? OPTIONS : {}, context)]));
    assert.ok(documents.size > 100);
    assert.deepEqual([...await validateAgainstXsd(documents)], []);
  });

  test("is valid JSON by the official JSON schema, and valid XML after conversion", { skip }, async () => {
    const faultsOf = compileOfficialJson([...new Set(cases.map(({ message }) => message))]);
    const documents = new Map<string, string>();
    for (const { message, name, given, context } of cases) {
      const { document } = writerOf(message, "json", OPTIONS)(given, context);
      assert.deepEqual(faultsOf(document as Readonly<Record<string, unknown>>), [], name);
      documents.set(name, writeXml(readDocument(JSON.stringify(document))));
    }
    assert.deepEqual([...await validateAgainstXsd(documents)], []);
  });

  test("reads back to what was written, in both forms", () => {
    for (const { message, name, given, context } of cases) {
      const xml = xmlOf(message, given, OPTIONS, context);
      const back = readDocument(xml);
      assert.equal(writeXml(back), xml, name);
      assert.equal(writeXml(readDocument(JSON.stringify(writeJson(back)))), xml, name);
    }
  });

  test("carries record, input, profile with its provisional status, model, nature, confidence and validity", () => {
    const lineage = { confidence: 0.92, validUntil: "2026-11-22T09:00:00.000Z", model: { id: "tool-wear", version: "1.2.0", digest: "sha256:abc" } };
    for (const category of profile.categories.values()) {
      for (const message of category.messages.output) {
        const xml = xmlOf(message, record(category.id, "output", {}, lineage));
        const wanted = ["0193-record", "0193-input", `${profile.id}@${profile.version} (provisional)`, "tool-wear", "1.2.0", "sha256:abc", category.nature, "0.92", lineage.validUntil];
        for (const text of wanted) assert.ok(xml.includes(`>${text}<`), `${message} names ${text}`);
      }
    }
  });

  test("is the same for the same record but for BODID and creation time", () => {
    const changing = /<BODID>[^<]*<\/BODID>|<CreationDateTime>[^<]*<\/CreationDateTime>/g;
    const write = compileMessage({ profile, message: "SyncPhysicalAsset", format: "xml" });
    const [first, second] = [write(rul()), write(rul())];
    assert.notEqual(first.bodId, second.bodId);
    assert.equal((first.document as string).replace(changing, ""), (second.document as string).replace(changing, ""));
  });

  test("comes as the category's default where none is chosen", () => {
    const write = compileMessage({ profile, message: "", format: "json" });
    assert.equal(write(rul()).message, "SyncPhysicalAsset");
    assert.equal(write(record("soft-sensor", "output", { viscosity: 21 })).message, "SyncTestResult");
    assert.equal(write(record("soft-sensor", "input", { paintTemperature: 21 })).message, "SyncWorkPerformance");
  });
});

describe("what a document says", () => {
  test("a prediction is never written as a bare test result", () => {
    for (const nature of ["prediction", "proposal", "command"] as const) {
      const root = readXml(xmlOf("SyncTestResult", record("soft-sensor", "output", { viscosity: 21 }, { nature })));
      const result = find(root, "TestResult")!;
      assert.match(childText(result, "Description"), new RegExp(`^Model-made ${nature}, not a measurement: model the-model, version 1.2.0$`));
      assert.match(childText(result, "EvaluatedCriterionResult"), /not a measurement/);
      const measurement = result.children.find((child) => child.name === "PropertyMeasurement")!;
      assert.equal(childText(measurement, "ID"), `viscosity.${nature}`);
      assert.equal(childText(measurement, "TestableObjectPropertyID"), "viscosity");
      assert.equal(childText(measurement, "WorkDefinitionID"), "model:the-model@1.2.0");
      assert.equal(find(measurement, "MeasurementDate"), undefined);
      assert.equal(find(measurement, "Key")?.text, nature);
    }
  });

  test("every value that was not measured says so beside the value", () => {
    for (const { message, given } of cases.filter(({ given }) => given.direction === "output")) {
      for (const value of all(readXml(xmlOf(message, given)), "Value")) {
        const isField = value.children.some((child) => child.name === "UnitOfMeasure");
        if (isField) assert.ok(value.children.some((child) => child.name === "Key" && child.text !== "measurement"));
      }
    }
  });

  test("a predicted end of life becomes the latest time of a maintenance request that starts nothing", () => {
    const root = readXml(xmlOf("ProcessWorkSchedule", rul({ remainingUsefulLife: 41.5, predictedEndOfLife: "2026-11-24T02:00:00.000Z" }), { priority: "2", workMasterId: "WM-TOOL" }));
    const request = find(root, "WorkRequest")!;
    assert.equal(find(root, "Process")?.attributes.get("acknowledgeCode"), "Always");
    assert.deepEqual(["WorkType", "StartTime", "EndTime", "Priority", "RequestState"].map((name) => childText(request, name)), ["Maintenance", "2026-11-22T08:30:05.120Z", "2026-11-24T02:00:00.000Z", "2", "Forecast"]);
    assert.equal(find(root, "WorkMasterID")?.text, "WM-TOOL");
    assert.equal(find(root, "Command"), undefined);
    assert.equal(find(root, "PhysicalAssetID")?.text, "cnc-07");
  });

  test("an end of life that has passed leaves no request that ends before it starts", () => {
    const request = find(readXml(xmlOf("ProcessWorkSchedule", rul({ predictedEndOfLife: "2026-11-20T00:00:00.000Z" }))), "WorkRequest")!;
    assert.ok(childText(request, "StartTime") <= childText(request, "EndTime"));
  });

  test("a value carries its unit, its type, its quality and its own time", () => {
    const quality = { torque: { status: "Uncertain", code: "UncertainSensorNotAccurate", timestamp: "2026-11-22T08:30:04.000Z" } } as const;
    const root = readXml(xmlOf("SyncWorkPerformance", record("predictive-maintenance", "input", { torque: 40, usageCount: 7, toolId: "T 1" }, { quality })));
    const data = new Map(all(root, "JobResponseData").map((entry) => [childText(entry, "ID"), entry]));
    const torque = data.get("torque")!;
    assert.equal(find(torque, "UnitOfMeasure")?.text, "NU");
    assert.equal(find(torque, "UnitOfMeasure")?.attributes.get("listID"), "UN/CEFACT Rec 20");
    assert.deepEqual(["torque", "usageCount", "toolId"].map((name) => find(data.get(name)!, "DataType")?.text), ["double", "integer", "string"]);
    const facts = all(torque, "SegmentDataChild").map((child) => [childText(child, "ID"), find(child, "ValueString")?.text]);
    assert.deepEqual(facts, [["torque.quality", "Uncertain"], ["torque.statusCode", "UncertainSensorNotAccurate"], ["torque.sourceTime", "2026-11-22T08:30:04.000Z"]]);
    assert.equal(find(root, "Key"), undefined);
  });

  test("a field without value but with bad quality is named without a value", () => {
    const xml = xmlOf("SyncWorkPerformance", record("predictive-maintenance", "input", { airTemperature: null }, { quality: { airTemperature: { status: "Bad", code: "BadSensorFailure" } } }));
    const entry = all(readXml(xml), "JobResponseData").find((data) => childText(data, "ID") === "airTemperature")!;
    assert.equal(entry.children.some((child) => child.name === "Value"), false);
    assert.match(xml, />BadSensorFailure</);
  });

  test("the place is nested by level, and the asset falls back to the lowest level", () => {
    const root = readXml(xmlOf("SyncPhysicalAsset", rul()));
    const levels = all(root, "EquipmentLevel").map((level) => level.text);
    assert.deepEqual(levels, ["Enterprise", "Site", "Area", "WorkCenter", "WorkUnit"]);
    assert.equal(childText(find(root, "PhysicalAsset")!, "ID"), "cnc-07");
    assert.equal(childText(find(readXml(xmlOf("SyncPhysicalAsset", rul({}, { physicalAsset: "SN-4711" }))), "PhysicalAsset")!, "ID"), "SN-4711");
    assert.deepEqual(all(readXml(xmlOf("SyncPhysicalAsset", rul({}, { equipment: "acme/shanghai" }))), "EquipmentLevel").map((level) => level.text), ["Enterprise", "Site"]);
  });

  test("the job of the flow is named; without one no schedule is claimed", () => {
    const audit = record("adaptive-control", "output", { feedOverrideSetpoint: 90 });
    const job = { workScheduleId: "WS-7", workRequestId: "WR-7", jobOrderId: "JO-7" };
    const named = readXml(xmlOf("SyncWorkPerformance", audit, {}, { job }));
    assert.deepEqual(["WorkScheduleID", "WorkRequestID", "JobOrderID"].map((name) => find(named, name)?.text), ["WS-7", "WR-7", "JO-7"]);
    assert.equal(find(readXml(xmlOf("SyncWorkPerformance", audit, { workScheduleId: "WS-N" })), "WorkScheduleID")?.text, "WS-N");
    assert.equal(find(readXml(xmlOf("SyncWorkPerformance", audit)), "WorkScheduleID")?.text, "UNSCHEDULED");
  });

  test("a field's annotation decides where it goes, a plain element included", () => {
    const mapped = withField("predictedEndOfLife", { isa95: [{ message: "ProcessWorkSchedule", path: "WorkSchedule/WorkRequest/JobOrder/EndTime" }, { message: "ProcessWorkSchedule", path: "WorkSchedule/WorkRequest/JobOrder/PhysicalAssetRequirement/PhysicalAssetRequirementProperty", property: "EOL" }] });
    const write = compileMessage({ profile: mapped, message: "ProcessWorkSchedule", format: "xml" });
    const root = readXml(write(rul({ predictedEndOfLife: "2026-11-24T00:00:00.000Z" })).document as string);
    assert.equal(childText(find(root, "JobOrder")!, "EndTime"), "2026-11-24T00:00:00.000Z");
    assert.equal(childText(find(root, "PhysicalAssetRequirementProperty")!, "ID"), "EOL");
  });

  test("a field without a target for the message is still in it", () => {
    const write = compileMessage({ profile: withField("healthIndex", { isa95: [] }), message: "SyncPhysicalAsset", format: "xml" });
    assert.match(write(rul({ healthIndex: 0.8 })).document as string, /<ID>healthIndex<\/ID>/);
  });
});

describe("what is refused", () => {
  const refuses = (expected: ErrorCode, where: string, given: unknown, message = "SyncPhysicalAsset") =>
    assert.throws(() => xmlOf(message, given as InterfaceRecord), code(expected, where));

  test("a message that does not suit the category or direction, with what suits", () => {
    assert.throws(() => xmlOf("SyncPhysicalAsset", record("soft-sensor", "output", { viscosity: 1 })), (thrown) =>
      code("RESONANCE_ISA95_MESSAGE_UNSUITABLE", "message")(thrown) && (thrown as Error).message.includes("SyncTestResult, SyncWorkPerformance"));
    assert.throws(() => compileMessage({ profile, message: "ProcessWorkRequest", format: "xml" }), code("RESONANCE_ISA95_MESSAGE_UNSUITABLE", "message"));
  });

  test("what is no record, with the part that is missing", () => {
    refuses("RESONANCE_ISA95_RECORD", "payload", "text");
    refuses("RESONANCE_ISA95_RECORD", "payload", [rul()]);
    for (const name of ["profile", "category", "id", "timestamp", "equipment", "values", "nature", "direction", "model", "inputId"]) {
      refuses("RESONANCE_ISA95_RECORD", name, { ...rul(), [name]: undefined });
    }
    refuses("RESONANCE_ISA95_RECORD", "timestamp", { ...rul(), timestamp: "2026-02-30T00:00:00Z" });
    for (const confidence of [Number.NaN, -0.1, 1.5, "0.5", null]) refuses("RESONANCE_ISA95_RECORD", "confidence", { ...rul(), confidence });
    refuses("RESONANCE_ISA95_RECORD", "validUntil", { ...rul(), validUntil: "tomorrow" });
  });

  test("a record of another profile; another version of the same one is written with its own version", () => {
    refuses("RESONANCE_ISA95_PROFILE", "profile", { ...rul(), profile: "house-profile@1.0.0" });
    assert.match(xmlOf("SyncPhysicalAsset", { ...rul(), profile: `${profile.id}@0.0.9` }), /gbt-provisional@0\.0\.9/);
  });

  test("values that are no numbers, of the wrong type or of no field", () => {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, "41", true, {}]) refuses("RESONANCE_ISA95_FIELD_VALUE", "values/remainingUsefulLife", rul({ remainingUsefulLife: value }));
    refuses("RESONANCE_ISA95_FIELD_VALUE", "values/usageCount", record("predictive-maintenance", "input", { usageCount: 1.5 }), "SyncWorkPerformance");
    refuses("RESONANCE_ISA95_FIELD_UNKNOWN", "values/nothing", rul({ nothing: 1 }));
    for (const time of ["2026-02-30T00:00:00Z", "2027-02-29T00:00:00Z", "2026-11-22T08:30:05", "2026-11-22", "2026-11-22T24:00:00Z", "tomorrow", ""]) {
      for (const message of ["SyncPhysicalAsset", "ProcessWorkSchedule"]) refuses("RESONANCE_ISA95_FIELD_VALUE", "values/predictedEndOfLife", rul({ predictedEndOfLife: time }), message);
    }
  });

  test("characters XML cannot carry, in both forms, with the path", () => {
    for (const character of ["\u0000", "\u0008", "\u000b", "\u001b", "\ufffe", "\ud800", "\udc00"]) {
      for (const format of ["xml", "json"] as const) {
        assert.throws(() => compileMessage({ profile, message: "SyncPhysicalAsset", format })(rul({ component: `a${character}b` })), (thrown) =>
          code("RESONANCE_ISA95_CHARACTER")(thrown) && /PhysicalAssetProperty\[1\]\/Value\[0\]\/ValueString$/.test((thrown as ResonanceError).path ?? ""));
      }
    }
  });

  test("an equipment path that names no place", () => {
    for (const equipment of ["acme//cnc", "/acme", "acme/", "a/b/c/d/e/f/g/h"]) refuses("RESONANCE_ISA95_EQUIPMENT", "equipment", rul({}, { equipment }));
  });

  test("a priority that is no decimal number, and an annotation the schema has no place for, at deploy", () => {
    assert.throws(() => compileMessage({ profile, message: "ProcessWorkSchedule", format: "xml", options: { priority: "high" } }), code("RESONANCE_CONFIG_INVALID", "priority"));
    const wrong = withField("healthIndex", { isa95: [{ message: "SyncPhysicalAsset", path: "PhysicalAsset/Health" }] });
    assert.throws(() => compileMessage({ profile: wrong, message: "SyncPhysicalAsset", format: "xml" }), code("RESONANCE_ISA95_TARGET_INVALID", "healthIndex"));
  });
});

describe("the structure file", () => {
  test("has the order, cardinality and types of the official schemas", { skip }, () => {
    const official = JSON.parse(readFileSync(path.join(sharedData!, "b2mml", "v0701-structure.json"), "utf8")) as Official;
    const seen = new Set<TypeSpec>();
    for (const message of MESSAGES) compare(messageType(message)!, official, seen);
    assert.ok(seen.size > 50);
  });

  test("drives the writer: the order in the object does not matter, the traps of the schema hold", () => {
    const test = (parameter: Tree): B2mmlDocument => ({
      message: "ProcessWorkSchedule",
      content: {
        DataArea: { WorkSchedule: [{ WorkRequest: [{ JobOrder: [{ JobOrderParameter: [parameter], ID: "J" }], ID: "R" }], ID: "S" }], Process: {} },
        ApplicationArea: { BODID: "b", CreationDateTime: "2026-01-15T08:30:05Z" }, "@releaseID": "7.0.1",
      },
    });
    const xml = writeXml(test({ Description: ["d"], Value: [{ DataType: "double", ValueString: 1 }], ID: "p" }));
    assert.match(xml, /<ID>p<\/ID><Value><ValueString>1<\/ValueString><DataType>double<\/DataType><\/Value><Description>d<\/Description>/);
    assert.match(xml, /<CreationDateTime>.*<BODID>/);
    const at = "ProcessWorkSchedule/DataArea/WorkSchedule[0]/WorkRequest[0]/JobOrder[0]/JobOrderParameter[0]";
    for (const [tree, expected, where] of [
      [{}, "RESONANCE_ISA95_ELEMENT_MISSING", `${at}/ID`],
      [{ ID: "p", Nothing: "x" }, "RESONANCE_ISA95_ELEMENT_UNKNOWN", `${at}/Nothing`],
      [{ ID: ["p", "q"] }, "RESONANCE_ISA95_ELEMENT_REPEATED", `${at}/ID`],
      [{ ID: "p", Value: [{ ValueString: 1, DataType: "FP32" }] }, "RESONANCE_ISA95_VALUE_INVALID", `${at}/Value[0]/DataType`],
      [{ ID: "p", HierarchyScope: { EquipmentID: "e" } }, "RESONANCE_ISA95_ELEMENT_MISSING", `${at}/HierarchyScope/EquipmentElementLevel`],
      [{ ID: "p", HierarchyScope: { EquipmentID: "e", EquipmentLevel: "Site", EquipmentElementLevel: "Site" } }, "RESONANCE_ISA95_ELEMENT_REPEATED", `${at}/HierarchyScope/EquipmentLevel`],
      [{ ID: { $: "p", "@wrong": "x" } }, "RESONANCE_ISA95_ELEMENT_UNKNOWN", `${at}/ID/@wrong`],
      [{ ID: null }, "RESONANCE_ISA95_VALUE_INVALID", `${at}/ID`],
    ] as const) {
      for (const write of [writeXml, writeJson]) assert.throws(() => write(test(tree)), code(expected, where));
    }
    assert.match(writeXml(test({ ID: "p", Value: [{ ValueString: null }] })), /<ValueString xmlns:xsi="[^"]+" xsi:nil="true"\/>/);
  });

  test("writes decimals without exponent and refuses what is none", () => {
    const write = (value: number): string => literal({ base: "decimal" }, value, ["x"]);
    assert.deepEqual([1e21, 1.5e-7, -1e-7, 1.25e22, -0, 12.5].map(write), ["1000000000000000000000", "0.00000015", "-0.0000001", "12500000000000000000000", "0", "12.5"]);
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) assert.throws(() => write(value), code("RESONANCE_ISA95_VALUE_INVALID"));
  });
});

describe("the checker", { skip }, () => {
  const read = (folder: string, file: string): string => readFileSync(path.join(samples, folder, file), "utf8");
  const known = (file: string): boolean => MESSAGES.includes(file.replace(/\..*$/, ""));

  test("accepts every official sample of a message it knows, in all three forms", () => {
    const files = ["xml", "json", "json-dollar"].flatMap((folder) => readdirSync(path.join(samples, folder)).filter(known).map((file) => [folder, file] as const));
    assert.ok(files.length >= 18, `${files.length} samples`);
    for (const [folder, file] of files) assert.equal(readDocument(read(folder, file)).message, file.replace(/\..*$/, ""));
  });

  test("refuses every negative sample, and none for the message alone where it knows it", () => {
    for (const file of readdirSync(path.join(samples, "xml-negative"))) {
      const xml = read("xml-negative", file);
      assert.throws(() => readDocument(xml), (thrown) => {
        assert.ok(thrown instanceof ResonanceError, file);
        const root = /<(\w+) xmlns/.exec(xml)?.[1] ?? "";
        assert.equal(thrown.code === "RESONANCE_ISA95_MESSAGE_UNKNOWN", !MESSAGES.includes(root), `${file}: ${thrown.code}`);
        return true;
      });
    }
  });

  test("agrees with the official XSD on mutations of its own messages", async () => {
    const xml = xmlOf("ProcessWorkSchedule", rul({ remainingUsefulLife: 1 }), { priority: "2" });
    const mutations: Readonly<Record<string, [string | RegExp, string]>> = {
      "no release": [' releaseID="7.0.1"', ""],
      "no creation time": [/<CreationDateTime>.*?<\/CreationDateTime>/, ""],
      "bad date": [/<CreationDateTime>.*?</, "<CreationDateTime>2026-02-30T00:00:00Z<"],
      "bad hour": [/<CreationDateTime>.*?</, "<CreationDateTime>2026-01-15T25:00:00Z<"],
      "bad zone": [/<CreationDateTime>.*?</, "<CreationDateTime>2026-01-15T05:00:00+15:00<"],
      "BODID first": [/(<Sender>.*?<\/CreationDateTime>)(<BODID>.*?<\/BODID>)/, "$2$1"],
      "bad enum": ["<WorkType>Maintenance<", "<WorkType>Repair<"],
      "priority high": ["<Priority>2<", "<Priority>high<"],
      "priority exponent": ["<Priority>2<", "<Priority>2e3<"],
      "data type FP32": ["<DataType>double<", "<DataType>FP32<"],
      "both levels": ["<EquipmentLevel>Enterprise</EquipmentLevel>", "<EquipmentElementLevel>Enterprise</EquipmentElementLevel><EquipmentLevel>Enterprise</EquipmentLevel>"],
      "no level": ["<EquipmentLevel>Enterprise</EquipmentLevel>", ""],
      "description before value": [/(<Value>(?:(?!<Value>).)*?<\/Value>)(<Description>.*?<\/Description>)/, "$2$1"],
      "wrong verb": [/<Process [^>]*\/>/, "<Sync/>"],
      "wrong noun": ["<WorkSchedule>", "<WorkAlert><ID>x</ID></WorkAlert><WorkSchedule>"],
      "foreign user area": ["</BODID>", '</BODID><UserArea><x xmlns="urn:foo">1</x></UserArea>'],
      "text between elements": ["<WorkSchedule>", "<WorkSchedule>text"],
      "foreign namespace": ["http://www.mesa.org/xml/B2MML", "http://www.mesa.org/xml/B2MML-V0600"],
      "second ID": ["<WorkRequest>", "<WorkRequest><ID>a</ID>"],
      "no work request": [/<WorkRequest>.*<\/WorkRequest>/, ""],
    };
    const documents = new Map(Object.entries(mutations).map(([name, [from, to]]) => [name, xml.replace(from, to)]));
    const faults = await validateAgainstXsd(documents);
    for (const [name, document] of documents) {
      assert.notEqual(document, xml, name);
      assert.ok(faults.has(name), `XSD accepts ${name}`);
      assert.throws(() => readDocument(document), ResonanceError, name);
    }
    const same = { "other value": ["<WorkType>Maintenance<", '<WorkType OtherValue="x">Other<'], "offset time": [/<CreationDateTime>.*?</, "<CreationDateTime>2026-01-15T08:30:05.123+01:00<"], "midnight": [/<CreationDateTime>.*?</, "<CreationDateTime>2026-01-15T24:00:00<"] } as const;
    const accepted = new Map(Object.entries(same).map(([name, [from, to]]) => [name, xml.replace(from, to)]));
    assert.deepEqual([...await validateAgainstXsd(accepted)], []);
    for (const document of accepted.values()) readDocument(document);
  });

  test("refuses in JSON what the official JSON schema lets pass", () => {
    const { document } = compileMessage({ profile, message: "ProcessWorkSchedule", format: "json", options: { priority: "2" } })(rul());
    const text = JSON.stringify(document);
    for (const [from, to] of [['"WorkType":"Maintenance"', '"WorkType":"Repair"'], ['"Priority":2', '"Priority":"high"'], ['"DataType":"double"', '"DataType":"FP32"'], ['"EquipmentLevel":"Enterprise",', ""], ['"ID":"equipment","EquipmentID":["cnc-07"]', '"ID":"equipment","EquipmentID":"cnc-07"']] as const) {
      assert.ok(text.includes(from), from);
      assert.throws(() => readDocument(text.replace(from, to)), ResonanceError, to);
    }
    for (const broken of ["{}", "[]", "null", "1", '{"ProcessWorkSchedule":1}', '{"a":{},"b":{}}', '{"__proto__":{}}', "{", `${'{"a":'.repeat(100)}1${"}".repeat(100)}`]) assert.throws(() => readDocument(broken, "json"), ResonanceError, broken);
  });
});

describe("reading XML", () => {
  test("refuses DTDs, own entities, unknown prefixes, what is not well-formed, too deep or too long", () => {
    const deep = `${"<a>".repeat(80)}${"</a>".repeat(80)}`;
    for (const xml of [
      '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', '<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', "<a>&x;</a>", "<a>&nbsp;</a>", "<a>&#0;</a>", "<a>&#xD800;</a>", "<a>& b</a>",
      "<p:a/>", "<a><b></a></b>", "<a", "", "text", "<a/><b/>", deep, `<a>${"x".repeat(8 * 1024 * 1024)}</a>`,
    ]) assert.throws(() => readXml(xml), code("RESONANCE_ISA95_UNREADABLE"), xml.slice(0, 60));
  });

  test("resolves prefixes, the five entities, numbers, CDATA, comments and a byte order mark", () => {
    const root = readXml('\uFEFF<?xml version="1.0"?><!-- c --><x:a xmlns:x="urn:1" t="&lt;&quot;&#65;&#x42;"><x:b>&amp;<![CDATA[<&amp;>]]>&gt;</x:b><b xmlns="urn:2"><!-- - -->1<!-- - -->2</b></x:a>');
    assert.deepEqual([root.name, root.namespace, root.attributes.get("t")], ["a", "urn:1", '<"AB']);
    assert.deepEqual(root.children.map(({ name, namespace, text }) => [name, namespace, text]), [["b", "urn:1", "&<&amp;>>"], ["b", "urn:2", "12"]]);
  });
});

test("a fault's text is short however long the document", () => {
  for (const xml of ["<a>".repeat(100_000), `<${"x".repeat(100_000)}`, "<".repeat(100_000)]) {
    assert.throws(() => readXml(xml), (thrown) => thrown instanceof ResonanceError && thrown.message.length < 500);
  }
});

describe("reading answers", () => {
  const NAMESPACES = ["http://www.wbf.org/xml/B2MML-V0401", "http://www.wbf.org/xml/B2MML-V05", "http://www.mesa.org/xml/B2MML-V0600", "http://www.mesa.org/xml/B2MML"];
  const original = "<OriginalApplicationArea><CreationDateTime>2026-01-15T08:31:00Z</CreationDateTime><BODID> B-1 </BODID></OriginalApplicationArea>";
  const criteria = (actionCode: string, status = ""): string => `<ResponseCriteria><ResponseExpression actionCode="${actionCode}"/>${status}</ResponseCriteria>`;
  const acknowledge = (inner: string, namespace = NAMESPACES[3]!, verb = "Acknowledge"): string =>
    `<${verb}WorkSchedule xmlns="${namespace}" releaseID="x"><ApplicationArea/><DataArea><${verb}>${inner}</${verb}></DataArea></${verb}WorkSchedule>`;
  const confirm = (bod: string, verb = ""): string => `<ConfirmBOD xmlns="${NAMESPACES[3]!}"><DataArea><Confirm>${verb}</Confirm><BOD>${bod}</BOD></DataArea></ConfirmBOD>`;

  test("takes the verdict, the reason and the BODID from every version, verb and prefix", () => {
    for (const namespace of NAMESPACES) assert.deepEqual(readAnswer(acknowledge(original + criteria("Accepted"), namespace)), { message: "AcknowledgeWorkSchedule", verdict: "accepted", originalBodId: "B-1" });
    assert.deepEqual(readAnswer(acknowledge(criteria("Rejected", "<ChangeStatus><Description>no capacity</Description><Reason>R 7</Reason></ChangeStatus>"))), { message: "AcknowledgeWorkSchedule", verdict: "rejected", reason: "no capacity; R 7" });
    assert.equal(readAnswer(acknowledge(criteria("Modified"), undefined, "Respond")).verdict, "modified");
    assert.equal(readAnswer(acknowledge(criteria("Accepted") + criteria("Rejected"))).verdict, "rejected");
    assert.equal(readAnswer(acknowledge(criteria(" ACCEPTED "))).verdict, "accepted");
    assert.equal(readAnswer(acknowledge("")).verdict, "none");
    assert.equal(readAnswer(acknowledge(criteria("Frobnicate"))).verdict, "none");
    const prefixed = acknowledge(criteria("Rejected")).replace(/<(\/?)(?=[A-Z])/g, "<$1q:").replace("xmlns=", "xmlns:q=");
    assert.equal(readAnswer(prefixed).verdict, "rejected");
  });

  test("takes a ConfirmBOD as a receipt, and its text or criteria as the reason of a failure", () => {
    assert.deepEqual(readAnswer(confirm(original)), { message: "ConfirmBOD", verdict: "accepted", originalBodId: "B-1" });
    assert.deepEqual(readAnswer(confirm("<Description>schema error</Description><Note>line 3</Note>")), { message: "ConfirmBOD", verdict: "rejected", reason: "schema error; line 3" });
    assert.equal(readAnswer(confirm("<Description>thank you</Description>", criteria("Accepted"))).verdict, "accepted");
  });

  test("reads both JSON forms as it reads XML", { skip }, () => {
    for (const folder of ["json", "json-dollar"]) {
      const answer = readAnswer(readFileSync(path.join(samples, folder, "AcknowledgeWorkSchedule.json"), "utf8"));
      assert.deepEqual(answer, { message: "AcknowledgeWorkSchedule", verdict: "accepted", originalBodId: "7d7d3b4e-0f6e-4b1e-9a53-1d0f1f0a1c02" });
      assert.equal(readAnswer(readFileSync(path.join(samples, folder, "ConfirmBOD.json"), "utf8")).verdict, "rejected");
    }
  });

  test("refuses what is no answer of B2MML", () => {
    for (const text of ["OK", "<html><body>login</body></html>", '{"status":"ok"}', "{}", "[]", acknowledge("", "urn:other"), `<SyncWorkSchedule xmlns="${NAMESPACES[3]!}"/>`, "<!DOCTYPE html><html></html>"]) {
      assert.throws(() => readAnswer(text), ResonanceError, text);
    }
  });
});

/** The profile with another schema for one output field of predictive maintenance. */
function withField(name: string, change: Partial<FieldSchema>): Profile {
  const category = profile.categories.get("predictive-maintenance")!;
  const field = category.output.fields.get(name)!;
  const fields = new Map(category.output.fields).set(name, { ...field, schema: { ...field.schema, ...change } });
  return { ...profile, categories: new Map([[category.id, { ...category, output: { ...category.output, fields } }]]) };
}

interface Particle { readonly name?: string; readonly type?: string | null; readonly card?: string; readonly choice?: readonly Particle[]; readonly group?: string; readonly content?: readonly Particle[] }
interface Official { readonly complexTypes: Readonly<Record<string, { readonly file: string; readonly content: readonly Particle[] } | undefined>>; readonly groups: Readonly<Record<string, { readonly content: readonly Particle[] } | undefined>> }

/** Compares a type and all below it with an independent reading of the schemas. */
function compare(type: TypeSpec, official: Official, seen: Set<TypeSpec>, inline?: readonly Particle[]): void {
  if (seen.has(type)) return;
  seen.add(type);
  const particles = flatten(inline ?? official.complexTypes[type.name]?.content ?? [], official);
  const ours = [...type.elements.values()].map(({ name, many }) => `${name} ${many ? "*" : "1"}`);
  assert.deepEqual(ours, particles.map(({ name, card }) => `${name ?? ""} ${card?.endsWith("*") === true ? "*" : "1"}`), type.name);
  for (const { name, content, card } of particles) {
    const element = type.elements.get(name ?? "")!;
    const inChoice = type.choices.some(({ names }) => names.includes(element.name));
    if (!inChoice) assert.equal(element.required, card?.startsWith("1") === true, `${type.name}/${element.name}`);
    compare(element.type, official, seen, content);
  }
}

function flatten(particles: readonly Particle[], official: Official): readonly Particle[] {
  return particles.flatMap((particle) => {
    // A choice that repeats allows each of its elements any number of times.
    if (particle.choice) return flatten(particle.choice, official).map((one) => (particle.card?.endsWith("*") === true ? { ...one, card: "0..*" } : one));
    if (particle.group) return flatten(official.groups[particle.group.replace("Extended:", "")]?.content ?? [], official);
    // Recipes and batch records are BatchML's, which the pack leaves out.
    const isBatch = official.complexTypes[particle.type ?? ""]?.file.startsWith("BatchML") === true;
    return particle.name === undefined || isBatch ? [] : [particle];
  });
}
