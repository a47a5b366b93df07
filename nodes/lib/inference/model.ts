import type { ModelLineage } from "../record/interface-record";
import type { InferenceClient } from "./inference-client";
import type { TensorSpec } from "./tensor";

/** A model as its configuration node states it; `digest` is absent where it is not known. */
export interface ModelIdentity extends ModelLineage {
  readonly supplier?: string;
  /** Category of the profile the model belongs to. */
  readonly category: string;
}

/** What the configuration node `resonance-model` offers. */
export interface Model {
  readonly lineage: ModelIdentity;
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
  readonly client: InferenceClient;
}
