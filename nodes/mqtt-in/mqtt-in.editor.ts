import { openForm, saveNumbers, withCatalogue } from "../lib/editor/form";
import { categoryOptions, fillSelect } from "../lib/editor/options";
import type { ValidateOptions } from "../lib/editor/red";
import { textOf } from "../lib/editor/text";
import { number, required, validate, type Check } from "../lib/editor/validators";

interface MqttIn {
  name: string;
  version: number;
  broker: string;
  source: string;
  equipment: string;
  category: string;
  direction: string;
  topic: string;
  expected: string;
  qos: string;
  shared: boolean;
  acknowledge: string;
  flowTimeout: number;
  tag: string;
  sizeLimit: number;
}

const text = textOf("mqtt-in");
const filter: Check = (value) => {
  const levels = String(value).replace(/\$\{\w+\}/g, "x").split("/");
  const good = levels.every((level, index) => level === "+" || (level === "#" && index === levels.length - 1) || !/[+#]/.test(level));
  return good ? undefined : text("error.filter");
};

/** What is checked only for one source of the filter; the form holds the choice while it is open, the node otherwise. */
const forSource = (source: string, ...checks: readonly Check[]) => function (this: void | MqttIn, value: unknown, opt: ValidateOptions): true | string {
  const field = $("#node-input-source");
  const chosen = field.length > 0 ? field.val() : this?.source;
  return chosen === source ? validate(...checks)(value, opt) : true;
};

RED.nodes.registerType<MqttIn>("resonance-mqtt-in", {
  category: "model-data resonance",
  color: "#D8BFD8",
  icon: "resonance-mqtt-in.svg",
  inputs: 0,
  outputs: 2,
  defaults: {
    name: { value: "" },
    version: { value: 1 },
    broker: { value: "", type: "resonance-mqtt-broker", required: true, label: text("label.broker") },
    source: { value: "place" },
    equipment: { value: "", type: "resonance-equipment", label: text("label.equipment"), validate: forSource("place", required(text)) },
    category: { value: "" },
    direction: { value: "" },
    topic: { value: "", label: text("label.topic"), validate: forSource("topic", required(text), filter) },
    expected: { value: "any" },
    qos: { value: "1" },
    shared: { value: false },
    acknowledge: { value: "flow" },
    flowTimeout: { value: 30, label: text("label.flowTimeout"), validate: validate(number(text, { min: 1, max: 3600 })) },
    tag: { value: "topic" },
    sizeLimit: { value: 1000, label: text("label.sizeLimit"), validate: validate(number(text, { min: 1, max: 100000 })) },
  },
  outputLabels(index) { return text(index === 0 ? "port.output" : "port.rejected"); },
  paletteLabel() { return text("palette"); },
  label() { return this.name || (this.source === "topic" && this.topic) || this._("palette"); },
  labelStyle() { return this.name ? "node_label_italic" : ""; },
  oneditprepare() {
    const form = openForm("node");
    const chosen = this.category;
    const any = { value: "", label: text("option.any") };
    fillSelect(form.field<HTMLSelectElement>("category"), [any], chosen);
    withCatalogue(form, text, (catalogue) => { fillSelect(form.field<HTMLSelectElement>("category"), [any, ...categoryOptions(catalogue)], chosen); });
    form.onChange("source", () => { $("#node-input-topic, #node-input-equipment").trigger("change"); });
  },
  oneditsave() { saveNumbers(this, "node", "flowTimeout", "sizeLimit"); },
});
