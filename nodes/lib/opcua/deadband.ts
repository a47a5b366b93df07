import type { DataChangeFilter } from "node-opcua";
import { loadOpcua } from "./load";
import type { Deadband, Report, SubscriptionRequest } from "./subscriber";

/** The part of a monitored item's parameters that says what is reported; empty for the protocol's default. */
export interface FilterPart {
  readonly filter?: DataChangeFilter;
}

/**
 * What to ask a server for, best first; the next one is for the items to which it refuses the one before.
 * A server that cannot report every new source time reports changes of the value. A deadband is only given up where that is allowed.
 */
export function monitoringFilters({ report, deadband }: SubscriptionRequest): readonly FilterPart[] {
  const reports: readonly Report[] = report === "timestamp" ? ["timestamp", "value"] : ["value"];
  const deadbands: readonly (Deadband | undefined)[] = deadband ? [deadband, ...(deadband.optional ? [undefined] : [])] : [undefined];
  return deadbands.flatMap((each) => reports.map((trigger) => filterFor(trigger, each)));
}

/** OPC 10000-4, 7.22.2. */
function filterFor(report: Report, deadband: Deadband | undefined): FilterPart {
  if (report === "value" && !deadband) return {};
  const { DataChangeFilter: Filter, DataChangeTrigger, DeadbandType } = loadOpcua();
  const kind = deadband?.type === "percent" ? DeadbandType.Percent : DeadbandType.Absolute;
  return {
    filter: new Filter({
      trigger: report === "timestamp" ? DataChangeTrigger.StatusValueTimestamp : DataChangeTrigger.StatusValue,
      ...(deadband ? { deadbandType: kind, deadbandValue: deadband.value } : {}),
    }),
  };
}
