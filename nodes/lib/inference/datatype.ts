import type { Datatype } from "./tensor";

/** The value of one element: integers beyond 2^53 are decimal strings, everything else is what JSON has for it. */
export type Element = number | boolean | string;

/** What a datatype admits. */
export interface DatatypeRule {
  readonly kind: "boolean" | "integer" | "float" | "bytes";
  /** For people, e.g. `a whole number from 0 to 255`. */
  readonly expected: string;
  /** The value as an element of a tensor, or `undefined` where it does not fit. */
  admit(value: unknown): Element | undefined;
}

const BOOL: DatatypeRule = {
  kind: "boolean",
  expected: "true or false",
  admit: (value) => (typeof value === "boolean" ? value : undefined),
};

const BYTES: DatatypeRule = {
  kind: "bytes",
  expected: "a text",
  admit: (value) => (typeof value === "string" ? value : undefined),
};

/** Datatypes of the Open Inference Protocol V2, "Tensor Data Types". */
export const DATATYPES: Readonly<Record<Datatype, DatatypeRule>> = {
  BOOL,
  UINT8: integer(0n, 255n),
  UINT16: integer(0n, 65_535n),
  UINT32: integer(0n, 4_294_967_295n),
  UINT64: integer(0n, 2n ** 64n - 1n),
  INT8: integer(-128n, 127n),
  INT16: integer(-32_768n, 32_767n),
  INT32: integer(-2_147_483_648n, 2_147_483_647n),
  INT64: integer(-(2n ** 63n), 2n ** 63n - 1n),
  // From half a step above the largest half-precision number on, rounding gives infinity.
  FP16: float((value) => Math.abs(value) < 65_520, "from -65504 to 65504"),
  // As wide as FP32, with seven bits of precision; not of the protocol, but servers name it.
  BF16: float((value) => Number.isFinite(Math.fround(value)), "from -3.4e38 to 3.4e38"),
  FP32: float((value) => Number.isFinite(Math.fround(value)), "from -3.4e38 to 3.4e38"),
  FP64: float(() => true, "of double precision"),
  BYTES,
};

/** Whether the text names a datatype of the protocol. */
export function isDatatype(text: unknown): text is Datatype {
  return typeof text === "string" && Object.hasOwn(DATATYPES, text);
}

/** Whether values of the datatype may be larger than a JavaScript number holds exactly. */
export function isWide(datatype: string): boolean {
  return datatype === "INT64" || datatype === "UINT64";
}

function float(inRange: (value: number) => boolean, range: string): DatatypeRule {
  return {
    kind: "float",
    expected: `a finite number ${range}`,
    admit: (value) => (typeof value === "number" && Number.isFinite(value) && inRange(value) ? value : undefined),
  };
}

function integer(least: bigint, greatest: bigint): DatatypeRule {
  const wide = greatest > BigInt(Number.MAX_SAFE_INTEGER);
  const low = Number(least);
  const high = Number(greatest);
  const admitExact = (value: bigint): Element | undefined => {
    if (value < least || value > greatest) return undefined;
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value.toString();
  };
  return {
    kind: "integer",
    expected: `a whole number from ${least.toString()} to ${greatest.toString()}`,
    admit(value) {
      // A larger number has lost its last digits already; such a value must come as text or bigint.
      if (typeof value === "number") return Number.isSafeInteger(value) && value >= low && value <= high ? value : undefined;
      if (!wide) return undefined;
      if (typeof value === "bigint") return admitExact(value);
      return typeof value === "string" && /^-?\d{1,20}$/.test(value) ? admitExact(BigInt(value)) : undefined;
    },
  };
}
