import { isDatatype } from "../../inference/datatype";
import type { TensorElement, TensorSpec } from "../../inference/tensor";
import { isObject } from "../../json/is-object";

const MOST_TENSORS = 100;
const MOST_ELEMENTS = 10_000;

/** Tensors as an extension carries them; `undefined` for anything else. */
export function readTensors(content: unknown): readonly TensorSpec[] | undefined {
  if (!Array.isArray(content) || content.length > MOST_TENSORS) return undefined;
  const tensors = content.map(readTensor);
  return tensors.every((tensor) => tensor !== undefined) ? tensors : undefined;
}

function readTensor(tensor: unknown): TensorSpec | undefined {
  if (!isObject(tensor)) return undefined;
  const { name, datatype, shape, elements } = tensor;
  if (typeof name !== "string" || !isDatatype(datatype) || !isShape(shape) || !Array.isArray(elements) || elements.length > MOST_ELEMENTS) return undefined;
  const read = elements.map((element: unknown): TensorElement | undefined => {
    const { field, unit = "" } = isObject(element) ? element : {};
    return typeof field === "string" && typeof unit === "string" ? { field, unit } : undefined;
  });
  return read.every((element) => element !== undefined) ? { name, datatype, shape, elements: read } : undefined;
}

function isShape(shape: unknown): shape is readonly number[] {
  return Array.isArray(shape) && shape.length <= 16 && shape.every((size) => Number.isSafeInteger(size) && (size as number) >= -1);
}
