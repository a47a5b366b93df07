import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, it } from "node:test";
import { readStructure } from "../../nodes/lib/flow/read-structure";
import type { LiveFacts } from "../../nodes/lib/flow/live-facts";
import { loadBuiltInProfile } from "../../nodes/lib/profile/load-profile";
import { analyse, type AnalysisSettings } from "../../nodes/lib/vdi2182/analyse";
import { MEASURES, THREATS } from "../../nodes/lib/vdi2182/catalogue";
import { changesBetween, summaryOf } from "../../nodes/lib/vdi2182/changes";
import { securityFileMarkdown } from "../../nodes/lib/vdi2182/markdown";
import { readAudits, readRatings } from "../../nodes/lib/vdi2182/ratings";
import type { SecurityFile } from "../../nodes/lib/vdi2182/security-file";
import { toldOnce } from "../../nodes/lib/vdi2182/told-once";
import { violationsIn, type WatchSettings } from "../../nodes/lib/vdi2182/violations";
import { fuzzSeed, seeded, type Seeded } from "../support/seeded";

type Definition = Readonly<Record<string, unknown>> & { readonly id: string; readonly type: string };

const profile = loadBuiltInProfile();
const NOW = Date.parse("2026-11-22T08:00:00Z");
const DIGEST = `sha256:${"ab".repeat(32)}`;
const settings: AnalysisSettings = {
  occasion: "test", roles: { manufacturer: "M", integrator: "I", operator: "O" }, goals: ["confidentiality", "integrity", "availability", "safety"], certificateDays: 30,
  ratings: [], audit: [], profileOf: () => profile, profiles: [profile], now: NOW,
};
const fieldsOf = (_: string, category: string, direction: "input" | "output"): readonly string[] => [...(profile.categories.get(category)?.[direction].fields.keys() ?? [])];
const fileOf = (definitions: readonly object[], live: LiveFacts = {}, changes: Partial<AnalysisSettings> = {}): SecurityFile =>
  analyse(readStructure(definitions, live, { fieldsOf }), { ...settings, ...changes });
const on = (node: object): object => ({ z: "tab", x: 1, y: 1, ...node });

/** An adaptive control as an integrator wires it; what differs between a weak and a hardened one is a parameter. */
function plant(hardened: boolean): readonly Definition[] {
  const secured = hardened ? { securityMode: "SignAndEncrypt", securityPolicy: "Basic256Sha256", authentication: "user" } : { securityMode: "None", securityPolicy: "None", authentication: "anonymous" };
  const http = hardened ? { authentication: "bearer" } : { authentication: "none" };
  const scheme = hardened ? "https" : "http";
  return [
    { id: "tab", type: "tab", label: "Line 1" },
    { id: "profile", type: "resonance-profile", source: "built-in" },
    { id: "machine", type: "resonance-opcua-endpoint", name: "CNC 7", endpointUrl: "opc.tcp://cnc-07:4840", ...secured },
    {
      id: "model", type: "resonance-model", name: "feed optimiser", modelId: "feed", modelVersion: "1.0.0", category: "adaptive-control", protocol: "oip", url: `${scheme}://models:8000`, ...http,
      digest: hardened ? DIGEST : "", serverVersion: hardened ? "3" : "", ...(hardened && { referenceSource: "file", referenceFile: "reference.json" }),
      inputTensors: [{ name: "input", elements: [{ field: "spindleLoad" }, { field: "torque" }] }], outputTensors: [{ name: "output", elements: [{ field: "feedOverrideSetpoint" }] }],
    },
    { id: "mes", type: "resonance-mes", name: "MES", url: `${scheme}://mes/b2mml`, keep: hardened ? "disk" : "none", ...http },
    on({ id: "in", type: "resonance-opcua-in", name: "signals", endpoint: "machine", items: [{ tag: "Load" }, { tag: "Torque" }], wires: [["model-in"]] }),
    on({
      id: "model-in", type: "resonance-model-in", name: "input", profile: "profile", category: "adaptive-control", badQuality: hardened ? "reject" : "pass",
      tags: [{ tag: "Load", field: "spindleLoad", maxAge: hardened ? 5 : 0 }, { tag: "Torque", field: "torque", maxAge: hardened ? 5 : 0 }], wires: [[hardened ? "check-in" : "call"], []],
    }),
    ...(hardened ? [on({ id: "check-in", type: "resonance-validate", target: "profile", mode: "split", wires: [["call"], []] })] : []),
    on({ id: "call", type: "resonance-model-call", profile: "profile", model: "model", wires: [["out"]] }),
    on({ id: "out", type: "resonance-model-out", profile: "profile", model: "model", rules: [], mappings: [], wires: [hardened ? ["check"] : ["write", "isa95", "scada"]] }),
    ...(hardened ? [
      on({ id: "check", type: "resonance-validate", target: "profile", mode: "split", wires: [["guard", "isa95", "scada"], []] }),
      on({
        id: "guard", type: "resonance-setpoint-guard", name: "guard", profile: "profile", category: "adaptive-control", approval: "required", stale: "fallback", drift: "notConfirmed", minConfidence: 0.8,
        fields: [{ field: "feedOverrideSetpoint", minimum: 50, maximum: 120, maxRate: 2, fallback: 100 }], interlocks: [{ tag: "Auto", expected: "true" }], wires: [["write"], []],
      }),
    ] : []),
    on({ id: "write", type: "resonance-opcua-out", name: "feed override", endpoint: "machine", mode: "write", checkRange: hardened, items: [{ tag: "feedOverrideSetpoint" }], wires: [[], []] }),
    on({ id: "isa95", type: "resonance-isa95", profile: "profile", message: "SyncWorkPerformance", wires: [["mes-out"]] }),
    on({ id: "mes-out", type: "resonance-mes-out", mes: "mes", wires: [[], []] }),
    on({
      id: "scada", type: "resonance-scada", name: "station", profile: "profile", categories: [{ category: "adaptive-control" }], port: 4840, host: hardened ? "127.0.0.1" : "0.0.0.0",
      unprotected: !hardened, anonymous: !hardened, maxSessions: 10, setpoints: hardened ? [] : [{ category: "adaptive-control", field: "feedOverrideSetpoint" }], openSetpoints: !hardened, wires: [[]],
    }),
    on({
      id: "mes-in", type: "resonance-mes-in", name: "jobs", transport: "http", path: "/b2mml", authentication: hardened ? "bearer" : "none", problems: hardened ? "refuse" : "pass", remember: hardened ? 1000 : 0,
      sizeLimit: 1000, wires: [[], [], []],
    }),
    ...(hardened ? [] : [
      { id: "broker", type: "mqtt-broker", broker: "broker.example", port: 1883, usetls: false } as Definition,
      on({ id: "mqtt", type: "mqtt in", broker: "broker", topic: "#", wires: [["write"]] }),
      on({ id: "exec", type: "exec", command: "convert", addpay: "payload", wires: [[], [], []] }),
    ]),
  ] as readonly Definition[];
}

const live = (hardened: boolean): LiveFacts => ({
  secrets: { machine: ["user", "password"] },
  revocationLists: { machine: hardened },
  certificates: hardened ? { scada: [{ setting: "pkiFolder", subject: "CN=own", expires: "2030-01-01T00:00:00Z" }] } : {},
  connections: hardened ? { machine: { state: "connected", security: { mode: "SignAndEncrypt", policy: "Basic256Sha256" }, certificate: { setting: "server", subject: "CN=cnc", expires: "2029-01-01T00:00:00Z" } } } : {},
  runtime: { host: hardened ? "127.0.0.1" : "0.0.0.0", port: 1880, https: hardened, adminAuth: hardened, httpNodeAuth: hardened, editor: true, secretsEncrypted: hardened },
});

/** Every measure that a setting shows to be missing, in the weak flow: nothing more, nothing less. */
const MISSING = [
  "communication-integrity@machine:read", "communication-integrity@write:write", "communication-integrity@model:call", "communication-integrity@mes:write", "communication-integrity@scada:server",
  "communication-integrity@mes-in:http", "communication-integrity@broker:read", "communication-integrity@node-red:editor",
  "encryption@machine:read", "encryption@write:write", "encryption@model:call", "encryption@mes:write", "encryption@scada:server", "encryption@mes-in:http", "encryption@broker:read", "encryption@node-red:editor",
  "peer-verification@machine:read", "peer-verification@write:write", "peer-verification@model:call", "peer-verification@mes:write", "peer-verification@scada:server", "peer-verification@broker:read",
  "own-authentication@machine:read", "own-authentication@write:write", "own-authentication@model:call", "own-authentication@mes:write", "own-authentication@broker:read",
  "caller-authentication@scada:server", "caller-authentication@mes-in:http", "narrow-listening@scada:server", "narrow-listening@mes-in:http", "narrow-listening@node-red:editor",
  "content-check@mes-in:http", "replay-protection@mes-in:http", "durable-outbox@mes", "setpoint-guard@write:write", "known-writers@scada:server", "range-check@write:write",
  "input-check@model", "input-quality@model", "input-age@model", "model-digest@model", "pinned-version@model", "drift-watch@model", "training-reference@model", "output-check@model", "model-access@model",
  "editor-authentication@node-red:editor", "secret-storage@node-red", "fixed-address@exec:both",
];

describe("the security file of a flow", () => {
  const weak = fileOf(plant(false), live(false));
  const hard = fileOf(plant(true), live(true));

  it("finds every known weakness of a weak flow, and invents none", () => {
    const open = weak.measures.filter(({ state }) => state === "open").map(({ id }) => id);
    assert.deepEqual(open.sort(), [...MISSING].sort());
  });

  it("rates missing security high, with the setting as evidence", () => {
    const risk = weak.risks.find(({ id }) => id === "manipulation-in-transit@machine:read");
    assert.equal(risk?.rating, "high");
    for (const { id, rating, justification } of weak.risks) assert.ok(rating !== "high" || justification.evidence.length > 0, id);
    assert.deepEqual(risk.justification.evidence, [{ interface: "machine:read", node: "machine", setting: "securityMode", value: "None" }]);
    assert.ok(risk.measures.includes("communication-integrity@machine:read"), "and names the measure");
    assert.ok(weak.solution.chosen.includes("communication-integrity@machine:read"));
    const unsafe = weak.risks.find(({ id }) => id === "unsafe-write-back@write:write");
    assert.equal(unsafe?.rating, "high");
    assert.deepEqual(unsafe.justification.evidence.filter(({ setting }) => setting === "wires").map(({ node }) => node), ["out", "mqtt"], "every way past the guard");
    assert.ok(unsafe.justification.fields.every((field) => field.startsWith("adaptive-control/output/")), "the set-points decide the impact");
  });

  it("leaves no high risk in a hardened flow, and shows for each measure met which setting does it", () => {
    assert.deepEqual(hard.risks.filter(({ rating }) => rating === "high").map(({ id }) => id), []);
    assert.deepEqual(hard.measures.filter(({ state }) => state === "open").map(({ id }) => id), []);
    const met = hard.measures.filter(({ state }) => state === "met");
    assert.ok(met.length > 40, `${met.length} measures`);
    for (const { id, evidence } of met) assert.ok(evidence.length > 0 && evidence.every(({ node, setting, value }) => node && setting && value), id);
    assert.deepEqual(met.find(({ id }) => id === "encryption@machine:read")?.evidence, [{ interface: "machine:read", node: "machine", setting: "securityMode", value: "SignAndEncrypt" }]);
    assert.equal(met.find(({ id }) => id === "setpoint-guard@write:write")?.evidence[0]?.node, "guard");
  });

  it("cites for every statement a node of the flow or the runtime, and a value that stands there", () => {
    for (const [file, definitions] of [[weak, plant(false)], [hard, plant(true)]] as const) {
      const nodes = new Map(definitions.map((node) => [node.id, node]));
      const cited = file.measures.flatMap(({ evidence }) => evidence).filter(({ node }) => node !== "node-red");
      for (const { node = "", setting, value } of cited) {
        const definition = nodes.get(node);
        assert.ok(definition, `${node} is no node of the flow`);
        const saved = definition[setting];
        if (typeof saved === "string" && saved !== "" && setting !== "url") assert.equal(value, saved, `${node}.${setting}`);
      }
    }
  });

  it("one hardened setting turned back raises just its own risks", () => {
    const turned = plant(true).map((node) => (node.id === "machine" ? { ...node, securityMode: "None", securityPolicy: "None" } : node));
    const changes = changesBetween(summaryOf(hard), summaryOf(fileOf(turned, { ...live(true), revocationLists: {}, connections: {} })));
    const worse = changes.filter(({ what, kind, to }) => what === "risk" && kind === "changed" && to === "high").map(({ id }) => id);
    assert.deepEqual(worse.sort(), ["manipulation-in-transit@machine:read", "manipulation-in-transit@write:write"]);
    assert.ok(changes.every(({ id, what }) => what === "node" || /@(machine:read|write:write)$/.test(id) || ["machine:read", "write:write"].includes(id)), JSON.stringify(changes));
  });

  it("same flow, same file", () => {
    assert.deepEqual(fileOf(plant(false), live(false)), weak);
    const reordered = fileOf([...plant(false)].reverse(), live(false));
    assert.deepEqual(new Set(reordered.risks.map(({ id, rating }) => `${id} ${rating}`)), new Set(weak.risks.map(({ id, rating }) => `${id} ${rating}`)));
  });

  it("keeps ratings and accepted risks through analyses, the newest word counting, and names those whose risk is gone", () => {
    const ratings = readRatings([
      { target: "eavesdropping@machine:read", likelihood: "low", impact: "", reason: "separate cable", by: "A. Li", date: "2026-11-01" },
      { target: "manipulation-in-transit@machine:read", accepted: true, reason: "until the retrofit", by: "A. Li", date: "2026-11-02" },
      { target: "manipulation-in-transit@machine:read", likelihood: "medium", accepted: true, reason: "cabinet locked", by: "B. Wang", date: "2026-11-10" },
      { target: "segmentation@machine:read", accepted: true, reason: "own VLAN 12", by: "B. Wang", date: "2026-11-10" },
      { target: "eavesdropping@gone", accepted: true, reason: "old", by: "A. Li", date: "2026-01-01" },
    ]);
    const first = fileOf(plant(false), live(false), { ratings });
    const second = fileOf(plant(false).filter(({ id }) => id !== "mqtt"), live(false), { ratings, before: { version: first.version, summary: summaryOf(first) } });
    for (const file of [first, second]) {
      const risk = file.risks.find(({ id }) => id === "manipulation-in-transit@machine:read");
      assert.equal(risk?.accepted?.by, "B. Wang");
      assert.deepEqual([risk.likelihood, risk.computed.likelihood], ["medium", "high"], "the rule's word stays beside the hand's");
      assert.equal(file.measures.find(({ id }) => id === "segmentation@machine:read")?.confirmed?.reason, "own VLAN 12");
      assert.deepEqual(file.ratingsWithoutRisk, ["eavesdropping@gone"]);
      assert.deepEqual(file.ratings, ratings);
    }
    assert.equal(second.version, first.version + 1);
    assert.ok(second.changes.some(({ what, kind, id }) => what === "node" && kind === "vanished" && id === "mqtt"));
    assert.ok(second.changes.some(({ kind, id }) => kind === "vanished" && id === "eavesdropping@broker:read"));
    assert.throws(() => readRatings([{ target: "x", accepted: true, reason: "r", by: "", date: "2026-11-01" }]), /ratings\/0\/by/);
    assert.throws(() => readRatings([{ target: "x", accepted: true, reason: "r", by: "b", date: "2026-02-30" }]), /ratings\/0\/date/);
    assert.throws(() => readAudits([{ date: "2026-11-01", by: "b", findings: " " }]), /audits\/0\/findings/);
  });

  it("has a document in three languages with the provisional notice, where a flow's words break no table", () => {
    const named = plant(false).map((node) => (node.id === "machine" ? { ...node, name: "CNC | 7 <img src=x>" } : node));
    const file = fileOf(named, live(false));
    const documents = (["en", "zh", "de"] as const).map((language) => securityFileMarkdown(file, language));
    assert.equal(new Set(documents).size, 3);
    for (const [index, language] of (["en", "zh", "de"] as const).entries()) {
      const document = documents[index] ?? "";
      assert.ok(document.includes(profile.notice[language]));
      assert.ok(!document.includes("undefined") && !document.includes("<img"));
      for (const table of document.split("\n\n").filter((part) => part.startsWith("| "))) {
        const widths = table.trim().split("\n").map((line) => line.replaceAll("\\|", "").split("|").length);
        assert.equal(new Set(widths).size, 1, table.slice(0, 200));
      }
    }
  });

  it("has a catalogue whose entries are all used, all in three languages, with numbers of the right form", () => {
    for (const { id, title, description, decisive, measures, optional = [] } of THREATS) {
      for (const text of [title, description]) assert.ok(text.en && text.zh && text.de, id);
      for (const measure of [...decisive, ...measures, ...optional]) assert.ok(MEASURES.has(measure), `${id}: ${measure}`);
    }
    const used = new Set(THREATS.flatMap(({ decisive, measures, optional = [] }) => [...decisive, ...measures, ...optional]));
    for (const { id, title, how, sr, cr } of MEASURES.values()) {
      assert.ok(used.has(id), id);
      for (const text of [title, how]) assert.ok(text.en && text.zh && text.de, id);
      assert.ok([...sr].every((number) => /^SR [1-7]\.\d{1,2}$/.test(number)) && [...cr].every((number) => /^CR [1-7]\.\d{1,2}$/.test(number)), id);
    }
  });
});

describe("the structure of a flow", () => {
  const wired = (...nodes: readonly object[]): readonly object[] => [{ id: "tab", type: "tab" }, { id: "machine", type: "resonance-opcua-endpoint", endpointUrl: "opc.tcp://m:4840" }, ...nodes.map(on)];
  const guardedIn = (definitions: readonly object[]): boolean | "partly" | undefined =>
    readStructure(definitions).interfaces.flatMap(({ facts }) => facts).find(({ name }) => name === "guarded")?.value;
  const write = { id: "write", type: "resonance-opcua-out", mode: "write", endpoint: "machine", wires: [] };
  const guard = (to: readonly string[], second: readonly string[] = []): object => ({ id: "guard", type: "resonance-setpoint-guard", fields: [], wires: [to, second] });

  it("follows a write back through links, subflows, link calls and junctions to the guard, and past it", () => {
    assert.equal(guardedIn(wired(write, guard(["write"]))), true);
    assert.equal(guardedIn(wired(write, guard([], ["write"]))), false, "a guard's decisions are no commands");
    assert.equal(guardedIn(wired(write, guard(["lo"]), { id: "lo", type: "link out", mode: "link", links: ["li"], wires: [] }, { id: "li", type: "link in", links: ["lo"], wires: [["write"]] })), true);
    assert.equal(guardedIn(wired(write, guard(["write"]), { id: "inject", type: "inject", wires: [["change"]] }, { id: "change", type: "change", wires: [["write"]] })), false);
    assert.equal(guardedIn(wired(write, guard(["write"]), { id: "inject", type: "inject", d: true, wires: [["write"]] })), true, "what is disabled sends nothing");
    const call = { id: "call", type: "link call", links: ["li"], wires: [["write"]] };
    const back = { id: "back", type: "link out", mode: "return", links: [], wires: [] };
    assert.equal(guardedIn(wired(write, { id: "inject", type: "inject", wires: [["call"]] }, call, { id: "li", type: "link in", wires: [["guard"]] }, guard(["back"]), back)), true, "called and returned through the guard");
    assert.equal(guardedIn(wired(write, { id: "inject", type: "inject", wires: [["call"]] }, call, { id: "li", type: "link in", wires: [["back"]] }, back)), false);
    const subflow = { id: "sub", type: "subflow", in: [{ wires: [{ id: "inner" }] }], out: [{ wires: [{ id: "inner", port: 0 }] }] };
    const instance = { id: "instance", type: "subflow:sub", wires: [["write"]] };
    assert.equal(guardedIn([...wired(write, instance, { id: "inject", type: "inject", wires: [["instance"]] }), subflow, { id: "inner", type: "resonance-setpoint-guard", z: "sub", wires: [["x"]] }]), true);
    assert.equal(guardedIn([...wired(write, instance, { id: "inject", type: "inject", wires: [["instance"]] }), subflow, { id: "inner", type: "change", z: "sub", wires: [[]] }]), false);
  });

  it("names nodes of unknown types, code and disabled nodes, and reads no interface off what does not run", () => {
    const structure = readStructure([
      { id: "tab", type: "tab", disabled: true }, { id: "other", type: "tab" }, on({ id: "in", type: "http in", url: "/x" }), on({ id: "f", type: "function", z: "other" }),
      on({ id: "u", type: "modbus-read", name: "PLC", z: "other" }), on({ id: "d", type: "http request", url: "http://x", d: true, z: "other" }), { id: "unused", type: "resonance-mes", url: "http://mes" },
    ]);
    assert.deepEqual(structure.nodes.map(({ id, kind, disabled }) => [id, kind, disabled]), [["in", "known", true], ["f", "code", false], ["u", "unknown", false], ["d", "known", true], ["unused", "known", false]]);
    assert.deepEqual(structure.interfaces, []);
    assert.ok(analyse(structure, settings).risks.some(({ id }) => id === "unknown-node@u"));
  });

  it("shows no password, token or query of an address", () => {
    const text = JSON.stringify(fileOf([
      on({ id: "r", type: "http request", url: "https://user:hunter2@api.example/path?token=topsecret#hunter2" }), on({ id: "m", type: "resonance-mes-out", mes: "mes", wires: [[]] }),
      { id: "mes", type: "resonance-mes", url: "http://u:hunter2@mes/x?key=topsecret", credentials: { password: "hunter2" } },
    ]));
    assert.ok(!text.includes("hunter2") && !text.includes("topsecret"), text);
    assert.ok(text.includes("https://api.example/path"));
  });

  it("says what the mappings say: which fields go over which interface, and what a chain lacks", () => {
    const structure = readStructure(plant(false), {}, { fieldsOf });
    const fields = (id: string, direction: string): readonly string[] | undefined => structure.dataFlows.find((flow) => flow.interface === id && flow.direction === direction)?.fields;
    assert.deepEqual(fields("machine:read", "input"), ["spindleLoad", "torque"]);
    assert.deepEqual(fields("model:call", "output"), ["feedOverrideSetpoint"]);
    assert.deepEqual(structure.dataFlows.find((flow) => flow.interface === "mes:write")?.message, "SyncWorkPerformance");
    const [chain] = structure.chains;
    assert.deepEqual([chain?.category, chain?.missing], ["adaptive-control", ["validate"]]);
    assert.deepEqual(chain?.steps["opcua-out"], ["write"]);
  });

  it("reads every example, and knows every node in it", () => {
    const folder = path.resolve(__dirname, "..", "..", "examples");
    for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) => /[/\\]\d+ .*\.json$/.test(file))) {
      const structure = readStructure(JSON.parse(readFileSync(path.join(folder, name), "utf8")) as unknown[]);
      // A flow whose model is wired in it, with nothing outside, has no interface.
      assert.ok(structure.interfaces.length > 0 || structure.nodes.some(({ type }) => type === "resonance-model"), name);
      assert.deepEqual(structure.nodes.filter(({ kind }) => kind === "unknown").map(({ type }) => type), [], name);
    }
  });

  it("never fails, whatever flows hold, and drops no node", () => {
    const seed = fuzzSeed();
    const random = seeded(seed);
    const types = ["tab", "subflow", "subflow:n1", "group", "junction", "link in", "link out", "link call", "mystery", ...new Set([...plant(true), ...plant(false)].map(({ type }) => type))];
    for (let round = 0; round < 400; round += 1) {
      const flow = randomFlow(random, types);
      const structure = readStructure(flow, round % 2 === 0 ? live(false) : {});
      const file = analyse(structure, settings);
      const ids = new Set(flow.filter((node): node is Definition => typeof node === "object" && node !== null).map(({ id }) => id));
      const named = new Set([...structure.nodes.map(({ id }) => id), ...flow.filter((node) => ["tab", "group"].includes(String((node as Definition | null)?.type))).map((node) => (node as Definition).id)]);
      assert.deepEqual([...ids].filter((id) => typeof id === "string" && id !== "" && !named.has(id)), [], `seed ${seed}, round ${round}`);
      assert.equal(new Set(file.risks.map(({ id }) => id)).size, file.risks.length, `seed ${seed}, round ${round}: an id twice`);
      securityFileMarkdown(file, "en");
      readStructure(flow, {}, { flow: "n0" });
    }
  });
});

/** Nodes of any types whose settings hold what settings may not. */
function randomFlow(random: Seeded, types: readonly string[]): unknown[] {
  const ids = Array.from({ length: 1 + random.below(14) }, (_, index) => `n${index}`);
  const junk: readonly unknown[] = [null, 3, true, "", "x|y\n<b>", "${X}", "opc.tcp://[::1", [], [null, 7, "a"], [[["n1"]], 4], {}, { wires: [] }, "n1", "n2", Number.NaN];
  const settingNames = ["url", "endpointUrl", "endpoint", "model", "mes", "broker", "items", "tags", "fields", "categories", "setpoints", "mode", "in", "out", "links", "securityMode", "inputTensors", "rules", "name", "d", "z", "transport", "env"];
  const nodes: unknown[] = ids.map((id) => ({
    id, type: random.pick(types), z: random.pick(ids), wires: random.chance(0.8) ? [[random.pick(ids), random.pick(ids)], [random.pick(ids)]] : random.pick(junk),
    ...Object.fromEntries(Array.from({ length: random.below(9) }, () => [random.pick(settingNames), random.chance(0.4) ? random.pick(ids) : random.pick(junk)])),
  }));
  return random.chance(0.2) ? [...nodes, random.pick(junk)] : nodes;
}

describe("violations while the flow runs", () => {
  const structure = readStructure(plant(true), live(true));
  const watch: WatchSettings = { certificateDays: 30, knownClients: [], wanted: {}, now: NOW };
  const events = (facts: LiveFacts, changes: Partial<WatchSettings> = {}): string[] => violationsIn(structure, facts, { ...watch, ...changes }).map(({ event, node }) => `${event} ${node}`);
  const client = { name: "HMI", applicationUri: "urn:hmi:1", address: "192.0.2.7", mode: "SignAndEncrypt", policy: "Basic256Sha256", thumbprint: "ab".repeat(32) };

  it("tells nothing of a flow that is as it should be", () => {
    assert.deepEqual(events(live(true)), []);
    for (const known of ["urn:hmi:1", "AB:".repeat(31) + "AB", "192.0.2.7"]) assert.deepEqual(events({ clients: { scada: [client] } }, { knownClients: [known] }), [], known);
  });

  it("tells certificates near their end, weaker security, refused certificates and clients that nobody named", () => {
    const at = (days: number): LiveFacts => ({ certificates: { scada: [{ setting: "pkiFolder", subject: "CN=x", expires: new Date(NOW + days * 86_400_000).toISOString() }] } });
    assert.deepEqual([events(at(31)), events(at(30)), events(at(-1))], [[], ["certificate-expiring scada"], ["certificate-expired scada"]]);
    const state = (facts: object): LiveFacts => ({ connections: { machine: { state: "retrying", ...facts } } });
    assert.deepEqual(events(state({ error: "RESONANCE_OPCUA_SECURITY_NOT_OFFERED" })), ["policy-downgraded machine"]);
    assert.deepEqual(events(state({ security: { mode: "Sign", policy: "Basic256Sha256" } })), ["policy-downgraded machine"]);
    assert.deepEqual(events(state({ security: { mode: "SignAndEncrypt", policy: "Basic256" } })), ["policy-downgraded machine"]);
    assert.deepEqual(events(state({ error: "RESONANCE_OPCUA_CERTIFICATE_UNTRUSTED" })), ["certificate-refused machine"]);
    assert.deepEqual(events(state({ error: "RESONANCE_OPCUA_UNREACHABLE" })), [], "an outage is no violation");
    assert.deepEqual(events({ clients: { scada: [client] } }), ["unknown-client scada"]);
    assert.deepEqual(events({ clients: { scada: [client] } }, { knownClients: ["urn:hmi:2"] }), ["unknown-client scada"]);
    assert.deepEqual(violationsIn(readStructure(plant(false)), {}, watch).map(({ event, evidence: [first] }) => [event, first?.node]), [["write-outside-guard", "out"], ["write-outside-guard", "mqtt"]]);
  });

  it("tells each cause once, and again when it comes back", () => {
    const told = toldOnce();
    const [expiring] = violationsIn(structure, { clients: { scada: [client] } }, watch);
    assert.ok(expiring);
    assert.deepEqual([told.news([expiring, expiring]).length, told.news([expiring]).length, told.news([]).length, told.news([expiring]).length], [1, 0, 0, 1]);
    assert.deepEqual(toldOnce(told.standing()).news([expiring]), [], "also after a restart");
  });
});
