import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import {
  AttributeIds, ClientSubscription, constructEventFilter, DataType, HistoryData, NodeClass, resolveNodeId, SecurityPolicy, StatusCodes, Subscription, TimestampsToReturn,
  Variant, VariantArrayType, type ClientSession, type StatusCode,
} from "node-opcua";
import type { B2mmlDocument } from "../../nodes/lib/isa95/document";
import { writeXml } from "../../nodes/lib/isa95/xml-writer";
import type { JobOrderMessage } from "../../nodes/lib/scada/job-order-message";
import { jobOrderPart } from "../../nodes/lib/scada/job-order-part";
import { valueTypeOf } from "../../nodes/lib/scada/value-type";
import { browseAll, inputRecord, makeScada, OPERATOR, outputRecord, PLACE, readValue, startScada, stopScadas, VIEWER, withClient, type TestScada } from "../support/scada";

const NS = "ns=2;s=";
const anomaly = (rest: string): string => `${NS}${PLACE}#condition-anomaly${rest}`;
const control = (rest: string): string => `${NS}${PLACE}#adaptive-control${rest}`;
const text = (value: string): Variant => new Variant({ dataType: DataType.String, value });

const unhandled: unknown[] = [];
const note = (reason: unknown): void => { unhandled.push(reason); };
let folder = "";
before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "resonance-scada-client-"));
  process.on("unhandledRejection", note);
});
after(async () => {
  await stopScadas();
  await rm(folder, { recursive: true, force: true });
  process.off("unhandledRejection", note);
  assert.deepEqual(unhandled, [], "no rejection went unhandled");
});

describe("the address space of a SCADA server", () => {
  let server: TestScada;
  before(async () => { server = await startScada({ categories: ["condition-anomaly", "adaptive-control", "energy-emission", "soft-sensor"] }); });
  after(() => server.close());
  const client = <T>(work: (session: ClientSession) => Promise<T>, options: Parameters<typeof withClient>[1] = {}): Promise<T> => withClient(server.port, options, work);
  const attempt = (nodeId: string, value: string, user: { name: string; password: string } | undefined): Promise<StatusCode> =>
    client((session) => session.write({ nodeId, attributeId: AttributeIds.Value, value: { value: text(value) } }), user ? { user } : {});

  it("a generic client finds the ISA-95 tree and every variable before the first record", async () => {
    await client(async (session) => {
      const found = await browseAll(session, "ns=0;i=85");
      const once = found.filter((node) => node.path === "/acme/shanghai/machining/line-1/cnc-07/Models/soft-sensor/Output/viscosity");
      assert.equal(once.length, 1, "one way leads there");
      const paths = found.map((node) => node.path);
      for (const wanted of ["/acme/shanghai/machining/line-1/cnc-07/Models/condition-anomaly/Input/vibrationVelocity",
        "/acme/shanghai/machining/line-1/cnc-07/Models/condition-anomaly/Output/anomalyScore/EURange",
        "/acme/shanghai/machining/line-1/cnc-07/Models/adaptive-control/Approval/Approve",
        "/acme/shanghai/machining/line-1/cnc-07/Models/condition-anomaly/Output/Record/ModelVersion",
        "/acme/shanghai/EquipmentLevel"]) assert.ok(paths.includes(wanted), wanted);
      const own = found.filter((node) => node.nodeClass === (NodeClass.Variable as number) && node.path.startsWith("/acme/"));
      const values = await session.read(own.map(({ nodeId }) => ({ nodeId, attributeId: AttributeIds.Value })));
      values.forEach(({ statusCode }, index) => {
        const usable = statusCode.isGood() || statusCode.equals(StatusCodes.BadWaitingForInitialData) || statusCode.equals(StatusCodes.UncertainInitialValue);
        assert.ok(usable, `${own[index]?.path}: ${statusCode.toString()}`);
      });
      for (const attributeId of [AttributeIds.DisplayName, AttributeIds.DataType, AttributeIds.ValueRank, AttributeIds.AccessLevel]) {
        const attributes = await session.read(own.map(({ nodeId }) => ({ nodeId, attributeId })));
        for (const { statusCode } of attributes) assert.ok(statusCode.isGood(), statusCode.toString());
      }
      // All NodeIds of ours are texts from the path; none of it would move with another order of creation.
      for (const { nodeId, path: at } of own.filter((node) => /\/(Input|Output|Approval)\/\w+$/.test(node.path))) assert.match(nodeId, /^ns=2;s=acme/, at);
    });
  });

  it("states what real clients ask first: capabilities, limits, locales, namespaces, diagnostics", async () => {
    await client(async (session) => {
      const read = async (id: number): Promise<unknown> => (await readValue(session, `ns=0;i=${id}`)).value.value as unknown;
      assert.deepEqual(await read(2271), ["en-US", "zh-CN", "de-DE"], "LocaleIdArray");
      assert.ok((await read(2269) as string[]).some((uri) => uri.endsWith("Server/StandardUA2017")), "ServerProfileArray");
      assert.ok(await read(11705) as number >= 1000, "MaxNodesPerRead");
      assert.ok(await read(11714) as number >= 1000, "MaxMonitoredItemsPerCall");
      assert.equal((await read(2255) as string[])[2], "urn:model-data-resonance:scada");
      assert.equal((await readValue(session, "ns=0;i=2259")).value.value, 0, "Running");
      assert.equal((await readValue(session, "ns=0;i=2294")).statusCode, StatusCodes.Good, "ServerDiagnostics EnabledFlag");
    });
  });

  it("a field is a typed variable with unit, range and allowed values", async () => {
    await client(async (session) => {
      const wanted: Readonly<Record<string, [dataType: string, type: string]>> = {
        "/output/anomalyScore": ["ns=0;i=11", "ns=0;i=2368"], "/output/anomalyDetected": ["ns=0;i=1", "ns=0;i=63"], "/output/anomalyStart": ["ns=0;i=294", "ns=0;i=63"],
        "/output/healthState": ["ns=0;i=12", "ns=0;i=63"], "/output/contributingTags": ["ns=0;i=12", "ns=0;i=63"],
      };
      for (const [rest, [dataType, type]] of Object.entries(wanted)) {
        assert.equal(String((await readValue(session, anomaly(rest), AttributeIds.DataType)).value.value), dataType, rest);
        const { references } = await session.browse({ nodeId: anomaly(rest), referenceTypeId: "HasTypeDefinition" });
        assert.equal(references?.[0]?.nodeId.toString(), type, rest);
      }
      const unit = (await readValue(session, anomaly("/input/bearingTemperature.EngineeringUnits"))).value.value as { unitId: number; namespaceUri: string; displayName: { text: string } };
      assert.deepEqual([unit.unitId, unit.namespaceUri, unit.displayName.text], [4932940, "http://www.opcfoundation.org/UA/units/un/cefact", "K"]);
      const range = (await readValue(session, anomaly("/input/bearingTemperature.EURange"))).value.value as { low: number; high: number };
      assert.deepEqual([range.low, range.high], [200, 1000]);
      const allowed = (await readValue(session, anomaly("/output/healthState.AllowedValues"))).value.value as string[];
      assert.ok(allowed.length > 1);
      assert.equal(String((await readValue(session, anomaly("/output/severity"), AttributeIds.DataType)).value.value), "ns=0;i=7", "a whole number from 0 up is UInt32");
    });
  });

  it("names and descriptions come in the language of the session", async () => {
    const titles: Readonly<Record<string, string>> = { "de-DE": "Lagertemperatur", "zh-CN": "轴承温度", "fr-FR": "Bearing temperature" };
    for (const [locale, title] of Object.entries(titles)) {
      await client(async (session) => {
        const node = anomaly("/input/bearingTemperature");
        assert.equal(((await readValue(session, node, AttributeIds.DisplayName)).value.value as { text: string }).text, title);
        assert.equal((await readValue(session, node, AttributeIds.Description)).statusCode, StatusCodes.Good);
      }, { locales: [locale] });
    }
  });

  it("a measurement is Good, a prediction Uncertain, and each has the time of its source", async () => {
    server.scada.publish(inputRecord({
      category: "condition-anomaly", timestamp: "2026-11-22T08:00:00.000Z",
      values: { vibrationVelocity: 4.5, bearingTemperature: 330, torque: 40, axisLoad: null },
      quality: { bearingTemperature: { status: "Uncertain", code: "UncertainSensorNotAccurate", timestamp: "2026-11-22T07:59:58.500Z" }, torque: { status: "Bad", code: "BadSensorFailure" } },
    }));
    server.scada.publish(outputRecord({ category: "condition-anomaly", values: { anomalyScore: 0.2, anomalyDetected: false, contributingTags: [{ tag: "torque", contribution: 0.7 }] } }));
    await client(async (session) => {
      const read = async (rest: string): Promise<[unknown, string, string | undefined]> => {
        const { value, statusCode, sourceTimestamp } = await readValue(session, anomaly(rest));
        return [value.value, statusCode.name, sourceTimestamp?.toISOString()];
      };
      assert.deepEqual(await read("/input/vibrationVelocity"), [4.5, "Good", "2026-11-22T08:00:00.000Z"]);
      assert.deepEqual(await read("/input/bearingTemperature"), [330, "UncertainSensorNotAccurate", "2026-11-22T07:59:58.500Z"]);
      assert.deepEqual(await read("/input/torque"), [40, "BadSensorFailure", "2026-11-22T08:00:00.000Z"]);
      assert.deepEqual(await read("/input/axisLoad"), [null, "BadNoData", "2026-11-22T08:00:00.000Z"]);
      assert.deepEqual(await read("/output/anomalyScore"), [0.2, "Uncertain", "2026-11-22T08:30:05.120Z"]);
      assert.deepEqual(await read("/output/contributingTags"), ['[{"tag":"torque","contribution":0.7}]', "Uncertain", "2026-11-22T08:30:05.120Z"]);
      assert.deepEqual((await read("/output#ModelId")).slice(0, 2), ["model-a", "Good"]);
      assert.deepEqual((await read("/output#Confidence")).slice(0, 2), [0.9, "Good"]);
    });
  });

  it("a value of the wrong type is Bad, not a guess; a structured value has typed parts", async () => {
    server.scada.publish(outputRecord({ category: "energy-emission", values: { predictedEnergy: "much", recommendedShift: { equipment: "cnc-07", power: 12.5 } } }));
    await client(async (session) => {
      const node = `${NS}${PLACE}#energy-emission/output`;
      assert.equal((await readValue(session, `${node}/predictedEnergy`)).statusCode, StatusCodes.BadTypeMismatch);
      assert.equal((await readValue(session, `${node}/recommendedShift`)).value.value, '{"equipment":"cnc-07","power":12.5}');
      const part = await readValue(session, `${node}/recommendedShift/power`);
      assert.deepEqual([part.value.dataType, part.value.value, part.statusCode.name], [DataType.Double, 12.5, "Uncertain"]);
    });
  });

  it("after its validity a value is the last usable one, and subscribers hear of it; a command is Good", async () => {
    await client(async (session) => {
      const subscription = await session.createSubscription2({ requestedPublishingInterval: 50, requestedMaxKeepAliveCount: 100, requestedLifetimeCount: 1000, publishingEnabled: true, priority: 1, maxNotificationsPerPublish: 100 });
      const heard: [unknown, string][] = [];
      const item = await subscription.monitor({ nodeId: control("/output/feedOverrideSetpoint"), attributeId: AttributeIds.Value }, { samplingInterval: 0, queueSize: 10, discardOldest: true }, TimestampsToReturn.Both);
      const ended = new Promise<void>((resolve) => {
        item.on("changed", ({ value, statusCode }) => {
          heard.push([value.value, statusCode.name]);
          if (statusCode.equals(StatusCodes.UncertainLastUsableValue)) resolve();
        });
      });
      await new Promise<void>((resolve) => { item.once("changed", () => { resolve(); }); });
      server.scada.publish(outputRecord({ category: "adaptive-control", id: "command", nature: "command", timestamp: new Date().toISOString(), validUntil: new Date(Date.now() + 400).toISOString(), values: { feedOverrideSetpoint: 80 } }));
      await ended;
      assert.deepEqual(heard, [[null, "BadWaitingForInitialData"], [80, "Good"], [80, "UncertainLastUsableValue"]]);
      await subscription.terminate();
    });
  });

  it("an older record does not turn the clock back, but joins the history in its order; the history is bounded", async () => {
    const at = (second: number): string => new Date(Date.UTC(2026, 10, 22, 9, 0, second)).toISOString();
    const show = (second: number): void => { server.scada.publish(outputRecord({ category: "soft-sensor", timestamp: at(second), values: { viscosity: 100 + second } })); };
    for (let second = 0; second < 130; second += 1) if (second !== 60) show(second);
    show(60);
    await client(async (session) => {
      const node = `${NS}${PLACE}#soft-sensor/output/viscosity`;
      assert.equal((await readValue(session, node)).value.value, 229);
      const values = async (start: number, end: number): Promise<number[]> => {
        const { historyData, statusCode } = await session.readHistoryValue(node, new Date(at(start)), new Date(at(end)));
        assert.ok(statusCode.isGood(), statusCode.toString());
        return ((historyData as HistoryData).dataValues ?? []).map(({ value }) => value.value as number);
      };
      assert.deepEqual(await values(58, 62), [158, 159, 160, 161, 162]);
      assert.deepEqual(await values(62, 60), [162, 161, 160], "backwards where the end is before the start");
      assert.equal((await values(0, 200)).length, 100, "as many as configured");
      const last = await session.readHistoryValue(node, new Date(at(129)), new Date(at(129)));
      assert.equal((last.historyData as HistoryData).dataValues?.[0]?.statusCode.name, "Uncertain");
    });
  });

  it("a record raises an event at every level of the equipment; an anomaly is an alarm that is acknowledged and confirmed", async () => {
    await client(async (session) => {
      const fields = ["EventType", "Message", "Severity", "SourceName", "2:RecordId", "2:ModelVersion", "2:Confidence", "EventId", "ConditionId", "ActiveState.Id", "AckedState.Id", "Retain"];
      const filter = constructEventFilter(fields);
      const subscription = ClientSubscription.create(session, { requestedPublishingInterval: 50, publishingEnabled: true, requestedLifetimeCount: 1000, requestedMaxKeepAliveCount: 100 });
      const listen = async (nodeId: string): Promise<Record<string, unknown>[]> => {
        const heard: Record<string, unknown>[] = [];
        const item = await subscription.monitor({ nodeId, attributeId: AttributeIds.EventNotifier }, { samplingInterval: 0, queueSize: 100, discardOldest: true, filter }, TimestampsToReturn.Both);
        item.on("changed", (values: unknown) => { heard.push(Object.fromEntries((values as Variant[]).map(({ value }, index) => [fields[index], value as unknown])) as Record<string, unknown>); });
        return heard;
      };
      const [atServer, atSite] = [await listen("ns=0;i=2253"), await listen(`${NS}acme/shanghai`)];
      const arrived = async (heard: readonly Record<string, unknown>[], wanted: (event: Record<string, unknown>) => boolean): Promise<Record<string, unknown>> => {
        for (let round = 0; round < 400; round += 1) {
          const found = heard.find(wanted);
          if (found) return found;
          await new Promise((resolve) => setTimeout(resolve, 25));
        }
        throw new Error(`no such event in ${JSON.stringify(heard)}`);
      };
      server.scada.publish(outputRecord({ category: "condition-anomaly", id: "anomaly-1", timestamp: new Date().toISOString(), values: { anomalyDetected: true, alertMessage: "bearing worn", severity: 800 } }));
      for (const heard of [atServer, atSite]) {
        const event = await arrived(heard, (each) => each["2:RecordId"] === "anomaly-1");
        assert.deepEqual([event["2:ModelVersion"], event["2:Confidence"], String(event["SourceName"])], ["1.2.0", 0.9, "Condition monitoring and anomaly detection"]);
      }
      const alarm = await arrived(atSite, (each) => each["ActiveState.Id"] === true);
      assert.deepEqual([(alarm["Message"] as { text: string }).text, alarm["Severity"], alarm["AckedState.Id"], alarm["Retain"]], ["bearing worn", 800, false, true]);
      const eventId = alarm["EventId"] as Buffer;
      const refused = await client((viewer) => viewer.acknowledgeCondition(resolveNodeId(anomaly("/alarm")), eventId, "no"), { user: VIEWER });
      assert.equal(refused.name, "BadUserAccessDenied");
      const acknowledged = await client((operator) => operator.acknowledgeCondition(resolveNodeId(anomaly("/alarm")), eventId, "seen"), { user: OPERATOR });
      assert.ok(acknowledged.isGood(), acknowledged.toString());
      await server.until(() => server.messages.some(({ topic }) => topic === "acknowledge"), "the acknowledgement");
      assert.deepEqual(server.messages.find(({ topic }) => topic === "acknowledge"), { topic: "acknowledge", payload: { id: "anomaly-1", by: "operator", comment: "seen" } });
      const acked = await arrived(atSite, (each) => each["AckedState.Id"] === true && each["ActiveState.Id"] === true);
      const confirmed = await client((operator) => operator.confirmCondition(resolveNodeId(anomaly("/alarm")), acked["EventId"] as Buffer, "bearing replaced"), { user: OPERATOR });
      assert.ok(confirmed.isGood(), confirmed.toString());
      server.scada.publish(outputRecord({ category: "condition-anomaly", id: "normal-1", timestamp: new Date().toISOString(), values: { anomalyDetected: false } }));
      const normal = await arrived(atSite, (each) => each["ActiveState.Id"] === false);
      assert.equal(normal["Retain"], false, "over, seen and confirmed");
      await subscription.terminate();
    });
  });

  it("an operator approves or rejects by variable or method, once, and only a proposal that is open", async () => {
    const propose = (id: string, ms = 60_000): void => {
      server.scada.publish(outputRecord({ category: "adaptive-control", id, nature: "proposal", timestamp: new Date().toISOString(), validUntil: new Date(Date.now() + ms).toISOString(), values: { feedOverrideSetpoint: 85 } }));
    };
    const decisions = (): unknown[] => server.messages.filter(({ topic }) => topic === "approve" || topic === "reject");
    const state = (): Promise<unknown> => client(async (session) => (await readValue(session, control("/approval/State"))).value.value as unknown);
    const approve = control("/approval/Approve");
    propose("proposal-1");
    assert.equal(await state(), "pending");
    assert.equal((await attempt(approve, "proposal-1", undefined)).name, "BadUserAccessDenied", "anonymous");
    assert.equal((await attempt(approve, "proposal-1", VIEWER)).name, "BadUserAccessDenied", "a user who may only look");
    assert.equal((await attempt(approve, "no-such", OPERATOR)).name, "BadNotFound");
    assert.deepEqual(decisions(), []);
    assert.equal((await attempt(control("/approval/Comment"), "looks right", OPERATOR)).name, "Good");
    assert.equal((await attempt(approve, "proposal-1", OPERATOR)).name, "Good");
    assert.deepEqual(decisions(), [{ topic: "approve", payload: { id: "proposal-1", by: "operator", comment: "looks right" } }]);
    assert.equal(await state(), "approved");
    assert.equal((await attempt(control("/approval/Reject"), "proposal-1", OPERATOR)).name, "BadInvalidState", "decided already");
    propose("proposal-2");
    const call = (user: typeof OPERATOR, id: string): Promise<string> => client(async (session) => {
      const { statusCode } = await session.call({ objectId: control("/approval"), methodId: control("/approval/RejectProposal"), inputArguments: [text(id), text("too fast")] });
      return statusCode.name;
    }, { user });
    assert.equal(await call(VIEWER, "proposal-2"), "BadUserAccessDenied");
    assert.equal(await call(OPERATOR, "proposal-2"), "Good");
    assert.deepEqual(decisions().at(-1), { topic: "reject", payload: { id: "proposal-2", by: "operator", comment: "too fast" } });
    propose("proposal-3", -1);
    assert.equal(await state(), "expired");
    assert.equal((await attempt(approve, "proposal-3", OPERATOR)).name, "BadInvalidState");
    assert.equal(decisions().length, 2);
    server.scada.decide({ proposalId: "proposal-3", state: "fallback" });
    assert.equal(await state(), "fallback");
  });

  it("a client can monitor every node there is as fast as the server can", async () => {
    await client(async (session) => {
      const variables = (await browseAll(session, "ns=0;i=85")).filter(({ nodeClass }) => nodeClass === (NodeClass.Variable as number));
      const subscription = await session.createSubscription2({});
      const group = await subscription.monitorItems(variables.map(({ nodeId }) => ({ nodeId, attributeId: AttributeIds.Value })), { samplingInterval: 0 }, TimestampsToReturn.Both);
      const refused = group.monitoredItems.filter(({ statusCode }) => statusCode.isNotGood());
      assert.deepEqual([group.monitoredItems.length, refused.length], [variables.length, 0]);
    });
  });

  it("a request over which the stack stumbles is answered and told, and ends nothing else", async (context) => {
    context.mock.method(Subscription.prototype, "adjustSamplingInterval", () => { throw new Error("stumbled"); });
    await client(async (session) => {
      const subscription = await session.createSubscription2({});
      const monitor = () => subscription.monitor({ nodeId: anomaly("/output/anomalyScore"), attributeId: AttributeIds.Value }, { samplingInterval: 0 }, TimestampsToReturn.Both);
      await assert.rejects(monitor(), /BadInternalError/);
      assert.equal((await session.read({ nodeId: control("/approval/State") })).statusCode, StatusCodes.Good);
    });
    assert.deepEqual(server.problems.map(({ code, params }) => [code, params["detail"]]), [["RESONANCE_INTERNAL", "stumbled"]]);
  });

  it("nothing else can be written, not even by an operator", async () => {
    for (const nodeId of [anomaly("/output/alertMessage"), control("/approval/State")]) {
      assert.match((await attempt(nodeId, "x", OPERATOR)).name, /^Bad(NotWritable|UserAccessDenied)$/);
    }
  });

  it("equipment and categories that come with a record get their branch, up to the limit", async () => {
    const record = (equipment: string) => outputRecord({ category: "predictive-maintenance", equipment, values: { remainingUsefulLife: 40 } });
    server.scada.publish(record("acme/shanghai/machining/line-1/cnc-08"));
    server.scada.publish(record("acme/berlin"));
    await client(async (session) => {
      assert.equal((await readValue(session, `${NS}acme/shanghai/machining/line-1/cnc-08#predictive-maintenance/output/remainingUsefulLife`)).value.value, 40);
      assert.equal((await readValue(session, `${NS}acme/berlin#predictive-maintenance/output/remainingUsefulLife`)).value.value, 40);
    });
    assert.throws(() => { server.scada.publish(record("acme/one/too/many")); }, { code: "RESONANCE_SCADA_EQUIPMENT_FULL" });
    assert.throws(() => { server.scada.publish(record("acme//x")); }, { code: "RESONANCE_ISA95_EQUIPMENT" });
    assert.throws(() => { server.scada.publish(outputRecord({ category: "astrology", values: {} })); }, { code: "RESONANCE_SCADA_CATEGORY_UNKNOWN" });
  });

  it("endpoints carry the name by which the client came, and the certificate holds it", async () => {
    for (const host of ["127.0.0.1", "localhost"]) {
      const found = await withClient(server.port, { host }, (_session, client) => client.getEndpoints());
      assert.ok(found.length > 0);
      for (const { endpointUrl, server: about } of found) {
        assert.equal(endpointUrl, `opc.tcp://${host}:${server.port}`);
        const names = new X509Certificate(readFileSync(path.join(server.pkiFolder, "own", "certs", "certificate.pem"))).subjectAltName ?? "";
        assert.ok(names.includes(`URI:${about.applicationUri}`), names);
        assert.ok(names.includes(host), names);
      }
      const tokens = found.flatMap(({ userIdentityTokens }) => (userIdentityTokens ?? []).map(({ tokenType }) => tokenType));
      assert.deepEqual([...new Set(tokens)].sort(), [0, 1], "anonymous and user name, no certificates of users");
    }
  });
});

describe("the security of a SCADA server", () => {
  it("offers no None, refuses an unknown client, names it once, and takes it as soon as a person trusts it", async () => {
    const server = await startScada({ securityPolicies: ["Basic256Sha256", "Aes128_Sha256_RsaOaep", "Aes256_Sha256_RsaPss"], anonymous: false });
    const pki = path.join(folder, "pki");
    const enter = (policy: SecurityPolicy, user: { name: string; password: string } | undefined): Promise<unknown> =>
      withClient(server.port, { policy, pki, ...(user && { user }) }, async (session) => (await readValue(session, "ns=0;i=2259")).value.value as unknown);
    await assert.rejects(withClient(server.port, { user: OPERATOR }, () => Promise.resolve()), "None is not offered");
    await assert.rejects(enter(SecurityPolicy.Basic256Sha256, OPERATOR));
    await assert.rejects(enter(SecurityPolicy.Basic256Sha256, OPERATOR));
    const told = server.problems.filter(({ code }) => code === "RESONANCE_SCADA_CLIENT_UNTRUSTED");
    assert.equal(told.length, 1);
    const [file = ""] = await readdir(path.join(server.pkiFolder, "rejected"));
    assert.equal(told[0]?.params["file"], path.join(server.pkiFolder, "rejected", file));
    await mkdir(path.join(server.pkiFolder, "trusted", "certs"), { recursive: true });
    await rename(path.join(server.pkiFolder, "rejected", file), path.join(server.pkiFolder, "trusted", "certs", file));
    for (const policy of [SecurityPolicy.Basic256Sha256, SecurityPolicy.Aes128_Sha256_RsaOaep, SecurityPolicy.Aes256_Sha256_RsaPss]) {
      assert.equal(await enter(policy, OPERATOR), 0, policy);
    }
    await assert.rejects(enter(SecurityPolicy.Basic256Sha256, { name: "operator", password: "guess" }), /BadUserAccessDenied|BadIdentityToken/);
    await assert.rejects(enter(SecurityPolicy.Basic256Sha256, { name: "nobody", password: "press here" }), /BadUserAccessDenied|BadIdentityToken/);
    await assert.rejects(enter(SecurityPolicy.Basic256Sha256, undefined), /ANONYMOUS/);
    await server.close();
  });

  it("keeps its certificate and its NodeIds over a restart", async () => {
    const pkiFolder = path.join(folder, "server-pki");
    const look = async (): Promise<unknown> => {
      const server = await startScada({ pkiFolder, categories: ["soft-sensor"] });
      const found = await withClient(server.port, {}, (session) => browseAll(session, `${NS}acme`));
      const certificate = new X509Certificate(readFileSync(path.join(pkiFolder, "own", "certs", "certificate.pem"))).fingerprint256;
      await server.close();
      return { certificate, found };
    };
    assert.deepEqual(await look(), await look());
  });

  it("refuses settings that cannot work before it starts", async () => {
    const wrong: readonly Parameters<typeof makeScada>[0][] = [
      { port: 70_000 }, { securityPolicies: [] }, { anonymous: false, users: [] }, { users: [OPERATOR, OPERATOR] }, { users: [{ ...OPERATOR, password: "" }] },
      { historyHours: 0 }, { namespaceUri: "my space" }, { categories: ["astrology"] }, { maxSessions: 0 },
    ];
    for (const settings of wrong) await assert.rejects(makeScada(settings), { code: "RESONANCE_CONFIG_INVALID" }, JSON.stringify(settings));
  });
});

describe("set-points that clients write", () => {
  const ROWS = ["feedOverrideSetpoint", "fallback", "approvalRequired"].map((field) => ({ category: "adaptive-control", field }));
  const setpoint = (field: string): string => control(`/setpoint/${field}`);
  const double = (value: number): Variant => new Variant({ dataType: DataType.Double, value });
  let open: TestScada;
  before(async () => { open = await startScada({ setpoints: ROWS, setpointWriters: "anyone" }); });
  after(() => open.close());
  const written = (server: TestScada): unknown[] => server.messages.map(({ topic, payload }) => [topic, (payload as { value: unknown }).value]);
  const write = (server: TestScada, field: string, value: Variant, options: Parameters<typeof withClient>[1] = {}, rest: object = {}): Promise<string> =>
    withClient(server.port, options, async (session) => (await session.write({ nodeId: setpoint(field), attributeId: AttributeIds.Value, value: { value, ...rest } })).name);

  it("become messages, are kept with their time and are read back; unit, range and writability stand beside them", async () => {
    await withClient(open.port, {}, async (session) => {
      const nodeId = setpoint("feedOverrideSetpoint");
      assert.equal((await readValue(session, nodeId)).statusCode, StatusCodes.BadWaitingForInitialData);
      assert.equal((await readValue(session, nodeId, AttributeIds.UserAccessLevel)).value.value, 3, "read and write");
      assert.deepEqual((await browseAll(session, nodeId)).map((found) => found.path).sort(), ["/EURange", "/EngineeringUnits"]);
      const sourceTimestamp = new Date("2026-11-22T08:30:05.120Z");
      assert.equal((await session.write({ nodeId, attributeId: AttributeIds.Value, value: { value: double(85), sourceTimestamp } })), StatusCodes.Good);
      const read = await readValue(session, nodeId);
      assert.deepEqual([read.value.value, read.statusCode.name, read.sourceTimestamp], [85, "Good", sourceTimestamp]);
    });
    assert.deepEqual(open.messages, [{
      topic: "feedOverrideSetpoint", payload: { tag: "feedOverrideSetpoint", value: 85, unit: "P1", quality: "Good", timestamp: "2026-11-22T08:30:05.120Z" },
      resonance: { setpoint: { equipment: PLACE, category: "adaptive-control" } },
    }]);
    assert.equal(await write(open, "feedOverrideSetpoint", double(85)), "Good");
    assert.equal(await write(open, "fallback", text("stop")), "Good");
    assert.equal(await write(open, "approvalRequired", new Variant({ dataType: DataType.Boolean, value: true })), "Good");
    assert.deepEqual(written(open).slice(1), [["feedOverrideSetpoint", 85], ["fallback", "stop"], ["approvalRequired", true]], "the same value again is told again");
  });

  it("of another type, outside the range, not among the allowed values or of bad quality are refused and change nothing", async () => {
    const before = open.messages.length;
    assert.equal(await write(open, "feedOverrideSetpoint", double(90)), "Good");
    for (const [field, value, refusal] of [
      ["feedOverrideSetpoint", double(300.5), "BadOutOfRange"], ["feedOverrideSetpoint", double(-1), "BadOutOfRange"], ["feedOverrideSetpoint", double(NaN), "BadOutOfRange"],
      ["feedOverrideSetpoint", text("90"), "BadTypeMismatch"], ["fallback", text("faster"), "BadOutOfRange"],
    ] as const) assert.equal(await write(open, field, value), refusal, `${field} ${String(value.value)}`);
    assert.equal(await write(open, "feedOverrideSetpoint", double(91), {}, { statusCode: StatusCodes.BadSensorFailure }), "BadWriteNotSupported");
    assert.equal(await write(open, "feedRateSetpoint", double(91)), "BadNodeIdUnknown", "a field that is not among the set-points");
    await withClient(open.port, {}, async (session) => { assert.equal((await readValue(session, setpoint("feedOverrideSetpoint"))).value.value, 90); });
    assert.deepEqual(written(open).slice(before), [["feedOverrideSetpoint", 90]]);
  });

  it("are for users who may operate, unless anyone may write on this computer", async () => {
    const server = await startScada({ setpoints: ROWS });
    assert.equal(await write(server, "feedOverrideSetpoint", double(85)), "BadUserAccessDenied");
    assert.equal(await write(server, "feedOverrideSetpoint", double(85), { user: VIEWER }), "BadUserAccessDenied");
    assert.deepEqual(server.messages, []);
    assert.equal(await write(server, "feedOverrideSetpoint", double(85), { user: OPERATOR }), "Good");
    assert.deepEqual(server.messages.map((message) => (message as { resonance?: unknown }).resonance), [{ setpoint: { equipment: PLACE, category: "adaptive-control", by: "operator" } }]);
    await server.close();
    for (const changes of [
      { host: "0.0.0.0", setpointWriters: "anyone" },
      { setpoints: [{ category: "adaptive-control", field: "spindleLoad" }] }, { setpoints: [{ category: "process-optimization", field: "proposedParameters" }] },
    ] as const) await assert.rejects(makeScada({ setpoints: ROWS, ...changes }), { code: "RESONANCE_CONFIG_INVALID", path: /^setpoint/ });
  });
});

describe("companion types of a SCADA server", () => {
  const MACHINE_TOOL = "http://opcfoundation.org/UA/MachineTool/";

  it("are not loaded unless asked for, and then show prognoses and tool life to a client that knows their types", async () => {
    const plain = await startScada({ categories: ["predictive-maintenance"] });
    await withClient(plain.port, {}, async (session) => { assert.ok(!(await session.readNamespaceArray()).includes(MACHINE_TOOL)); });
    await plain.close();

    const server = await startScada({ companions: true, categories: ["predictive-maintenance", "soft-sensor"] });
    await withClient(server.port, {}, async (session) => {
      const namespaces = await session.readNamespaceArray();
      const [own, machineTool] = ["urn:model-data-resonance:scada", MACHINE_TOOL].map((uri) => namespaces.indexOf(uri));
      const node = (category: string, rest: string): string => `ns=${own};s=${PLACE}#${category}${rest}`;
      const typed = async (nodeId: string, type: string): Promise<void> => {
        const { references } = await session.browse({ nodeId, referenceTypeId: "HasTypeDefinition" });
        assert.equal(references?.[0]?.nodeId.toString(), type, nodeId);
      };
      const child = async (nodeId: string, name: string): Promise<string> => {
        const { references } = await session.browse({ nodeId, referenceTypeId: "HierarchicalReferences", includeSubtypes: true, resultMask: 63 });
        return references?.find(({ browseName }) => browseName.name === name)?.nodeId.toString() ?? assert.fail(`${nodeId} has no ${name}`);
      };
      const read = async (nodeId: string): Promise<[unknown, string]> => {
        const { value, statusCode } = await readValue(session, nodeId);
        return [value.value instanceof Date ? value.value.toISOString() : value.value, statusCode.name];
      };
      const prognoses = node("predictive-maintenance", "/prognoses");
      await typed(prognoses, `ns=${machineTool};i=2`);
      await typed(`${prognoses}/Maintenance`, `ns=${machineTool};i=9`);
      await typed(`${prognoses}/ToolChange`, `ns=${machineTool};i=45`);
      const maintenance = await child(`${prognoses}/Maintenance`, "PredictedTime");
      const toolChange = await child(`${prognoses}/ToolChange`, "PredictedTime");
      assert.equal((await read(maintenance))[1], "BadWaitingForInitialData");
      await assert.rejects(child(node("soft-sensor", ""), "Prognoses"), "nothing where nothing fits");

      server.scada.publish(inputRecord({ category: "predictive-maintenance", values: { toolWear: 90, usageCount: 412, cuttingDistance: 8640.5, toolId: "T0412" } }));
      server.scada.publish(outputRecord({ category: "predictive-maintenance", values: { remainingUsefulLife: 41.5, component: "Spindle bearing", recommendedAction: "Change the bearing" } }));
      assert.deepEqual(await read(maintenance), ["2026-11-24T02:00:05.120Z", "Uncertain"], "41.5 hours after the record");
      assert.equal((await read(toolChange))[1], "BadNoData", "a bearing is no tool");
      assert.equal(((await read(await child(`${prognoses}/Maintenance`, "Activity")))[0] as { text: string }).text, "Change the bearing");
      const life = node("predictive-maintenance", "/toolLife");
      for (const [name, value, indication, unit, up] of [["TimeInUse", 1.5, 0, "h", true], ["Usages", 412, 2, "", true], ["CuttingDistance", 8640.5, 4, "m", true]] as const) {
        await typed(`${life}/${name}`, `ns=${machineTool};i=61`);
        assert.deepEqual(await read(`${life}/${name}`), [value, "Good"], name);
        assert.deepEqual([(await read(await child(`${life}/${name}`, "Indication")))[0], (await read(await child(`${life}/${name}`, "IsCountingUp")))[0]], [indication, up], name);
        if (unit !== "") assert.equal(((await read(await child(`${life}/${name}`, "EngineeringUnits")))[0] as { displayName: { text: string } }).displayName.text, unit);
      }
      assert.equal((await read(`${life}/RemainingTime`))[1], "BadNoData");

      server.scada.publish(outputRecord({ category: "predictive-maintenance", values: { remainingUsefulLife: 2, component: "Tool T0412", predictedEndOfLife: "2026-11-22T11:00:00.000Z" } }));
      assert.deepEqual(await read(toolChange), ["2026-11-22T11:00:00.000Z", "Uncertain"], "the moment the model names");
      assert.equal((await read(maintenance))[1], "BadNoData");
      assert.deepEqual(await read(await child(`${prognoses}/ToolChange`, "ToolIdentifier")), ["T0412", "Good"]);
      assert.deepEqual(await read(`${life}/RemainingTime`), [2, "Uncertain"]);
      server.scada.publish(outputRecord({ category: "predictive-maintenance", timestamp: "2026-11-22T07:00:00.000Z", values: { remainingUsefulLife: 9 } }));
      assert.equal((await read(toolChange))[0], "2026-11-22T11:00:00.000Z", "a late record does not turn the clock back");

      for (const nodeId of [maintenance, toolChange, `${life}/TimeInUse`]) {
        assert.equal((await session.write({ nodeId, attributeId: AttributeIds.Value, value: { value: text("x") } })).name, "BadNotWritable", nodeId);
      }
    });
    await server.close();
    assert.deepEqual(server.problems, []);
  });
});

describe("job orders by ISA-95 Job Control", () => {
  const JOB_CONTROL = "http://opcfoundation.org/UA/ISA95-JOBCONTROL_V2/";

  it("an operator's methods give job orders in B2MML's words, keep their states and answer with ReturnStatus", async () => {
    const server = await startScada({ jobOrders: true });
    const uri = "urn:model-data-resonance:scada";
    await withClient(server.port, { user: OPERATOR }, async (session) => {
      const namespaces = await session.readNamespaceArray();
      const objectId = `ns=${namespaces.indexOf(uri)};s=${PLACE}#jobs`;
      const { references } = await session.browse({ nodeId: objectId, referenceTypeId: "HierarchicalReferences", includeSubtypes: true, resultMask: 63 });
      const childOf = (name: string): string => references?.find(({ browseName }) => browseName.name === name)?.nodeId.toString() ?? `no ${name}`;
      const jobControl = namespaces.indexOf(JOB_CONTROL);
      const orderType = resolveNodeId(`ns=${jobControl};i=3008`);
      const parameter = await session.constructExtensionObject(resolveNodeId(`ns=${jobControl};i=3003`), { ID: "feedRate", Value: new Variant({ dataType: DataType.Double, value: 1200 }) });
      const order = await session.constructExtensionObject(orderType, {
        JobOrderID: "JO-1", StartTime: new Date("2026-11-23T06:00:00.000Z"), Priority: 3, JobOrderParameters: [parameter],
      });
      const call = async (name: string, argument: Variant): Promise<[string, number[]]> => {
        const comment = new Variant({ dataType: DataType.LocalizedText, arrayType: VariantArrayType.Array, value: [{ text: "from the client" }] });
        const { statusCode, outputArguments } = await session.call({ objectId, methodId: childOf(name), inputArguments: [argument, comment] });
        return [statusCode.name, outputArguments?.[0]?.value as number[]];
      };
      const byId = (name: string, id = "JO-1"): Promise<[string, number[]]> => call(name, text(id));
      const withOrder = (name: string): Promise<[string, number[]]> => call(name, new Variant({ dataType: DataType.ExtensionObject, value: order }));
      const states = async (): Promise<number[]> => ((await readValue(session, childOf("JobOrderList"))).value.value as { state: { stateNumber: number }[] }[]).map(({ state }) => state[0]?.stateNumber ?? 0);

      assert.deepEqual(await byId("Start"), ["Uncertain", [0, 2]], "an order nobody sent");
      assert.deepEqual(await withOrder("Store"), ["Good", [0, 1]]);
      assert.deepEqual(await withOrder("Store"), ["Uncertain", [0, 16]], "twice the same");
      assert.deepEqual(await states(), [1]);
      assert.deepEqual(await byId("Start"), ["Good", [0, 1]]);
      assert.deepEqual(await byId("RevokeStart"), ["Good", [0, 1]]);
      assert.deepEqual(await byId("Pause"), ["Uncertain", [0, 8]], "not running yet");
      assert.deepEqual(await byId("Start"), ["Good", [0, 1]]);
      server.scada.report({ jobOrderId: "JO-1", jobState: "Running" });
      assert.deepEqual(await states(), [3]);
      assert.deepEqual(await byId("Pause"), ["Good", [0, 1]]);
      assert.deepEqual(await byId("Resume"), ["Good", [0, 1]]);
      assert.deepEqual(await byId("Stop"), ["Good", [0, 1]]);
      assert.deepEqual(await states(), [5]);
      assert.deepEqual(await byId("Clear"), ["Good", [0, 1]]);
      assert.deepEqual(await states(), []);
      assert.deepEqual(await withOrder("StoreAndStart"), ["Good", [0, 1]]);
      assert.deepEqual(await withOrder("Update"), ["Good", [0, 1]]);
      assert.deepEqual(await byId("Cancel"), ["Good", [0, 1]]);
      assert.deepEqual(await withOrder("Store"), ["Good", [0, 1]]);
      assert.deepEqual(await byId("Abort"), ["Good", [0, 1]]);
      assert.deepEqual(await states(), [6]);
      const list = await session.write({ nodeId: childOf("JobOrderList"), attributeId: AttributeIds.Value, value: { value: text("x") } });
      assert.equal(list.name, "BadNotWritable", "orders come by methods only");
      await withClient(server.port, { user: VIEWER }, async (viewer) => {
        const { statusCode } = await viewer.call({ objectId, methodId: childOf("Clear"), inputArguments: [text("JO-1"), new Variant({ dataType: DataType.LocalizedText, arrayType: VariantArrayType.Array, value: [] })] });
        assert.equal(statusCode.name, "BadUserAccessDenied");
      });
    });
    const orders = server.messages as unknown as JobOrderMessage[];
    const [first] = orders;
    assert.deepEqual(first?.resonance.isa95, { message: "ProcessJobList", verb: "Process", noun: "JobList", method: "Store", by: "operator", comment: "from the client" });
    assert.deepEqual(first.resonance.job, {
      id: "JO-1", jobOrderId: "JO-1", startTime: "2026-11-23T06:00:00.000Z", priority: 3, dispatchStatus: "Pending", equipmentScope: PLACE, equipmentId: "cnc-07",
      parameters: { feedRate: { value: 1200, dataType: "double" } }, requirements: { material: [], equipment: [], physicalAsset: [], personnel: [] },
    });
    assert.deepEqual(orders.map(({ resonance }) => resonance.job?.command), [undefined, "Start", "RevokeStart", "Start", "Pause", "Resume", "Stop", undefined, "Start", "Update", undefined, undefined, "Abort"]);
    // What is read is a job order that B2MML's schema takes.
    const applicationArea = { Sender: { LogicalID: "a" }, CreationDateTime: "2026-11-22T08:00:00Z", BODID: "b" };
    const part = jobOrderPart("JO-1", PLACE, { priority: 3, jobOrderParameters: [{ ID: "feedRate", value: { dataType: DataType.Double, value: 1200 } }], equipmentRequirements: [{ ID: "cnc-07", quantity: "1" }] });
    const document = { message: "ProcessJobList", content: { "@releaseID": "V0701", ApplicationArea: applicationArea, DataArea: { Process: {}, JobList: [{ ID: "list", JobOrder: [part] }] } } };
    assert.match(writeXml(document as unknown as B2mmlDocument), /<(\w+:)?JobOrder>.*EquipmentRequirement/s);
    await server.close();
  });
});

it("each JSON type has its OPC UA type, and a value that does not fit has none", () => {
  const cases: readonly [Parameters<typeof valueTypeOf>[0], dataType: string, array: boolean, good: unknown, bad: unknown][] = [
    [{ type: "number" }, "Double", false, 1.5, "1.5"],
    [{ type: "integer" }, "Int64", false, -(2 ** 40), 1.5],
    [{ type: "integer", minimum: 0, maximum: 100 }, "UInt32", false, 7, -1],
    [{ type: "integer", minimum: -5, maximum: 5 }, "Int32", false, -5, 2 ** 31],
    [{ type: ["string", "null"] }, "String", false, "x", 1],
    [{ type: "string", format: "date-time" }, "DateTime", false, "2026-11-22T08:00:00.000Z", "tomorrow"],
    [{ type: "boolean" }, "Boolean", false, true, 1],
    [{ type: "array", items: { type: "number" } }, "Double", true, [1, 2], [1, "2"]],
    [{ type: "array", items: { type: "array", items: { type: "number" } } }, "String", false, [[1]], undefined],
  ];
  for (const [schema, dataType, array, good, bad] of cases) {
    const type = valueTypeOf(schema);
    assert.deepEqual([type.dataType, type.array], [dataType, array], JSON.stringify(schema));
    const variant = type.toVariant(good);
    assert.equal(variant?.dataType, DataType[dataType as keyof typeof DataType]);
    assert.equal(variant.arrayType, array ? VariantArrayType.Array : VariantArrayType.Scalar);
    if (bad !== undefined) assert.equal(type.toVariant(bad), undefined, JSON.stringify(schema));
  }
  assert.deepEqual(valueTypeOf({ type: "integer" }).toVariant(2 ** 40)?.value, [256, 0]);
});

it("outputs of several models stay apart where that is chosen", async () => {
  const server = await startScada({ byModel: true });
  for (const [id, score] of [["model-a", 0.1], ["model-b", 0.6]] as const) {
    server.scada.publish(outputRecord({ category: "condition-anomaly", model: { id, version: "1" }, values: { anomalyScore: score, anomalyDetected: false } }));
  }
  await withClient(server.port, {}, async (session) => {
    assert.equal((await readValue(session, anomaly("/model-a/output/anomalyScore"))).value.value, 0.1);
    assert.equal((await readValue(session, anomaly("/model-b/output/anomalyScore"))).value.value, 0.6);
  });
  await server.close();
});

it("places and models of any name stay apart", async () => {
  const server = await startScada({ byModel: true, maxEquipment: 20 });
  const places = ["x", "x#", "x/#", "x%23", "a#soft-sensor", "a", "InterfaceRecordEventType", "__proto__/constructor", "机器/;s=1", "y".repeat(1_000)];
  const models = ["m", "input", "output", "approval", "%input", "a/b", "__proto__"];
  for (const equipment of places) {
    for (const id of equipment === "x" ? models : ["m"]) server.scada.publish(outputRecord({ category: "soft-sensor", equipment, values: { viscosity: 7 }, model: { id, version: "1" } }));
  }
  await withClient(server.port, {}, async (session) => {
    const ids = ["x", "x%23", "x/%23", "x%2523", "a%23soft-sensor", ...places.slice(5)].map((id) => `${id}#soft-sensor/m`)
      .concat(["%input", "output", "%approval", "%25input", "a/b", "__proto__"].map((id) => `x#soft-sensor/${id}`));
    const values = await session.read(ids.map((id) => ({ nodeId: `${NS}${id}/output/viscosity` })));
    assert.deepEqual(values.map(({ value }, index) => [ids[index], value.value as unknown]), ids.map((id) => [id, 7]));
  });
  await server.close();
});
