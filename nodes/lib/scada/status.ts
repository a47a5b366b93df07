import type { StatusCode } from "node-opcua";
import { loadOpcua } from "../opcua/load";
import type { Nature, ValueQuality } from "../record/interface-record";
import type { Quality } from "../record/sample";

/**
 * The OPC UA status of a value. Good is only what was measured or commanded: a prediction or proposal is `Uncertain` without a
 * specific reason (OPC 10000-4 §7.39), whatever its quality; a protocol's own code stands where it is of the same class and worse.
 */
export function statusOf(nature: Nature, quality: ValueQuality | undefined): StatusCode {
  const { StatusCodes } = loadOpcua();
  const known = quality?.status ?? "Good";
  const own = codeOf(known, quality?.code);
  if (own) return own;
  if (known === "Bad") return StatusCodes.Bad;
  const certain = nature === "measurement" || nature === "command";
  return known === "Good" && certain ? StatusCodes.Good : StatusCodes.Uncertain;
}

/** The status of a value whose time is over: it was right once (OPC 10000-4: "whatever was updating this value has stopped doing so"). */
export function expiredStatus(status: StatusCode): StatusCode {
  const { StatusCodes } = loadOpcua();
  return status.name.startsWith("Bad") ? status : StatusCodes.UncertainLastUsableValue;
}

function codeOf(quality: Quality, code: string | undefined): StatusCode | undefined {
  if (code === undefined || quality === "Good" || !code.startsWith(quality)) return undefined;
  const codes = loadOpcua().StatusCodes as unknown as Readonly<Record<string, StatusCode | undefined>>;
  return Object.hasOwn(codes, code) ? codes[code] : undefined;
}
