import assert from "node:assert/strict";
import { after, afterEach, before, describe, it, mock } from "node:test";
import type { Node, NodeAPI, NodeDef, NodeInitializer, NodeMessage } from "node-red";
import type { ConfigKit, ConfigOffer } from "../../nodes/lib/node-red/define-config";
import type { NodeBehaviour, NodeKit, NodeOptions } from "../../nodes/lib/node-red/define-node";
import { built, deploy, startHelper, stopHelper, undeploy, type DeployOptions, type Deployment, type Status, type TestNode } from "../support/node-helper";
import { until } from "../support/node-red-runtime";

/** What every node of the pack owes Node-RED: one end for each message, errors that tell, a status that does not flood, a close that waits. */

const { defineNode } = built<typeof import("../../nodes/lib/node-red/define-node")>("lib", "node-red", "define-node.js");
const { defineConfig } = built<typeof import("../../nodes/lib/node-red/define-config")>("lib", "node-red", "define-config.js");
const { createStatusLine } = built<typeof import("../../nodes/lib/node-red/status")>("lib", "node-red", "status.js");
const { ResonanceError } = built<typeof import("../../nodes/lib/errors/resonance-error")>("lib", "errors", "resonance-error.js");

interface TestDef extends NodeDef {
  readonly version?: number;
  readonly text: string;
  readonly config: string;
}

type Input = NonNullable<NodeBehaviour["input"]>;
type RunOptions = Pick<DeployOptions, "lang" | "flowVariables"> & Pick<NodeOptions, "migrations">;

const NODE: TestNode = { id: "node", type: "test-node", wires: [[]] };
const CONFIG: TestNode = { id: "settings", type: "test-config", name: "Cell 4" };
const refusal = (): Error => new ResonanceError("RESONANCE_UNIT_UNKNOWN", { unit: "furlong" }, { path: "values/torque" });

/** The status texts of these nodes are key and count. */
const withTexts = (RED: NodeAPI): NodeAPI =>
  Object.create(RED, { _: { value: (key: string, values: { count?: number } = {}) => `${key.replace("status.", "")} ${values.count ?? ""}`.trim() } }) as NodeAPI;
const nodeType = (create: (kit: NodeKit<TestDef>) => NodeBehaviour, options?: NodeOptions): NodeInitializer =>
  (RED) => { defineNode(withTexts(RED), "test-node", create, options); };
const configType = (create: (kit: ConfigKit<TestDef>) => ConfigOffer<unknown>, options?: NodeOptions): NodeInitializer =>
  (RED) => { defineConfig(withTexts(RED), "test-config", create, options); };

/** Lets everything that is due now happen. */
const turn = (): Promise<void> => new Promise((resolve) => { setImmediate(() => { setImmediate(resolve); }); });

describe("the pack's glue to Node-RED", () => {
  before(startHelper);
  after(stopHelper);
  afterEach(undeploy);

  const run = (create: (kit: NodeKit<TestDef>) => NodeBehaviour, changes: object = {}, options: RunOptions = {}): Promise<Deployment> =>
    deploy([{ ...NODE, ...changes }], { ...options, types: [nodeType(create, options)] });
  const answering = (input: Input, options: RunOptions = {}): Promise<Deployment> => run(() => ({ input }), {}, options);
  const codes = (flow: Deployment): (string | undefined)[] => flow.caught.map(({ resonance }) => resonance?.error?.code);

  describe("a message", () => {
    const endings: readonly (readonly [how: string, input: Input, sent: number, end: "completed" | "caught"])[] = [
      ["returned", (msg) => msg, 1, "completed"],
      ["returned by port", (msg) => [msg], 1, "completed"],
      ["promised", (msg) => Promise.resolve(msg), 1, "completed"],
      ["kept back", () => undefined, 0, "completed"],
      ["kept back after a while", () => turn(), 0, "completed"],
      ["answered with several", (msg) => [[{ ...msg }, { ...msg }, { ...msg }]], 3, "completed"],
      ["answered by send, twice", (msg, send) => { send({ ...msg }); send({ ...msg }); }, 2, "completed"],
      ["refused by a throw", () => { throw refusal(); }, 0, "caught"],
      ["refused by a rejection", () => Promise.reject<void>(refusal()), 0, "caught"],
      ["sent first and then refused", (msg, send) => { send({ ...msg }); return turn().then<undefined>(() => { throw refusal(); }); }, 1, "caught"],
    ];
    for (const [how, input, sent, end] of endings) {
      it(`${how} is ${end} exactly once`, async () => {
        const flow = await answering(input);
        for (const payload of [1, 2, 3]) flow.receive("node", { payload });
        await flow.settled(3);
        await turn();
        const other = end === "completed" ? "caught" : "completed";
        assert.deepEqual([flow[end].length, flow[other].length, flow.sent("node").length], [3, 0, 3 * sent]);
        assert.deepEqual(flow[end].map(({ payload }) => payload), [1, 2, 3]);
      });
    }

    it("goes on as the same object, with everything on it that is not the pack's", async () => {
      const flow = await answering((msg) => {
        msg.payload = "done";
        return msg;
      });
      const req = { socket: () => undefined };
      const message: NodeMessage = { _msgid: "4711", payload: 1, topic: "cnc" };
      const own = Object.assign(message, { req, parts: { id: "a", index: 0 }, resonance: { endpoint: "opc.tcp://cnc" } });
      flow.receive("node", message);
      await flow.settled(1);
      assert.equal(flow.sent("node")[0], message);
      assert.deepEqual(message, { _msgid: "4711", payload: "done", topic: "cnc", req, parts: { id: "a", index: 0 }, resonance: { endpoint: "opc.tcp://cnc" } });
      assert.equal(own.req, req);
    });
  });

  describe("an error", () => {
    const told = {
      "en-US": { message: "The unit code furlong is not known.", hint: /^Use a UN\/CEFACT code/, status: "unknown unit" },
      de: { message: "Der Einheitencode furlong ist nicht bekannt.", hint: /^Einen UN\/CEFACT-Code verwenden/, status: "unbekannte Einheit" },
      "zh-CN": { message: "未知的单位代码 furlong。", hint: /^请使用 UN\/CEFACT 代码/, status: "未知单位" },
    } as const;
    for (const lang of ["en-US", "de", "zh-CN"] as const) {
      it(`reaches a Catch node with code, path and what to do, in ${lang}`, async () => {
        const flow = await answering(() => { throw refusal(); }, { lang });
        flow.receive("node", { payload: 40, topic: "kept", resonance: { endpoint: "opc.tcp://cnc" } });
        await flow.settled(1);
        const [message] = flow.caught;
        const error = message?.resonance?.error;
        assert.deepEqual([error?.code, error?.path], ["RESONANCE_UNIT_UNKNOWN", "values/torque"]);
        assert.ok(error?.message.startsWith(told[lang].message), error?.message);
        assert.match(error?.hint ?? "", told[lang].hint);
        assert.ok(error?.message.endsWith(error.hint), "the text a Debug node shows says what to do too");
        assert.equal(message?.error?.message, error?.message);
        assert.equal(message?.error?.source.id, "node");
        assert.deepEqual([message.payload, message.topic, message.resonance?.["endpoint"]], [40, "kept", "opc.tcp://cnc"]);
        assert.deepEqual(flow.statuses("node"), [{ fill: "red", shape: "ring", text: told[lang].status }]);
      });
    }

    it("that the pack did not foresee has a code too, and keeps its own words", async () => {
      const flow = await answering(({ payload }) => { throw payload; });
      flow.receive("node", { payload: new TypeError("x is not a function") });
      flow.receive("node", { payload: "just words" });
      await flow.settled(2);
      assert.deepEqual(codes(flow), ["RESONANCE_INTERNAL", "RESONANCE_INTERNAL"]);
      assert.match(flow.caught[0]?.resonance?.error?.message ?? "", /x is not a function/);
      assert.match(flow.caught[1]?.resonance?.error?.message ?? "", /just words/);
    });

    it("that no message caused reaches the Catch node as well", async () => {
      let happen = (): void => undefined;
      const flow = await run((kit) => {
        happen = () => { kit.fail(refusal()); };
        return {};
      });
      happen();
      await until(() => flow.caught.length === 1, "the error at the Catch node");
      assert.deepEqual(codes(flow), ["RESONANCE_UNIT_UNKNOWN"]);
      assert.equal(flow.caught[0]?.error?.source.id, "node");
    });

    it("at deploy is told once at each deployment, and again at every message", async () => {
      const flow = await run(() => { throw refusal(); });
      await until(() => flow.caught.length === 1, "the error at the Catch node");
      await flow.redeploy([NODE]);
      await until(() => flow.caught.length === 2, "the error at the next deployment");
      await turn();
      flow.receive("node", { payload: 40 });
      await until(() => flow.caught.length === 3, "the error of the message");
      assert.deepEqual(codes(flow), ["RESONANCE_UNIT_UNKNOWN", "RESONANCE_UNIT_UNKNOWN", "RESONANCE_UNIT_UNKNOWN"]);
      assert.deepEqual(flow.caught.map(({ payload }) => payload), [undefined, undefined, 40]);
      assert.equal(flow.completed.length, 0);
    });

    it("is gone from the status when a message passes again", async () => {
      const flow = await answering((msg) => {
        if (msg.payload === "bad") throw refusal();
        return msg;
      });
      flow.receive("node", { payload: "bad" });
      flow.receive("node", { payload: "good" });
      await until(() => flow.statuses("node").length === 2, "the second status");
      assert.deepEqual(flow.statuses("node").map(({ fill }) => fill), ["red", undefined]);
    });
  });

  describe("the status", () => {
    it("changes twice for a hundred messages at once, and the count is right", async () => {
      const flow = await run(({ status }) => ({ input: () => { status.count("valid"); } }));
      for (let payload = 0; payload < 100; payload += 1) flow.receive("node", { payload });
      await until(() => flow.statuses("node").at(-1)?.text === "valid 100", "the last count");
      assert.deepEqual(flow.statuses("node").map(({ text }) => text), ["valid 1", "valid 100"]);
    });

    it("changes at most twice a second however long the messages come, and then stands still", () => {
      mock.timers.enable({ apis: ["setTimeout"] });
      try {
        const shown: Status[] = [];
        const node = { status: (status: Status) => shown.push(status) } as unknown as Node;
        const line = createStatusLine(node, (key, values) => `${key.replace("status.", "")} ${values?.["count"] ?? ""}`, "en-US");
        for (let message = 0; message < 100; message += 1) {
          line.count(message % 4 === 0 ? "invalid" : "valid");
          mock.timers.tick(30);
        }
        const changes = shown.length;
        assert.ok(changes >= 6 && changes <= 7, `${changes} changes in three seconds`);
        mock.timers.tick(10_000);
        assert.ok(shown.length <= changes + 1);
        assert.equal(shown.at(-1)?.text, "invalid 25, valid 75");
      } finally {
        mock.timers.reset();
      }
    });

    it("of a closed node is taken away, and what still fails then leaves none for its successor", async () => {
      const flow = await run(({ status }) => {
        let cancel: (error: Error) => void = () => undefined;
        return {
          input() {
            status.count("valid");
            return new Promise<void>((_, reject) => { cancel = reject; });
          },
          close: async () => {
            cancel(refusal());
            await turn();
          },
        };
      });
      flow.receive("node", { payload: 1 });
      await until(() => flow.statuses("node").length === 1, "the first status");
      await flow.redeploy([NODE]);
      assert.deepEqual(flow.statuses("node"), [{ fill: "green", shape: "dot", text: "valid 1" }, {}]);
    });
  });

  describe("a setting from the environment", () => {
    const shown = (text: string, options: RunOptions = {}): Promise<Deployment> =>
      run(({ def }) => ({ input: (msg) => ({ ...msg, payload: { text: def.text, name: def.name } }) }), { text, name: "Line ${RESONANCE_TEST_HOST}" }, options);
    before(() => { Object.assign(process.env, { RESONANCE_TEST_HOST: "cnc-07.plant", RESONANCE_TEST_PORT: "4840", RESONANCE_TEST_EMPTY: "" }); });

    const resolved: readonly (readonly [written: string, meant: string])[] = [
      ["${RESONANCE_TEST_HOST}", "cnc-07.plant"],
      ["opc.tcp://${RESONANCE_TEST_HOST}:${RESONANCE_TEST_PORT}/ua", "opc.tcp://cnc-07.plant:4840/ua"],
      ["${RESONANCE_TEST_HOST} ${RESONANCE_TEST_HOST}", "cnc-07.plant cnc-07.plant"],
      ["$RESONANCE_TEST_HOST costs ${}", "$RESONANCE_TEST_HOST costs ${}"],
      ["", ""],
    ];
    for (const [written, meant] of resolved) {
      it(`"${written}" means "${meant}"`, async () => {
        const flow = await shown(written);
        flow.receive("node", { payload: 1 });
        await flow.settled(1);
        assert.deepEqual(flow.sent("node")[0]?.payload, { text: meant, name: "Line ${RESONANCE_TEST_HOST}" });
      });
    }

    it("may stand in the flow's properties, which go before the process", async () => {
      const flow = await shown("opc.tcp://${RESONANCE_TEST_HOST}:${CELL_PORT}", { flowVariables: { RESONANCE_TEST_HOST: "cell-4", CELL_PORT: "4841" } });
      flow.receive("node", { payload: 1 });
      await flow.settled(1);
      assert.equal((flow.sent("node")[0]?.payload as { text: string }).text, "opc.tcp://cell-4:4841");
    });

    for (const text of ["${RESONANCE_TEST_NONE}", "opc.tcp://${RESONANCE_TEST_NONE}:4840", "opc.tcp://${RESONANCE_TEST_EMPTY}:4840"]) {
      it(`"${text}" without the variable is RESONANCE_ENV_MISSING with its name and the property`, async () => {
        const flow = await shown(text);
        await until(() => flow.caught.length === 1, "the error at the Catch node");
        const error = flow.caught[0]?.resonance?.error;
        assert.deepEqual([error?.code, error?.path], ["RESONANCE_ENV_MISSING", "text"]);
        assert.match(error?.message ?? "", /RESONANCE_TEST_(NONE|EMPTY)/);
      });
    }
  });

  describe("a node saved by another version of the pack", () => {
    const steps = [
      (def: object) => ({ ...def, text: `${(def as TestDef).text}+2` }),
      (def: object) => ({ ...def, text: `${(def as TestDef).text}+3` }),
    ];
    const shown = (saved: object): Promise<Deployment> =>
      run(({ def }) => ({ input: (msg) => ({ ...msg, payload: { text: def.text, version: def.version } }) }), { text: "saved", ...saved }, { migrations: steps });

    const older: readonly (readonly [saved: object, text: string])[] = [
      [{}, "saved+2+3"], [{ version: 1 }, "saved+2+3"], [{ version: 2 }, "saved+3"], [{ version: 3 }, "saved"],
    ];
    for (const [saved, text] of older) {
      it(`${JSON.stringify(saved)} takes each step to version 3 once`, async () => {
        const flow = await shown(saved);
        flow.receive("node", { payload: 1 });
        await flow.settled(1);
        assert.deepEqual(flow.sent("node")[0]?.payload, { text, version: 3 });
      });
    }

    it("a newer one is refused with both versions", async () => {
      const flow = await shown({ version: 4 });
      await until(() => flow.caught.length === 1, "the error at the Catch node");
      assert.deepEqual(codes(flow), ["RESONANCE_CONFIG_NEWER"]);
      assert.match(flow.caught[0]?.error?.message ?? "", /4.*3/);
    });

    const LATEST = { "opcua-in": 2, "model-in": 1, "model-call": 2, "model-out": 1, "validate": 1, "isa95": 1, "mes-out": 1 };
    for (const [name, version] of Object.entries(LATEST)) {
      it(`${name} knows nothing beyond version ${version} yet, and says so`, async () => {
        const flow = await deploy([{ id: "node", type: `resonance-${name}`, version: version + 1, wires: [[]] }]);
        await until(() => flow.caught.length === 1, "the error at the Catch node");
        assert.deepEqual(codes(flow), ["RESONANCE_CONFIG_NEWER"]);
      });
    }
  });

  describe("a configuration node", () => {
    const using = (config: string | undefined, optional = false) => nodeType(({ def, lookup }) => {
      const value = optional ? lookup.optional<string>(config ?? def.config, "test-config") : lookup.config<string>(config ?? def.config, "test-config");
      return { input: (msg) => ({ ...msg, payload: value }) };
    });
    const cases: readonly (readonly [what: string, id: string, optional: boolean, create: () => ConfigOffer<unknown>, payload: unknown, code?: string])[] = [
      ["gives its value", "settings", false, () => ({ value: "ours" }), "ours"],
      ["that is chosen but may be left out gives its value", "settings", true, () => ({ value: "ours" }), "ours"],
      ["that may be left out is left out", "", true, () => ({ value: "ours" }), undefined],
      ["that is not chosen", "", false, () => ({ value: "ours" }), undefined, "RESONANCE_CONFIG_MISSING"],
      ["that is gone", "gone", false, () => ({ value: "ours" }), undefined, "RESONANCE_CONFIG_MISSING"],
      ["that is of another type", "node", false, () => ({ value: "ours" }), undefined, "RESONANCE_CONFIG_MISSING"],
      ["that could not start", "settings", false, () => { throw refusal(); }, undefined, "RESONANCE_CONFIG_FAILED"],
      ["that could not start though it may be left out", "settings", true, () => { throw refusal(); }, undefined, "RESONANCE_CONFIG_FAILED"],
    ];
    for (const [what, config, optional, create, payload, code] of cases) {
      it(`${what}${code ? `: ${code}` : ""}`, async () => {
        const flow = await deploy([CONFIG, { ...NODE, config }], { types: [configType(create), using(undefined, optional)] });
        if (code) await until(() => flow.caught.length === 1, "the error at the Catch node");
        else {
          flow.receive("node", { payload: 1 });
          await flow.settled(1);
        }
        assert.deepEqual(codes(flow), code ? [code] : []);
        assert.deepEqual(flow.sent("node").map((message) => message.payload), code ? [] : [payload]);
      });
    }

    it("that could not start is named, with its reason, in the runtime's language", async () => {
      const flow = await deploy([CONFIG, { ...NODE, config: "settings" }], { lang: "de", types: [configType(() => { throw refusal(); }), using(undefined)] });
      await until(() => flow.caught.length === 1, "the error at the Catch node");
      assert.match(flow.caught[0]?.error?.message ?? "", /^Der Konfigurationsknoten Cell 4 konnte nicht starten: Der Einheitencode furlong ist nicht bekannt\./);
    });

    it("without a variable of the environment could not start, and the variable is named", async () => {
      const flow = await deploy([{ ...CONFIG, text: "http://${RESONANCE_TEST_NONE}" }, { ...NODE, config: "settings" }], { types: [configType(({ def }) => ({ value: def.text })), using(undefined)] });
      await until(() => flow.caught.length === 1, "the error at the Catch node");
      assert.deepEqual(codes(flow), ["RESONANCE_CONFIG_FAILED"]);
      assert.match(flow.caught[0]?.error?.message ?? "", /RESONANCE_TEST_NONE/);
    });

    it("gets its credentials, and an empty set where none was ever saved", async () => {
      const seen: unknown[] = [];
      const type = configType(({ node, credentials }) => {
        seen.push([node.id, credentials["user"], credentials["password"]]);
        return { value: 1 };
      }, { credentials: { user: { type: "text" }, password: { type: "password" } } });
      await deploy([CONFIG, { ...CONFIG, id: "other" }], { types: [type], credentials: { settings: { user: "cell", password: "s3cret" } } });
      assert.deepEqual(seen, [["settings", "cell", "s3cret"], ["other", undefined, undefined]]);
    });
  });

  describe("a deployment", () => {
    for (const what of ["node", "configuration node"] as const) {
      it(`waits until a ${what} has closed, and one that fails at it holds nothing up`, async () => {
        const log: string[] = [];
        const close = async (): Promise<void> => {
          log.push("closing");
          await turn();
          log.push("closed");
          throw new Error("the line is dead");
        };
        await (what === "node" ? run(() => ({ close })) : deploy([CONFIG], { types: [configType(() => ({ value: 1, close }))] }));
        assert.deepEqual(log, []);
        await undeploy();
        assert.deepEqual(log, ["closing", "closed"]);
      });
    }

    it("closes each node once and starts it anew", async () => {
      const log: string[] = [];
      let count = 0;
      const flow = await run(() => {
        const name = ++count;
        log.push(`start ${name}`);
        return { close: () => { log.push(`close ${name}`); } };
      });
      await flow.redeploy([NODE]);
      assert.deepEqual(log, ["start 1", "close 1", "start 2"]);
    });
  });
});
