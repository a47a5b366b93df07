import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { startCncMachine } from "../../examples/demo/cnc-machine";
import { startMes } from "../../examples/demo/mes";
import { startModelServer } from "../../examples/demo/model-server";
import { PALETTE_INSTALL, packTarball, startNodeRed, writeUserDirectory, type NodeRedProcess } from "../../examples/demo/node-red";
import { HOUSES } from "../support/houses";
import { freePort } from "../support/ports";

/** The packed tarball, installed into an empty user directory with the palette's own arguments. */

const root = path.join(__dirname, "..", "..");
const manifest = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8")) as { readonly "node-red": { readonly nodes: object } };
/** The demo is a program, no flow. */
const EXAMPLE_FOLDERS = readdirSync(path.join(root, "examples"), { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() && !["demo", "models"].includes(entry.name) ? [entry.name] : [])).sort();
const EXAMPLE = path.join(root, "examples", "CNC machining", "01 Predictive maintenance.json");
const PACK = "@model-data-resonance/node-red";
const npmCli = process.env["npm_execpath"] ?? path.join(path.dirname(process.execPath), "..", "lib", "node_modules", "npm", "bin", "npm-cli.js");

for (const house of HOUSES) {
  describe(`installed from the tarball on ${house.title}`, { skip: house.skip }, () => {
    const userDirectory = mkdtempSync(path.join(tmpdir(), "resonance-install-"));
    const closers: (() => Promise<unknown>)[] = [];
    let editor = "";
    let nodeRed: NodeRedProcess;
    let mes: Awaited<ReturnType<typeof startMes>>;

    const get = async (url: string, accept = "application/json"): Promise<string> => {
      const response = await fetch(new URL(url, editor), { headers: { accept } });
      assert.equal(response.status, 200, url);
      return response.text();
    };

    before(async () => {
      const tarball = await packTarball(userDirectory);
      writeFileSync(path.join(userDirectory, "package.json"), JSON.stringify({ name: "user-directory", private: true }));
      execFileSync(house.node, [npmCli, ...PALETTE_INSTALL, "--prefer-offline", "--", tarball], { cwd: userDirectory, stdio: "pipe" });
      const machine = await startCncMachine({ interval: 250 });
      const model = await startModelServer({});
      mes = await startMes({});
      closers.push(() => machine.close(), () => model.close(), () => mes.close());
      const port = await freePort();
      editor = `http://127.0.0.1:${port}/`;
      await writeUserDirectory(userDirectory, { flow: EXAMPLE, port });
      nodeRed = startNodeRed(userDirectory, { OPCUA_ENDPOINT: machine.endpointUrl, MODEL_SERVER_URL: model.url, MES_URL: mes.url }, house);
      closers.push(() => nodeRed.close());
      await nodeRed.ready;
    });

    after(async () => {
      await Promise.allSettled(closers.reverse().map((close) => close()));
      rmSync(userDirectory, { recursive: true, force: true });
    });

    it("loads every node type without an error", async () => {
      const sets = JSON.parse(await get("nodes")) as { module: string; types: string[]; enabled: boolean; err?: string }[];
      const ours = sets.filter((set) => set.module === PACK);
      const manifest = JSON.parse(readFileSync(path.join(userDirectory, "node_modules", PACK, "package.json"), "utf8")) as { "node-red": { nodes: Record<string, string> } };
      const wanted = Object.keys(manifest["node-red"].nodes).map((name) => `resonance-${name}`).sort();
      assert.deepEqual(ours.flatMap((set) => set.types).sort(), wanted);
      for (const set of ours) assert.ok(set.enabled && set.err === undefined, `${set.types.join()}: ${String(set.err)}`);
    });

    it("finds every icon, and the examples by name", async () => {
      const icons = JSON.parse(await get("icons")) as Record<string, string[]>;
      assert.equal(icons[PACK]?.length, Object.keys(manifest["node-red"].nodes).length);
      const examples = `library/examples/flows/${PACK}`;
      assert.deepEqual((JSON.parse(await get(examples)) as string[]).sort(), EXAMPLE_FOLDERS);
      const flow = await get(`${examples}/CNC machining/01 Predictive maintenance`);
      assert.match(flow, /resonance-model-call/);
    });

    it("runs the example flow: the MES accepts documents", async () => {
      const first = await mes.firstAccepted;
      assert.match(first.message, /^(SyncPhysicalAsset|ProcessWorkSchedule)$/);
    });

    it("uses the node-opcua that suits this Node, and undici likewise", (context) => {
      const versionOf = (name: string): string =>
        (JSON.parse(readFileSync(path.join(userDirectory, "node_modules", name, "package.json"), "utf8")) as { version: string }).version;
      context.diagnostic(`node-opcua ${versionOf("node-opcua")}, undici ${versionOf("undici")}`);
      const [major = 0, minor = 0] = versionOf("node-opcua").split(".").map(Number);
      assert.equal(major, 2);
      assert.equal(minor > 182, house.title.endsWith("Node 24"), versionOf("node-opcua"));
    });

    it("ends in time when asked to", async () => {
      await nodeRed.close();
      assert.notEqual(await nodeRed.exited, null, `had to be killed:\n${nodeRed.log()}`);
      assert.doesNotMatch(nodeRed.log(), /Close timed out/);
    });
  });
}
