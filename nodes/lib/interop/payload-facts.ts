import { isObject } from "../json/is-object";
import { canonicalJson } from "./canonical-json";
import { sha256 } from "./chain";
import { isPrivate, redact } from "./redact";

/** Size and hash of a payload; nothing where JSON cannot say it. */
export function fingerprint(payload: unknown): { readonly size?: number; readonly sha256?: string } {
  try {
    const bytes = Buffer.isBuffer(payload) ? payload : Buffer.from(typeof payload === "string" ? payload : canonicalJson(payload));
    return { size: bytes.length, sha256: sha256(bytes) };
  } catch {
    return {};
  }
}

/** The values at the paths (`values.spindleSpeed`, own members only) that are single values and none of a person or a secret. */
export function chosenFields(payload: unknown, paths: readonly string[]): Record<string, string | number | boolean | null> {
  const found: Record<string, string | number | boolean | null> = {};
  for (const path of paths) {
    if (isPrivate(path)) continue;
    let at = payload;
    for (const name of path.split(".")) at = (isObject(at) || Array.isArray(at)) && Object.hasOwn(at, name) ? (at as Record<string, unknown>)[name] : undefined;
    if (typeof at === "string") found[path] = redact(at);
    else if (typeof at === "boolean" || at === null || (typeof at === "number" && Number.isFinite(at))) found[path] = at;
  }
  return found;
}
