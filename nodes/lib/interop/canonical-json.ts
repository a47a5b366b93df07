const DEEPEST = 100;

/**
 * The one JSON text of a value by RFC 8785: names in the order of their UTF-16 units, no white space, numbers as ECMAScript
 * writes them. Members that are `undefined` or functions are left out, as JSON does; bytes become base64 text.
 * @throws TypeError for what JSON cannot say: NaN, infinities, big integers, half surrogates, cycles and depths beyond 100.
 */
export function canonicalJson(value: unknown): string {
  const text = write(value, 0);
  if (text === undefined) throw new TypeError("no JSON value");
  return text;
}

function write(value: unknown, depth: number): string | undefined {
  if (depth > DEEPEST) throw new TypeError("too deep or a cycle");
  switch (typeof value) {
    case "string": return quoted(value);
    case "number":
      if (!Number.isFinite(value)) throw new TypeError("no JSON number");
      return JSON.stringify(value);
    case "boolean": return String(value);
    case "object": return value === null ? "null" : writeObject(value, depth);
    case "bigint": throw new TypeError("no JSON number");
    default: return undefined;
  }
}

function writeObject(value: object, depth: number): string | undefined {
  if (Array.isArray(value)) return `[${value.map((item: unknown) => write(item, depth + 1) ?? "null").join(",")}]`;
  if (ArrayBuffer.isView(value)) return quoted(Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("base64"));
  const { toJSON } = value as { readonly toJSON?: unknown };
  if (typeof toJSON === "function") return write(toJSON.call(value), depth + 1);
  const members: string[] = [];
  for (const name of Object.keys(value).sort()) {
    const text = write((value as Record<string, unknown>)[name], depth + 1);
    if (text !== undefined) members.push(`${quoted(name)}:${text}`);
  }
  return `{${members.join(",")}}`;
}

/** `u` mode sees a pair as one character, so what matches is half of one. */
const HALF_PAIR = /[\ud800-\udfff]/u;

function quoted(text: string): string {
  if (HALF_PAIR.test(text)) throw new TypeError("half a surrogate pair");
  return JSON.stringify(text);
}
