import { categoryOf, NO_CATALOGUE, type Catalogue, type FieldFacts } from "../lib/editor/catalogue";
import { fillAbsent, keepAbsent, openForm, saveNumbers, withCatalogue, type Form } from "../lib/editor/form";
import { fieldOf, fieldOptions, fillSelect, isBoolean, isNumeric, unitOptions, type Option } from "../lib/editor/options";
import { createTable, type Problem, type Table } from "../lib/editor/table";
import { textOf } from "../lib/editor/text";
import { isBlank, number, rows, validate, type Range } from "../lib/editor/validators";
import { fromRow, mappingProblem, mappingTable, toRow, type Facts, type MappingRow, type OutputMapping } from "./mapping-rows.editor";

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
  mappings: readonly OutputMapping[];
  validField: string;
  staleAfter: number;
  watchDrift: boolean;
  driftRecords: number;
  driftHours: number;
  driftLeast: number;
  driftSuspected: number;
  driftConfirmed: number;
  driftEvents: boolean;
  outputs: number;
}

const OPERATORS: readonly Option[] = ["<", "<=", ">", ">="].map((value) => ({
  value, label: value.replace("<=", "≤").replace(">=", "≥"),
}));

const text = textOf("model-out");
/** Settings that earlier versions of the node did not have. */
const ADDED = {
  validField: "", staleAfter: 0, watchDrift: true, driftRecords: 500, driftHours: 0, driftLeast: 200, driftSuspected: 0.1, driftConfirmed: 0.25, driftEvents: false,
} as const;
/** Absent where an older version of the node was saved. */
const addedNumber = (range: Range) => validate((value) => (value === undefined ? undefined : number(text, range)(value)));
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
    rules: { value: [], label: text("label.rules"), validate: validate(rows<Rule>(text, (row) => problem(row)?.text, 0)) },
    validFor: { value: 0, label: text("label.validFor"), validate: validate(number(text, { min: 0 })) },
    mappings: {
      value: [], label: text("label.mappings"),
      validate: validate((value) => rows<MappingRow>(text, (row, all) => mappingProblem(text, row, all)?.text, 0)(((value ?? []) as readonly OutputMapping[]).map(toRow))),
    },
    validField: { value: ADDED.validField, label: text("label.validField") },
    staleAfter: { value: ADDED.staleAfter, label: text("label.staleAfter"), validate: addedNumber({ min: 0, max: 1e9 }) },
    watchDrift: { value: ADDED.watchDrift },
    driftRecords: { value: ADDED.driftRecords, label: text("label.driftRecords"), validate: addedNumber({ min: 10, max: 20000, whole: true }) },
    driftHours: { value: ADDED.driftHours, label: text("label.driftHours"), validate: addedNumber({ min: 0, max: 100000 }) },
    driftLeast: { value: ADDED.driftLeast, label: text("label.driftLeast"), validate: addedNumber({ min: 1, max: 20000, whole: true }) },
    driftSuspected: { value: ADDED.driftSuspected, label: text("label.driftSuspected"), validate: addedNumber({ min: 0.001, max: 100 }) },
    driftConfirmed: { value: ADDED.driftConfirmed, label: text("label.driftConfirmed"), validate: addedNumber({ min: 0.001, max: 100 }) },
    driftEvents: { value: ADDED.driftEvents },
    outputs: { value: 1 },
  },
  inputLabels() { return text("port.input"); },
  outputLabels(index) { return text(index === 0 ? "port.output" : "port.drift"); },
  paletteLabel() { return text("palette"); },
  label() { return this.name || this._("palette"); },
  labelStyle() { return this.name ? "node_label_italic" : ""; },
  oneditprepare() {
    const form = openForm("node");
    const opened = openTables(form, this);
    tables = opened;
    fillAbsent<ModelOut>(this, "node", ADDED);
    withCatalogue(form, text, (catalogue) => opened?.show(catalogue));
  },
  oneditsave() {
    keepAbsent<ModelOut>(this, "node", ADDED);
    saveNumbers(this, "node", "validFor", "staleAfter", "driftRecords", "driftHours", "driftLeast", "driftSuspected", "driftConfirmed");
    this.outputs = $("#node-input-driftEvents").prop("checked") ? 2 : 1;
    if (!tables) return;
    this.rules = tables.rules.rows();
    const mappings = tables.mappings.rows().map(fromRow);
    // An older version of the node has no such list.
    if (mappings.length > 0 || Array.isArray(this.mappings)) this.mappings = mappings;
  },
});

interface Tables {
  readonly rules: Table<Rule>;
  readonly mappings: Table<MappingRow>;
  show(catalogue: Catalogue): void;
}

/** The tables of the open form. */
let tables: Tables | undefined;

function openTables(form: Form, { rules = [], mappings = [], validField = "" }: Partial<ModelOut>): Tables | undefined {
  const [ruleHost, mappingHost] = ["rules", "mappings"].map((id) => form.root.querySelector<HTMLElement>(`#resonance-${id}`));
  if (!ruleHost || !mappingHost) return undefined;
  let loaded: Catalogue | undefined;
  const facts: Facts = { catalogue: () => loaded, category: () => categoryOf(loaded, categoryOfModel(form.value("model"))) };
  const made = { rules: ruleTable(ruleHost, rules, facts), mappings: mappingTable(mappingHost, text, mappings, facts) };
  const select = form.field<HTMLSelectElement>("validField");
  fillSelect(select, validityOptions(facts), validField);
  if (mappings.length > 0 || validField !== "") mappingHost.closest("details")?.setAttribute("open", "");
  const refresh = (): void => {
    fillSelect(select, validityOptions(facts), select.value);
    made.rules.refresh();
    made.mappings.refresh();
  };
  form.onChange("model", refresh);
  return {
    ...made,
    show(catalogue) {
      loaded = catalogue;
      refresh();
    },
  };
}

/** Outputs that say until when, or how long, a record is valid: times and spans of time. */
function validityOptions({ catalogue, category }: Facts): readonly Option[] {
  const spans = (catalogue()?.units ?? []).filter(({ quantity }) => quantity === "time").map(({ code }) => code);
  const fitting = (category()?.output ?? []).filter(({ format, unit }) => format === "date-time" || (unit !== undefined && spans.includes(unit)));
  const [, ...options] = fieldOptions(fitting, catalogue() ?? NO_CATALOGUE, text);
  return [{ value: "", label: text("option.noField") }, ...options];
}

function ruleTable(host: HTMLElement, rules: readonly Rule[], { catalogue, category }: Facts): Table<Rule> {
  const unitOf = (row: Rule): string | undefined => fieldOf(category(), "output", row.source)?.unit;
  const options = (wanted: (field: FieldFacts) => boolean) => (): readonly Option[] =>
    fieldOptions((category()?.output ?? []).filter(wanted), catalogue() ?? NO_CATALOGUE, text);
  return createTable<Rule>({
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
        options: (row) => (category() ? unitOptions(catalogue(), unitOf(row)) : unitOptions(undefined, row.unit)),
      },
    ],
    blank: () => ({ field: "", source: "", operator: "<", value: 0, unit: "" }),
    edited(row, key) {
      if (key === "source") Object.assign(row, { unit: unitOf(row) ?? "" });
    },
  });
}

/** The category the chosen model states. */
function categoryOfModel(id: string): string {
  const category = RED.nodes.node(id)?.["category"];
  return typeof category === "string" ? category : "";
}

/** Several rules for one field are alternatives. */
function problem(row: Rule): Problem<Rule> | undefined {
  if (isBlank(row.field)) return { key: "field", text: text("error.field") };
  if (isBlank(row.source)) return { key: "source", text: text("error.source") };
  const sentence = badValue(row.value);
  return sentence ? { key: "value", text: text("error.value") } : undefined;
}
