import type { Quality } from "./sample";

/** What a record says of its values: a prediction never becomes a measurement on its way. */
export type Nature = "measurement" | "prediction" | "proposal" | "command";

/** Which model made an output. */
export interface ModelLineage {
  readonly id: string;
  readonly version: string;
  /** `sha256:…` of the model file, where known. */
  readonly digest?: string;
  /** The data set it was trained with. */
  readonly dataSet?: string;
  /** By input field, in the profile's units, the range or the values of its training data. */
  readonly trainingRange?: Readonly<Record<string, TrainingRange>>;
}

/** What a field was in the data a model was trained with. */
export interface TrainingRange {
  readonly minimum?: number;
  readonly maximum?: number;
  readonly values?: readonly (string | number | boolean)[];
}

/** Quality and own time of one value; absent in a record when it is Good and has the record's time. */
export interface ValueQuality {
  readonly status?: Quality;
  /** The protocol's own status, e.g. `BadSensorFailure`. */
  readonly code?: string;
  /** The value's own source time where it differs from the record's. */
  readonly timestamp?: string;
}

/** Values by field name, in the profile's units. */
export type RecordValues = Readonly<Record<string, unknown>>;

interface RecordBase {
  /** `<profile id>@<profile version>` */
  readonly profile: string;
  readonly category: string;
  /** UUIDv7 */
  readonly id: string;
  /** ISO 8601 UTC with milliseconds */
  readonly timestamp: string;
  /** ISA-95 place: enterprise/site/area/work center/work unit. */
  readonly equipment: string;
  /** ISA-95 physical asset ID of the machine that stands at that place. */
  readonly physicalAsset?: string;
  readonly values: RecordValues;
  readonly quality?: Readonly<Record<string, ValueQuality>>;
}

/** What goes into a model. */
export interface InputRecord extends RecordBase {
  readonly direction: "input";
  readonly nature: "measurement";
}

/** What a model said. */
export interface OutputRecord extends RecordBase {
  readonly direction: "output";
  readonly nature: Nature;
  readonly inputId: string;
  readonly model: ModelLineage;
  /** 0 to 1 */
  readonly confidence?: number;
  readonly validUntil?: string;
}

export type InterfaceRecord = InputRecord | OutputRecord;
