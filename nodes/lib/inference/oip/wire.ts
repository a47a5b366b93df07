import { isWide } from "../datatype";
import type { Tensor } from "../tensor";
import { encodeRaw } from "./binary";
import type { Parameters, RequestParameters } from "./parameters";

/** An inference request of the Open Inference Protocol V2. */
export interface InferenceRequest {
  readonly id?: string;
  readonly inputs: readonly Tensor[];
  /** The outputs wanted; a server may send others too. */
  readonly outputs: readonly string[];
  readonly parameters?: RequestParameters | undefined;
}

/** A request with its tensors as bytes behind the JSON part, which is `headLength` bytes long. */
export interface BinaryRequest {
  readonly headLength: number;
  readonly body: Uint8Array;
}

/** Says how long the JSON part is, in a request and in an answer (Triton's binary tensor data extension). */
export const HEAD_LENGTH = "inference-header-content-length";

/** The request as JSON; 64-bit integers that come as decimal strings are written as JSON numbers, digit by digit. */
export function encodeRequest(request: InferenceRequest): string {
  const { inputs, parameters } = request;
  return assemble(request, inputs.map((tensor) => encodeTensor(tensor, parameters?.tensors[tensor.name])), parameters?.request);
}

/** The request with the inputs as bytes, outputs asked for as bytes too. */
export function encodeBinaryRequest(request: InferenceRequest): BinaryRequest {
  const { inputs, parameters } = request;
  const tails = inputs.map((tensor) => encodeRaw(tensor));
  const heads = inputs.map(({ name, datatype, shape }, index) => {
    const own = { ...parameters?.tensors[name], binary_data_size: tails[index]?.length ?? 0 };
    return JSON.stringify({ name, shape, datatype, parameters: own });
  });
  const head = Buffer.from(assemble(request, heads, { ...parameters?.request, binary_data_output: true }));
  return { headLength: head.length, body: Buffer.concat([head, ...tails]) };
}

function assemble({ id, outputs, parameters }: InferenceRequest, inputs: readonly string[], own: Parameters = {}): string {
  const wanted = outputs.map((name) => ({ name, ...withParameters(parameters?.tensors[name]) }));
  const head = `${id === undefined ? "" : `"id":${JSON.stringify(id)},`}${Object.keys(own).length === 0 ? "" : `"parameters":${JSON.stringify(own)},`}`;
  return `{${head}"inputs":[${inputs.join(",")}],"outputs":${JSON.stringify(wanted)}}`;
}

function encodeTensor({ name, datatype, shape, data }: Tensor, parameters: Parameters | undefined): string {
  const base64 = datatype === "BYTES" && parameters?.["content_type"] === "base64";
  const values = isWide(datatype) ? `[${data.join(",")}]` : JSON.stringify(base64 ? data.map((text) => Buffer.from(String(text)).toString("base64")) : data);
  const beside = parameters === undefined ? "" : `"parameters":${JSON.stringify(parameters)},`;
  return `{"name":${JSON.stringify(name)},"shape":${JSON.stringify(shape)},"datatype":"${datatype}",${beside}"data":${values}}`;
}

function withParameters(parameters: Parameters | undefined): { readonly parameters?: Parameters } {
  return parameters === undefined ? {} : { parameters };
}
