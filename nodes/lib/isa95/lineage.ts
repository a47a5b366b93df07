import type { Profile } from "../profile/profile";
import type { OutputRecord, ValueQuality } from "../record/interface-record";
import type { Tree } from "./document";
import type { RecordContext } from "./template";

/** One thing known of a record or value: where it is found, and how an entry of a document carries it. */
export interface Fact {
  readonly id: string;
  readonly dataType: "string" | "double" | "dateTime";
  /** Whether every record has it. */
  readonly always: boolean;
  readonly of: (context: RecordContext) => string | number | undefined;
}

/** The job a record belongs to, and what it works on, as far as the flow knows it. */
export interface JobContext {
  readonly workScheduleId?: string;
  readonly workRequestId?: string;
  readonly jobOrderId?: string;
  readonly operationsScheduleId?: string;
  readonly operationsRequestId?: string;
  readonly operationsDefinitionId?: string;
  readonly operationsSegmentId?: string;
  readonly processSegmentId?: string;
  readonly materialLotId?: string;
  readonly workMasterId?: string;
  /** Name the MES has for the equipment; the record's own stands in the hierarchy scope. */
  readonly equipmentId?: string;
}

/** ID of the entry that says where a document's values come from. */
export const LINEAGE_ID = "modelDataRecord";

const output = (read: (record: OutputRecord) => string | number | undefined): Fact["of"] =>
  ({ record }) => (record.direction === "output" ? read(record) : undefined);

const MODEL_FACTS: readonly Fact[] = [
  { id: "modelId", dataType: "string", always: true, of: output(({ model }) => model.id) },
  { id: "modelVersion", dataType: "string", always: true, of: output(({ model }) => model.version) },
  { id: "modelDigest", dataType: "string", always: false, of: output(({ model }) => model.digest) },
];
/** Of the record as a whole: they are too long to stand beside every value. */
const TRAINING_FACTS: readonly Fact[] = [
  { id: "modelDataSet", dataType: "string", always: false, of: output(({ model }) => model.dataSet) },
  { id: "modelTrainingRange", dataType: "string", always: false, of: output(({ model }) => model.trainingRange && JSON.stringify(model.trainingRange)) },
];
const CONFIDENCE: Fact = { id: "confidence", dataType: "double", always: false, of: output((record) => record.confidence) };
const VALIDITY: Fact = { id: "validUntil", dataType: "dateTime", always: false, of: output((record) => record.validUntil) };

/** Everything a receiver must know to judge and trace a record. */
export function recordFacts(profile: Profile, direction: "input" | "output"): readonly Fact[] {
  const isOutput = direction === "output";
  return [
    { id: "recordId", dataType: "string", always: true, of: ({ record }) => record.id },
    { id: "profile", dataType: "string", always: true, of: ({ record }) => `${record.profile} (${profile.status})` },
    { id: "category", dataType: "string", always: true, of: ({ record }) => record.category },
    { id: "direction", dataType: "string", always: true, of: ({ record }) => record.direction },
    { id: "nature", dataType: "string", always: true, of: ({ record }) => record.nature },
    { id: "timestamp", dataType: "dateTime", always: true, of: ({ record }) => record.timestamp },
    ...(isOutput ? [{ id: "inputId", dataType: "string" as const, always: true, of: output((record) => record.inputId) }, ...MODEL_FACTS, ...TRAINING_FACTS, CONFIDENCE, VALIDITY] : []),
    ...(["workScheduleId", "workRequestId", "jobOrderId"] as const).map((id): Fact => ({ id, dataType: "string", always: false, of: ({ job }) => job[id] })),
  ];
}

/** Confidence and model of a single value, for receivers that store value by value. */
export function modelFacts(direction: "input" | "output"): readonly Fact[] {
  return direction === "output" ? [CONFIDENCE, ...MODEL_FACTS, VALIDITY] : [];
}

/** The quality of a value as far as the record tells of it: id, data type and text. */
export function qualityFacts(quality: ValueQuality): readonly (readonly [id: string, dataType: Fact["dataType"], text: string])[] {
  const facts = [["quality", "string", quality.status], ["statusCode", "string", quality.code], ["sourceTime", "dateTime", quality.timestamp]] as const;
  return facts.flatMap(([id, dataType, text]) => (text === undefined ? [] : [[id, dataType, text] as const]));
}

/** One sentence that no reader can take for a measurement; `undefined` for measured values. */
export function natureNotice({ record }: RecordContext): string | undefined {
  if (record.direction === "input" || record.nature === "measurement") return undefined;
  const { id, version } = record.model;
  return `Model-made ${record.nature}, not a measurement: model ${id}, version ${version}`;
}

/** A text as an entry with a single value. */
export function factEntry(id: string, dataType: Fact["dataType"], text: string): Tree {
  return { ID: id, Value: [{ ValueString: text, DataType: dataType }] };
}
