import { openForm } from "../lib/editor/form";
import { textOf } from "../lib/editor/text";

interface MesOut {
  name: string;
  version: number;
  mes: string;
}

const text = textOf("mes-out");

RED.nodes.registerType<MesOut>("resonance-mes-out", {
  category: "model-data resonance",
  color: "#E9967A",
  icon: "resonance-mes-out.svg",
  align: "right",
  inputs: 1,
  outputs: 2,
  defaults: {
    name: { value: "" },
    version: { value: 1 },
    mes: { value: "", type: "resonance-mes", required: true, label: text("label.mes") },
  },
  inputLabels() { return text("port.input"); },
  outputLabels(index) { return text(index === 0 ? "port.output" : "port.outbox"); },
  paletteLabel() { return text("palette"); },
  label() { return this.name || this._("palette"); },
  labelStyle() { return this.name ? "node_label_italic" : ""; },
  oneditprepare() { openForm("node"); },
});
