import { openForm } from "../lib/editor/form";
import { textOf } from "../lib/editor/text";
import { validate, type Check } from "../lib/editor/validators";

interface MqttOut {
  name: string;
  version: number;
  broker: string;
  target: string;
  topic: string;
  qos: string;
  retain: boolean;
  equipment: string;
}

/** What stands for something of the message; see the node's help. */
const PLACEHOLDERS = ["enterprise", "site", "area", "workCenter", "workUnit", "equipment", "category", "direction", "nature", "model", "tag", "topic"];

const text = textOf("mqtt-out");
const topic: Check = (value) => {
  const typed = String(value).replace(/\$\{\w+\}/g, "x");
  const unknown = [...typed.matchAll(/\{(\w*)\}/g)].map(([, name = ""]) => name).find((name) => !PLACEHOLDERS.includes(name));
  if (unknown !== undefined) return text("error.placeholder", { name: `{${unknown}}` });
  return /[+#]|^\$/.test(typed) ? text("error.topic") : undefined;
};

RED.nodes.registerType<MqttOut>("resonance-mqtt-out", {
  category: "model-data resonance",
  color: "#D8BFD8",
  icon: "resonance-mqtt-out.svg",
  align: "right",
  inputs: 1,
  outputs: 0,
  defaults: {
    name: { value: "" },
    version: { value: 1 },
    broker: { value: "", type: "resonance-mqtt-broker", required: true, label: text("label.broker") },
    target: { value: "place" },
    topic: { value: "", label: text("label.topic"), validate: validate(topic) },
    qos: { value: "1" },
    retain: { value: false },
    equipment: { value: "", type: "resonance-equipment", label: text("label.equipment"), required: false },
  },
  inputLabels() { return text("port.input"); },
  paletteLabel() { return text("palette"); },
  label() { return this.name || this._("palette"); },
  labelStyle() { return this.name ? "node_label_italic" : ""; },
  oneditprepare() { openForm("node"); },
});
