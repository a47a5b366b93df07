import { ResonanceError } from "../../errors/resonance-error";
import { checkTensor, mismatch } from "../check-tensor";
import { isWide } from "../datatype";
import type { ModelAnswer, TensorSpec } from "../tensor";
import { decodeJson } from "./wire";
import { isObject } from "../../json/is-object";

/** What was asked, to judge the answer by. */
export interface Asked {
  readonly model: string;
  readonly version?: string | undefined;
  readonly id?: string | undefined;
  readonly outputs: readonly TensorSpec[];
}

/** A checked answer, and whether the server named its model, as the protocol demands of it. */
export interface ReadAnswer {
  readonly answer: ModelAnswer;
  readonly named: boolean;
}

/**
 * Reads an inference response: every output asked for is there once, with its datatype and shape, all values in range.
 * Outputs that nobody asked for are left out. A missing `model_name` is tolerated (the protocol's own example lacks it);
 * another model, version or request id than asked for is not.
 * @throws RESONANCE_MODEL_ANSWER_INVALID, RESONANCE_MODEL_TENSOR_MISMATCH
 */
export function readAnswer(text: string, asked: Asked): ReadAnswer {
  // FP64 values of 16 digits would come as strings, so exactness is asked for only where it counts.
  const document = decodeJson(text, asked.outputs.some(({ datatype }) => isWide(datatype)));
  if (!isObject(document)) throw invalid("not a JSON object");
  const { model_name: name, model_version: version, id, outputs } = document;
  expectSame("model_name", name, asked.model);
  if (asked.version !== undefined) expectSame("model_version", version, asked.version);
  if (asked.id !== undefined && id !== "") expectSame("id", id, asked.id);
  if (!Array.isArray(outputs)) throw invalid("no list of outputs", "outputs");
  const tensors = asked.outputs.map((spec) => checkTensor("outputs", findOutput(outputs, spec.name), spec));
  return {
    answer: {
      modelName: asked.model,
      ...(isText(version) ? { modelVersion: String(version) } : {}),
      outputs: tensors,
    },
    named: isText(name),
  };
}

function findOutput(outputs: readonly unknown[], name: string): { datatype: unknown; shape: unknown; data: unknown } {
  const named = outputs.filter((output) => isObject(output) && output["name"] === name) as Record<string, unknown>[];
  const [output] = named;
  if (!output) throw mismatch("outputs", name, "name", outputs.map((other) => (isObject(other) ? other["name"] : other)), name);
  if (named.length > 1) throw invalid(`output ${name} is there ${named.length} times`, `outputs/${name}`);
  return { datatype: output["datatype"], shape: output["shape"], data: reviveFloats(output["datatype"], output["data"]) };
}

/** Reading integers exactly turns long ones into strings; in a floating-point tensor they are numbers all the same. */
function reviveFloats(datatype: unknown, data: unknown): unknown {
  if (typeof datatype !== "string" || !datatype.startsWith("FP") || !Array.isArray(data)) return data;
  const revive = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(revive);
    return typeof value === "string" && /^-?\d{16,}$/.test(value) ? Number(value) : value;
  };
  return revive(data);
}

/** Numbers are tolerated for texts: some servers write a version as `1`. */
function expectSame(path: string, actual: unknown, expected: string): void {
  if (actual === undefined || actual === null || (isText(actual) && String(actual) === expected)) return;
  throw invalid(`${path} is ${JSON.stringify(actual)} instead of ${JSON.stringify(expected)}`, path);
}

function isText(value: unknown): value is string | number {
  return (typeof value === "string" && value !== "") || typeof value === "number";
}

function invalid(detail: string, path?: string): ResonanceError {
  return new ResonanceError("RESONANCE_MODEL_ANSWER_INVALID", { detail }, path === undefined ? {} : { path });
}
