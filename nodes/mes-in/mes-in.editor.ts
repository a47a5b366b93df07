import { openForm, saveNumbers } from "../lib/editor/form";
import type { ValidateOptions } from "../lib/editor/red";
import { textOf } from "../lib/editor/text";
import { isBlank, number, pattern, required, validate, type Check } from "../lib/editor/validators";

interface MesIn {
  name: string;
  version: number;
  transport: string;
  path: string;
  methods: string;
  authentication: string;
  answer: string;
  problems: string;
  undecided: string;
  decisionTime: number;
  sender: string;
  sizeLimit: number;
  transferTime: number;
  queueLimit: number;
  remember: number;
}

const text = textOf("mes-in");
const PATH = /^\/?[\w.~%!$&',;=@{}-]+(\/[\w.~%!$&',;=@{}-]+)*\/?$/;

/** What is checked only while there is an HTTP endpoint; the form holds the choice while it is open, the node otherwise. */
const overHttp = (...checks: readonly Check[]) => function (this: void | MesIn, value: unknown, opt: ValidateOptions): true | string {
  const field = $("#node-input-transport");
  const chosen = field.length > 0 ? field.val() : this?.transport;
  return chosen === "message" ? true : validate(...checks)(value, opt);
};

/** A credential is judged in the open form only: elsewhere the editor does not have it. */
const neededFor = (authentication: string): Check => (value) => {
  const field = $("#node-input-authentication");
  const needed = field.length > 0 && field.val() === authentication && $("#node-input-transport").val() === "http";
  return needed && isBlank(value) ? text("common.error.required") : undefined;
};

RED.nodes.registerType<MesIn>("resonance-mes-in", {
  category: "model-data resonance",
  color: "#E9967A",
  icon: "resonance-mes-in.svg",
  inputs: 1,
  outputs: 3,
  defaults: {
    name: { value: "" },
    version: { value: 1 },
    transport: { value: "http" },
    path: { value: "/b2mml", label: text("label.path"), validate: overHttp(required(text), pattern(PATH, () => text("error.path"))) },
    methods: { value: "POST" },
    authentication: { value: "basic" },
    answer: { value: "valid" },
    problems: { value: "refuse" },
    undecided: { value: "reject" },
    decisionTime: { value: 20, label: text("label.decisionTime"), validate: validate(number(text, { min: 0.1, max: 3600 })) },
    sender: { value: "" },
    sizeLimit: { value: 1000, label: text("label.sizeLimit"), validate: validate(number(text, { min: 1, max: 8000 })) },
    transferTime: { value: 30, label: text("label.transferTime"), validate: validate(number(text, { min: 0.1, max: 3600 })) },
    queueLimit: { value: 500, label: text("label.queueLimit"), validate: validate(number(text, { min: 1, max: 10000, whole: true })) },
    remember: { value: 1000, label: text("label.remember"), validate: validate(number(text, { min: 0, max: 100000, whole: true })) },
  },
  credentials: {
    user: { type: "text", label: text("common.label.user"), validate: validate(neededFor("basic")) },
    password: { type: "password" },
    token: { type: "password" },
  },
  inputLabels() { return text("port.input"); },
  outputLabels(index) { return text(["port.output", "port.refused", "port.answer"][index] ?? "port.output"); },
  paletteLabel() { return text("palette"); },
  label() { return this.name || (this.transport === "http" && this.path) || this._("palette"); },
  labelStyle() { return this.name ? "node_label_italic" : ""; },
  oneditprepare() {
    const form = openForm("node");
    const check = (): void => { $("#node-input-path, #node-input-user").trigger("change"); };
    form.onChange("transport", check);
    form.onChange("authentication", check);
  },
  oneditsave() { saveNumbers(this, "node", "decisionTime", "sizeLimit", "transferTime", "queueLimit", "remember"); },
});
