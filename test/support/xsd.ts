import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { findCommand, sharedData } from "./requirements";

/** The official B2MML V0701 schemas, where the shared data is there. */
export const xsdFolder: string | undefined = sharedData && path.join(sharedData, "b2mml", "v0701");

const ENTRY = "AllSchemas.xsd";

/** Documents by name with what the official XSD says against them; a valid one has no entry. */
export type Faults = ReadonlyMap<string, string>;

/**
 * Checks documents against the official XSD in one run: with xmllint where it is installed, else with xmllint-wasm.
 * @throws when there is no schema folder or the validator itself fails.
 */
export async function validateAgainstXsd(documents: ReadonlyMap<string, string>): Promise<Faults> {
  if (xsdFolder === undefined) throw new Error("no B2MML schemas");
  const xmllint = findCommand("xmllint");
  return xmllint === undefined ? withWasm(xsdFolder, documents) : withCommand(xmllint, xsdFolder, documents);
}

/** What the official XSD says against one document. */
export async function xsdFault(xml: string): Promise<string | undefined> {
  return (await validateAgainstXsd(new Map([["document", xml]]))).get("document");
}

async function withCommand(xmllint: string, schemas: string, documents: ReadonlyMap<string, string>): Promise<Faults> {
  const folder = await mkdtemp(path.join(tmpdir(), "b2mml-"));
  try {
    const names = [...documents.keys()];
    await Promise.all(names.map((name, index) => writeFile(path.join(folder, `${index}.xml`), documents.get(name) ?? "")));
    const faults = new Map<string, string>();
    for (let from = 0; from < names.length; from += 500) {
      const files = names.slice(from, from + 500).map((_, index) => path.join(folder, `${from + index}.xml`));
      const output = await run(xmllint, ["--noout", "--nonet", "--schema", path.join(schemas, ENTRY), ...files]);
      files.forEach((file, index) => {
        if (output.includes(`${file} validates`)) return;
        const lines = output.split("\n").filter((line) => line.startsWith(file));
        faults.set(names[from + index] ?? "", lines.join("\n") || output);
      });
    }
    return faults;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** xmllint says what it finds on stderr and by its exit code; only a run without any verdict is a failure. */
function run(command: string, parameters: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(command, parameters, { maxBuffer: 64 * 1024 * 1024 }, (error, _stdout, stderr) => {
      if (error && stderr === "") reject(new Error(`${command} failed`, { cause: error }));
      else resolve(stderr);
    });
  });
}

async function withWasm(schemas: string, documents: ReadonlyMap<string, string>): Promise<Faults> {
  const { validateXML } = await import("xmllint-wasm");
  const files = (await readdir(schemas)).filter((name) => name.endsWith(".xsd"));
  const loaded = await Promise.all(files.map(async (fileName) => ({ fileName, contents: await readFile(path.join(schemas, fileName), "utf8") })));
  const schema = loaded.filter(({ fileName }) => fileName === ENTRY);
  const preload = loaded.filter(({ fileName }) => fileName !== ENTRY);
  const names = [...documents.keys()];
  const xml = names.map((name, index) => ({ fileName: `${index}.xml`, contents: documents.get(name) ?? "" }));
  const { errors } = await validateXML({ xml, schema, preload });
  const faults = new Map<string, string>();
  for (const { loc, message, rawMessage } of errors) {
    const name = names[parseInt(loc?.fileName ?? rawMessage, 10)];
    if (name === undefined) throw new Error(rawMessage);
    faults.set(name, `${faults.get(name) ?? ""}${message}\n`);
  }
  return faults;
}
