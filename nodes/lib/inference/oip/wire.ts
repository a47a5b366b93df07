import { ResonanceError } from "../../errors/resonance-error";
import { isWide } from "../datatype";
import type { Tensor } from "../tensor";

/** An inference request of the Open Inference Protocol V2. */
export interface InferenceRequest {
  readonly id?: string;
  readonly inputs: readonly Tensor[];
  /** The outputs wanted; a server may send others too. */
  readonly outputs: readonly string[];
}

/** The request as JSON; 64-bit integers that come as decimal strings are written as JSON numbers, digit by digit. */
export function encodeRequest({ id, inputs, outputs }: InferenceRequest): string {
  const head = id === undefined ? "" : `"id":${JSON.stringify(id)},`;
  const wanted = JSON.stringify(outputs.map((name) => ({ name })));
  return `{${head}"inputs":[${inputs.map(encodeTensor).join(",")}],"outputs":${wanted}}`;
}

/** Strings (skipped) and numbers of a JSON text. */
const STRING_OR_NUMBER = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
const LONG_INTEGER = /^-?\d{16,}$/;

/**
 * Reads JSON. With `exact`, integers of 16 digits and more become decimal strings instead of losing digits.
 * @throws RESONANCE_MODEL_ANSWER_INVALID for what is not JSON (`NaN` and `Infinity`, as some servers write, are not).
 */
export function decodeJson(text: string, exact: boolean): unknown {
  const readable = exact && /\d{16}/.test(text)
    ? text.replace(STRING_OR_NUMBER, (token) => (LONG_INTEGER.test(token) ? `"${token}"` : token))
    : text;
  try {
    return JSON.parse(readable) as unknown;
  } catch (cause) {
    const detail = text.trim() === "" ? "the answer is empty" : `not JSON (${(cause as Error).message})`;
    throw new ResonanceError("RESONANCE_MODEL_ANSWER_INVALID", { detail }, { cause });
  }
}

function encodeTensor({ name, datatype, shape, data }: Tensor): string {
  const values = isWide(datatype) ? `[${data.join(",")}]` : JSON.stringify(data);
  return `{"name":${JSON.stringify(name)},"shape":${JSON.stringify(shape)},"datatype":"${datatype}","data":${values}}`;
}
