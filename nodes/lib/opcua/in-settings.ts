import { ResonanceError } from "../errors/resonance-error";
import type { EventRequest } from "./event-subscriber";
import type { Deadband, ItemRequest, Report, SubscriptionRequest } from "./subscriber";

/** What the form of opcua-in saves; numbers may come as text. */
export interface OpcUaInSettings {
  readonly mode: "values" | "events";
  readonly items: readonly ItemRequest[];
  readonly rate: string;
  /** ms, with the rate `custom` */
  readonly publishingInterval: number | string;
  /** ms; empty: as the publishing interval */
  readonly samplingInterval: number | string;
  readonly queueSize: number | string;
  readonly discard: "oldest" | "newest";
  readonly report: Report;
  readonly deadbandType: "none" | Deadband["type"];
  readonly deadband: number | string;
  readonly deadbandRefused: "error" | "every-change";
  readonly notifier: string;
  readonly eventType: string;
  readonly severity: number | string;
  /** Names separated by commas */
  readonly fields: string;
  /** Whether samples carry the unit and an enumeration's name. */
  readonly units: boolean;
}

/** The named publishing intervals in ms, as the field has them. */
export const RATES: ReadonlyMap<string, number> = new Map([["fast", 500], ["default", 1_000], ["slow", 5_000]]);
const CUSTOM = "custom";
/** The protocol's word for "as the publishing interval". */
const AS_PUBLISHED = -1;

/** What version 1 did not have; what is there stays, since an edited node keeps its version. */
const ADDED = {
  mode: "values", rate: CUSTOM, discard: "oldest", deadbandType: "none", deadband: 0, deadbandRefused: "error",
  notifier: "", eventType: "", severity: 1, fields: "", units: true,
} as const;

/** Version 1 had an interval only. */
export const OPCUA_IN_MIGRATIONS: readonly ((def: Record<string, unknown>) => Record<string, unknown>)[] = [(def) => ({ ...ADDED, ...def })];

/** The request for values. @throws RESONANCE_CONFIG_INVALID */
export function valuesRequest(def: OpcUaInSettings): SubscriptionRequest {
  const { items, report, discard, units, deadbandType } = def;
  const sampling = String(def.samplingInterval).trim();
  return {
    items, report, discard, units,
    publishingInterval: intervalOf(def),
    samplingInterval: sampling === "" ? AS_PUBLISHED : Number(sampling),
    queueSize: Number(def.queueSize),
    ...(deadbandType === "none" ? {} : { deadband: { type: deadbandType, value: Number(def.deadband), optional: def.deadbandRefused === "every-change" } }),
  };
}

/** The request for events. @throws RESONANCE_CONFIG_INVALID */
export function eventsRequest(def: OpcUaInSettings): EventRequest {
  const { notifier, eventType } = def;
  const fields = def.fields.split(",").map((name) => name.trim()).filter((name) => name !== "");
  return { notifier, eventType, fields, severity: Number(def.severity), publishingInterval: intervalOf(def), queueSize: Number(def.queueSize) };
}

function intervalOf({ rate, publishingInterval }: OpcUaInSettings): number {
  const named = RATES.get(rate);
  if (named !== undefined) return named;
  if (rate === CUSTOM) return Number(publishingInterval);
  const detail = `"${rate}" is none of ${[...RATES.keys(), CUSTOM].join(", ")}`;
  throw new ResonanceError("RESONANCE_CONFIG_INVALID", { setting: "rate", detail }, { path: "rate" });
}
