import type { UAObject, UAVariable } from "node-opcua";
import { ResonanceError } from "../errors/resonance-error";
import { loadOpcua } from "../opcua/load";
import type { Category } from "../profile/profile";
import type { InterfaceRecord } from "../record/interface-record";
import { addPrognoses } from "./prognoses";
import type { Space } from "./space";
import { addToolLife } from "./tool-life";

/** Companion specifications whose types the server instantiates. */
export const COMPANIONS = {
  machineTool: "http://opcfoundation.org/UA/MachineTool/",
} as const;

/** An object or variable of a companion specification that follows a category's records. */
export interface Companion {
  show(record: InterfaceRecord): void;
}

/** Where a companion stands: the folder, the start of its NodeIds and the category whose fields it reads. */
export interface CompanionPlace {
  readonly folder: UAObject;
  readonly id: string;
  readonly category: Category;
}

/** Adds the companions for whose types the category has the fields; a category without such fields gets none. */
export function addCompanions(space: Space, place: CompanionPlace): readonly Companion[] {
  return [addPrognoses, addToolLife].flatMap((add) => {
    const made = add(space, place);
    return made ? [newestOnly(made)] : [];
  });
}

/** Records that come late do not turn the clock back. */
function newestOnly(companion: Companion): Companion {
  const newest = { input: -Infinity, output: -Infinity };
  return {
    show(record) {
      const time = Date.parse(record.timestamp);
      if (time < newest[record.direction]) return;
      newest[record.direction] = time;
      companion.show(record);
    },
  };
}

/** The index of a specification's namespace in this server. @throws RESONANCE_SCADA_FAILED where its model is not loaded */
export function companionIndex({ addressSpace }: Space, uri: string): number {
  const index = addressSpace.getNamespaceIndex(uri);
  if (index < 0) throw new ResonanceError("RESONANCE_SCADA_FAILED", { detail: `the model ${uri} is not loaded` });
  return index;
}

/** Takes away the right to write that some nodesets give to the variables of their types. */
export function makeReadOnly(node: UAObject | UAVariable): void {
  const { makeAccessLevelFlag, NodeClass } = loadOpcua();
  for (const part of [...node.getComponents(), ...node.getProperties()]) {
    if (part.nodeClass !== NodeClass.Object && part.nodeClass !== NodeClass.Variable) continue;
    const inner = part as UAObject | UAVariable;
    if ("accessLevel" in inner) Object.assign(inner, { accessLevel: makeAccessLevelFlag("CurrentRead"), userAccessLevel: makeAccessLevelFlag("CurrentRead") });
    makeReadOnly(inner);
  }
}

/** A child by its browse name. @throws RESONANCE_SCADA_FAILED where the type has none */
export function partOf(node: UAObject | UAVariable, name: string): UAVariable {
  const found = node.getChildByName(name) as UAVariable | null;
  if (!found) throw new ResonanceError("RESONANCE_SCADA_FAILED", { detail: `${node.browseName.toString()} has no ${name}` });
  return found;
}
