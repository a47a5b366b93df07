import { openForm, saveNumbers } from "../lib/editor/form";
import { textOf } from "../lib/editor/text";
import { number, validate } from "../lib/editor/validators";

interface ModelCall {
  name: string;
  version: number;
  profile: string;
  model: string;
  concurrency: number;
  queueLimit: number;
}

const text = textOf("model-call");

RED.nodes.registerType<ModelCall>("resonance-model-call", {
  category: "model-data resonance",
  color: "#3FADB5",
  icon: "resonance-model-call.svg",
  inputs: 1,
  outputs: 1,
  defaults: {
    name: { value: "" },
    version: { value: 1 },
    profile: { value: "", type: "resonance-profile", required: true, label: text("common.label.profile") },
    model: { value: "", type: "resonance-model", required: true, label: text("common.label.model") },
    concurrency: { value: 4, label: text("label.concurrency"), validate: validate(number(text, { min: 1, max: 64, whole: true })) },
    queueLimit: { value: 100, label: text("common.label.queueLimit"), validate: validate(number(text, { min: 0, max: 100000, whole: true })) },
  },
  inputLabels() { return text("port.input"); },
  outputLabels() { return text("port.output"); },
  paletteLabel() { return text("palette"); },
  label() { return this.name || this._("palette"); },
  labelStyle() { return this.name ? "node_label_italic" : ""; },
  oneditprepare() { openForm("node"); },
  oneditsave() { saveNumbers(this, "node", "concurrency", "queueLimit"); },
});
