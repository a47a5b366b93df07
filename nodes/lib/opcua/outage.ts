import { sameTrouble } from "../connection/same-trouble";
import type { ErrorCode, ResonanceError } from "../errors/resonance-error";

/** What was told of while a connection does not stand. */
export interface Outage {
  /** True once for each trouble; not where it is the same outage in other words. */
  isNews(error: ResonanceError): boolean;
  /** The connection stands: the next trouble is news. */
  over(): void;
}

/** In all of them nothing comes from the server, and it passes by itself. */
const ABSENCES: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "RESONANCE_OPCUA_CONNECTION_LOST", "RESONANCE_OPCUA_NOT_RUNNING", "RESONANCE_OPCUA_TIMEOUT", "RESONANCE_OPCUA_UNREACHABLE",
]);
/** What a server that is on its way down or up may look like; one that never answered may really be something else. */
const IN_PASSING: ReadonlySet<ErrorCode> = new Set<ErrorCode>(["RESONANCE_OPCUA_FAILED", "RESONANCE_OPCUA_NOT_A_SERVER"]);

export function createOutage(): Outage {
  let known: ResonanceError[] = [];
  const absent = (): boolean => known.some(({ code }) => ABSENCES.has(code));
  const stood = (): boolean => known.some(({ code }) => code === "RESONANCE_OPCUA_CONNECTION_LOST" || code === "RESONANCE_OPCUA_NOT_RUNNING");
  return {
    isNews(error) {
      const old = known.some((each) => sameTrouble(each, error)) || (ABSENCES.has(error.code) && absent()) || (IN_PASSING.has(error.code) && stood());
      if (!old) known.push(error);
      return !old;
    },
    over() { known = []; },
  };
}
