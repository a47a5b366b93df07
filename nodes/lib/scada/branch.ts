import type { EventEmitter } from "node:events";
import type { UAObject } from "node-opcua";
import { ResonanceError } from "../errors/resonance-error";
import type { Category } from "../profile/profile";
import type { InterfaceRecord } from "../record/interface-record";
import { addAnomalyAlarm, ALARM_FIELD, type AnomalyAlarm } from "./alarm";
import { addApproval } from "./approval";
import { addCompanions } from "./companion";
import { addInterfaceFolder, type InterfaceFolder } from "./interface-folder";
import type { OperatorMessage } from "./operator-message";
import type { Proposals, ProposalState } from "./proposals";
import type { RaiseRecord } from "./record-event";
import { addFolder, idPart, same, type Space } from "./space";
import type { Place } from "./equipment-tree";

/** What the server shows of a category at one place. */
export interface Branch {
  readonly folder: UAObject;
  readonly category: Category;
  show(record: InterfaceRecord): void;
  /** Notes what a guard decided about a proposal. */
  note(proposalId: string, state: ProposalState): void;
  close(): void;
}

export interface BranchOptions {
  readonly raise: RaiseRecord;
  readonly tell: (message: OperatorMessage) => void;
  /** Whether each model has an output folder of its own, made with its first record. */
  readonly byModel: boolean;
  /** Whether the types of companion specifications show the outputs too. */
  readonly companions: boolean;
}

/** Models of one category at one place that get a folder of their own; more is a flow that invents names. */
const MOST_MODELS = 50;

/** What stands beside the folders of models. */
const TAKEN: ReadonlySet<string> = new Set(["input", "approval"]);

/** What belongs to the outputs: of the category, or of one of its models. */
interface Outputs {
  readonly output: InterfaceFolder;
  readonly alarm: AnomalyAlarm | undefined;
}

/** The events of a node, its alarm's among them, are told at each level; the server hears of them by itself. */
function handUp(source: UAObject, levels: readonly UAObject[]): void {
  const heard = source as unknown as EventEmitter;
  heard.on("event", (event: unknown) => { for (const level of levels) (level as unknown as EventEmitter).emit("event", event); });
}

/** Adds the folder of a category, its input and output with all variables, its alarm and its approval. */
export function addBranch(space: Space, place: Place, category: Category, { raise, tell, byModel, companions: wanted }: BranchOptions): Branch {
  const id = `${place.id}#${category.id}`;
  const { title, description } = category;
  const folder = addFolder(space, place.models, { id, name: category.id, title, description }, space.addressSpace.rootFolder.objects.server);
  handUp(folder, place.levels);
  const input = addInterfaceFolder(space, folder, `${id}/input`, "input", category.input);
  const outputs = new Map<string, Outputs>();
  let proposals: Proposals | undefined;
  const addOutputs = (parent: UAObject, base: string): Outputs => {
    const output = addInterfaceFolder(space, parent, `${base}/output`, "output", category.output);
    const detected = output.fields.get(ALARM_FIELD)?.variable;
    return { output, alarm: detected && addAnomalyAlarm(space, folder, `${base}/alarm`, detected, tell) };
  };
  const outputsOf = (model: string): Outputs => {
    const key = byModel ? model : "";
    const known = outputs.get(key);
    if (known) return known;
    if (outputs.size >= MOST_MODELS) throw new ResonanceError("RESONANCE_SCADA_MODELS_FULL", { model, category: category.id, most: MOST_MODELS }, { path: "model/id" });
    const base = byModel ? `${id}/${TAKEN.has(model) ? "%" : ""}${idPart(model)}` : id;
    const made = addOutputs(byModel ? addFolder(space, folder, { id: base, name: model, title: same(model) }) : folder, base);
    outputs.set(key, made);
    return made;
  };
  const companions = wanted ? addCompanions(space, { folder, id, category }) : [];
  const approval = (): Proposals => (proposals ??= addApproval(space, folder, `${id}/approval`, tell));
  if (!byModel) outputsOf("");
  if (category.nature === "proposal") approval();
  return {
    folder, category,
    show(record) {
      if (record.direction === "input") input.show(record);
      else {
        const { output, alarm } = outputsOf(record.model.id);
        output.show(record);
        alarm?.update(record);
        if (record.nature === "proposal") approval().add(record);
      }
      for (const companion of companions) companion.show(record);
      raise(folder, category, record);
    },
    note(proposalId, state) { proposals?.note(proposalId, state); },
    close() {
      input.close();
      for (const { output } of outputs.values()) output.close();
    },
  };
}
