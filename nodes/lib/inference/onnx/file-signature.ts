import { checkSignature, mismatch, type Side, type Signature } from "../check-tensor";
import type { ModelDescription } from "../model";
import type { Tensor, TensorSpec } from "../tensor";
import { unusable, type ModelFile } from "./model-file";
import { tensorSignature, type OnnxSignature, type OnnxValue } from "./onnx-signature";

/**
 * Compares the configured tensors with what the file states: every one is there, of that datatype and shape, and none that the model needs is left out.
 * Outputs that nobody configured are not asked for.
 * @throws RESONANCE_MODEL_TENSOR_MISMATCH; RESONANCE_MODEL_FILE_INVALID for an output that is no tensor
 */
export function checkAgainstFile(file: string, signature: OnnxSignature, inputs: readonly TensorSpec[], outputs: readonly TensorSpec[]): void {
  for (const spec of inputs) checkOne(file, "inputs", spec, signature.inputs);
  for (const spec of outputs) checkOne(file, "outputs", spec, signature.outputs);
  const forgotten = signature.inputs.find(({ name, optional }) => !optional && !inputs.some((spec) => spec.name === name));
  if (forgotten) throw mismatch("inputs", forgotten.name, "name", inputs.map(({ name }) => name).join(", "), forgotten.name);
}

function checkOne(file: string, side: Side, spec: TensorSpec, stated: readonly OnnxValue[]): void {
  const value = stated.find(({ name }) => name === spec.name);
  if (!value) throw mismatch(side, spec.name, "name", spec.name, stated.map(({ name }) => name).join(", "));
  if (!value.tensor) throw unusable(file, `${value.name} is no tensor but ${value.datatype}; ${adviceFor(value.datatype)}`);
  checkSignature(side, spec, { ...value, shape: value.shape ?? spec.shape });
}

/** Classifiers of scikit-learn are exported with a map of labels and probabilities unless told otherwise. */
function adviceFor(datatype: string): string {
  return datatype.startsWith("sequence(map(") ? "export the model with a tensor instead (skl2onnx: option zipmap=False)" : "leave it out, or export the model with a tensor instead";
}

/** What the editor offers to fill in; values that are no tensors are left out. */
export function describeFile({ signature }: ModelFile): ModelDescription {
  const { producer, version, inputs, outputs } = signature;
  return {
    platform: `ONNX${producer && ` (${producer})`}`,
    versions: version === undefined ? [] : [String(version)],
    inputs: inputs.filter(({ optional }) => !optional).flatMap(signaturesOf),
    outputs: outputs.flatMap(signaturesOf),
  };
}

function signaturesOf(value: OnnxValue): readonly Signature[] {
  const signature = tensorSignature(value);
  return signature ? [signature] : [];
}

/** The tensor of that name. @throws RESONANCE_MODEL_TENSOR_MISMATCH */
export function findInput(tensors: readonly Tensor[], name: string): Tensor {
  const tensor = tensors.find((candidate) => candidate.name === name);
  if (!tensor) throw mismatch("inputs", name, "name", tensors.map((candidate) => candidate.name).join(", "), name);
  return tensor;
}
