import type { NodeDef } from "node-red";
import { ResonanceError } from "../errors/resonance-error";
import type { ModelRunner } from "../inference/model";
import { createOnnxRunner } from "../inference/onnx/onnx-runner";
import type { RuntimeChoice } from "../inference/onnx/runtime";
import { createOipRunner } from "../inference/oip/oip-runner";
import type { TensorSpec } from "../inference/tensor";
import type { ConfigKit } from "./define-config";
import { httpSettings, type HttpForm } from "./http-form";
import { modelFile } from "./model-file";
import { userFolder } from "./user-folder";

/** Where a model runs, and with it which rows of the form count. */
export type ModelProtocol = "oip" | "onnx";

/** What the form of `resonance-model` holds. */
export interface ModelForm extends NodeDef, HttpForm {
  modelId: string;
  modelVersion: string;
  supplier: string;
  category: string;
  digest: string;
  protocol: ModelProtocol;
  url: string;
  serverModel: string;
  serverVersion: string;
  /** Milliseconds; text where it comes from a variable. */
  timeout: number | string;
  inputTensors: TensorSpec[];
  outputTensors: TensorSpec[];
  /** Path of an ONNX file, or `examples:<name>`; absent, as the next ones, in models from before there was that protocol. */
  onnxFile?: string;
  onnxRuntime?: RuntimeChoice;
  /** Processor threads of one inference. */
  onnxThreads?: number | string;
  /** Megabytes the file may have. */
  onnxMegabytes?: number | string;
}

/** How to come to the runner of a protocol. */
const RUNNERS: Readonly<Record<ModelProtocol, (kit: ConfigKit<ModelForm>) => ModelRunner>> = {
  oip: ({ RED, def, credentials, node, language }) => createOipRunner({
    url: def.url,
    model: def.serverModel || def.modelId,
    version: def.serverVersion,
    timeout: Number(def.timeout),
    ...httpSettings(RED, def, credentials),
    inputs: def.inputTensors,
    outputs: def.outputTensors,
    notice: (remark) => node.warn(remark.localize(language).message),
  }),
  onnx: ({ RED, def }) => createOnnxRunner({
    file: modelFile(RED, "onnxFile", def.onnxFile ?? ""),
    model: def.modelId,
    digest: def.digest,
    inputs: def.inputTensors,
    outputs: def.outputTensors,
    runtime: def.onnxRuntime ?? "auto",
    threads: Number(def.onnxThreads ?? 1),
    timeout: Number(def.timeout),
    maxBytes: Number(def.onnxMegabytes ?? 256) * 1024 * 1024,
    userFolder: userFolder(RED),
  }),
};

/**
 * What runs the model of a configuration node.
 * @throws RESONANCE_CONFIG_INVALID and what the protocol's runner throws
 */
export function createRunner(kit: ConfigKit<ModelForm>): ModelRunner {
  const { protocol } = kit.def;
  if (Object.hasOwn(RUNNERS, protocol)) return RUNNERS[protocol](kit);
  const detail = `${protocol as string} ≠ ${Object.keys(RUNNERS).join(", ")}`;
  throw new ResonanceError("RESONANCE_CONFIG_INVALID", { setting: "protocol", detail }, { path: "protocol" });
}
