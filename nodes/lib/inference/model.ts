import type { InputRecord, ModelLineage } from "../record/interface-record";
import type { TrainingReference } from "../lineage/training-reference";
import type { Signature } from "./check-tensor";
import type { Circuit } from "./circuit";
import type { RequestTemplate } from "./request/request-template";
import type { Tensor, TensorSpec } from "./tensor";

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
  /** How a request comes from a record, for a model that is asked with a document. */
  readonly request?: RequestTemplate;
  readonly runner: ModelRunner;
  /** Keeps questions away while the model answers nobody; absent where that is not wanted. */
  readonly circuit?: Circuit | undefined;
  /** The version a server is expected to name; absent where it is left to the server. */
  readonly expectedVersion?: string;
  /** What is kept of its training, where that is known. */
  readonly reference?: TrainingReference;
}

/** What is asked of a model for one input record. */
export interface Question {
  /** The record's id. */
  readonly id: string;
  readonly record: InputRecord;
  /** Filled by the model's tensor plan; none where its configuration describes no input tensors. */
  readonly tensors: readonly Tensor[];
  /** Filled by the model's request template, where it has one. */
  readonly document?: unknown;
}

/** What a model said. */
export interface RawAnswer {
  /** Tensors (`ModelAnswer`), a JSON document or a text, as the model's protocol has it. */
  readonly body: unknown;
  /** The version that answered, as the server tells. */
  readonly version?: string;
  /** `sha256:…`, as the server or the model's file tells. */
  readonly digest?: string;
}

/** What a server or a file says of a model. */
export interface ModelDescription {
  readonly server?: { readonly name: string; readonly version: string };
  readonly platform?: string;
  readonly versions: readonly string[];
  readonly inputs: readonly Signature[];
  readonly outputs: readonly Signature[];
}

/** Options of one question. */
export interface AskOptions {
  readonly signal?: AbortSignal | undefined;
}

/** Where a model runs: one interface, whatever the protocol. Everything fails with a ResonanceError (RESONANCE_MODEL_…). */
export interface ModelRunner {
  /** Whether asking twice has no effect, so that a question may be sent again. */
  readonly repeatable: boolean;
  ask(question: Question, options?: AskOptions): Promise<RawAnswer>;
  /** Several questions in one request, answers in their order; absent where the protocol has no batch. */
  askMany?(questions: readonly Question[], options?: AskOptions): Promise<readonly RawAnswer[]>;
  /** Whether the model can answer now. */
  ready(): Promise<boolean>;
  /** Absent where nobody can be asked. */
  describe?(): Promise<ModelDescription>;
  /** Ends every open question at once with RESONANCE_MODEL_CLOSED. */
  close(): Promise<void>;
}

