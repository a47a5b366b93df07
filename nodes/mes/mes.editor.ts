import { openForm, saveNumbers } from "../lib/editor/form";
import { textOf } from "../lib/editor/text";
import { number, onlyIf, required, url, validate } from "../lib/editor/validators";

interface Mes {
  name: string;
  version: number;
  url: string;
  format: string;
  authentication: string;
  caFile: string;
  timeout: number;
  retries: number;
  queueLimit: number;
}

const text = textOf("mes");
const chosen = (authentication: string) => (): boolean => $("#node-config-input-authentication").val() === authentication;

RED.nodes.registerType<Mes>("resonance-mes", {
  category: "config",
  color: "#E9967A",
  icon: "resonance-mes.svg",
  defaults: {
    name: { value: "" },
    version: { value: 1 },
    url: { value: "", label: text("label.url"), required: true, validate: validate(required(text), url(text, "http", "https")) },
    format: { value: "xml" },
    authentication: { value: "none" },
    caFile: { value: "" },
    timeout: { value: 10000, label: text("common.label.timeout"), validate: validate(number(text, { min: 100, max: 600000 })) },
    retries: { value: 3, label: text("label.retries"), validate: validate(number(text, { min: 0, max: 100, whole: true })) },
    queueLimit: { value: 1000, label: text("common.label.queueLimit"), validate: validate(number(text, { min: 1, max: 100000, whole: true })) },
  },
  credentials: {
    user: { type: "text", label: text("common.label.user"), validate: validate(onlyIf(chosen("basic"), required(text))) },
    password: { type: "password" },
    token: { type: "password" },
  },
  paletteLabel() { return text("palette"); },
  label() { return this.name || this.url || this._("palette"); },
  oneditprepare() {
    const form = openForm("config");
    form.onChange("authentication", () => { $("#node-config-input-user").trigger("change"); });
  },
  oneditsave() { saveNumbers(this, "config", "timeout", "retries", "queueLimit"); },
});
