import type { EventFields } from "./event-fields";

/** The alarms that stand, as far as they were told. */
export interface StandingAlarms {
  /** An event as it happens; keeps it while the server retains it. */
  told(event: EventFields): void;
  /** A list of all standing alarms begins. */
  beginRefresh(): void;
  /** An alarm of the list; true where it is news, false where it was told as it stands. */
  refreshed(event: EventFields): boolean;
  /** The list is complete: what was told before and is not in it has ended, each with `Retain` false. */
  endRefresh(): readonly EventFields[];
}

/** Knows over all sessions which alarms were told, so that a new list of all of them tells only what is new. */
export function createStandingAlarms(): StandingAlarms {
  const standing = new Map<string, EventFields>();
  let listed: Set<string> | undefined;

  const keep = (key: string, event: EventFields): void => {
    if (event.get("Retain") === true) standing.set(key, event);
    else standing.delete(key);
  };
  return {
    told(event) {
      const key = keyOf(event);
      if (key === undefined) return;
      keep(key, event);
      // It happened while the list was made: the list need not name it.
      listed?.add(key);
    },
    beginRefresh() { listed = new Set(); },
    refreshed(event) {
      const key = keyOf(event);
      if (key === undefined) return true;
      listed?.add(key);
      const known = standing.get(key);
      keep(key, event);
      return known?.get("EventId") !== event.get("EventId");
    },
    endRefresh() {
      const ended = [...standing].filter(([key]) => listed && !listed.has(key));
      listed = undefined;
      return ended.map(([key, event]) => {
        standing.delete(key);
        return new Map([...event, ["Retain", false]]);
      });
    },
  };
}

/** A condition and its branch; nothing for events that are no conditions. */
function keyOf(event: EventFields): string | undefined {
  const condition = event.get("ConditionId");
  return typeof condition === "string" ? `${condition} ${String(event.get("BranchId") ?? "")}` : undefined;
}
