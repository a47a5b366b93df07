import assert from "node:assert/strict";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { MessageSecurityMode, SecurityPolicy as Policies } from "node-opcua";
import { ResonanceError, type ErrorCode } from "../../nodes/lib/errors/resonance-error";
import { checkConnection, type CheckStep, type StepName } from "../../nodes/lib/opcua/check-connection";
import { describeCertificate, splitChain } from "../../nodes/lib/opcua/certificate-facts";
import { readRevocationList } from "../../nodes/lib/opcua/crl";
import { userIdentity } from "../../nodes/lib/opcua/identity";
import { ownCertificateOf, renewOwnCertificate } from "../../nodes/lib/opcua/pki";
import { checkPolicyUsable } from "../../nodes/lib/opcua/policy";
import type { OpcUaSettings, SecurityMode, SecurityPolicy } from "../../nodes/lib/opcua/settings";
import { checkServerCertificate } from "../../nodes/lib/opcua/trust";
import { addToTrust, decideTrust, formerCertificate, listTrust } from "../../nodes/lib/opcua/trust-list";
import { closeConnections, connect, eventually } from "../support/opcua-client";
import { makeHolder, makeRevocationList, sha256Of, startLabServer, stopLab, writeFiles, type Holder, type LabServer } from "../support/opcua-lab";
import { freePort } from "../support/ports";
import { startProxy } from "../support/tcp-proxy";

let folder = "";
before(async () => { folder = await mkdtemp(path.join(tmpdir(), "resonance-security-")); });
after(async () => {
  await closeConnections();
  await stopLab();
  await rm(folder, { recursive: true, force: true });
});

const failsWith = (code: ErrorCode, text = /./) => (thrown: unknown): boolean => {
  assert.ok(thrown instanceof ResonanceError, String(thrown));
  assert.equal(thrown.code, code);
  assert.match(thrown.message, text);
  return true;
};

const POLICIES: readonly SecurityPolicy[] = ["Basic128Rsa15", "Basic256", "Basic256Sha256", "Aes128_Sha256_RsaOaep", "Aes256_Sha256_RsaPss"];
const MODES: readonly SecurityMode[] = ["Sign", "SignAndEncrypt"];
const ALL_SECURE = { securityModes: [MessageSecurityMode.Sign, MessageSecurityMode.SignAndEncrypt], securityPolicies: POLICIES.map((name) => Policies[name]) };

function usable(policy: SecurityPolicy): boolean {
  try {
    checkPolicyUsable(policy);
    return true;
  } catch {
    return false;
  }
}

describe("each policy, mode and identity over a socket", () => {
  let server: LabServer;
  let user: Holder;
  let stranger: Holder;
  let machine: Holder;
  before(async () => {
    [machine, user, stranger] = await Promise.all([makeHolder("machine"), makeHolder("operator"), makeHolder("stranger")]);
    server = await startLabServer(
      { ...ALL_SECURE, userManager: { isValidUser: (name: string, password: string) => name === "operator" && password === "s3cret" } },
      { holder: machine, users: [user] },
    );
  });
  const settings = (changes: Partial<OpcUaSettings>): Partial<OpcUaSettings> => ({ trustedThumbprint: sha256Of(machine), ...changes });
  const readState = (changes: Partial<OpcUaSettings>): Promise<unknown> => {
    const connection = connect(server.endpointUrl, path.join(folder, "client"), settings(changes));
    return connection.use(async ({ session }) => (await session.read({ nodeId: "i=2259" })).value.value as unknown).finally(() => connection.close());
  };

  for (const securityPolicy of POLICIES) {
    for (const securityMode of MODES) {
      test(`${securityPolicy} ${securityMode}: anonymous, user name and certificate log in`, async () => {
        const certificate = { type: "certificate", certificate: { text: user.pem }, privateKey: { text: user.keyPem } } as const;
        const byName = { type: "user", user: "operator", password: "s3cret" } as const;
        if (!usable(securityPolicy)) {
          await assert.rejects(readState({ securityMode, securityPolicy }), failsWith("RESONANCE_OPCUA_POLICY_UNUSABLE", /Basic128Rsa15.*v\d+/));
          return;
        }
        for (const identity of [{ type: "anonymous" } as const, certificate, byName]) {
          assert.equal(await readState({ securityMode, securityPolicy, identity }), 0, identity.type);
        }
      });
    }
  }

  test("a user's certificate the server does not know is refused by name of the step, and no key is needed to say so", async () => {
    const identity = { type: "certificate", certificate: { text: stranger.pem }, privateKey: { text: stranger.keyPem } } as const;
    await assert.rejects(readState({ securityMode: "SignAndEncrypt", securityPolicy: "Basic256Sha256", identity }), failsWith("RESONANCE_OPCUA_IDENTITY_REJECTED"));
  });

  test("certificate and key come as PEM or DER, from file or text, with a password or without; what is wrong is said without a secret", async () => {
    const key = createPrivateKey(user.keyPem);
    const sealed = key.export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "opensesame" });
    const files = path.join(folder, "identity");
    await writeFiles(files, {
      "user.der": user.der, "user.pem": user.pem, "key.der": key.export({ type: "pkcs8", format: "der" }),
      "key1.pem": key.export({ type: "pkcs1", format: "pem" }), "sealed.pem": sealed, "other.pem": stranger.keyPem, "junk.pem": "junk",
    });
    const at = (name: string): { file: string } => ({ file: path.join(files, name) });
    const read = (certificate: string, privateKey: string, keyPassword?: string) =>
      userIdentity({ type: "certificate", certificate: at(certificate), privateKey: at(privateKey), ...(keyPassword && { keyPassword }) });
    for (const [certificate, privateKey, password] of [["user.der", "key.der"], ["user.pem", "key1.pem"], ["user.pem", "sealed.pem", "opensesame"]] as const) {
      const identity = await read(certificate, privateKey, password);
      assert.deepEqual("certificateData" in identity && identity.certificateData, user.der, privateKey);
    }
    await assert.rejects(read("user.pem", "sealed.pem", "wr0ng-secret"), (thrown) => {
      failsWith("RESONANCE_OPCUA_USER_CERTIFICATE", /password is wrong/)(thrown);
      assert.doesNotMatch(JSON.stringify([(thrown as ResonanceError).params, (thrown as Error).message]), /wr0ng-secret/);
      return true;
    });
    await assert.rejects(read("user.pem", "other.pem"), failsWith("RESONANCE_OPCUA_USER_CERTIFICATE", /does not belong/));
    await assert.rejects(read("junk.pem", "key.der"), failsWith("RESONANCE_OPCUA_USER_CERTIFICATE", /no certificate/));
    await assert.rejects(read("none.pem", "key.der"), failsWith("RESONANCE_OPCUA_USER_CERTIFICATE", /ENOENT/));
    const old = await makeHolder("former operator", { from: -10, to: -1 });
    await assert.rejects(userIdentity({ type: "certificate", certificate: { text: old.pem }, privateKey: { text: old.keyPem } }), failsWith("RESONANCE_OPCUA_USER_CERTIFICATE", /not now/));
  });
});

describe("trust by an authority", () => {
  let root: Holder;
  let plant: Holder;
  let machine: Holder;
  const chain = (...holders: readonly Holder[]): Buffer => Buffer.concat(holders.map(({ der }) => der));
  let cases = 0;
  const judge = async (der: Buffer, files: Readonly<Record<string, Buffer | string>>, now?: number) => {
    const pkiFolder = path.join(folder, `chain-${++cases}`);
    await writeFiles(pkiFolder, files);
    return checkServerCertificate(der, { pkiFolder }, now);
  };
  before(async () => {
    root = await makeHolder("Root", { authority: true, to: 3650 });
    plant = await makeHolder("Plant", { authority: true, issuer: root });
    machine = await makeHolder("Machine", { issuer: plant });
  });

  test("holds for what a trusted authority issued, through intermediates that are known or sent along", async () => {
    const byPlant = { by: "authority", authority: "Plant", revocationKnown: false };
    assert.deepEqual(await judge(machine.der, { "trusted/certs/plant.pem": plant.pem }), byPlant);
    const byRoot = { ...byPlant, authority: "Root" };
    assert.deepEqual(await judge(chain(machine, plant), { "trusted/certs/root.der": root.der }), byRoot);
    assert.deepEqual(await judge(machine.der, { "trusted/certs/root.der": root.der, "issuers/certs/plant.der": plant.der }), byRoot);
    assert.deepEqual(splitChain(chain(machine, plant, root)).map(({ subject }) => subject), ["CN=Machine", "CN=Plant", "CN=Root"]);
  });

  test("is known to the last link where each authority's revocation list is there", async () => {
    const lists = { "trusted/crl/root.crl": await makeRevocationList(root, []), "issuers/crl/plant.crl": await makeRevocationList(plant, [root]) };
    const verdict = await judge(chain(machine, plant), { "trusted/certs/root.der": root.der, ...lists });
    assert.deepEqual(verdict, { by: "authority", authority: "Root", revocationKnown: true });
  });

  const untrusted: readonly [string, () => Promise<[Buffer, Readonly<Record<string, Buffer | string>>]>][] = [
    ["an authority that only completes chains", () => Promise.resolve([machine.der, { "issuers/certs/plant.der": plant.der, "issuers/certs/root.der": root.der }])],
    ["an authority nobody trusts, though the server sends it", () => Promise.resolve([chain(machine, plant, root), {}])],
    ["a gap in the chain", () => Promise.resolve([machine.der, { "trusted/certs/root.der": root.der }])],
    ["an issuer of the same name with another key", async () => [machine.der, { "trusted/certs/plant.der": (await makeHolder("Plant", { authority: true, issuer: root })).der }]],
    ["an issuer that is no authority", async () => {
      const clerk = await makeHolder("Clerk", { issuer: root });
      return [(await makeHolder("Forged", { issuer: clerk })).der, { "trusted/certs/clerk.der": clerk.der }];
    }],
    ["an authority whose key may not sign certificates", async () => {
      const mute = await makeHolder("Mute", { authority: true, signs: false });
      return [(await makeHolder("Forged", { issuer: mute })).der, { "trusted/certs/mute.der": mute.der }];
    }],
    ["an authority that expired", async () => {
      const old = await makeHolder("Old", { authority: true, from: -10, to: -1 });
      return [(await makeHolder("Late", { issuer: old })).der, { "trusted/certs/old.der": old.der }];
    }],
  ];
  for (const [what, make] of untrusted) {
    test(`does not hold by ${what}`, async () => {
      await assert.rejects(judge(...(await make())), failsWith("RESONANCE_OPCUA_CERTIFICATE_UNTRUSTED"));
    });
  }

  test("ends where the certificate or an authority of its chain is revoked, also for a certificate trusted by itself", async () => {
    const plantList = await makeRevocationList(plant, [machine]);
    const revoked = failsWith("RESONANCE_OPCUA_CERTIFICATE_REVOKED", /Machine/);
    await assert.rejects(judge(machine.der, { "trusted/certs/plant.der": plant.der, "trusted/crl/plant.crl": plantList }), revoked);
    await assert.rejects(judge(machine.der, { "trusted/certs/m.der": machine.der, "issuers/certs/plant.der": plant.der, "issuers/crl/p.crl": plantList }), revoked);
    const pem = `-----BEGIN X509 CRL-----\n${(await makeRevocationList(root, [plant])).toString("base64")}\n-----END X509 CRL-----\n`;
    await assert.rejects(judge(chain(machine, plant), { "trusted/certs/root.der": root.der, "trusted/crl/root.pem": pem }), failsWith("RESONANCE_OPCUA_CERTIFICATE_REVOKED", /Plant/));
    const forged = await makeRevocationList(plant, [machine], root);
    assert.equal((await judge(machine.der, { "trusted/certs/plant.der": plant.der, "trusted/crl/forged.crl": forged })).by, "authority", "a list somebody else signed counts for nothing");
  });

  test("a broken revocation list or certificate is passed over, whatever its bytes are", async () => {
    const list = await makeRevocationList(root, [plant]);
    for (let length = 0; length < list.length; length += 7) {
      const cut = readRevocationList(list.subarray(0, length));
      assert.ok(cut === undefined || !cut.issuedBy(new X509Certificate(root.der)), `${length} bytes`);
    }
    assert.deepEqual(splitChain(Buffer.concat([machine.der, Buffer.from("3084ffffffff", "hex")])).length, 1);
    await assert.rejects(checkServerCertificate(Buffer.from("no certificate"), { pkiFolder: folder }), failsWith("RESONANCE_OPCUA_CERTIFICATE_INVALID"));
  });
});

describe("the trust list", () => {
  test("a person's decision moves the certificate; a thumbprint that is not there does nothing", async () => {
    const pkiFolder = path.join(folder, "list");
    const machine = await makeHolder("Press 1", { applicationUri: "urn:press", hosts: ["press-1", "10.0.0.7"] });
    const sha256 = sha256Of(machine);
    const places = async () => Object.fromEntries(Object.entries(await listTrust(pkiFolder)).map(([place, all]) => [place, all.map((facts) => facts.sha256)]));
    const check = () => checkServerCertificate(machine.der, { pkiFolder });
    await assert.rejects(check(), failsWith("RESONANCE_OPCUA_CERTIFICATE_UNTRUSTED"));
    assert.deepEqual(await places(), { trusted: [], issuers: [], rejected: [sha256] });
    await decideTrust(pkiFolder, sha256, "trust");
    assert.deepEqual(await places(), { trusted: [sha256], issuers: [], rejected: [] });
    assert.deepEqual(await check(), { by: "certificate" });
    await decideTrust(pkiFolder, sha256, "reject");
    assert.deepEqual(await places(), { trusted: [], issuers: [], rejected: [sha256] });
    await decideTrust(pkiFolder, sha256, "remove");
    assert.deepEqual(await places(), { trusted: [], issuers: [], rejected: [] });
    for (const name of [sha256, "", "../../../etc/passwd"]) await assert.rejects(decideTrust(pkiFolder, name, "trust"), failsWith("RESONANCE_OPCUA_CERTIFICATE_GONE"));

    await addToTrust(pkiFolder, Buffer.from(machine.pem), "trusted");
    const [facts] = (await listTrust(pkiFolder)).trusted;
    assert.deepEqual([facts?.subject, facts?.applicationUri, facts?.hosts, facts?.selfSigned, facts?.authority, facts?.validNow], ["CN=Press 1", "urn:press", ["press-1", "10.0.0.7"], true, false, true]);
    const renewed = await makeHolder("Press 1", { applicationUri: "urn:press" });
    assert.equal((await formerCertificate(pkiFolder, describeCertificate(new X509Certificate(renewed.der))))?.sha256, sha256);
    assert.equal(await formerCertificate(pkiFolder, describeCertificate(new X509Certificate(machine.der))), undefined);
    await assert.rejects(addToTrust(pkiFolder, Buffer.from("junk"), "issuers"), failsWith("RESONANCE_OPCUA_CERTIFICATE_INVALID"));
  });

  test("our own certificate is renewed with a new key; the old pair is kept aside", async () => {
    const pkiFolder = path.join(folder, "renew");
    const first = (await ownCertificateOf(pkiFolder, "client")).provider.getCertificate();
    const second = (await renewOwnCertificate(pkiFolder, "client")).provider.getCertificate();
    assert.notDeepEqual(second, first);
    assert.deepEqual((await ownCertificateOf(pkiFolder, "client")).provider.getCertificate(), second);
    assert.deepEqual((await readdir(pkiFolder)).sort(), ["own", "own.old"]);
  });
});

describe("checking a connection", () => {
  let machine: Holder;
  let server: LabServer;
  before(async () => {
    machine = await makeHolder("checked", { hosts: ["127.0.0.1"] });
    server = await startLabServer({ ...ALL_SECURE, userManager: { isValidUser: (_: string, password: string) => password === "right" } }, { holder: machine });
  });
  let pkis = 0;
  const check = async (endpointUrl: string, changes: Partial<OpcUaSettings> = {}, signal = new AbortController().signal) => {
    const steps: CheckStep[] = [];
    const settings: OpcUaSettings = {
      endpointUrl, securityMode: "SignAndEncrypt", securityPolicy: "Basic256Sha256", identity: { type: "anonymous" },
      pkiFolder: path.join(folder, `check-${++pkis}`), applicationName: "checker", ...changes,
    };
    await checkConnection(settings, signal, (step) => { steps.push(step); });
    const of = (name: StepName): CheckStep => steps.find(({ step }) => step === name)!;
    return { steps, of, states: steps.map(({ step, state }) => `${step} ${state}`) };
  };
  const trusting = (): Partial<OpcUaSettings> => ({ trustedThumbprint: sha256Of(machine) });

  test("a server that works: every step with its time, what is offered, who it is", async () => {
    const { of, states } = await check(server.endpointUrl, trusting());
    assert.deepEqual(states, ["address ok", "server ok", "endpoints ok", "certificate ok", "channel ok", "session ok", "read ok"]);
    assert.deepEqual(of("address").facts, { host: "127.0.0.1", port: server.port });
    assert.deepEqual(new Set(of("endpoints").facts?.offers?.map(({ mode, policy }) => `${mode} ${policy}`)), new Set(POLICIES.flatMap((policy) => MODES.map((mode) => `${mode} ${policy}`))));
    assert.ok(of("endpoints").facts?.offers?.every(({ identities }) => identities.includes("UserName") && identities.includes("Certificate")));
    assert.deepEqual([of("certificate").facts?.certificate?.sha256, of("certificate").facts?.warnings, of("certificate").facts?.trusted], [sha256Of(machine), [], { by: "thumbprint" }]);
    assert.equal(of("read").facts?.server?.state, "Running");
    assert.ok(Math.abs(of("read").facts?.server?.clockOffset ?? Infinity) < 5_000);
    assert.equal(server.server.engine.currentSessionCount, 0, "nothing stays open");
  });

  test("20 checks, some cancelled at any moment, leave no session at the server", async () => {
    const { engine } = server.server;
    const before = engine.cumulatedSessionCount;
    const { of } = await check(server.endpointUrl, trusting());
    const whole = of("read").ms + of("session").ms + of("channel").ms + of("server").ms;
    for (let round = 0; round < 19; round += 1) {
      const gone = new AbortController();
      const cancelled = round % 2 === 1;
      if (cancelled) setTimeout(() => { gone.abort(new Error("the person closed the dialog")); }, (whole * (round + 1)) / 20);
      await check(server.endpointUrl, { ...trusting(), pkiFolder: path.join(folder, "often") }, gone.signal).catch((thrown: unknown) => { assert.match(String(thrown), /closed the dialog/); });
      await eventually(() => engine.currentSessionCount === 0, `no session after check ${round + 2}`, 2_000);
    }
    assert.ok(engine.cumulatedSessionCount - before >= 11, "sessions were opened");
  });

  test("a certificate that is not trusted: no session, but whether the server takes ours is known already", async () => {
    const { of, states } = await check(server.endpointUrl);
    assert.deepEqual(states, ["address ok", "server ok", "endpoints ok", "certificate failed", "channel ok", "session skipped", "read skipped"]);
    assert.equal(of("certificate").error?.code, "RESONANCE_OPCUA_CERTIFICATE_UNTRUSTED");
    assert.equal(of("certificate").facts?.certificate?.subject, "CN=checked");
  });

  test("a server that does not know our certificate says so at the channel, with the file to hand over", async () => {
    const strict = await startLabServer(ALL_SECURE, { holder: machine, acceptClients: false });
    const { of, states } = await check(strict.endpointUrl, trusting());
    assert.deepEqual(states.slice(3), ["certificate ok", "channel failed", "session skipped", "read skipped"]);
    assert.equal(of("channel").error?.code, "RESONANCE_OPCUA_CLIENT_REJECTED");
    assert.match(of("channel").facts?.ownFile ?? "", /certificate\.pem$/);
    await strict.stop();
  });

  test("what does not fit is a warning: host name, application URI, a certificate changed since, a policy that is deprecated", async () => {
    const other = await makeHolder("elsewhere", { applicationUri: "urn:other", hosts: ["elsewhere.plant"], to: 10 });
    const odd = await startLabServer(ALL_SECURE, { holder: other });
    const pkiFolder = path.join(folder, "changed");
    const former = await makeHolder("elsewhere", { applicationUri: "urn:other" });
    await addToTrust(pkiFolder, former.der, "trusted");
    const { of } = await check(odd.endpointUrl, { pkiFolder, securityPolicy: "Basic256" });
    assert.deepEqual(of("certificate").facts?.warnings, ["host", "uri", "soon"]);
    assert.equal(of("certificate").facts?.former?.sha256, sha256Of(former));
    assert.deepEqual(of("endpoints").facts?.warnings, ["deprecated"]);
    await odd.stop();
  });

  test("a wrong password, a security that is not offered: the step that fails names the reason", async () => {
    const wrong = await check(server.endpointUrl, { ...trusting(), identity: { type: "user", user: "ann", password: "wr0ng" } });
    assert.deepEqual(wrong.states.slice(4), ["channel ok", "session failed", "read skipped"]);
    assert.equal(wrong.of("session").error?.code, "RESONANCE_OPCUA_IDENTITY_REJECTED");
    assert.doesNotMatch(JSON.stringify(wrong.steps), /wr0ng/);
    const none = await check(server.endpointUrl, { securityMode: "None", securityPolicy: "None" });
    assert.deepEqual(none.states.slice(0, 4), ["address ok", "server ok", "endpoints failed", "certificate ok"]);
    assert.equal(none.of("endpoints").error?.code, "RESONANCE_OPCUA_SECURITY_NOT_OFFERED");
  });

  test("nobody there, somebody else there, nobody who answers: told in bounded time, and cancelled at once", async () => {
    const nobody = await check(`opc.tcp://127.0.0.1:${await freePort()}`);
    assert.deepEqual([nobody.of("address").error?.code, nobody.of("server").state], ["RESONANCE_OPCUA_UNREACHABLE", "skipped"]);
    const proxy = await startProxy(server.port);
    proxy.swallow(true);
    const gone = new AbortController();
    const silent = check(`opc.tcp://127.0.0.1:${proxy.port}`, {}, gone.signal);
    gone.abort(new Error("the person closed the dialog"));
    await assert.rejects(silent, /closed the dialog/);
    await proxy.close();
    await assert.rejects(check("http://127.0.0.1:80"), failsWith("RESONANCE_CONFIG_INVALID"));
  });
});

