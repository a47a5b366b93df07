import { randomBytes } from "node:crypto";
import { ResonanceError, type Language } from "../errors/resonance-error";
import { readDocument, formatOf } from "../isa95/read-document";
import { hasDeclaration } from "../isa95/xml-reader";
import { writeXml } from "../isa95/xml-writer";
import { fieldError, LONGEST_PATH, type FieldError } from "../record/field-error";
import { textIn, toFieldError } from "./b2mml-validator";
import { limitError } from "./guarded";
import { MOST_ERRORS } from "./schema-errors";
import { markElements, type MarkedXml } from "./xml-places";
import { findXmllint, startXmllint, XsdTimeout, XsdUnusable } from "./xmllint";
import { readXsdFiles, unusable } from "./xsd-files";

/** Characters of a document that is checked at all. */
const LONGEST = 4 * 1024 * 1024;
/** What one run takes: starting and reading the schema cost some 200 ms, each document beyond the first less than one. */
const BATCH = { documents: 100, characters: 4 * 1024 * 1024 };
/** What may wait for the next run. */
const WAITING = { documents: 1000, characters: 32 * 1024 * 1024 };
/** Milliseconds a run may take. */
const TIMEOUT = 20_000;

export interface OfficialXsdOptions {
  /** A folder with the XSD files, or the one that includes the others. */
  readonly place: string;
  /** Node-RED's user directory, where the validator's package is looked for first. */
  readonly userFolder: string;
  readonly language: Language;
  /** Milliseconds a run may take. */
  readonly timeout?: number;
}

/** The check by an XSD; a message is not checked before the schema is known to be usable. */
export interface OfficialXsd {
  /** Rejects with RESONANCE_B2MML_SCHEMA_INVALID where the schema does not compile. */
  readonly ready: Promise<void>;
  readonly check: (payload: unknown) => Promise<readonly FieldError[]>;
  readonly close: () => Promise<void>;
}

/** A document that waits, and who waits for it. */
interface Job {
  readonly marked: MarkedXml;
  resolve(errors: readonly FieldError[]): void;
  reject(cause: unknown): void;
}

/**
 * Checks messages by the official XSD, or another one: XML as it came, with line and XPath of every error; JSON by the XML that says the same.
 * Documents that come while a run is under way are checked together in the next one. Another thread does it, for a bounded time; the document that
 * takes longer is refused. A DTD is refused before.
 * @throws RESONANCE_XSD_PACKAGE_MISSING, RESONANCE_B2MML_SCHEMA_INVALID; a check RESONANCE_XSD_BUSY where too many wait
 */
export function openOfficialXsd({ place, userFolder, language, timeout = TIMEOUT }: OfficialXsdOptions): OfficialXsd {
  const files = readXsdFiles(place);
  const xmllint = startXmllint(findXmllint(userFolder), files, timeout);
  const waiting: Job[] = [];
  let characters = 0;
  let closed = false;
  let running = false;

  /** One run; one that fails is repeated for each document alone, so that only the one that made it fail is refused. */
  const run = async (jobs: readonly Job[]): Promise<void> => {
    // Nobody can write the name of another document into a value.
    const key = randomBytes(8).toString("hex");
    try {
      const output = await xmllint.run(jobs.map(({ marked: { text } }, index) => ({ fileName: `${key}.${index}.xml`, contents: text })));
      const found = findings(output, key);
      jobs.forEach((job, index) => { job.resolve(errorsOf(found.get(index) ?? [], job.marked, language)); });
    } catch (cause) {
      if (closed || cause instanceof XsdUnusable) for (const job of jobs) job.reject(cause instanceof XsdUnusable ? unusable(place, cause.message, cause) : cause);
      else if (jobs.length > 1) for (const job of jobs) await run([job]);
      else jobs[0]?.resolve([fieldError("", { code: "RESONANCE_PAYLOAD_LIMIT", expected: reasonOf(cause, timeout), actual: undefined }, language)]);
    }
  };

  const work = async (): Promise<void> => {
    if (running) return;
    running = true;
    while (waiting.length > 0) {
      const batch = takeBatch(waiting);
      characters -= lengthOf(batch);
      await run(batch);
    }
    running = false;
  };

  const submit = (marked: MarkedXml): Promise<readonly FieldError[]> => {
    if (waiting.length >= WAITING.documents || characters > WAITING.characters) throw new ResonanceError("RESONANCE_XSD_BUSY", { waiting: waiting.length });
    return new Promise((resolve, reject) => {
      waiting.push({ marked, resolve, reject });
      characters += marked.text.length;
      void work();
    });
  };

  // A run that ends in "no such element" has read the schema.
  const ready = submit(markElements("<schema-probe/>")).then(() => undefined);
  ready.catch(() => undefined);
  return {
    ready,
    async check(payload) {
      const xml = xmlOf(payload, language);
      if (typeof xml !== "string") return [xml];
      await ready;
      return submit(markElements(xml));
    },
    async close() {
      closed = true;
      for (const job of waiting.splice(0)) job.reject(new Error("closed"));
      await xmllint.close();
    },
  };
}

function takeBatch(waiting: Job[]): readonly Job[] {
  let count = 1;
  let length = waiting[0]?.marked.text.length ?? 0;
  while (count < waiting.length && count < BATCH.documents && (length += waiting[count]?.marked.text.length ?? 0) <= BATCH.characters) count++;
  return waiting.splice(0, count);
}

function lengthOf(jobs: readonly Job[]): number {
  return jobs.reduce((sum, { marked }) => sum + marked.text.length, 0);
}

function reasonOf(cause: unknown, timeout: number): string {
  if (cause instanceof XsdTimeout) return `its check by the XSD takes longer than ${timeout} ms`;
  return `the XSD validator failed: ${cause instanceof Error ? cause.message.slice(0, 200) : "unknown"}`;
}

/** The payload as XML, or why it cannot be one. */
function xmlOf(payload: unknown, language: Language): string | FieldError {
  const text = textIn(payload);
  if (text === undefined) return fieldError("", { code: "RESONANCE_VALUE_TYPE", expected: "XML | JSON", actual: payload }, language);
  if (text.length > LONGEST) return fieldError("", { code: "RESONANCE_PAYLOAD_LIMIT", expected: `it is longer than ${LONGEST} characters`, actual: undefined }, language);
  try {
    if (formatOf(text) === "json") return writeXml(readDocument(text, "json"));
    if (hasDeclaration(text)) throw new ResonanceError("RESONANCE_ISA95_UNREADABLE", { detail: "a document type declaration is not accepted" });
    return text;
  } catch (cause) {
    return cause instanceof ResonanceError ? toFieldError(cause, language) : limitError(cause, language);
  }
}

interface Finding {
  readonly line: number;
  readonly detail: string;
}

/** What the validator says, by document: a value with line breaks goes on in the next line. */
function findings(output: string, key: string): ReadonlyMap<number, readonly Finding[]> {
  const found = new Map<number, { line: number; detail: string }[]>();
  let last: { line: number; detail: string } | undefined;
  for (const text of output.split("\n")) {
    const named = text.startsWith(`${key}.`) ? /^(\d+)\.xml(?::(\d+): (.*)|.*)$/.exec(text.slice(key.length + 1)) : null;
    if (!named) {
      if (last && last.detail.length < 1000) last.detail += ` ${text.trim()}`;
      continue;
    }
    const [, index, line, detail] = named;
    last = line === undefined ? undefined : { line: Number(line), detail: detail ?? "" };
    const known = found.get(Number(index)) ?? [];
    if (last && known.length < MOST_ERRORS) known.push(last);
    found.set(Number(index), known);
  }
  return found;
}

function errorsOf(found: readonly Finding[], { placeOf }: MarkedXml, language: Language): readonly FieldError[] {
  // The validator itself bounds the steps of a pattern, and goes on with the rest.
  const given = found.find(({ detail }) => detail.includes("Internal error: "));
  if (given) return [fieldError(placeOf(given.line).xpath.slice(0, LONGEST_PATH), { code: "RESONANCE_PAYLOAD_LIMIT", expected: "its texts are too long for the patterns", actual: undefined }, language)];
  return found.map(({ line: at, detail }) => {
    const { line, xpath } = placeOf(at);
    const said = detail.replace(/^(?:element \S+: )?(?:Schemas validity error|parser error|namespace error) : /, "").replaceAll(/\{[^{}'"\s]*\}/g, "").trim();
    const attribute = /^Element '[^']*', attribute '([^']*)'/.exec(said)?.[1];
    const path = (attribute === undefined ? xpath : `${xpath}/@${attribute}`).slice(0, LONGEST_PATH);
    return fieldError(path, { code: "RESONANCE_XSD_VIOLATION", expected: "XSD", actual: undefined }, language, { line, detail: said.slice(0, 1000) });
  });
}
