import { createContext, Script } from "node:vm";

/** Milliseconds a search may take. */
export const PATTERN_LIMIT = 100;

/** Looks for a pattern: what it found, `undefined` where nothing, `"timeout"` where the search had to be stopped. */
export type Search = (text: string) => { readonly found: string | undefined } | "timeout";

const FLAGS = /^[imsu]*$/;

/** Holds nothing but a search's pattern and text while it runs. */
let room: { pattern?: RegExp; text?: string } | undefined;
const search = new Script("pattern.exec(text)");

/**
 * Compiles a regular expression, alone or as `/…/flags` with flags of i, m, s, u. What is found is its group `value`, else its first group, else
 * the whole. A search that takes longer than `PATTERN_LIMIT` is stopped by the engine itself, so that no pattern of a user can stall the runtime.
 * @throws SyntaxError for what is no regular expression
 */
export function compilePattern(text: string): Search {
  const [, body = text, flags = ""] = /^\/(.+)\/([a-z]*)$/s.exec(text) ?? [];
  if (!FLAGS.test(flags)) throw new SyntaxError(`flags ${flags} ≠ i, m, s, u`);
  const pattern = new RegExp(body, flags);
  return (subject) => {
    const match = run(pattern, subject);
    if (match === "timeout") return match;
    return { found: match?.groups && "value" in match.groups ? match.groups["value"] : match?.[1] ?? match?.[0] };
  };
}

function run(pattern: RegExp, text: string): RegExpExecArray | null | "timeout" {
  room ??= createContext(Object.create(null) as object);
  Object.assign(room, { pattern, text });
  try {
    return search.runInContext(room, { timeout: PATTERN_LIMIT }) as RegExpExecArray | null;
  } catch (thrown) {
    if ((thrown as { code?: unknown }).code === "ERR_SCRIPT_EXECUTION_TIMEOUT") return "timeout";
    throw thrown;
  } finally {
    Object.assign(room, { pattern: undefined, text: undefined });
  }
}
