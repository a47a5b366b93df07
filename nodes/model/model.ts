import type { NodeAPI } from "node-red";
import type { Model } from "../lib/inference/model";
import { loadTrainingReference } from "../lib/lineage/reference-source";
import { defineConfig } from "../lib/node-red/define-config";
import { HTTP_ADDED, HTTP_CREDENTIALS } from "../lib/node-red/http-form";
import { serveModelForms } from "../lib/node-red/model-forms";
import { createRunner, type ModelForm } from "../lib/node-red/model-runner";
import { userFolder } from "../lib/node-red/user-folder";

/** A model: what it is, what its tensors mean, and where it runs, which its callers share. */
export = (RED: NodeAPI) => {
  serveModelForms(RED);
  defineConfig<ModelForm, Model>(RED, "resonance-model", (kit) => {
    const { modelId, modelVersion, supplier, category, digest, inputTensors: inputs, outputTensors: outputs } = kit.def;
    const reference = loadTrainingReference({ kind: kit.def.referenceSource ?? "none", text: kit.def.reference ?? "", file: kit.def.referenceFile ?? "" }, userFolder(RED));
    const runner = createRunner(kit);
    const lineage = { id: modelId, version: modelVersion, category, ...(digest && { digest }), ...(supplier && { supplier }) };
    const value = { lineage, inputs, outputs, runner, ...(kit.def.serverVersion && { expectedVersion: kit.def.serverVersion }), ...(reference && { reference }) };
    return { value, close: () => runner.close() };
  }, { credentials: HTTP_CREDENTIALS, migrations: [(saved) => ({ ...HTTP_ADDED, ...saved })] });
};
