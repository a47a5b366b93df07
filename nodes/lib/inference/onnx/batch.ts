import type { RawTensor } from "../check-tensor";
import { elementCount } from "../shape";
import type { Tensor } from "../tensor";
import type { OnnxSignature } from "./onnx-signature";

/** A tensor of an answer, not yet checked. */
export interface NamedTensor extends RawTensor {
  readonly name: string;
}

/** Whether every one of these tensors grows with the number of questions: its first dimension is open, and no other one. */
export function takesBatches({ inputs, outputs }: Pick<OnnxSignature, "inputs" | "outputs">, asked: readonly string[], wanted: readonly string[]): boolean {
  const grows = (values: OnnxSignature["inputs"], names: readonly string[]): boolean =>
    names.every((name) => values.find((value) => value.name === name)?.shape?.[0] === -1);
  return asked.length > 0 && grows(inputs, asked) && grows(outputs, wanted);
}

/**
 * The tensors of several questions as one request, their rows one after the other; `undefined` where they do not fit together or a tensor has no rows.
 * `rows` says how many each question has.
 */
export function joinQuestions(questions: readonly (readonly Tensor[])[]): { readonly tensors: readonly Tensor[]; readonly rows: readonly number[] } | undefined {
  const [first = []] = questions;
  const rows = questions.map((tensors) => tensors[0]?.shape[0] ?? 0);
  const tensors = first.map((tensor, index): Tensor | undefined => {
    const parts = questions.map((other) => other[index]);
    const rest = tensor.shape.slice(1).join();
    const fits = parts.every((part, at) => part !== undefined && part.shape.length > 0 && part.shape[0] === rows[at] && part.shape.slice(1).join() === rest);
    if (!fits) return undefined;
    const data = parts.flatMap((part) => part?.data ?? []);
    return { ...tensor, shape: [rows.reduce((sum, count) => sum + count, 0), ...tensor.shape.slice(1)], data };
  });
  return tensors.every((tensor) => tensor !== undefined) && rows.every((count) => count > 0) ? { tensors, rows } : undefined;
}

/** The answer to several questions, taken apart again; `undefined` where an output does not have as many rows as were asked. */
export function splitAnswer(outputs: readonly NamedTensor[], rows: readonly number[]): readonly (readonly NamedTensor[])[] | undefined {
  const total = rows.reduce((sum, count) => sum + count, 0);
  const fits = outputs.every(({ shape }) => Array.isArray(shape) && shape[0] === total);
  if (!fits) return undefined;
  let from = 0;
  return rows.map((count) => {
    const begin = from;
    from += count;
    return outputs.map((output) => {
      const [, ...rest] = output.shape as readonly number[];
      const size = elementCount(rest);
      return { ...output, shape: [count, ...rest], data: (output.data as readonly unknown[]).slice(begin * size, from * size) };
    });
  });
}
