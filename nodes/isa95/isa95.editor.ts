import type { Catalogue } from "../lib/editor/catalogue";
import { openForm, withCatalogue } from "../lib/editor/form";
import { fillSelect, type Option } from "../lib/editor/options";
import { textOf } from "../lib/editor/text";
import { isBlank, number, validate } from "../lib/editor/validators";

interface Isa95 {
  name: string;
  version: number;
  profile: string;
  message: string;
  format: string;
  workScheduleId: string;
  workMasterId: string;
  priority: string;
}

const text = textOf("isa95");

RED.nodes.registerType<Isa95>("resonance-isa95", {
  category: "model-data resonance",
  color: "#A6BBCF",
  icon: "resonance-isa95.svg",
  inputs: 1,
  outputs: 1,
  defaults: {
    name: { value: "" },
    version: { value: 1 },
    profile: { value: "", type: "resonance-profile", required: true, label: text("common.label.profile") },
    message: { value: "" },
    format: { value: "xml" },
    workScheduleId: { value: "" },
    workMasterId: { value: "" },
    priority: { value: "", label: text("label.priority"), validate: validate((value) => (isBlank(value) ? undefined : number(text, { min: 0, whole: true })(value))) },
  },
  inputLabels() { return text("port.input"); },
  outputLabels() { return text("port.output"); },
  paletteLabel() { return text("palette"); },
  label() { return this.name || this.message || this._("palette"); },
  labelStyle() { return this.name ? "node_label_italic" : ""; },
  oneditprepare() {
    const form = openForm("node");
    const { message } = this;
    const byCategory: Option = { value: "", label: text("option.byCategory") };
    const select = form.field<HTMLSelectElement>("message");
    fillSelect(select, [byCategory], message);
    $(select).trigger("change");
    withCatalogue(form, text, (catalogue) => {
      fillSelect(select, [byCategory, ...messagesOf(catalogue).map((name) => ({ value: name, label: label(name) }))], select.value);
    });
  },
});

/** Every message that a record of the profile can become. */
function messagesOf(catalogue: Catalogue): readonly string[] {
  const all = catalogue.profiles
    .flatMap((profile) => profile.categories)
    .flatMap(({ messages }) => [...messages.output, ...messages.input]);
  return [...new Set(all)].sort();
}

/** The message's name and, where the catalogue of texts knows it, what it is for. */
function label(name: string): string {
  const purpose = text(`message.${name}`);
  return purpose.endsWith(name) ? name : `${name} – ${purpose}`;
}
