import { categoryOf, type Catalogue, type CategoryFacts } from "../lib/editor/catalogue";
import { openForm, saveNumbers, withCatalogue, type Form } from "../lib/editor/form";
import { categoryOptions, fieldOf, fieldOptions, fillSelect, unitOptions } from "../lib/editor/options";
import { createTable, type Problem, type Table } from "../lib/editor/table";
import { textOf } from "../lib/editor/text";
import { isBlank, number, required, rows, validate } from "../lib/editor/validators";

interface TagMapping {
  readonly tag: string;
  readonly field: string;
  readonly unit: string;
  /** Seconds; 0 is no limit. */
  readonly maxAge: number;
  readonly optional: boolean;
}

interface ModelIn {
  name: string;
  version: number;
  profile: string;
  category: string;
  equipment: string;
  tags: readonly TagMapping[];
  trigger: string;
  interval: number;
  badQuality: string;
}

const text = textOf("model-in");
const badAge = number(text, { min: 0 });

RED.nodes.registerType<ModelIn>("resonance-model-in", {
  category: "model-data resonance",
  color: "#3FADB5",
  icon: "resonance-model-in.svg",
  inputs: 1,
  outputs: 2,
  defaults: {
    name: { value: "" },
    version: { value: 1 },
    profile: { value: "", type: "resonance-profile", required: true, label: text("common.label.profile") },
    category: { value: "", label: text("common.label.category"), required: true, validate: validate(required(text)) },
    equipment: { value: "", type: "resonance-equipment", required: true, label: text("label.equipment") },
    tags: { value: [], label: text("label.tags"), validate: validate(rows<TagMapping>(text, (row, all) => problem(row, all)?.text)) },
    trigger: { value: "message" },
    interval: { value: 10, label: text("label.interval"), validate: validate(number(text, { min: 0.1, max: 86400 })) },
    badQuality: { value: "reject" },
  },
  inputLabels() { return text("port.input"); },
  outputLabels(index) { return text(index === 0 ? "port.record" : "port.rejected"); },
  paletteLabel() { return text("palette"); },
  label() { return this.name || this._("palette"); },
  labelStyle() { return this.name ? "node_label_italic" : ""; },
  oneditprepare() {
    const form = openForm("node");
    const { category } = this;
    fillSelect(form.field<HTMLSelectElement>("category"), [], category);
    const mapping = openMapping(form, this.tags);
    table = mapping?.table;
    withCatalogue(form, text, (catalogue) => {
      fillSelect(form.field<HTMLSelectElement>("category"), categoryOptions(catalogue), form.value("category") || category);
      mapping?.show(catalogue);
    });
  },
  oneditsave() {
    saveNumbers(this, "node", "interval");
    if (table) this.tags = table.rows();
  },
});

/** The mapping table of the open form. */
let table: Table<TagMapping> | undefined;

function openMapping(form: Form, tags: readonly TagMapping[]) {
  const host = form.root.querySelector<HTMLElement>("#resonance-tags");
  if (!host) return undefined;
  let loaded: Catalogue | undefined;
  const category = (): CategoryFacts | undefined => categoryOf(loaded, form.value("category"));
  const unitOf = (row: TagMapping): string | undefined => fieldOf(category(), "input", row.field)?.unit;
  const made = createTable<TagMapping>({
    host, text, problem,
    empty: text("common.error.rows"),
    rows: tags,
    addLabel: text("label.addTag"),
    buttons: [{ label: text("label.addRequired"), icon: "fa fa-asterisk", click: () => { made.add(...missing(category(), made.rows())); } }],
    columns: [
      { key: "tag", kind: "text", title: text("label.tag"), width: "minmax(0, 5fr)", placeholder: "Torque", suggestions: knownTags },
      {
        key: "field", kind: "select", title: text("label.field"), width: "minmax(0, 6fr)",
        options: () => fieldOptions(category()?.input ?? [], loaded ?? { profiles: [], units: [] }, text),
      },
      {
        key: "unit", kind: "select", title: text("label.tagUnit"), width: "minmax(0, 2.4fr)",
        options: (row) => (category() ? unitOptions(loaded, unitOf(row)) : unitOptions(undefined, row.unit)),
      },
      { key: "maxAge", kind: "number", title: text("label.maxAge"), width: "92px" },
      { key: "optional", kind: "check", title: text("label.optional"), width: "66px" },
    ],
    blank: () => ({ tag: "", field: "", unit: "", maxAge: 0, optional: false }),
    edited(row, key) {
      if (key === "field") Object.assign(row, { unit: unitOf(row) ?? "" });
    },
  });
  form.onChange("category", () => made.refresh());
  return {
    table: made,
    show(catalogue: Catalogue) {
      loaded = catalogue;
      made.refresh();
    },
  };
}

/** A row for each required field that no row maps yet. */
function missing(category: CategoryFacts | undefined, mapped: readonly TagMapping[]): readonly TagMapping[] {
  return (category?.input ?? [])
    .filter((field) => field.required && !mapped.some((row) => row.field === field.name))
    .map((field) => ({ tag: "", field: field.name, unit: field.unit ?? "", maxAge: 0, optional: false }));
}

/** Tags that OPC UA nodes of the workspace deliver. */
function knownTags(): readonly string[] {
  const items = RED.nodes.filterNodes({ type: "resonance-opcua-in" }).flatMap((node) => (node["items"] ?? []) as readonly { tag: string }[]);
  return [...new Set(items.map((item) => item.tag))].sort();
}

function problem(row: TagMapping, all: readonly TagMapping[]): Problem<TagMapping> | undefined {
  if (isBlank(row.tag)) return { key: "tag", text: text("error.tag") };
  if (isBlank(row.field)) return { key: "field", text: text("error.field") };
  if (all.filter((other) => other.field === row.field).length > 1) return { key: "field", text: text("error.fieldTwice", { name: row.field }) };
  const sentence = badAge(row.maxAge);
  return sentence ? { key: "maxAge", text: sentence } : undefined;
}
