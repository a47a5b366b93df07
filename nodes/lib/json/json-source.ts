/** Where something stands in a text; both count from 1. */
export interface TextPosition {
  readonly line: number;
  readonly column: number;
}

/** A JSON text with the place of each of its values. */
export interface JsonSource {
  readonly value: unknown;
  /** The place of a JSON pointer's value, or of the nearest one around it that the text holds. */
  locate(pointer: string): TextPosition;
}

/** A text is no JSON, or none that is accepted. */
export class JsonSyntax extends Error {
  constructor(readonly position: TextPosition, reason: string) {
    super(reason);
  }
}

const MOST_DEPTH = 64;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const SPACE = /[ \t\r\n]*/y;
const WORDS: readonly (readonly [string, unknown])[] = [["true", true], ["false", false], ["null", null]];

/**
 * Reads JSON as a person wrote it: says line and column of what is wrong, and refuses what is mostly a slip: a member given
 * twice. More than 64 levels and the name `__proto__` are refused too.
 * @throws JsonSyntax
 */
export function readJson(source: string): JsonSource {
  const text = source.replace(/^\uFEFF/, "");
  const places = new Map<string, number>();
  let position = 0;

  const fail = (reason: string, at = position): never => { throw new JsonSyntax(positionOf(text, at), reason); };
  const found = (): string => (position < text.length ? `found ${JSON.stringify(Array.from(text.slice(position, position + 2))[0])}` : "the text ends here");
  const skip = (): void => { match(SPACE); };
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = position;
    const hit = pattern.exec(text)?.[0];
    if (hit !== undefined) position += hit.length;
    return hit;
  };
  const expect = (sign: string): void => {
    if (text[position] !== sign) fail(`expected ${sign}, ${found()}`);
    position++;
  };
  const string = (): string => {
    if (text[position] !== "\"") fail(`expected a text in quotes, ${found()}`);
    let end = position + 1;
    while (text[end] !== "\"") {
      if (!(text.charCodeAt(end) >= 0x20)) fail("the text in quotes does not end in its line");
      end += text[end] === "\\" ? 2 : 1;
    }
    try {
      const content = JSON.parse(text.slice(position, end + 1)) as string;
      position = end + 1;
      return content;
    } catch {
      return fail("the text in quotes holds an escape that is not known");
    }
  };

  const value = (pointer: string, depth: number): unknown => {
    if (depth > MOST_DEPTH) fail(`more than ${MOST_DEPTH} levels`);
    skip();
    places.set(pointer, position);
    const sign = text[position];
    if (sign === "{") return object(pointer, depth);
    if (sign === "[") return list(pointer, depth);
    if (sign === "\"") return string();
    const word = WORDS.find(([name]) => text.startsWith(name, position));
    if (word) {
      position += word[0].length;
      return word[1];
    }
    const number = match(NUMBER);
    return number === undefined ? fail(`expected a value, ${found()}`) : Number(number);
  };

  const object = (pointer: string, depth: number): Record<string, unknown> => {
    const members: Record<string, unknown> = {};
    separated("}", () => {
      const at = position;
      const name = string();
      if (name === "__proto__") fail("a member must not be called __proto__", at);
      if (Object.hasOwn(members, name)) fail(`${JSON.stringify(name)} is given twice`, at);
      skip();
      expect(":");
      members[name] = value(`${pointer}/${escapePointer(name)}`, depth + 1);
    });
    return members;
  };

  const list = (pointer: string, depth: number): unknown[] => {
    const items: unknown[] = [];
    separated("]", () => { items.push(value(`${pointer}/${items.length}`, depth + 1)); });
    return items;
  };

  const separated = (close: string, part: () => void): void => {
    position++;
    skip();
    if (text[position] === close) {
      position++;
      return;
    }
    for (;;) {
      skip();
      part();
      skip();
      if (text[position] !== ",") break;
      position++;
    }
    if (text[position] !== close) fail(`expected , or ${close}, ${found()}`);
    position++;
  };

  const whole = value("", 0);
  skip();
  if (position < text.length) fail(`expected the end, ${found()}`);
  return {
    value: whole,
    locate(pointer) {
      let known = pointer;
      while (!places.has(known)) known = known.slice(0, Math.max(0, known.lastIndexOf("/")));
      return positionOf(text, places.get(known) ?? 0);
    },
  };
}

/** A name as a part of a JSON pointer. */
function escapePointer(name: string): string {
  return name.replaceAll("~", "~0").replaceAll("/", "~1");
}

function positionOf(text: string, offset: number): TextPosition {
  const before = text.slice(0, offset).split(/\r\n|\r|\n/);
  return { line: before.length, column: (before.at(-1) ?? "").length + 1 };
}
