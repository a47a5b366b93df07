import { createHash } from "node:crypto";
import type { Field } from "../profile/profile";
import type { InterfaceRecord } from "../record/interface-record";

/** When a request is the same as one before. */
export interface SuppressionSettings {
  /** Milliseconds after a request or its last change in which the same cause makes no new request. */
  readonly window: number;
  /** Fields whose values make the cause, beside category and machine; those that usually name it where none is given. */
  readonly causeFields: readonly string[];
  /** Share by which a number, or the time left until a date, must move to be a change. */
  readonly tolerance: number;
}

/** A request that was made. */
export interface RequestEntry {
  readonly cause: string;
  /** Record that made the request: its IDs are the request's. */
  readonly requestId: string;
  /** Milliseconds since 1970 of the request or its last change. */
  readonly sentAt: number;
  readonly watched: Readonly<Record<string, boolean | number | string>>;
  /** BODID of the request's document; absent where it is not known. */
  readonly bodId?: string;
  /** The last change, and what counted before it. */
  readonly change?: Pick<RequestEntry, "sentAt" | "watched"> & { readonly bodId: string };
  /** The request never got to the MES, or the MES refused it: the next one is new. */
  readonly refused?: true;
}

/** What becomes of a record that asks for work. */
export type RequestVerdict =
  | { readonly kind: "new"; readonly entry: RequestEntry }
  | { readonly kind: "change"; readonly entry: RequestEntry }
  | { readonly kind: "suppressed"; readonly entry: RequestEntry; readonly until: number };

/** Remembers requests, so that one cause makes one. */
export interface RequestLedger {
  judge(record: InterfaceRecord, now: number): RequestVerdict;
  /** Takes a verdict's entry as sent with the document of that BODID; gives everything that is to be kept. */
  commit(entry: RequestEntry, now: number, bodId?: string): readonly RequestEntry[];
  /**
   * Hears whether the MES has taken the document of a BODID. A request that it has not taken suppresses nothing, a change that it has not
   * taken counts as not made; a refused request that was sent again and taken counts again. Gives everything that is to be kept,
   * `undefined` where nothing has changed.
   */
  heard(bodId: string, taken: boolean): readonly RequestEntry[] | undefined;
}

/** Fields that usually name what is wrong. */
const CAUSE_FIELDS: readonly string[] = ["component", "faultCode", "failureMode"];
/** Requests that are remembered; beyond them the oldest is forgotten. */
const MOST = 1000;
/** Least shift of a date that counts, milliseconds. */
const MINUTE = 60_000;

/** A ledger that begins with the requests of `kept`; what is not usable there is left out. `fields` tells which values are watched. */
export function createLedger(settings: SuppressionSettings, fields: (record: InterfaceRecord) => ReadonlyMap<string, Field>, kept: unknown): RequestLedger {
  const entries = new Map((Array.isArray(kept) ? (kept as readonly unknown[]) : []).filter(isEntry).slice(-MOST).map((entry) => [entry.cause, entry]));
  return {
    judge(record, now) {
      const cause = causeOf(record, settings.causeFields);
      const watched = watchedOf(record, fields(record));
      const known = entries.get(cause);
      const before = known?.refused ? undefined : known;
      const sentAt = Math.min(before?.sentAt ?? 0, now);
      if (!before || now - sentAt >= settings.window) return { kind: "new", entry: { cause, requestId: record.id, sentAt: now, watched } };
      if (hasChanged(before, watched, settings.tolerance)) return { kind: "change", entry: { ...before, sentAt: now, watched } };
      return { kind: "suppressed", entry: before, until: sentAt + settings.window };
    },
    commit({ cause, requestId, sentAt: at, watched, bodId: own }, now, bodId) {
      const known = entries.get(cause);
      const changed = known?.requestId === requestId ? known : undefined;
      entries.delete(cause);
      const request = changed ? own : bodId;
      entries.set(cause, {
        cause, requestId, sentAt: at, watched, ...(request !== undefined && { bodId: request }),
        ...(changed && bodId !== undefined && { change: { bodId, sentAt: changed.sentAt, watched: changed.watched } }),
      });
      for (const [cause, { sentAt }] of entries) if (entries.size > MOST || now - sentAt >= settings.window) entries.delete(cause);
      return [...entries.values()];
    },
    heard(bodId, taken) {
      const entry = [...entries.values()].find((one) => one.bodId === bodId || one.change?.bodId === bodId);
      const next = entry && afterNews(entry, bodId, taken);
      if (!entry || next === entry || !next) return undefined;
      entries.set(entry.cause, next);
      return [...entries.values()];
    },
  };
}

/** An entry after the news of one of its documents. */
function afterNews(entry: RequestEntry, bodId: string, taken: boolean): RequestEntry {
  const { change, refused, ...request } = entry;
  if (entry.bodId === bodId) return taken === (refused !== true) ? entry : taken ? { ...request, ...(change && { change }) } : { ...entry, refused: true };
  return taken || !change ? entry : { ...request, ...(refused && { refused }), sentAt: change.sentAt, watched: change.watched };
}

/** The cause of a request as a digest: category, machine and the values of the fields that name it. */
function causeOf({ category, equipment, physicalAsset, values }: InterfaceRecord, fields: readonly string[]): string {
  const named = (fields.length > 0 ? fields : CAUSE_FIELDS).map((name) => values[name] ?? null);
  return createHash("sha256").update(JSON.stringify([category, equipment, physicalAsset ?? null, named])).digest("base64url");
}

/** What is compared: numbers, yes or no, choices and dates. Sentences for people change without anything having changed. */
function watchedOf({ values }: InterfaceRecord, fields: ReadonlyMap<string, Field>): RequestEntry["watched"] {
  return Object.fromEntries(Object.entries(values).filter(([name, value]) => {
    const schema = fields.get(name)?.schema;
    return typeof value === "number" || typeof value === "boolean" || (typeof value === "string" && schema !== undefined && (schema.enum !== undefined || schema.format === "date-time"));
  })) as RequestEntry["watched"];
}

function hasChanged({ watched: before, sentAt }: RequestEntry, now: RequestEntry["watched"], tolerance: number): boolean {
  return [...new Set([...Object.keys(before), ...Object.keys(now)])].some((name) => differs(before[name], now[name], sentAt, tolerance));
}

function differs(before: boolean | number | string | undefined, now: boolean | number | string | undefined, sentAt: number, tolerance: number): boolean {
  if (before === now) return false;
  if (typeof before === "number" && typeof now === "number") return Math.abs(now - before) > tolerance * Math.abs(before);
  const [from, to] = [timeOf(before), timeOf(now)];
  return from === undefined || to === undefined || Math.abs(to - from) > Math.max(MINUTE, tolerance * Math.abs(from - sentAt));
}

function timeOf(value: unknown): number | undefined {
  const time = typeof value === "string" && /^\d{4}-\d\d-\d\dT/.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(time) ? undefined : time;
}

function isEntry(value: unknown): value is RequestEntry {
  if (typeof value !== "object" || value === null) return false;
  const { cause, requestId, sentAt, watched } = value as Readonly<Record<string, unknown>>;
  return typeof cause === "string" && typeof requestId === "string" && Number.isFinite(sentAt) && typeof watched === "object" && watched !== null;
}
