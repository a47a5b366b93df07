// Builds dist/: compiled runtime, one html a node (form + bundled editor script), locales, icons, data files.
import { execFileSync } from "node:child_process";
import { cp, mkdir, readFile, readdir, rename, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build as bundle } from "esbuild";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const source = path.join(root, "nodes");
const output = path.join(root, "dist");
// Built aside and put in place at the end: whoever packs or tests meanwhile never sees half a build.
const staging = path.join(root, `dist-${process.pid}`);
const target = path.join(staging, "nodes");
const languages = ["en-US", "zh-CN", "de"];
const manifest = JSON.parse(await readFile(path.join(root, "package.json"), "utf8"));

try {
  const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");
  execFileSync(process.execPath, [tsc, "-p", root, "--outDir", target], { stdio: "inherit" });
  await copyData(path.join(source, "lib"), path.join(target, "lib"));
  await copyModels(path.join(root, "examples", "models"), path.join(staging, "models"));
  await Promise.all(Object.keys(manifest["node-red"].nodes).map(buildNode));
  await rm(output, { recursive: true, force: true });
  await rename(staging, output);
} finally {
  await rm(staging, { recursive: true, force: true });
}

/** The folders the loader looks into stand beside the node's js: html, locales, icons. */
async function buildNode(name) {
  const from = path.join(source, name);
  const to = path.join(target, name);
  await mkdir(path.join(to, "icons"), { recursive: true });
  await Promise.all([
    writeHtml(name, from, to),
    ...languages.map((language) => writeLocale(name, language, from, to)),
    cp(path.join(root, "icons", `resonance-${name}.svg`), path.join(to, "icons", `resonance-${name}.svg`)),
  ]);
}

/** The script stays inline and unminified: the flow library reads the registration from it as text. */
async function writeHtml(name, from, to) {
  const script = await bundle({
    entryPoints: [path.join(from, `${name}.editor.ts`)],
    bundle: true, write: false, format: "iife", target: "es2022", charset: "utf8", legalComments: "none",
    loader: { ".css": "text" },
  });
  const form = await withPartials(await readFile(path.join(from, `${name}.html`), "utf8"));
  const html = [
    `<script type="text/html" data-template-name="resonance-${name}">`, form.trim(), "</script>",
    `<script type="text/javascript">`, script.outputFiles[0].text.trim(), "</script>", "",
  ].join("\n");
  await writeFile(path.join(to, `${name}.html`), html);
}

/** Rows that several forms share stand in their place, with the place's indentation: a form is one piece of html. */
async function withPartials(form) {
  const parts = form.split(/^( *)<!-- partial: (\w+) -->$/m);
  for (let at = 1; at < parts.length; at += 3) {
    const rows = (await readFile(path.join(source, "lib", "editor", "partials", `${parts[at + 1]}.html`), "utf8")).trimEnd();
    parts.splice(at, 2, rows.replace(/^(?=.)/gm, parts[at]), "");
  }
  return parts.join("");
}

/** A node's catalogue is its own texts and, under `common`, those of the shared widgets. */
async function writeLocale(name, language, from, to) {
  const read = async (file) => JSON.parse(await readFile(file, "utf8"));
  const catalogue = await read(path.join(from, "locales", language, `${name}.json`));
  const common = await read(path.join(source, "lib", "editor", "locales", `${language}.json`));
  const folder = path.join(to, "locales", language);
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, `${name}.json`), JSON.stringify({ ...catalogue, common }, null, 2));
  const help = (await readFile(path.join(from, "locales", language, `${name}.html`), "utf8")).trim();
  const wrapped = `<script type="text/html" data-help-name="resonance-${name}">\n${help}\n</script>\n`;
  await writeFile(path.join(folder, `${name}.html`), wrapped);
}

/** The models that come with the pack; Node-RED would list their JSON among the example flows. */
async function copyModels(from, to) {
  await mkdir(to, { recursive: true });
  for (const name of await readdir(from)) {
    if (/\.(onnx|json)$/.test(name)) await cp(path.join(from, name), path.join(to, name));
  }
}

/** Facts of standards are data files beside the code that reads them. */
async function copyData(from, to) {
  for (const entry of await readdir(from, { withFileTypes: true })) {
    if (entry.isDirectory() && entry.name !== "editor") await copyData(path.join(from, entry.name), path.join(to, entry.name));
    else if (entry.name.endsWith(".json")) await cp(path.join(from, entry.name), path.join(to, entry.name));
  }
}
