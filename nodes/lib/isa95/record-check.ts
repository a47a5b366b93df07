import { ResonanceError } from "../errors/resonance-error";
import type { Profile } from "../profile/profile";
import type { InterfaceRecord } from "../record/interface-record";
import { xsdTime } from "./text";

const NATURES: ReadonlySet<unknown> = new Set(["measurement", "prediction", "proposal", "command"]);
type Unchecked = Readonly<Record<string, unknown>>;

/**
 * Any payload as a record that can be written, its times in the form of XSD. Another version of the same profile is taken: the document names the
 * record's own.
 * @throws RESONANCE_ISA95_RECORD for what is no record (with the path of what is missing), RESONANCE_ISA95_PROFILE for a
 * record of another profile.
 */
export function checkRecord(payload: unknown, profile: Profile): InterfaceRecord {
  if (!isObject(payload)) throw refused("payload");
  for (const name of ["profile", "category", "id", "timestamp", "equipment"]) {
    if (typeof payload[name] !== "string" || payload[name] === "") throw refused(name);
  }
  if (xsdTime(String(payload["timestamp"])) === undefined) throw refused("timestamp");
  if (!isObject(payload["values"])) throw refused("values");
  if (!NATURES.has(payload["nature"])) throw refused("nature");
  if (payload["direction"] === "output") checkOutput(payload);
  else if (payload["direction"] !== "input") throw refused("direction");
  const found = String(payload["profile"]);
  if (found.slice(0, found.lastIndexOf("@")) !== profile.id) {
    throw new ResonanceError("RESONANCE_ISA95_PROFILE", { found, expected: profile.id }, { path: "profile" });
  }
  return inXsdTimes(payload as unknown as InterfaceRecord);
}

/** The same record, its times as XSD knows them. */
function inXsdTimes(record: InterfaceRecord): InterfaceRecord {
  const { timestamp } = record;
  const validUntil = "validUntil" in record ? record.validUntil : undefined;
  const [at, until] = [xsdTime(timestamp), validUntil === undefined ? undefined : xsdTime(validUntil)];
  if (at === timestamp && until === validUntil) return record;
  return { ...record, ...(at !== undefined && { timestamp: at }), ...(until !== undefined && { validUntil: until }) };
}

function checkOutput(payload: Unchecked): void {
  const model = payload["model"];
  if (!isObject(model)) throw refused("model");
  for (const name of ["id", "version"]) if (typeof model[name] !== "string" || model[name] === "") throw refused(`model/${name}`);
  if (typeof payload["inputId"] !== "string") throw refused("inputId");
  const confidence = payload["confidence"];
  if (confidence !== undefined && !(typeof confidence === "number" && confidence >= 0 && confidence <= 1)) throw refused("confidence");
  const validUntil = payload["validUntil"];
  if (validUntil !== undefined && !(typeof validUntil === "string" && xsdTime(validUntil) !== undefined)) throw refused("validUntil");
}

function isObject(value: unknown): value is Unchecked {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function refused(path: string): ResonanceError {
  return new ResonanceError("RESONANCE_ISA95_RECORD", { path }, { path });
}
