import { ResonanceError } from "../errors/resonance-error";
import type { Side } from "./check-tensor";
import { isDatatype } from "./datatype";
import { closeShape, type Shape } from "./shape";
import type { TensorSpec } from "./tensor";

/** The settings of the model node that state a side. */
export const SETTINGS: Readonly<Record<Side, string>> = { inputs: "inputTensors", outputs: "outputTensors" };

/**
 * Checks one side of a model's configured signature: at least one tensor, each with a name of its own, a datatype of the
 * protocol, a shape of positive sizes or -1, and as many elements as the shape holds. An output may leave its elements out:
 * then nobody uses its values.
 * @throws RESONANCE_CONFIG_INVALID with a path such as `inputTensors/0/elements`
 */
export function checkSpecs(side: Side, specs: readonly TensorSpec[]): void {
  if (specs.length === 0) throw invalid(SETTINGS[side], "at least one tensor is needed");
  const names = new Set<string>();
  specs.forEach((spec, index) => {
    const at = `${SETTINGS[side]}/${index}`;
    if (spec.name === "") throw invalid(`${at}/name`, "a tensor needs a name");
    if (names.has(spec.name)) throw invalid(`${at}/name`, `${spec.name} is there twice`);
    names.add(spec.name);
    if (!isDatatype(spec.datatype)) throw invalid(`${at}/datatype`, `${String(spec.datatype)} is no datatype of the protocol`);
    if (!spec.shape.every((size) => size === -1 || (Number.isSafeInteger(size) && size > 0))) {
      throw invalid(`${at}/shape`, `${JSON.stringify(spec.shape)} holds something else than sizes from 1 on or -1`);
    }
    if (side === "inputs" || spec.elements.length > 0) shapeOf(spec, at);
  });
}

/**
 * The shape a tensor has with the elements of its specification; one -1 becomes what they fill.
 * @throws RESONANCE_CONFIG_INVALID when the elements do not fill the shape
 */
export function shapeOf({ shape, elements }: TensorSpec, at: string): Shape {
  const closed = closeShape(shape, elements.length);
  if (!closed) throw invalid(`${at}/elements`, `${elements.length} elements do not fill the shape ${JSON.stringify(shape)}`);
  return closed;
}

function invalid(setting: string, detail: string): ResonanceError {
  return new ResonanceError("RESONANCE_CONFIG_INVALID", { setting, detail }, { path: setting });
}
