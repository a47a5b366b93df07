import type { NodeDef } from "node-red";
import { ResonanceError } from "../errors/resonance-error";
import type { ModelRunner } from "../inference/model";
import { createOipRunner } from "../inference/oip/oip-runner";
import type { TensorSpec } from "../inference/tensor";
import type { ConfigKit } from "./define-config";
import { httpSettings, type HttpForm } from "./http-form";

/** Where a model runs, and with it which rows of the form count. */
export type ModelProtocol = "oip";

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
  /** What is kept of the model's training: absent, as the two below, where an older version of the node was saved. */
  referenceSource?: "none" | "text" | "file";
  /** JSON. */
  reference?: string;
  /** Begins in Node-RED's user directory unless absolute. */
  referenceFile?: string;
  /** The AAS submodels the model was imported from, JSON; what this node has no place for is exported again. */
  nameplate?: string;
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
