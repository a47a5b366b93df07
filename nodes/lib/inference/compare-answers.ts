import { isDeepStrictEqual } from "node:util";
import { isObject } from "../json/is-object";

/** How far two numbers may be apart and still agree: |a − b| ≤ absolute + relative · the larger of |a| and |b|. */
export interface Tolerance {
  /** A share: 0.01 for one percent. */
  readonly relative: number;
  readonly absolute: number;
}

/** A place where two answers differ. */
export interface Difference {
  /** JSON pointer; of tensors `/<tensor>/<element>`. */
  readonly path: string;
  readonly primary: unknown;
  readonly shadow: unknown;
  /** Shadow minus primary, of numbers. */
  readonly difference?: number;
}

/** How two answers compare. */
export interface Comparison {
  readonly agrees: boolean;
  /** Values looked at, and those that differ. */
  readonly compared: number;
  readonly differing: number;
  /** The largest difference of two numbers, whether it is within the tolerance or not. */
  readonly largest: number;
  /** The first of the differences. */
  readonly differences: readonly Difference[];
}

const MOST_DIFFERENCES = 20;
const DEEPEST = 64;

/** Compares two answers value by value: tensors by their names, JSON by its paths, texts as a whole. */
export function compareAnswers(primary: unknown, shadow: unknown, { relative, absolute }: Tolerance): Comparison {
  const found = { compared: 0, differing: 0, largest: 0, differences: [] as Difference[] };

  const differ = (path: string, one: unknown, other: unknown, difference?: number): void => {
    found.differing += 1;
    if (found.differences.length >= MOST_DIFFERENCES) return;
    found.differences.push({ path, primary: brief(one), shadow: brief(other), ...(difference !== undefined && { difference }) });
  };
  const leaf = (path: string, one: unknown, other: unknown): void => {
    found.compared += 1;
    if (typeof one !== "number" || typeof other !== "number") {
      if (!isDeepStrictEqual(one, other)) differ(path, one, other);
      return;
    }
    const apart = Math.abs(other - one);
    if (apart > found.largest) found.largest = apart;
    const allowed = absolute + relative * Math.max(Math.abs(one), Math.abs(other));
    if (!(apart <= allowed) && !Object.is(one, other)) differ(path, one, other, other - one);
  };
  const walk = (path: string, one: unknown, other: unknown, depth: number): void => {
    if (depth >= DEEPEST) leaf(path, one, other);
    else if (Array.isArray(one) && Array.isArray(other)) {
      for (let index = 0; index < Math.max(one.length, other.length); index += 1) walk(`${path}/${index}`, one[index], other[index], depth + 1);
    } else if (isObject(one) && isObject(other)) {
      for (const key of new Set([...Object.keys(one), ...Object.keys(other)])) walk(`${path}/${escaped(key)}`, one[key], other[key], depth + 1);
    } else leaf(path, one, other);
  };

  walk("", byName(primary), byName(shadow), 0);
  return { agrees: found.differing === 0, ...found };
}

/** Tensors by name, for servers that send them in another order; anything else as it is. */
function byName(answer: unknown): unknown {
  if (!isObject(answer) || !Array.isArray(answer["outputs"])) return answer;
  const outputs = answer["outputs"] as readonly unknown[];
  if (!outputs.every((output) => isObject(output) && typeof output["name"] === "string" && Array.isArray(output["data"]))) return answer;
  return Object.fromEntries((outputs as readonly { name: string; data: unknown[] }[]).map(({ name, data }) => [name, data]));
}

function escaped(key: string): string {
  return key.replaceAll("~", "~0").replaceAll("/", "~1");
}

function brief(value: unknown): unknown {
  if (typeof value === "string") return value.length > 200 ? `${value.slice(0, 199)}…` : value;
  return typeof value === "object" && value !== null ? (Array.isArray(value) ? `[${value.length}]` : "{…}") : value ?? null;
}
