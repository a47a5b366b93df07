import { createHash, timingSafeEqual } from "node:crypto";
import { ResonanceError } from "../errors/resonance-error";

/** Who may log in; `operate` allows to approve, acknowledge and order. */
export interface User {
  readonly name: string;
  readonly password: string;
  readonly operate: boolean;
}

/**
 * The users as the node's credentials hold them: a JSON list of name, password and `operate`; none for an empty text.
 * @throws RESONANCE_CONFIG_INVALID when the text is no such list; it never quotes the text
 */
export function readUsers(text: string): readonly User[] {
  if (text.trim() === "") return [];
  const list = parse(text);
  if (!Array.isArray(list)) throw invalid();
  return list.map((entry: unknown): User => {
    const { name, password, operate } = (entry ?? {}) as Record<string, unknown>;
    if (typeof name !== "string" || typeof password !== "string") throw invalid();
    return { name: name.trim(), password, operate: operate === true };
  });
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

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw invalid();
  }
}

function invalid(): ResonanceError {
  return new ResonanceError("RESONANCE_CONFIG_INVALID", { setting: "users", detail: "the list of users is not readable" }, { path: "users" });
}
