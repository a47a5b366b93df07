import { openForm, saveNumbers } from "../lib/editor/form";
import { interopBox } from "../lib/editor/interop-box";
import { textOf } from "../lib/editor/text";
import { number, pattern, required, validate } from "../lib/editor/validators";

interface InteropLog {
  name: string;
  version: number;
  log: string;
  from: string;
  to: string;
  protocol: string;
  checked: boolean;
  fields: string;
  durability: string;
  fileSize: number;
  fileAge: number;
  totalSize: number;
  atLimit: string;
}

const text = textOf("interop-log");

RED.nodes.registerType<InteropLog>("resonance-interop-log", {
  category: "model-data resonance",
  color: "#A6BBCF",
  icon: "resonance-interop-log.svg",
  inputs: 1,
  outputs: 2,
  defaults: {
    name: { value: "" },
    version: { value: 1 },
    log: { value: "interop", label: text("label.log"), validate: validate(required(text), pattern(/^[A-Za-z0-9_-]{1,60}$/, () => text("error.log"))) },
    from: { value: "" },
    to: { value: "" },
    protocol: { value: "" },
    checked: { value: false },
    fields: { value: "" },
    durability: { value: "passing" },
    fileSize: { value: 10, label: text("label.fileSize"), validate: validate(number(text, { min: 0.01, max: 1000 })) },
    fileAge: { value: 168, label: text("label.fileAge"), validate: validate(number(text, { min: 0, max: 87600 })) },
    totalSize: { value: 500, label: text("label.totalSize"), validate: validate(number(text, { min: 0.02, max: 1000000 })) },
    atLimit: { value: "stop" },
  },
  credentials: { key: { type: "password" } },
  inputLabels() { return text("port.input"); },
  outputLabels(index) { return text(index === 0 ? "port.output" : "port.answer"); },
  paletteLabel() { return text("palette"); },
  label() { return this.name || this._("palette"); },
  labelStyle() { return this.name ? "node_label_italic" : ""; },
  oneditprepare() {
    const form = openForm("node");
    const host = form.root.querySelector<HTMLDetailsElement>("#resonance-interop");
    if (host) interopBox(host, () => this.log, text);
  },
  oneditsave() { saveNumbers(this, "node", "fileSize", "fileAge", "totalSize"); },
});
