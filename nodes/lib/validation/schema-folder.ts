import { readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import path from "node:path";
import { readJson } from "../json/json-source";
import { schemaNodes } from "./schema-nodes";

/** Where the user's schema and the files of its folder stand for one another; not an address of any network. */
export const FOLDER_URI = "folder:///";

const LONGEST_FILE = 4 * 1024 * 1024;
const DEEPEST = 3;
const MOST_FILES = 500;
/** Keywords that lead to another schema. */
const REFERENCES = ["$ref", "$dynamicRef", "$recursiveRef"] as const;

/** A document that a schema refers to, by the address it is referred to with. */
export interface ReferredSchema {
  readonly uri: string;
  readonly schema: object | boolean;
}

/**
 * The documents that a schema refers to, and those that they refer to, out of the files of a folder: by the file's name
 * relative to the referring file, or by the `$id` a file gives itself. Nothing outside the folder is read, and nothing from
 * a network; a reference that no file answers is left to the compiler, which names it.
 * @throws Error for a file that is no JSON or too long
 */
export function referredSchemas(schema: object | boolean, folder: string): readonly ReferredSchema[] {
  const root = realpathSync(folder);
  const files = new Map<string, object | boolean>();
  const found = new Map<string, object | boolean>();
  let byId: ReadonlyMap<string, string> | undefined;

  const read = (file: string): object | boolean => {
    const known = files.get(file);
    if (known !== undefined) return known;
    const content = readSchema(root, file);
    files.set(file, content);
    return content;
  };
  /** A file that nobody refers to by name may be anything; one that cannot be read has no id. */
  const idIn = (file: string): string | undefined => {
    try {
      return idOf(read(file));
    } catch {
      return undefined;
    }
  };
  const idsOf = (): ReadonlyMap<string, string> => new Map(listFiles(root).flatMap((file) => {
    const id = idIn(file);
    return id === undefined ? [] : [[strip(id), file] as const];
  }));

  const follow = (document: object | boolean, uri: string, place: string): void => {
    const base = resolve(idOf(document) ?? "", uri) ?? uri;
    for (const reference of referencesIn(document)) {
      const target = strip(resolve(reference, base) ?? "");
      if (target === "" || target === strip(base) || found.has(target)) continue;
      const beside = hasScheme(reference) ? undefined : inside(root, path.resolve(path.dirname(place), fileName(reference)));
      const file = beside ?? (byId ??= idsOf()).get(target);
      if (file === undefined) continue;
      const content = read(file);
      found.set(target, content);
      follow(content, target, file);
    }
  };
  follow(schema, FOLDER_URI, path.join(root, "schema.json"));
  return [...found].map(([uri, content]) => ({ uri, schema: content }));
}

function readSchema(root: string, file: string): object | boolean {
  const name = path.relative(root, file);
  if (statSync(file).size > LONGEST_FILE) throw new Error(`${name} is longer than ${LONGEST_FILE} bytes`);
  try {
    return readJson(readFileSync(file, "utf8")).value as object | boolean;
  } catch (cause) {
    const { position } = cause as { position?: { line: number; column: number } };
    throw new Error(`${name}${position ? ` (line ${position.line}, column ${position.column})` : ""}: ${(cause as Error).message}`, { cause });
  }
}

/** The files a folder holds that could be schemas, three levels deep; what tools keep for themselves is left out. */
function listFiles(root: string, folder = root, depth = 1): readonly string[] {
  const entries = readdirSync(folder, { withFileTypes: true }).filter(({ name }) => !name.startsWith(".") && name !== "node_modules");
  const files = entries.filter((entry) => !entry.isDirectory() && entry.name.endsWith(".json")).flatMap(({ name }) => inside(root, path.join(folder, name)) ?? []);
  const folders = depth < DEEPEST ? entries.filter((entry) => entry.isDirectory()) : [];
  return [...files.sort(), ...folders.flatMap(({ name }) => listFiles(root, path.join(folder, name), depth + 1))].slice(0, MOST_FILES);
}

/** A file that is in the folder, also when links are followed. */
function inside(root: string, file: string): string | undefined {
  try {
    const real = realpathSync(file);
    return real.startsWith(root + path.sep) && statSync(real).isFile() ? real : undefined;
  } catch {
    return undefined;
  }
}

function referencesIn(document: unknown): readonly string[] {
  const references = new Set<string>();
  for (const node of schemaNodes(document)) {
    for (const keyword of REFERENCES) {
      const value = node[keyword];
      if (typeof value === "string") references.add(value);
    }
  }
  return [...references].filter((reference) => !reference.startsWith("#"));
}

function idOf(document: object | boolean | null): string | undefined {
  const id = typeof document === "object" && document !== null ? (document as { readonly $id?: unknown }).$id : undefined;
  return typeof id === "string" ? id : undefined;
}

function resolve(reference: string, base: string): string | undefined {
  return URL.canParse(reference, base) ? new URL(reference, base).href : undefined;
}

function strip(uri: string): string {
  return uri.replace(/#.*$/s, "");
}

function hasScheme(reference: string): boolean {
  return /^[A-Za-z][A-Za-z0-9+.-]*:/.test(reference) || reference.startsWith("//");
}

function fileName(reference: string): string {
  const name = strip(reference).replace(/^\/+/, "");
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
