import { uuidv7 } from "../record/uuid-v7";
import { CONTENT_TYPES, type B2mmlDocument, type Tree } from "./document";
import { writeJson } from "./json-writer";
import type { Received, ReceivedMessage } from "./receive";
import { part } from "./receive";
import { inEnvelope } from "./soap";
import { nounOf, type Structure } from "./structure";
import { treeOf } from "./tree-of";
import { structureOf } from "./versions";
import { writeXml } from "./xml-writer";

/** What becomes of a message. */
export interface Decision {
  readonly code: "Accepted" | "Rejected" | "Modified";
  readonly reason?: string;
  /** Objects to answer with, built like received ones: what a Get asks for, what a Process or Change was modified to. */
  readonly content?: readonly Received[];
}

/** An answer ready to send. */
export interface Reply {
  readonly message: string;
  readonly document: string;
  readonly contentType: string;
  readonly bodId: string;
}

export interface ReplyOptions {
  /** `Sender/LogicalID` of the answer; `model-data-resonance` unless told. */
  readonly sender?: string;
  readonly now?: Date;
  readonly bodId?: string;
}

type Kind = "Acknowledge" | "Respond" | "Show" | "Confirm";
const LONGEST_REASON = 1000;

/**
 * The answer that a message asks for, in its own version, form and envelope: Acknowledge to Process, Respond to Change, Show to Get, else
 * ConfirmBOD where the sender asks for confirmation (ISA-95 part 5). `undefined` where it asks for none: `OnError` asks only where
 * the message is rejected, and answers are never answered. Objects not given are those of the message, as far as the schema requires
 * them.
 * @throws what `writeXml` throws for `content` that does not fit.
 */
export function writeReply(received: ReceivedMessage, decision: Decision, options: ReplyOptions = {}): Reply | undefined {
  const kind = kindOf(received, decision);
  if (kind === undefined) return undefined;
  const structure = structureOf(received.version);
  const message = kind === "Confirm" ? "ConfirmBOD" : kind + received.noun;
  if (!structure.messageType(message)) return undefined;
  const bodId = options.bodId ?? uuidv7();
  const now = (options.now ?? new Date()).toISOString();
  const original = originalArea(received, structure, now);
  const criteria = { ResponseCriteria: [criterion(decision)] };
  const verb = { [kind]: { OriginalApplicationArea: original, ...(kind === "Show" && decision.code === "Accepted" ? {} : criteria) } };
  const content: Tree = {
    ...(kind !== "Confirm" && { "@releaseID": structure.releaseId }),
    ApplicationArea: { Sender: { LogicalID: options.sender ?? "model-data-resonance" }, ...receiver(received), CreationDateTime: now, BODID: bodId },
    DataArea: { ...verb, ...(kind === "Confirm" ? { BOD: [{ OriginalApplicationArea: original, ...reasons(decision) }] } : nouns(received, message, decision, structure, now)) },
  };
  const document = written({ message, content }, received, structure);
  return { message, bodId, ...(received.soap ? inEnvelope(document, received.soap) : { contentType: CONTENT_TYPES[received.format], document }) };
}

function kindOf({ verb, wants }: ReceivedMessage, { code }: Decision): Kind | undefined {
  const asks = (wish: string | undefined): boolean => wish === "Always" || (wish === "OnError" && code === "Rejected");
  if (verb === "Get") return "Show";
  if (verb === "Process" && asks(wants.acknowledge)) return "Acknowledge";
  if (verb === "Change" && asks(wants.respond)) return "Respond";
  return ["Process", "Change", "Sync", "Notify", "Cancel"].includes(verb) && asks(wants.confirm) ? "Confirm" : undefined;
}

function criterion({ code, reason }: Decision): Tree {
  return { ResponseExpression: { "@actionCode": code }, ...(reason !== undefined && reason !== "" && { ChangeStatus: { Reason: [plain(reason)] } }) };
}

function reasons({ reason }: Decision): Tree {
  return reason === undefined || reason === "" ? {} : { Description: [plain(reason)] };
}

/** The application area of the message, whose BODID says what is answered. */
function originalArea({ applicationArea }: ReceivedMessage, structure: Structure, now: string): Tree {
  const type = structure.typeNamed("TransApplicationAreaType");
  const { sender, creationDateTime, bodId } = applicationArea;
  const area = { ...(sender !== undefined && { sender }), creationDateTime: isTime(creationDateTime) ? creationDateTime : now, ...(typeof bodId === "string" && { bodId }) };
  if (!type) return {};
  const tree = treeOf(type, area, { minimal: false, now });
  const from = tree["Sender"] as Tree | undefined;
  if (!from) return tree;
  // A code nobody knows was told when the message was read.
  const { ConfirmationCode: code, ...others } = from;
  return { ...tree, Sender: typeof code === "string" && ["Never", "OnError", "Always"].includes(code) ? from : others };
}

function receiver({ sender }: ReceivedMessage): Tree {
  const { logicalId, componentId } = part(sender);
  if (typeof logicalId !== "string" && typeof componentId !== "string") return {};
  return { Receiver: [{ ...(typeof logicalId === "string" && { LogicalID: plain(logicalId) }), ...(typeof componentId === "string" && { ComponentID: plain(componentId) }) }] };
}

function nouns({ content }: ReceivedMessage, message: string, decision: Decision, structure: Structure, now: string): Tree {
  const type = structure.messageType(message);
  if (!type) return {};
  const noun = nounOf(type);
  const given = decision.content !== undefined && decision.content.length > 0;
  const objects = given ? decision.content : content.length > 0 ? content : [{}];
  return { [noun.name]: objects.map((object) => treeOf(noun.type, object, { minimal: !given, now })) };
}

function written(document: B2mmlDocument, { format, namespace }: ReceivedMessage, structure: Structure): string {
  return format === "xml" ? writeXml(document, structure, namespace) : JSON.stringify(writeJson(document, "plain", structure));
}

function isTime(value: unknown): value is string {
  return typeof value === "string" && !Number.isNaN(Date.parse(value));
}

/** A text XML can carry, of bounded length. */
function plain(text: string): string {
  return text.slice(0, LONGEST_REASON).replace(/[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, "\uFFFD");
}
