import assert from "node:assert/strict";
import { createServer as createHttpServer } from "node:http";
import { createServer, type AddressInfo } from "node:net";
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { StatusCodes } from "node-opcua";
import { startCncMachine } from "../../examples/demo/cnc-machine";
import { createMachining } from "../../examples/demo/machining-physics";
import { ResonanceError, type ErrorCode } from "../../nodes/lib/errors/resonance-error";
import { createBackOff } from "../../nodes/lib/connection/back-off";
import { nextState } from "../../nodes/lib/connection/connection-state";
import { chooseOffer } from "../../nodes/lib/opcua/endpoint-choice";
import { parseNodeId, resolveNodeId } from "../../nodes/lib/opcua/node-id";
import { ownCertificateInMemory } from "../../nodes/lib/opcua/pki";
import type { OpcUaSettings } from "../../nodes/lib/opcua/settings";
import { checkServerCertificate } from "../../nodes/lib/opcua/trust";
import { closeConnections, CNC, connect, eventually, record } from "../support/opcua-client";
import { startReplayServer, stopServers, type ReplayServer } from "../support/opcua-server";
import { freePort } from "../support/ports";

let pki = "";
before(async () => { pki = await mkdtemp(path.join(tmpdir(), "resonance-pki-")); });
after(async () => {
  await closeConnections();
  await stopServers();
  await rm(pki, { recursive: true, force: true });
});

const failsWith = (code: ErrorCode, where?: string) => (thrown: unknown): boolean => {
  assert.ok(thrown instanceof ResonanceError, String(thrown));
  assert.equal(thrown.code, code);
  if (where !== undefined) assert.equal(thrown.path, where);
  return true;
};

describe("a NodeId as text", () => {
  test("names its namespace by index or by URI", () => {
    const namespaces = ["http://opcfoundation.org/UA/", "urn:server", "urn:a;b%c"];
    const resolve = (text: string): string | undefined => resolveNodeId(parseNodeId(text, ""), namespaces);
    assert.equal(resolve("i=2258"), "ns=0;i=2258");
    assert.equal(resolve(" ns=2;s=Line 1;Torque "), "ns=2;s=Line 1;Torque");
    assert.equal(resolve("nsu=urn:server;s=X"), "ns=1;s=X");
    assert.equal(resolve("nsu=urn:a%3Bb%25c;i=5"), "ns=2;i=5");
    assert.equal(resolve("nsu=urn:elsewhere;s=X"), undefined);
    assert.equal(resolve("ns=1;g=72962B91-FA75-4AE6-8D28-B404DC7DAF63"), "ns=1;g=72962B91-FA75-4AE6-8D28-B404DC7DAF63");
  });
  for (const text of ["", "Torque", "ns=2", "ns=x;s=A", "ns=2;s=", "i=abc", "i=4294967296", "ns=70000;i=1", "g=123", "nsu=;s=A"]) {
    test(`"${text}" is refused at deploy`, () => {
      assert.throws(() => parseNodeId(text, "items/3/nodeId"), failsWith("RESONANCE_OPCUA_NODE_ID_INVALID", "items/3/nodeId"));
    });
  }
});

describe("settings that cannot work are refused at deploy", () => {
  const cases: readonly [string, Partial<OpcUaSettings>][] = [
    ["endpointUrl", { endpointUrl: "http://127.0.0.1:4840" }],
    ["endpointUrl", { endpointUrl: "opc.tcp://" }],
    ["endpointUrl", { endpointUrl: "opc.tcp://host:99999" }],
    ["securityPolicy", { securityMode: "SignAndEncrypt" }],
    ["securityPolicy", { securityPolicy: "Basic256Sha256" }],
    ["trustedThumbprint", { trustedThumbprint: "12 34" }],
    ["user", { identity: { type: "user", user: "", password: "" } }],
  ];
  for (const [setting, settings] of cases) {
    test(`${setting}: ${JSON.stringify(settings)}`, () => {
      assert.throws(() => connect("opc.tcp://127.0.0.1:4840", pki, settings), failsWith("RESONANCE_CONFIG_INVALID", setting));
    });
  }
  test("no items, the same tag twice, a queue of none", async () => {
    const connection = connect("opc.tcp://127.0.0.1:4840", pki);
    assert.throws(() => record(connection, []), failsWith("RESONANCE_CONFIG_INVALID", "items"));
    assert.throws(() => record(connection, ["A", "A"]), failsWith("RESONANCE_CONFIG_INVALID", "items/1/tag"));
    assert.throws(() => record(connection, ["A"], { queueSize: 0 }), failsWith("RESONANCE_CONFIG_INVALID", "queueSize"));
    assert.throws(() => record(connection, { a: CNC + "A", b: "oops" }), failsWith("RESONANCE_OPCUA_NODE_ID_INVALID", "items/1/nodeId"));
    assert.equal(connection.status().state, "disconnected");
    await connection.close();
  });
});

describe("the state machine", () => {
  test("knows the way there, the way back and nothing out of order", () => {
    assert.equal(nextState("disconnected", "needed"), "connecting");
    assert.equal(nextState("connecting", "unreachable"), "connecting");
    assert.equal(nextState("connected", "lost"), "reconnecting");
    assert.equal(nextState("reconnecting", "refusal"), "refused");
    assert.equal(nextState("refused", "opened"), "connected");
    assert.equal(nextState("closing", "opened"), undefined);
    assert.equal(nextState("closed", "needed"), undefined);
  });
  test("waits 1 s, then twice as long each time, 30 s at most, less a random part", () => {
    const waits = (random: number): number[] => {
      const backOff = createBackOff(undefined, undefined, () => random);
      return Array.from({ length: 7 }, () => backOff.next());
    };
    assert.deepEqual(waits(0), [1000, 2000, 4000, 8000, 16000, 30000, 30000]);
    assert.deepEqual(waits(1), [750, 1500, 3000, 6000, 12000, 22500, 22500]);
  });
});

describe("security is never weaker than configured", () => {
  const certificate = Buffer.from("x");
  const none = { mode: "None", policy: "None", certificate, userTokens: [{ type: "Anonymous", policy: "None" }, { type: "UserName", policy: "None" }] };
  const sealed = { mode: "SignAndEncrypt", policy: "Basic256Sha256", certificate, userTokens: [{ type: "UserName", policy: "Basic256Sha256" }] };
  const settings = (changes: Partial<OpcUaSettings>): OpcUaSettings => ({
    endpointUrl: "opc.tcp://h:1", securityMode: "None", securityPolicy: "None", identity: { type: "anonymous" }, pkiFolder: "", applicationName: "", ...changes,
  });
  const user = { identity: { type: "user", user: "u", password: "p" } } as const;
  const secure = { securityMode: "SignAndEncrypt", securityPolicy: "Basic256Sha256" } as const;

  test("what is not offered is an error that lists the offers", () => {
    assert.throws(() => chooseOffer([none], settings(secure)), (thrown) => {
      failsWith("RESONANCE_OPCUA_SECURITY_NOT_OFFERED")(thrown);
      assert.match((thrown as Error).message, /SignAndEncrypt Basic256Sha256.*It offers: None/s);
      return true;
    });
  });
  test("a password does not go out in clear text", () => {
    assert.throws(() => chooseOffer([none], settings(user)), failsWith("RESONANCE_OPCUA_PASSWORD_EXPOSED"));
    const encrypted = { ...none, userTokens: [{ type: "UserName", policy: "Basic256Sha256" }] };
    assert.equal(chooseOffer([encrypted], settings(user)), encrypted);
    assert.equal(chooseOffer([none, sealed], settings({ ...user, ...secure })), sealed);
  });
  test("a login the server does not take is named", () => {
    assert.throws(() => chooseOffer([sealed], settings(secure)), failsWith("RESONANCE_OPCUA_IDENTITY_NOT_OFFERED"));
  });
});

describe("values over a socket", () => {
  let server: ReplayServer;
  before(async () => {
    server = await startReplayServer({
      variables: [
        { name: "Double" }, { name: "Any", dataType: "Variant" }, { name: "Float", dataType: "Float" }, { name: "Int16", dataType: "Int16" }, { name: "UInt32", dataType: "UInt32" },
        { name: "Int64", dataType: "Int64" }, { name: "UInt64", dataType: "UInt64" }, { name: "Boolean", dataType: "Boolean" },
        { name: "String", dataType: "String" }, { name: "DateTime", dataType: "DateTime" }, { name: "ByteString", dataType: "ByteString" },
        { name: "LocalizedText", dataType: "LocalizedText" }, { name: "Doubles", array: true }, { name: "Longs", dataType: "Int64", array: true },
      ],
      maxMonitoredItemsPerCall: 5,
    });
  });
  after(() => server.stop());

  test("every type becomes a plain value without loss", async () => {
    const connection = connect(server.endpointUrl, pki);
    const expected: Readonly<Record<string, readonly [unknown, unknown]>> = {
      Double: [0.1, 0.1], Float: [1.5, 1.5], Int16: [-7, -7], UInt32: [4294967295, 4294967295],
      Int64: [[0xffffffff, 0xfffffffe], -2], UInt64: [[0xffffffff, 0xffffffff], "18446744073709551615"], Boolean: [true, true], String: ["Größe 测", "Größe 测"],
      DateTime: [new Date("2026-02-03T04:05:06.789Z"), "2026-02-03T04:05:06.789Z"], ByteString: [Buffer.from([1, 2, 255]), "AQL/"],
      LocalizedText: [{ text: "läuft", locale: "de" }, "läuft"], Doubles: [new Float64Array([1, 2.5]), [1, 2.5]],
      Longs: [[[0, 5], [0x00200000, 1]], [5, "9007199254740993"]],
    };
    const time = new Date(Date.now() - 5_000);
    server.write(Object.fromEntries(Object.entries(expected).map(([name, [written]]) => [name, written])), time);
    const heard = record(connection, Object.keys(expected));
    await heard.until(() => heard.samples().length >= Object.keys(expected).length, "all values");
    for (const [name, [, read]] of Object.entries(expected)) {
      const locale = name === "LocalizedText" ? { locale: "de" } : {};
      assert.deepEqual(heard.samples(name), [{ tag: name, value: read, ...locale, quality: "Good", timestamp: time.toISOString() }]);
    }
    await connection.close();
  });

  test("quality, status and source time are kept; NaN, null and a changed type arrive as they are", async () => {
    const connection = connect(server.endpointUrl, pki);
    server.writeStamped({ Any: { value: 1, dataType: "Double" } });
    const heard = record(connection, ["Any"]);
    await heard.until(() => heard.samples().length === 1, "first value");
    const time = new Date("2026-01-01T00:00:00.001Z");
    server.writeStamped({ Any: { value: 2, dataType: "Double", status: StatusCodes.UncertainLastUsableValue, sourceTimestamp: time } });
    server.setBad("Any");
    server.writeStamped({ Any: { value: NaN, dataType: "Double" } });
    server.writeStamped({ Any: { value: "a text", dataType: "String" } });
    server.writeStamped({ Any: { value: null } });
    await heard.until(() => heard.samples().length === 6, "all values");
    const [, uncertain, bad, nan, text, nothing] = heard.samples();
    assert.deepEqual(uncertain, { tag: "Any", value: 2, quality: "Uncertain", status: "UncertainLastUsableValue", timestamp: time.toISOString() });
    assert.deepEqual([bad?.quality, bad?.status], ["Bad", "BadSensorFailure"]);
    assert.ok(Number.isNaN(nan?.value));
    assert.equal(text?.value, "a text");
    assert.equal(nothing?.value, null);
    assert.deepEqual(heard.problems, []);
    await connection.close();
  });

  for (const [report, repeats, what] of [["value", 0, "is not sent again"], ["timestamp", 20, "is sent again where every new time is asked for"]] as const) {
    test(`what comes in one publish is one batch, rows stay whole, and a value that stays the same ${what}`, async () => {
      const connection = connect(server.endpointUrl, pki);
      const tags = ["Double", "Float", "Int16"];
      server.write({ Double: 1, Float: 0, Int16: 0 });
      const heard = record(connection, tags, { report });
      await heard.until(() => heard.samples().length === 3, "first row");
      const start = Date.now();
      for (let row = 1; row <= 20; row += 1) {
        const before = heard.batches.length;
        server.write({ Double: 1, Float: row, Int16: row }, new Date(start + row));
        await heard.until(() => heard.batches.length > before, `row ${row}`);
      }
      assert.equal(heard.samples("Double").length, 1 + repeats);
      for (const batch of heard.batches.slice(1)) assert.deepEqual(batch.map(({ tag }) => tag), repeats ? tags : tags.slice(1));
      await connection.close();
    });
  }

  test("a queue that ran over is reported and marked on the sample", async () => {
    const connection = connect(server.endpointUrl, pki);
    const heard = record(connection, ["Double"], { queueSize: 3, publishingInterval: 500 });
    await heard.until(() => heard.samples().length >= 1, "first value");
    for (let value = 0; value < 50; value += 1) server.write({ Double: value });
    await heard.until(() => heard.problems.length > 0, "the overflow");
    failsWith("RESONANCE_OPCUA_QUEUE_OVERFLOW")(heard.problems[0]);
    await heard.until(() => heard.samples().some(({ status }) => status?.endsWith("Overflow")), "the mark");
    await heard.until(() => heard.samples().at(-1)?.value === 49, "the newest value");
    await connection.close();
  });
});

describe("one session", () => {
  let server: ReplayServer;
  before(async () => {
    server = await startReplayServer({ variables: [{ name: "A", initial: 1 }, { name: "B", initial: 2 }] });
  });
  after(() => server.stop());

  test("serves all users of an endpoint; the first opens it, the last closes it", async () => {
    const connection = connect(server.endpointUrl, pki);
    const users = Array.from({ length: 8 }, () => record(connection, ["A", "B"]));
    for (const user of users) await user.until(() => user.samples().length === 2, "values");
    assert.equal(server.sessionCount(), 1);
    assert.equal(server.subscriptionCount(), 8);
    for (const user of users.slice(1)) user.handle.close();
    await eventually(() => server.subscriptionCount() === 1, "subscriptions deleted");
    assert.equal(server.sessionCount(), 1);
    users[0]?.handle.close();
    await eventually(() => server.sessionCount() === 0, "session closed");
    await eventually(() => connection.status().state === "disconnected", "disconnected");
    const late = record(connection, ["A"]);
    await late.until(() => late.samples().length === 1, "values again");
    await connection.close();
    assert.equal(connection.status().state, "closed");
    assert.equal(server.sessionCount(), 0);
  });

  test("does not leak over 20 deploys", async () => {
    const total = server.sessionTotal();
    for (let cycle = 0; cycle < 20; cycle += 1) {
      const connection = connect(server.endpointUrl, pki);
      const heard = record(connection, ["A"]);
      await heard.until(() => heard.samples().length > 0, "a value");
      await connection.close();
    }
    assert.equal(server.sessionCount(), 0);
    assert.equal(server.sessionTotal(), total + 20);
  });

  test("an unknown node or namespace fails alone and flows as soon as it is there", async () => {
    const connection = connect(server.endpointUrl, pki);
    const heard = record(connection, { a: `${CNC}A`, later: `${CNC}Later`, lost: "nsu=urn:nowhere;s=A" });
    await heard.until(() => heard.samples("a").length === 1 && heard.problems.length === 2, "the good one, two problems");
    for (const problem of heard.problems) failsWith("RESONANCE_OPCUA_NODE_UNKNOWN")(problem);
    assert.deepEqual(heard.problems.map((problem) => problem.path).sort(), ["items/1/nodeId", "items/2/nodeId"]);
    assert.equal(heard.active(), 1);
    server.add({ name: "Later", initial: 7 });
    await heard.until(() => heard.samples("later").length === 1, "the late one");
    assert.equal(heard.active(), 2);
    assert.equal(heard.problems.length, 2);
    assert.deepEqual(heard.samples("later")[0]?.value, 7);
    await connection.close();
  });
});

describe("secured connections", () => {
  let server: ReplayServer;
  const users = { operator: "s3cret" };
  const secure = { securityMode: "SignAndEncrypt", securityPolicy: "Basic256Sha256" } as const;
  let folder = "";
  before(async () => {
    folder = path.join(pki, "secured");
    server = await startReplayServer({ variables: [{ name: "A", initial: 1 }], secure: true, users });
  });
  after(() => server.stop());

  test("are refused until a person trusts the certificate, then come up by themselves", async () => {
    const connection = connect(server.endpointUrl, folder, secure);
    const heard = record(connection, ["A"]);
    await heard.until(() => heard.problems.length > 0, "the refusal");
    const [problem] = heard.problems;
    failsWith("RESONANCE_OPCUA_CERTIFICATE_UNTRUSTED")(problem);
    assert.equal(connection.status().state, "refused");
    const { file, thumbprint, trusted } = problem!.params as Record<string, string>;
    assert.ok(problem!.message.includes(thumbprint!) && problem!.message.includes(file!) && problem!.message.includes(trusted!));
    assert.ok((await stat(file!)).isFile());
    assert.equal(server.sessionTotal(), 0);
    await rename(file!, path.join(trusted!, "server.der"));
    await heard.until(() => heard.samples().length === 1, "a value");
    assert.equal(connection.status().state, "connected");
    assert.equal(heard.problems.length, 1, "said once, not at each retry");
    await connection.close();
  });

  test("keep the newest 50 rejected certificates and nobody else's files", async () => {
    const crowded = path.join(pki, "crowded");
    const rejected = path.join(crowded, "rejected");
    await mkdir(rejected, { recursive: true });
    const names = Array.from({ length: 60 }, (_, index) => `server_${index.toString(16).padStart(40, "0")}.der`);
    for (const [index, name] of ["notes.txt", ...names].entries()) {
      await writeFile(path.join(rejected, name), "");
      await utimes(path.join(rejected, name), 1_000 + index, 1_000 + index);
    }
    const { provider } = await ownCertificateInMemory("stranger");
    await assert.rejects(checkServerCertificate(provider.getCertificate(), { pkiFolder: crowded }), (thrown) => {
      failsWith("RESONANCE_OPCUA_CERTIFICATE_UNTRUSTED")(thrown);
      names.push(path.basename((thrown as ResonanceError).params["file"] as string));
      return true;
    });
    assert.deepEqual((await readdir(rejected)).sort(), ["notes.txt", ...names.slice(-50)].sort());
  });

  test("use an own key made on first use, which stays and is not for others to read", async () => {
    const key = path.join(folder, "own", "private", "private_key.pem");
    assert.equal((await stat(key)).mode & 0o077, 0);
    assert.match(await readFile(key, "utf8"), /BEGIN PRIVATE KEY/);
    assert.deepEqual((await readdir(folder)).sort(), ["own", "rejected", "trusted"]);
  });

  test("accept a thumbprint entered in the endpoint, in all modes and policies", async () => {
    const first = connect(server.endpointUrl, path.join(pki, "thumbprint"), secure);
    const refused = record(first, ["A"]);
    await refused.until(() => refused.problems.length > 0, "the refusal");
    await first.close();
    const { sha256, thumbprint } = refused.problems[0]!.params as Record<string, string>;
    const modes: readonly Partial<OpcUaSettings>[] = [
      { ...secure, trustedThumbprint: thumbprint!.toUpperCase().replace(/(..)(?!$)/g, "$1:") },
      { securityMode: "Sign", securityPolicy: "Basic256Sha256", trustedThumbprint: sha256! },
      { securityMode: "SignAndEncrypt", securityPolicy: "Aes256_Sha256_RsaPss", trustedThumbprint: sha256! },
      { securityMode: "SignAndEncrypt", securityPolicy: "Aes128_Sha256_RsaOaep", trustedThumbprint: sha256! },
      { ...secure, trustedThumbprint: sha256!, identity: { type: "user", user: "operator", password: "s3cret" } },
    ];
    for (const mode of modes) {
      const connection = connect(server.endpointUrl, path.join(pki, "thumbprint"), mode);
      const heard = record(connection, ["A"]);
      await heard.until(() => heard.samples().length === 1, JSON.stringify(mode));
      await connection.close();
    }
  });

  test("name a rejected user and try again slowly", async () => {
    const connection = connect(server.endpointUrl, folder, { ...secure, identity: { type: "user", user: "operator", password: "wrong" } });
    const heard = record(connection, ["A"]);
    await heard.until(() => heard.problems.length > 0, "the rejection");
    failsWith("RESONANCE_OPCUA_IDENTITY_REJECTED")(heard.problems[0]);
    assert.match(heard.problems[0]!.message, /operator/);
    assert.doesNotMatch(heard.problems[0]!.message, /wrong/);
    assert.equal(connection.status().state, "refused");
    await connection.close();
    assert.equal(server.sessionCount(), 0);
  });

  test("refuse an expired certificate even where it is trusted", async () => {
    const expired = await startReplayServer({ variables: [{ name: "A" }], secure: true, expired: true });
    const connection = connect(expired.endpointUrl, folder, secure);
    const heard = record(connection, ["A"]);
    await heard.until(() => heard.problems.length > 0, "the refusal");
    failsWith("RESONANCE_OPCUA_CERTIFICATE_EXPIRED")(heard.problems[0]);
    assert.match(heard.problems[0]!.message, /expired server/);
    await connection.close();
    await expired.stop();
  });

  test("are not replaced by an unsecured one where the server has no other", async () => {
    const plain = await startReplayServer({ variables: [{ name: "A" }] });
    const connection = connect(plain.endpointUrl, folder, secure);
    const heard = record(connection, ["A"]);
    await heard.until(() => heard.problems.length > 0, "the refusal");
    failsWith("RESONANCE_OPCUA_SECURITY_NOT_OFFERED")(heard.problems[0]);
    assert.equal(plain.sessionTotal(), 0);
    await connection.close();
    await plain.stop();
  });
});

describe("an address where", () => {
  test("nobody listens: unreachable, said once, and the line comes up when the server does", async () => {
    const port = await freePort();
    const connection = connect(`opc.tcp://127.0.0.1:${port}`, pki);
    const heard = record(connection, ["A"]);
    await heard.until(() => heard.problems.length > 0, "the problem");
    failsWith("RESONANCE_OPCUA_UNREACHABLE")(heard.problems[0]);
    const server = await startReplayServer({ port, variables: [{ name: "A", initial: 3 }] });
    await heard.until(() => heard.samples().length === 1, "a value");
    assert.equal(heard.problems.length, 1);
    assert.equal(connection.status().error, undefined);
    await connection.close();
    await server.stop();
  });

  test("whoever listens hangs up: said and shown once over all retries, whatever the language it is read in", async () => {
    let calls = 0;
    const rude = createServer((socket) => {
      calls += 1;
      socket.destroy();
    });
    await new Promise<void>((resolve) => { rude.listen(0, "127.0.0.1", resolve); });
    const connection = connect(`opc.tcp://127.0.0.1:${(rude.address() as AddressInfo).port}`, pki);
    const heard = record(connection, ["A"]);
    await heard.until(() => heard.problems.length > 0, "the problem");
    heard.problems[0]?.localize("de");
    const before = calls;
    await eventually(() => calls >= before + 4, "more attempts");
    assert.equal(heard.problems.length, 1);
    assert.deepEqual(heard.states, ["connecting", "connecting"], "on the way, and once with the error");
    await connection.close();
    await new Promise((resolve) => rude.close(resolve));
  });

  test("a web server listens: no OPC UA server", async () => {
    const web = createHttpServer((_, response) => { response.end("hello"); });
    await new Promise<void>((resolve) => { web.listen(0, "127.0.0.1", resolve); });
    const connection = connect(`opc.tcp://127.0.0.1:${(web.address() as AddressInfo).port}`, pki);
    const heard = record(connection, ["A"]);
    await heard.until(() => heard.problems.length > 0, "the problem");
    failsWith("RESONANCE_OPCUA_NOT_A_SERVER")(heard.problems[0]);
    await connection.close();
    web.closeAllConnections();
    await new Promise((resolve) => web.close(resolve));
  });

  test("the server calls itself by another host name: the configured one counts", async () => {
    const server = await startReplayServer({ variables: [{ name: "A", initial: 4 }], alternateHostname: "machine.invalid" });
    const connection = connect(server.endpointUrl, pki);
    const heard = record(connection, ["A"]);
    await heard.until(() => heard.samples().length === 1, "a value");
    assert.equal(heard.samples()[0]?.value, 4);
    await connection.close();
    await server.stop();
  });
});

test("a namespace that moves to another index is found again after a restart of the server", async () => {
  const server = await startReplayServer({ variables: [{ name: "A", initial: 1 }] });
  const connection = connect(server.endpointUrl, pki);
  const heard = record(connection, ["A"]);
  await heard.until(() => heard.samples().length === 1, "a value");
  await server.restart({ namespacesBefore: ["urn:new:one", "urn:new:two"], variables: [{ name: "A", initial: 2 }] });
  await heard.until(() => heard.samples().at(-1)?.value === 2, "the value from the new index");
  assert.ok(heard.problems.every(({ code }) => code !== "RESONANCE_OPCUA_NODE_UNKNOWN"));
  await connection.close();
  await server.stop();
});

const shared = process.env["RESONANCE_SHARED"];
test("all rows of real AI4I data arrive, each value once and in order", { skip: shared ? false : "RESONANCE_SHARED is not set" }, async () => {
  const text = await readFile(path.join(shared!, "data", "machining", "ai4i2020-rows-1-8000.csv"), "utf8");
  const rows = text.trim().split("\n").slice(1, 501).map((line) => line.split(",").slice(3, 8).map(Number));
  const tags = ["AirTemperature", "ProcessTemperature", "RotationalSpeed", "Torque", "ToolWear"];
  const server = await startReplayServer({ variables: tags.map((name) => ({ name })) });
  const connection = connect(server.endpointUrl, pki);
  const heard = record(connection, tags, { publishingInterval: 100, report: "timestamp" });
  await heard.until(() => heard.samples().length === tags.length, "the initial values");
  const times: string[] = [];
  for (const row of rows) {
    times.push(server.write(Object.fromEntries(tags.map((tag, column) => [tag, row[column]]))).toISOString());
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await heard.until(() => heard.samples().length >= (rows.length + 1) * tags.length, "all rows");
  tags.forEach((tag, column) => {
    const received = heard.samples(tag).slice(1);
    assert.deepEqual(received.map(({ value }) => value), rows.map((row) => row[column]));
    assert.deepEqual(received.map(({ timestamp }) => timestamp), times);
  });
  assert.ok(heard.batches.every((batch) => batch.length % tags.length === 0), "rows are never split");
  assert.deepEqual(heard.problems, []);
  await connection.close();
  await server.stop();
});

describe("the simulated machine", () => {
  test("publishes whole rows with units and ranges, now and then with a failed sensor", async () => {
    const machine = await startCncMachine({ interval: 50, badQuality: 0.5, seed: 7 });
    const connection = connect(machine.endpointUrl, pki);
    const tags = ["AirTemperature", "ProcessTemperature", "RotationalSpeed", "Torque", "ToolWear"];
    const heard = record(connection, tags, { report: "timestamp" });
    await heard.until(() => heard.batches.length >= 20, "20 rows");
    assert.ok(heard.batches.every((batch) => batch.length % tags.length === 0));
    assert.ok(heard.samples().some(({ status }) => status === "BadSensorFailure"));
    assert.ok(heard.samples("AirTemperature").every(({ value }) => typeof value === "number" && value > 290 && value < 310));
    await connection.close();
    await machine.close();
  });

  test("repeats itself for the same seed, wears its tool and changes it", () => {
    const run = (seed: number) => {
      const machining = createMachining(seed, 1);
      return Array.from({ length: 1000 }, () => machining.next());
    };
    assert.deepEqual(run(3), run(3));
    assert.notDeepEqual(run(3), run(4));
    const rows = run(3);
    assert.ok(rows.at(-1)!.ToolNumber > 3);
    assert.ok(rows.every(({ Torque, RotationalSpeed, ToolWear }) => Torque > 0 && RotationalSpeed >= 1160 && RotationalSpeed <= 2900 && ToolWear <= 250));
  });
});
