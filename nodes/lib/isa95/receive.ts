import { ResonanceError, type Language } from "../errors/resonance-error";
import { decodeText } from "./decode-text";
import type { DocumentFormat } from "./document";
import { createFindings, type Kept, type Problem } from "./findings";
import { jsonElement } from "./json-element";
import { checkJsonObject, readJsonObject } from "./json-reader";
import { readContent } from "./receive-content";
import { formatOf } from "./read-document";
import { openEnvelope, type SoapVersion } from "./soap";
import { B2MML } from "./structure";
import { elementNamedIn, namespaceOf, NAMESPACES, structureOf, versionOf, type Version } from "./versions";
import { readXml, type XmlElement } from "./xml-reader";

/** What a sender asks for in return. */
export interface Wants {
  /** `Process/@acknowledgeCode` */
  readonly acknowledge: "Always" | "OnError" | undefined;
  /** `Change/@responseCode` */
  readonly respond: "Always" | "OnError" | undefined;
  /** `Sender/ConfirmationCode` */
  readonly confirm: "Never" | "OnError" | "Always" | undefined;
}

/** A part of a message's content: B2MML's names in small letters, typed values. */
export type Received = Readonly<Record<string, unknown>>;

/** A B2MML document that was read. */
export interface ReceivedMessage {
  /** Name of the root element. */
  readonly message: string;
  /** `Process`, `Sync`, …; empty for an object that is a document of its own. */
  readonly verb: string;
  readonly noun: string;
  readonly version: Version;
  /** As the document writes it. */
  readonly namespace: string;
  readonly format: DocumentFormat;
  /** The document came in an envelope of this version. */
  readonly soap?: SoapVersion;
  readonly bodId?: string;
  readonly sender?: { readonly logicalId?: string; readonly componentId?: string; readonly taskId?: string; readonly referenceId?: string };
  /** As the sender's clock says. */
  readonly createdAt?: string;
  readonly wants: Wants;
  /** Action codes of the verb, e.g. `Add`; of an answer its verdict. */
  readonly actionCodes: readonly string[];
  /** `ApplicationArea` as it was read; answers repeat it. */
  readonly applicationArea: Received;
  /** The verb with its criteria. */
  readonly criteria: Received;
  readonly content: readonly Received[];
  /** What the structure has no place for, and attributes of texts. */
  readonly kept: readonly Kept[];
  readonly problems: readonly Problem[];
  /** Problems and kept parts beyond the first 500 of each: counted, not listed. */
  readonly unlisted: number;
}

export interface ReadOptions {
  /** Bytes, or characters of a text, at most; never more than 8 Mi. */
  readonly limit?: number;
  /** Encoding the transport names. */
  readonly charset?: string;
  /** Whether a document that does not fit the structure is refused. */
  readonly strict?: boolean;
  /** Language of the problems' texts. */
  readonly language?: Language;
}

const LIMIT = 8 * 1024 * 1024;
const VERB = /^(Get|Show|Process|Acknowledge|Change|Respond|Cancel|Sync|Notify|Confirm)([A-Z]\w*)$/;
/** Verbs' elements that are called otherwise: the official schema of NotifyOperationsEvent has Sync. */
const VERB_ELEMENTS: Readonly<Record<string, readonly string[]>> = { Notify: ["Sync", "Notify"] };

/**
 * Reads a B2MML document of version V0401 to V0701: XML with any prefix and encoding, in a SOAP envelope or without, JSON in either form,
 * as text, bytes or an object that was JSON. It is recognised by its root and namespace. What does not fit is told in `problems`, and nothing is lost: what has no
 * place is in `kept`.
 * @throws RESONANCE_ISA95_UNREADABLE for what is neither XML nor JSON, too long, too deep, or has a DTD or entities;
 * RESONANCE_ISA95_NAMESPACE, RESONANCE_ISA95_MESSAGE_UNKNOWN for what is no B2MML; with `strict` RESONANCE_ISA95_NOT_VALID
 */
export function readMessage(input: unknown, options: ReadOptions = {}): ReceivedMessage {
  const { root, format, release, soap } = rootOf(input, options);
  const version = versionOf(root.namespace, release);
  if (version === undefined) throw new ResonanceError("RESONANCE_ISA95_NAMESPACE", { found: root.namespace.slice(0, 200), expected: NAMESPACES.join(", ") }, { path: root.name.slice(0, 60) });
  const structure = structureOf(version);
  const messageType = structure.messageType(root.name);
  const type = messageType ?? structure.nounType(root.name);
  if (!type) throw new ResonanceError("RESONANCE_ISA95_MESSAGE_UNKNOWN", { message: root.name.slice(0, 60) });
  const findings = createFindings(options.language ?? "en-US");
  const tree = readContent(root, type, { findings, namespace: root.namespace, ordered: format === "xml", hint: elementNamedIn(version) }) as Received | null;
  const { problems, kept } = findings;
  if (options.strict === true && problems.length > 0) {
    const [{ path, message }] = problems as [Problem];
    throw new ResonanceError("RESONANCE_ISA95_NOT_VALID", { count: problems.length + findings.unlisted, first: message }, { path });
  }
  const parts = messageType ? wrapped(root.name, tree ?? {}) : { ...BARE, noun: root.name, content: [tree ?? {}] };
  return { message: root.name, version, namespace: root.namespace, format, ...(soap !== undefined && { soap }), ...parts, kept, problems, unlisted: findings.unlisted };
}

const BARE = { verb: "", wants: { acknowledge: undefined, respond: undefined, confirm: undefined }, actionCodes: [], applicationArea: {}, criteria: {} } as const;

function rootOf(input: unknown, { limit = LIMIT, charset }: ReadOptions): { readonly root: XmlElement; readonly format: DocumentFormat; readonly release: string; readonly soap?: SoapVersion } {
  const most = Math.min(limit, LIMIT);
  if (typeof input === "object" && input !== null && !(input instanceof Uint8Array)) return jsonRoot(checkJsonObject(input));
  const length = typeof input === "string" ? input.length : input instanceof Uint8Array ? input.byteLength : 0;
  if (length > most) throw new ResonanceError("RESONANCE_ISA95_UNREADABLE", { detail: `longer than ${most} ${typeof input === "string" ? "characters" : "bytes"}` });
  const text = typeof input === "string" ? input : input instanceof Uint8Array ? decodeText(input, charset) : "";
  if (formatOf(text) === "json") return jsonRoot(readJsonObject(text));
  const outer = readXml(text);
  const soap = openEnvelope(outer);
  if (soap && !soap.document) throw new ResonanceError("RESONANCE_ISA95_UNREADABLE", { detail: "the body of the SOAP envelope holds no B2MML document" });
  const root = soap?.document ?? outer;
  return { root, format: "xml", release: root.attributes.get("releaseID") ?? "", ...(soap && { soap: soap.version }) };
}

function jsonRoot(object: Readonly<Record<string, unknown>>): ReturnType<typeof rootOf> {
  const [message = "", ...others] = Object.keys(object).filter((key) => !key.startsWith("$") && !key.startsWith("@"));
  if (message === "" || others.length > 0) throw new ResonanceError("RESONANCE_ISA95_UNREADABLE", { detail: "a B2MML JSON document has one member, the message" });
  const { "@releaseID": release = "", "@xmlns": said } = part(object[message]);
  const namespace = typeof said === "string" ? said : namespaceOf(String(release)) ?? B2MML.namespace;
  return { root: jsonElement(message, namespace, object[message]), format: "json", release: String(release) };
}

function wrapped(message: string, tree: Received): Pick<ReceivedMessage, "verb" | "noun" | "bodId" | "sender" | "createdAt" | "wants" | "actionCodes" | "applicationArea" | "criteria" | "content"> {
  const [, verb = "", noun = ""] = VERB.exec(message) ?? [];
  const applicationArea = part(tree["applicationArea"]);
  const sender = part(applicationArea["sender"]);
  const { creationDateTime } = applicationArea;
  const bodId = applicationArea["bodId"];
  const dataArea = part(tree["dataArea"]);
  const verbs = (VERB_ELEMENTS[verb] ?? [verb]).map((name) => name.toLowerCase());
  const verbName = verbs.find((name) => name in dataArea) ?? "";
  const criteria = part(dataArea[verbName]);
  const content = Object.keys(dataArea).filter((name) => name !== verbName).flatMap((name) => [dataArea[name]].flat().map(part));
  return {
    verb, noun,
    ...(typeof bodId === "string" && bodId !== "" && { bodId }),
    ...(Object.keys(sender).length > 0 && { sender }),
    ...(typeof creationDateTime === "string" && { createdAt: creationDateTime }),
    wants: {
      acknowledge: oneOf(criteria["acknowledgeCode"], "Always", "OnError"),
      respond: oneOf(criteria["responseCode"], "Always", "OnError"),
      confirm: oneOf(sender["confirmationCode"], "Never", "OnError", "Always"),
    },
    actionCodes: actionCodesOf(criteria),
    applicationArea, criteria, content,
  };
}

function actionCodesOf(criteria: Received): readonly string[] {
  const expressions = [...list(criteria["actionCriteria"]).flatMap((one) => list(one["actionExpression"])), ...list(criteria["responseCriteria"]).flatMap((one) => list(one["responseExpression"]))];
  return expressions.map((expression) => expression["actionCode"]).filter((code) => typeof code === "string");
}

function oneOf<T extends string>(value: unknown, ...known: readonly T[]): T | undefined {
  return known.find((one) => one.toLowerCase() === (typeof value === "string" ? value.trim().toLowerCase() : undefined));
}

/** A part of a message as an object, whatever stands there. */
export function part(value: unknown): Received {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Received) : {};
}

/** The parts of a list; of what is no list the one there is. */
export function list(value: unknown): readonly Received[] {
  return value === undefined || value === null ? [] : [value].flat().map(part);
}
