import type { TensorSpec } from "../../inference/tensor";
import type { TrainingReference } from "../../lineage/training-reference";

/** What a nameplate and its deployment say of a model, as `resonance-model` has it. */
export interface NameplateModel {
  readonly modelId: string;
  readonly modelVersion: string;
  readonly supplier?: string;
  readonly category?: string;
  readonly digest?: string;
  /** Where it runs, without log-in. */
  readonly url?: string;
  readonly inputTensors?: readonly TensorSpec[];
  readonly outputTensors?: readonly TensorSpec[];
  readonly reference?: TrainingReference | undefined;
}

/** Names of the extensions that carry what the templates have no place for: the model's own facts, and its tensors. */
export const MODEL_EXTENSION = "urn:model-data-resonance:model";
export const TENSOR_EXTENSION = "urn:model-data-resonance:tensors";
