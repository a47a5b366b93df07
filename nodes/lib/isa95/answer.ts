import { ResonanceError } from "../errors/resonance-error";
import { formatOf } from "./read-document";
import { readJsonObject } from "./json-reader";
import { openEnvelope } from "./soap";
import { NAMESPACES, versionOf } from "./versions";
import { readXml, type XmlElement } from "./xml-reader";

/** What an answer says of the message it answers; `none` when it says nothing. */
export type Verdict = "accepted" | "rejected" | "modified" | "none";

/** A B2MML answer, judged. */
export interface Answer {
  /** e.g. `AcknowledgeWorkSchedule`, `ConfirmBOD` */
  readonly message: string;
  readonly verdict: Verdict;
  /** BODID of the message this one answers, where it is named. */
  readonly originalBodId?: string;
  /** What the answer gives as reason or description. */
  readonly reason?: string;
}

const ANSWER = /^(Acknowledge|Respond|Confirm)([A-Z]\w*)$/;
const VERDICTS: Readonly<Record<string, Verdict>> = { accepted: "accepted", modified: "modified", replaced: "modified", rejected: "rejected" };
/** Characters of a reason at most; it goes into an error text. */
const MAX_REASON = 1000;
/** Of several criteria the worst counts. */
const SEVERITY: readonly Verdict[] = ["rejected", "modified", "accepted"];

/** The same shape for both written forms: text, attributes and lists of children. */
interface Part {
  readonly text: string;
  readonly attribute: (name: string) => string | undefined;
  readonly all: (name: string) => readonly Part[];
}

/**
 * Reads an answer in B2MML V0401 to V0701, as XML with any prefix, in a SOAP envelope or without, or as JSON in either form.
 * The form is taken from the text itself: content types are often wrong.
 * @throws RESONANCE_ISA95_UNREADABLE, RESONANCE_ISA95_NAMESPACE, RESONANCE_ISA95_MESSAGE_UNKNOWN for what is no answer.
 */
export function readAnswer(text: string): Answer {
  const [message, root] = formatOf(text) === "xml" ? xmlRoot(text) : jsonRoot(text);
  const kind = ANSWER.exec(message)?.[1];
  if (kind === undefined) throw new ResonanceError("RESONANCE_ISA95_MESSAGE_UNKNOWN", { message: message.slice(0, 60) });
  const dataArea = root.all("DataArea")[0];
  const verb = dataArea?.all(kind)[0];
  const criteria = verb?.all("ResponseCriteria") ?? [];
  const bods = dataArea?.all("BOD") ?? [];
  const reason = [...criteria.flatMap(changeTexts), ...bods.flatMap((bod) => texts(bod, ["Description", "Note"]))].join("; ").slice(0, MAX_REASON);
  const originalBodId = [verb, ...bods].map((part) => part && step(part, "OriginalApplicationArea", "BODID")).find((id) => id);
  const stated = SEVERITY.find((verdict) => criteria.some((criterion) => codeOf(criterion) === verdict));
  return {
    message,
    verdict: stated ?? (kind === "Confirm" ? receiptVerdict(bods) : "none"),
    ...(originalBodId && { originalBodId }),
    ...(reason !== "" && { reason }),
  };
}

/** A ConfirmBOD without criteria is a plain receipt; a text beside it is how B2MML reports what went wrong. */
function receiptVerdict(bods: readonly Part[]): Verdict {
  return bods.some((bod) => texts(bod, ["Description", "Note"]).length > 0) ? "rejected" : "accepted";
}

function codeOf(criterion: Part): Verdict | undefined {
  const code = criterion.all("ResponseExpression")[0]?.attribute("actionCode");
  return code === undefined ? undefined : VERDICTS[code.trim().toLowerCase()];
}

function changeTexts(criterion: Part): readonly string[] {
  const expression = criterion.all("ResponseExpression").map((part) => part.text.trim()).filter((text) => text !== "");
  return [...criterion.all("ChangeStatus").flatMap((status) => texts(status, ["Code", "Description", "ReasonCode", "Reason"])), ...expression];
}

function texts(part: Part, names: readonly string[]): readonly string[] {
  return names.flatMap((name) => part.all(name)).map((child) => child.text.trim()).filter((text) => text !== "");
}

function step(part: Part, ...names: readonly string[]): string | undefined {
  const found = names.reduce<Part | undefined>((current, name) => current?.all(name)[0], part);
  return found?.text.trim();
}

function xmlRoot(text: string): [string, Part] {
  const outer = readXml(text);
  const soap = openEnvelope(outer);
  if (soap && !soap.document) throw new ResonanceError("RESONANCE_ISA95_MESSAGE_UNKNOWN", { message: outer.name });
  const root = soap?.document ?? outer;
  if (versionOf(root.namespace, "") === undefined) throw new ResonanceError("RESONANCE_ISA95_NAMESPACE", { found: root.namespace.slice(0, 200), expected: NAMESPACES.join(", ") }, { path: root.name.slice(0, 60) });
  return [root.name, xmlPart(root)];
}

function xmlPart(element: XmlElement): Part {
  return {
    text: element.text,
    attribute: (name) => element.attributes.get(name),
    all: (name) => element.children.filter((child) => child.name === name).map(xmlPart),
  };
}

function jsonRoot(text: string): [string, Part] {
  const object = readJsonObject(text);
  const [message = ""] = Object.keys(object).filter((key) => !key.startsWith("$") && !key.startsWith("@"));
  return [message, jsonPart(object[message])];
}

function jsonPart(value: unknown): Part {
  const members = typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Readonly<Record<string, unknown>>) : { $: value };
  const scalar = (member: unknown): string | undefined =>
    typeof member === "string" || typeof member === "number" || typeof member === "boolean" ? String(member) : undefined;
  return {
    text: scalar(members["$"]) ?? "",
    attribute: (name) => scalar(members[`@${name}`]),
    all: (name) => [members[name] ?? []].flat().map(jsonPart),
  };
}
