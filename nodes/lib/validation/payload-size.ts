/** Deeper than this nothing is checked: recursion would end somewhere in the middle. */
const MOST_LEVELS = 500;
/** More parts than this are no message; a payload that holds itself many times over has them without being long. */
const MOST_PARTS = 5_000_000;
/** Beyond this a payload may have as many errors, and collecting them costs more than finding the first. */
const MANY_PARTS = 20_000;

/**
 * How a payload can be checked: with all its errors (`usual`), to the first one (`large`), or not at all (`limit`) since it nests
 * deeper than 500 levels, holds itself, or has more than 5 million parts.
 */
export function sizeOf(payload: unknown): "usual" | "large" | "limit" {
  if (typeof payload !== "object" || payload === null) return "usual";
  const open: (readonly [node: object, level: number])[] = [[payload, 1]];
  let parts = 0;
  for (let next = open.pop(); next; next = open.pop()) {
    const [node, level] = next;
    if (level > MOST_LEVELS) return "limit";
    // A binary payload is one part.
    if (ArrayBuffer.isView(node)) continue;
    for (const part of (Array.isArray(node) ? node : Object.values(node)) as readonly unknown[]) {
      if (++parts > MOST_PARTS) return "limit";
      if (typeof part === "object" && part !== null) open.push([part, level + 1]);
    }
  }
  return parts > MANY_PARTS ? "large" : "usual";
}
