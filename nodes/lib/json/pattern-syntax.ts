/** A part of a regular expression. */
export type PatternNode =
  | { readonly kind: "character"; readonly source: string }
  | { readonly kind: "assertion"; readonly at: Assertion }
  | { readonly kind: "sequence" | "choice"; readonly parts: readonly PatternNode[] }
  | PatternRepeat;

/** A part that stands there `least` to `most` times. */
export interface PatternRepeat {
  readonly kind: "repeat";
  readonly part: PatternNode;
  readonly least: number;
  readonly most: number;
}

/** Places that a pattern can ask for without taking a character. */
export type Assertion = "start" | "end" | "boundary" | "inside";

/** What a pattern uses that cannot be checked in one pass over the text. */
export class PatternUnsupported extends Error {}

const MOST_DEPTH = 100;
const ASSERTIONS: Readonly<Record<string, Assertion>> = { "^": "start", $: "end", "\\b": "boundary", "\\B": "inside" };
const QUANTIFIER = /(?:[*+?]|\{(\d+)(,(\d*))?\})\??/y;
const GROUP = /\((?:\?(?::|<(?![=!])[^>]*>))?/y;
/** One character as a pattern of the flag `u` writes it: a class, an escape (a pair of surrogates is one), any other. */
const CHARACTER = /\[(?:\\[^]|[^\\\]])*\]|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\[pP]\{[^}]*\}|\\u\{[0-9a-fA-F]+\}|\\u[0-9a-fA-F]{4}|\\x[0-9a-fA-F]{2}|\\c[A-Za-z]|\\[^]|[^]/uy;
const SIMPLE: Readonly<Record<string, readonly [least: number, most: number]>> = { "*": [0, Infinity], "+": [1, Infinity], "?": [0, 1] };

/**
 * Reads a regular expression that `new RegExp(source, "u")` accepts.
 * @throws PatternUnsupported for look-around, a back reference, or groups deeper than 100.
 */
export function parsePattern(source: string): PatternNode {
  let position = 0;

  const next = (pattern: RegExp): RegExpExecArray | undefined => {
    pattern.lastIndex = position;
    const found = pattern.exec(source) ?? undefined;
    if (found) position += found[0].length;
    return found;
  };

  const choice = (depth: number): PatternNode => {
    if (depth > MOST_DEPTH) throw new PatternUnsupported(`groups nest deeper than ${MOST_DEPTH}`);
    const parts = [sequence(depth)];
    while (source[position] === "|") {
      position++;
      parts.push(sequence(depth));
    }
    return parts.length === 1 ? parts[0] as PatternNode : { kind: "choice", parts };
  };

  const sequence = (depth: number): PatternNode => {
    const parts: PatternNode[] = [];
    while (position < source.length && source[position] !== "|" && source[position] !== ")") parts.push(quantified(term(depth)));
    return { kind: "sequence", parts };
  };

  const term = (depth: number): PatternNode => {
    if (source[position] === "(") {
      if (!next(GROUP) || source[position] === "?") throw new PatternUnsupported("it looks ahead or behind, or changes its flags");
      const inner = choice(depth + 1);
      position++;
      return inner;
    }
    const text = next(CHARACTER)?.[0] ?? "";
    const at = ASSERTIONS[text];
    if (at) return { kind: "assertion", at };
    if (/^\\[1-9k]/.test(text)) throw new PatternUnsupported("it refers back to a group");
    return { kind: "character", source: text };
  };

  const quantified = (part: PatternNode): PatternNode => {
    const found = next(QUANTIFIER);
    if (!found) return part;
    const [text, low, comma, high] = found;
    const simple = SIMPLE[text[0] ?? ""];
    const [least, most] = simple ?? [Number(low), comma === undefined ? Number(low) : high === "" ? Infinity : Number(high)];
    return { kind: "repeat", part, least, most };
  };

  return choice(0);
}
