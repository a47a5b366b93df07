/** Finds a part of a JSON document; `undefined` where there is none. */
export type Pointer = (document: unknown) => unknown;

/**
 * Compiles a JSON pointer (RFC 6901): empty for the whole document, else `/` before each part. Only own parts are found, nothing of a
 * prototype. `undefined` for a text that is no pointer.
 */
export function compilePointer(text: string): Pointer | undefined {
  if (text === "") return (document) => document;
  if (!text.startsWith("/") || /~(?![01])/.test(text)) return undefined;
  const parts = text.slice(1).split("/").map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
  return (document) => parts.reduce(partOf, document);
}

function partOf(value: unknown, part: string): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, part)) return undefined;
  if (Array.isArray(value) && !/^(?:0|[1-9]\d*)$/.test(part)) return undefined;
  return (value as Record<string, unknown>)[part];
}
