import type { NodeAPI, NodeDef } from "node-red";
import { createInferenceClient } from "../lib/inference/inference-client";
import type { Model } from "../lib/inference/model";
import type { TensorSpec } from "../lib/inference/tensor";
import { defineConfig } from "../lib/node-red/define-config";
import { HTTP_ADDED, HTTP_CREDENTIALS, httpSettings, type HttpForm } from "../lib/node-red/http-form";

interface ModelDef extends NodeDef, HttpForm {
  modelId: string;
  modelVersion: string;
  supplier: string;
  category: string;
  digest: string;
  protocol: "oip";
  url: string;
  serverModel: string;
  serverVersion: string;
  /** Milliseconds; text where it comes from a variable. */
  timeout: number | string;
  inputTensors: TensorSpec[];
  outputTensors: TensorSpec[];
}

/** A model: what it is, what its tensors mean, and the connection to the server it runs on, which its callers share. */
export = (RED: NodeAPI) =>
  defineConfig<ModelDef, Model>(RED, "resonance-model", ({ def, credentials, node, language }) => {
    const { modelId, modelVersion, supplier, category, digest, inputTensors: inputs, outputTensors: outputs } = def;
    const client = createInferenceClient({
      url: def.url,
      model: def.serverModel || modelId,
      version: def.serverVersion,
      timeout: Number(def.timeout),
      ...httpSettings(RED, def, credentials),
      inputs,
      outputs,
      notice: (remark) => node.warn(remark.localize(language).message),
    });
    const lineage = { id: modelId, version: modelVersion, category, ...(digest && { digest }), ...(supplier && { supplier }) };
    return { value: { lineage, inputs, outputs, client }, close: () => client.close() };
  }, { credentials: HTTP_CREDENTIALS, migrations: [(saved) => ({ ...HTTP_ADDED, ...saved })] });
