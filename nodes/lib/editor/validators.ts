import type { Validate } from "./red";
import type { Text } from "./text";

/** What is wrong with a value, as a sentence, or `undefined`. */
export type Check = (value: unknown) => string | undefined;

const WHOLE_VARIABLE = /^\$\{[A-Za-z_][A-Za-z0-9_]*\}$/;
const BROWSE_PATH = /^\/(?:(?:\d{1,5}:|nsu=[^;]+;)?(?:&.|[^&/.<>:#!])+(?:[/.](?!$)|$))+$/;
const NODE_ID = /^(ns=\d+;|nsu=[^;]+;)?(i=\d+|s=.+|g=[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|b=[A-Za-z0-9+/]+={0,2})$/i;

/** A validator that names the property and says the first thing wrong with it. */
export function validate(...checks: readonly Check[]): Validate {
  return (value, opt) => {
    for (const check of checks) {
      const problem = check(value);
      if (problem) return opt.label ? `${opt.label}: ${problem}` : problem;
    }
    return true;
  };
}

/** Something must be there; `_ADD_` is the editor's word for no configuration node. */
export const required = (text: Text): Check =>
  (value) => (isBlank(value) ? text("common.error.required") : undefined);

/** A URL of one of the schemes; parts may come from `${ENV}`. */
export function url(text: Text, ...schemes: readonly string[]): Check {
  return (value) => {
    const address = String(value).trim();
    if (address === "" || address.startsWith("${")) return undefined;
    const filled = address.replace(/\$\{[A-Za-z_][A-Za-z0-9_]*\}/g, "1");
    const scheme = schemes.find((each) => filled.toLowerCase().startsWith(`${each}://`));
    // The platform's parser treats schemes it does not know more leniently: judge the rest as http.
    const usable = scheme !== undefined && URL.canParse(`http${filled.slice(scheme.length)}`);
    return usable ? undefined : text("common.error.url", { schemes: schemes.map((each) => `${each}://`).join(", ") });
  };
}

export interface Range {
  readonly min: number;
  readonly max?: number;
  readonly whole?: boolean;
}

/** A number in a range, or `${ENV}`. */
export function number(text: Text, { min, max, whole }: Range): Check {
  return (value) => {
    if (typeof value === "string" && WHOLE_VARIABLE.test(value)) return undefined;
    const found = isBlank(value) ? Number.NaN : Number(value);
    if (found >= min && found <= (max ?? Number.MAX_VALUE) && (!whole || Number.isInteger(found))) return undefined;
    const key = `common.error.${whole ? "whole" : "number"}${max === undefined ? "From" : "Between"}`;
    return text(key, { min, max: max ?? 0 });
  };
}

/** An OPC UA NodeId, with namespace index or URI. */
export const nodeId = (text: Text): Check =>
  (value) => (isNodeId(value) ? undefined : text("common.error.nodeId"));

export const isNodeId = (value: unknown): boolean => NODE_ID.test(String(value).trim());

/** An OPC UA NodeId, or a browse path from the Root folder. */
export const address = (text: Text): Check =>
  (value) => (isAddress(value) ? undefined : text("common.error.nodeId"));

export const isAddress = (value: unknown): boolean => isNodeId(value) || BROWSE_PATH.test(String(value).trim());

/** At least one row, and none with a problem; the row's number goes before it. */
export function rows<R>(text: Text, problemOf: (row: R, all: readonly R[]) => string | undefined, least = 1): Check {
  return (value) => {
    const all = Array.isArray(value) ? (value as readonly R[]) : [];
    if (all.length < least) return text("common.error.rows");
    for (const [index, row] of all.entries()) {
      const problem = problemOf(row, all);
      if (problem) return text("common.error.row", { row: index + 1, problem });
    }
    return undefined;
  };
}

/** A text that holds a JSON Schema: an object, or true or false. */
export const jsonSchema = (text: Text): Check => (value) => {
  try {
    const schema: unknown = JSON.parse(String(value));
    const usable = typeof schema === "boolean" || (typeof schema === "object" && schema !== null && !Array.isArray(schema));
    return usable ? undefined : text("common.error.schema");
  } catch (thrown) {
    return text("common.error.json", { detail: thrown instanceof Error ? thrown.message : "" });
  }
};

/** A text that holds JSON. */
export const json = (text: Text): Check => (value) => {
  try {
    JSON.parse(String(value));
    return undefined;
  } catch (thrown) {
    return text("common.error.json", { detail: thrown instanceof Error ? thrown.message : "" });
  }
};

/** Empty, or what the pattern says. */
export const pattern = (expression: RegExp, problem: () => string): Check =>
  (value) => (isBlank(value) || expression.test(String(value).trim()) ? undefined : problem());

/** Applies a check only while `when` holds. */
export const onlyIf = (when: () => boolean, check: Check): Check =>
  (value) => (when() ? check(value) : undefined);

/** A setting that an older version of the node did not have is right without a value. */
export const since = (check: Check): Check =>
  (value) => (value === undefined ? undefined : check(value));

export function isBlank(value: unknown): boolean {
  return value === undefined || value === null || value === "_ADD_" || (typeof value === "string" && value.trim() === "");
}
