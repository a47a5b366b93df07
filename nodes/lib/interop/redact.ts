const LONGEST = 200;

/** What must never stand in the log, wherever it turns up in a text. */
const SECRETS: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN [\s\S]*?(?:-----END [^-]*-----|$)/g, "***"],
  [/\b([a-z][a-z0-9+.-]*:\/\/)[^\s/?#]*@/gi, "$1***@"],
  [/\b(Bearer|Basic|Digest)\s+[\w.~+/=-]{6,}/gi, "$1 ***"],
  [/\beyJ[\w-]{6,}\.[\w-]+\.[\w-]*/g, "***"],
  [/([\w.-]*(?:passw|passphrase|passwd|pwd|secret|token|api[-_]?key|credential|signature|authorization|session|user)[\w.-]*["']?\s*[=:]\s*)(?:"[^"]*"|'[^']*'|[^\s&;,"']+)/gi, "$1***"],
  [/\b[\w.%+-]+@[\w-]+(?:\.[\w-]+)+\b/g, "***"],
];

/** Names of values that are never recorded, also when they are chosen: secrets and people. */
const PRIVATE_NAME = /passw|passphrase|passwd|pwd|secret|token|api[-_]?key|credential|authorization|cookie|session|private|user|operator|person|employee|email|phone/i;

/** Whether a path may lead to a secret or to a person's data. */
export const isPrivate = (path: string): boolean => PRIVATE_NAME.test(path);

/** A text without credentials and e-mail addresses, at most 200 characters. */
export function redact(text: string): string {
  let clean = text.length > 4 * LONGEST ? text.slice(0, 4 * LONGEST) : text;
  for (const [secret, instead] of SECRETS) clean = clean.replace(secret, instead);
  // Half of a pair would be no JSON text.
  clean = clean.replace(/[\ud800-\udfff]/gu, "\ufffd");
  return clean.length > LONGEST ? `${clean.slice(0, LONGEST - 1).replace(/[\ud800-\udbff]$/, "")}…` : clean;
}

/** An address without user, password, query and fragment. */
export function redactAddress(address: string): string {
  return redact(address.replace(/[?#].*$/s, ""));
}
