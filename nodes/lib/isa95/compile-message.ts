import { ResonanceError } from "../errors/resonance-error";
import { DIRECTIONS, type Category, type Direction, type Field, type Profile } from "../profile/profile";
import type { InterfaceRecord, Nature } from "../record/interface-record";
import { suitableMessages } from "../profile/suitable-messages";
import { uuidv7 } from "../record/uuid-v7";
import type { DocumentFormat } from "./document";
import { placeField, type NodeTarget } from "./field-target";
import type { Frame, MessageOptions } from "./frame";
import { FRAMES } from "./frames/frames";
import { writeJson, type Json, type JsonForm } from "./json-writer";
import type { JobContext } from "./lineage";
import { placeOf } from "./place";
import { checkRecord } from "./record-check";
import { B2MML, messageType, nounOf } from "./structure";
import { compileFill, type RecordContext, type Template } from "./template";
import { literal } from "./text";
import { toVersion } from "./to-version";
import { structureOf, type WrittenVersion } from "./versions";
import { compileXml } from "./xml-plan";
import { writeXml } from "./xml-writer";

/** What to compile. */
export interface MessageTarget {
  readonly profile: Profile;
  /** B2MML message, e.g. `SyncPhysicalAsset`; empty for the default of each record's category. */
  readonly message: string;
  readonly format: DocumentFormat;
  /** How JSON carries text; plain unless told. */
  readonly jsonForm?: JsonForm;
  /** The current version unless told. */
  readonly version?: WrittenVersion;
  readonly options?: MessageOptions;
  /** Places for fields that count instead of the profile's, in the messages whose noun they begin with. */
  readonly targets?: readonly NodeTarget[];
}

/** A written message. */
export interface WrittenMessage {
  readonly message: string;
  /** BODID, unique for each message written. */
  readonly bodId: string;
  readonly format: DocumentFormat;
  readonly version: WrittenVersion;
  /** XML text or B2MML JSON. */
  readonly document: string | { [message: string]: Json };
}

/** What the flow knows beside the record. */
export interface MessageContext {
  readonly job?: JobContext | undefined;
  /** Record whose IDs count: the one that made the request which this one changes. */
  readonly requestId?: string | undefined;
}

/** Turns a record into a message. */
export type MessageWriter = (record: InterfaceRecord, context?: MessageContext) => WrittenMessage;

/** A message prepared for the records of one category, direction and nature. */
interface Plan {
  readonly message: string;
  readonly write: (context: RecordContext) => WrittenMessage["document"];
}

/** What the plans of a category's direction are made of. */
interface Suit {
  readonly category: Category;
  readonly direction: Direction;
  readonly message: string;
  /** Message of the category whose targets count. */
  readonly basis: string;
  /** One for each nature its records have had so far. */
  readonly plans: Map<Nature, Plan>;
}

/**
 * Prepares a message for every category of the profile it suits; the writer then only fills the plan. What a record holds
 * goes where its fields' ISA-95 annotation says, the rest of the document is the message's frame; ids come from the record
 * and the job, so that the same record gives the same document but for BODID and creation time.
 * @throws RESONANCE_ISA95_MESSAGE_UNSUITABLE when it suits no category, RESONANCE_ISA95_TARGET_INVALID for an annotation
 * the schema has no place for, RESONANCE_CONFIG_INVALID for a priority that is no decimal number; the writer:
 * RESONANCE_ISA95_RECORD, RESONANCE_ISA95_PROFILE, RESONANCE_ISA95_MESSAGE_UNSUITABLE, RESONANCE_ISA95_FIELD_…,
 * RESONANCE_ISA95_EQUIPMENT and what `writeXml` throws.
 */
export function compileMessage(target: MessageTarget): MessageWriter {
  const { profile, message, format, version = "V0701", options = {}, targets = [] } = target;
  checkPriority(options.priority);
  const suits = findSuits(profile, message, version);
  if (suits.size === 0) throw unsuitable(profile, message);
  checkTargets(targets, [...suits.values()]);
  const planOf = (suit: Suit, nature: Nature): Plan => {
    const plan = suit.plans.get(nature) ?? compilePlan(suit, nature, target);
    suit.plans.set(nature, plan);
    return plan;
  };
  for (const suit of suits.values()) planOf(suit, suit.direction === "input" ? "measurement" : suit.category.nature);
  return (payload, { job = {}, requestId } = {}) => {
    const record = checkRecord(payload, profile);
    const suit = suits.get(suitKey(record.category, record.direction));
    if (!suit) throw unsuitable(profile, message, record);
    checkFields(suit, record);
    const plan = planOf(suit, record.nature);
    const bodId = uuidv7();
    const document = plan.write({ record, place: placeOf(record), job, bodId, createdAt: new Date().toISOString(), ...(requestId !== undefined && { requestId }) });
    return { message: plan.message, bodId, format, version, document };
  };
}

function findSuits(profile: Profile, wanted: string, version: WrittenVersion): Map<string, Suit> {
  const structure = structureOf(version);
  const suits = new Map<string, Suit>();
  for (const category of profile.categories.values()) {
    for (const direction of DIRECTIONS) {
      const suitable = suitableMessages(category.messages[direction]).filter(({ message }) => structure.messageType(message));
      const found = wanted === "" ? suitable[0] : suitable.find(({ message }) => message === wanted);
      if (found) suits.set(suitKey(category.id, direction), { category, direction, ...found, plans: new Map() });
    }
  }
  return suits;
}

function compilePlan({ category, direction, message, basis }: Suit, nature: Nature, target: MessageTarget): Plan {
  const { profile, format, jsonForm, version = "V0701", options = {}, targets = [] } = target;
  const frame = FRAMES[message];
  const type = messageType(message);
  if (!frame || !type) return failUnknown(message);
  const noun = nounOf(type);
  const template = frame.build({ profile, category, direction, nature, options });
  const { lineagePerValue } = frame;
  const hasOwn = ({ name }: Field): boolean => targets.some((one) => one.field === name);
  const fields = [...category[direction].fields.values()];
  // What the node places sees what stands there already.
  for (const field of [...fields.filter((one) => !hasOwn(one)), ...fields.filter(hasOwn)]) placeField(template, field, { message, basis, noun, frame, targets, version }, { direction, nature, lineagePerValue });
  frame.settle?.(template);
  const content = envelope(frame, noun.name, template, options);
  if (format === "xml" && version === "V0701") return { message, write: compileXml(message, content) };
  const fill = compileFill(content);
  const structure = structureOf(version);
  return {
    message,
    write(context) {
      const current = { message, content: fill(context) };
      const document = version === "V0701" ? current : toVersion(current, version);
      return format === "xml" ? writeXml(document, structure) : writeJson(document, jsonForm, structure);
    },
  };
}

/** Every field named by the node must be one of the categories it writes, in a message that begins like its path. */
function checkTargets(targets: readonly NodeTarget[], suits: readonly Suit[]): void {
  targets.forEach(({ field, path }, index) => {
    const known = suits.filter(({ category, direction }) => category[direction].fields.has(field));
    const [noun = ""] = path.split("/");
    const fits = known.some(({ message }) => message.endsWith(noun) && nounOf(messageType(message) ?? failUnknown(message)).name === noun);
    const detail = known.length === 0 ? "no category has this field" : `no message of its category begins with ${noun || "nothing"}`;
    if (!fits) throw new ResonanceError("RESONANCE_ISA95_NODE_TARGET", { field, target: path, detail }, { path: `targets/${index}` });
  });
}

function failUnknown(message: string): never {
  throw new ResonanceError("RESONANCE_ISA95_MESSAGE_UNKNOWN", { message }, { path: "message" });
}

/** A value that the category has no field for has no place in the document. */
function checkFields({ category, direction }: Suit, record: InterfaceRecord): void {
  const { fields } = category[direction];
  for (const name of Object.keys(record.values)) {
    if (!fields.has(name)) throw new ResonanceError("RESONANCE_ISA95_FIELD_UNKNOWN", { field: name, category: category.id }, { path: `values/${name}` });
  }
}

function envelope(frame: Frame, noun: string, template: Template, options: MessageOptions): Template {
  return {
    "@releaseID": B2MML.releaseId,
    ApplicationArea: {
      Sender: { LogicalID: options.sender ?? "model-data-resonance", ReferenceID: ({ record }) => record.id, ConfirmationCode: options.confirmation },
      CreationDateTime: ({ createdAt }) => createdAt,
      BODID: ({ bodId }) => bodId,
    },
    DataArea: { ...(frame.verb as Template), [noun]: [template] },
  };
}

function unsuitable(profile: Profile, message: string, record?: InterfaceRecord): ResonanceError {
  const category = record?.category ?? [...profile.categories.keys()].join(", ");
  const directions = record ? [record.direction] : (["input", "output"] as const);
  const suitable = [...profile.categories.values()]
    .filter((candidate) => !record || candidate.id === record.category)
    .flatMap((candidate) => directions.flatMap((direction) => suitableMessages(candidate.messages[direction]).map(({ message: name }) => name)));
  return new ResonanceError(
    "RESONANCE_ISA95_MESSAGE_UNSUITABLE",
    { message, category, direction: directions.join(", "), suitable: [...new Set(suitable)].join(", ") || "-" },
    { path: "message" },
  );
}

function checkPriority(priority: string | undefined): void {
  if (priority === undefined) return;
  try {
    literal({ base: "decimal" }, priority, ["priority"]);
  } catch (cause) {
    throw new ResonanceError("RESONANCE_CONFIG_INVALID", { setting: "priority", detail: `"${priority}" is no decimal number` }, { path: "priority", cause });
  }
}

function suitKey(category: string, direction: string): string {
  return `${category}/${direction}`;
}
