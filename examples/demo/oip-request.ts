import { INPUTS } from "../models/train/ai4i";
import type { Prediction } from "../models/train/network";

/** A refusal with the HTTP status and the words of the protocol's `{error}`. */
export class Refusal extends Error {
  constructor(readonly statusCode: number, message: string) {
    super(message);
  }
}

const OUTPUTS: Readonly<Record<string, keyof Prediction>> = {
  failureProbability: "failureProbability",
  remainingUsefulLife: "remainingUsefulLife",
};

/** The model's signature as metadata state it; -1 is the batch. */
export const SIGNATURE = {
  inputs: [{ name: "input", datatype: "FP32", shape: [-1, INPUTS.length] }],
  outputs: Object.keys(OUTPUTS).map((name) => ({ name, datatype: "FP32", shape: [-1, 1] })),
} as const;

/** An inference request, checked: rows of inputs, and the outputs wanted. */
export interface CheckedRequest {
  readonly id: string | undefined;
  readonly rows: readonly (readonly number[])[];
  readonly outputs: readonly string[];
}

/**
 * Checks an inference request of the Open Inference Protocol V2 against the model's signature, in every detail.
 * @throws Refusal with status 400
 */
export function readRequest(body: string): CheckedRequest {
  const request = object(parse(body), "the request");
  const { id, inputs, outputs } = request;
  if (id !== undefined && typeof id !== "string") throw new Refusal(400, "id is not a text");
  if (!Array.isArray(inputs) || inputs.length !== 1) throw new Refusal(400, "expected exactly one input tensor, 'input'");
  const { name, datatype, shape, data } = object(inputs[0], "inputs[0]");
  if (name !== "input") throw new Refusal(400, `unexpected input '${text(name)}', the model takes 'input'`);
  if (datatype !== "FP32") throw new Refusal(400, `input 'input' has datatype ${text(datatype)}, expected FP32`);
  if (!Array.isArray(shape) || shape.length !== 2 || !Number.isInteger(shape[0]) || (shape[0] as number) < 1 || shape[1] !== INPUTS.length) {
    throw new Refusal(400, `input 'input' has shape ${JSON.stringify(shape)}, expected [-1,${INPUTS.length}]`);
  }
  const values: readonly unknown[] = Array.isArray(data) ? data.flat(1) : [];
  const count = (shape[0] as number) * INPUTS.length;
  if (values.length !== count) throw new Refusal(400, `input 'input' has ${values.length} values, its shape has ${count}`);
  if (!values.every((value): value is number => typeof value === "number")) throw new Refusal(400, "input 'input' holds something else than numbers");
  return { id, rows: rowsOf(values.map(Math.fround)), outputs: wantedOutputs(outputs) };
}

/** The response to a checked request; FP32 numbers with the digits a single-precision number has. */
export function writeResponse({ id, outputs }: CheckedRequest, predictions: readonly Prediction[], model: { name: string; version: string }): object {
  return {
    model_name: model.name,
    model_version: model.version,
    ...(id === undefined ? {} : { id }),
    outputs: outputs.map((name) => ({
      name,
      datatype: "FP32",
      shape: [predictions.length, 1],
      data: predictions.map((prediction) => Number(prediction[OUTPUTS[name] ?? "failureProbability"].toPrecision(7))),
    })),
  };
}

function wantedOutputs(outputs: unknown): readonly string[] {
  if (outputs === undefined) return Object.keys(OUTPUTS);
  if (!Array.isArray(outputs)) throw new Refusal(400, "outputs is not a list");
  if (outputs.length === 0) return Object.keys(OUTPUTS);
  return outputs.map((output) => {
    const { name } = object(output, "an output");
    if (typeof name !== "string" || !Object.hasOwn(OUTPUTS, name)) {
      throw new Refusal(400, `unexpected output '${text(name)}', the model gives ${Object.keys(OUTPUTS).join(", ")}`);
    }
    return name;
  });
}

function rowsOf(values: readonly number[]): readonly (readonly number[])[] {
  return Array.from({ length: values.length / INPUTS.length }, (_, row) => values.slice(row * INPUTS.length, (row + 1) * INPUTS.length));
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body) as unknown;
  } catch (error) {
    throw new Refusal(400, `failed to parse the request JSON: ${(error as Error).message}`);
  }
}

function object(value: unknown, what: string): Record<string, unknown> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new Refusal(400, `${what} is not an object`);
}

/** A value for the words of a refusal. */
function text(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value ?? null);
}
