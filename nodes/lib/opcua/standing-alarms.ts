import type { EventFields } from "./event-fields";

/** The alarms that stand, as far as they were told. */
export interface StandingAlarms {
  /** False for an alarm that was told as it stands, which a list of all of them names again. */
  isNews(event: EventFields): boolean;
  /** A list of all standing alarms begins. */
  beginRefresh(): void;
  /** The list is complete: what was told before and is not in it has ended, each with `Retain` false. */
  endRefresh(): readonly EventFields[];
}

/** Knows over all sessions which alarms were told, so that a new list of all of them tells only what is new. */
export function createStandingAlarms(): StandingAlarms {
  const standing = new Map<string, EventFields>();
  let listed: Set<string> | undefined;

  return {
    isNews(event) {
      const key = keyOf(event);
      if (key === undefined) return true;
      // While a list is made this may also have just happened: the list need not name it then.
      listed?.add(key);
      const known = standing.get(key);
      if (event.get("Retain") === true) standing.set(key, event);
      else standing.delete(key);
      return known?.get("EventId") !== event.get("EventId");
    },
    beginRefresh() { listed = new Set(); },
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
  const [condition, branch] = [event.get("ConditionId"), event.get("BranchId")];
  return typeof condition === "string" ? `${condition} ${typeof branch === "string" ? branch : ""}` : undefined;
}
