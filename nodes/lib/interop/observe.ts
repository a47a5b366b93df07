import { isObject } from "../json/is-object";
import type { EntryDraft, EntryIds, EntryVerdict, Peer } from "./entry";
import { chosenFields, fingerprint } from "./payload-facts";
import { redact, redactAddress } from "./redact";

/** What a tap is told of the wire it listens to. */
export interface TapSettings {
  /** Names of sender and receiver; empty where messages shall tell. */
  readonly from: string;
  readonly to: string;
  /** Empty where messages shall tell. */
  readonly protocol: string;
  /** Messages here have passed a check. */
  readonly checked: boolean;
  /** Paths in the payload whose values are recorded. */
  readonly fields: readonly string[];
  /** This Node-RED. */
  readonly self: Peer;
}

type Facts = Readonly<Record<string, unknown>>;

/** Everything a rule may look at. */
interface Seen {
  readonly payload: unknown;
  readonly told: Facts;
  readonly self: Peer;
}

/** What a rule tells of a message. */
type Telling = Pick<EntryDraft, "from" | "to" | "protocol" | "kind" | "summary"> & { readonly milliseconds?: unknown };

const UNKNOWN: Peer = { name: "unknown" };
const text = (value: unknown): string => (typeof value === "string" ? redact(value) : typeof value === "number" ? String(value) : "");
const facts = (value: unknown): Facts => (isObject(value) ? value : {});
/** A peer's members that are there. */
function peer(name: unknown, more: { readonly address?: unknown; readonly product?: unknown; readonly version?: unknown; readonly certificate?: unknown } = {}): Peer {
  const known = Object.entries(more).filter((entry): entry is [string, string] => typeof entry[1] === "string" && entry[1] !== "");
  return { name: text(name) || UNKNOWN.name, ...Object.fromEntries(known.map(([key, value]) => [key, key === "address" ? redactAddress(value) : redact(value)])) };
}

/** The rules in their order: what is said first counts. A message carries what it went through, so the newest fact comes first. */
const RULES: readonly ((seen: Seen) => Telling | undefined)[] = [
  // The MES's answer to a document, as mes-out passes it on.
  ({ told, self }) => {
    if (!isObject(told["delivery"])) return undefined;
    const { verdict, statusCode, durationMs } = told["delivery"];
    return { from: peer("MES"), to: self, protocol: "HTTP", kind: "MES answer", summary: `${text(verdict)}, HTTP ${text(statusCode)}`, milliseconds: durationMs };
  },
  // A record of the profile, whoever made it.
  ({ payload, told, self }) => {
    if (!isObject(payload) || (payload["direction"] !== "input" && payload["direction"] !== "output") || typeof payload["category"] !== "string") return undefined;
    const { direction, category, equipment, nature, profile } = payload;
    const summary = [category, nature, equipment, profile].map(text).filter(Boolean).join(", ");
    if (direction === "input") return { from: peer(equipment, { product: payload["physicalAsset"], ...addressOf(told) }), to: self, protocol: protocolOf(told), kind: "input record", summary };
    const { id, version } = facts(payload["model"]);
    const answer = facts(told["answer"]);
    return { from: peer(id, { product: id, version: answer["servedVersion"] ?? version }), to: self, protocol: "", kind: "output record", summary, milliseconds: answer["milliseconds"] };
  },
  // A B2MML message: from whom it says it is, or written here.
  ({ told, self }) => {
    if (!isObject(told["isa95"]) || typeof told["isa95"]["message"] !== "string") return undefined;
    const { message, version, sender, format, verb } = told["isa95"];
    const summary = [`B2MML ${text(version)}`, text(verb), text(format)].filter((part) => part.trim() !== "").join(", ");
    if (!isObject(sender) && verb === undefined) return { from: self, to: peer("MES"), protocol: "", kind: text(message), summary };
    const { logicalId, componentId } = facts(sender);
    const from = peer(logicalId ?? componentId ?? "MES", { product: componentId, address: facts(told["http"])["from"] });
    return { from, to: self, protocol: protocolOf(told), kind: text(message), summary };
  },
  // A model's answer that is no record yet.
  ({ told, self }) => {
    if (!isObject(told["answer"]) || !isObject(told["answer"]["model"])) return undefined;
    const { model, servedVersion, role, from, attempts, milliseconds } = told["answer"];
    const { id, version } = facts(model);
    return { from: peer(id, { product: id, version: servedVersion ?? version }), to: self, protocol: "", kind: "model answer", summary: `${text(role)}, from ${text(from)}, ${text(attempts)} attempts`, milliseconds };
  },
  // What came from a broker or an OPC UA server as it is.
  ({ told, self }) => (isObject(told["mqtt"])
    ? { from: peer("MQTT broker"), to: self, protocol: "MQTT", kind: "MQTT message", summary: `${text(told["mqtt"]["topic"])}, QoS ${text(told["mqtt"]["qos"])}` } : undefined),
  ({ payload, told, self }) => (typeof told["endpoint"] === "string"
    ? { from: peer("OPC UA server", addressOf(told)), to: self, protocol: "OPC UA", kind: "samples", summary: Array.isArray(payload) ? `${payload.length} samples` : "" } : undefined),
];

const addressOf = ({ endpoint }: Facts): { readonly address?: unknown } => (typeof endpoint === "string" ? { address: endpoint } : {});

function protocolOf(told: Facts): string {
  if (isObject(told["http"])) return "HTTP";
  if (isObject(told["mqtt"])) return "MQTT";
  return typeof told["endpoint"] === "string" ? "OPC UA" : "";
}

/**
 * What the log says of a message. Only what stands in the list of rules gets into it: names of systems, kinds, numbers to find
 * the message by, sizes, hashes, verdicts. Texts of people, credentials and values do not, but for the fields that were chosen.
 */
export function observe(msg: { readonly payload?: unknown; readonly [name: string]: unknown }, settings: TapSettings, now: Date): EntryDraft {
  const told = facts(msg["resonance"]);
  const { payload } = msg;
  const seen: Seen = { payload, told, self: settings.self };
  let telling: Telling | undefined;
  for (const rule of RULES) if ((telling ??= rule(seen))) break;
  const { from = UNKNOWN, to = settings.self, protocol = "", kind = "message", summary = typeof payload, milliseconds } = telling ?? {};
  const verdict = verdictOf(told, settings.checked);
  const fields = chosenFields(payload, settings.fields);
  return {
    time: now.toISOString(),
    from: named(from, settings.from), to: named(to, settings.to),
    protocol: redact(settings.protocol || protocol || "unknown"), kind, summary: redact(summary), ids: idsOf(payload, told),
    ...fingerprint(payload),
    ...(verdict && { verdict }),
    ...(typeof milliseconds === "number" && Number.isFinite(milliseconds) && { milliseconds }),
    ...(Object.keys(fields).length > 0 && { fields }),
  };
}

/** A name from the settings takes the place of the one that was found; what else is known of the peer stays. */
const named = (found: Peer, name: string): Peer => (name === "" ? found : { ...found, name: redact(name) });

function idsOf(payload: unknown, told: Facts): EntryIds {
  const record = facts(payload);
  const isRecord = record["direction"] === "input" || record["direction"] === "output";
  const ids = {
    bodId: facts(told["delivery"])["bodId"] ?? facts(told["isa95"])["bodId"],
    recordId: isRecord ? record["id"] : undefined,
    inputId: isRecord ? record["inputId"] : facts(told["input"])["id"],
    jobId: facts(told["job"])["id"],
  };
  return Object.fromEntries(Object.entries(ids).map(([name, id]): [string, string] => [name, text(id)]).filter(([, id]) => id !== ""));
}

const MOST_ERRORS = 20;

/** Places and codes of what was found wrong; messages may quote values and stay out. */
function verdictOf(told: Facts, checked: boolean): EntryVerdict | undefined {
  const errors = Array.isArray(told["errors"]) ? told["errors"] as readonly unknown[] : isObject(told["error"]) ? [told["error"]] : [];
  if (errors.length === 0) return checked ? { valid: true, errors: [] } : undefined;
  return { valid: false, errors: errors.slice(0, MOST_ERRORS).map((error) => ({ path: text(facts(error)["path"]), code: text(facts(error)["code"]) })) };
}
