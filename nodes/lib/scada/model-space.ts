import { ResonanceError } from "../errors/resonance-error";
import type { InterfaceRecord } from "../record/interface-record";
import { addBranch, type Branch } from "./branch";
import { createEquipmentTree } from "./equipment-tree";
import { addJobOrderReceiver, type JobOrderReceiver } from "./job-order-receiver";
import type { JobOrderMessage } from "./job-order-message";
import type { OperatorMessage } from "./operator-message";
import type { ProposalState } from "./proposals";
import { addRecordEvent } from "./record-event";
import type { Server } from "./server";
import type { ScadaSettings } from "./settings";
import { addSetpoints, type SetpointMessage } from "./setpoints";
import type { Space } from "./space";
import { createTexts } from "./texts";

/** What a setpoint guard decided about a proposal. */
export interface Decision {
  readonly proposalId: string;
  readonly state: ProposalState;
}

/** What the machine reports of a job order: a state in B2MML's words, e.g. `Running`. */
export interface JobReport {
  readonly jobOrderId: string;
  readonly jobState: string;
}

/** The part of the address space that follows the records. */
export interface ModelSpace {
  show(record: InterfaceRecord): void;
  note(decision: Decision): void;
  report(job: JobReport): void;
  close(): void;
}

const HOUR_MS = 3_600_000;

/** Builds the tree of equipment and models: at once what is configured, the rest with its first record. */
export function createModelSpace(settings: ScadaSettings, server: Server, tell: (message: OperatorMessage | JobOrderMessage | SetpointMessage) => void): ModelSpace {
  const { addressSpace } = server.opcua.engine;
  if (!addressSpace) throw new ResonanceError("RESONANCE_SCADA_FAILED", { detail: "the server has no address space" });
  const { profile, historyValues, historyHours } = settings;
  const space: Space = {
    addressSpace,
    namespace: addressSpace.registerNamespace(settings.namespaceUri),
    texts: createTexts(settings.language, server.localesOf),
    history: historyValues > 0 ? { values: historyValues, ageMs: historyHours * HOUR_MS } : undefined,
    operator: (context) => server.operator(context),
  };
  const raise = addRecordEvent(space);
  const tree = createEquipmentTree(space, settings.maxEquipment);
  const branches = new Map<string, Branch>();
  const branchOf = (equipment: string, id: string): Branch => {
    const key = `${equipment}#${id}`;
    const known = branches.get(key);
    if (known) return known;
    const category = profile.categories.get(id);
    if (!category) throw new ResonanceError("RESONANCE_SCADA_CATEGORY_UNKNOWN", { category: id }, { path: "category" });
    const made = addBranch(space, tree.place(equipment), category, { raise, tell, byModel: settings.byModel, companions: settings.companions });
    branches.set(key, made);
    return made;
  };
  const addWritable = (equipment: string, id: string): void => {
    const { folder, category } = branchOf(equipment, id);
    const fields = settings.setpoints.filter((row) => row.category === id).map(({ field }) => field);
    addSetpoints(space, folder, { id: `${equipment}#${id}/setpoint`, equipment, category }, fields, settings.setpointWriters, tell);
  };
  const receivers: JobOrderReceiver[] = [];
  for (const equipment of settings.equipment) {
    const place = tree.place(equipment);
    for (const category of settings.categories) branchOf(equipment, category);
    for (const id of new Set(settings.setpoints.map(({ category }) => category))) addWritable(equipment, id);
    if (settings.jobOrders) receivers.push(addJobOrderReceiver(space, place, tell));
  }
  return {
    show(record) { branchOf(record.equipment, record.category).show(record); },
    note({ proposalId, state }) { for (const branch of branches.values()) branch.note(proposalId, state); },
    report({ jobOrderId, jobState }) { for (const receiver of receivers) receiver.report(jobOrderId, jobState); },
    close() { for (const branch of branches.values()) branch.close(); },
  };
}
