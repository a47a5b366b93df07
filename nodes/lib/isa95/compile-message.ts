import { ResonanceError } from "../errors/resonance-error";
import type { Category, Direction, Profile } from "../profile/profile";
import type { InterfaceRecord } from "../record/interface-record";
import { uuidv7 } from "../record/uuid-v7";
import type { B2mmlDocument, DocumentFormat, Draft, Tree } from "./document";
import { compileTargets, type FieldPlacer } from "./field-target";
import type { Frame, MessageOptions } from "./frame";
import { FRAMES } from "./frames";
import { writeJson, type Json } from "./json-writer";
import type { JobContext } from "./lineage";
import { placeOf } from "./place";
import { checkRecord } from "./record-check";
import { B2MML, messageType, nounOf } from "./structure";
import { literal } from "./text";
import { writeXml } from "./xml-writer";

/** What to compile. */
export interface MessageTarget {
  readonly profile: Profile;
  /** B2MML message, e.g. `SyncPhysicalAsset`; empty for the default of each record's category. */
  readonly message: string;
  readonly format: DocumentFormat;
  readonly options?: MessageOptions;
}

/** A written message. */
export interface WrittenMessage {
  readonly message: string;
  /** BODID, unique for each message written. */
  readonly bodId: string;
  readonly format: DocumentFormat;
  /** XML text or B2MML JSON. */
  readonly document: string | { [message: string]: Json };
}

/** What the flow knows beside the record. */
export interface MessageContext {
  readonly job?: JobContext | undefined;
}

/** Turns a record into a message. */
export type MessageWriter = (record: InterfaceRecord, context?: MessageContext) => WrittenMessage;

/** A message prepared for the records of one category and direction. */
interface Plan {
  readonly message: string;
  readonly noun: string;
  readonly frame: Frame;
  readonly category: Category;
  readonly fields: ReadonlyMap<string, readonly FieldPlacer[]>;
}

/**
 * Prepares a message for every category of the profile it suits; the writer then only runs the plan. What a record holds
 * goes where its fields' ISA-95 annotation says, the rest of the document is the message's frame; ids come from the record
 * and the job, so that the same record gives the same document but for BODID and creation time.
 * @throws RESONANCE_ISA95_MESSAGE_UNSUITABLE when it suits no category, RESONANCE_ISA95_TARGET_INVALID for an annotation
 * the schema has no place for, RESONANCE_CONFIG_INVALID for a priority that is no decimal number; the writer:
 * RESONANCE_ISA95_RECORD, RESONANCE_ISA95_PROFILE, RESONANCE_ISA95_MESSAGE_UNSUITABLE, RESONANCE_ISA95_FIELD_…,
 * RESONANCE_ISA95_EQUIPMENT and what `writeXml` throws.
 */
export function compileMessage({ profile, message, format, options = {} }: MessageTarget): MessageWriter {
  checkPriority(options.priority);
  const plans = compilePlans(profile, message);
  if (plans.size === 0) throw unsuitable(profile, message);
  const write: (document: B2mmlDocument) => WrittenMessage["document"] = format === "xml" ? writeXml : writeJson;
  return (payload, { job = {} } = {}) => {
    const record = checkRecord(payload, profile);
    const plan = plans.get(planKey(record.category, record.direction));
    if (!plan) throw unsuitable(profile, message, record);
    const bodId = uuidv7();
    const noun = buildNoun(plan, profile, record, job, options);
    const content = envelope(plan, noun, record, bodId, options);
    return { message: plan.message, bodId, format, document: write({ message: plan.message, content }) };
  };
}

function compilePlans(profile: Profile, wanted: string): Map<string, Plan> {
  const plans = new Map<string, Plan>();
  for (const category of profile.categories.values()) {
    for (const direction of ["input", "output"] as const) {
      const suitable = category.messages[direction];
      const message = wanted === "" ? suitable[0] : suitable.find((name) => name === wanted);
      if (message !== undefined) plans.set(planKey(category.id, direction), compilePlan(category, direction, message));
    }
  }
  return plans;
}

function compilePlan(category: Category, direction: Direction, message: string): Plan {
  const frame = FRAMES[message];
  const type = messageType(message);
  if (!frame || !type) throw new ResonanceError("RESONANCE_ISA95_MESSAGE_UNKNOWN", { message }, { path: "message" });
  const noun = nounOf(type);
  const fields = [...category[direction].fields.values()].map((field) => [field.name, compileTargets(message, noun, frame, field)] as const);
  return { message, noun: noun.name, frame, category, fields: new Map(fields) };
}

function buildNoun({ frame, category, fields }: Plan, profile: Profile, record: InterfaceRecord, job: JobContext, options: MessageOptions): Draft {
  const context = { profile, category, record, place: placeOf(record), job, options };
  const noun = frame.build(context);
  for (const [name, placers] of fields) {
    if (record.values[name] === undefined && record.quality?.[name] === undefined) continue;
    for (const place of placers) place(noun, record);
  }
  for (const name of Object.keys(record.values)) {
    if (!fields.has(name)) throw new ResonanceError("RESONANCE_ISA95_FIELD_UNKNOWN", { field: name, category: category.id }, { path: `values/${name}` });
  }
  frame.settle?.(noun, context);
  return noun;
}

function envelope({ noun, frame }: Plan, content: Draft, record: InterfaceRecord, bodId: string, options: MessageOptions): Tree {
  return {
    "@releaseID": B2MML.releaseId,
    ApplicationArea: {
      Sender: { LogicalID: options.sender ?? "model-data-resonance", ReferenceID: record.id, ConfirmationCode: options.confirmation },
      CreationDateTime: new Date().toISOString(),
      BODID: bodId,
    },
    DataArea: { ...frame.verb, [noun]: [content] },
  };
}

function unsuitable(profile: Profile, message: string, record?: InterfaceRecord): ResonanceError {
  const category = record?.category ?? [...profile.categories.keys()].join(", ");
  const directions = record ? [record.direction] : (["input", "output"] as const);
  const suitable = [...profile.categories.values()]
    .filter((candidate) => !record || candidate.id === record.category)
    .flatMap((candidate) => directions.flatMap((direction) => candidate.messages[direction]));
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

function planKey(category: string, direction: string): string {
  return `${category}/${direction}`;
}
