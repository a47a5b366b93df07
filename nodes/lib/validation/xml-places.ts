/** Where an element of a text stands: its line there, beginning with 1, and its XPath with names as they are written. */
export interface XmlPlace {
  readonly line: number;
  readonly xpath: string;
}

/** A text of XML in which every start tag ends in a line of its own, so that a line number leads to one element. */
export interface MarkedXml {
  readonly text: string;
  /** The element whose start tag ends in a line of `text`; its line alone where none does. */
  readonly placeOf: (line: number) => XmlPlace;
}

interface Element {
  readonly name: string;
  readonly parent: Element | undefined;
  /** Which of the siblings of its name it is, beginning with 1. */
  readonly ordinal: number;
  /** How many children there are of each name. */
  readonly children: Map<string, number>;
  /** Line in the text as it came. */
  readonly line: number;
}

/** What begins with `<` and is no tag, and how it ends. */
const ASIDE = [["<!--", "-->"], ["<![CDATA[", "]]>"], ["<?", "?>"]] as const;
const NAME = /[^\s/<>!?"'=]+/y;
const STOP = /["'<>]/g;
/** The declaration may name an encoding that the text, once read, no longer has. */
const DECLARATION = /^\uFEFF?\s*<\?xml\s[^]*?\?>/;
/** Beyond this the validator does not count lines. */
const MOST_LINES = 60_000;

/**
 * Marks the elements of a text by lines. Line breaks are added inside of tags only, where they mean nothing; the XML declaration
 * gives way to its line breaks. A text that is not well-formed is marked as far as its tags can be told.
 */
export function markElements(xml: string): MarkedXml {
  const source = xml.replace(DECLARATION, (declaration) => "\n".repeat(breaksIn(declaration)));
  const lineOf = lineCounter(source);
  const byLine = new Map<number, Element>();
  const parts: string[] = [];
  let open: Element | undefined;
  const roots = new Map<string, number>();
  let copied = 0;
  let added = 0;
  for (const { start, end, name, kind } of tagsOf(source)) {
    const startLine = lineOf(start);
    const endLine = lineOf(end);
    if (kind === "end") {
      open = open?.parent;
      continue;
    }
    const siblings = open?.children ?? roots;
    const ordinal = (siblings.get(name) ?? 0) + 1;
    siblings.set(name, ordinal);
    const element: Element = { name, parent: open, ordinal, children: new Map(), line: startLine };
    const close = kind === "empty" ? end - 2 : end - 1;
    parts.push(source.slice(copied, close), "\n");
    copied = close;
    added++;
    byLine.set(endLine + added, element);
    if (kind === "start") open = element;
  }
  parts.push(source.slice(copied));
  const total = lineOf(source.length) + added;
  if (total > MOST_LINES) return { text: source, placeOf: (at) => ({ line: at, xpath: "" }) };
  const marks = [...byLine.keys()];
  return {
    text: parts.join(""),
    placeOf(at) {
      const element = byLine.get(at);
      if (element) return { line: element.line, xpath: xpathOf(element) };
      return { line: at - marks.filter((mark) => mark <= at).length, xpath: "" };
    },
  };
}

interface Tag {
  readonly start: number;
  /** Behind its `>`. */
  readonly end: number;
  readonly name: string;
  readonly kind: "start" | "end" | "empty";
}

/** The tags of a text in one pass; it ends where the text is not well-formed. */
function* tagsOf(text: string): Generator<Tag> {
  for (let start = text.indexOf("<"); start >= 0;) {
    const aside = ASIDE.find(([opening]) => text.startsWith(opening, start));
    const tag = aside ? undefined : tagAt(text, start);
    const end = aside ? endOf(text, aside[1], start + aside[0].length) : tag?.end;
    if (end === undefined) return;
    if (tag) yield tag;
    start = text.indexOf("<", end);
  }
}

function tagAt(text: string, start: number): Tag | undefined {
  const closing = text[start + 1] === "/";
  NAME.lastIndex = start + (closing ? 2 : 1);
  const name = NAME.exec(text)?.[0];
  if (name === undefined) return undefined;
  STOP.lastIndex = NAME.lastIndex;
  for (let stop = STOP.exec(text); stop; stop = STOP.exec(text)) {
    const [sign] = stop;
    if (sign === "<") return undefined;
    const end = stop.index + 1;
    if (sign === ">") return { start, end, name, kind: closing ? "end" : text[end - 2] === "/" ? "empty" : "start" };
    const behind = endOf(text, sign, end);
    if (behind === undefined) return undefined;
    STOP.lastIndex = behind;
  }
  return undefined;
}

function endOf(text: string, mark: string, from: number): number | undefined {
  const at = text.indexOf(mark, from);
  return at < 0 ? undefined : at + mark.length;
}

/** A number stands only where there are several of the name. */
function xpathOf({ name, parent, ordinal }: Element): string {
  const several = (parent?.children.get(name) ?? 1) > 1;
  return `${parent ? xpathOf(parent) : ""}/${name}${several ? `[${ordinal}]` : ""}`;
}

function breaksIn(text: string): number {
  return text.split("\n").length - 1;
}

/** The line of a place, beginning with 1; places are asked for in their order. */
function lineCounter(text: string): (at: number) => number {
  let line = 1;
  let next = text.indexOf("\n");
  return (at) => {
    for (; next >= 0 && next < at; next = text.indexOf("\n", next + 1)) line++;
    return line;
  };
}
