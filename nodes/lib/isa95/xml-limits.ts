/** What a document may have at most. */
export interface XmlLimits {
  readonly elements: number;
  readonly depth: number;
  /** Attributes of one element, namespace declarations included. */
  readonly attributes: number;
}

/**
 * Why a text goes beyond `limits`, found in one pass before anything is built of it; `undefined` where it does not. A text that is not
 * well-formed is counted as far as it goes.
 */
export function beyondLimits(text: string, limits: XmlLimits): string | undefined {
  let elements = 0;
  let depth = 0;
  let position = text.indexOf("<");
  while (position >= 0) {
    const close = skipped(text, position);
    if (close !== undefined) {
      const end = text.indexOf(close, position + 2);
      if (end < 0) return undefined;
      position = text.indexOf("<", end + close.length);
      continue;
    }
    if (text.charCodeAt(position + 1) === SLASH) {
      depth--;
      position = text.indexOf("<", position + 2);
      continue;
    }
    const tag = readTag(text, position + 1);
    if (++elements > limits.elements) return `more than ${limits.elements} elements`;
    if (tag.attributes > limits.attributes) return `more than ${limits.attributes} attributes in an element`;
    if (!tag.empty && ++depth > limits.depth) return `more than ${limits.depth} levels`;
    position = text.indexOf("<", tag.end);
  }
  return undefined;
}

const SLASH = 0x2f;
const GREATER = 0x3e;
const EQUALS = 0x3d;
const QUOTES: readonly number[] = [0x22, 0x27];

/** What ends a comment, CDATA section or processing instruction that begins here. */
function skipped(text: string, at: number): string | undefined {
  if (text.startsWith("<!--", at)) return "-->";
  if (text.startsWith("<![CDATA[", at)) return "]]>";
  return text.startsWith("<?", at) ? "?>" : undefined;
}

function readTag(text: string, from: number): { readonly attributes: number; readonly empty: boolean; readonly end: number } {
  let attributes = 0;
  for (let index = from; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === GREATER) return { attributes, empty: text.charCodeAt(index - 1) === SLASH, end: index };
    if (code === EQUALS) attributes++;
    if (QUOTES.includes(code)) {
      const close = text.indexOf(text.charAt(index), index + 1);
      if (close < 0) break;
      index = close;
    }
  }
  return { attributes, empty: true, end: text.length };
}
