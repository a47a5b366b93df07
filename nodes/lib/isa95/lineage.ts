import type { Profile } from "../profile/profile";
import type { InterfaceRecord, Nature, ValueQuality } from "../record/interface-record";
import type { Draft } from "./document";

/** One thing known of a record or value, as an entry of a document carries it. */
export interface Fact {
  readonly id: string;
  readonly value: string | number;
  readonly dataType: "string" | "double" | "dateTime";
}

/** The job a record belongs to, as far as the flow knows it. */
export interface JobContext {
  readonly workScheduleId?: string;
  readonly workRequestId?: string;
  readonly jobOrderId?: string;
}

/** ID of the entry that says where a document's values come from. */
export const LINEAGE_ID = "modelDataRecord";

/** Everything a receiver must know to judge and trace a record. */
export function recordFacts(profile: Profile, record: InterfaceRecord, job: JobContext): readonly Fact[] {
  const facts = new FactList()
    .text("recordId", record.id)
    .text("profile", `${record.profile} (${profile.status})`)
    .text("category", record.category)
    .text("direction", record.direction)
    .text("nature", record.nature)
    .time("timestamp", record.timestamp);
  if (record.direction === "output") {
    facts
      .text("inputId", record.inputId)
      .text("modelId", record.model.id)
      .text("modelVersion", record.model.version)
      .text("modelDigest", record.model.digest)
      .number("confidence", record.confidence)
      .time("validUntil", record.validUntil);
  }
  facts.text("workScheduleId", job.workScheduleId).text("workRequestId", job.workRequestId).text("jobOrderId", job.jobOrderId);
  return facts.list;
}

/** What must travel with a single value: its nature unless measured, and its quality unless Good. */
export function valueFacts(nature: Nature, quality: ValueQuality | undefined): readonly Fact[] {
  const facts = new FactList().text("nature", nature === "measurement" ? undefined : nature);
  if (quality) facts.text("quality", quality.status).text("statusCode", quality.code).time("sourceTime", quality.timestamp);
  return facts.list;
}

/** Confidence and model of a single value, for receivers that store value by value. */
export function modelFacts(record: InterfaceRecord): readonly Fact[] {
  if (record.direction !== "output") return [];
  return new FactList()
    .number("confidence", record.confidence)
    .text("modelId", record.model.id)
    .text("modelVersion", record.model.version)
    .text("modelDigest", record.model.digest)
    .time("validUntil", record.validUntil).list;
}

/** One sentence that no reader can take for a measurement; empty for measured values. */
export function natureNotice(record: InterfaceRecord): string {
  if (record.direction === "input" || record.nature === "measurement") return "";
  const { id, version } = record.model;
  return `Model-made ${record.nature}, not a measurement: model ${id}, version ${version}`;
}

/** The fact as an entry with a single value. */
export function factValue({ value, dataType }: Fact): Draft {
  return { ValueString: String(value), DataType: dataType };
}

class FactList {
  readonly list: Fact[] = [];

  text(id: string, value: string | undefined): this {
    return this.add(id, value, "string");
  }

  number(id: string, value: number | undefined): this {
    return this.add(id, value, "double");
  }

  time(id: string, value: string | undefined): this {
    return this.add(id, value, "dateTime");
  }

  private add(id: string, value: string | number | undefined, dataType: Fact["dataType"]): this {
    if (value !== undefined) this.list.push({ id, value, dataType });
    return this;
  }
}
