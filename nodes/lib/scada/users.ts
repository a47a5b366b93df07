import { createHash, timingSafeEqual } from "node:crypto";
import { passwordOf } from "./user-slots";

/** Who may log in; `operate` allows to approve, acknowledge and order. */
export interface User {
  readonly name: string;
  readonly password: string;
  readonly operate: boolean;
}

/** A user as the flow holds one: everything but the password, which is the credential `password<slot>`. */
export interface SavedUser {
  readonly name: string;
  readonly operate: boolean;
  readonly slot: number;
}

/** The users with their passwords; one without a credential has an empty password, which no server starts with. */
export function withPasswords(users: readonly SavedUser[], credentials: Readonly<Record<string, string | undefined>>): readonly User[] {
  return users.map(({ name, operate, slot }) => ({ name: name.trim(), operate, password: credentials[passwordOf(slot)] ?? "" }));
}

/** Whether name and password belong to one of the users; takes the same time whatever is wrong. */
export function isUser(users: readonly User[], name: string, password: string): boolean {
  const given = digest(password);
  let found = false;
  for (const user of users) {
    const same = timingSafeEqual(digest(user.password), given);
    if (user.name === name && same) found = true;
  }
  return found;
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
