import { categoryOf, type Catalogue } from "../lib/editor/catalogue";
import { openForm, saveNumbers, withCatalogue, type Form } from "../lib/editor/form";
import { fillSelect } from "../lib/editor/options";
import type { Validate } from "../lib/editor/red";
import { createTable, type Problem, type Table } from "../lib/editor/table";
import { localized, textOf } from "../lib/editor/text";
import { isBlank, number, required, rows, validate } from "../lib/editor/validators";
import { fieldProblem, fieldTable, type FieldRow } from "./field-table.editor";

interface Interlock {
  readonly tag: string;
  readonly expected: string;
  readonly maxAge: number | string;
}

interface SetpointGuard {
  name: string;
  version: number;
  profile: string;
  category: string;
  equipment: string;
  fields: readonly FieldRow[];
  mode: string;
  interlocks: readonly Interlock[];
  approval: string;
  approvalTime: number;
  holdOff: number;
  maxAge: number;
  stale: string;
  minConfidence: number;
  applicability: string;
  drift: string;
  start: string;
  actualMaxAge: number;
}

const text = textOf("setpoint-guard");
const DAY = 86_400;
const span = (min: number): Validate => validate(number(text, { min, max: 31 * DAY }));

RED.nodes.registerType<SetpointGuard>("resonance-setpoint-guard", {
  category: "model-data resonance",
  color: "#3FADB5",
  icon: "resonance-setpoint-guard.svg",
  inputs: 1,
  outputs: 2,
  defaults: {
    name: { value: "" },
    version: { value: 1 },
    profile: { value: "", type: "resonance-profile", required: true, label: text("common.label.profile") },
    category: { value: "adaptive-control", label: text("common.label.category"), required: true, validate: validate(required(text)) },
    equipment: { value: "", type: "resonance-equipment", required: true, label: text("label.equipment") },
    fields: {
      value: [], label: text("label.fields"),
      validate(this: Partial<SetpointGuard> | undefined, value, opt) {
        const [start, stale] = tables ? [$("#node-input-start").val(), $("#node-input-stale").val()] : [this?.start, this?.stale];
        return validate(rows<FieldRow>(text, (row, all) => fieldProblem(text, row, all, start === "confirmed", stale === "fallback")?.text))(value, opt);
      },
    },
    mode: { value: "reject" },
    interlocks: { value: [], label: text("label.interlocks"), validate: validate(rows<Interlock>(text, (row, all) => interlockProblem(row, all)?.text, 0)) },
    approval: { value: "none" },
    approvalTime: { value: 0, label: text("label.approvalTime"), validate: span(0) },
    holdOff: { value: 0, label: text("label.holdOff"), validate: span(0) },
    maxAge: { value: 10, label: text("label.maxAge"), validate: span(0.01) },
    stale: { value: "hold" },
    minConfidence: { value: 0, label: text("label.minConfidence"), validate: validate(number(text, { min: 0, max: 1 })) },
    applicability: { value: "notOutside" },
    drift: { value: "notConfirmed" },
    start: { value: "confirmed" },
    actualMaxAge: { value: 0, label: text("label.actualMaxAge"), validate: span(0) },
  },
  inputLabels() { return text("port.input"); },
  outputLabels(index) { return text(index === 0 ? "port.command" : "port.decision"); },
  paletteLabel() { return text("palette"); },
  label() { return this.name || this._("palette"); },
  labelStyle() { return this.name ? "node_label_italic" : ""; },
  oneditprepare() {
    const form = openForm("node");
    const { category } = this;
    const select = form.field<HTMLSelectElement>("category");
    fillSelect(select, [], category);
    tables = openTables(form, this);
    withCatalogue(form, text, (catalogue) => {
      fillSelect(select, proposalCategories(catalogue), form.value("category") || category);
      tables?.show(catalogue);
    });
  },
  oneditsave() {
    saveNumbers(this, "node", "approvalTime", "holdOff", "maxAge", "minConfidence", "actualMaxAge");
    if (tables) {
      this.fields = tables.fields.rows();
      this.interlocks = tables.interlocks.rows();
    }
    tables = undefined;
  },
  oneditcancel() { tables = undefined; },
});

interface Tables {
  readonly fields: Table<FieldRow>;
  readonly interlocks: Table<Interlock>;
  show(catalogue: Catalogue): void;
}

/** The tables of the open form. */
let tables: Tables | undefined;

function openTables(form: Form, { fields = [], interlocks = [] }: Partial<SetpointGuard>): Tables | undefined {
  const [fieldHost, interlockHost] = ["fields", "interlocks"].map((id) => form.root.querySelector<HTMLElement>(`#resonance-${id}`));
  if (!fieldHost || !interlockHost) return undefined;
  let loaded: Catalogue | undefined;
  const facts = { catalogue: () => loaded, category: () => categoryOf(loaded, form.value("category")) };
  const guarded = fieldTable(fieldHost, text, fields, facts, (row, all) =>
    fieldProblem(text, row, all, form.value("start") === "confirmed", form.value("stale") === "fallback"));
  const made: Table<Interlock> = createTable<Interlock>({
    host: interlockHost, text,
    problem: interlockProblem,
    rows: interlocks,
    addLabel: text("label.addInterlock"),
    columns: [
      { key: "tag", kind: "text", title: text("label.tag"), width: "minmax(0, 5fr)", placeholder: "AutomaticMode" },
      { key: "expected", kind: "text", title: text("label.expected"), width: "minmax(0, 3fr)", placeholder: "true" },
      { key: "maxAge", kind: "number", title: text("label.interlockAge"), width: "130px" },
    ],
    blank: () => ({ tag: "", expected: "true", maxAge: 10 }),
  });
  const refresh = (): void => { guarded.refresh(); };
  for (const property of ["category", "start", "stale"]) form.onChange(property, refresh);
  return {
    fields: guarded, interlocks: made,
    show(catalogue) {
      loaded = catalogue;
      refresh();
    },
  };
}

/** Categories whose outputs are proposals: only those can become commands. */
function proposalCategories({ profiles }: Catalogue): readonly { readonly value: string; readonly label: string }[] {
  return profiles.flatMap(({ categories }) => categories).filter(({ nature }) => nature === "proposal").map(({ id, title }) => ({ value: id, label: localized(title) }));
}

/** What is wrong with an interlock; two of the same tag may be meant to block for ever. */
function interlockProblem(row: Interlock, all: readonly Interlock[]): Problem<Interlock> | undefined {
  if (isBlank(row.tag)) return { key: "tag", text: text("error.tag") };
  if (all.filter(({ tag }) => tag === row.tag).length > 1) return { key: "tag", text: text("error.tagTwice", { name: row.tag }) };
  if (isBlank(row.expected)) return { key: "expected", text: text("error.expected") };
  const problem = number(text, { min: 0, max: 31 * DAY })(row.maxAge);
  return problem ? { key: "maxAge", text: problem } : undefined;
}
