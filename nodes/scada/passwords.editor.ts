import { passwordOf, USER_SLOTS } from "../lib/scada/user-slots";

/** What the editor shows in place of a saved password, which it never gets. */
const SAVED_PASSWORD = "__PWRD__";

/** The password of a slot in an open form: what was typed since the last deploy, else a mark for one that is saved, else nothing. */
export function shownPassword(node: object, slot: number): string {
  const { credentials = {} } = node as { credentials?: Readonly<Record<string, unknown>> };
  const typed = credentials[passwordOf(slot)];
  if (typeof typed === "string") return typed;
  return credentials[`has_${passwordOf(slot)}`] === true ? SAVED_PASSWORD : "";
}

/** The lowest slot that no user has. */
export function freeSlot(taken: readonly number[]): number {
  let slot = 1;
  while (taken.includes(slot)) slot += 1;
  return slot;
}

/** Gives the editor a field to save for each password that differs from what `node` has; an empty one is forgotten. */
export function keepPasswords(form: HTMLElement, node: object, passwords: ReadonlyMap<number, string>): void {
  for (let slot = 1; slot <= USER_SLOTS; slot += 1) {
    const id = `node-input-${passwordOf(slot)}`;
    const value = passwords.get(slot) ?? "";
    document.getElementById(id)?.remove();
    if (value !== shownPassword(node, slot)) form.append(Object.assign(document.createElement("input"), { type: "hidden", id, value }));
  }
}
