import { ResonanceError } from "../errors/resonance-error";

const MAX_DEPTH = 64;
const MAX_CHARACTERS = 8 * 1024 * 1024;
/** Objects and arrays. */
const MAX_NODES = 500_000;

/**
 * Reads a JSON object.
 * @throws RESONANCE_ISA95_UNREADABLE for anything else, more than 8 Mi characters, 500,000 objects and arrays or 64 levels, or a
 * `__proto__` member.
 */
export function readJsonObject(text: string): Readonly<Record<string, unknown>> {
  if (text.length > MAX_CHARACTERS) throw unreadable(`longer than ${MAX_CHARACTERS} characters`);
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (cause) {
    throw new ResonanceError("RESONANCE_ISA95_UNREADABLE", { detail: cause instanceof Error ? cause.message : String(cause) }, { cause });
  }
  return checkJsonObject(value);
}

/**
 * The same for an object that has been read already.
 * @throws RESONANCE_ISA95_UNREADABLE
 */
export function checkJsonObject(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw unreadable("not a JSON object");
  inspect(value, 1, { nodes: 0 });
  return value as Readonly<Record<string, unknown>>;
}

function inspect(value: object, depth: number, count: { nodes: number }): void {
  if (depth > MAX_DEPTH) throw unreadable(`more than ${MAX_DEPTH} levels`);
  if (++count.nodes > MAX_NODES) throw unreadable(`more than ${MAX_NODES} objects and arrays`);
  if (Object.hasOwn(value, "__proto__")) throw unreadable("a member is called __proto__");
  for (const member of Object.values(value) as unknown[]) {
    if (typeof member === "object" && member !== null) inspect(member, depth + 1, count);
  }
}

function unreadable(detail: string): ResonanceError {
  return new ResonanceError("RESONANCE_ISA95_UNREADABLE", { detail });
}
