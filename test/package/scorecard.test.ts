import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { describe, it } from "node:test";
import { parse as parseScript } from "acorn";

/** The palette scorecard's rules and the Flow Library's static parse, without the network. */

const root = path.join(__dirname, "..", "..");
interface Manifest {
  name: string; license?: string; repository?: unknown; bugs?: unknown; keywords: string[]; scripts: Record<string, string>;
  engines: { node: string }; dependencies: Record<string, string>;
  "node-red": { version: string; nodes: Record<string, string> };
}
const manifest = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8")) as Manifest;
const nodes = Object.entries(manifest["node-red"].nodes);

interface SyntaxNode { type: string; [key: string]: unknown }

/** Every node of a syntax tree. */
function* walk(node: unknown): Generator<SyntaxNode> {
  if (Array.isArray(node)) for (const entry of node) yield* walk(entry);
  else if (node !== null && typeof node === "object" && "type" in node) {
    yield node as SyntaxNode;
    for (const child of Object.values(node)) yield* walk(child);
  }
}

/** The literal registration in a built html: type and the definition's literal properties. */
function registration(html: string): { type: unknown; definition: Record<string, unknown> } {
  const script = /<script type="text\/javascript">([\s\S]*?)<\/script>/.exec(html)?.[1];
  assert.ok(script, "the html holds an inline script");
  const tree = parseScript(script, { ecmaVersion: "latest" });
  const call = [...walk(tree)].find((node) => node.type === "CallExpression"
    && ((node["callee"] as SyntaxNode)["property"] as SyntaxNode | undefined)?.["name"] === "registerType");
  assert.ok(call, "RED.nodes.registerType is called");
  const [type, definition] = call["arguments"] as [SyntaxNode, SyntaxNode];
  assert.equal(type.type, "Literal", "the type is a string literal");
  assert.equal(definition.type, "ObjectExpression", "the definition is an inline object literal");
  const properties = (definition["properties"] as SyntaxNode[]).map((property) => {
    const value = property["value"] as SyntaxNode | undefined;
    return [(property["key"] as SyntaxNode)["name"], value?.type === "Literal" ? value["value"] : value?.type];
  });
  return { type: type["value"], definition: Object.fromEntries(properties) as Record<string, unknown> };
}

const registrations = nodes.map(([name, entry]) =>
  ({ name, entry, ...registration(readFileSync(path.join(root, entry.replace(/\.js$/, ".html")), "utf8")) }));

function exampleFiles(folder = path.join(root, "examples")): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const file = path.join(folder, entry.name);
    return entry.isDirectory() && !["demo", "models"].includes(entry.name) ? exampleFiles(file) : file.endsWith(".json") ? [file] : [];
  });
}
interface FlowNode { id: string; type: string; name?: string; g?: string; wires?: string[][]; [key: string]: unknown }
const examples = exampleFiles().map((file) => ({ file: path.basename(file), flow: JSON.parse(readFileSync(file, "utf8")) as FlowNode[] }));

/** Node types an example may use beside the pack's own. */
const CORE_TYPES = new Set(["group", "comment", "inject", "debug", "catch", "status", "complete", "switch", "change", "rbe", "function", "json", "tab", "link in", "link out", "delay", "split", "join", "http in", "http response", "http request"]);

describe("palette scorecard", () => {
  it("P01, P03: licence, repository and bugs are stated", () => {
    assert.equal(manifest.license, "MIT");
    assert.ok(manifest.repository);
    assert.ok(manifest.bugs);
  });

  it("P04, P05: the name is scoped and the keyword node-red is there", () => {
    assert.match(manifest.name, /^@[a-z0-9-]+\/node-red/);
    assert.ok(manifest.keywords.includes("node-red"));
  });

  it("P06, P07: Node-RED 4 and later, and Node versions that Node-RED 5 runs on", () => {
    assert.equal(manifest["node-red"].version, ">=4.0.0");
    assert.equal(manifest.engines.node, ">=20");
  });

  it("D01, D02: at most six dependencies, each a version range, none a URL", () => {
    const ranges = Object.values(manifest.dependencies);
    assert.ok(ranges.length <= 6, `${ranges.length} dependencies`);
    for (const range of ranges) assert.match(range, /^\^\d/);
  });

  it("nothing runs at installation", () => {
    for (const script of ["preinstall", "install", "postinstall", "prepare"]) assert.equal(manifest.scripts[script], undefined);
  });

  it("every registration can be read as text: literal type, category, colour, icon, ports", () => {
    for (const { name, type, definition } of registrations) {
      assert.equal(type, `resonance-${name}`);
      assert.equal(typeof definition["category"], "string", `${name}: category`);
      assert.equal(definition["defaults"], "ObjectExpression", `${name}: defaults`);
      if (definition["category"] === "config") continue;
      assert.equal(definition["category"], "model-data resonance");
      assert.equal(definition["icon"], `resonance-${name}.svg`);
      assert.match(String(definition["color"]), /^#[0-9A-F]{6}$/i);
      assert.equal(typeof definition["inputs"], "number", `${name}: inputs`);
      assert.equal(typeof definition["outputs"], "number", `${name}: outputs`);
    }
  });

  it("N02: every palette node stands in an example", () => {
    const used = new Set(examples.flatMap(({ flow }) => flow.map((node) => node.type)));
    for (const { type, definition } of registrations) {
      if (definition["category"] !== "config") assert.ok(used.has(String(type)), `${String(type)} is in no example`);
    }
  });
});

describe("example flows", () => {
  for (const { file, flow } of examples) {
    it(`${file}: unique ids, wires that lead somewhere, a comment and a group`, () => {
      const ids = new Set(flow.map((node) => node.id));
      assert.equal(ids.size, flow.length);
      for (const node of flow) for (const target of node.wires?.flat() ?? []) assert.ok(ids.has(target), `${node.name ?? node.id} → ${target}`);
      assert.ok(flow.some((node) => node.type === "comment"));
      assert.ok(flow.some((node) => node.type === "group"));
      assert.ok(!flow.some((node) => node.type === "tab"), "imports into the open tab");
    });

    it(`${file}: only our nodes and core nodes, no credentials`, () => {
      for (const node of flow) {
        assert.ok(node.type.startsWith("resonance-") || CORE_TYPES.has(node.type), node.type);
        for (const key of ["credentials", "password", "token", "user"]) assert.ok(!(key in node), `${node.type}.${key}`);
      }
    });
  }
});

describe("tarball", () => {
  const [packed] = JSON.parse(execFileSync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], { cwd: root, stdio: ["ignore", "pipe", "ignore"] }).toString()) as [{ files: { path: string }[]; unpackedSize: number }];
  const files = new Set(packed.files.map((entry) => entry.path));

  it("holds each node's js, html, icon, and texts and help in three languages", () => {
    for (const [name, entry] of nodes) {
      const folder = path.posix.dirname(entry);
      const wanted = [entry, entry.replace(/\.js$/, ".html"), `${folder}/icons/resonance-${name}.svg`,
        ...["en-US", "zh-CN", "de"].flatMap((language) => [`${folder}/locales/${language}/${name}.json`, `${folder}/locales/${language}/${name}.html`])];
      for (const file of wanted) assert.ok(files.has(file), file);
    }
  });

  it("holds the examples, README, CHANGELOG and LICENSE, and no sources, tests or demo", () => {
    for (const file of ["README.md", "CHANGELOG.md", "LICENSE", "examples/CNC machining/01 Predictive maintenance.json"]) assert.ok(files.has(file), file);
    for (const file of files) {
      assert.ok(!file.endsWith(".ts"), file);
      assert.ok(!/^(test|nodes|examples\/demo|examples\/models)\//.test(file), file);
    }
  });
});
