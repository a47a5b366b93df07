import type { Element } from "../datatype";
import { fromHalf, toHalf } from "../half";
import type { Datatype, Tensor } from "../tensor";

/** How the elements of a datatype stand in bytes, little-endian, as the binary tensor data extension has them. */
interface Layout {
  readonly size: number;
  readonly write: (view: DataView, at: number, value: Element) => void;
  readonly read: (view: DataView, at: number) => Element;
}

const LAYOUTS: Readonly<Record<Exclude<Datatype, "BYTES">, Layout>> = {
  BOOL: { size: 1, write: (view, at, value) => { view.setUint8(at, value ? 1 : 0); }, read: (view, at) => view.getUint8(at) !== 0 },
  UINT8: { size: 1, write: (view, at, value) => { view.setUint8(at, Number(value)); }, read: (view, at) => view.getUint8(at) },
  UINT16: { size: 2, write: (view, at, value) => { view.setUint16(at, Number(value), true); }, read: (view, at) => view.getUint16(at, true) },
  UINT32: { size: 4, write: (view, at, value) => { view.setUint32(at, Number(value), true); }, read: (view, at) => view.getUint32(at, true) },
  UINT64: { size: 8, write: (view, at, value) => { view.setBigUint64(at, BigInt(value), true); }, read: (view, at) => wide(view.getUint32(at + 4, true), view.getUint32(at, true)) },
  INT8: { size: 1, write: (view, at, value) => { view.setInt8(at, Number(value)); }, read: (view, at) => view.getInt8(at) },
  INT16: { size: 2, write: (view, at, value) => { view.setInt16(at, Number(value), true); }, read: (view, at) => view.getInt16(at, true) },
  INT32: { size: 4, write: (view, at, value) => { view.setInt32(at, Number(value), true); }, read: (view, at) => view.getInt32(at, true) },
  INT64: { size: 8, write: (view, at, value) => { view.setBigInt64(at, BigInt(value), true); }, read: (view, at) => wide(view.getInt32(at + 4, true), view.getUint32(at, true)) },
  FP16: { size: 2, write: (view, at, value) => { view.setUint16(at, toHalf(Number(value)), true); }, read: (view, at) => fromHalf(view.getUint16(at, true)) },
  BF16: { size: 2, write: (view, at, value) => { view.setUint16(at, toBrain(Number(value)), true); }, read: (view, at) => fromBrain(view.getUint16(at, true)) },
  FP32: { size: 4, write: (view, at, value) => { view.setFloat32(at, Number(value), true); }, read: (view, at) => view.getFloat32(at, true) },
  FP64: { size: 8, write: (view, at, value) => { view.setFloat64(at, Number(value), true); }, read: (view, at) => view.getFloat64(at, true) },
};
/** Bytes before each text that say how long it is. */
const LENGTH = 4;

/** The elements as bytes; each text of BYTES with its length, four bytes, before it. */
export function encodeRaw({ datatype, data }: Pick<Tensor, "datatype" | "data">): Buffer {
  if (datatype === "BYTES") {
    return Buffer.concat(data.flatMap((value) => {
      const text = Buffer.from(String(value));
      const length = Buffer.alloc(LENGTH);
      length.writeUInt32LE(text.length);
      return [length, text];
    }));
  }
  const { size, write } = LAYOUTS[datatype];
  const bytes = Buffer.alloc(size * data.length);
  const view = viewOf(bytes);
  data.forEach((value, index) => { write(view, index * size, value); });
  return bytes;
}

/** `count` elements from bytes; `undefined` where the bytes are not just as many. Texts that are no UTF-8 come as base64. */
export function decodeRaw(datatype: Datatype, bytes: Buffer, count: number): Element[] | undefined {
  if (datatype === "BYTES") return decodeTexts(bytes, count);
  const { size, read } = LAYOUTS[datatype];
  if (bytes.length !== size * count) return undefined;
  const view = viewOf(bytes);
  const data = new Array<Element>(count);
  for (let index = 0; index < count; index += 1) data[index] = read(view, index * size);
  return data;
}

/** Bytes as text, where they are UTF-8; else as base64. */
export function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return Buffer.from(bytes).toString("base64");
  }
}

function decodeTexts(bytes: Buffer, count: number): Element[] | undefined {
  const data: Element[] = [];
  let at = 0;
  while (at + LENGTH <= bytes.length && data.length < count) {
    const end = at + LENGTH + bytes.readUInt32LE(at);
    if (end > bytes.length) return undefined;
    data.push(textOf(bytes.subarray(at + LENGTH, end)));
    at = end;
  }
  return at === bytes.length && data.length === count ? data : undefined;
}

function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** A 64-bit integer of its halves: a number where that holds it exactly, else its digits. */
function wide(high: number, low: number): Element {
  const number = high * 2 ** 32 + low;
  return Number.isSafeInteger(number) ? number : ((BigInt(high) << 32n) | BigInt(low)).toString();
}

const SINGLE = new DataView(new ArrayBuffer(4));

/** The upper half of a binary32, rounded to nearest, ties to even; never to infinity. */
function toBrain(value: number): number {
  SINGLE.setFloat32(0, value);
  const bits = SINGLE.getUint32(0);
  const rounded = (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16;
  return (rounded & 0x7fff) === 0x7f80 ? rounded - 1 : rounded;
}

function fromBrain(bits: number): number {
  SINGLE.setUint32(0, bits << 16);
  return SINGLE.getFloat32(0);
}
