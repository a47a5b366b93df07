import { ResonanceError } from "../errors/resonance-error";
import { isoTime, toMilliseconds } from "../record/iso-time";
import { readPayload, type Incoming } from "../record/incoming";
import { readRecord } from "../record/read-record";
import type { InterfaceRecord } from "../record/interface-record";
import type { Profile, UnitCode } from "../profile/profile";
import type { NodeIdText } from "./node-id";

/** A row of the table: where the values of a tag or record field go. */
export interface WriteRow {
  readonly tag: string;
  readonly nodeId: NodeIdText;
  /** Unit of values that do not say theirs. */
  readonly unit?: UnitCode;
  /** Unit of the variable, whatever the server says. */
  readonly targetUnit?: UnitCode;
}

/** A value for a variable. */
export interface Setting {
  readonly row: WriteRow;
  readonly value: unknown;
  readonly unit?: UnitCode;
  /** Its place in the message. */
  readonly path: string;
}

/** What a message asks to write. */
export interface WriteOrder {
  readonly settings: readonly Setting[];
  /** What of the message cannot be written at all. */
  readonly failures: readonly ResonanceError[];
  /** Milliseconds since 1970, from a command. */
  readonly validUntil?: number;
  /** The command's ID. */
  readonly id?: string;
}

/** The profile with this key (`<id>@<version>`), where one is running. */
export type ProfileOf = (key: string) => Profile | undefined;

/**
 * Reads a message as an order: a record of nature `command`, a list of samples, one sample, an object of tag and value, or a plain value with the tag as topic.
 * A value's unit is the one it comes in (a record's values come in the profile's units), else that of its row.
 * @throws RESONANCE_OPCUA_NOT_A_COMMAND, RESONANCE_OPCUA_COMMAND_EXPIRED, RESONANCE_OPCUA_NOTHING_TO_WRITE, RESONANCE_RECORD_INVALID.
 */
export function readOrder(payload: unknown, topic: string | undefined, rows: ReadonlyMap<string, WriteRow>, profileOf: ProfileOf, now = Date.now()): WriteOrder {
  const order = isRecord(payload) ? fromRecord(commandOf(payload, now), rows, profileOf) : fromValues(payload, topic, rows, now);
  if (order.settings.length + order.failures.length > 0) return order;
  throw new ResonanceError("RESONANCE_OPCUA_NOTHING_TO_WRITE", { detail: isRecord(payload) ? String(payload["category"]) : (topic ?? "-") });
}

/** Whether a payload means to be a record; a sample or a plain object has no `values` beside a nature or direction. */
export function isRecord(payload: unknown): payload is Readonly<Record<string, unknown>> {
  return isPlainObject(payload) && isPlainObject(payload["values"]) && ("nature" in payload || "direction" in payload);
}

/**
 * The payload as a command that may still be carried out.
 * @throws RESONANCE_OPCUA_NOT_A_COMMAND, RESONANCE_OPCUA_COMMAND_EXPIRED, RESONANCE_RECORD_INVALID.
 */
export function commandOf(payload: unknown, now = Date.now()): InterfaceRecord {
  const record = readRecord(payload);
  if (record.nature !== "command") throw new ResonanceError("RESONANCE_OPCUA_NOT_A_COMMAND", { id: record.id, nature: record.nature }, { path: "nature" });
  checkValid(record.id, validUntilOf(record), now);
  return record;
}

/** When a command ends, milliseconds since 1970. */
export function validUntilOf(record: InterfaceRecord): number | undefined {
  return record.direction === "output" && record.validUntil !== undefined ? toMilliseconds(record.validUntil) : undefined;
}

/** @throws RESONANCE_OPCUA_COMMAND_EXPIRED from the end of validity on. */
export function checkValid(id: string | undefined, validUntil: number | undefined, now = Date.now()): void {
  if (validUntil === undefined || now < validUntil) return;
  throw new ResonanceError("RESONANCE_OPCUA_COMMAND_EXPIRED", { id, validUntil: isoTime(validUntil) }, { path: "validUntil" });
}

/** Follows a command's validity from now on; what it gives throws as `checkValid` does. A clock that is set back does not prolong it. */
export function followValidity(id: string | undefined, validUntil: number | undefined): () => void {
  const [wall, steady] = [Date.now(), performance.now()];
  return () => { checkValid(id, validUntil, Math.max(Date.now(), wall + performance.now() - steady)); };
}

function fromRecord(record: InterfaceRecord, rows: ReadonlyMap<string, WriteRow>, profileOf: ProfileOf): WriteOrder {
  const profile = profileOf(record.profile);
  if (profile) readRecord(record, profile);
  const fields = profile?.categories.get(record.category)?.[record.direction].fields;
  const settings: Setting[] = [];
  const failures: ResonanceError[] = [];
  for (const [field, value] of Object.entries(record.values)) {
    const row = rows.get(field);
    if (!row || value === null || value === undefined) continue;
    const path = `values/${field}`;
    const schema = fields?.get(field)?.schema;
    const unit = schema?.unit ?? schema?.items?.unit ?? row.unit;
    if (record.quality?.[field]?.status === "Bad") failures.push(isBad(field, path, record.quality[field].code));
    else if (typeof value === "number" && !Number.isFinite(value)) failures.push(notFinite(field, path, value));
    else settings.push({ row, value, path, ...(unit === undefined ? {} : { unit }) });
  }
  const validUntil = validUntilOf(record);
  return { settings, failures, id: record.id, ...(validUntil === undefined ? {} : { validUntil }) };
}

function fromValues(payload: unknown, topic: string | undefined, rows: ReadonlyMap<string, WriteRow>, now: number): WriteOrder {
  const row = topic === undefined ? undefined : rows.get(topic);
  if (row && isValueOf(payload, rows)) return { settings: [settingOf(row, payload, "payload", row.unit)], failures: [] };
  const { incoming, unreadable } = readPayload(payload, topic, now);
  const failures = unreadable.map(({ path, refusal }) =>
    new ResonanceError(refusal.code, { detail: refusal.expected, field: path, expected: refusal.expected, actual: typeof refusal.actual }, { path }));
  const settings: Setting[] = [];
  for (const sample of incoming) {
    const known = rows.get(sample.tag);
    const path = `payload/${sample.tag}`;
    if (!known) failures.push(new ResonanceError("RESONANCE_OPCUA_TAG_UNKNOWN", { tag: sample.tag }, { path }));
    else if (sample.quality === "Bad") failures.push(isBad(sample.tag, path, sample.status));
    else settings.push(settingOf(known, sample.value, path, unitOf(sample, known)));
  }
  return { settings, failures };
}

function unitOf({ unit }: Incoming, row: WriteRow): UnitCode | undefined {
  return unit ?? row.unit;
}

function settingOf(row: WriteRow, value: unknown, path: string, unit: UnitCode | undefined): Setting {
  return { row, value, path, ...(unit === undefined ? {} : { unit }) };
}

/** With a tag as topic, a list that holds no samples and an object that names no tag are the value itself. */
function isValueOf(payload: unknown, rows: ReadonlyMap<string, WriteRow>): boolean {
  if (Array.isArray(payload)) return !payload.some((entry) => isPlainObject(entry) && "tag" in entry);
  if (!isPlainObject(payload)) return true;
  return !("tag" in payload && "value" in payload) && !Object.keys(payload).some((key) => rows.has(key));
}

function isBad(field: string, path: string, status: string | undefined): ResonanceError {
  return new ResonanceError("RESONANCE_QUALITY_BAD", { field, expected: "Good | Uncertain", actual: status ?? "Bad" }, { path });
}

function notFinite(field: string, path: string, value: number): ResonanceError {
  return new ResonanceError("RESONANCE_VALUE_NOT_FINITE", { field, expected: "", actual: String(value) }, { path });
}

/** Objects of a function node come from another realm. */
function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return Object.prototype.toString.call(value) === "[object Object]";
}
