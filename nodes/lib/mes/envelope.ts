import { ResonanceError } from "../errors/resonance-error";
import { CONTENT_TYPES, isTree, type DocumentFormat } from "../isa95/document";
import { formatOf } from "../isa95/read-document";
import { readJsonObject } from "../isa95/json-reader";
import { readXml } from "../isa95/xml-reader";
import type { Envelope } from "./delivery";

/** What the flow knows of a document already. */
export interface KnownDocument {
  readonly message?: string;
  readonly bodId?: string;
}

/**
 * A document as a message's payload carries it (XML text, JSON text or object) made ready to send.
 * What is not known of it is read from it.
 * @throws RESONANCE_MES_DOCUMENT for what is no B2MML document, RESONANCE_MES_FORMAT when the MES takes the other form,
 * RESONANCE_ISA95_UNREADABLE.
 */
export function toEnvelope(payload: unknown, expected: DocumentFormat, known: KnownDocument = {}): Envelope {
  const document = typeof payload === "string" ? payload : isTree(payload) ? JSON.stringify(payload) : "";
  if (document.trim() === "") throw new ResonanceError("RESONANCE_MES_DOCUMENT", {}, { path: "payload" });
  const found = formatOf(document);
  if (found !== expected) throw new ResonanceError("RESONANCE_MES_FORMAT", { found: found.toUpperCase(), expected: expected.toUpperCase() }, { path: "payload" });
  const { message, bodId } = known.message !== undefined && known.bodId !== undefined ? known : READERS[found](document);
  if (!message) throw new ResonanceError("RESONANCE_MES_DOCUMENT", {}, { path: "payload" });
  return { document, contentType: CONTENT_TYPES[found], message, bodId: bodId ?? "" };
}

const READERS: Readonly<Record<DocumentFormat, (document: string) => KnownDocument>> = {
  xml(document) {
    const root = readXml(document);
    const area = root.children.find((child) => child.name === "ApplicationArea");
    if (!area) return {};
    const bodId = area.children.find((child) => child.name === "BODID");
    return { message: root.name, bodId: bodId?.text.trim() ?? "" };
  },
  json(document) {
    const [message, content] = Object.entries(readJsonObject(document)).find(([name]) => !name.startsWith("$")) ?? [];
    const area = isTree(content) ? content["ApplicationArea"] : undefined;
    if (message === undefined || !isTree(area)) return {};
    const bodId = isTree(area["BODID"]) ? area["BODID"]["$"] : area["BODID"];
    return { message, bodId: typeof bodId === "string" ? bodId.trim() : "" };
  },
};
