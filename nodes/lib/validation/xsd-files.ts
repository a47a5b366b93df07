import { readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import path from "node:path";
import { ResonanceError } from "../errors/resonance-error";

/** A file of a schema as the validator gets it: all stand beside one another, and there is nothing else. */
export interface XsdFile {
  readonly fileName: string;
  readonly contents: string;
}

/** A schema in several files; `entry` is the one that includes the others. */
export interface XsdFiles {
  readonly entry: XsdFile;
  readonly others: readonly XsdFile[];
}

/** The file of B2MML that includes all others. */
const ENTRY = "AllSchemas.xsd";
const MOST_FILES = 500;
const LONGEST = 32 * 1024 * 1024;

/**
 * The XSD files of a folder, or of the folder in which a file stands, which then is the entry; else `AllSchemas.xsd` is, or the only file.
 * @throws RESONANCE_B2MML_SCHEMA_INVALID where there are none, too many, or one with a document type declaration
 */
export function readXsdFiles(place: string): XsdFiles {
  const { folder, entry } = locate(place);
  const names = readdirSync(folder).filter((name) => name.toLowerCase().endsWith(".xsd")).sort();
  const chosen = entry ?? (names.includes(ENTRY) ? ENTRY : names.length === 1 ? names[0] : undefined);
  if (chosen === undefined) throw unusable(place, names.length === 0 ? "no .xsd file is in it" : `no ${ENTRY} is in it; name the file`);
  if (names.length > MOST_FILES) throw unusable(place, `more than ${MOST_FILES} files`);
  const files = [...new Set([chosen, ...names])].flatMap((fileName) => {
    // A command line would take it for an option.
    if (/(^|\s)-/.test(fileName)) return [];
    const contents = read(folder, fileName);
    if (/<!DOCTYPE/i.test(contents)) throw unusable(place, `${fileName} has a document type declaration`);
    return [{ fileName, contents }];
  });
  if (files.reduce((sum, { contents }) => sum + contents.length, 0) > LONGEST) throw unusable(place, `longer than ${LONGEST} characters`);
  const [first, ...others] = files;
  if (first?.fileName !== chosen) throw unusable(place, `the name ${chosen} cannot be used`);
  return { entry: first, others };
}

function locate(place: string): { readonly folder: string; readonly entry: string | undefined } {
  try {
    const real = realpathSync(place);
    return statSync(real).isDirectory() ? { folder: real, entry: undefined } : { folder: path.dirname(real), entry: path.basename(real) };
  } catch (cause) {
    throw unusable(place, (cause as Error).message);
  }
}

/** A link may not lead out of the folder. */
function read(folder: string, name: string): string {
  const file = realpathSync(path.join(folder, name));
  if (path.dirname(file) !== folder) throw unusable(folder, `${name} leads out of it`);
  if (statSync(file).size > LONGEST) throw unusable(folder, `${name} is longer than ${LONGEST} bytes`);
  return readFileSync(file, "utf8");
}

/** What is thrown for the official schema at a place; `reason` says what is wrong with it. */
export function unusable(place: string, reason: string, cause?: unknown): ResonanceError {
  return new ResonanceError("RESONANCE_B2MML_SCHEMA_INVALID", { place, reason: reason.slice(0, 500) }, { path: "b2mmlSchema", cause });
}
