import { profileKey } from "../profile/profile-lookup";
import type { Profile } from "../profile/profile";
import type { InputRecord, ModelLineage, Nature, OutputRecord, RecordValues, ValueQuality } from "./interface-record";
import { uuidv7 } from "./uuid-v7";

/** What every record needs. `timestamp` is ISO 8601 UTC with milliseconds (see `isoTime`). */
export interface RecordParts {
  readonly profile: Pick<Profile, "id" | "version">;
  readonly category: string;
  readonly timestamp: string;
  readonly equipment: string;
  readonly physicalAsset?: string | undefined;
  readonly values: RecordValues;
  readonly quality?: Readonly<Record<string, ValueQuality>> | undefined;
}

/** What an output record needs besides. */
export interface OutputParts extends RecordParts {
  readonly nature: Nature;
  readonly inputId: string;
  readonly model: ModelLineage;
  readonly confidence?: number | undefined;
  readonly validUntil?: string | undefined;
}

/** A record of what goes into a model, with a new id; always a measurement. */
export function buildInputRecord(parts: RecordParts): InputRecord {
  return complete({ ...begin(parts), direction: "input", nature: "measurement", values: parts.values }, parts);
}

/** A record of what a model said, with a new id. */
export function buildOutputRecord(parts: OutputParts): OutputRecord {
  const { nature, inputId, model, confidence, validUntil, values } = parts;
  const record: Writable<OutputRecord> = { ...begin(parts), direction: "output", nature, values, inputId, model };
  if (confidence !== undefined) record.confidence = confidence;
  if (validUntil !== undefined) record.validUntil = validUntil;
  return complete(record, parts);
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

function begin({ profile, category, timestamp, equipment }: RecordParts) {
  return { profile: profileKey(profile), category, id: uuidv7(), timestamp, equipment };
}

/** Adds what only some records have; plain assignments, since this runs for every record. */
function complete<T extends Writable<InputRecord> | Writable<OutputRecord>>(record: T, { physicalAsset, quality }: RecordParts): T {
  if (physicalAsset !== undefined && physicalAsset !== "") record.physicalAsset = physicalAsset;
  if (quality !== undefined && Object.keys(quality).length > 0) record.quality = quality;
  return record;
}
