import { readFileSync, statSync } from "node:fs";
import path from "node:path";
import { invalid, LONGEST_REFERENCE, parseTrainingReference, type TrainingReference } from "./training-reference";

/** Where a model's training reference stands. */
export interface ReferenceSource {
  /** Absent or `none`: nothing is known of the training. */
  readonly kind?: "none" | "text" | "file" | "";
  /** JSON, for `text`. */
  readonly text?: string;
  /** Path, for `file`; begins in Node-RED's user directory unless absolute. */
  readonly file?: string;
}

/** What the system's codes mean. */
const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  EACCES: "Node-RED may not read it",
  ENOTDIR: "a part of its path is no folder",
  ELOOP: "its links lead in a circle",
  ENAMETOOLONG: "its path is too long",
  ERR_ENCODING_INVALID_ENCODED_DATA: "it is not UTF-8 text",
};

/**
 * The training reference of a model's settings; `undefined` where none is chosen.
 * @throws RESONANCE_TRAINING_REFERENCE_INVALID with file, place and reason
 */
export function loadTrainingReference({ kind = "none", text = "", file = "" }: ReferenceSource, home: string): TrainingReference | undefined {
  if (kind === "text") return parseTrainingReference(text, "JSON");
  if (kind !== "file") return undefined;
  if (file.trim() === "") throw invalid("–", "", "no file is named");
  return parseTrainingReference(readText(path.resolve(home, file.trim()), file), file);
}

function readText(place: string, name: string): string {
  try {
    const facts = statSync(place);
    if (!facts.isFile()) throw invalid(name, "", "it is not a file");
    // A character takes four bytes at most.
    if (facts.size > LONGEST_REFERENCE * 4) throw invalid(name, "", `it is longer than ${LONGEST_REFERENCE} characters`);
    return new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(place));
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === undefined || code.startsWith("RESONANCE")) throw cause;
    throw invalid(name, "", REASONS[code] ?? code);
  }
}
