const WORK = new DataView(new ArrayBuffer(4));

/** The bits of the half-precision number nearest to `value` (ties to even); from half a step above the largest one on, infinity. */
export function toHalf(value: number): number {
  WORK.setFloat32(0, value);
  const single = WORK.getUint32(0);
  const sign = (single >>> 16) & 0x8000;
  const magnitude = Math.abs(value);
  if (Number.isNaN(value)) return 0x7e00;
  if (magnitude >= 65_520) return sign | 0x7c00;
  // 10 bits follow the leading one; below the smallest normal number every step is 2^-24.
  const exponent = Math.max(-14, ((single >>> 23) & 0xff) - 127);
  const steps = roundToEven(magnitude / 2 ** (exponent - 10));
  // The leading one, and a carry out of the fraction, run into the exponent, which is just right.
  return sign | (((exponent + 14) << 10) + steps);
}

/** The number that half-precision bits stand for. */
export function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >>> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

function roundToEven(value: number): number {
  const low = Math.floor(value);
  const rest = value - low;
  return rest > 0.5 || (rest === 0.5 && low % 2 === 1) ? low + 1 : low;
}
