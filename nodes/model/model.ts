import type { NodeAPI } from "node-red";
import { createCircuit } from "../lib/inference/circuit";
import type { Model } from "../lib/inference/model";
import { loadTrainingReference } from "../lib/lineage/reference-source";
import { defineConfig } from "../lib/node-red/define-config";
import { HTTP_ADDED, HTTP_CREDENTIALS } from "../lib/node-red/http-form";
import { serveModelDialogs } from "../lib/node-red/model-admin";
import { serveModelForms } from "../lib/node-red/model-forms";
import { modelFile } from "../lib/node-red/model-file";
import { completeForm, createRunner, requestOf, usesTensors, type ModelForm } from "../lib/node-red/model-runner";
import { userFolder } from "../lib/node-red/user-folder";

/** A model: what it is, what its tensors mean, and where it runs, which its callers share. */
export = (RED: NodeAPI) => {
  const deployed = serveModelDialogs(RED);
  serveModelForms(RED);
  defineConfig<ModelForm, Model>(RED, "resonance-model", (saved) => {
    const kit = { ...saved, def: completeForm(saved.def) };
    const { modelId, modelVersion, supplier, category, digest, inputTensors, outputTensors } = kit.def;
    const [inputs, outputs] = usesTensors(kit.def) ? [inputTensors, outputTensors] : [[], []];
    const request = requestOf(kit.def);
    const { referenceSource = "none", reference: text = "", referenceFile = "", serverVersion: expectedVersion } = kit.def;
    const reference = loadTrainingReference({ kind: referenceSource, text, file: referenceFile.trim() && modelFile(saved.RED, "referenceFile", referenceFile) }, userFolder(saved.RED));
    const runner = createRunner(kit);
    const lineage = { id: modelId, version: modelVersion, category, ...(digest && { digest }), ...(supplier && { supplier }) };
    const { circuitFailures = 0, circuitTime = 30 } = kit.def;
    const circuit = Number(circuitFailures) === 0 ? undefined : createCircuit(modelId, { failures: Number(circuitFailures), openMs: Number(circuitTime) * 1000 });
    deployed.set(kit.node.id, { url: kit.def.url, tokenUrl: kit.def.tokenUrl, secrets: kit.credentials });
    return {
      value: { lineage, inputs, outputs, ...(request && { request }), runner, circuit, ...(expectedVersion && { expectedVersion }), ...(reference && { reference }) },
      close() {
        deployed.delete(kit.node.id);
        return runner.close();
      },
    };
  }, { credentials: HTTP_CREDENTIALS, migrations: [(saved) => ({ ...HTTP_ADDED, ...saved })] });
};
