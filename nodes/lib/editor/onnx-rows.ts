import type { PropertyDefinition } from "./red";
import type { Text } from "./text";
import { forProtocol } from "./model-protocol";
import { number, required } from "./validators";

/** What the rows of a model in an ONNX file save. */
export interface OnnxRows {
  onnxFile: string;
  onnxRuntime: string;
  onnxThreads: number;
  onnxMegabytes: number;
}

/** Settings that models from before there was this protocol do not have. */
export const ONNX_ADDED = { onnxFile: "", onnxRuntime: "auto", onnxThreads: 1, onnxMegabytes: 256 } as const;

/** The properties of these rows; they count only while the protocol is chosen. */
export function onnxDefaults(text: Text): { readonly [K in keyof OnnxRows]: PropertyDefinition<OnnxRows[K]> } {
  return {
    onnxFile: { value: "", label: text("label.onnxFile"), validate: forProtocol("onnx", required(text)) },
    onnxRuntime: { value: "auto" },
    onnxThreads: { value: 1, label: text("label.onnxThreads"), validate: forProtocol("onnx", number(text, { min: 1, max: 64, whole: true })) },
    onnxMegabytes: { value: 256, label: text("label.onnxMegabytes"), validate: forProtocol("onnx", number(text, { min: 1, max: 2000 })) },
  };
}
