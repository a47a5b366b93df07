/** One field of a protocol-buffers message: a number (varint; fixed-width ones are skipped) or the place of its bytes. */
export interface WireField {
  readonly field: number;
  /** The varint; `undefined` for every other kind, and beyond 2^53 not exact. */
  readonly value: number | undefined;
  /** Where the bytes of a length-delimited field begin and end; both 0 for other kinds. */
  readonly start: number;
  readonly end: number;
}

/** Bytes that are no message: cut off, or something else altogether. */
export class WireError extends Error {}

const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;

/**
 * The fields of the message that fills `bytes` from `from` to `to`, in order; what a field holds is not looked at.
 * @throws WireError
 */
export function* fieldsOf(bytes: Uint8Array, from = 0, to = bytes.length): Generator<WireField> {
  let at = from;
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = at < to ? bytes[at] : undefined;
      if (byte === undefined) throw new WireError("it ends in the middle of a number");
      at += 1;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw new WireError("it holds a number that never ends");
  };
  const skip = (length: number): number => {
    if (length > to - at) throw new WireError(`a part of ${length} bytes is cut off after ${to - at}`);
    at += length;
    return at;
  };
  while (at < to) {
    const key = varint();
    const field = Math.floor(key / 8);
    const kind = key % 8;
    if (field === 0) throw new WireError("it holds a field without number");
    if (kind === VARINT) yield { field, value: varint(), start: 0, end: 0 };
    else if (kind === BYTES) {
      const length = varint();
      const start = at;
      yield { field, value: undefined, start, end: skip(length) };
    } else if (kind === FIXED64 || kind === FIXED32) {
      skip(kind === FIXED64 ? 8 : 4);
      yield { field, value: undefined, start: 0, end: 0 };
    } else throw new WireError(`it holds a field of an unknown kind (${kind})`);
  }
}
