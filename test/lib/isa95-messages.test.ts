import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, test } from "node:test";
import { ResonanceError } from "../../nodes/lib/errors/resonance-error";
import { compileMessage, type MessageContext, type MessageWriter } from "../../nodes/lib/isa95/compile-message";
import type { DocumentFormat } from "../../nodes/lib/isa95/document";
import type { MessageOptions } from "../../nodes/lib/isa95/frame";
import { FRAMES } from "../../nodes/lib/isa95/frames/frames";
import { readDocument } from "../../nodes/lib/isa95/read-document";
import { MESSAGES } from "../../nodes/lib/isa95/structure";
import { readXml, type XmlElement } from "../../nodes/lib/isa95/xml-reader";
import { writeXml } from "../../nodes/lib/isa95/xml-writer";
import { loadBuiltInProfile } from "../../nodes/lib/profile/load-profile";
import type { Category, Direction, Field, FieldSchema, Isa95Target, Profile } from "../../nodes/lib/profile/profile";
import type { InterfaceRecord, Nature, OutputRecord } from "../../nodes/lib/record/interface-record";
import { compileOfficialJson } from "../support/b2mml-json";
import { sharedData, skipWithout } from "../support/requirements";
import { validateAgainstXsd } from "../support/xsd";
import { all, childText, find } from "../support/xml-elements";

const skip = skipWithout("shared", sharedData);
const ALL = Object.keys(FRAMES);
const builtIn = loadBuiltInProfile();
const HOSTILE = ["<>&\"'", "]]>", "<!--", "&#0;&amp;", "缺陷 μm 😀", "a\tb\nc\r\nd", "", "  ", "\u0085\u2028", "defects.0.box"];

type Schema = Readonly<Record<string, unknown>>;
const box: Schema = { type: "object", properties: { x: { type: "integer", unit: "C62" }, y: { type: "integer", unit: "C62" }, width: { type: "number", unit: "MMT", title: { en: "Width", zh: "宽度", de: "Breite" } } } };
const FIELDS: Readonly<Record<string, Schema>> = {
  thickness: { type: "number", unit: "4H" },
  parts: { type: "integer", unit: "C62" },
  rejected: { type: "boolean" },
  verdict: { type: "string", enum: ["ok", "nok"] },
  finishedBy: { type: "string", format: "date-time" },
  alertMessage: { type: "string" },
  defects: { type: "array", items: { type: "object", properties: { defectClass: { type: "string" }, confidence: { type: "number", unit: "C62" }, box, seenAt: { type: "string", format: "date-time" }, certain: { type: "boolean" } } } },
  forecast: { type: "array", items: { type: "number", unit: "KWT" } },
  summary: { type: "object", properties: { quality: { type: "string" }, confidence: { type: "number", unit: "C62" }, nature: { type: "string" }, grid: { type: "array", items: { type: "array", items: { type: "integer", unit: "C62" } } } } },
  jobs: {
    type: "array",
    items: {
      type: "object",
      properties: {
        jobId: { type: "string" }, startTime: { type: "string", format: "date-time" }, endTime: { type: "string", format: "date-time" }, priority: { type: "integer", unit: "C62" },
        command: { type: "string" }, dispatchStatus: { type: "string" }, equipmentId: { type: "string" }, operation: { type: "string" }, setup: { type: "number", unit: "MIN" }, tools: { type: "array", items: { type: "string" } },
      },
    },
  },
};

const TEXT = { en: "Title <&>", zh: "标题", de: "Titel" };
const NEED = { assetClass: "model-result", confidentiality: "low", integrity: "low", availability: "low", safety: "low" } as const;

function field(name: string, schema: Schema, isa95: readonly Isa95Target[] = []): Field {
  return { name, required: false, common: false, schema: { title: TEXT, description: TEXT, vdi2182: NEED, isa95, ...schema } as unknown as FieldSchema };
}

/** A profile with one category whose records may become every message. */
function profileWith(targets: Readonly<Record<string, readonly Isa95Target[]>> = {}, more: Partial<Category> = {}): Profile {
  const fields = new Map(Object.entries(FIELDS).map(([name, schema]) => [name, field(name, schema, targets[name])]));
  const side = { fields, required: [], requireOneOf: [], ordered: [], schema: {} };
  const category: Category = {
    id: "everything", title: TEXT, description: TEXT, nature: "proposal", operationsType: "Production", momFunctions: ["Dispatching"], basis: [],
    messages: { input: ALL, output: ALL }, input: side, output: side, ...more,
  };
  return { ...builtIn, categories: new Map([[category.id, category]]) };
}

function record(values: Readonly<Record<string, unknown>>, more: Partial<OutputRecord> = {}, direction: Direction = "output"): InterfaceRecord {
  const output = direction === "output" ? { nature: "proposal", inputId: "0193-input", model: { id: "the-model", version: "1.2.0" } } : { nature: "measurement" };
  return {
    profile: `${builtIn.id}@${builtIn.version}`, category: "everything", direction, id: "0193-record", timestamp: "2026-11-22T08:30:05.120Z",
    equipment: "acme/shanghai/machining/line-1/cnc-07", values, ...output, ...more,
  } as InterfaceRecord;
}

const DEFECTS = [
  { defectClass: "scratch <1>", confidence: 0.93, box: { x: 10, y: 20, width: 1.25 }, seenAt: "2026-11-22T08:30:05.000Z", certain: true },
  { defectClass: "划痕", confidence: 1e-7, box: { x: 0, y: 0, width: 0 }, certain: false },
];
const JOBS = [
  { jobId: "J-1", startTime: "2026-11-22T09:00:00.000Z", endTime: "2026-11-22T10:00:00.000Z", priority: 2, command: "Start", dispatchStatus: "ready", equipmentId: "cnc-07", operation: "OP10 <a>", setup: 7.5, tools: ["T1", "T2"] },
  { jobId: "J-2", startTime: "2026-11-22T10:00:00.000Z", endTime: "2026-11-22T11:00:00.000Z", dispatchStatus: "parked", equipmentId: "cnc-08" },
  { jobId: "J-3", startTime: "2026-11-22T11:00:00.000Z" },
];
const FULL = {
  thickness: 41.5, parts: 7, rejected: false, verdict: "nok", finishedBy: "2026-11-24T02:00:00.000Z", alertMessage: "Film too thin", defects: DEFECTS,
  forecast: [1.5, -0.25, 1e21], summary: { quality: "fair", confidence: 0.5, nature: "soft", grid: [[1, 2], [], [3]] }, jobs: JOBS,
};
const QUALITY = { thickness: { status: "Uncertain", code: "UncertainX", timestamp: "2026-11-22T08:30:04.000Z" }, defects: { status: "Uncertain" }, summary: { status: "Bad" } } as const;
const LINEAGE = { confidence: 0.92, validUntil: "2026-11-22T09:00:00.000Z", model: { id: "film", version: "1.2.0", digest: "sha256:abc" } };
const OPTIONS: MessageOptions = { priority: "2.5", workMasterId: "WM-1", workScheduleId: "WS-M", sender: "gateway <1>", confirmation: "Always" };
const JOB = { job: { workScheduleId: "WS-7", workRequestId: "WR-7", jobOrderId: "JO-7", operationsScheduleId: "OS-7", operationsRequestId: "OR-7", operationsDefinitionId: "OD-7", operationsSegmentId: "SEG-7", processSegmentId: "PS-7", materialLotId: "LOT-7" } };

/** Records with everything, nothing, empty and hostile values, by name. */
const RECORDS: Readonly<Record<string, InterfaceRecord>> = {
  full: record(FULL, { ...LINEAGE, quality: QUALITY, physicalAsset: "SN <4711>" }),
  "full measured": record(FULL, { nature: "measurement" }),
  "full command": record(FULL, { nature: "command" }),
  "full input": record(FULL, { quality: QUALITY }, "input"),
  minimal: record({}),
  "minimal input": record({}, {}, "input"),
  "empty lists": record({ defects: [], forecast: [], summary: {}, jobs: [] }),
  nulls: record({ thickness: null, defects: null, summary: null }, { quality: QUALITY }),
  "nulls inside": record({ defects: [{ defectClass: null, box: null }], forecast: [1, null] }),
  ...Object.fromEntries(HOSTILE.map((text) => [
    `hostile ${JSON.stringify(text)}`,
    record({ alertMessage: text, defects: [{ defectClass: text, [`extra ${text}`]: text, deep: { a: [{ b: text }] } }], summary: { quality: text } }, { id: `id ${text}`, physicalAsset: `SN ${text}`, model: { id: `m ${text}`, version: "1" } }),
  ])),
};
const cases = ALL.flatMap((message) => Object.entries(RECORDS).flatMap(([name, given]) => [false, true].map((rich) => ({ message, name: `${message} ${name}${rich ? ", with job and options" : ""}`, given, rich }))));

function write(message: string, given: InterfaceRecord, { profile = everything, rich = false, context }: { profile?: Profile; rich?: boolean; context?: MessageContext } = {}): string {
  const prepared = profile === everything ? writerOf(message, "xml", rich) : compileMessage({ profile, message, format: "xml", options: rich ? OPTIONS : {} });
  return prepared(given, context ?? (rich ? JOB : {})).document as string;
}

function writeAsJson(message: string, given: InterfaceRecord, rich = false): Readonly<Record<string, unknown>> {
  return writerOf(message, "json", rich)(given, rich ? JOB : {}).document as Record<string, unknown>;
}

const everything = profileWith();
const writers = new Map<string, MessageWriter>();

/** A prepared message, the same for all records as in a flow. */
function writerOf(message: string, format: DocumentFormat, rich: boolean): MessageWriter {
  const key = `${message} ${format} ${rich}`;
  const write = writers.get(key) ?? compileMessage({ profile: everything, message, format, options: rich ? OPTIONS : {} });
  writers.set(key, write);
  return write;
}

/** A document without what differs each time it is written. */
const steady = (xml: string): string => xml.replace(/<BODID>[^<]*<\/BODID>|<CreationDateTime>[^<]*<\/CreationDateTime>/g, "");

describe("every message, from full, minimal, empty and hostile records", () => {
  test("is valid XML by the official XSD", { skip }, async () => {
    const documents = new Map(cases.map(({ message, name, given, rich }) => [name, write(message, given, { rich })]));
    assert.equal(documents.size, ALL.length * Object.keys(RECORDS).length * 2);
    assert.deepEqual([...await validateAgainstXsd(documents)], []);
  });

  test("is valid JSON by the official JSON schema, and valid XML after conversion", { skip }, async () => {
    const check = compileOfficialJson(ALL);
    const documents = new Map(cases.map(({ message, name, given, rich }) => {
      const document = writeAsJson(message, given, rich);
      assert.deepEqual(check(document), [], name);
      return [name, writeXml(readDocument(JSON.stringify(document)))];
    }));
    assert.deepEqual([...await validateAgainstXsd(documents)], []);
  });

  test("is the same to the byte from the prepared plan, through JSON and the schema's writer, and read back", () => {
    for (const { message, name, given, rich } of cases) {
      const xml = write(message, given, { rich });
      assert.equal(steady(writeXml(readDocument(JSON.stringify(writeAsJson(message, given, rich))))), steady(xml), name);
      assert.equal(writeXml(readDocument(xml)), xml, name);
    }
  });

  test("names record, input, profile, model, nature, confidence, validity and place", () => {
    const given = record(FULL, LINEAGE);
    const wanted = ["0193-record", "0193-input", `${builtIn.id}@${builtIn.version} (provisional)`, "film", "1.2.0", "sha256:abc", "proposal", "0.92", LINEAGE.validUntil, "cnc-07", "WorkUnit"];
    for (const message of ALL) {
      const xml = write(message, given);
      for (const text of wanted) assert.ok(xml.includes(`>${text}<`), `${message} names ${text}`);
    }
  });

  test("says of what a model made that it is no measurement, and says so of nothing that was measured", () => {
    for (const message of ALL.filter((name) => !["SyncPhysicalAsset", "SyncEquipment"].includes(name))) {
      for (const nature of ["prediction", "proposal", "command"] as const) assert.match(write(message, record({}, { nature })), new RegExp(`Model-made ${nature}, not a measurement: model the-model`), message);
      for (const given of [record(FULL, { nature: "measurement" }), record(FULL, {}, "input")]) assert.doesNotMatch(write(message, given), /not a measurement|Model-made/, message);
    }
  });

  test("carries no command unless the record is one", () => {
    for (const message of ALL) {
      for (const nature of ["measurement", "prediction", "proposal"] as const) assert.doesNotMatch(write(message, record(FULL, { nature }), { rich: true }), /<Command[ >]/, message);
    }
    assert.match(write("ProcessJobList", record(FULL, { nature: "command" })), /<Command>Start<\/Command>/);
  });
});

describe("structured values", () => {
  /** Messages whose values stand in a type that nests, with the names of entry and child. */
  const NESTED: Readonly<Record<string, readonly [entry: string, child: string]>> = {
    SyncPhysicalAsset: ["PhysicalAssetProperty", "PhysicalAssetPropertyChild"], SyncEquipment: ["EquipmentProperty", "EquipmentPropertyChild"], SyncMaterialLot: ["MaterialLotProperty", "MaterialLotPropertyChild"],
    ProcessWorkSchedule: ["JobOrderParameter", "ParameterChild"], SyncWorkPerformance: ["JobResponseData", "SegmentDataChild"], SyncJobResponse: ["JobResponseData", "SegmentDataChild"],
    SyncWorkAlert: ["WorkAlertProperty", "WorkAlertPropertyChid"], SyncOperationsPerformance: ["SegmentData", "SegmentDataChild"], SyncOperationsSchedule: ["SegmentParameter", "ParameterChild"],
    SyncOperationsCapability: ["EquipmentCapabilityProperty", "EquipmentCapabilityPropertyChild"],
  };
  const structured = { defects: DEFECTS, forecast: FULL.forecast, summary: FULL.summary };

  test("come back from nested entries as they were, with lists of lists and empty ones", () => {
    for (const [message, [entry, child]] of Object.entries(NESTED)) {
      const root = readXml(write(message, record(structured, { quality: QUALITY })));
      const entries = all(root, entry);
      for (const [name, value] of Object.entries(structured)) {
        const found = entries.find((candidate) => childText(candidate, "ID") === name);
        assert.ok(found, `${message} has ${name}`);
        assert.deepEqual(rebuild(found, child), value, `${message} ${name}`);
      }
    }
  });

  test("come back from measurements, one for each leaf with its path as ID", () => {
    const root = readXml(write("SyncTestResult", record(structured)));
    const leaves = new Map(all(root, "PropertyMeasurement").map((entry) => [childText(entry, "ID"), entry]));
    assert.equal(find(leaves.get("defects.0.box.x.proposal")!, "ValueString")?.text, "10");
    assert.equal(find(leaves.get("defects.0.box.width.proposal")!, "UnitOfMeasure")?.text, "MMT");
    assert.equal(childText(leaves.get("defects.1.defectClass.proposal")!, "TestableObjectPropertyID"), "defects.1.defectClass");
    assert.equal(find(leaves.get("defects.proposal")!, "ValueString")?.text, "2");
    assert.equal(find(leaves.get("summary.grid.1.proposal")!, "ValueString")?.text, "0");
    assert.equal(find(leaves.get("forecast.2.proposal")!, "ValueString")?.text, "1e+21");
    const leafCount = (1 + 7 + 6) + (1 + 3) + (3 + 4 + 3);
    assert.equal([...leaves.keys()].filter((id) => /^(defects|forecast|summary)\b/.test(id)).length, leafCount);
    for (const [id, entry] of leaves) if (id.endsWith(".proposal")) assert.equal(find(entry, "Key")?.text, "proposal", id);
  });

  test("keep their own parts apart from what is known of them", () => {
    const entry = all(readXml(write("SyncPhysicalAsset", record(structured, { quality: QUALITY }))), "PhysicalAssetProperty").find((candidate) => childText(candidate, "ID") === "summary")!;
    const ids = all(entry, "PhysicalAssetPropertyChild").map((child) => childText(child, "ID"));
    assert.equal(new Set(ids).size, ids.length);
    const about = all(entry, "PhysicalAssetPropertyChild").find((child) => childText(child, "ID") === "summary.modelDataRecord")!;
    assert.deepEqual(all(about, "PhysicalAssetPropertyChild").map((child) => [childText(child, "ID"), find(child, "ValueString")?.text]), [["summary.modelDataRecord.nature", "proposal"], ["summary.modelDataRecord.quality", "Bad"]]);
  });

  test("an empty list is told from none, and a null inside from text", () => {
    const xml = write("SyncPhysicalAsset", record({ forecast: [], defects: [{ defectClass: null }] }));
    const [defects, forecast] = ["defects", "forecast"].map((name) => all(readXml(xml), "PhysicalAssetProperty").find((entry) => childText(entry, "ID") === name)!) as [XmlElement, XmlElement];
    assert.equal(find(forecast, "ValueString")?.text, "0");
    assert.equal(all(defects, "ValueString").find((value) => value.attributes.has("xsi:nil"))?.text, "");
    assert.doesNotMatch(write("SyncPhysicalAsset", record({ defects: [] })), /<ID>forecast<\/ID>/);
  });

  test("a part of the wrong type, a scalar for a list and endless nesting are refused with the path, in both forms", () => {
    let endless: unknown = 1;
    for (let level = 0; level < 10_000; level++) endless = level % 2 ? [endless] : { a: endless };
    for (const [value, where] of [
      [[{ confidence: "high" }], "values/defects/0/confidence"], [[{ box: 1 }], "values/defects/0/box"], ["none", "values/defects"], [{ a: 1 }, "values/defects"], [[[]], "values/defects/0"],
      [[{ confidence: Number.NaN }], "values/defects/0/confidence"],
    ] as const) {
      for (const message of ["SyncPhysicalAsset", "SyncTestResult", "NotifyOperationsEvent"]) refuses(() => write(message, record({ defects: value })), where);
      refuses(() => writeAsJson("SyncPhysicalAsset", record({ defects: value })), where);
    }
    for (const message of ALL) refuses(() => write(message, record({ defects: endless })));
  });
});

describe("job lists", () => {
  const orders = (message: string, values: Readonly<Record<string, unknown>> = FULL, nature: Nature = "proposal"): readonly XmlElement[] => all(readXml(write(message, record(values, { nature }))), "JobOrder");
  const SCHEDULES = ["ProcessJobList", "SyncWorkSchedule", "ProcessWorkSchedule"];

  test("become job orders with times, priority, status and equipment", () => {
    for (const message of SCHEDULES) {
      const found = orders(message);
      assert.deepEqual(found.map((order) => childText(order, "ID")), ["J-1", "J-2", "J-3"]);
      const [first, second, third] = found as [XmlElement, XmlElement, XmlElement];
      assert.deepEqual(["StartTime", "EndTime", "Priority", "DispatchStatus"].map((name) => childText(first, name)), ["2026-11-22T09:00:00.000Z", "2026-11-22T10:00:00.000Z", "2", "Ready"]);
      assert.deepEqual(found.map((order) => find(order, "EquipmentID")?.text), ["cnc-07", "cnc-08", undefined]);
      const status = second.children.find((child) => child.name === "DispatchStatus")!;
      assert.deepEqual([status.text, status.attributes.get("OtherValue")], ["Other", "parked"]);
      assert.equal(childText(third, "EndTime"), "");
    }
  });

  test("keep what job orders have no element for as parameters", () => {
    const [first] = orders("ProcessJobList") as [XmlElement];
    const parameters = new Map(first.children.filter((child) => child.name === "JobOrderParameter").map((entry) => [childText(entry, "ID"), entry]));
    assert.equal(find(parameters.get("operation")!, "ValueString")?.text, "OP10 <a>");
    assert.equal(find(parameters.get("setup")!, "UnitOfMeasure")?.text, "MIN");
    assert.deepEqual(rebuild(parameters.get("tools")!, "ParameterChild"), ["T1", "T2"]);
    assert.equal(find(parameters.get("command")!, "ValueString")?.text, "Start", "a proposed command is only a parameter");
    assert.equal(find(parameters.get("command")!, "Key")?.text, "proposal");
  });

  test("say in the first order all that is known of the record, in every other which record it is", () => {
    const found = orders("SyncWorkSchedule");
    const ids = (order: XmlElement): readonly string[] => order.children.filter((child) => child.name === "JobOrderParameter").map((entry) => childText(entry, "ID"));
    assert.ok(["modelDataRecord", "thickness", "defects"].every((id) => ids(found[0]!).includes(id)));
    for (const order of found.slice(1)) {
      assert.deepEqual(ids(order), ["modelDataRecord"]);
      assert.deepEqual(all(order, "ValueString").map(({ text }) => text), ["0193-record", "proposal"]);
    }
  });

  test("command only in a record that is a command, and then not twice", () => {
    const [first] = orders("ProcessJobList", FULL, "command") as [XmlElement];
    assert.equal(childText(first, "Command"), "Start");
    assert.doesNotMatch(write("ProcessJobList", record(FULL, { nature: "command" })), /<ID>command<\/ID>/);
  });

  test("without a job leave the one order that carries the record; a job that is none is refused", () => {
    for (const values of [{ thickness: 1 }, { thickness: 1, jobs: [] }]) assert.deepEqual(orders("ProcessJobList", values).map((order) => childText(order, "ID")), ["JO-0193-record"]);
    refuses(() => orders("ProcessJobList", { jobs: ["J-1"] }), "values/jobs/0");
    refuses(() => orders("ProcessJobList", { jobs: [{ jobId: { a: 1 } }] }), "values/jobs/0/jobId");
    refuses(() => orders("ProcessJobList", { jobs: "J-1" }), "values/jobs");
    for (const startTime of ["tomorrow", "2026-11-22T09:00:00", 5]) refuses(() => orders("ProcessJobList", { jobs: [{ jobId: "J", startTime }] }), "values/jobs/0/startTime");
  });
});

describe("what each message says", () => {
  test("an event holds Sync, its type, level and function, and refers to values it cannot carry", () => {
    const root = readXml(write("NotifyOperationsEvent", record({ thickness: 41.5, alertMessage: "Film too thin" })));
    assert.ok(find(root, "Sync"));
    assert.equal(find(root, "Notify"), undefined);
    const event = find(root, "OperationsEvent")!;
    assert.deepEqual(["OperationsEventType", "OperationsEventLevel", "OperationsType", "MOMFunction", "Category", "Source", "Description"].map((name) => childText(event, name)), ["Event", "Level 3", "Production", "Dispatching", "everything", "model:the-model@1.2.0", "Film too thin"]);
    assert.equal(find(root, "OperationsRecordSpecificationID")?.text, `${builtIn.id}@${builtIn.version}/everything/output`);
    const entry = all(root, "OperationsRecordEntry").find((candidate) => childText(candidate, "ID") === "thickness")!;
    assert.equal(childText(entry, "ExternalReferenceID"), "0193-record#values/thickness");
    assert.ok(all(entry, "Description").some(({ text }) => text === "thickness: 41.5 4H"));
    assert.equal(find(root, "InformationObject"), undefined);
  });

  test("an event is an alert where maintenance or quality is concerned, and what the model says it is", () => {
    const typeOf = (xml: string): readonly (string | undefined)[] => [find(readXml(xml), "OperationsEventType")?.text, find(readXml(xml), "OperationsEventType")?.attributes.get("OtherValue")];
    const profile = profileWith({}, { operationsType: "Maintenance" });
    assert.deepEqual(typeOf(write("NotifyOperationsEvent", record({}), { profile })), ["Alert", undefined]);
    const { output } = profile.categories.get("everything")!;
    const told = profileWith({}, { output: { ...output, fields: new Map([...output.fields, ["eventType", field("eventType", { type: "string" })]]) } });
    assert.deepEqual(typeOf(write("NotifyOperationsEvent", record({ eventType: "Alarm" }), { profile: told })), ["Alarm", undefined]);
    assert.deepEqual(typeOf(write("NotifyOperationsEvent", record({ eventType: "Nuisance" }), { profile: told })), ["Other", "Nuisance"]);
  });

  test("an alert shows the model's own message, its time, priority and end", () => {
    const alert = find(readXml(write("SyncWorkAlert", record(FULL, LINEAGE), { rich: true })), "WorkAlert")!;
    assert.deepEqual(["MessageText", "TimeStamp", "Priority", "Category", "EffectiveEndDate"].map((name) => childText(alert, name)), ["Film too thin", "2026-11-22T08:30:05.120Z", "2.5", "everything", LINEAGE.validUntil]);
  });

  test("a lot is the job's or the record's, and none of the receiver's where nobody names it", () => {
    const lot = (context: MessageContext): string => childText(find(readXml(write("SyncMaterialLot", record({}), { context })), "MaterialLot")!, "ID");
    assert.deepEqual([lot(JOB), lot({})], ["LOT-7", "UNSPECIFIED"]);
  });

  test("operations name the job's segment, and none where nobody names it", () => {
    const names = ["ProcessSegmentID", "OperationsDefinitionID", "OperationsSegmentID"];
    const requirement = (context: MessageContext): readonly string[] => names.map((name) => childText(find(readXml(write("SyncOperationsSchedule", record({}), { context })), "SegmentRequirement")!, name));
    assert.deepEqual(requirement(JOB), ["PS-7", "OD-7", "SEG-7"]);
    assert.deepEqual(requirement({}), ["UNSPECIFIED", "UNSPECIFIED", "UNSPECIFIED"]);
  });

  test("a forecast has no actual times, and a capability the model's confidence", () => {
    const xml = write("SyncOperationsPerformance", record(FULL, LINEAGE));
    assert.doesNotMatch(xml, /<(ActualStartTime|ActualEndTime|EndTime|Endtime)>/);
    assert.equal(find(readXml(write("SyncOperationsCapability", record({}, LINEAGE))), "ConfidenceFactor")?.text, "0.92");
  });

  test("a schedule calls the work by its kind", () => {
    const kind = (operationsType: string): string => childText(find(readXml(write("SyncWorkSchedule", record({}), { profile: profileWith({}, { operationsType }) })), "WorkRequest")!, "Description");
    assert.deepEqual(["Maintenance", "Production", "Inventory", "Mixed"].map(kind), ["Maintenance of cnc-07", "Production at cnc-07", "Material for cnc-07", "Work at cnc-07"]);
  });
});

describe("a field's target", () => {
  const target = (message: string, where: string, property?: string): readonly Isa95Target[] => [{ message, path: where, ...(property !== undefined && { property }) }];

  test("may be an element with listed values: another spelling is taken for the listed one, the rest is Other", () => {
    const profile = profileWith({ verdict: target("SyncMaterialLot", "MaterialLot/Disposition") });
    const disposition = (verdict: string): XmlElement => find(readXml(write("SyncMaterialLot", record({ verdict }), { profile })), "Disposition")!;
    assert.equal(disposition("in process").text, "In-Process");
    assert.equal(disposition("UNRESTRICTED").text, "UnRestricted");
    assert.deepEqual([disposition("rework").text, disposition("rework").attributes.get("OtherValue")], ["Other", "rework"]);
  });

  test("may be a quantity, or below a container the frame does not have, which stands only with the field", async () => {
    const profile = profileWith({ thickness: target("SyncMaterialLot", "MaterialLot/Quantity"), parts: target("SyncOperationsPerformance", "OperationsPerformance/OperationsResponse/SegmentResponse/MaterialActual/MaterialActualProperty", "P") });
    const lot = write("SyncMaterialLot", record({ thickness: 2.5 }), { profile });
    assert.match(lot, /<Quantity><QuantityString>2\.5<\/QuantityString><DataType>double<\/DataType><UnitOfMeasure listID="UN\/CEFACT Rec 20">4H<\/UnitOfMeasure><Key>proposal<\/Key><\/Quantity>/);
    const performance = write("SyncOperationsPerformance", record({ parts: 3 }), { profile });
    assert.match(performance, /<MaterialActual><ID>materialActual<\/ID><MaterialActualProperty><ID>P<\/ID>/);
    assert.doesNotMatch(write("SyncOperationsPerformance", record({ thickness: 3 }), { profile }), /MaterialActual/);
    if (sharedData) assert.deepEqual([...await validateAgainstXsd(new Map([["lot", lot], ["performance", performance]]))], []);
  });

  test("in one message leaves the next message of the same kind as it was", () => {
    const profile = profileWith({ parts: target("SyncOperationsPerformance", "OperationsPerformance/OperationsResponse/SegmentResponse/EquipmentActual/EquipmentActualProperty", "P") });
    assert.match(write("SyncOperationsPerformance", record({ parts: 3 }), { profile }), /<EquipmentActualProperty>/);
    assert.doesNotMatch(write("SyncOperationsPerformance", record({ parts: 3 })), /<EquipmentActualProperty>/);
  });

  test("may be the command of a job order, which takes it only from a command", () => {
    const profile = profileWith({ verdict: target("ProcessJobList", "JobList/JobOrder/Command") });
    const proposed = write("ProcessJobList", record({ verdict: "hold" }), { profile });
    assert.doesNotMatch(proposed, /<Command/);
    assert.match(proposed, /<ID>verdict<\/ID>/);
    assert.match(write("ProcessJobList", record({ verdict: "hold" }, { nature: "command" }), { profile }), /<Command>Hold<\/Command>/);
  });

  test("that is a duration or a time is refused to numbers at deploy, not with the first record", () => {
    const to = (name: string) => () => compileMessage({ profile: profileWith({ [name]: target("SyncWorkPerformance", "WorkPerformance/WorkResponse/JobResponse/WorkDirective/Duration") }), message: "SyncWorkPerformance", format: "xml" });
    assert.throws(to("thickness"), (thrown) => thrown instanceof ResonanceError && thrown.code === "RESONANCE_ISA95_TARGET_INVALID" && thrown.path === "thickness");
    assert.doesNotThrow(to("alertMessage"));
  });

  test("that is a decimal text has the unit beside it", () => {
    const sheet = { type: "object", properties: { value: { type: "string", unitIn: "unit" }, unit: { type: "string" } } };
    const profile = profileWith();
    const category = [...profile.categories.values()][0];
    (category?.output.fields as Map<string, Field>).set("sheet", field("sheet", sheet));
    const document = write("SyncWorkPerformance", record({ sheet: { value: "61.5", unit: "4H" } }), { profile });
    assert.match(document, /<ValueString>61\.5<\/ValueString><DataType>decimal<\/DataType><UnitOfMeasure listID="UN\/CEFACT Rec 20">4H<\/UnitOfMeasure>/);
  });

  test("of a list of jobs may be the job order itself; a list or an object has no place in a single element", () => {
    const jobs = profileWith({ jobs: target("ProcessJobList", "JobList/JobOrder") });
    assert.equal(all(readXml(write("ProcessJobList", record({ jobs: JOBS }), { profile: jobs })), "JobOrder").length, 3);
    const wrong = profileWith({ defects: target("ProcessJobList", "JobList/JobOrder") });
    assert.throws(() => compileMessage({ profile: wrong, message: "ProcessJobList", format: "xml" }), (thrown) => thrown instanceof ResonanceError && thrown.code === "RESONANCE_ISA95_TARGET_INVALID");
  });
});

describe("the built-in profile", () => {
  test("has a frame and a structure for each of its messages, and a place for each field", () => {
    for (const category of builtIn.categories.values()) {
      for (const message of new Set([...category.messages.input, ...category.messages.output])) {
        for (const format of ["xml", "json"] as const) compileMessage({ profile: { ...builtIn, categories: new Map([[category.id, category]]) }, message, format });
      }
    }
    assert.deepEqual(ALL.filter((message) => !MESSAGES.includes(message)), []);
  });

  test("is named in the form's texts: each message has its purpose in three languages", () => {
    for (const language of ["en-US", "zh-CN", "de"]) {
      const file = path.join(__dirname, "../../nodes/isa95/locales", language, "isa95.json");
      const { message } = JSON.parse(readFileSync(file, "utf8")) as { message: Readonly<Record<string, string>> };
      assert.deepEqual(Object.keys(message).sort(), [...ALL].sort(), language);
    }
  });
});

describe("an event's information object", { skip }, () => {
  const samples = path.join(sharedData ?? "", "b2mml", "samples");

  test("is read from JSON and written with its content in no namespace, as the official XSD has it", async () => {
    const xml = writeXml(readDocument(readFileSync(path.join(samples, "json", "NotifyOperationsEvent.json"), "utf8")));
    assert.match(xml, /<InformationObject><Equipment xmlns=""><ID xmlns="http:\/\/www\.mesa\.org\/xml\/B2MML">/);
    assert.deepEqual([...await validateAgainstXsd(new Map([["event", xml]]))], []);
  });
});

function refuses(action: () => unknown, where?: string): void {
  assert.throws(action, (thrown) => {
    assert.ok(thrown instanceof ResonanceError, String(thrown));
    assert.equal(thrown.code, "RESONANCE_ISA95_FIELD_VALUE");
    if (where !== undefined) assert.equal(thrown.path, where);
    return true;
  });
}

/** The value that an entry and its children hold. */
function rebuild(entry: XmlElement, child: string): unknown {
  const id = childText(entry, "ID");
  const parts = entry.children.filter((candidate) => candidate.name === child && childText(candidate, "ID") !== `${id}.modelDataRecord`).map((part) => [childText(part, "ID").slice(id.length + 1), part] as const);
  const value = entry.children.find((candidate) => candidate.name === "Value");
  const isList = all(entry, "Description").some(({ text }) => text.startsWith(`Number of items; they follow as ${id}.0`));
  if (isList) return parts.map(([, part]) => rebuild(part, child));
  if (!value) return Object.fromEntries(parts.map(([name, part]) => [name, rebuild(part, child)]));
  const [text, type] = [childText(value, "ValueString"), childText(value, "DataType")];
  return type === "double" || type === "integer" ? Number(text) : type === "boolean" ? text === "true" : text;
}
