import { categoryOf, type Catalogue } from "../lib/editor/catalogue";
import { fillAbsent, keepAbsent, openForm, saveNumbers, withCatalogue, type Form } from "../lib/editor/form";
import { HTTP_ADDED, httpDefaults, loggedInBy, openHttpRows, type HttpRows } from "../lib/editor/http-rows";
import { forProtocol } from "../lib/editor/model-protocol";
import { categoryOptions, fillSelect } from "../lib/editor/options";
import type { Validate } from "../lib/editor/red";
import { editTensors, tensorProblem, type Direction, type TensorEditor, type TensorSpec } from "../lib/editor/tensors";
import { textOf } from "../lib/editor/text";
import { number, onlyIf, pattern, required, rows, url, validate } from "../lib/editor/validators";

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
  inputTensors: readonly TensorSpec[];
  outputTensors: readonly TensorSpec[];
  onnxFile: string;
  onnxRuntime: string;
  onnxThreads: number;
  onnxMegabytes: number;
}

/** Settings that models from before there were ONNX files do not have. */
const ONNX_ADDED = { onnxFile: "", onnxRuntime: "auto", onnxThreads: 1, onnxMegabytes: 256 } as const;

const text = textOf("model");
const tensors = (direction: Direction): Validate =>
  validate(rows<TensorSpec>(text, (tensor, all) => tensorProblem(text, direction, tensor, all)));

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
    url: { value: "", label: text("label.url"), validate: forProtocol("oip", required(text), url(text, "http", "https")) },
    serverModel: { value: "" },
    serverVersion: { value: "" },
    timeout: { value: 5000, label: text("common.label.timeout"), validate: validate(number(text, { min: 10, max: 600000 })) },
    inputTensors: { value: [], label: text("label.inputTensors"), validate: tensors("input") },
    outputTensors: { value: [], label: text("label.outputTensors"), validate: tensors("output") },
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
    fillAbsent<Model>(this, "config", { ...HTTP_ADDED, ...ONNX_ADDED });
    openHttpRows(form);
    form.onChange("protocol", () => { for (const name of ["url", "onnxFile"]) $(`#node-config-input-${name}`).trigger("change"); });
    editors = openTensors(form, this.inputTensors, this.outputTensors);
    withCatalogue(form, text, (catalogue) => {
      fillSelect(form.field<HTMLSelectElement>("category"), categoryOptions(catalogue), form.value("category") || category);
      editors?.show(catalogue);
    });
  },
  oneditsave() {
    keepAbsent<Model>(this, "config", { ...HTTP_ADDED, ...ONNX_ADDED });
    saveNumbers(this, "config", "timeout", "onnxThreads", "onnxMegabytes");
    if (!editors) return;
    this.inputTensors = editors.input.tensors();
    this.outputTensors = editors.output.tensors();
  },
});

interface Editors {
  readonly input: TensorEditor;
  readonly output: TensorEditor;
  show(catalogue: Catalogue): void;
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
    ...made,
    show(catalogue) {
      loaded = catalogue;
      refresh();
    },
  };
}
