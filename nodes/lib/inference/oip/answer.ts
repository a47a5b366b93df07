import { ResonanceError } from "../../errors/resonance-error";
import { isObject } from "../../json/is-object";
import { checkForm, checkTensor, mismatch, notANumber } from "../check-tensor";
import { isWide } from "../datatype";
import { decodeJson } from "../decode-json";
import { elementCount } from "../shape";
import type { ModelAnswer, Tensor, TensorSpec } from "../tensor";
import { decodeRaw, textOf } from "./binary";

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

/** An output as it stands in the JSON part, and its bytes behind that part where it has some. */
interface Output {
  readonly document: Readonly<Record<string, unknown>>;
  readonly bytes?: Buffer;
}

/**
 * Reads an inference response: every output asked for is there once, with its datatype and shape, all values in range.
 * Outputs that nobody asked for are left out. A missing `model_name` is tolerated (the protocol's own example lacks it);
 * so is an empty one, and the name with a number behind it that Seldon Core 2 gives its deployments of a model (`iris_1` for `iris`);
 * another model, version or request id than asked for is not. `tail` are the bytes behind the JSON part (binary tensor data extension).
 * @throws RESONANCE_MODEL_ANSWER_INVALID, RESONANCE_MODEL_TENSOR_MISMATCH, RESONANCE_MODEL_NOT_A_NUMBER
 */
export function readAnswer(text: string, asked: Asked, tail?: Buffer): ReadAnswer {
  // FP64 values of 16 digits would come as strings, so exactness is asked for only where it counts.
  const document = decodeJson(text, asked.outputs.some(({ datatype }) => isWide(datatype)));
  if (!isObject(document)) throw invalid("not a JSON object");
  const { model_name: name, model_version: version, id, outputs } = document;
  if (name !== "" && !isDeploymentOf(name, asked.model)) expectSame("model_name", name, asked.model);
  if (asked.version !== undefined) expectSame("model_version", version, asked.version);
  if (asked.id !== undefined && id !== "") expectSame("id", id, asked.id);
  if (!Array.isArray(outputs)) throw invalid("no list of outputs", "outputs");
  const all = withBytes(outputs, tail);
  return {
    answer: {
      modelName: asked.model,
      ...(isText(version) ? { modelVersion: String(version) } : {}),
      outputs: asked.outputs.map((spec) => toTensor(findOutput(all, spec.name), spec)),
      ...parametersOf(document),
    },
    named: isText(name),
  };
}

/** Outputs have their bytes in their own order, each as many as it says. */
function withBytes(outputs: readonly unknown[], tail: Buffer | undefined): readonly Output[] {
  let at = 0;
  const all = outputs.map((output): Output => {
    const document = isObject(output) ? output : {};
    const size = isObject(document["parameters"]) ? document["parameters"]["binary_data_size"] : undefined;
    if (tail === undefined || size === undefined || size === null) return { document };
    const path = `outputs/${String(document["name"])}/data`;
    if (!Number.isSafeInteger(size) || (size as number) < 0) throw invalid(`binary_data_size is ${JSON.stringify(size)}`, path);
    const from = at;
    at += size as number;
    if (at > tail.length) throw invalid(`${tail.length} bytes are there, ${at} are announced`, path);
    return { document, bytes: tail.subarray(from, at) };
  });
  if (tail !== undefined && at !== tail.length) throw invalid(`${tail.length} bytes are there, ${at} are announced`);
  return all;
}

function findOutput(outputs: readonly Output[], name: string): Output {
  const [output, ...others] = outputs.filter(({ document }) => document["name"] === name);
  if (!output) throw mismatch("outputs", name, "name", outputs.map(({ document }) => document["name"]), name);
  if (others.length > 0) throw invalid(`output ${name} is there ${others.length + 1} times`, `outputs/${name}`);
  return output;
}

function toTensor({ document, bytes }: Output, spec: TensorSpec): Tensor {
  const { datatype, shape, data } = document;
  if (bytes) return { ...fromBytes(bytes, document, spec), ...parametersOf(document) };
  return { ...checkTensor("outputs", { datatype, shape, data: revive(document, data) }, spec), ...parametersOf(document) };
}

function fromBytes(bytes: Buffer, { datatype, shape: stated }: Output["document"], spec: TensorSpec): Tensor {
  const { name } = spec;
  const shape = checkForm("outputs", { datatype, shape: stated }, spec);
  const data = decodeRaw(spec.datatype, bytes, elementCount(shape));
  if (!data) throw mismatch("outputs", name, "data", `${bytes.length} bytes`, `${elementCount(shape)} values of ${spec.datatype}`);
  const wrong = data.findIndex((value) => typeof value === "number" && !Number.isFinite(value));
  if (wrong >= 0) throw notANumber(name, wrong, data[wrong]);
  return { name, datatype: spec.datatype, shape, data };
}

/** What the way through JSON made of values: integers that are read exactly come as strings, bytes as base64. */
function revive(document: Output["document"], data: unknown): unknown {
  const { datatype, parameters } = document;
  const base64 = datatype === "BYTES" && isObject(parameters) && parameters["content_type"] === "base64";
  const floats = typeof datatype === "string" && /^B?FP?\d/.test(datatype);
  // Some servers write a single text without a list around it.
  if (datatype === "BYTES" && typeof data === "string") return revive(document, [data]);
  if (!Array.isArray(data) || !(base64 || floats)) return data;
  const each = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(each);
    if (typeof value !== "string") return value;
    if (base64) return textOf(Buffer.from(value, "base64"));
    return /^-?\d{16,}$/.test(value) ? Number(value) : value;
  };
  return data.some((value) => typeof value !== "number") ? data.map(each) : data;
}

/** Parameters that say something; how many bytes there were is of no use any more. */
function parametersOf({ parameters }: { readonly parameters?: unknown }): { readonly parameters?: Readonly<Record<string, unknown>> } {
  if (!isObject(parameters)) return {};
  const said = Object.fromEntries(Object.entries(parameters).filter(([name]) => name !== "binary_data_size" && name !== "__proto__"));
  return Object.keys(said).length === 0 ? {} : { parameters: said };
}

/** Numbers are tolerated for texts: some servers write a version as `1`. */
function expectSame(path: string, actual: unknown, expected: string): void {
  if (actual === undefined || actual === null || (isText(actual) && String(actual) === expected)) return;
  throw invalid(`${path} is ${JSON.stringify(actual)} instead of ${JSON.stringify(expected)}`, path);
}

/** The number is the server's own count of deployments. */
function isDeploymentOf(name: unknown, model: string): boolean {
  return typeof name === "string" && name.startsWith(`${model}_`) && /^\d+$/.test(name.slice(model.length + 1));
}

function isText(value: unknown): value is string | number {
  return (typeof value === "string" && value !== "") || typeof value === "number";
}

function invalid(detail: string, path?: string): ResonanceError {
  return new ResonanceError("RESONANCE_MODEL_ANSWER_INVALID", { detail }, path === undefined ? {} : { path });
}
