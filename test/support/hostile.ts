import type { Seeded } from "./seeded";

/** An object within an object, `levels` deep. */
export function nested(levels: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < levels; level++) value = level % 2 === 0 ? { values: value } : [value];
  return value;
}

const circle: Record<string, unknown> = {};
circle["self"] = circle;

/** 10 MB of text. */
export const LONG_TEXT = "a".repeat(10 * 1024 * 1024);
const DEEP = nested(10_000);
/** As JSON gives it: the key is the object's own. */
export const POLLUTING: unknown = JSON.parse(`{ "__proto__": { "polluted": true }, "constructor": { "prototype": { "polluted": true } } }`);

/** Values that nobody expects, some large: they are the same objects each time. */
export const HOSTILE: readonly unknown[] = [
  NaN, Infinity, -Infinity, -0, 0, -1, 1e308, Number.MAX_SAFE_INTEGER + 2, 5e-324, 10n, true, false, null, undefined, "", " ", "\u0000", "NaN", "1e999", "\uD800", "😀", "__proto__",
  "2026-02-30T00:00:00Z", "+275760-09-13T00:00:00.001Z", "-271821-04-19T23:59:59Z", "9999-12-31T23:59:60Z", "0000-01-01T00:00:00Z", "2026-11-22T08:30:05",
  [], {}, [[]], [null], Object.create(null), POLLUTING, circle, DEEP, LONG_TEXT, new Date(NaN), new Date(8.64e15), new Map([["a", 1]]), Buffer.from("x"), new Uint8Array(3),
  Symbol("s"), () => 1, Array.from({ length: 1000 }, () => ({})), { toString: null, valueOf: 1, length: -1 }, Object.freeze({ tag: "a" }), new Proxy({}, {}),
];

/** How deep documents are changed. */
const DEPTH = 8;

/** A copy of a document with some places changed to what nobody expects, taken out, doubled, or with a strange key. */
export function mutate(document: unknown, random: Seeded, changes = 1 + random.below(3)): unknown {
  const own = new Set<unknown>();
  let mutant = copy(document, own);
  for (let change = 0; change < changes; change++) mutant = mutateOnce(mutant, own, random);
  return mutant;
}

/** Plain objects and lists are copied as far down as they are changed, into `own`; all else stays the same object. */
function copy(node: unknown, own: Set<unknown>, depth = 0): unknown {
  if (typeof node !== "object" || node === null || depth > DEPTH) return node;
  if (Array.isArray(node) && node.length <= 1000) {
    const list = Array.from(node as readonly unknown[], (part) => copy(part, own, depth + 1));
    own.add(list);
    return list;
  }
  if (Object.getPrototypeOf(node) !== Object.prototype) return node;
  const copied: Record<string, unknown> = {};
  own.add(copied);
  for (const [key, value] of Object.entries(node)) Object.defineProperty(copied, key, { value: copy(value, own, depth + 1), enumerable: true, configurable: true, writable: true });
  return copied;
}

/** Changes only what is the mutant's `own`: hostile values are shared, and would grow from mutant to mutant without end. */
function mutateOnce(document: unknown, own: ReadonlySet<unknown>, random: Seeded): unknown {
  const places: (readonly [Record<string, unknown>, string])[] = [];
  const visit = (node: unknown, depth: number): void => {
    if (typeof node !== "object" || node === null || depth > DEPTH || !own.has(node)) return;
    for (const key of Object.keys(node).slice(0, 100)) {
      places.push([node as Record<string, unknown>, key]);
      visit((node as Record<string, unknown>)[key], depth + 1);
    }
  };
  visit(document, 0);
  if (places.length === 0 || random.chance(0.02)) return random.pick(HOSTILE);
  const [holder, key] = random.pick(places);
  const kind = random.below(10);
  if (kind < 6) holder[key] = random.pick(HOSTILE);
  else if (kind < 7) Reflect.deleteProperty(holder, key);
  else if (kind < 8) Object.defineProperty(holder, random.pick(["__proto__", "constructor", "prototype", "toString", "", "a/b~c", "x".repeat(5000)]), { value: random.pick(HOSTILE), enumerable: true, configurable: true, writable: true });
  else if (Array.isArray(holder)) holder.push(holder[Number(key)]);
  else holder[key] = random.pick(places)[0];
  return document;
}
