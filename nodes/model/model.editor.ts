import { categoryOf, type Catalogue } from "../lib/editor/catalogue";
import { fillAbsent, keepAbsent, openForm, saveNumbers, withCatalogue, type Form } from "../lib/editor/form";
import { HTTP_ADDED, httpDefaults, loggedInBy, openHttpRows, type HttpRows } from "../lib/editor/http-rows";
import { categoryOptions, fillSelect } from "../lib/editor/options";
import type { Validate } from "../lib/editor/red";
import { editTensors, tensorProblem, type Direction, type TensorEditor, type TensorSpec } from "../lib/editor/tensors";
import { textOf } from "../lib/editor/text";
import { number, onlyIf, pattern, required, rows, since, url, validate } from "../lib/editor/validators";

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
  flowContent: string;
  circuitFailures: number;
  circuitTime: number;
}

/** Settings that came later, as models from before work. */
const ADDED = { ...HTTP_ADDED, flowContent: "values", circuitFailures: 0, circuitTime: 30 };

const text = textOf("model");
/** Whether the model is a function in the flow: in the open form, else as saved. */
const inFlow = (node: Partial<Model> | undefined): boolean => (editors ? $("#node-config-input-protocol").val() : node?.protocol) === "flow";
const tensors = (direction: Direction) => function (this: Partial<Model> | undefined, ...[value, opt]: Parameters<Validate>): ReturnType<Validate> {
  return validate(rows<TensorSpec>(text, (tensor, all) => tensorProblem(text, direction, tensor, all), inFlow(this) ? 0 : 1))(value, opt);
};

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
    url: {
      value: "", label: text("label.url"),
      validate(this: Partial<Model> | undefined, value, opt) { return inFlow(this) || validate(required(text), url(text, "http", "https"))(value, opt); },
    },
    serverModel: { value: "" },
    serverVersion: { value: "" },
    timeout: { value: 5000, label: text("common.label.timeout"), validate: validate(number(text, { min: 10, max: 600000 })) },
    inputTensors: { value: [], label: text("label.inputTensors"), validate: tensors("input") },
    outputTensors: { value: [], label: text("label.outputTensors"), validate: tensors("output") },
    flowContent: { value: "values" },
    circuitFailures: { value: 5, label: text("label.circuitFailures"), validate: validate(since(number(text, { min: 0, max: 1000, whole: true }))) },
    circuitTime: { value: 30, label: text("label.circuitTime"), validate: validate(since(number(text, { min: 1, max: 86400 }))) },
    ...httpDefaults(text),
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
    fillAbsent<Model>(this, "config", ADDED);
    openHttpRows(form);
    editors = openTensors(form, this.inputTensors, this.outputTensors);
    withCatalogue(form, text, (catalogue) => {
      fillSelect(form.field<HTMLSelectElement>("category"), categoryOptions(catalogue), form.value("category") || category);
      editors?.show(catalogue);
    });
  },
  oneditsave() {
    keepAbsent<Model>(this, "config", ADDED);
    saveNumbers(this, "config", "timeout", "circuitFailures", "circuitTime");
    if (!editors) return;
    this.inputTensors = editors.input.tensors();
    this.outputTensors = editors.output.tensors();
    editors = undefined;
  },
  oneditcancel() { editors = undefined; },
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
