import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, describe, test } from "node:test";
import texts from "../../nodes/lib/errors/error-texts.json";
import { ResonanceError } from "../../nodes/lib/errors/resonance-error";
import { readAnswer } from "../../nodes/lib/isa95/answer";
import { compileMessage } from "../../nodes/lib/isa95/compile-message";
import { readDocument } from "../../nodes/lib/isa95/read-document";
import { readMessage, type ReceivedMessage } from "../../nodes/lib/isa95/receive";
import { factsOf } from "../../nodes/lib/isa95/receive-facts";
import { jobOrdersOf } from "../../nodes/lib/isa95/received-jobs";
import { writeReply, type Decision } from "../../nodes/lib/isa95/reply";
import { MESSAGES } from "../../nodes/lib/isa95/structure";
import { NAMESPACES } from "../../nodes/lib/isa95/versions";
import { writeXml } from "../../nodes/lib/isa95/xml-writer";
import { loadBuiltInProfile } from "../../nodes/lib/profile/load-profile";
import { buildOutputRecord } from "../../nodes/lib/record/build-record";
import { compileOfficialJson } from "../support/b2mml-json";
import { sharedData, skipWithout } from "../support/requirements";
import { fuzzSeed, seeded } from "../support/seeded";
import { validateAgainstXsd, xsdFolder } from "../support/xsd";

const skip = skipWithout("shared", sharedData);
const samples = path.join(sharedData ?? "", "b2mml", "samples");
const NAMESPACE = "http://www.mesa.org/xml/B2MML";
const temporary = mkdtempSync(path.join(tmpdir(), "receive-"));
after(() => { rmSync(temporary, { recursive: true, force: true }); });

const area = (more = ""): string => `<ApplicationArea><Sender><LogicalID>MES-1</LogicalID><ReferenceID>R-7</ReferenceID>${more}</Sender><CreationDateTime>2026-01-15T08:30:05+01:00</CreationDateTime><BODID>BOD-1</BODID></ApplicationArea>`;
const ORDER = `<JobOrder><ID>JO-1</ID><Description>Mill <![CDATA[<A>]]></Description><StartTime>2026-01-15T10:00:00+02:00</StartTime><WorkMasterID schemeID="plans">WM-1</WorkMasterID><Priority>2.5</Priority><Command>Start</Command><DispatchStatus OtherValue="Parked">Other</DispatchStatus>
  <JobOrderParameter><ID>feed</ID><Value><ValueString>120.5</ValueString><DataType>double</DataType><UnitOfMeasure>MMT</UnitOfMeasure></Value><ParameterChild><ID>Lower Limit</ID><Value><ValueString>100</ValueString><DataType>int</DataType></Value></ParameterChild><ParameterChild><ID>max</ID><Value><ValueString>150</ValueString><DataType>int</DataType></Value></ParameterChild></JobOrderParameter>
  <JobOrderParameter><ID>speed</ID><Value><ValueString>900</ValueString><UnitOfMeasure>RPM</UnitOfMeasure></Value><Value><ValueString>800</ValueString><DataType>double</DataType><Key>lower</Key></Value><Value><ValueString>1000</ValueString><DataType>double</DataType><Key>upper</Key></Value></JobOrderParameter>
  <JobOrderParameter><ID>speed_max</ID><Value><ValueString>950</ValueString><DataType>double</DataType></Value></JobOrderParameter>
  <JobOrderParameter><ID>dryRun</ID><Value><ValueString>true</ValueString><DataType>boolean</DataType></Value></JobOrderParameter>
  <JobOrderParameter><ID>dwell</ID><Value><ValueString>PT1M30S</ValueString><DataType>duration</DataType></Value></JobOrderParameter>
  <EquipmentRequirement><ID>E</ID><EquipmentID>CNC-07</EquipmentID></EquipmentRequirement>
  <MaterialRequirement><ID>M</ID><MaterialLotID>LOT-5</MaterialLotID><Quantity><QuantityString>12</QuantityString><DataType>decimal</DataType><UnitOfMeasure>KGM</UnitOfMeasure></Quantity></MaterialRequirement></JobOrder>`;
const schedule = (order = ORDER, { message = "ProcessWorkSchedule", verb = `<Process acknowledgeCode="Always"/>`, more = "" } = {}): string =>
  `<${message} xmlns="${NAMESPACE}" releaseID="7.0.1">${area(more)}<DataArea>${verb}<WorkSchedule><ID>WS-1</ID><HierarchyScope><EquipmentID>acme</EquipmentID><EquipmentLevel>Enterprise</EquipmentLevel><HierarchyScopeChild><EquipmentID>line-1</EquipmentID><EquipmentLevel>WorkCenter</EquipmentLevel></HierarchyScopeChild></HierarchyScope><WorkType>Production</WorkType><WorkRequest><ID>WR-1</ID>${order}</WorkRequest></WorkSchedule></DataArea></${message}>`;
const LEGACY = `<ProductionSchedule xmlns="http://www.wbf.org/xml/B2MML-V0401" xmlns:Extended="http://www.wbf.org/xml/B2MML-V0401-AllExtensions"><ID>0000004411741946</ID><Location><EquipmentID>XX01</EquipmentID><EquipmentElementLevel>Site</EquipmentElementLevel><Location><EquipmentID>A1</EquipmentID><EquipmentElementLevel>Area</EquipmentElementLevel></Location></Location>
  <ProductionRequest><ID>000UTSCOA156</ID><Description>Bears</Description><ProductProductionRuleID>RULE-9</ProductProductionRuleID><StartTime>2017-01-11T14:00:00</StartTime><Priority>2</Priority><Extended:Colour code="7">red</Extended:Colour>
  <SegmentRequirement><ID>1</ID><ProcessSegmentID>MIX</ProcessSegmentID><EarliestStartTime>2017-01-11T14:00:00</EarliestStartTime><Duration>P1DT2H</Duration><ProductionParameter><Parameter><ID>speed</ID><Value><ValueString>12.5</ValueString><DataType>double</DataType><UnitOfMeasure>MTR</UnitOfMeasure></Value></Parameter></ProductionParameter><EquipmentRequirement><EquipmentID>cnc-7</EquipmentID></EquipmentRequirement><SomethingOld><Part>x</Part></SomethingOld></SegmentRequirement>
  <SegmentRequirement><ID>2</ID></SegmentRequirement></ProductionRequest></ProductionSchedule>`;

const code = (expected: string) => (thrown: unknown): boolean => {
  assert.ok(thrown instanceof ResonanceError, String(thrown));
  assert.equal(thrown.code, expected);
  return true;
};
const found = ({ problems }: ReceivedMessage): string[] => problems.map((problem) => `${problem.code.replace("RESONANCE_ISA95_", "")} ${problem.path}`);

describe("reading messages", () => {
  test("every official sample is read the same in all three forms, without a problem", { skip }, () => {
    for (const file of readdirSync(path.join(samples, "xml"))) {
      const [xml, json, object] = [["xml", "xml"], ["json", "json"], ["json-dollar", "json"]].map(([folder, ending]) => readMessage(readFileSync(path.join(samples, folder ?? "", file.replace("xml", ending ?? "")))));
      assert.ok(xml && json && object);
      assert.deepEqual([...found(xml), ...found(json), ...found(object)], [], file);
      const plain = (received: ReceivedMessage): unknown => JSON.parse(JSON.stringify({ ...received, format: "", namespace: "", kept: [] }));
      assert.deepEqual(plain(json), plain(xml), file);
      assert.deepEqual(plain(object), plain(xml), file);
    }
  });

  test("what the official XSD refuses is told with an XPath and refused when strict, but for extensions, which are kept", { skip }, () => {
    const extensions = ["ext_any.xml", "userarea.xml"];
    for (const file of readdirSync(path.join(samples, "xml-negative"))) {
      const text = readFileSync(path.join(samples, "xml-negative", file), "utf8");
      const received = readMessage(text);
      if (extensions.includes(file)) {
        assert.deepEqual(found(received), [], file);
        assert.ok(received.kept.some(({ value }) => JSON.stringify(value).includes("urn:foo")), file);
        continue;
      }
      assert.ok(received.problems.length > 0, file);
      for (const { path: at, code: known, message } of received.problems) assert.ok(at.startsWith(`/${received.message}`) && known in texts && message !== "", file);
      assert.throws(() => readMessage(text, { strict: true }), code("RESONANCE_ISA95_NOT_VALID"));
    }
    for (const file of readdirSync(path.join(samples, "xml-accepted-edge"))) readMessage(readFileSync(path.join(samples, "xml-accepted-edge", file)), { strict: true });
  });

  test("values come typed: numbers, yes and no, times in UTC, durations, quantities with unit, choices outside the list", () => {
    const { content, kept, sender, createdAt, bodId, wants, verb, noun, version } = readMessage(schedule(ORDER, { more: "<ConfirmationCode>OnError</ConfirmationCode>" }), { strict: true });
    assert.deepEqual({ verb, noun, version, bodId, createdAt, wants }, {
      verb: "Process", noun: "WorkSchedule", version: "V0701", bodId: "BOD-1", createdAt: "2026-01-15T07:30:05.000Z",
      wants: { acknowledge: "Always", respond: undefined, confirm: "OnError" },
    });
    assert.deepEqual(sender, { logicalId: "MES-1", referenceId: "R-7", confirmationCode: "OnError" });
    const order = ((content[0]?.["workRequest"] as { jobOrder: Record<string, unknown>[] }[])[0]?.jobOrder ?? [])[0] ?? {};
    assert.equal(order["startTime"], "2026-01-15T08:00:00.000Z");
    assert.deepEqual([order["description"], order["priority"], order["dispatchStatus"]], [["Mill <A>"], 2.5, "Parked"]);
    const [feed, speed, , dry, dwell] = order["jobOrderParameter"] as { value: unknown[] }[];
    assert.deepEqual(feed?.value, [{ value: 120.5, unit: "MMT", dataType: "double" }]);
    assert.deepEqual(speed?.value[0], { value: 900, unit: "RPM" });
    assert.deepEqual(dry?.value, [{ value: true, dataType: "boolean" }]);
    assert.deepEqual(dwell?.value, [{ value: { iso: "PT1M30S", seconds: 90 }, dataType: "duration" }]);
    assert.deepEqual(kept, [{ path: "/ProcessWorkSchedule/DataArea/WorkSchedule/WorkRequest/JobOrder/WorkMasterID/@schemeID", value: "plans" }]);
  });

  test("a number with more digits than a double holds, and what no data type says is a number, stay text", () => {
    const value = (text: string, type: string): unknown => {
      const received = readMessage(schedule(`<JobOrder><ID>J</ID><JobOrderParameter><ID>p</ID><Value><ValueString>${text}</ValueString>${type}</Value></JobOrderParameter></JobOrder>`));
      return [jobOrdersOf(received)[0]?.parameters["p"]?.value, received.problems.length];
    };
    assert.deepEqual(value("12345678901234567890", "<DataType>integer</DataType>"), ["12345678901234567890", 0]);
    assert.deepEqual(value("0042", ""), ["0042", 0]);
    assert.deepEqual(value("1e3", "<DataType>double</DataType>"), [1000, 0]);
    assert.deepEqual(value("fast", "<DataType>double</DataType>"), ["fast", 1]);
    for (const word of ["INF", "-INF", "NaN"]) assert.deepEqual([value(word, "<DataType>double</DataType>"), value(word, "<DataType>int</DataType>")], [[word, 0], [word, 1]]);
    assert.deepEqual(value("5", "<DataType/><UnitOfMeasure>KG</UnitOfMeasure>"), [5, 1]);
    assert.deepEqual(value("2026-02-30T00:00:00Z", "<DataType>dateTime</DataType>"), ["2026-02-30T00:00:00Z", 1]);
  });

  test("nouns that only older versions have: places with their parts and all of them, values in words of their own, units without a type", () => {
    const place = (id: string, more = ""): string => `<Location><EquipmentID>${id}</EquipmentID>${more}</Location>`;
    const actual = `<MaterialActual>${place("MX", place("C", "<EquipmentElementLevel OtherValue=\"StorageBin\"/>"))}<Quantity><QuantityString>12.50</QuantityString><DataType/><UnitOfMeasure>KG</UnitOfMeasure></Quantity></MaterialActual>`;
    const { content, kept, problems } = readMessage(`<ProcessProductionPerformance xmlns="http://www.wbf.org/xml/B2MML-V0401" releaseID=""><ApplicationArea><CreationDateTime>2024-05-06T07:08:09</CreationDateTime></ApplicationArea><DataArea><Process/><ProductionPerformance>${place("S")}${place("M", "<EquipmentElementLevel>WorkCenter</EquipmentElementLevel>")}<ProductionResponse><SegmentResponse>${actual}</SegmentResponse></ProductionResponse></ProductionPerformance></DataArea></ProcessProductionPerformance>`);
    assert.deepEqual([kept, problems], [[], []]);
    assert.deepEqual(content[0]?.["location"], [{ equipmentId: "S" }, { equipmentId: "M", equipmentElementLevel: "WorkCenter" }]);
    assert.deepEqual(content[0]["productionResponse"], { segmentResponse: [{ materialActual: [{ location: { equipmentId: "MX", location: { equipmentId: "C", equipmentElementLevel: "StorageBin" } }, quantity: [{ value: 12.5, unit: "KG" }] }] }] });
  });

  test("JSON of an older version is known by its release or the namespace it names", () => {
    const performance = { ID: "WP", HierarchyScope: { EquipmentID: "a", EquipmentElementLevel: "Site", HierarchyScope: { EquipmentID: "b", EquipmentElementLevel: "Area" } }, WorkResponse: [{ ID: "R", JobResponse: [{ ID: "J", JobResponsetData: [{ ID: "x" }] }] }] };
    const json = readMessage({ SyncWorkPerformance: { "@releaseID": "B2MML-V0600", ApplicationArea: { CreationDateTime: "2026-01-15T08:30:05Z" }, DataArea: { Sync: {}, WorkPerformance: [performance] } } });
    assert.deepEqual([json.version, found(json), json.kept], ["V0600", [], []]);
    const named = readMessage({ ProductionSchedule: { "@xmlns": "http://www.wbf.org/xml/B2MML-V0401", ID: "PS", ProductionRequest: [{ ID: "PR", SegmentRequirement: [{ ID: "SR" }] }] } });
    assert.deepEqual([named.version, jobOrdersOf(named).map(({ id, workRequestId }) => [id, workRequestId])], ["V0401", [["SR", "PR"]]]);
    assert.throws(() => readMessage({ ProductionSchedule: { "@xmlns": "urn:other", ID: "PS" } }), code("RESONANCE_ISA95_NAMESPACE"));
  });

  test("older versions are read by root and namespace under their own names; what nobody knows of them is not lost", () => {
    for (const namespace of NAMESPACES) {
      const received = readMessage(`<b:SyncEquipment xmlns:b="${namespace}" releaseID="x"><b:ApplicationArea><b:CreationDateTime>2026-01-15T08:30:05Z</b:CreationDateTime></b:ApplicationArea><b:DataArea><b:Sync/><b:Equipment><b:ID> E-1 </b:ID></b:Equipment></b:DataArea></b:SyncEquipment>`);
      assert.deepEqual([received.noun, received.content[0]?.["id"], found(received)], ["Equipment", "E-1", []], namespace);
    }
    const received = readMessage(LEGACY, { strict: true });
    const { version, verb, content, kept } = received;
    assert.deepEqual([version, verb], ["V0401", ""]);
    const request = (content[0]?.["productionRequest"] as Record<string, unknown>[])[0] ?? {};
    assert.deepEqual([content[0]?.["id"], request["startTime"], request["priority"]], ["0000004411741946", "2017-01-11T14:00:00", 2]);
    const segments = request["segmentRequirement"] as Record<string, unknown>[];
    assert.deepEqual([segments[0]?.["duration"], segments[0]?.["somethingOld"]], [{ iso: "P1DT2H", seconds: 93_600 }, { part: "x" }]);
    assert.deepEqual(kept, [{ path: "/ProductionSchedule/ProductionRequest/Colour", value: { "@code": "7", $: "red" } }]);
    assert.equal(readMessage(LEGACY.replaceAll("V0401", "v0401")).version, "V0401");
    for (const [release, expected] of [["7.0.0", "V0700"], ["V0700", "V0700"], ["B2MML-V0700", "V0700"], ["7.0.1", "V0701"], ["", "V0701"]] as const) {
      assert.equal(readMessage(schedule().replace(`releaseID="7.0.1"`, `releaseID="${release}"`)).version, expected, release);
    }
  });

  test("encodings and byte order marks; JSON as text, bytes or object", () => {
    const text = schedule().replace("Mill", "Fräsen");
    const expect = (input: unknown, charset?: string): void => {
      const order = jobOrdersOf(readMessage(input, charset === undefined ? {} : { charset }))[0];
      assert.equal(order?.description, "Fräsen <A>");
    };
    const bytes = (encoding: BufferEncoding, mark: readonly number[], head = ""): Buffer => Buffer.concat([Buffer.from(mark), Buffer.from(head + text, encoding)]);
    const swapped = (buffer: Buffer): Buffer => Buffer.from(buffer).swap16();
    expect(bytes("utf8", []));
    expect(bytes("utf8", [0xef, 0xbb, 0xbf], `<?xml version="1.0" encoding="UTF-8"?>`));
    expect(bytes("utf16le", [0xff, 0xfe], `<?xml version="1.0" encoding="UTF-16"?>`));
    expect(swapped(bytes("utf16le", [0xff, 0xfe])));
    expect(bytes("utf16le", []));
    expect(swapped(bytes("utf16le", [])));
    expect(bytes("latin1", [], `<?xml version='1.0' encoding='ISO-8859-1'?>`));
    expect(bytes("latin1", []), "iso-8859-1");
    expect(`\uFEFF  ${text}`);
    const json = { JobList: { ID: "L", JobOrder: { ID: "J", Description: "Fräsen <A>" } } };
    for (const input of [json, JSON.stringify(json), Buffer.from(JSON.stringify(json)), Buffer.from(`\uFEFF${JSON.stringify(json)}`, "utf16le")]) expect(input);
    assert.throws(() => readMessage(bytes("latin1", [])), code("RESONANCE_ISA95_UNREADABLE"));
    assert.throws(() => readMessage(bytes("utf8", [], `<?xml version="1.0" encoding="klingon"?>`)), code("RESONANCE_ISA95_UNREADABLE"));
    for (const character of ["\u0001", "\u000b", "\ufffe", "\ud800"]) assert.throws(() => readMessage(schedule(`<JobOrder><ID>a${character}b</ID></JobOrder>`)), code("RESONANCE_ISA95_UNREADABLE"));
  });

  test("refuses what is no B2MML, and whatever would cost too much, at once", () => {
    const unreadable = (input: unknown): void => {
      const start = performance.now();
      assert.throws(() => readMessage(input), code("RESONANCE_ISA95_UNREADABLE"));
      assert.ok(performance.now() - start < 5000);
    };
    const laughs = `<!DOCTYPE l [<!ENTITY a "ha">${Array.from({ length: 9 }, (_, index) => `<!ENTITY b${index} "${`&b${index - 1};`.repeat(10)}">`).join("")}]>`;
    unreadable(`<?xml version="1.0"?>${laughs}${schedule().replace("WS-1", "&b8;")}`);
    unreadable(schedule().replace("WS-1", "&xxe;"));
    unreadable(Buffer.alloc(100 * 1024 * 1024, "<a>"));
    unreadable("x".repeat(9 * 1024 * 1024));
    unreadable(`<a xmlns="${NAMESPACE}">${"<b/>".repeat(300_000)}</a>`);
    unreadable(`<a ${Array.from({ length: 200 }, (_, index) => `a${index}="1"`).join(" ")}/>`);
    unreadable("<a>".repeat(100_000));
    unreadable(`{"a":${"[".repeat(200_000)}`);
    unreadable(JSON.stringify({ SyncEquipment: Array.from({ length: 600_000 }, () => ({})) }));
    unreadable(schedule().slice(0, 300));
    for (const input of [undefined, null, 5, [], "", "hello", { a: 1, b: 2 }, {}, JSON.parse(`{"SyncEquipment":{"__proto__":{"a":1}}}`)]) unreadable(input);
    assert.throws(() => readMessage(`<SyncEquipment/>`), code("RESONANCE_ISA95_NAMESPACE"));
    assert.throws(() => readMessage(`<SyncEquipment xmlns="http://www.mesa.org/xml/B2MML-V9"/>`), code("RESONANCE_ISA95_NAMESPACE"));
    assert.throws(() => readMessage(`<Hello xmlns="${NAMESPACE}"/>`), code("RESONANCE_ISA95_MESSAGE_UNKNOWN"));
    assert.throws(() => readMessage({ constructor: {} }), code("RESONANCE_ISA95_MESSAGE_UNKNOWN"));
    assert.equal(({} as Record<string, unknown>)["a"], undefined);
  });

  test("many faults are counted, not listed without end", () => {
    const received = readMessage(schedule(`<JobOrder><ID>J</ID>${"<Wrong a='1'/>".repeat(5000)}</JobOrder>`));
    assert.deepEqual([received.problems.length, received.kept.length], [500, 500]);
    assert.equal(received.unlisted, 9000);
  });
});

describe("5,000 documents with bits flipped, parts cut, doubled and swapped", () => {
  const seed = fuzzSeed();
  console.log(`FUZZ_SEED=${seed}`);

  test("each is read or refused with an error of its own, in time; nothing is polluted", () => {
    const random = seeded(seed);
    const sources = [schedule(), LEGACY, JSON.stringify({ JobList: { ID: "L", JobOrder: [{ ID: "J", Priority: 1 }] } }), ...(sharedData === undefined ? [] : readdirSync(path.join(samples, "xml")).map((file) => readFileSync(path.join(samples, "xml", file), "utf8")))].map((text) => Buffer.from(text));
    const counts = { read: 0, refused: 0 };
    for (let time = 0; time < 5000; time++) {
      const mutant = mutate(Buffer.from(random.pick(sources)), random);
      const start = performance.now();
      try {
        const received = readMessage(mutant);
        jobOrdersOf(received);
        JSON.stringify(received);
        writeReply(received, { code: "Rejected", reason: "no" });
        counts.read++;
      } catch (thrown) {
        assert.ok(thrown instanceof ResonanceError && thrown.code !== "RESONANCE_INTERNAL", `seed ${seed}, document ${time}: ${thrown instanceof Error ? thrown.stack : String(thrown)}`);
        counts.refused++;
      }
      assert.ok(performance.now() - start < 3000, `seed ${seed}, document ${time}`);
    }
    assert.ok(counts.read > 200 && counts.refused > 500, JSON.stringify(counts));
    assert.deepEqual(Object.keys(Object.prototype), []);
  });

  function mutate(bytes: Buffer, random: ReturnType<typeof seeded>): Buffer {
    let made = bytes;
    for (let step = 0; step <= random.below(3); step++) {
      const at = random.below(made.length);
      const to = Math.min(made.length, at + random.below(60));
      const act = random.below(6);
      if (act === 0) made[at] = (made[at] ?? 0) ^ (1 << random.below(8));
      else if (act === 1) made = made.subarray(0, at);
      else if (act === 2) made = Buffer.concat([made.subarray(0, to), made.subarray(at)]);
      else if (act === 3) made = Buffer.concat([made.subarray(0, at), made.subarray(to)]);
      else if (act === 4) made = Buffer.concat([made.subarray(0, at), Buffer.from(random.pick(["<", ">", "&", "]]>", "\u0000", "__proto__", "<!DOCTYPE a>", "\"", " xmlns=''"])), made.subarray(at)]);
      else if (made.length > 2) made[at] = random.pick([...made]);
      if (made.length === 0) return made;
    }
    return made;
  }
});

describe("job orders", () => {
  test("carry identifiers, place, parameters with bounds and requirements", () => {
    const { job, jobs, isa95 } = factsOf(readMessage(schedule()));
    assert.equal(jobs?.length, 1);
    assert.deepEqual(isa95.wants, { acknowledge: "Always" });
    const { parameters, requirements, ...ids } = job ?? {};
    assert.deepEqual(ids, {
      id: "JO-1", jobOrderId: "JO-1", workScheduleId: "WS-1", workRequestId: "WR-1", workMasterId: "WM-1", workType: "Production", command: "Start", dispatchStatus: "Parked", priority: 2.5,
      startTime: "2026-01-15T08:00:00.000Z", equipmentId: "CNC-07", equipmentScope: "acme/line-1", materialLotId: "LOT-5", description: "Mill <A>",
    });
    assert.deepEqual(parameters, {
      feed: { value: 120.5, unit: "MMT", dataType: "double", lower: 100, upper: 150 },
      speed: { value: 900, unit: "RPM", lower: 800, upper: 950 },
      dryRun: { value: true, dataType: "boolean" },
      dwell: { value: { iso: "PT1M30S", seconds: 90 }, dataType: "duration" },
    });
    assert.deepEqual(requirements?.material[0]?.["quantity"], [{ value: 12, unit: "KGM", dataType: "decimal" }]);
  });

  test("come from production and operations schedules too: each segment is one", () => {
    const [first, second] = jobOrdersOf(readMessage(LEGACY));
    assert.deepEqual([first?.id, first?.workScheduleId, first?.workRequestId, first?.workMasterId, first?.processSegmentId], ["1", "0000004411741946", "000UTSCOA156", "RULE-9", "MIX"]);
    assert.deepEqual([first?.equipmentId, first?.equipmentScope, first?.parameters["speed"]], ["cnc-7", "XX01/A1", { value: 12.5, unit: "MTR", dataType: "double" }]);
    assert.deepEqual([second?.id, second?.equipmentId, second?.startTime], ["2", "A1", "2017-01-11T14:00:00"]);
    const operations = `<OperationsSchedule xmlns="${NAMESPACE}"><ID>OS</ID><OperationsRequest><ID>OR</ID><SegmentRequirement><ID>S</ID><ProcessSegmentID>P</ProcessSegmentID><OperationsDefinitionID>D</OperationsDefinitionID><OperationsSegmentID>OSEG</OperationsSegmentID></SegmentRequirement></OperationsRequest></OperationsSchedule>`;
    const [job] = jobOrdersOf(readMessage(operations, { strict: true }));
    assert.deepEqual([job?.operationsScheduleId, job?.operationsRequestId, job?.operationsDefinitionId, job?.operationsSegmentId, job?.processSegmentId], ["OS", "OR", "D", "OSEG", "P"]);
  });

  test("a message about something else has none", () => {
    assert.deepEqual(jobOrdersOf(readMessage({ SyncPhysicalAsset: { DataArea: { PhysicalAsset: [{ ID: "x" }] } } })), []);
  });
});

describe("answers", () => {
  const decisions: readonly Decision[] = [{ code: "Accepted" }, { code: "Rejected", reason: "no such <machine>" }, { code: "Modified", reason: "later" }];
  const asking: readonly (readonly [name: string, xml: string, expected: string])[] = [
    ["acknowledge", schedule(), "AcknowledgeWorkSchedule"],
    ["respond", schedule(ORDER, { message: "ChangeWorkSchedule", verb: `<Change responseCode="Always"/>` }), "RespondWorkSchedule"],
    ["show", schedule(ORDER, { message: "GetWorkSchedule", verb: "<Get/>" }), "ShowWorkSchedule"],
    ["confirm", schedule(ORDER, { message: "SyncWorkSchedule", verb: "<Sync/>", more: "<ConfirmationCode>Always</ConfirmationCode>" }), "ConfirmBOD"],
  ];

  test("are valid by the official schemas, say what is answered and are understood by whoever reads answers", { skip }, async () => {
    const documents = new Map<string, string>();
    for (const [name, xml, expected] of asking) {
      for (const decision of decisions) {
        const reply = writeReply(readMessage(xml), decision);
        assert.equal(reply?.message, expected);
        documents.set(`${name} ${decision.code}`, reply.document);
        if (name === "show") continue;
        const answer = readAnswer(reply.document);
        assert.deepEqual([answer.verdict, answer.originalBodId], [decision.code.toLowerCase(), "BOD-1"], name);
        if (decision.reason !== undefined) assert.ok(answer.reason?.includes(decision.reason));
        assert.match(reply.document, /<Receiver><LogicalID>MES-1<\/LogicalID><\/Receiver>/);
      }
    }
    assert.deepEqual([...await validateAgainstXsd(documents)], []);
    const faultsOf = compileOfficialJson(["AcknowledgeJobList"]);
    const json = writeReply(readMessage({ ProcessJobList: { "@releaseID": "7.0.1", ApplicationArea: { BODID: "B-2" }, DataArea: { Process: { "@acknowledgeCode": "Always" }, JobList: [{ ID: "L" }] } } }), { code: "Rejected", reason: "x" });
    assert.equal(json?.contentType, "application/json; charset=utf-8");
    const document = JSON.parse(json.document) as Record<string, unknown>;
    assert.deepEqual(faultsOf(document), []);
    assert.equal(readAnswer(json.document).originalBodId, "B-2");
  });

  test("are valid for every message of B2MML, whatever was wrong with it", { skip }, async () => {
    const documents = new Map<string, string>();
    const verbs = { Process: `<Process acknowledgeCode="Always"/>`, Change: `<Change responseCode="Always"/>`, Get: "<Get/>", Sync: "<Sync/>" };
    for (const message of MESSAGES) {
      const [, verb = "", noun = ""] = /^(Process|Change|Get|Sync)(.*)$/.exec(message) ?? [];
      if (verb === "" || message === "SyncWorkMasaterCapability") continue;
      const xml = `<${message} xmlns="${NAMESPACE}">${area("<ConfirmationCode>Always</ConfirmationCode>")}<DataArea>${verbs[verb as keyof typeof verbs]}<${noun}><Priority>high</Priority><ID>I-1</ID></${noun}></DataArea></${message}>`;
      const reply = writeReply(readMessage(xml), { code: "Rejected", reason: "it is not valid" });
      assert.ok(reply, message);
      documents.set(message, reply.document);
    }
    assert.ok(documents.size > 200, String(documents.size));
    assert.deepEqual([...await validateAgainstXsd(documents)].slice(0, 3), []);
  });

  test("come only where they are asked for, and never to an answer", () => {
    const reply = (xml: string, decision: Decision): string | undefined => writeReply(readMessage(xml), decision)?.message;
    const process = (attribute: string, more = ""): string => schedule(ORDER, { verb: `<Process ${attribute}/>`, more });
    assert.equal(reply(process(""), { code: "Rejected" }), undefined);
    assert.equal(reply(process(`acknowledgeCode="OnError"`), { code: "Accepted" }), undefined);
    assert.equal(reply(process(`acknowledgeCode="OnError"`), { code: "Rejected" }), "AcknowledgeWorkSchedule");
    assert.equal(reply(process("", "<ConfirmationCode>OnError</ConfirmationCode>"), { code: "Rejected" }), "ConfirmBOD");
    assert.equal(reply(process("", "<ConfirmationCode>Never</ConfirmationCode>"), { code: "Rejected" }), undefined);
    const answer = writeReply(readMessage(process(`acknowledgeCode="Always"`, "<ConfirmationCode>Always</ConfirmationCode>")), { code: "Accepted" })?.document ?? "";
    assert.equal(reply(answer.replace("</LogicalID></Sender>", "</LogicalID><ConfirmationCode>Always</ConfirmationCode></Sender>"), { code: "Rejected" }), undefined);
    assert.equal(reply(LEGACY, { code: "Rejected" }), undefined);
  });

  test("speak the version and form of the message", () => {
    const old = `<b:ProcessProductionSchedule xmlns:b="http://www.wbf.org/xml/B2MML-V05" releaseID="B2MML-V0500"><b:ApplicationArea><b:CreationDateTime>2026-01-15T08:30:05Z</b:CreationDateTime><b:BODID>B</b:BODID></b:ApplicationArea><b:DataArea><b:Process acknowledgeCode="Always"/><b:ProductionSchedule><b:ID>PS</b:ID></b:ProductionSchedule></b:DataArea></b:ProcessProductionSchedule>`;
    const reply = writeReply(readMessage(old), { code: "Accepted" });
    assert.match(reply?.document ?? "", /<AcknowledgeProductionSchedule xmlns="http:\/\/www\.wbf\.org\/xml\/B2MML-V05" releaseID="B2MML-V0500">.*<ProductionSchedule><ID>PS<\/ID><\/ProductionSchedule>/s);
    assert.equal(readMessage(reply?.document, { strict: true }).version, "V0500");
  });

  test("show what the flow gives, built like what was read", { skip }, async () => {
    const { content } = readMessage(schedule(), { strict: true });
    const shown = writeReply(readMessage(schedule(ORDER, { message: "GetWorkSchedule", verb: "<Get/>" })), { code: "Accepted", content });
    assert.deepEqual(readMessage(shown?.document, { strict: true }).content, content);
    assert.deepEqual([...await validateAgainstXsd(new Map([["shown", shown?.document ?? ""]]))], []);
  });
});

describe("round trip", () => {
  const profile = loadBuiltInProfile();
  const { job } = factsOf(readMessage(schedule()));
  const record = buildOutputRecord({
    profile, category: "progress-forecast", timestamp: "2026-01-15T09:00:00.000Z", equipment: "acme/line-1/cnc-07", nature: "prediction", inputId: "I",
    model: { id: "m", version: "1" }, values: {}, quality: {},
  });

  test("what belongs to a job order names it as the MES does", { skip }, async () => {
    const documents = new Map(["SyncJobResponse", "SyncWorkPerformance"].map((message) =>
      [message, compileMessage({ profile, message, format: "xml" })(record, { job }).document as string] as const));
    const response = readMessage(documents.get("SyncJobResponse"), { strict: true }).content[0] ?? {};
    assert.deepEqual([response["jobOrderId"], response["workMasterId"]], ["JO-1", "WM-1"]);
    assert.deepEqual((response["equipmentActual"] as Record<string, unknown>[])[0]?.["equipmentId"], ["CNC-07"]);
    const text = documents.get("SyncWorkPerformance") ?? "";
    for (const part of ["<WorkScheduleID>WS-1<", "<WorkRequestID>WR-1<", "<JobOrderID>JO-1<", "<WorkMasterID>WM-1<", "<EquipmentID>CNC-07<"]) assert.ok(text.includes(part), part);
    assert.deepEqual([...await validateAgainstXsd(documents)], []);
  });
});

describe("the structure file", () => {
  test("is what the script makes of the official schemas", { skip }, () => {
    const script = path.resolve("nodes/lib/isa95/generate-structure.mjs");
    const made = path.join(temporary, "structure.json");
    execFileSync(process.execPath, [script, xsdFolder ?? "", made]);
    assert.equal(readFileSync(made, "utf8"), readFileSync("nodes/lib/isa95/b2mml-v0701.json", "utf8"));
  });

  test("knows every message: what is written of one is read back", () => {
    assert.ok(MESSAGES.length > 450);
    const document = readDocument(JSON.stringify({ SyncPersonnelInformation: { "@releaseID": "7.0.1", ApplicationArea: { CreationDateTime: "2026-01-15T08:30:05Z" }, DataArea: { Sync: {}, PersonnelInformation: [{ ID: "P" }] } } }));
    assert.deepEqual(found(readMessage(writeXml(document))), []);
  });
});
