import { crc32 } from "./crc32";

/** What a frame says: an entry, or what became of one. */
export const FRAME = { put: 1, done: 2, dead: 3, retry: 4, dropped: 5 } as const;
export type FrameType = (typeof FRAME)[keyof typeof FRAME];

/** Facts of an entry as they stand in the log; short names because they are written with every entry. */
export interface PutMeta {
  /** sequence */
  readonly s: number;
  /** lane */
  readonly l: string;
  /** idempotency key */
  readonly k: string;
  /** headers */
  readonly h: Readonly<Record<string, string>>;
  /** queued at, milliseconds since 1970 */
  readonly t: number;
  /** the body was a Buffer */
  readonly b?: 1;
  /** attempts so far */
  readonly a?: number;
  /** dead letter: reason and time */
  readonly d?: DeadMark;
  /** the dead letter that this entry replays, which is thereby gone */
  readonly r?: number;
}

export interface DeadMark {
  readonly reason: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** What a frame other than `put` says of the entry `s`. */
export interface MarkMeta {
  readonly s: number;
  readonly a?: number;
  readonly d?: DeadMark;
}

/** A frame without its header: meta data as JSON, then the body. */
export interface Payload {
  readonly type: FrameType;
  readonly bytes: Buffer;
}

/** A whole frame found in a segment. */
export interface Frame {
  readonly type: FrameType;
  readonly meta: PutMeta | MarkMeta;
  readonly offset: number;
  readonly length: number;
}

/** Bytes of a segment that are no whole frame. */
export interface DamagedRange {
  readonly offset: number;
  readonly bytes: number;
  /** Frames in it whose header was still whole. */
  readonly frames: number;
}

/** magic 4, type 4, payload length 4, CRC of the payload 4, CRC of the header 4; numbers little-endian */
export const HEADER_BYTES = 20;
const MAGIC = Buffer.from("RSB1", "latin1");
const NO_BODY = Buffer.alloc(0);

/** The payload of a frame; its length in the log is `HEADER_BYTES` more. */
export function packPayload(type: FrameType, meta: PutMeta | MarkMeta, body: Buffer = NO_BODY): Payload {
  const json = Buffer.from(JSON.stringify(meta), "utf8");
  const size = Buffer.allocUnsafe(4);
  size.writeUInt32LE(json.length);
  return { type, bytes: Buffer.concat([size, json, body]) };
}

/**
 * The header of a frame. `salt` is the segment's own number, with which both CRCs begin: a body that holds a copy of
 * another log is never taken for frames of this one.
 */
export function frameHeader({ type, bytes }: Payload, salt: number): Buffer {
  const header = Buffer.allocUnsafe(HEADER_BYTES);
  MAGIC.copy(header);
  header.writeUInt32LE(type, 4);
  header.writeUInt32LE(bytes.length, 8);
  header.writeUInt32LE(crc32(bytes, salt), 12);
  header.writeUInt32LE(crc32(header.subarray(0, 16), salt), 16);
  return header;
}

/** Meta data and body of the whole frame that `data` begins with; `undefined` when it is not whole. */
export function openFrame(data: Buffer, salt: number): { readonly type: FrameType; readonly meta: PutMeta | MarkMeta; readonly body: Buffer; readonly length: number } | undefined {
  const length = headerLength(data, salt);
  if (length === undefined || length > data.length) return undefined;
  const payload = data.subarray(HEADER_BYTES, length);
  if (payload.length < 4 || crc32(payload, salt) !== data.readUInt32LE(12)) return undefined;
  const end = 4 + payload.readUInt32LE(0);
  const meta = JSON.parse(payload.toString("utf8", 4, end)) as PutMeta | MarkMeta;
  return { type: data.readUInt32LE(4) as FrameType, meta, body: payload.subarray(end), length };
}

/** All whole frames of a segment in their order, and what lies between them. */
export function scanFrames(data: Buffer, salt: number): { readonly frames: readonly Frame[]; readonly damage: readonly DamagedRange[] } {
  const frames: Frame[] = [];
  const damage: DamagedRange[] = [];
  let offset = 0;
  while (offset < data.length) {
    const rest = data.subarray(offset);
    const frame = openFrame(rest, salt);
    if (frame) {
      frames.push({ type: frame.type, meta: frame.meta, offset, length: frame.length });
      offset += frame.length;
      continue;
    }
    const bytes = bytesToNextHeader(rest, salt);
    damage.push({ offset, bytes, frames: headerLength(rest, salt) === undefined ? 0 : 1 });
    offset += bytes;
  }
  return { frames, damage };
}

/** The whole frame's length by a header that is whole. */
function headerLength(data: Buffer, salt: number): number | undefined {
  if (data.length < HEADER_BYTES || !data.subarray(0, 4).equals(MAGIC)) return undefined;
  if (crc32(data.subarray(0, 16), salt) !== data.readUInt32LE(16)) return undefined;
  return HEADER_BYTES + data.readUInt32LE(8);
}

/** A header that is whole says how far its broken frame reaches; else the next header is looked for byte by byte. */
function bytesToNextHeader(data: Buffer, salt: number): number {
  const known = headerLength(data, salt);
  if (known !== undefined && known <= data.length) return known;
  let at = data.indexOf(MAGIC, 1);
  while (at !== -1 && headerLength(data.subarray(at), salt) === undefined) at = data.indexOf(MAGIC, at + 1);
  return at === -1 ? data.length : at;
}
