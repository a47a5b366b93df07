/** Users a server can have; a node type declares its credentials once, so their number is fixed. */
export const USER_SLOTS = 20;

/** The credential that holds the password of the user in a slot, from 1 on. */
export const passwordOf = (slot: number): string => `password${slot}`;

/** The credentials of all slots, for a node's registration in the runtime and in the editor. */
export function passwordCredentials(): Readonly<Record<string, { readonly type: "password" }>> {
  return Object.fromEntries(Array.from({ length: USER_SLOTS }, (_, index) => [passwordOf(index + 1), { type: "password" }]));
}
