import { fillAbsent, keepAbsent, openForm } from "../lib/editor/form";
import type { TextEditor, Validate as Validator } from "../lib/editor/red";
import { textOf } from "../lib/editor/text";
import { jsonSchema, required, validate } from "../lib/editor/validators";

interface Validate {
  name: string;
  version: number;
  profile: string;
  target: string;
  schema: string;
  mode: string;
  editions: string;
  schemaFolder: string;
  b2mmlBy: string;
  b2mmlSchema: string;
}

const text = textOf("validate");
/** Settings that earlier versions of the node did not have. */
const ADDED = { editions: "chosen", schemaFolder: "", b2mmlBy: "structure", b2mmlSchema: "" } as const;

RED.nodes.registerType<Validate>("resonance-validate", {
  category: "model-data resonance",
  color: "#A6BBCF",
  icon: "resonance-validate.svg",
  inputs: 1,
  outputs: 2,
  defaults: {
    name: { value: "" },
    version: { value: 1 },
    profile: { value: "", type: "resonance-profile", label: text("common.label.profile"), validate: forTarget("profile", validate(required(text))) },
    target: { value: "profile" },
    schema: { value: "", label: text("label.schema"), validate: forTarget("schema", validate(required(text), jsonSchema(text))) },
    mode: { value: "split" },
    editions: { value: ADDED.editions },
    schemaFolder: { value: ADDED.schemaFolder },
    b2mmlBy: { value: ADDED.b2mmlBy },
    b2mmlSchema: { value: ADDED.b2mmlSchema, label: text("label.b2mmlSchema"), validate: forOfficial(validate(required(text))) },
  },
  inputLabels() { return text("port.input"); },
  outputLabels(index) { return text(index === 0 ? "port.valid" : "port.invalid"); },
  paletteLabel() { return text("palette"); },
  label() { return this.name || this._("palette"); },
  labelStyle() { return this.name ? "node_label_italic" : ""; },
  oneditprepare() {
    const form = openForm("node");
    fillAbsent<Validate>(this, "node", ADDED);
    editor = RED.editor.createEditor({ id: "resonance-schema", mode: "ace/mode/json", value: this.schema });
    form.onChange("target", () => { $("#node-input-profile").trigger("change"); });
    for (const name of ["target", "b2mmlBy"]) form.onChange(name, () => { $("#node-input-b2mmlSchema").trigger("change"); });
  },
  oneditsave() {
    keepAbsent<Validate>(this, "node", ADDED);
    this.schema = close() ?? this.schema;
  },
  oneditcancel() { close(); },
});

/** The schema's text editor in the open form. */
let editor: TextEditor | undefined;

/** Ends the text editor and gives what stood in it. */
function close(): string | undefined {
  const value = editor?.getValue().trim();
  editor?.destroy();
  editor = undefined;
  return value;
}

/** A check that counts only for one target: the one chosen in the open form, else the saved one. */
function forTarget(target: string, check: Validator): Validator {
  return function (this: Validate | undefined, value, opt) {
    const chosen = editor ? $("#node-input-target").val() : this?.target;
    return chosen === target ? check.call(this, value, opt) : true;
  };
}

/** A check that counts only where B2MML is checked by the official schema. */
function forOfficial(check: Validator): Validator {
  return forTarget("b2mml", function (this: Validate | undefined, value, opt) {
    const by = editor ? $("#node-input-b2mmlBy").val() : this?.b2mmlBy;
    return by === "json" || by === "xsd" ? check.call(this, value, opt) : true;
  });
}
