import type { FieldSchema, Isa95Target } from "./profile";
import homes from "./message-homes.json";

/** Where values without a target of their own stand in each message; `null` for one that carries no values. */
const HOMES: Readonly<Record<string, string | null>> = homes;

/** Whether a message has a place for values at all; one that is not in the list of homes is taken to have. */
export function carriesValues(message: string): boolean {
  return HOMES[message] !== null;
}

/**
 * The targets of a field in the messages of its category: those it names, or the home of every message where it names none.
 * `filled` asks for the home also in those messages that the named targets leave out, and leaves out targets in other messages.
 */
export function targetsOf(
  name: string, { isa95 }: Pick<Partial<FieldSchema>, "isa95">, messages: readonly string[], { filled = false } = {},
): readonly Isa95Target[] {
  if (isa95 !== undefined && !filled) return isa95;
  const own = (isa95 ?? []).filter(({ message }) => messages.includes(message));
  const open = messages.filter((message) => !own.some((target) => target.message === message));
  return [...own, ...open.flatMap((message) => homeOf(message, name))];
}

function homeOf(message: string, property: string): readonly Isa95Target[] {
  const path = HOMES[message];
  return typeof path === "string" ? [{ message, path, property }] : [];
}
