import { categoryOf, type Catalogue, type CategoryFacts, type FieldFacts } from "../lib/editor/catalogue";
import { openForm, saveNumbers, withCatalogue, type Form } from "../lib/editor/form";
import { fieldOf, fieldOptions, isBoolean, isNumeric, unitOptions, type Option } from "../lib/editor/options";
import { createTable, type Problem, type Table } from "../lib/editor/table";
import { textOf } from "../lib/editor/text";
import { isBlank, number, rows, validate } from "../lib/editor/validators";

interface Rule {
  readonly field: string;
  readonly source: string;
  readonly operator: string;
  readonly value: number;
  readonly unit: string;
}

interface ModelOut {
  name: string;
  version: number;
  profile: string;
  model: string;
  rules: readonly Rule[];
  validFor: number;
}

const OPERATORS: readonly Option[] = ["<", "<=", ">", ">="].map((value) => ({
  value, label: value.replace("<=", "≤").replace(">=", "≥"),
}));

const text = textOf("model-out");
const badValue = number(text, { min: -Number.MAX_VALUE });

RED.nodes.registerType<ModelOut>("resonance-model-out", {
  category: "model-data resonance",
  color: "#3FADB5",
  icon: "resonance-model-out.svg",
  inputs: 1,
  outputs: 1,
  defaults: {
    name: { value: "" },
    version: { value: 1 },
    profile: { value: "", type: "resonance-profile", required: true, label: text("common.label.profile") },
    model: { value: "", type: "resonance-model", required: true, label: text("common.label.model") },
    rules: { value: [], label: text("label.rules"), validate: validate(rows<Rule>(text, (row, all) => problem(row, all)?.text, 0)) },
    validFor: { value: 0, label: text("label.validFor"), validate: validate(number(text, { min: 0 })) },
  },
  inputLabels() { return text("port.input"); },
  outputLabels() { return text("port.output"); },
  paletteLabel() { return text("palette"); },
  label() { return this.name || this._("palette"); },
  labelStyle() { return this.name ? "node_label_italic" : ""; },
  oneditprepare() {
    const form = openForm("node");
    const opened = openRules(form, this.rules);
    table = opened?.table;
    withCatalogue(form, text, (catalogue) => opened?.show(catalogue));
  },
  oneditsave() {
    saveNumbers(this, "node", "validFor");
    if (table) this.rules = table.rows();
  },
});

/** The rules of the open form. */
let table: Table<Rule> | undefined;

function openRules(form: Form, rules: readonly Rule[]) {
  const host = form.root.querySelector<HTMLElement>("#resonance-rules");
  if (!host) return undefined;
  let loaded: Catalogue | undefined;
  const category = (): CategoryFacts | undefined => categoryOf(loaded, categoryOfModel(form.value("model")));
  const unitOf = (row: Rule): string | undefined => fieldOf(category(), "output", row.source)?.unit;
  const options = (wanted: (field: FieldFacts) => boolean) => (): readonly Option[] =>
    fieldOptions((category()?.output ?? []).filter(wanted), loaded ?? { profiles: [], units: [] }, text);
  const made = createTable<Rule>({
    host, text, problem,
    rows: rules,
    addLabel: text("label.addRule"),
    columns: [
      { key: "field", kind: "select", title: text("label.ruleField"), width: "minmax(0, 5fr)", options: options(isBoolean) },
      { key: "source", kind: "select", title: text("label.ruleSource"), width: "minmax(0, 5fr)", options: options(isNumeric) },
      { key: "operator", kind: "select", title: text("label.operator"), width: "58px", options: () => OPERATORS },
      { key: "value", kind: "number", title: text("label.ruleValue"), width: "76px" },
      {
        key: "unit", kind: "select", title: text("common.label.unit"), width: "minmax(0, 2fr)",
        options: (row) => (category() ? unitOptions(loaded, unitOf(row)) : unitOptions(undefined, row.unit)),
      },
    ],
    blank: () => ({ field: "", source: "", operator: "<", value: 0, unit: "" }),
    edited(row, key) {
      if (key === "source") Object.assign(row, { unit: unitOf(row) ?? "" });
    },
  });
  form.onChange("model", () => made.refresh());
  return {
    table: made,
    show(catalogue: Catalogue) {
      loaded = catalogue;
      made.refresh();
    },
  };
}

/** The category the chosen model states. */
function categoryOfModel(id: string): string {
  const category = RED.nodes.node(id)?.["category"];
  return typeof category === "string" ? category : "";
}

function problem(row: Rule, all: readonly Rule[]): Problem<Rule> | undefined {
  if (isBlank(row.field)) return { key: "field", text: text("error.field") };
  if (all.filter((other) => other.field === row.field).length > 1) return { key: "field", text: text("error.fieldTwice", { name: row.field }) };
  if (isBlank(row.source)) return { key: "source", text: text("error.source") };
  const sentence = badValue(row.value);
  return sentence ? { key: "value", text: text("error.value") } : undefined;
}
