import type { DataValue, StatusCode } from "node-opcua";
import type { Quality, Sample } from "../record/sample";
import { plainValue } from "./value";

/** The two highest bits of a status code are its severity (OPC 10000-4, 7.39). */
const QUALITIES: readonly Quality[] = ["Good", "Uncertain", "Bad", "Bad"];

/** A data value as a sample: quality from the severity, time of the source, else of the server, else now. */
export function toSample(tag: string, data: DataValue): Sample {
  const status = statusName(data.statusCode);
  return {
    tag,
    value: plainValue(data.value),
    quality: qualityOf(data.statusCode),
    ...(status === "Good" ? {} : { status }),
    timestamp: timeOf(data),
  };
}

/** True where the server's queue ran over and older values of this item are lost. */
export function isOverflow(data: DataValue): boolean {
  return data.statusCode.hasOverflowBit;
}

function qualityOf(status: StatusCode): Quality {
  return QUALITIES[status.value >>> 30] ?? "Bad";
}

/** The plain name; `GoodOverflow` and the like where values were lost. node-opcua joins info bits with `#` and `|`. */
function statusName(status: StatusCode): string {
  const [base = ""] = status.name.split("#");
  return status.hasOverflowBit ? `${base}Overflow` : base;
}

function timeOf({ sourceTimestamp, serverTimestamp }: DataValue): string {
  const time = sourceTimestamp ?? serverTimestamp;
  return (time && !Number.isNaN(time.getTime()) ? time : new Date()).toISOString();
}
