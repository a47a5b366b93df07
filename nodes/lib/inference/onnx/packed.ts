import { mismatch } from "../check-tensor";
import type { Element } from "../datatype";
import type { Datatype, Tensor } from "../tensor";
import { fromHalf, toHalf } from "../half";

/** Values as the runtime holds them. */
export type PackedData =
  | Float32Array | Float64Array | Int8Array | Int16Array | Int32Array | Uint8Array | Uint16Array | Uint32Array | BigInt64Array | BigUint64Array
  | readonly string[];

/** A tensor on its way between the threads; `type` is the runtime's word for the datatype. */
export interface PackedTensor {
  readonly name: string;
  readonly type: string;
  readonly dims: readonly number[];
  readonly data: PackedData;
}

interface Packing {
  readonly type: string;
  readonly pack: (values: readonly Element[]) => PackedData;
  /** A value of the packed data as an element. */
  readonly unpack: (value: never) => unknown;
}

const same = (value: unknown): unknown => value;
const numbers = (values: readonly Element[]): readonly number[] => values as readonly number[];

/** How each datatype is held by the runtime. */
const PACKINGS: Readonly<Partial<Record<Datatype, Packing>>> = {
  BOOL: { type: "bool", pack: (values) => Uint8Array.from(values, Number), unpack: (value) => value !== 0 },
  UINT8: { type: "uint8", pack: (values) => Uint8Array.from(numbers(values)), unpack: same },
  UINT16: { type: "uint16", pack: (values) => Uint16Array.from(numbers(values)), unpack: same },
  UINT32: { type: "uint32", pack: (values) => Uint32Array.from(numbers(values)), unpack: same },
  UINT64: { type: "uint64", pack: (values) => BigUint64Array.from(values, (value) => BigInt(value)), unpack: same },
  INT8: { type: "int8", pack: (values) => Int8Array.from(numbers(values)), unpack: same },
  INT16: { type: "int16", pack: (values) => Int16Array.from(numbers(values)), unpack: same },
  INT32: { type: "int32", pack: (values) => Int32Array.from(numbers(values)), unpack: same },
  INT64: { type: "int64", pack: (values) => BigInt64Array.from(values, (value) => BigInt(value)), unpack: same },
  FP16: { type: "float16", pack: (values) => Uint16Array.from(numbers(values), toHalf), unpack: fromHalf },
  FP32: { type: "float32", pack: (values) => Float32Array.from(numbers(values)), unpack: same },
  FP64: { type: "float64", pack: (values) => Float64Array.from(numbers(values)), unpack: same },
  BYTES: { type: "string", pack: (values) => values as readonly string[], unpack: same },
};

const DATATYPES_BY_TYPE: ReadonlyMap<string, Datatype> = new Map(Object.entries(PACKINGS).map(([datatype, { type }]) => [type, datatype as Datatype]));

/** A checked tensor as the runtime takes it. @throws RESONANCE_MODEL_TENSOR_MISMATCH for a datatype that the runtime does not have */
export function packTensor({ name, datatype, shape, data }: Tensor): PackedTensor {
  const packing = PACKINGS[datatype];
  if (!packing) throw mismatch("inputs", name, "datatype", datatype, Object.keys(PACKINGS).join(", "));
  return { name, type: packing.type, dims: shape, data: packing.pack(data) };
}

/** What the runtime gave, with the protocol's datatype (its own word for one that the protocol lacks); the values are not checked. */
export function unpackTensor({ name, type, dims, data }: PackedTensor): { readonly name: string; readonly datatype: string; readonly shape: readonly number[]; readonly data: readonly unknown[] } {
  const datatype = DATATYPES_BY_TYPE.get(type);
  const unpack = (datatype && PACKINGS[datatype]?.unpack) ?? same;
  const values = new Array<unknown>(data.length);
  for (let index = 0; index < data.length; index += 1) values[index] = unpack(data[index] as never);
  return { name, datatype: datatype ?? type, shape: [...dims], data: values };
}

/** The buffers of tensors that can change threads without a copy. */
export function buffersOf(tensors: readonly PackedTensor[]): ArrayBuffer[] {
  return tensors.flatMap(({ data }) => ("buffer" in data && data.buffer instanceof ArrayBuffer ? [data.buffer] : []));
}
