import { ResonanceError } from "../errors/resonance-error";
import type { Profile } from "../profile/profile";
import { requireCategory } from "../profile/profile-lookup";
import type { InputRecord, InterfaceRecord } from "../record/interface-record";
import { readRecord } from "../record/read-record";
import type { Model, Question } from "./model";
import { compileRequest } from "./request/request-template";
import { compileInputs } from "./tensor-plan";

/**
 * Compiles how a message's payload becomes a call of `model`. What is returned throws RESONANCE_RECORD_INVALID (with the
 * path of the part at fault) for anything but an input record of this profile and of the model's category, and what
 * `compileInputs` or `compileRequest` name for values that do not fit. A model without described input tensors is asked with the record alone.
 * @throws RESONANCE_CATEGORY_UNKNOWN and what `compileInputs` or `compileRequest` throws
 */
export function prepareCalls({ lineage, inputs, request }: Pick<Model, "lineage" | "inputs" | "request">, profile: Profile): (payload: unknown) => Question {
  const category = requireCategory(profile, lineage.category);
  const fill = request || inputs.length === 0 ? undefined : compileInputs(inputs, category);
  const write = request && compileRequest(request, category, lineage);
  return (payload) => {
    const record = readRecord(payload, profile);
    if (!isInput(record)) throw refused("direction", "it is an output record, but a model takes an input record");
    if (record.category !== category.id) throw refused("category", `it is of the category ${record.category}, the model's is ${category.id}`);
    return { id: record.id, record, tensors: fill?.(record.values) ?? [], ...(write && { document: write(record) }) };
  };
}

function isInput(record: InterfaceRecord): record is InputRecord {
  return record.direction === "input";
}

function refused(path: string, detail: string): ResonanceError {
  return new ResonanceError("RESONANCE_RECORD_INVALID", { detail }, { path });
}
