import { isAddress } from "./validators";

export interface Item {
  readonly tag: string;
  readonly nodeId: string;
}

/** Lines of a spreadsheet, a CSV file or a plain list of NodeIds as items; a heading line is left out. */
export function parseItems(pasted: string): readonly Item[] {
  return pasted
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== "")
    .map(parseLine)
    .filter((item, index) => index > 0 || isAddress(item.nodeId));
}

function parseLine(line: string): Item {
  const bare = unquote(line);
  if (isAddress(bare)) return { tag: tagOf(bare), nodeId: bare };
  const separator = line.includes("\t") ? "\t" : /[,;]/.exec(line)?.[0] ?? " ";
  const at = line.indexOf(separator);
  return { tag: unquote(line.slice(0, at)), nodeId: unquote(line.slice(at + 1).split("\t")[0] ?? "") };
}

/** The last part of the identifier or path: what people call the variable. */
const tagOf = (address: string): string =>
  address.replace(/^(?:ns=\d+;|nsu=[^;]+;)?[isgb]=/i, "").split(address.startsWith("/") ? /[./:;]/ : /[./|]/).at(-1) ?? address;

const unquote = (text: string): string => text.trim().replace(/^"(.*)"$/, "$1").trim();
