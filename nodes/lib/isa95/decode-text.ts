import { ResonanceError } from "../errors/resonance-error";

/** Byte order marks and what they say. */
const MARKS: readonly (readonly [bytes: readonly number[], label: string])[] = [
  [[0xef, 0xbb, 0xbf], "utf-8"], [[0xfe, 0xff], "utf-16be"], [[0xff, 0xfe], "utf-16le"],
];
/** The first characters of a document without a mark, when it is UTF-16 (XML 1.0 appendix F). */
const STARTS: readonly (readonly [bytes: readonly number[], label: string])[] = [
  [[0x00, 0x3c], "utf-16be"], [[0x3c, 0x00], "utf-16le"], [[0x00, 0x7b], "utf-16be"], [[0x7b, 0x00], "utf-16le"],
];
/** Bytes in which the XML declaration ends. */
const DECLARATION = 200;
/** Labels that name a family rather than its byte order; the bytes have told it before. */
const UTF16 = /^(?:utf-?16|ucs-?2|iso-10646-ucs-2|unicode)$/i;

/**
 * Bytes as text, in the encoding that a byte order mark, the transport's `charset` or the XML declaration names, in this order
 * (RFC 7303 §3.3); UTF-8 where nothing does.
 * @throws RESONANCE_ISA95_UNREADABLE for an encoding nobody knows and for bytes that are not in the one that is named.
 */
export function decodeText(bytes: Uint8Array, charset?: string): string {
  const label = labelOf(bytes, charset);
  try {
    return new TextDecoder(label, { fatal: true }).decode(bytes);
  } catch (cause) {
    const detail = cause instanceof RangeError ? `the encoding ${label.slice(0, 40)} is not known` : `the bytes are not ${label}`;
    throw new ResonanceError("RESONANCE_ISA95_UNREADABLE", { detail }, { cause });
  }
}

function labelOf(bytes: Uint8Array, charset: string | undefined): string {
  const startsWith = (list: typeof MARKS): string | undefined => list.find(([start]) => start.every((byte, index) => bytes[index] === byte))?.[1];
  const seen = startsWith(MARKS) ?? startsWith(STARTS);
  if (seen !== undefined) return seen;
  const named = charset ?? declared(bytes);
  return named === undefined || UTF16.test(named) ? "utf-8" : named;
}

function declared(bytes: Uint8Array): string | undefined {
  const start = Buffer.from(bytes.subarray(0, DECLARATION)).toString("latin1");
  return /^\s*<\?xml\s[^>]*?\bencoding\s*=\s*["']([^"']*)["']/.exec(start)?.[1];
}
