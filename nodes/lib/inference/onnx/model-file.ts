import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import { ResonanceError } from "../../errors/resonance-error";
import { readOnnxSignature, type OnnxSignature } from "./onnx-signature";

/** A model file that was read whole. */
export interface ModelFile {
  /** In a buffer of its own, which may change threads. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** `sha256:…` of exactly these bytes. */
  readonly digest: string;
  readonly signature: OnnxSignature;
}

/** Bytes that a model file may have where nothing else is said. */
export const MOST_BYTES = 256 * 1024 * 1024;

/**
 * Reads an ONNX file once: its digest and what it says of itself belong to the very bytes that will run.
 * @throws RESONANCE_MODEL_FILE_MISSING, RESONANCE_MODEL_FILE_INVALID
 */
export async function readModelFile(file: string, most = MOST_BYTES): Promise<ModelFile> {
  const bytes = await readBytes(file, most);
  let signature: OnnxSignature;
  try {
    signature = readOnnxSignature(bytes);
  } catch (cause) {
    throw unusable(file, `it is no whole ONNX model: ${(cause as Error).message}`, cause);
  }
  if (signature.external) throw unusable(file, "its weights lie in other files; save the model with all its weights in one file");
  return { bytes, digest: `sha256:${createHash("sha256").update(bytes).digest("hex")}`, signature };
}

/** The file's digest is the one that is expected; the case of the digits does not matter. @throws RESONANCE_MODEL_DIGEST_MISMATCH */
export function checkDigest(file: string, actual: string, expected: string | undefined): void {
  if (!expected || expected.toLowerCase() === actual) return;
  throw new ResonanceError("RESONANCE_MODEL_DIGEST_MISMATCH", { file, actual, expected }, { path: "digest" });
}

async function readBytes(file: string, most: number): Promise<Uint8Array<ArrayBuffer>> {
  const handle = await open(file, "r").catch((cause: unknown) => { throw missing(file, wordsOf(cause), cause); });
  try {
    const facts = await handle.stat();
    if (!facts.isFile()) throw missing(file, facts.isDirectory() ? "it is a folder" : "it is no ordinary file");
    if (facts.size > most) throw unusable(file, `it has ${facts.size} bytes, more than the ${most} allowed`);
    const bytes = new Uint8Array(facts.size);
    let filled = 0;
    while (filled < bytes.length) {
      const { bytesRead } = await handle.read(bytes, filled, bytes.length - filled, filled);
      if (bytesRead === 0) throw unusable(file, "it became shorter while it was read");
      filled += bytesRead;
    }
    return bytes;
  } finally {
    await handle.close();
  }
}

/** What cannot be used, in words. */
export function unusable(file: string, detail: string, cause?: unknown): ResonanceError {
  return new ResonanceError("RESONANCE_MODEL_FILE_INVALID", { file, detail }, { path: "onnxFile", cause });
}

function missing(file: string, detail: string, cause?: unknown): ResonanceError {
  return new ResonanceError("RESONANCE_MODEL_FILE_MISSING", { file, detail }, { path: "onnxFile", cause });
}

const WORDS: Readonly<Record<string, string>> = { ENOENT: "there is no such file", ENOTDIR: "there is no such file", EACCES: "no right to read it", EPERM: "no right to read it" };

function wordsOf(cause: unknown): string {
  const { code = "", message } = cause as NodeJS.ErrnoException;
  return WORDS[code] ?? message;
}
