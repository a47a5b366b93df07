import { categoryOf, type Catalogue, type CategoryFacts } from "../lib/editor/catalogue";
import { fillAbsent, keepAbsent, openForm, saveNumbers, withCatalogue, type Form } from "../lib/editor/form";
import { HTTP_ADDED, httpDefaults, loggedInBy, openHttpRows, type HttpRows } from "../lib/editor/http-rows";
import { forProtocol } from "../lib/editor/model-protocol";
import { categoryOptions, fillSelect } from "../lib/editor/options";
import type { Validate } from "../lib/editor/red";
import { editTensors, tensorProblem, type Direction, type TensorEditor, type TensorSpec } from "../lib/editor/tensors";
import type { Table } from "../lib/editor/table";
import { textOf } from "../lib/editor/text";
import { openNameplate } from "./nameplate.editor";
import { openReferenceRows, referenceIn } from "./reference-rows.editor";
import { json, number, onlyIf, pattern, required, rows, since, url, validate } from "../lib/editor/validators";
import { readServerBox } from "./read-server.editor";
import { nameValueTable, requestProblem, requestTable, type NameValue, type RequestRow } from "./service-rows.editor";

interface Model extends HttpRows {
  name: string;
  version: number;
  modelId: string;
  modelVersion: string;
  supplier: string;
  category: string;
  digest: string;
  protocol: string;
  url: string;
  serverModel: string;
  serverVersion: string;
  timeout: number;
  answerLimit: number;
  parameters: readonly NameValue[];
  binary: string;
  method: string;
  headers: readonly NameValue[];
  body: string;
  requestRows: readonly RequestRow[];
  answerFormat: string;
  errorPath: string;
  versionPath: string;
  healthPath: string;
  repeatable: boolean;
  broker: string;
  requestTopic: string;
  responseTopic: string;
  userProperties: readonly NameValue[];
  inputTensors: readonly TensorSpec[];
  outputTensors: readonly TensorSpec[];
  flowContent: string;
  circuitFailures: number;
  circuitTime: number;
  referenceSource: string;
  reference: string;
  referenceFile: string;
  nameplate: string;
  onnxFile: string;
  onnxRuntime: string;
  onnxThreads: number;
  onnxMegabytes: number;
}

const text = textOf("model");
/** Tensors, where the model has them: a function in the flow may do without. */
const tensors = (direction: Direction) => function (this: ModelChoice, ...[value, opt]: Parameters<Validate>): ReturnType<Validate> {
  const { protocol, tensors: used } = chosen(this);
  return !used || validate(rows<TensorSpec>(text, (tensor, all) => tensorProblem(text, direction, tensor, all), protocol === "flow" ? 0 : 1))(value, opt);
};
const address = validate(required(text), url(text, "http", "https"));
const filled = validate(required(text));
const topic = validate(required(text), pattern(/^[^+#$][^+#]*$/, () => text("error.topic")));
const base = validate(pattern(/^[^+#$][^+#]*$/, () => text("error.topic")));
const pointer = validate(pattern(/^\/(?!.*~(?![01]))/, () => text("error.pointer")));
const parts = validate(rows<RequestRow>(text, (row, all) => requestProblem(text, row, all)?.text));

/** Settings that older nodes do not have, as they worked. */
const MODEL_ADDED = {
  ...HTTP_ADDED, answerLimit: 16, binary: "off", method: "POST", body: "rows", answerFormat: "json", errorPath: "", versionPath: "", healthPath: "",
  repeatable: false, requestTopic: "", responseTopic: "", flowContent: "values", circuitFailures: 0, circuitTime: 30,
  referenceSource: "none", reference: "", referenceFile: "", nameplate: "",
  onnxFile: "", onnxRuntime: "auto", onnxThreads: 1, onnxMegabytes: 256,
} as const;

type ModelChoice = Pick<Model, "protocol" | "body">;

/** What the form shows now, or the node says while its form is closed. */
function chosen(node: ModelChoice): { readonly protocol: string; readonly tensors: boolean } {
  const open = $("#node-config-input-protocol option[value='oip']").length > 0;
  const [protocol, body] = open ? [String($("#node-config-input-protocol").val()), String($("#node-config-input-body").val())] : [node.protocol, node.body];
  return { protocol, tensors: (protocol !== "rest" && protocol !== "mqtt") || body === "tensors" };
}
const isService = (protocol: string): boolean => protocol === "rest" || protocol === "mqtt";

RED.nodes.registerType<Model>("resonance-model", {
  category: "config",
  color: "#3FADB5",
  icon: "resonance-model.svg",
  defaults: {
    name: { value: "" },
    version: { value: 2 },
    modelId: { value: "", label: text("label.modelId"), required: true, validate: validate(required(text)) },
    modelVersion: { value: "1.0.0", label: text("label.modelVersion"), required: true, validate: validate(required(text)) },
    supplier: { value: "" },
    category: { value: "", label: text("common.label.category"), required: true, validate: validate(required(text)) },
    digest: { value: "", label: text("label.digest"), validate: validate(pattern(/^sha256:[0-9a-f]{64}$/i, () => text("error.digest"))) },
    protocol: { value: "oip" },
    url: { value: "", label: text("label.url"), validate(value, opt) { return ["oip", "rest"].includes(chosen(this).protocol) ? address(value, opt) : true; } },
    serverModel: { value: "" },
    serverVersion: { value: "" },
    timeout: { value: 5000, label: text("common.label.timeout"), validate: validate(number(text, { min: 10, max: 600000 })) },
    inputTensors: { value: [], label: text("label.inputTensors"), validate: tensors("input") },
    outputTensors: { value: [], label: text("label.outputTensors"), validate: tensors("output") },
    answerLimit: { value: 16, label: text("label.answerLimit"), validate: validate((value) => (value === undefined ? undefined : number(text, { min: 0.001, max: 1024 })(value))) },
    parameters: { value: [] },
    binary: { value: "auto" },
    method: { value: "POST" },
    headers: { value: [] },
    body: { value: "rows" },
    requestRows: { value: [], label: text("label.requestRows"), validate(value, opt) { const { protocol, tensors: none } = chosen(this); return isService(protocol) && !none && ((this as Partial<Model>).body ?? "rows") === "rows" ? parts(value, opt) : true; } },
    answerFormat: { value: "json" },
    errorPath: { value: "", label: text("label.errorPath"), validate: pointer },
    versionPath: { value: "", label: text("label.versionPath"), validate: pointer },
    healthPath: { value: "", label: text("label.healthPath"), validate: validate(pattern(/^\//, () => text("error.path"))) },
    repeatable: { value: false },
    broker: { value: "", type: "resonance-mqtt-broker", label: text("label.broker"), required: false, validate(value, opt) { return chosen(this).protocol === "mqtt" ? filled(value, opt) : true; } },
    requestTopic: { value: "", label: text("label.requestTopic"), validate(value, opt) { return chosen(this).protocol === "mqtt" ? topic(value, opt) : true; } },
    responseTopic: { value: "", label: text("label.responseTopic"), validate: base },
    userProperties: { value: [] },
    flowContent: { value: "values" },
    circuitFailures: { value: 5, label: text("label.circuitFailures"), validate: validate(since(number(text, { min: 0, max: 1000, whole: true }))) },
    circuitTime: { value: 30, label: text("label.circuitTime"), validate: validate(since(number(text, { min: 1, max: 86400 }))) },
    referenceSource: { value: MODEL_ADDED.referenceSource, label: text("label.referenceSource") },
    reference: { value: MODEL_ADDED.reference, label: text("label.reference"), validate: validate(onlyIf(referenceIn("text"), required(text)), onlyIf(referenceIn("text"), json(text))) },
    referenceFile: { value: MODEL_ADDED.referenceFile, label: text("label.referenceFile"), validate: validate(onlyIf(referenceIn("file"), required(text))) },
    nameplate: { value: MODEL_ADDED.nameplate },
    ...httpDefaults(text),
    onnxFile: { value: "", label: text("label.onnxFile"), validate: forProtocol("onnx", required(text)) },
    onnxRuntime: { value: "auto" },
    onnxThreads: { value: 1, label: text("label.onnxThreads"), validate: forProtocol("onnx", number(text, { min: 1, max: 64, whole: true })) },
    onnxMegabytes: { value: 256, label: text("label.onnxMegabytes"), validate: forProtocol("onnx", number(text, { min: 1, max: 2000 })) },
  },
  credentials: {
    user: { type: "text", label: text("common.label.user"), validate: validate(onlyIf(loggedInBy("basic"), required(text))) },
    password: { type: "password" },
    token: { type: "password" },
    clientSecret: { type: "password" },
    cert: { type: "text" },
    key: { type: "password" },
    passphrase: { type: "password" },
  },
  paletteLabel() { return text("palette"); },
  label() { return this.name || [this.modelId, this.modelVersion].filter(Boolean).join(" ") || this._("palette"); },
  oneditprepare() {
    const form = openForm("config");
    const { category } = this;
    fillSelect(form.field<HTMLSelectElement>("category"), [], category);
    fillAbsent<Model>(this, "config", MODEL_ADDED);
    openHttpRows(form);
    const opened = openTensors(form, this.inputTensors, this.outputTensors);
    editors = opened;
    services = openServices(form, this, editors);
    openReferenceRows(form, text);
    openNameplate(form, text, opened);
    form.onChange("protocol", () => { $("#node-config-input-onnxFile").trigger("change"); });
    withCatalogue(form, text, (catalogue) => {
      fillSelect(form.field<HTMLSelectElement>("category"), categoryOptions(catalogue), form.value("category") || category);
      editors?.show(catalogue);
      services?.requestRows.refresh();
    });
  },
  oneditsave() {
    // A look into the form of an older node changes nothing.
    if ((this as Partial<Model>).broker === undefined && $("#node-config-input-protocol").val() !== "mqtt") $("#node-config-input-broker").removeAttr("id");
    keepAbsent<Model>(this, "config", MODEL_ADDED);
    saveNumbers(this, "config", "timeout", "answerLimit", "circuitFailures", "circuitTime", "onnxThreads", "onnxMegabytes");
    for (const name of SERVICE_TABLES) {
      const all = services?.[name].rows() ?? [];
      if (all.length > 0 || (this as Partial<Model>)[name] !== undefined) Object.assign(this, { [name]: all });
    }
    if (!editors) return;
    this.inputTensors = editors.input.tensors();
    this.outputTensors = editors.output.tensors();
    editors = undefined;
  },
  oneditcancel() { editors = undefined; },
});

interface Services {
  readonly requestRows: Table<RequestRow>;
  readonly headers: Table<NameValue>;
  readonly userProperties: Table<NameValue>;
  readonly parameters: Table<NameValue>;
}

const SERVICE_TABLES = ["requestRows", "headers", "userProperties", "parameters"] as const;

/** The tables of the open form that belong to a protocol. */
let services: Services | undefined;

function openServices(form: Form, node: Partial<Model> & { readonly id: string }, tensorEditors: Editors | undefined): Services | undefined {
  const at = (id: string): HTMLElement | null => form.root.querySelector<HTMLElement>(`#${id}`);
  const [requestHost, headerHost, propertyHost, parameterHost, reading, tensorRows] = ["resonance-request-rows", "resonance-headers", "resonance-user-properties", "resonance-parameters", "resonance-read-server", "resonance-tensor-rows"].map(at);
  if (!requestHost || !headerHost || !propertyHost || !parameterHost || !reading || !tensorRows || !tensorEditors) return undefined;
  const facts = (): ReturnType<Editors["facts"]> => tensorEditors.facts();
  const made: Services = {
    requestRows: requestTable(requestHost, text, node.requestRows ?? [], facts),
    headers: nameValueTable(headerHost, text, node.headers ?? []),
    userProperties: nameValueTable(propertyHost, text, node.userProperties ?? []),
    parameters: nameValueTable(parameterHost, text, node.parameters ?? [], true),
  };
  readServerBox(reading, text, { id: node.id, form, editors: tensorEditors, facts });
  const update = (): void => { tensorRows.hidden = !chosen({ protocol: form.value("protocol"), body: form.value("body") }).tensors; };
  for (const property of ["protocol", "body"]) form.onChange(property, () => {
    update();
    for (const name of ["url", "broker", "requestTopic"]) $(`#node-config-input-${name}`).trigger("change");
  });
  form.onChange("category", () => { made.requestRows.refresh(); });
  update();
  return made;
}

interface Editors {
  readonly input: TensorEditor;
  readonly output: TensorEditor;
  show(catalogue: Catalogue): void;
  facts(): { catalogue: Catalogue | undefined; category: CategoryFacts | undefined };
}

/** The tensor lists of the open form. */
let editors: Editors | undefined;

function openTensors(form: Form, inputs: readonly TensorSpec[], outputs: readonly TensorSpec[]): Editors | undefined {
  let loaded: Catalogue | undefined;
  const facts = () => ({ catalogue: loaded, category: categoryOf(loaded, form.value("category")) });
  const [input, output] = form.root.querySelectorAll<HTMLElement>("ol.resonance-tensors");
  if (!input || !output) return undefined;
  const made = {
    input: editTensors(input, text, "input", inputs, facts),
    output: editTensors(output, text, "output", outputs, facts),
  };
  const refresh = (): void => {
    made.input.refresh();
    made.output.refresh();
  };
  form.onChange("category", refresh);
  return {
    ...made, facts,
    show(catalogue) {
      loaded = catalogue;
      refresh();
    },
  };
}
