import type { ModelDescription, ModelRunner } from "../model";
import { createInferenceClient, type InferenceClientOptions } from "./inference-client";

/**
 * A model at an Open Inference Protocol V2 server; a question may be sent again, inference has no effect.
 * @throws RESONANCE_CONFIG_INVALID
 */
export function createOipRunner(options: InferenceClientOptions): ModelRunner {
  const client = createInferenceClient(options);
  return {
    repeatable: true,
    async ask({ id, tensors }, { signal } = {}) {
      const answer = await client.infer(tensors, { id, signal });
      return { body: answer, ...(answer.modelVersion === undefined ? {} : { version: answer.modelVersion }) };
    },
    ready: () => client.ready(),
    async describe(): Promise<ModelDescription> {
      const [server, { platform, versions, inputs = [], outputs = [] }] = await Promise.all([client.serverMetadata(), client.modelMetadata()]);
      return { server: { name: server.name, version: server.version }, platform, versions, inputs, outputs };
    },
    close: () => client.close(),
  };
}
