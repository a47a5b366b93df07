import { mismatch } from "../check-tensor";
import type { Shape } from "../shape";
import type { ModelAnswer, Tensor, TensorSpec } from "../tensor";

/** Whether questions can stand one above the other in one request: every tensor has a first dimension of 1 or open, filled once a question. */
export function isStackable(inputs: readonly TensorSpec[], outputs: readonly TensorSpec[]): boolean {
  const first = ({ shape }: TensorSpec): boolean => shape[0] === 1 || shape[0] === -1;
  // With all other dimensions stated, the elements of an input tell how many rows one question fills.
  const single = ({ shape, elements }: TensorSpec): boolean => shape[0] === 1 || elements.length === sizeOf(shape.slice(1));
  return [...inputs, ...outputs].every(first) && inputs.every(single);
}

/** The tensors of several questions as one, along the first dimension. */
export function stack(questions: readonly (readonly Tensor[])[]): readonly Tensor[] {
  const [first = []] = questions;
  return first.map((tensor, index) => ({
    ...tensor,
    shape: tensor.shape.with(0, questions.length),
    data: questions.flatMap((tensors) => tensors[index]?.data ?? []),
  }));
}

/** What the answer to `count` stacked questions has to look like. */
export function stackedSpec(spec: TensorSpec, count: number): TensorSpec {
  return { ...spec, shape: spec.shape.with(0, count) };
}

/**
 * The answer of each question.
 * @throws RESONANCE_MODEL_TENSOR_MISMATCH where an output does not have a row for each
 */
export function split(answer: ModelAnswer, count: number): readonly ModelAnswer[] {
  return Array.from({ length: count }, (_, row) => ({
    ...answer,
    outputs: answer.outputs.map((tensor) => {
      const { name, shape, data } = tensor;
      if (shape[0] !== count) throw mismatch("outputs", name, "shape", shape, [count, ...shape.slice(1)]);
      const size = data.length / count;
      return { ...tensor, shape: shape.with(0, 1), data: data.slice(row * size, (row + 1) * size) };
    }),
  }));
}

/** The elements of the dimensions that are stated. */
function sizeOf(shape: Shape): number {
  return shape.reduce((product, size) => product * size, 1);
}
