import { ResonanceError } from "../errors/resonance-error";

const MAX_DEPTH = 64;

/**
 * Reads a JSON object.
 * @throws RESONANCE_ISA95_UNREADABLE for anything else, more than 64 levels, or a `__proto__` member.
 */
export function readJsonObject(text: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (cause) {
    throw new ResonanceError("RESONANCE_ISA95_UNREADABLE", { detail: cause instanceof Error ? cause.message : String(cause) }, { cause });
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new ResonanceError("RESONANCE_ISA95_UNREADABLE", { detail: "not a JSON object" });
  inspect(value, 1);
  return value as Readonly<Record<string, unknown>>;
}

function inspect(value: object, depth: number): void {
  if (depth > MAX_DEPTH) throw new ResonanceError("RESONANCE_ISA95_UNREADABLE", { detail: `more than ${MAX_DEPTH} levels` });
  if (Object.hasOwn(value, "__proto__")) throw new ResonanceError("RESONANCE_ISA95_UNREADABLE", { detail: "a member is called __proto__" });
  for (const member of Object.values(value) as unknown[]) {
    if (typeof member === "object" && member !== null) inspect(member, depth + 1);
  }
}
