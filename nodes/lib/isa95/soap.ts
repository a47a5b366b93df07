import { versionOf } from "./versions";
import { readXml, type XmlElement } from "./xml-reader";

/** Versions of the envelope; B2MML means neither, gateways use both. */
export type SoapVersion = "1.1" | "1.2";

/** What a SOAP envelope carries. */
export interface SoapContent {
  readonly version: SoapVersion;
  /** The B2MML document in the body; `undefined` where there is none. */
  readonly document: XmlElement | undefined;
  readonly fault: SoapFault | undefined;
}

/** A fault (SOAP 1.1 §4.4, SOAP 1.2 part 1 §5.4). */
export interface SoapFault {
  /** Who is at fault: the message, the receiver, or how the two talk to each other (version, headers, encoding). */
  readonly blames: "message" | "receiver" | "protocol";
  /** e.g. `Client`, `Receiver` */
  readonly code: string;
  readonly reason: string;
}

const ENVELOPES: Readonly<Record<string, SoapVersion>> = {
  "http://schemas.xmlsoap.org/soap/envelope/": "1.1",
  "http://www.w3.org/2003/05/soap-envelope": "1.2",
};
const BLAMES: Readonly<Record<string, SoapFault["blames"]>> = {
  Client: "message", Sender: "message", VersionMismatch: "protocol", MustUnderstand: "protocol", DataEncodingUnknown: "protocol",
};
const CONTENT_TYPES: Readonly<Record<SoapVersion, string>> = { "1.1": "text/xml; charset=utf-8", "1.2": "application/soap+xml; charset=utf-8" };
/** Levels below the body in which a document is looked for: the operation's element, its result, a fault's detail. */
const DEEPEST = 4;

/**
 * What is in a SOAP 1.1 or 1.2 envelope: the first B2MML document of its body, be it the body's own child, within the elements of an
 * operation, or there as text (escaped or CDATA). Headers are not read. `undefined` for what is no envelope.
 */
export function openEnvelope(root: XmlElement): SoapContent | undefined {
  const version = root.name === "Envelope" ? ENVELOPES[root.namespace] : undefined;
  if (version === undefined) return undefined;
  const body = child(root, "Body");
  const fault = body && child(body, "Fault");
  return { version, document: body && documentIn(body.children, DEEPEST), fault: fault && readFault(fault) };
}

/** The fault in a text that is a SOAP envelope; `undefined` for everything else. */
export function faultIn(text: string): SoapFault | undefined {
  return text.includes("Fault") ? soapIn(text)?.fault : undefined;
}

/** Content of a text that is a SOAP envelope. */
export function soapIn(text: string): SoapContent | undefined {
  try {
    return openEnvelope(readXml(text));
  } catch {
    return undefined;
  }
}

/** An XML document in an envelope. */
export function inEnvelope(document: string, version: SoapVersion): { readonly document: string; readonly contentType: string } {
  const [namespace = ""] = Object.entries(ENVELOPES).find(([, known]) => known === version) ?? [];
  const content = document.replace(/^\uFEFF?\s*<\?xml[^>]*\?>\s*/, "");
  return {
    document: `<?xml version="1.0" encoding="UTF-8"?>\n<soap:Envelope xmlns:soap="${namespace}"><soap:Body>${content}</soap:Body></soap:Envelope>`,
    contentType: CONTENT_TYPES[version],
  };
}

/** Level by level, so that the outermost counts. */
function documentIn(elements: readonly XmlElement[], levels: number): XmlElement | undefined {
  if (levels === 0 || elements.length === 0) return undefined;
  return elements.find(isB2mml)
    ?? elements.map(documentAsText).find((found) => found !== undefined)
    ?? documentIn(elements.flatMap(({ children }) => children), levels - 1);
}

function documentAsText({ text, children }: XmlElement): XmlElement | undefined {
  if (children.length > 0 || !text.trimStart().startsWith("<")) return undefined;
  try {
    const root = readXml(text);
    return isB2mml(root) ? root : undefined;
  } catch {
    return undefined;
  }
}

function isB2mml({ namespace, attributes }: XmlElement): boolean {
  return versionOf(namespace, attributes.get("releaseID") ?? "") !== undefined;
}

/** `faultcode` and `faultstring` (1.1) or `Code/Value` and `Reason/Text` (1.2). */
function readFault(fault: XmlElement): SoapFault {
  const value = child(fault, "Code");
  const qualified = (child(fault, "faultcode") ?? (value && child(value, "Value")))?.text.trim() ?? "";
  // 1.1 allows codes like Client.Authentication.
  const code = qualified.slice(qualified.indexOf(":") + 1);
  const texts = child(fault, "Reason");
  const reason = (child(fault, "faultstring") ?? (texts && child(texts, "Text")))?.text.trim() ?? "";
  return { blames: BLAMES[/^\w*/.exec(code)?.[0] ?? ""] ?? "receiver", code, reason };
}

function child(element: XmlElement, name: string): XmlElement | undefined {
  return element.children.find((one) => one.name === name);
}
