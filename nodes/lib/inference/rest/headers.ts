import { ResonanceError } from "../../errors/resonance-error";

/** A header of a request. */
export interface HeaderRow {
  readonly name: string;
  readonly value: string;
}

/** Headers that belong to the connection or have settings of their own. */
const TAKEN: ReadonlySet<string> = new Set(["authorization", "connection", "content-length", "expect", "host", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"]);
/** RFC 9110 §5.6.2 */
const NAME = /^[!#$%&'*+.^_`|~0-9a-z-]+$/;
// RFC 9110 §5.5, without what is not ASCII
const VALUE = /^[\t\x20-\x7e]*$/;

/**
 * Headers by name in small letters; a row replaces the one of `usual` with the same name.
 * @throws RESONANCE_CONFIG_INVALID with a path such as `headers/0/name`
 */
export function compileHeaders(rows: readonly HeaderRow[], usual: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const headers = new Map<string, string>();
  rows.forEach(({ name, value }, index) => {
    const lower = name.trim().toLowerCase();
    if (!NAME.test(lower)) throw invalid(`headers/${index}/name`, `"${name}" is no name of a header`);
    if (TAKEN.has(lower)) throw invalid(`headers/${index}/name`, `${lower} is not set here`);
    if (headers.has(lower)) throw invalid(`headers/${index}/name`, `${lower} is there twice`);
    if (!VALUE.test(value)) throw invalid(`headers/${index}/value`, "a header's value is one line of ASCII characters");
    headers.set(lower, value.trim());
  });
  return { ...usual, ...Object.fromEntries(headers) };
}

function invalid(setting: string, detail: string): ResonanceError {
  return new ResonanceError("RESONANCE_CONFIG_INVALID", { setting, detail }, { path: setting });
}
