import variants from "./message-variants.json";

/** Messages that say what another one says, by that one: another verb, or the part of it that is about one job or place. */
const VARIANTS: Readonly<Record<string, readonly string[]>> = variants;

/** A message records may become, and the message of their category whose targets count for it. */
export interface SuitableMessage {
  readonly message: string;
  readonly basis: string;
}

/** Every message that the records of a category may become, those the category names first to be found. */
export function suitableMessages(named: readonly string[]): readonly SuitableMessage[] {
  const all = named.flatMap((basis) => [{ message: basis, basis }, ...(VARIANTS[basis] ?? []).filter((message) => !named.includes(message)).map((message) => ({ message, basis }))]);
  return all.filter(({ message }, index) => all.findIndex((other) => other.message === message) === index);
}
