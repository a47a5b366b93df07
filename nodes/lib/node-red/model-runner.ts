import type { NodeDef } from "node-red";
import { ResonanceError } from "../errors/resonance-error";
import { createFlowRunner, type FlowContent } from "../inference/flow/flow-runner";
import type { ModelRunner } from "../inference/model";
import { createMqttRunner } from "../inference/mqtt/mqtt-runner";
import type { BinaryTensors } from "../inference/oip/inference-client";
import { createOnnxRunner } from "../inference/onnx/onnx-runner";
import type { RuntimeChoice } from "../inference/onnx/runtime";
import { createOipRunner } from "../inference/oip/oip-runner";
import type { ParameterRow } from "../inference/oip/parameters";
import { documentExchange, tensorExchange, type ExchangeForm } from "../inference/request/exchange-form";
import type { RequestForm, RequestRow, RequestTemplate } from "../inference/request/request-template";
import type { HeaderRow } from "../inference/rest/headers";
import { createRestRunner } from "../inference/rest/rest-runner";
import type { TensorSpec } from "../inference/tensor";
import type { MqttBroker } from "../mqtt/broker";
import type { ConfigKit } from "./define-config";
import { httpSettings, type HttpForm } from "./http-form";
import { modelFile } from "./model-file";
import { userFolder } from "./user-folder";

/** Where a model runs, and with it which rows of the form count. */
export type ModelProtocol = "oip" | "rest" | "mqtt" | "onnx" | "flow";

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
  /** What a question carries into the flow; absent in models from before there was that protocol. */
  flowContent?: FlowContent;
  /** Outages in a row that open the circuit; 0 or absent for no circuit. */
  circuitFailures?: number | string;
  /** Seconds the circuit stays open. */
  circuitTime?: number | string;
  /** MiB; text where it comes from a variable. */
  answerLimit: number | string;
  parameters: ParameterRow[];
  binary: BinaryTensors;
  method: "POST" | "PUT" | "GET";
  headers: HeaderRow[];
  /** What a REST or MQTT service is asked with. */
  body: RequestForm | "tensors";
  requestRows: RequestRow[];
  answerFormat: "json" | "text";
  errorPath: string;
  versionPath: string;
  healthPath: string;
  repeatable: boolean;
  broker: string;
  requestTopic: string;
  responseTopic: string;
  userProperties: HeaderRow[];
  /** What is kept of the model's training: absent, as the two below, where an older version of the node was saved. */
  referenceSource?: "none" | "text" | "file";
  /** JSON. */
  reference?: string;
  /** Begins in Node-RED's user directory unless absolute. */
  referenceFile?: string;
  /** The AAS submodels the model was imported from, JSON; what this node has no place for is exported again. */
  nameplate?: string;
  /** Path of an ONNX file, or `examples:<name>`; absent, as the next ones, in models from before there was that protocol. */
  onnxFile?: string;
  onnxRuntime?: RuntimeChoice;
  /** Processor threads of one inference. */
  onnxThreads?: number | string;
  /** Megabytes the file may have. */
  onnxMegabytes?: number | string;
}

/** Settings that nodes saved before they existed do not have, as those nodes worked. */
const ADDED = {
  answerLimit: 16, parameters: [], binary: "off", method: "POST", headers: [], body: "rows", requestRows: [], answerFormat: "json",
  errorPath: "", versionPath: "", healthPath: "", repeatable: false, broker: "", requestTopic: "", responseTopic: "", userProperties: [],
} as const;

const MEBIBYTE = 1024 * 1024;

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
    parameters: def.parameters,
    binary: def.binary,
    maxBytes: bytesOf(def),
    notice: (remark) => node.warn(remark.localize(language).message),
  }),
  rest: ({ RED, def, credentials }) => createRestRunner({
    url: def.url,
    method: def.method,
    headers: def.headers,
    timeout: Number(def.timeout),
    maxBytes: bytesOf(def),
    ...httpSettings(RED, def, credentials),
    exchange: exchangeOf(def),
    healthPath: def.healthPath,
    repeatable: def.repeatable,
    model: def.modelId,
  }),
  mqtt: ({ def, node, language, lookup }) => createMqttRunner({
    connection: lookup.config<MqttBroker>(def.broker, "resonance-mqtt-broker").connection,
    requestTopic: def.requestTopic,
    responseBase: def.responseTopic,
    userProperties: def.userProperties,
    timeout: Number(def.timeout),
    maxBytes: bytesOf(def),
    exchange: exchangeOf(def),
    repeatable: def.repeatable,
    model: def.modelId,
    notice: (remark) => node.warn(remark.localize(language).message),
  }),
  flow: ({ def }) => createFlowRunner({ timeout: Number(def.timeout), content: def.flowContent ?? "values" }),
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

/** The form with every setting it has today. */
export function completeForm(form: ModelForm): ModelForm {
  return { ...structuredClone(ADDED), ...form };
}

/** Whether the model takes and gives tensors; else its answers are documents or texts, which `resonance-model-out` maps. */
export function usesTensors({ protocol, body }: ModelForm): boolean {
  return (protocol !== "rest" && protocol !== "mqtt") || body === "tensors";
}

/** How a request comes from a record, where it is a document. */
export function requestOf(form: ModelForm): RequestTemplate | undefined {
  return usesTensors(form) || form.body === "tensors" ? undefined : { form: form.body, rows: form.requestRows };
}

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

function exchangeOf({ body, modelId, inputTensors, outputTensors, answerFormat, errorPath, versionPath }: ModelForm): ExchangeForm {
  return body === "tensors" ? tensorExchange(modelId, inputTensors, outputTensors) : documentExchange({ format: answerFormat, errorPath, versionPath });
}

function bytesOf({ answerLimit }: ModelForm): number {
  const limit = Number(answerLimit);
  if (limit > 0 && limit <= 1024) return Math.round(limit * MEBIBYTE);
  throw new ResonanceError("RESONANCE_CONFIG_INVALID", { setting: "answerLimit", detail: `${answerLimit} is no number from 0 to 1024` }, { path: "answerLimit" });
}
