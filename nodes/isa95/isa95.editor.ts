import variants from "../lib/profile/message-variants.json";
import type { Catalogue } from "../lib/editor/catalogue";
import { fillAbsent, keepAbsent, openForm, saveNumbers, withCatalogue, type Form } from "../lib/editor/form";
import { fillSelect, type Option } from "../lib/editor/options";
import type { Validate } from "../lib/editor/red";
import type { Table } from "../lib/editor/table";
import { textOf } from "../lib/editor/text";
import { isBlank, number, onlyIf, required, rows, validate, type Check } from "../lib/editor/validators";
import { targetProblem, targetTable, type TargetRow } from "./target-rows.editor";

interface Isa95 {
  name: string;
  version: number;
  profile: string;
  message: string;
  format: string;
  workScheduleId: string;
  workMasterId: string;
  priority: string;
  direction: string;
  b2mmlVersion: string;
  targets: readonly TargetRow[];
  suppressHours: number;
  suppressTolerance: number;
  causeFields: string;
  strict: boolean;
}

const text = textOf("isa95");
/** Settings that earlier versions of the node did not have. */
const ADDED = { direction: "write", b2mmlVersion: "V0701", suppressHours: 0, suppressTolerance: 10, causeFields: "", strict: false } as const;
const hours = number(text, { min: 0, max: 8760 });
const percent = number(text, { min: 0, max: 100 });
const VARIANTS: Readonly<Record<string, readonly string[]>> = variants;

RED.nodes.registerType<Isa95>("resonance-isa95", {
  category: "model-data resonance",
  color: "#A6BBCF",
  icon: "resonance-isa95.svg",
  inputs: 1,
  outputs: 2,
  defaults: {
    name: { value: "" },
    version: { value: 1 },
    profile: { value: "", type: "resonance-profile", label: text("common.label.profile"), validate: whenWriting(required(text)) },
    message: { value: "" },
    format: { value: "xml" },
    workScheduleId: { value: "" },
    workMasterId: { value: "" },
    priority: { value: "", label: text("label.priority"), validate: validate((value) => (isBlank(value) ? undefined : number(text, { min: 0, whole: true })(value))) },
    direction: { value: ADDED.direction },
    b2mmlVersion: { value: ADDED.b2mmlVersion },
    targets: { value: [], label: text("label.targets"), validate: validate((value) => (value === undefined ? undefined : rows<TargetRow>(text, (row, all) => targetProblem(text, row, all)?.text, 0)(value))) },
    suppressHours: { value: ADDED.suppressHours, label: text("label.suppressHours"), validate: validate((value) => (isBlank(value) ? undefined : hours(value))) },
    suppressTolerance: { value: ADDED.suppressTolerance, label: text("label.suppressTolerance"), validate: validate((value) => (isBlank(value) ? undefined : percent(value))) },
    causeFields: { value: ADDED.causeFields },
    strict: { value: ADDED.strict },
  },
  inputLabels() { return text(this.direction === "read" ? "port.document" : "port.input"); },
  outputLabels(index) { return text(index === 0 ? (this.direction === "read" ? "port.objects" : "port.output") : (this.direction === "read" ? "port.refused" : "port.suppressed")); },
  paletteLabel() { return text("palette"); },
  label() { return this.name || this.message || this._("palette"); },
  labelStyle() { return this.name ? "node_label_italic" : ""; },
  oneditprepare() {
    const form = openForm("node");
    const { message } = this;
    fillAbsent<Isa95>(this, "node", ADDED);
    form.onChange("direction", () => { $("#node-input-profile").trigger("change"); });
    const byCategory: Option = { value: "", label: text("option.byCategory") };
    const select = form.field<HTMLSelectElement>("message");
    fillSelect(select, [byCategory], message);
    $(select).trigger("change");
    let loaded: Catalogue | undefined;
    table = openTargets(form, Array.isArray(this.targets) ? this.targets : [], () => loaded);
    withCatalogue(form, text, (catalogue) => {
      loaded = catalogue;
      fillSelect(select, [byCategory, ...messagesOf(catalogue).map((name) => ({ value: name, label: label(name) }))], select.value);
      table?.refresh();
    });
  },
  oneditsave() {
    keepAbsent<Isa95>(this, "node", ADDED);
    saveNumbers(this, "node", "suppressHours", "suppressTolerance");
    const saved = table?.rows() ?? [];
    // An older version of the node has no such list.
    if (saved.length > 0 || Array.isArray(this.targets)) this.targets = saved;
    table = undefined;
  },
  oneditcancel() { table = undefined; },
});

/** The table of the open form. */
let table: Table<TargetRow> | undefined;

function openTargets(form: Form, targets: readonly TargetRow[], catalogue: () => Catalogue | undefined): Table<TargetRow> | undefined {
  const host = form.root.querySelector<HTMLElement>("#resonance-targets");
  return host ? targetTable(host, text, targets, catalogue) : undefined;
}

/** A check that counts only for a node that writes. */
function whenWriting(check: Check): Validate {
  return function (this: Partial<Isa95> | undefined, value, opt) {
    const chosen = table ? $("#node-input-direction").val() : this?.direction;
    return validate(onlyIf(() => chosen !== "read", check))(value, opt);
  };
}

/** Every message that a record of the profile can become. */
function messagesOf(catalogue: Catalogue): readonly string[] {
  const all = catalogue.profiles
    .flatMap((profile) => profile.categories)
    .flatMap(({ messages }) => [...messages.output, ...messages.input])
    .flatMap((message) => [message, ...(VARIANTS[message] ?? [])]);
  return [...new Set(all)].sort();
}

/** The message's name and, where the catalogue of texts knows it, what it is for. */
function label(name: string): string {
  const purpose = text(`message.${name}`);
  return purpose.endsWith(name) ? name : `${name} – ${purpose}`;
}
