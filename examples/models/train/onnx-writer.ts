// Writes ONNX files: the part of onnx.proto3 that small models need. IR version 7 and opset 13, which every runtime since 2020 reads.

/** Element types by the number that ONNX gives them. */
const ELEMENT_TYPES = {
  float: 1, uint8: 2, int8: 3, uint16: 4, int16: 5, int32: 6, int64: 7, string: 8, bool: 9, float16: 10, double: 11, uint32: 12, uint64: 13,
} as const;
const IR_VERSION = 7;
const OPSET = 13;
// AttributeProto.AttributeType
const ATTRIBUTE = { float: 1, int: 2, string: 3, graph: 5, floats: 6, ints: 7, strings: 8 } as const;
/** Operators outside of the standard's main domain, with the domain's opset. */
const OTHER_DOMAINS: Readonly<Record<string, readonly [domain: string, opset: number]>> = { LabelEncoder: ["ai.onnx.ml", 2] };

export type ElementType = keyof typeof ELEMENT_TYPES;

/** An input or output; a text in the shape names an open size. */
export interface ValueInfo {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly (number | string)[];
}

/** A constant of the graph; `int64` for shapes and indices. */
export type Constant = { readonly name: string; readonly shape: readonly number[] } & (
  | { readonly type: "float" | "int64" | "bool"; readonly data: readonly number[] }
  | { readonly type: "string"; readonly data: readonly string[] }
);

/** A whole number, a text, a list of whole numbers, what is named as something else, or a graph. */
export type Attribute =
  | number | string | readonly number[] | Graph
  | { readonly float: number } | { readonly floats: readonly number[] } | { readonly strings: readonly string[] };

/** An operator with its inputs and outputs by name. */
export interface Operator {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<Record<string, Attribute>>;
}

export interface Graph {
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  readonly operators: readonly Operator[];
  readonly constants?: readonly Constant[];
}

export interface OnnxModel extends Graph {
  readonly name: string;
  readonly about: string;
  /** Whole number from 1 on. */
  readonly version: number;
  /** Goes into the file as `metadata_props`. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** The model as the bytes of an ONNX file; the same model gives the same bytes. */
export function writeOnnx({ name, about, version, metadata = {}, ...graph }: OnnxModel): Buffer {
  return message(
    int(1, IR_VERSION),
    text(2, "model-data-resonance"),
    int(5, version),
    text(6, about),
    bytes(7, graphProto(name, graph)),
    ...[["", OPSET] as const, ...domainsOf(graph)].map(([domain, opset]) => bytes(8, message(text(1, domain), int(2, opset)))),
    ...Object.entries(metadata).map(([key, value]) => bytes(14, message(text(1, key), text(2, value)))),
  );
}

function domainsOf({ operators }: Graph): readonly (readonly [string, number])[] {
  return [...new Set(operators.map(({ op }) => OTHER_DOMAINS[op]))].filter((domain) => domain !== undefined);
}

function graphProto(name: string, { inputs, outputs, operators, constants = [] }: Graph): Buffer {
  return message(
    ...operators.map((operator, index) => bytes(1, nodeProto(operator, index))),
    text(2, name),
    ...constants.map((constant) => bytes(5, tensorProto(constant))),
    ...inputs.map((input) => bytes(11, valueProto(input))),
    ...outputs.map((output) => bytes(12, valueProto(output))),
  );
}

function nodeProto({ op, inputs, outputs, attributes = {} }: Operator, index: number): Buffer {
  return message(
    ...inputs.map((input) => text(1, input)),
    ...outputs.map((output) => text(2, output)),
    text(3, `${op}_${index}`),
    text(4, op),
    text(7, OTHER_DOMAINS[op]?.[0] ?? ""),
    ...Object.entries(attributes).map(([key, value]) => bytes(5, message(text(1, key), ...attributeValue(value)))),
  );
}

function attributeValue(value: Attribute): readonly Buffer[] {
  if (typeof value === "number") return [int(3, value), int(20, ATTRIBUTE.int)];
  if (typeof value === "string") return [text(4, value), int(20, ATTRIBUTE.string)];
  if ("float" in value) return [float(2, value.float), int(20, ATTRIBUTE.float)];
  if ("floats" in value) return [...value.floats.map((each) => float(7, each)), int(20, ATTRIBUTE.floats)];
  if ("strings" in value) return [...value.strings.map((each) => text(9, each)), int(20, ATTRIBUTE.strings)];
  if ("operators" in value) return [bytes(6, graphProto("body", value)), int(20, ATTRIBUTE.graph)];
  return [...value.map((each) => int(8, each)), int(20, ATTRIBUTE.ints)];
}

function tensorProto(constant: Constant): Buffer {
  const { name, type, shape } = constant;
  return message(...shape.map((size) => int(1, size)), int(2, ELEMENT_TYPES[type]), text(8, name), ...tensorData(constant));
}

function tensorData({ type, data }: Constant): readonly Buffer[] {
  if (type === "string") return data.map((value) => text(6, value));
  const raw = Buffer.alloc(data.length * { float: 4, int64: 8, bool: 1 }[type]);
  data.forEach((value, index) => {
    if (type === "float") raw.writeFloatLE(value, index * 4);
    else if (type === "int64") raw.writeBigInt64LE(BigInt(value), index * 8);
    else raw.writeUInt8(value, index);
  });
  return [bytes(9, raw)];
}

function valueProto({ name, type, shape }: ValueInfo): Buffer {
  const dimensions = shape.map((size) => bytes(1, typeof size === "number" ? int(1, size) : text(2, size)));
  const tensor = message(int(1, ELEMENT_TYPES[type]), bytes(2, message(...dimensions)));
  return message(text(1, name), bytes(2, bytes(1, tensor)));
}

const message = (...parts: readonly Buffer[]): Buffer => Buffer.concat(parts);
const int = (field: number, value: number): Buffer => Buffer.concat([varint(field * 8), varint(value)]);
const text = (field: number, value: string): Buffer => bytes(field, Buffer.from(value, "utf8"));
const bytes = (field: number, content: Buffer): Buffer => Buffer.concat([varint(field * 8 + 2), varint(content.length), content]);

function float(field: number, value: number): Buffer {
  const raw = Buffer.alloc(4);
  raw.writeFloatLE(value);
  return Buffer.concat([varint(field * 8 + 5), raw]);
}

function varint(value: number): Buffer {
  const out: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  do {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    out.push(rest > 0n ? low | 0x80 : low);
  } while (rest > 0n);
  return Buffer.from(out);
}
