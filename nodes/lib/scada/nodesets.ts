import { loadOpcua } from "../opcua/load";
import type { ScadaSettings } from "./settings";

/** The information models a server loads; each costs time and memory, so only what is asked for. */
export function nodesetFiles({ jobOrders }: ScadaSettings): readonly string[] {
  const { nodesets } = loadOpcua();
  return [nodesets.standard, ...(jobOrders ? [nodesets.isa95JobControl] : [])];
}
