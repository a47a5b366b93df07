import type { SimpleAttributeOperandOptions, Variant } from "node-opcua";
import { ResonanceError } from "../errors/resonance-error";
import { loadOpcua } from "./load";
import { plainValue } from "./value";

/** What is always selected: without it no alarm can be told from another, or acknowledged. */
const IDENTITY = ["EventId", "EventType", "ConditionId", "BranchId", "Retain"] as const;
/** The usual fields of events and alarms (OPC 10000-5, 6.4.2; OPC 10000-9, 5.5 to 5.8). */
export const USUAL_FIELDS: readonly string[] = [
  "EventType", "SourceName", "Time", "Message", "Severity", "ConditionName", "ActiveState", "AckedState", "Retain", "EventId", "ConditionId",
];
/** Two-state variables: their `Id` is the plain truth, their own value is a text in the server's language. */
const STATES: ReadonlySet<string> = new Set([
  "EnabledState", "ActiveState", "AckedState", "ConfirmedState", "SuppressedState", "OutOfServiceState", "SilenceState", "LatchedState",
]);
const FIELD = /^(?:\d{1,5}:)?[^/]+(?:\/(?:\d{1,5}:)?[^/]+)*$/;
const CONDITION_TYPE = "i=2782";
const BASE_EVENT_TYPE = "i=2041";

/** An event as it came, all selected fields by name. */
export type EventFields = ReadonlyMap<string, unknown>;

/** @throws RESONANCE_CONFIG_INVALID for a name that cannot be a field. */
export function checkFields(fields: readonly string[]): void {
  const wrong = fields.findIndex((field) => !FIELD.test(field));
  if (wrong < 0) return;
  const detail = `"${fields[wrong] ?? ""}" is no field name`;
  throw new ResonanceError("RESONANCE_CONFIG_INVALID", { setting: "fields", detail }, { path: `fields/${wrong}` });
}

/** The chosen fields and those always needed, each once. */
export function selection(fields: readonly string[]): readonly string[] {
  return [...new Set([...IDENTITY, ...(fields.length > 0 ? fields : USUAL_FIELDS)])];
}

/** The protocol's select clauses for names as `Message`, `ActiveState` (true or false), `LimitState/CurrentState`, `2:BatchId`. */
export function selectClauses(names: readonly string[]): SimpleAttributeOperandOptions[] {
  const { AttributeIds } = loadOpcua();
  return names.map((name) => {
    // OPC 10000-9, 5.5.2.13: the condition itself is the NodeId attribute of no further path.
    if (name === "ConditionId") return { typeDefinitionId: CONDITION_TYPE, browsePath: [], attributeId: AttributeIds.NodeId };
    return { typeDefinitionId: BASE_EVENT_TYPE, browsePath: pathOf(name), attributeId: AttributeIds.Value };
  });
}

/** The values of a notification under the names they were selected by. */
export function readFields(names: readonly string[], values: readonly Variant[]): EventFields {
  return new Map(names.map((name, index) => [name, plainValue(values[index])]));
}

function pathOf(name: string): { namespaceIndex: number; name: string }[] {
  const steps = (STATES.has(name) ? `${name}/Id` : name).split("/");
  return steps.map((step) => {
    const [, index = "0", bare = step] = /^(\d{1,5}):(.+)$/s.exec(step) ?? [];
    return { namespaceIndex: Number(index), name: bare };
  });
}
