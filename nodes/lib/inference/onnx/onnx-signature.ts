import type { Signature } from "../check-tensor";
import { fieldsOf, WireError } from "./protobuf";

/** An input or output of an ONNX graph. */
export interface OnnxValue {
  readonly name: string;
  /** Datatype of the Open Inference Protocol, or the kind in ONNX's own words where the protocol has none, e.g. `sequence(map(int64,float))`. */
  readonly datatype: string;
  /** Whether it is a tensor. */
  readonly tensor: boolean;
  /** -1 for a size that the file leaves open; absent where the file does not even state how many dimensions there are. */
  readonly shape?: readonly number[];
  /** Whether the file holds a value for it, so that it need not be given (inputs only). */
  readonly optional: boolean;
}

/** What an ONNX file says of its model. */
export interface OnnxSignature {
  /** `producer_name` and `producer_version`. */
  readonly producer: string;
  /** `model_version`; absent when 0, which is what tools write who do not care. */
  readonly version?: number;
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  /** Whether weights lie in other files beside it. */
  readonly external: boolean;
}

/** Element types of ONNX `TensorProto.DataType` by number; those of the protocol by its name. */
const ELEMENT_TYPES: Readonly<Record<number, string>> = {
  1: "FP32", 2: "UINT8", 3: "INT8", 4: "UINT16", 5: "INT16", 6: "INT32", 7: "INT64", 8: "BYTES", 9: "BOOL", 10: "FP16", 11: "FP64", 12: "UINT32",
  13: "UINT64", 14: "complex64", 15: "complex128", 16: "bfloat16", 17: "float8e4m3fn", 18: "float8e4m3fnuz", 19: "float8e5m2", 20: "float8e5m2fnuz",
  21: "uint4", 22: "int4", 23: "float4e2m1",
};

// Field numbers of onnx.proto3.
const MODEL = { irVersion: 1, producerName: 2, producerVersion: 3, modelVersion: 5, graph: 7 } as const;
const GRAPH = { node: 1, initializer: 5, input: 11, output: 12, sparseInitializer: 15 } as const;
const VALUE_INFO = { name: 1, type: 2 } as const;
const TYPE = { tensor: 1, sequence: 4, map: 5, sparse: 8, optional: 9 } as const;
const TENSOR = { name: 8, dataLocation: 14 } as const;

/**
 * Reads inputs and outputs out of an ONNX file's bytes, without any runtime. Only the outer structure is read: that the operators work, the
 * runtime tells.
 * @throws WireError, with words, for bytes that are not a whole ONNX model
 */
export function readOnnxSignature(bytes: Uint8Array): OnnxSignature {
  if (bytes.length === 0) throw new WireError("it is empty");
  const texts = new Map<number, string>();
  let irVersion = 0;
  let version = 0;
  let graph: readonly [number, number] | undefined;
  for (const { field, value, start, end } of fieldsOf(bytes)) {
    if (field === MODEL.irVersion) irVersion = value ?? 0;
    else if (field === MODEL.modelVersion) version = value ?? 0;
    else if (field === MODEL.producerName || field === MODEL.producerVersion) texts.set(field, textIn(bytes, start, end));
    else if (field === MODEL.graph && end > 0) graph = [start, end];
  }
  if (!graph || irVersion < 1) throw new WireError("it holds no ONNX graph");
  const producer = [texts.get(MODEL.producerName), texts.get(MODEL.producerVersion)].filter(Boolean).join(" ");
  return { producer, ...(version > 0 && Number.isSafeInteger(version) ? { version } : {}), ...readGraph(bytes, ...graph) };
}

/** A value as the signature of a tensor; `undefined` for what is none. */
export function tensorSignature({ name, datatype, tensor, shape = [] }: OnnxValue): Signature | undefined {
  return tensor ? { name, datatype, shape } : undefined;
}

function readGraph(bytes: Uint8Array, from: number, to: number): Pick<OnnxSignature, "inputs" | "outputs" | "external"> {
  const inputs: Omit<OnnxValue, "optional">[] = [];
  const outputs: OnnxValue[] = [];
  const given = new Set<string>();
  let external = false;
  let nodes = 0;
  for (const { field, start, end } of fieldsOf(bytes, from, to)) {
    if (field === GRAPH.input) inputs.push(readValue(bytes, start, end));
    else if (field === GRAPH.output) outputs.push({ ...readValue(bytes, start, end), optional: false });
    else if (field === GRAPH.node) nodes += 1;
    else if (field === GRAPH.initializer) {
      for (const part of fieldsOf(bytes, start, end)) {
        if (part.field === TENSOR.name) given.add(textIn(bytes, part.start, part.end));
        else if (part.field === TENSOR.dataLocation && part.value === 1) external = true;
      }
    }
  }
  if (outputs.length === 0) throw new WireError(nodes === 0 ? "it holds no ONNX graph" : "its graph has no outputs");
  return { inputs: inputs.map((input) => ({ ...input, optional: given.has(input.name) })), outputs, external };
}

function readValue(bytes: Uint8Array, from: number, to: number): Omit<OnnxValue, "optional"> {
  let name = "";
  let type: ReturnType<typeof readType> = { datatype: "unknown", tensor: false };
  for (const { field, start, end } of fieldsOf(bytes, from, to)) {
    if (field === VALUE_INFO.name) name = textIn(bytes, start, end);
    else if (field === VALUE_INFO.type) type = readType(bytes, start, end, 0);
  }
  return { name, ...type };
}

function readType(bytes: Uint8Array, from: number, to: number, depth: number): Pick<OnnxValue, "datatype" | "tensor" | "shape"> {
  if (depth > 8) throw new WireError("its types are nested too deep");
  for (const { field, start, end } of fieldsOf(bytes, from, to)) {
    const inner = (wanted: number): string => {
      const part = [...fieldsOf(bytes, start, end)].find((candidate) => candidate.field === wanted && candidate.end > 0);
      return part ? readType(bytes, part.start, part.end, depth + 1).datatype : "unknown";
    };
    if (field === TYPE.tensor) return { tensor: true, ...readTensorType(bytes, start, end) };
    if (field === TYPE.sequence) return { tensor: false, datatype: `sequence(${inner(1)})` };
    if (field === TYPE.map) return { tensor: false, datatype: `map(${elementTypeAt(bytes, start, end)},${inner(2)})` };
    if (field === TYPE.optional) return { tensor: false, datatype: `optional(${inner(1)})` };
    if (field === TYPE.sparse) return { tensor: false, datatype: "sparse tensor" };
  }
  return { datatype: "unknown", tensor: false };
}

function readTensorType(bytes: Uint8Array, from: number, to: number): Pick<OnnxValue, "datatype" | "shape"> {
  const datatype = elementTypeAt(bytes, from, to);
  const stated = [...fieldsOf(bytes, from, to)].find(({ field }) => field === 2);
  if (!stated) return { datatype };
  const shape: number[] = [];
  for (const dimension of fieldsOf(bytes, stated.start, stated.end)) {
    if (dimension.field !== 1) continue;
    const size = [...fieldsOf(bytes, dimension.start, dimension.end)].find(({ field }) => field === 1)?.value;
    // Some exporters write an open size as -1 or 0 instead of naming it.
    shape.push(size !== undefined && size > 0 && Number.isSafeInteger(size) ? size : -1);
  }
  return { datatype, shape };
}

function elementTypeAt(bytes: Uint8Array, from: number, to: number): string {
  const number = [...fieldsOf(bytes, from, to)].find(({ field }) => field === 1)?.value ?? 0;
  return ELEMENT_TYPES[number] ?? `type ${number}`;
}

function textIn(bytes: Uint8Array, from: number, to: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString("utf8");
}
