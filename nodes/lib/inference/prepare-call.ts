import { ResonanceError } from "../errors/resonance-error";
import type { Profile } from "../profile/profile";
import { requireCategory } from "../profile/profile-lookup";
import type { InputRecord, InterfaceRecord } from "../record/interface-record";
import { readRecord } from "../record/read-record";
import type { Model, Question } from "./model";
import { compileInputs } from "./tensor-plan";

/**
 * Compiles how a message's payload becomes a call of `model`. What is returned throws RESONANCE_RECORD_INVALID (with the
 * path of the part at fault) for anything but an input record of this profile and of the model's category, and what
 * `compileInputs` names for values that do not fit.
 * @throws RESONANCE_CATEGORY_UNKNOWN and what `compileInputs` throws
 */
export function prepareCalls({ lineage, inputs }: Pick<Model, "lineage" | "inputs">, profile: Profile): (payload: unknown) => Question {
  const category = requireCategory(profile, lineage.category);
  const fill = compileInputs(inputs, category);
  return (payload) => {
    const record = readRecord(payload, profile);
    if (!isInput(record)) throw refused("direction", "it is an output record, but a model takes an input record");
    if (record.category !== category.id) throw refused("category", `it is of the category ${record.category}, the model's is ${category.id}`);
    return { id: record.id, record, tensors: fill(record.values) };
  };
}

function isInput(record: InterfaceRecord): record is InputRecord {
  return record.direction === "input";
}

function refused(path: string, detail: string): ResonanceError {
  return new ResonanceError("RESONANCE_RECORD_INVALID", { detail }, { path });
}
