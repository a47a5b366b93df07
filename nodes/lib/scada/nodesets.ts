import { loadOpcua } from "../opcua/load";
import type { ScadaSettings } from "./settings";

/** The information models a server loads; each costs time and memory, so only what is asked for. */
export function nodesetFiles({ jobOrders, companions }: ScadaSettings): readonly string[] {
  const { nodesets } = loadOpcua();
  return [
    nodesets.standard,
    ...(jobOrders || companions ? [nodesets.isa95JobControl] : []),
    // The model of machine tools is made of all of these.
    ...(companions ? [nodesets.di, nodesets.ia, nodesets.machinery, nodesets.machineryJobs, nodesets.machineTool] : []),
  ];
}
