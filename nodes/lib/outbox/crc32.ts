import zlib from "node:zlib";

const TABLE = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value >>> 0;
});

/** CRC-32 (ISO-HDLC, as in zip and PNG) of `data`, continued from `start`; for a Node.js that has none of its own. */
export function tableCrc32(data: Buffer, start = 0): number {
  let value = ~start;
  for (const byte of data) value = (value >>> 8) ^ (TABLE[(value ^ byte) & 0xff] ?? 0);
  return ~value >>> 0;
}

const native = (zlib as { readonly crc32?: (data: Buffer, start?: number) => number }).crc32;

/** CRC-32 of `data`, continued from `start`; native from Node.js 20.15 on. */
export const crc32: (data: Buffer, start?: number) => number = native ?? tableCrc32;
