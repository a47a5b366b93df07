import { ResonanceError } from "../errors/resonance-error";
import { DATATYPES, type Element } from "./datatype";
import { elementCount, flatten, isCompatible, type Shape } from "./shape";
import type { Tensor, TensorSpec } from "./tensor";

/** What a number may be that is none; the texts are how the literals of some servers arrive. */
const NO_NUMBERS: ReadonlySet<unknown> = new Set([null, NaN, Infinity, -Infinity, "NaN", "Infinity", "-Infinity"]);

/** Which side of a model a tensor stands on; the first part of every path. */
export type Side = "inputs" | "outputs";

/** Name, datatype and shape of a tensor, as a configuration or a server's metadata states them. */
export interface Signature {
  readonly name: string;
  readonly datatype: string;
  readonly shape: Shape;
}

/** A tensor as it stands in a JSON document, its parts not looked at yet. */
export interface RawTensor {
  readonly datatype: unknown;
  readonly shape: unknown;
  readonly data: unknown;
}

/**
 * A tensor that is what `spec` says: datatype, shape, as many values as the shape has, every value in the datatype's range.
 * Nested data becomes flat. Paths are `<side>/<tensor>/datatype|shape|data`.
 * @throws RESONANCE_MODEL_TENSOR_MISMATCH, RESONANCE_MODEL_NOT_A_NUMBER
 */
export function checkTensor(side: Side, raw: RawTensor, spec: TensorSpec): Tensor {
  const { name, datatype } = spec;
  const shape = checkForm(side, raw, spec);
  const values = Array.isArray(raw.data) ? flatten(raw.data, shape) : undefined;
  if (!values) throw mismatch(side, name, "data", describeData(raw.data), `${elementCount(shape)} values of shape ${JSON.stringify(shape)}`);
  const rule = DATATYPES[datatype];
  const data = values.map((value, index): Element => {
    const element = rule.admit(value);
    if (element !== undefined) return element;
    if (side === "outputs" && rule.kind === "float" && NO_NUMBERS.has(value)) throw notANumber(name, index, value);
    throw mismatch(side, name, `data/${index}`, value, `${datatype}: ${rule.expected}`);
  });
  return { name, datatype, shape, data };
}

/**
 * Checks datatype and shape, and gives the shape.
 * @throws RESONANCE_MODEL_TENSOR_MISMATCH
 */
export function checkForm(side: Side, raw: Pick<RawTensor, "datatype" | "shape">, { name, datatype, shape: expected }: Signature): Shape {
  if (raw.datatype !== datatype) throw mismatch(side, name, "datatype", raw.datatype, datatype);
  const { shape } = raw;
  if (!isShape(shape) || !isCompatible(shape, expected)) throw mismatch(side, name, "shape", shape, expected);
  return shape;
}

/** The error of an output's element that is no number: NaN, an infinity, or the `null` servers write for them. */
export function notANumber(tensor: string, index: number, value: unknown): ResonanceError {
  const path = `outputs/${tensor}/data/${index}`;
  return new ResonanceError("RESONANCE_MODEL_NOT_A_NUMBER", { path, value: String(value) }, { path });
}

/**
 * Compares what two sides say of one tensor; -1 fits every size.
 * @throws RESONANCE_MODEL_TENSOR_MISMATCH
 */
export function checkSignature(side: Side, own: Signature, server: Signature): void {
  if (own.datatype !== server.datatype) throw mismatch(side, own.name, "datatype", own.datatype, server.datatype);
  if (!isCompatible(own.shape, server.shape)) throw mismatch(side, own.name, "shape", own.shape, server.shape);
}

/** The error of a tensor of which one part (or the whole, for `name`) is not as expected. */
export function mismatch(side: Side, tensor: string, part: string, actual: unknown, expected: unknown): ResonanceError {
  const path = part === "name" ? `${side}/${tensor}` : `${side}/${tensor}/${part}`;
  return new ResonanceError("RESONANCE_MODEL_TENSOR_MISMATCH", { path, actual: describe(actual), expected: describe(expected) }, { path });
}

function isShape(value: unknown): value is Shape {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && (size as number) >= 0);
}

function describeData(data: unknown): string {
  if (data === undefined) return "no data";
  return Array.isArray(data) ? `${data.flat(16).length} values` : describe(data);
}

/** A value for an error text, short; `null` is how servers write NaN. */
function describe(value: unknown): string {
  if (value === undefined) return "nothing";
  if (typeof value === "number") return String(value);
  const text = typeof value === "string" ? value : JSON.stringify(value, (_, part: unknown) => (typeof part === "bigint" ? part.toString() : part));
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}
