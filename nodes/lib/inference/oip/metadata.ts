import { ResonanceError } from "../../errors/resonance-error";
import { checkSignature, mismatch, type Side, type Signature } from "../check-tensor";
import { decodeJson } from "./wire";

/** What a server says of itself. */
export interface ServerMetadata {
  readonly name: string;
  readonly version: string;
  readonly extensions: readonly string[];
}

/** What a server says of a model; a list of tensors is absent where the server states none. */
export interface ModelMetadata {
  readonly name: string;
  readonly platform: string;
  readonly versions: readonly string[];
  readonly inputs?: readonly Signature[];
  readonly outputs?: readonly Signature[];
}

/** @throws RESONANCE_MODEL_ANSWER_INVALID */
export function readServerMetadata(text: string): ServerMetadata {
  const document = readObject(text);
  return { name: textAt(document, "name"), version: textAt(document, "version"), extensions: textsAt(document, "extensions") };
}

/** @throws RESONANCE_MODEL_ANSWER_INVALID */
export function readModelMetadata(text: string): ModelMetadata {
  const document = readObject(text);
  const inputs = signaturesAt(document, "inputs");
  const outputs = signaturesAt(document, "outputs");
  return {
    name: textAt(document, "name"),
    platform: textAt(document, "platform"),
    versions: textsAt(document, "versions"),
    ...(inputs ? { inputs } : {}),
    ...(outputs ? { outputs } : {}),
  };
}

/**
 * Compares a configured side with what the server states. A tensor the server has and the configuration does not is left
 * to the server, which may have a default for it.
 * @throws RESONANCE_MODEL_TENSOR_MISMATCH
 */
export function checkAgainstServer(side: Side, own: readonly Signature[], stated: readonly Signature[] | undefined): void {
  if (!stated) return;
  for (const tensor of own) {
    const server = stated.find(({ name }) => name === tensor.name);
    if (!server) throw mismatch(side, tensor.name, "name", tensor.name, stated.map(({ name }) => name).join(", "));
    checkSignature(side, tensor, server);
  }
}

function readObject(text: string): Record<string, unknown> {
  const document = decodeJson(text, false);
  if (typeof document !== "object" || document === null || Array.isArray(document)) throw invalid("the metadata are no JSON object");
  return document as Record<string, unknown>;
}

function textAt(document: Record<string, unknown>, key: string): string {
  const value = document[key];
  return typeof value === "string" ? value : "";
}

function textsAt(document: Record<string, unknown>, key: string): readonly string[] {
  const value = document[key];
  return Array.isArray(value) ? value.map(String) : [];
}

/** Some runtimes state an empty list for "unknown". */
function signaturesAt(document: Record<string, unknown>, side: Side): readonly Signature[] | undefined {
  const value = document[side];
  if (!Array.isArray(value) || value.length === 0) return undefined;
  return value.map((entry: unknown) => {
    const { name, datatype, shape } = (entry ?? {}) as Record<string, unknown>;
    if (typeof name !== "string" || typeof datatype !== "string" || !Array.isArray(shape)) {
      throw invalid("a tensor of the metadata lacks its name, datatype or shape", side);
    }
    // Gateways from protocol buffers write 64-bit integers as strings.
    return { name, datatype, shape: shape.map(Number) };
  });
}

function invalid(detail: string, path?: string): ResonanceError {
  return new ResonanceError("RESONANCE_MODEL_ANSWER_INVALID", { detail }, path === undefined ? {} : { path });
}
