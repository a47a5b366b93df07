/** Datatypes of the Open Inference Protocol V2, and BF16, which servers add. */
export type Datatype =
  | "BOOL" | "UINT8" | "UINT16" | "UINT32" | "UINT64" | "INT8" | "INT16" | "INT32" | "INT64"
  | "FP16" | "BF16" | "FP32" | "FP64" | "BYTES";

/** A tensor as the protocol carries it; `data` is flat, row-major. */
export interface Tensor {
  readonly name: string;
  readonly datatype: Datatype;
  readonly shape: readonly number[];
  readonly data: readonly (number | boolean | string)[];
  /** What the server says beside the values, e.g. their content type. */
  readonly parameters?: Readonly<Record<string, unknown>>;
}

/** What one element of a tensor means: a field of the category in a unit the model was trained with. */
export interface TensorElement {
  /** Field name of the category, of an input also `name/3` for one entry of a list; empty for an element that is not used. `confidence` fills the record's confidence. */
  readonly field: string;
  /** UN/CEFACT code the model uses; empty for a value without unit. */
  readonly unit: string;
}

/** A tensor of the model's signature and the meaning of its elements, in order. */
export interface TensorSpec {
  readonly name: string;
  readonly datatype: Datatype;
  readonly shape: readonly number[];
  readonly elements: readonly TensorElement[];
}

/** What a model server answered. */
export interface ModelAnswer {
  readonly modelName: string;
  readonly modelVersion?: string;
  readonly outputs: readonly Tensor[];
  /** What the server says beside the tensors. */
  readonly parameters?: Readonly<Record<string, unknown>>;
}
