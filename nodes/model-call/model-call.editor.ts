import { fillAbsent, keepAbsent, openForm, saveNumbers } from "../lib/editor/form";
import { textOf } from "../lib/editor/text";
import { number, since, validate } from "../lib/editor/validators";

interface ModelCall {
  name: string;
  version: number;
  profile: string;
  model: string;
  concurrency: number;
  queueLimit: number;
  policy: string;
  retries: number;
  retryTime: number;
  fallback: string;
  warmUp: string;
  batchSize: number;
  batchTime: number;
  cacheSize: number;
  cacheTime: number;
  shadow: string;
  shadowRelative: number;
  shadowAbsolute: number;
  shadowWindow: number;
  outputs: number;
}

/** What version 2 added, as nodes of version 1 behave. */
const ADDED = {
  policy: "refuse", retries: 0, retryTime: 10, fallback: "", warmUp: "none", batchSize: 1, batchTime: 20, cacheSize: 0, cacheTime: 60,
  shadow: "", shadowRelative: 1, shadowAbsolute: 0, shadowWindow: 100,
};
const DAY = 86_400;

const text = textOf("model-call");
const whole = (min: number, max: number) => validate(since(number(text, { min, max, whole: true })));
const range = (min: number, max?: number) => validate(since(number(text, max === undefined ? { min } : { min, max })));

RED.nodes.registerType<ModelCall>("resonance-model-call", {
  category: "model-data resonance",
  color: "#3FADB5",
  icon: "resonance-model-call.svg",
  inputs: 1,
  outputs: 1,
  defaults: {
    name: { value: "" },
    version: { value: 2 },
    profile: { value: "", type: "resonance-profile", required: true, label: text("common.label.profile") },
    model: { value: "", type: "resonance-model", required: true, label: text("common.label.model") },
    concurrency: { value: 4, label: text("label.concurrency"), validate: whole(1, 64) },
    queueLimit: { value: 100, label: text("common.label.queueLimit"), validate: whole(0, 100000) },
    policy: { value: "refuse" },
    retries: { value: 2, label: text("label.retries"), validate: whole(0, 100) },
    retryTime: { value: 10, label: text("label.retryTime"), validate: range(0, DAY) },
    fallback: { value: "", type: "resonance-model", required: false, label: text("label.fallback") },
    warmUp: { value: "none" },
    batchSize: { value: 1, label: text("label.batchSize"), validate: whole(1, 1000) },
    batchTime: { value: 20, label: text("label.batchTime"), validate: range(0, 60_000) },
    cacheSize: { value: 0, label: text("label.cacheSize"), validate: whole(0, 100_000) },
    cacheTime: { value: 60, label: text("label.cacheTime"), validate: range(0.001, 31 * DAY) },
    shadow: { value: "", type: "resonance-model", required: false, label: text("label.shadow") },
    shadowRelative: { value: 1, label: text("label.shadowRelative"), validate: range(0, 1000) },
    shadowAbsolute: { value: 0, label: text("label.shadowAbsolute"), validate: range(0) },
    shadowWindow: { value: 100, label: text("label.shadowWindow"), validate: whole(1, 100_000) },
    outputs: { value: 1 },
  },
  inputLabels() { return text("port.input"); },
  outputLabels(index) { return text(portsOf(this)[index] ?? "port.output"); },
  paletteLabel() { return text("palette"); },
  label() { return this.name || this._("palette"); },
  labelStyle() { return this.name ? "node_label_italic" : ""; },
  oneditprepare() {
    openForm("node");
    fillAbsent<ModelCall>(this, "node", ADDED);
  },
  oneditsave() {
    const chosen = (property: string): string => String($(`#node-input-${property}`).val() ?? "");
    this.outputs = portsOf({ model: chosen("model"), fallback: chosen("fallback"), shadow: chosen("shadow") }).length;
    keepAbsent<ModelCall>(this, "node", ADDED);
    saveNumbers(
      this, "node", "concurrency", "queueLimit", "retries", "retryTime", "batchSize", "batchTime", "cacheSize", "cacheTime",
      "shadowRelative", "shadowAbsolute", "shadowWindow",
    );
  },
});

/** Labels of the outputs that the chosen models ask for, in their order. */
function portsOf({ model, fallback, shadow }: Partial<Pick<ModelCall, "model" | "fallback" | "shadow">>): readonly string[] {
  const [chosen, ...others] = [model, fallback, shadow].map((id) => (id ? RED.nodes.node(id) : null));
  const inFlow = [chosen, ...others].some((node) => node?.["protocol"] === "flow");
  return ["port.output", ...(inFlow ? ["port.question"] : []), ...(others[1] ? ["port.shadow"] : [])];
}
