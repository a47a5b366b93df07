import { readFileSync, statSync } from "node:fs";
import path from "node:path";
import { JsonSyntax, readJson, type TextPosition } from "../json/json-source";
import { invalid, type ProfileFile } from "./check-format";

/** No profile is longer; a wrong path may lead to anything. */
const LONGEST_FILE = 4 * 1024 * 1024;

/** What the system's codes mean. */
const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  ERR_ENCODING_INVALID_ENCODED_DATA: "it is not UTF-8 text",
  EACCES: "Node-RED may not read it",
  ENOTDIR: "a part of its path is no folder",
  ELOOP: "its links lead in a circle",
  ENAMETOOLONG: "its path is too long",
};

/** A file as it was read; places in it are known. */
export type ReadFile = ProfileFile & Required<Pick<ProfileFile, "locate">>;

/**
 * Reads one JSON file of a profile.
 * @throws RESONANCE_PROFILE_INVALID with the system's reason, or line and column of what is no JSON
 */
export function readProfileFile(file: string): ReadFile {
  const text = readText(file);
  try {
    const source = readJson(text);
    return { file, content: source.value, locate: (pointer) => positionText(source.locate(pointer)) };
  } catch (cause) {
    if (!(cause instanceof JsonSyntax)) throw cause;
    throw invalid({ file }, positionText(cause.position), cause.message);
  }
}

/** Whether a path leads to a folder. */
export function isFolder(place: string): boolean {
  try {
    return statSync(place).isDirectory();
  } catch {
    return false;
  }
}

function readText(file: string): string {
  try {
    const facts = statSync(file);
    if (!facts.isFile()) throw invalid({ file }, "", "it is not a file");
    if (facts.size > LONGEST_FILE) throw invalid({ file }, "", `it is longer than ${LONGEST_FILE} bytes`);
    return new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(file));
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code !== undefined && !code.startsWith("RESONANCE")) throw invalid({ file: path.normalize(file) }, "", REASONS[code] ?? code);
    throw cause;
  }
}

function positionText({ line, column }: TextPosition): string {
  return `line ${line}, column ${column}`;
}
