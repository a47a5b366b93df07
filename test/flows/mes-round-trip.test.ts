import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import { DataType, makeEUInformation, resolveNodeId, Variant, VariantArrayType, type ClientSession } from "node-opcua";
import { readAnswer } from "../../nodes/lib/isa95/answer";
import type { JobOrder } from "../../nodes/lib/isa95/received-jobs";
import { loadBuiltInProfile } from "../../nodes/lib/profile/load-profile";
import { profileKey } from "../../nodes/lib/profile/profile-lookup";
import { MES_IN, schedule, send } from "../support/mes-in";
import { mosquitto, startBroker, stopBrokers, type Broker } from "../support/mosquitto";
import { outsider, type Outsider } from "../support/mqtt-client";
import { startRuntime, until, type EmbeddedRuntime, type FlowNode } from "../support/node-red-runtime";
import { freePort } from "../support/ports";
import { skipWithout } from "../support/requirements";
import { OPERATOR, PLACE, withClient } from "../support/scada";

/** Orders of a MES on every way into a flow, and what becomes of them, in the real runtime with clients from outside. */

const PROFILE_KEY = profileKey(loadBuiltInProfile());
const [enterprise = "", site = "", area = "", workCenter = "", workUnit = ""] = PLACE.split("/");
const profile: FlowNode = { id: "profile", type: "resonance-profile", name: "", version: 1, source: "built-in" };
const place = (unit: string): FlowNode => ({ id: `at-${unit}`, type: "resonance-equipment", name: unit, version: 1, enterprise, site, area, workCenter, workUnit: unit, physicalAsset: "" });
const on = (node: object): FlowNode => ({ z: "tab", x: 0, y: 0, ...node }) as unknown as FlowNode;

/** Only what goes somewhere is seen. */
const SINK = on({ id: "sink", type: "debug", name: "sink", active: false, tosidebar: false, console: false, tostatus: false, complete: "payload", targetType: "msg", wires: [] });

let runtime: EmbeddedRuntime;
before(async () => { runtime = await startRuntime({ http: true }); });
after(() => runtime.close());

describe("B2MML over MQTT with request and response", { skip: skipWithout("mosquitto", mosquitto) }, () => {
  let broker: Broker;
  let mes: Outsider;
  const deploy = async (changes: object = {}): Promise<void> => {
    broker = await startBroker();
    mes = await outsider(broker.url);
    await mes.subscribe("mes/#");
    await runtime.deploy([
      {
        id: "broker", type: "resonance-mqtt-broker", name: "plant", version: 1, url: broker.url, protocol: "auto", clientId: "", caFile: "", certFile: "", keyFile: "", serverName: "",
        sharedGroup: "", cleanStart: false, sessionExpiry: "600", keepAlive: "30", inFlight: "10", stateTopic: "", keep: "disk", policy: "drop-oldest", queueLimit: "1000", diskLimit: "10", ageLimit: "0",
      },
      on({
        id: "orders", type: "resonance-mqtt-in", name: "Orders", version: 1, broker: "broker", source: "topic", equipment: "", category: "", direction: "", topic: "edge/orders", expected: "raw",
        qos: "1", shared: false, acknowledge: "flow", flowTimeout: 30, tag: "topic", sizeLimit: 1000, wires: [["mesin"], []],
      }),
      on({ ...MES_IN, id: "mesin", transport: "message", ...changes, wires: [["sink"], ["sink"], ["answers"]] }),
      on({ id: "answers", type: "resonance-mqtt-out", name: "Answers", version: 1, broker: "broker", target: "response", topic: "", qos: "1", retain: false, equipment: "", wires: [] }),
      on({ id: "catch", type: "catch", name: "Any failure", scope: null, uncaught: false, wires: [["sink"]] }),
      SINK,
    ]);
    await until(() => runtime.status("Orders")?.text === "connected", "the subscription");
  };
  afterEach(async () => {
    await runtime.deploy([]);
    await mes.close();
    await stopBrokers();
  });
  const order = (bodId: string, topic: string | undefined, correlation: Buffer, document = schedule(bodId)): Promise<void> =>
    mes.publish("edge/orders", document, { properties: { ...(topic !== undefined && { responseTopic: topic }), correlationData: correlation, contentType: "application/xml", userProperties: { plant: "7" } } });
  const answers = (): { topic: string; correlation: string | undefined; type: string | undefined; text: string }[] => mes.packets.map(({ topic, payload, properties }) =>
    ({ topic, correlation: properties?.correlationData?.toString("hex"), type: properties?.contentType, text: payload.toString() }));

  it("the acknowledgement goes to the request's response topic with its correlation data; a repeated BODID is answered to who asks again", async () => {
    await deploy();
    await order("B-1", "mes/line 1/answers", Buffer.from([0, 255, 7]));
    await until(() => mes.packets.length === 1, "the answer");
    const [first] = answers();
    assert.deepEqual([first?.topic, first?.correlation, first?.type], ["mes/line 1/answers", "00ff07", "application/xml; charset=utf-8"]);
    assert.deepEqual(readAnswer(first?.text ?? "").verdict, "accepted");
    assert.match(first?.text ?? "", /<BODID>B-1<\/BODID>/, "it names what it answers");
    const [given] = runtime.sent("Orders") as { readonly responseTopic?: string; readonly correlationData?: Buffer; readonly contentType?: string; readonly userProperties?: object }[];
    assert.deepEqual([given?.responseTopic, given?.correlationData, given?.contentType, { ...given?.userProperties }], ["mes/line 1/answers", Buffer.from([0, 255, 7]), "application/xml", { plant: "7" }]);
    const { job } = runtime.sent("MES in")[0]?.resonance as { readonly job: JobOrder };
    assert.deepEqual([job.jobOrderId, job.workRequestId, job.workScheduleId], ["JO-1", "WR-1", "WS-1"]);

    await order("B-1", "mes/other", Buffer.from("again"));
    await until(() => mes.packets.length === 2, "the answer again");
    assert.deepEqual([answers()[1]?.topic, answers()[1]?.correlation, answers()[1]?.text], ["mes/other", Buffer.from("again").toString("hex"), first?.text]);
    assert.equal(runtime.sent("MES in").length, 1, "the flow got it once");
    assert.deepEqual(runtime.sent("Any failure"), []);
  });

  it("decisions of the flow find their requests in any order; a refused document is answered, one without response topic is told", async () => {
    await deploy({ answer: "flow" });
    await order("B-1", "mes/a", Buffer.from("1"));
    await order("B-2", "mes/b", Buffer.from("2"), schedule("B-2", { jobs: ["JO-2"] }));
    await until(() => runtime.sent("MES in").length === 2, "both orders");
    const handles = runtime.sent("MES in").map(({ resonance }) => resonance?.["reply"]);
    runtime.receive("MES in", { payload: { decision: "reject", reason: "no blank left" }, resonance: { reply: handles[1] } });
    await until(() => mes.packets.length === 1, "the second's answer");
    runtime.receive("MES in", { payload: { decision: "accept" }, resonance: { reply: handles[0] } });
    await until(() => mes.packets.length === 2, "the first's answer");
    assert.deepEqual(answers().map(({ topic, correlation, text }) => [topic, Buffer.from(correlation ?? "", "hex").toString(), readAnswer(text).verdict]), [["mes/b", "2", "rejected"], ["mes/a", "1", "accepted"]]);

    await order("B-3", "mes/c", Buffer.from("3"), "<broken");
    await until(() => mes.packets.length === 3, "the answer to what cannot be read");
    const refused = answers()[2];
    assert.deepEqual([refused?.topic, refused?.type, (JSON.parse(refused?.text ?? "") as { error: { code: string } }).error.code], ["mes/c", "application/json; charset=utf-8", "RESONANCE_ISA95_UNREADABLE"]);

    await order("B-4", undefined, Buffer.from("4"), "<broken");
    await until(() => runtime.sent("Any failure").length === 1, "the failure");
    assert.equal(runtime.sent("Any failure")[0]?.error?.code, "RESONANCE_MQTT_NO_RESPONSE_TOPIC");
    assert.equal(mes.packets.length, 3);
  });
});

/** Extension objects of OPC 10031-4 by the number of their data type. */
const TYPES = { JobOrder: 3008, WorkMaster: 3007, Parameter: 3003, Equipment: 3005, Material: 3010, Personnel: 3011, PhysicalAsset: 3012 } as const;
const JOB_CONTROL = "http://opcfoundation.org/UA/ISA95-JOBCONTROL_V2/";
const double = (value: number): Variant => new Variant({ dataType: DataType.Double, value });

/** Stores a job order with the receiver of `PLACE` as a client of any maker does; gives the return status. */
async function storeOrder(port: number, orderOf: (make: (type: keyof typeof TYPES, fields: Record<string, unknown>) => Promise<unknown>) => Promise<unknown>): Promise<readonly number[]> {
  return withClient(port, { user: OPERATOR }, async (session: ClientSession) => {
    const namespaces = await session.readNamespaceArray();
    const index = namespaces.indexOf(JOB_CONTROL);
    const objectId = `ns=${namespaces.indexOf("urn:model-data-resonance:scada")};s=${PLACE}#jobs`;
    const { references } = await session.browse({ nodeId: objectId, referenceTypeId: "HierarchicalReferences", includeSubtypes: true, resultMask: 63 });
    const methodId = references?.find(({ browseName }) => browseName.name === "Store")?.nodeId;
    const order = await orderOf((type, fields) => session.constructExtensionObject(resolveNodeId(`ns=${index};i=${TYPES[type]}`), fields));
    const comment = new Variant({ dataType: DataType.LocalizedText, arrayType: VariantArrayType.Array, value: [] });
    const { outputArguments } = await session.call({ objectId, methodId: methodId ?? "", inputArguments: [new Variant({ dataType: DataType.ExtensionObject, value: order }), comment] });
    return outputArguments?.[0]?.value as number[];
  });
}

/** What only B2MML tells: names of requirements. */
function comparable(job: JobOrder | undefined): unknown {
  const { requirements, ...rest } = job as JobOrder;
  const unnamed = Object.fromEntries(Object.entries(requirements).map(([kind, all]) => [kind, all.map(({ id, ...others }) => (typeof id === "string" ? others : undefined))]));
  return { ...rest, requirements: unnamed };
}

describe("the same order by B2MML and by OPC UA", () => {
  let port = 0;
  before(async () => {
    port = await freePort();
    await runtime.deploy([
      profile, place(workUnit), SINK,
      on({ ...MES_IN, id: "mesin", wires: [["sink"], ["sink"], []] }),
      on({
        id: "scada", type: "resonance-scada", name: "SCADA", version: 1, profile: "profile", equipment: `at-${workUnit}`, categories: [{ category: "soft-sensor" }], port: String(port), host: "127.0.0.1", publicHost: "",
        unprotected: true, anonymous: true, maxSessions: 10, pkiFolder: "resonance/scada-pki", accounts: [{ name: OPERATOR.name, operate: true, slot: 1 }], credentials: { password1: OPERATOR.password },
        namespaceUri: "urn:model-data-resonance:scada", language: "en", historyValues: "0", historyHours: 1, maxEquipment: 5, byModel: false, jobOrders: true, companions: false, wires: [["sink"]],
      }),
    ]);
    await until(() => runtime.status("SCADA")?.text === "listening", "the server", 30);
  });

  it("gives the same job but for the names of its requirements, which OPC UA does not have", async () => {
    const eu = makeEUInformation("NU", "N·m", "newton metre");
    const status = await storeOrder(port, async (make) => make("JobOrder", {
      JobOrderID: "JO-7", Description: [{ text: "shaft" }], WorkMasterID: [await make("WorkMaster", { ID: "SHAFT-20" })],
      StartTime: new Date("2026-11-23T06:00:00.000Z"), EndTime: new Date("2026-11-23T14:00:00.000Z"), Priority: 3,
      JobOrderParameters: [
        await make("Parameter", { ID: "torque", Value: double(41.5), EngineeringUnits: eu, Subparameters: [await make("Parameter", { ID: "lower", Value: double(10) }), await make("Parameter", { ID: "upper", Value: double(60) })] }),
        await make("Parameter", { ID: "coolant", Value: new Variant({ dataType: DataType.Boolean, value: true }) }),
        await make("Parameter", { ID: "count", Value: new Variant({ dataType: DataType.Int64, arrayType: VariantArrayType.Scalar, value: [1, 2] }) }),
        await make("Parameter", { ID: "offsets", Value: new Variant({ dataType: DataType.Double, arrayType: VariantArrayType.Array, value: [0.5, -0.25] }) }),
        await make("Parameter", { ID: "program", Value: new Variant({ dataType: DataType.String, value: "O 1000 <&>" }), Description: [{ text: "NC program" }] }),
      ],
      PersonnelRequirements: [await make("Personnel", { ID: "P-12" })],
      EquipmentRequirements: [await make("Equipment", { ID: "cnc-07", EquipmentUse: "machining" })],
      PhysicalAssetRequirements: [await make("PhysicalAsset", { ID: "SN-4711" })],
      MaterialRequirements: [await make("Material", { MaterialDefinitionID: "C45", MaterialLotID: "LOT-9", MaterialUse: "Consumable", Quantity: "120", EngineeringUnits: makeEUInformation("C62", "1", "one") })],
    }));
    assert.deepEqual(status, [0, 1], "no error");
    const value = (text: string, type: string, unit = ""): string => `<Value><ValueString>${text}</ValueString><DataType>${type}</DataType>${unit === "" ? "" : `<UnitOfMeasure>${unit}</UnitOfMeasure>`}</Value>`;
    const child = (id: string, text: string): string => `<ParameterChild><ID>${id}</ID>${value(text, "double")}</ParameterChild>`;
    const scope = PLACE.split("/").reduceRight((inner, name, index) => {
      const element = index === 0 ? "HierarchyScope" : "HierarchyScopeChild";
      return `<${element}><EquipmentID>${name}</EquipmentID><EquipmentLevel>${["Enterprise", "Site", "Area", "WorkCenter", "WorkUnit"][index] ?? ""}</EquipmentLevel>${inner}</${element}>`;
    }, "");
    const document = `<?xml version="1.0"?><ProcessJobList xmlns="http://www.mesa.org/xml/B2MML" releaseID="7.0.1"><ApplicationArea><CreationDateTime>2026-11-22T08:00:00Z</CreationDateTime><BODID>L-7</BODID></ApplicationArea><DataArea><Process/><JobList><ID>L-7</ID><JobOrder>
      <ID>JO-7</ID><Description>shaft</Description><StartTime>2026-11-23T07:00:00+01:00</StartTime><EndTime>2026-11-23T14:00:00Z</EndTime>${scope}<WorkMasterID>SHAFT-20</WorkMasterID><Priority>3</Priority><DispatchStatus>Pending</DispatchStatus>
      <JobOrderParameter><ID>torque</ID>${value("41.5", "double", "NU")}${child("lower", "10")}${child("upper", "60")}</JobOrderParameter>
      <JobOrderParameter><ID>coolant</ID>${value("true", "boolean")}</JobOrderParameter><JobOrderParameter><ID>count</ID>${value("4294967298", "long")}</JobOrderParameter>
      <JobOrderParameter><ID>offsets</ID>${value("0.5", "double")}${value("-0.25", "double")}</JobOrderParameter>
      <JobOrderParameter><ID>program</ID>${value("O 1000 &lt;&amp;&gt;", "string")}<Description>NC program</Description></JobOrderParameter>
      <PersonnelRequirement><ID>turner</ID><PersonID>P-12</PersonID></PersonnelRequirement>
      <EquipmentRequirement><ID>machine</ID><EquipmentID>cnc-07</EquipmentID><EquipmentUse>machining</EquipmentUse></EquipmentRequirement>
      <PhysicalAssetRequirement><ID>asset</ID><PhysicalAssetID>SN-4711</PhysicalAssetID></PhysicalAssetRequirement>
      <MaterialRequirement><ID>blank</ID><MaterialDefinitionID>C45</MaterialDefinitionID><MaterialLotID>LOT-9</MaterialLotID><MaterialUse>Consumable</MaterialUse><Quantity><QuantityString>120</QuantityString><UnitOfMeasure>C62</UnitOfMeasure></Quantity></MaterialRequirement>
      </JobOrder></JobList></DataArea></ProcessJobList>`;
    const answer = await send(`${runtime.url}/b2mml`, document);
    assert.equal(answer.status, 202, answer.text);
    await until(() => runtime.sent("MES in").length === 1 && runtime.sent("SCADA").length === 1, "both orders");
    const jobOf = (name: string): JobOrder | undefined => runtime.sent(name)[0]?.resonance?.["job"] as JobOrder | undefined;
    assert.deepEqual(comparable(jobOf("SCADA")), comparable(jobOf("MES in")));
    const { parameters, equipmentScope, materialLotId, requirements } = jobOf("SCADA") as JobOrder;
    assert.deepEqual(parameters["torque"], { value: 41.5, unit: "NU", dataType: "double", lower: 10, upper: 60 });
    assert.deepEqual([equipmentScope, materialLotId, requirements.material[0]?.["quantity"]], [PLACE, "LOT-9", [{ value: 120, unit: "C62" }]]);
    assert.deepEqual(...["SCADA", "MES in"].map((name) => Object.keys((runtime.sent(name)[0]?.payload as object[])[0] ?? {}).sort()) as [string[], string[]], "the payload is built alike");
  });
});

/** Documents with one order for each of two machines, in every version that is read. */
const V7 = "http://www.mesa.org/xml/B2MML";
const ORDERS = [["07", "cnc-07", 120], ["08", "cnc-08", 80]] as const;
const applicationArea = (bodId: string): string => `<ApplicationArea><Sender><LogicalID>MES-1</LogicalID></Sender><CreationDateTime>2026-11-22T08:00:00Z</CreationDateTime><BODID>${bodId}</BODID></ApplicationArea>`;
const quantity = (count: number): string => `<ID>plannedQuantity</ID><Value><ValueString>${count}</ValueString><DataType>int</DataType><UnitOfMeasure>C62</UnitOfMeasure></Value>`;
const jobOrders = (tag: string, state: string, orders: readonly (readonly [string, string, number])[] = ORDERS): string => orders.map(([number, machine, count]) =>
  `<JobOrder><ID>JO-${tag}-${number}</ID><DispatchStatus>${state}</DispatchStatus><JobOrderParameter>${quantity(count)}</JobOrderParameter><EquipmentRequirement><ID>machine</ID><EquipmentID>${machine}</EquipmentID></EquipmentRequirement></JobOrder>`).join("");
const document = (message: string, namespace: string, release: string, verb: string, noun: string): string =>
  `<${message} xmlns="${namespace}" releaseID="${release}">${applicationArea(`${message}-${release}`)}<DataArea>${verb}${noun}</DataArea></${message}>`;
const asJobList = (tag: string): string => `<JobList><ID>L-1</ID>${jobOrders(tag, "Ready")}</JobList>`;
const asSchedule = (tag: string): string => `<WorkSchedule><ID>WS-${tag}</ID><WorkRequest><ID>WR-${tag}</ID>${jobOrders(tag, "Ready")}</WorkRequest></WorkSchedule>`;
/** Before V0600 a segment requirement is the job; its ID is the job's. */
const asProduction = (tag: string): string => `<ProductionSchedule><ID>WS-${tag}</ID><ProductionRequest><ID>WR-${tag}</ID>${ORDERS.map(([number, machine, count]) =>
  `<SegmentRequirement><ID>JO-${tag}-${number}</ID><ProductionParameter><Parameter>${quantity(count)}</Parameter></ProductionParameter><EquipmentRequirement><EquipmentID>${machine}</EquipmentID></EquipmentRequirement></SegmentRequirement>`).join("")}</ProductionRequest></ProductionSchedule>`;
const SYNC = "<Sync><ActionCriteria><ActionExpression actionCode=\"Add\"/></ActionCriteria></Sync>";
const SOURCES: readonly [tag: string, document: string, hasRequest: boolean][] = [
  ["a", document("ProcessJobList", V7, "7.0.1", "<Process/>", asJobList("a")), false],
  ["b", document("SyncJobList", V7, "7.0.1", SYNC, asJobList("b")), false],
  ["c", document("ProcessWorkSchedule", V7, "7.0.1", "<Process/>", asSchedule("c")), true],
  ["d", document("ProcessWorkSchedule", V7, "7.0.0", "<Process/>", asSchedule("d")), true],
  ["e", document("ProcessJobList", `${V7}-V0600`, "B2MML-V0600", "<Process/>", asJobList("e")), false],
  ["f", document("ProcessWorkSchedule", `${V7}-V0600`, "B2MML-V0600", "<Process/>", asSchedule("f")), true],
  ["g", document("ProcessProductionSchedule", "http://www.wbf.org/xml/B2MML-V05", "B2MML-V0500", "<Process/>", asProduction("g")), true],
  ["h", document("ProcessProductionSchedule", "http://www.wbf.org/xml/B2MML-V0401", "B2MML-V0401", "<Process/>", asProduction("h")), true],
];

/** Holds records until it is told to answer, the last one first: a model whose answers overtake each other. */
const MODEL = `if (msg.topic === "answer") { const held = context.get("held") ?? []; context.set("held", []); return [held.reverse()]; }
const { profile, category, equipment, id: inputId } = msg.payload;
const payload = { profile, category, equipment, inputId, direction: "output", nature: "prediction", id: "out-" + inputId, timestamp: new Date().toISOString(), model: { id: "progress", version: "1" }, values: { remainingTime: 2 } };
context.set("held", [...(context.get("held") ?? []), { ...msg, payload }]);
return [null, { payload: inputId }];`;

describe("a job order's round trip", () => {
  before(async () => {
    const machine = (unit: string): FlowNode => on({
      id: `in-${unit}`, type: "resonance-model-in", name: `Record ${unit}`, version: 1, profile: "profile", category: "progress-forecast", equipment: `at-${unit}`,
      tags: [{ tag: "Parts", field: "partsCompleted", unit: "C62", maxAge: 0, optional: false }], constants: [],
      jobFields: [{ field: "jobOrderId", path: "id", unit: "" }, { field: "plannedQuantity", path: "parameters.plannedQuantity.value", unit: "" }],
      trigger: "message", interval: 1, badQuality: "reject", maxSkew: 0, triggerTag: "", triggerEdge: "", wires: [["model"], ["sink"]],
    });
    await runtime.deploy([
      profile, place("cnc-07"), place("cnc-08"), SINK, machine("cnc-07"), machine("cnc-08"),
      on({ ...MES_IN, id: "mesin", problems: "pass", wires: [["in-cnc-07", "in-cnc-08", "guard", "sink"], ["sink"], []] }),
      on({ id: "model", type: "function", name: "Model", func: MODEL, outputs: 2, timeout: 0, noerr: 0, initialize: "", finalize: "", libs: [], wires: [["isa95"], ["sink"]] }),
      on({ id: "isa95", type: "resonance-isa95", name: "Response", version: 1, profile: "profile", message: "SyncJobResponse", format: "xml", workScheduleId: "", workMasterId: "", priority: "", wires: [["sink"], ["sink"]] }),
      on({
        id: "guard", type: "resonance-setpoint-guard", name: "Guard", version: 1, profile: "profile", category: "adaptive-control", equipment: "at-cnc-07", wires: [["sink"], ["sink"]],
        fields: [{ field: "feedOverrideSetpoint", unit: "P1", minimum: 50, maximum: 120, maxStep: "", maxRate: "", deadBand: "", fallback: "", actualTag: "", jobMinimum: "", jobMaximum: "parameters.feed.upper" }],
        mode: "limit", interlocks: [], approval: "none", approvalTime: 0, holdOff: 0, maxAge: 10, stale: "hold", minConfidence: 0, applicability: "notOutside", drift: "notConfirmed", start: "any", actualMaxAge: 0,
      }),
      on({ id: "catch", type: "catch", name: "Any failure", scope: null, uncaught: false, wires: [["sink"]] }),
    ]);
  });

  let orders = 0;
  const order = async (text: string): Promise<void> => {
    const before = runtime.sent("MES in").length / 4;
    const { status, text: answer } = await send(`${runtime.url}/b2mml`, text);
    assert.ok(status === 200 || status === 202, `${status} ${answer}`);
    orders = before + 1;
    await until(() => runtime.sent("MES in").length === orders * 4, "the order in the flow");
  };
  const records = (unit: string): { values: Record<string, unknown>; id: string }[] => runtime.sent(`Record ${unit}`).map(({ payload }) => payload as { values: Record<string, unknown>; id: string });
  const sample = async (unit: string, parts: number): Promise<void> => {
    const before = records(unit).length;
    runtime.receive(`Record ${unit}`, { payload: { Parts: parts } });
    await until(() => records(unit).length === before + 1 && runtime.sent("Model", 1).some(({ payload }) => payload === records(unit).at(-1)?.id), `a record of ${unit} at the model`);
  };
  /** Lets the model answer all it has; gives the responses. */
  const answered = async (count: number): Promise<{ document: string; job: Partial<JobOrder> }[]> => {
    const before = runtime.sent("Response").length;
    runtime.receive("Model", { topic: "answer" });
    await until(() => runtime.sent("Response").length === before + count, `${count} responses`);
    return runtime.sent("Response").slice(before).map(({ payload, resonance }) => ({ document: String(payload), job: (resonance?.["job"] ?? {}) }));
  };
  const orderOf = (text: string): string | undefined => /<JobOrderID>([^<]*)</.exec(text)?.[1];

  for (const [tag, text, hasRequest] of SOURCES) {
    it(`${/<(\w+) /.exec(text)?.[1] ?? ""} ${/releaseID="([^"]*)"/.exec(text)?.[1] ?? ""}: orders of two machines at once, each back with its own identifiers`, async () => {
      await order(text);
      await sample("cnc-08", 10);
      await sample("cnc-07", 30);
      assert.deepEqual(["cnc-07", "cnc-08"].map((unit) => records(unit).at(-1)?.values), [
        { partsCompleted: 30, jobOrderId: `JO-${tag}-07`, plannedQuantity: 120 }, { partsCompleted: 10, jobOrderId: `JO-${tag}-08`, plannedQuantity: 80 },
      ]);
      const responses = await answered(2);
      assert.deepEqual(responses.map(({ document: response }) => orderOf(response)), [`JO-${tag}-07`, `JO-${tag}-08`]);
      for (const { job } of responses) assert.deepEqual([job.workScheduleId, job.workRequestId], hasRequest ? [`WS-${tag}`, `WR-${tag}`] : [undefined, undefined]);
      assert.deepEqual(runtime.sent("Any failure").map(({ error }) => error?.message), []);
    });
  }

  const single = (id: string, state: string, more = ""): string =>
    `<ProcessJobList xmlns="${V7}" releaseID="7.0.1">${applicationArea(`${id}-${state}`)}<DataArea><Process/><JobList><ID>L</ID><JobOrder><ID>${id}</ID><DispatchStatus>${state}</DispatchStatus><JobOrderParameter>${quantity(50)}</JobOrderParameter>${more}<EquipmentRequirement><ID>m</ID><EquipmentID>cnc-07</EquipmentID></EquipmentRequirement></JobOrder></JobList></DataArea></ProcessJobList>`;

  it("a job that is switched between two samples, or ends while the model answers: each answer goes to the job its record was made in", async () => {
    await order(single("JO-A", "Ready"));
    await sample("cnc-07", 1);
    await order(single("JO-B", "Ready"));
    await sample("cnc-07", 2);
    assert.deepEqual((await answered(2)).map(({ document: response }) => orderOf(response)), ["JO-B", "JO-A"]);
    await sample("cnc-07", 3);
    await order(single("JO-B", "Closed"));
    assert.deepEqual((await answered(1)).map(({ document: response }) => orderOf(response)), ["JO-B"]);
    // Without a job there is no planned quantity, and so no record, until the next order.
    runtime.receive("Record cnc-07", { payload: { Parts: 4 } });
    await order(single("JO-C", "Ready"));
    await sample("cnc-07", 5);
    assert.deepEqual(records("cnc-07").slice(-2).map(({ values }) => [values["partsCompleted"], values["jobOrderId"]]), [[3, "JO-B"], [5, "JO-C"]]);
    assert.deepEqual((await answered(1)).map(({ document: response }) => orderOf(response)), ["JO-C"]);
  });

  it("an order's limit for a parameter is the guard's, until the order ends; the decision names the order", async () => {
    const limit = (upper: number, unit: string): string => `<JobOrderParameter><ID>feed</ID><Value><ValueString>${upper - 10}</ValueString><DataType>double</DataType><UnitOfMeasure>${unit}</UnitOfMeasure></Value><Value><ValueString>${upper}</ValueString><DataType>double</DataType><UnitOfMeasure>${unit}</UnitOfMeasure><Key>upper</Key></Value></JobOrderParameter>`;
    let count = 0;
    const propose = async (): Promise<unknown[]> => {
      count += 1;
      const payload = {
        profile: PROFILE_KEY, category: "adaptive-control", direction: "output", nature: "proposal", id: `proposal-${count}`, timestamp: new Date().toISOString(), equipment: PLACE,
        values: { feedOverrideSetpoint: 118 }, inputId: "i", model: { id: "apc", version: "1" },
      };
      const before = runtime.sent("Guard", 1).length;
      runtime.receive("Guard", { payload });
      await until(() => runtime.sent("Guard", 1).length === before + 1, "the decision");
      const { reason, job, values } = runtime.sent("Guard", 1).at(-1)?.payload as { reason: string; job?: { jobOrderId?: string }; values: { feedOverrideSetpoint: { passed?: number } } };
      return [reason, values.feedOverrideSetpoint.passed, job?.jobOrderId];
    };
    await order(single("JO-G1", "Ready", limit(90, "P1")));
    assert.deepEqual(await propose(), ["LIMITED", 90, "JO-G1"]);
    await order(single("JO-G2", "Ready", limit(300, "P1")));
    assert.deepEqual(await propose(), ["WITHIN_LIMITS", 118, "JO-G2"], "118 is within the configured 120, and no job widens that");
    await order(single("JO-G2", "Closed", limit(300, "P1")));
    assert.deepEqual(await propose(), ["BOUND_MISSING", undefined, undefined]);
    assert.deepEqual(runtime.sent("Any failure").map(({ error }) => error?.message), []);
  });
});
