import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { AttributeIds, DataType, Variant, type ClientSession, type DataValue } from "node-opcua";
import type { InputRecord, OutputRecord } from "../../nodes/lib/record/interface-record";
import type { Sample } from "../../nodes/lib/record/sample";
import type { Decision } from "../../nodes/lib/setpoint/decision";
import type { SecurityFile } from "../../nodes/lib/vdi2182/security-file";
import { readExample, startRuntime, until, type EmbeddedRuntime, type FlowNode } from "../support/node-red-runtime";
import { freePort } from "../support/ports";
import { OPERATOR, readValue, withClient } from "../support/scada";

/** Every example file as it is shipped, and in the real runtime each that needs nothing outside, with OPC UA clients from outside. */

const FOLDER = path.join(__dirname, "..", "..", "examples");
const FILES = readdirSync(FOLDER, { withFileTypes: true }).filter((entry) => entry.isDirectory() && !["demo", "models"].includes(entry.name))
  .flatMap(({ name }) => readdirSync(path.join(FOLDER, name)).filter((file) => file.endsWith(".json")).map((file) => [name, file] as const));
/** What asks for an address of the environment needs something outside; in a function the same signs are a template. */
const STANDALONE = FILES.filter((parts) => ![...values(readExample(...parts))].some(({ names, value }) => names.at(-1) !== "func" && String(value).includes("${")));

const ADAPTIVE = ["CNC machining", "02 Adaptive control with guarded write-back.json"] as const;
const PROCESS_DATA = ["Coating line", "01 Process data to SCADA.json"] as const;
const SOFT_SENSOR = ["Coating line", "02 Viscosity soft sensor.json"] as const;
const SECURITY_FILE = ["Conformance", "03 Security file of a flow.json"] as const;
const ID = /^[0-9a-f]{16}$/;
const SECRET_KEY = /passw|secret|token|credential|apikey|private/i;
/** `token` and the like as a choice of a form, not as a value. */
const HARMLESS: ReadonlySet<unknown> = new Set(["", false, "none"]);

/** Every value below a node with the names that lead to it. */
function* values(value: unknown, names: readonly string[] = []): Generator<{ readonly names: readonly string[]; readonly value: unknown }> {
  if (value !== null && typeof value === "object") for (const [name, part] of Object.entries(value)) yield* values(part, [...names, name]);
  else yield { names, value };
}

describe("example files", () => {
  const all = FILES.map((parts) => ({ file: parts.join("/"), flow: readExample(...parts) }));

  it("are there for machines, coating lines and SCADA", () => {
    const standalone = STANDALONE.map((parts) => parts.join("/"));
    for (const wanted of [ADAPTIVE, PROCESS_DATA, SOFT_SENSOR, ["SCADA", "01 OPC UA server for any SCADA.json"]]) assert.ok(standalone.includes(wanted.join("/")), wanted.join("/"));
  });

  it("have ids of their own, across all files", () => {
    const seen = new Map<string, string>();
    for (const { file, flow } of all) {
      for (const { id } of flow) {
        assert.match(id, ID, `${file}: ${id}`);
        assert.equal(seen.get(id), undefined, `${id} is in ${file} and in ${seen.get(id) ?? ""}`);
        seen.set(id, file);
      }
    }
  });

  it("refer only to what they hold: wires, links in both directions, groups, configuration", () => {
    for (const { file, flow } of all) {
      const ids = new Map(flow.map((node) => [node.id, node]));
      for (const node of flow) {
        for (const { names, value } of values(node)) {
          if (names[0] === "z" || typeof value !== "string" || !ID.test(value)) continue;
          assert.ok(ids.has(value), `${file}: ${node.name ?? node.id} ${names.join("/")} → ${value}`);
        }
        for (const link of (node["links"] as readonly string[] | undefined) ?? []) assert.ok((ids.get(link)?.["links"] as readonly string[]).includes(node.id), `${file}: link of ${node.name ?? ""} leads back`);
        const group = node["g"] as string | undefined;
        if (group !== undefined) assert.ok((ids.get(group)?.["nodes"] as readonly string[]).includes(node.id), `${file}: ${node.name ?? node.id} in its group`);
      }
      assert.equal(new Set(flow.flatMap(({ z }) => (z === undefined ? [] : [z]))).size, 1, `${file}: one tab`);
    }
  });

  it("hold nothing like a credential", () => {
    for (const { file, flow } of all) {
      for (const node of flow) {
        for (const { names, value } of values(node)) {
          const place = `${file}: ${node.name ?? node.id} ${names.join("/")}`;
          if (names.some((name) => SECRET_KEY.test(name))) assert.ok(HARMLESS.has(value), place);
          if (typeof value === "string") assert.doesNotMatch(value, /:\/\/[^\s/]*:[^\s/]*@|-----BEGIN|Bearer \S|Basic [A-Za-z0-9+/]{8}/, place);
        }
      }
    }
  });

  it("listen on ports of their own, on this computer only", () => {
    const servers = all.flatMap(({ flow }) => flow.filter(({ type }) => type === "resonance-scada"));
    const ports = servers.map((node) => node["port"]);
    assert.equal(new Set(ports).size, ports.length, ports.join(", "));
    for (const server of servers) assert.equal(server["host"], "127.0.0.1");
  });
});

describe("an example that needs nothing outside", () => {
  let runtime: EmbeddedRuntime;
  before(async () => { runtime = await startRuntime({ http: true }); });
  after(() => runtime.close());

  /** Deploys an example on free ports; gives the port it has for each of its own. */
  async function deploy(parts: readonly [string, string], adjust: (node: FlowNode) => FlowNode = (node) => node): Promise<ReadonlyMap<number, number>> {
    const flow = readExample(...parts);
    const ports = new Map<number, number>();
    for (const { port } of flow) if (typeof port === "number") ports.set(port, await freePort());
    let text = JSON.stringify(flow.map(adjust));
    for (const [own, free] of ports) text = text.replaceAll(`127.0.0.1:${own}"`, `127.0.0.1:${free}"`).replaceAll(`"port":${own},`, `"port":${free},`);
    await runtime.deploy(JSON.parse(text) as FlowNode[]);
    return ports;
  }
  /** Nothing was refused and no node failed, but for the first tries to connect while the server of the same flow starts, each reason told once a node. */
  function assertNothingFailed(parts: readonly [string, string]): void {
    const flow = readExample(...parts);
    const clients = flow.filter(({ type }) => type === "resonance-opcua-in" || type === "resonance-opcua-out");
    const failures = runtime.sent("Any failure").map(({ error, resonance }) => ({ code: (resonance?.["error"] as { code?: string } | undefined)?.code, message: error?.message }));
    const early = failures.filter(({ code }) => code === "RESONANCE_OPCUA_UNREACHABLE" || code === "RESONANCE_OPCUA_NOT_A_SERVER");
    assert.deepEqual(failures.filter((failure) => !early.includes(failure)), []);
    assert.ok(early.length <= 2 * clients.length, JSON.stringify(early));
    for (const { name = "", type } of flow) if (["resonance-model-in", "resonance-validate", "resonance-opcua-out"].includes(type)) assert.deepEqual(runtime.sent(name, 1), [], `${name} refused something`);
    for (const [name, status] of runtime.statuses()) assert.notEqual(status?.fill, "red", `${name}: ${status?.text ?? ""}`);
    assert.deepEqual(runtime.logged(), []);
  }
  const payloads = <T>(name: string, port = 0): T[] => runtime.sent(name, port).map(({ payload }) => payload as T);
  const samples = (name: string): Sample[] => payloads<Sample[]>(name).flat();
  const reader = (session: ClientSession, base: string) => (rest: string): Promise<DataValue> => readValue(session, `ns=2;s=${base}${rest}`);

  const seen: readonly string[] = [ADAPTIVE, PROCESS_DATA, SOFT_SENSOR].map((parts) => parts.join("/"));
  for (const parts of STANDALONE.filter((own) => !seen.includes(own.join("/")))) {
    it(`${parts.join("/")}: every node runs, every client connects, nothing fails`, async () => {
      await deploy(parts);
      const flow = readExample(...parts);
      const named = (type: string): string[] => flow.filter((node) => node.type === type).map(({ name }) => name ?? "");
      await until(() => named("resonance-opcua-in").every((name) => samples(name).some(({ quality }) => quality !== "Bad")), "values over OPC UA", 60);
      await until(() => named("resonance-scada").every((name) => /^(listening|\d+ clients)$/.test(runtime.status(name)?.text ?? "")), "the servers", 30);
      assertNothingFailed(parts);
    });
  }

  it("Conformance 03: the weak access and the client without security stand in the file with node and setting, nothing of them once both are secured", async () => {
    type File = Pick<SecurityFile, "version" | "risks" | "measures" | "changes">;
    const parts = SECURITY_FILE;
    const files = (): File[] => payloads<File | string>("security file").filter((payload): payload is File => typeof payload === "object");
    const open = (file: File | undefined): string[] => (file?.measures ?? []).filter(({ state }) => state === "open").flatMap(({ evidence }) => evidence.map(({ setting, value }) => `${setting}=${value}`));
    await deploy(parts);
    await until(() => files().length > 0, "the file of the weak line", 60);
    const weak = files().at(-1);
    for (const wanted of ["securityMode=None", "unprotected=true", "anonymous=true"]) assert.ok(open(weak).includes(wanted), `${wanted} in ${open(weak).join(", ")}`);
    assert.ok(weak?.risks.some(({ rating }) => rating === "high"));
    await deploy(parts, (node) => (node.type === "resonance-scada" ? { ...node, unprotected: false, anonymous: false }
      : node.type === "resonance-opcua-endpoint" ? { ...node, securityMode: "SignAndEncrypt", securityPolicy: "Basic256Sha256" } : node));
    await until(() => files().length > 0, "the file of the secured line", 60);
    const secured = files().at(-1);
    for (const gone of ["securityMode=None", "unprotected=true", "anonymous=true"]) assert.ok(!open(secured).includes(gone), gone);
    assert.ok((secured?.version ?? 0) > (weak?.version ?? 0));
  });

  it("Coating line 01: viscosity, temperature and spray parameters reach a client as good, typed values", async () => {
    const ports = await deploy(PROCESS_DATA);
    const records = (): InputRecord[] => payloads("Check");
    await until(() => samples("as a SCADA reads it").filter(({ tag, quality }) => tag === "PaintViscosity" && quality === "Good").length >= 2, "two viscosities read back", 60);
    const read = samples("as a SCADA reads it").filter(({ quality }) => quality === "Good");
    assert.deepEqual([...new Set(read.map(({ tag }) => tag))].sort(), ["AtomizingPressure", "BellSpeed", "PaintFlow", "PaintViscosity", "Vessel.RelativePressure", "Vessel.Temperature"]);
    for (const { tag, value, timestamp } of read.filter((sample) => sample.tag === "PaintViscosity")) {
      assert.ok(records().some((record) => record.timestamp === timestamp && record.values["viscosity"] === value), `${tag} ${String(value)} of ${timestamp}`);
    }
    await withClient(ports.get(4843) ?? 0, {}, async (session) => {
      const at = reader(session, "acme/shanghai/coating/line-2/booth-1#process-optimization/input/");
      for (const [field, least, most] of [["viscosity", 80, 90], ["paintTemperature", 22, 24], ["bellSpeed", 44_000, 46_000], ["robotSpeed", 570, 630], ["ovenTemperature", 138, 142]] as const) {
        const { value, statusCode } = await at(field);
        assert.ok((value.value as number) >= least && (value.value as number) <= most, `${field} ${String(value.value)}`);
        assert.equal(statusCode.name, "Good", field);
      }
      assert.equal((await at("workMasterId")).value.value, "COAT-STANDARD");
    });
    assertNothingFailed(PROCESS_DATA);
  });

  it("Coating line 02: the viscosity follows its formula, is uncertain at the client, and doubt lowers its confidence", async () => {
    const ports = await deploy(SOFT_SENSOR, (node) => (node.type === "inject" ? { ...node, repeat: "0.4" } : node));
    const outputs = (): OutputRecord[] => payloads("Check");
    await until(() => outputs().length >= 11, "eleven predictions", 60);
    const inputs = new Map(payloads<InputRecord>("Soft sensor in").map((record) => [record.id, record]));
    for (const { inputId, nature, values: { viscosity, viscosityLower, viscosityUpper, withinSpecification }, confidence, model } of outputs()) {
      const input = inputs.get(inputId);
      const { paintTemperature, solidsContent } = input?.values as Record<string, number>;
      const kelvin = (paintTemperature ?? NaN) + 273.15;
      const expected = 85 * Math.E ** ((28_000 / 8.314462618) * ((296.15 - kelvin) / (296.15 * kelvin)) + 0.09 * ((solidsContent ?? NaN) - 40));
      assert.ok(Math.abs((viscosity as number) - expected) < 1e-4, `${String(viscosity)} ≠ ${expected}`);
      assert.ok((viscosityLower as number) < (viscosity as number) && (viscosity as number) < (viscosityUpper as number));
      assert.deepEqual([nature, model.id, withinSpecification], ["prediction", "viscosity-formula", true]);
      const doubted = input?.quality?.["paintTemperature"]?.status === "Uncertain";
      assert.ok(Math.abs((confidence ?? 0) - (doubted ? 0.54 : 0.9)) < 1e-9, `${String(doubted)}: ${String(confidence)}`);
    }
    assert.ok(outputs().some(({ confidence }) => (confidence ?? 1) < 0.6), "an uncertain temperature was among them");
    await until(() => samples("as a SCADA reads it").some(({ tag, quality }) => tag === "Viscosity" && quality === "Uncertain"), "a prediction read back", 30);
    assert.ok(!samples("as a SCADA reads it").some(({ quality }) => quality === "Good"), "a prediction is never Good");
    await withClient(ports.get(4844) ?? 0, {}, async (session) => {
      const { value, statusCode } = await reader(session, "acme/shanghai/coating/line-2/booth-1#soft-sensor/output/")("viscosity");
      assert.equal(statusCode.name, "Uncertain");
      assert.ok(outputs().some(({ values: { viscosity } }) => viscosity === value.value));
    });
    assertNothingFailed(SOFT_SENSOR);
  });

  describe("CNC machining 02", () => {
    const MACHINE = "acme/shanghai/machining/line-1/cnc-07#adaptive-control";
    let ports: ReadonlyMap<number, number>;
    const decisions = (): Decision[] => payloads("Guard", 1);
    const commands = (): OutputRecord[] => payloads("Guard");
    const taken = (): unknown[] => payloads<Sample>("CNC machine").map(({ value }) => value);
    const of = (proposalId: string, decision: string): Decision | undefined => decisions().find((made) => made.proposalId === proposalId && made.decision === decision);
    const machine = <T>(work: (at: (rest: string) => Promise<DataValue>) => Promise<T>): Promise<T> => withClient(ports.get(4841) ?? 0, {}, (session) => work(reader(session, MACHINE)));
    /** The newest proposal that waits for an operator and has none of the given ids. */
    const held = async (not?: string): Promise<string> => {
      const waiting = (): Decision | undefined => decisions().findLast(({ reason, proposalId }) => reason === "APPROVAL_AWAITED" && proposalId !== not);
      const noted = (): boolean => payloads<Decision>("Note what waits").some(({ reason, proposalId }) => reason === "APPROVAL_AWAITED" && proposalId === waiting()?.proposalId);
      await until(() => waiting() !== undefined && noted(), "a proposal that waits for approval", 60);
      return waiting()?.proposalId ?? "";
    };

    before(async () => {
      // The same flow, with its clocks faster: a proposal a second, softer material after 12 s and to the end; what the button reads is heard of when it is there.
      const listener = readExample(...ADAPTIVE).find(({ type }) => type === "debug")?.id ?? "";
      ports = await deploy(ADAPTIVE, (node) => ({
        ...node,
        ...(node.name === "Note what waits" && { wires: [[listener]] }),
        ...(node.name === "Controller input" && { interval: 1 }),
        ...(node.name === "Simulated milling" && { func: String(node["func"]).replace("step % 60 < 30", "step < 12") }),
        ...(node.name === "Constant-load rule" && { func: String(node["func"]).replace("ASK_AGAIN_MS = 20000", "ASK_AGAIN_MS = 4000") }),
        ...(node.name === "Operator station" && { accounts: [{ name: OPERATOR.name, operate: OPERATOR.operate, slot: 1 }], credentials: { password1: OPERATOR.password } }),
      }));
    });

    it("a slower feed passes the guard by itself, arrives at the machine and is read back as the override in force", async () => {
      await until(() => payloads<Sample[]>("To the machine").length >= 1, "a confirmed write", 60);
      const [command] = commands();
      const [confirmed] = payloads<Sample[]>("To the machine");
      const value = command?.values["feedOverrideSetpoint"] as number;
      assert.ok(value < 100 && value >= 90, `one step down: ${value}`);
      assert.deepEqual([command?.nature, confirmed?.[0]?.value, confirmed?.[0]?.quality], ["command", value, "Good"]);
      assert.equal(of(command?.inputId ?? "", "passed")?.commandId, command?.id);
      assert.equal(taken()[0], value, "the machine got what the guard let pass");
      await until(() => samples("Machine values").some((sample) => sample.tag === "FeedOverride" && sample.value === value), "the override in force");
      await until(() => samples("Machine values").some(({ tag, value: load }) => tag === "SpindleLoad" && Math.abs((load as number) - 80) < 3), "the load the rule aims at", 30);
    });

    it("a proposal out of bounds is refused and never written", async () => {
      runtime.press("250 %");
      const refused = (): Decision | undefined => decisions().find(({ values }) => values["feedOverrideSetpoint"]?.proposed === 250);
      await until(() => refused() !== undefined, "the decision on 250 %");
      assert.equal(refused()?.decision, "rejected");
      assert.equal(refused()?.commandId, undefined);
      assert.equal(commands().some(({ inputId }) => inputId === refused()?.proposalId), false);
      await machine(async (at) => { assert.equal((await at("/setpoint/feedOverrideSetpoint")).value.value, taken().at(-1)); });
      for (const value of taken()) assert.ok((value as number) >= 60 && (value as number) <= 120, String(value));
    });

    it("a faster feed waits; the operator's button lets it pass to the machine", async () => {
      const id = await held();
      assert.equal(commands().some(({ inputId }) => inputId === id), false, "nothing passed before");
      runtime.press("approve");
      await until(() => of(id, "passed") !== undefined, "the approved decision");
      assert.deepEqual([of(id, "passed")?.reason, of(id, "passed")?.by], ["APPROVED", "operator at the button"]);
      const value = commands().find(({ inputId }) => inputId === id)?.values["feedOverrideSetpoint"];
      await until(() => taken().at(-1) === value, "the approved set-point at the machine");
      await machine(async (at) => { assert.equal((await at("/setpoint/feedOverrideSetpoint")).value.value, value); });
    });

    it("an operator approves at the SCADA variable, and sees there what became of it", async () => {
      const id = await held(decisions().findLast(({ reason }) => reason === "APPROVED")?.proposalId);
      await withClient(ports.get(4842) ?? 0, { user: OPERATOR }, async (session) => {
        const at = reader(session, `${MACHINE}/approval/`);
        assert.equal((await at("ProposalId")).value.value, id);
        const status = await session.write({ nodeId: `ns=2;s=${MACHINE}/approval/Approve`, attributeId: AttributeIds.Value, value: { value: new Variant({ dataType: DataType.String, value: id }) } });
        assert.equal(status.name, "Good");
        await until(() => of(id, "passed") !== undefined, "the approved decision");
        assert.equal(of(id, "passed")?.by, OPERATOR.name);
      });
      const value = commands().find(({ inputId }) => inputId === id)?.values["feedOverrideSetpoint"];
      await until(() => taken().includes(value), "the approved set-point at the machine");
      await until(() => payloads("To the machine").length === commands().length, "the confirmation of every command");
      assert.deepEqual(taken(), commands().map(({ values }) => values["feedOverrideSetpoint"]), "every command arrived once, in order, and nothing else");
      assertNothingFailed(ADAPTIVE);
    });
  });
});
