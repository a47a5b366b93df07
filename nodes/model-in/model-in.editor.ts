import { categoryOf, type Catalogue, type CategoryFacts, type FieldFacts } from "../lib/editor/catalogue";
import { fillAbsent, keepAbsent, openForm, saveNumbers, withCatalogue, type Form } from "../lib/editor/form";
import { categoryOptions, fillSelect } from "../lib/editor/options";
import type { Validate } from "../lib/editor/red";
import type { Table } from "../lib/editor/table";
import { suggestionList } from "../lib/editor/table-cell";
import { localized, textOf } from "../lib/editor/text";
import { number, onlyIf, required, rows, validate, type Check } from "../lib/editor/validators";
import { constantProblem, constantTable, jobProblem, jobTable, type ConstantField, type Facts, type JobField } from "./given-rows.editor";
import { previewPart } from "./preview.editor";
import { fromRow, tagProblem, toRow, type TagMapping, type TagRow } from "./tag-rows.editor";
import { knownTags, tagTable } from "./tag-table.editor";

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
  constants: readonly ConstantField[];
  jobFields: readonly JobField[];
  maxSkew: number;
  triggerTag: string;
  triggerEdge: string;
}

const text = textOf("model-in");
/** Settings that earlier versions of the node did not have. */
const ADDED = { maxSkew: 0, triggerTag: "", triggerEdge: "any" } as const;
const badSkew = number(text, { min: 0, max: 86_400_000 });

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
    tags: {
      value: [], label: text("label.tags"),
      validate: validate((value) => rows<TagRow>(text, (row, all) => tagProblem(text, row, all)?.text)((value as readonly TagMapping[]).map(toRow))),
    },
    trigger: { value: "message" },
    interval: { value: 10, label: text("label.interval"), validate: validate(number(text, { min: 0.1, max: 86400 })) },
    badQuality: { value: "reject" },
    constants: { value: [], label: text("label.constants"), validate: given<ConstantField>("jobFields", (row, all, taken) => constantProblem(text, row, all, taken)?.text) },
    jobFields: { value: [], label: text("label.jobFields"), validate: given<JobField>("constants", (row, all, taken) => jobProblem(text, row, all, taken)?.text) },
    maxSkew: { value: ADDED.maxSkew, label: text("label.maxSkew"), validate: validate((value) => (value === undefined ? undefined : badSkew(value))) },
    triggerTag: { value: ADDED.triggerTag, label: text("label.triggerTag"), validate: onTrigger("change", required(text)) },
    triggerEdge: { value: ADDED.triggerEdge },
  },
  inputLabels() { return text("port.input"); },
  outputLabels(index) { return text(index === 0 ? "port.record" : "port.rejected"); },
  paletteLabel() { return text("palette"); },
  label() { return this.name || this._("palette"); },
  labelStyle() { return this.name ? "node_label_italic" : ""; },
  oneditprepare() {
    const form = openForm("node");
    const { category } = this;
    fillAbsent<ModelIn>(this, "node", ADDED);
    fillSelect(form.field<HTMLSelectElement>("category"), [], category);
    for (const property of ["profile", "equipment"]) form.onChange(property, () => { tables?.preview(); });
    form.onChange("trigger", () => { $("#node-input-triggerTag").trigger("change"); });
    form.field("triggerTag").setAttribute("list", suggestionList("resonance-trigger-tags", knownTags()));
    tables = openTables(form, this, this.id);
    withCatalogue(form, text, (catalogue) => {
      fillSelect(form.field<HTMLSelectElement>("category"), categoryOptions(catalogue), form.value("category") || category);
      tables?.show(catalogue);
    });
  },
  oneditsave() {
    keepAbsent<ModelIn>(this, "node", ADDED);
    saveNumbers(this, "node", "interval", "maxSkew");
    if (tables) {
      this.tags = tables.tags.rows().map(fromRow);
      for (const property of ["constants", "jobFields"] as const) {
        const saved = tables[property].rows();
        // An older version of the node has no such list.
        if (saved.length > 0 || Array.isArray(this[property])) Object.assign(this, { [property]: saved });
      }
    }
    tables = undefined;
  },
  oneditcancel() { tables = undefined; },
});

interface Tables {
  readonly tags: Table<TagRow>;
  readonly constants: Table<ConstantField>;
  readonly jobFields: Table<JobField>;
  show(catalogue: Catalogue): void;
  /** What the preview depends on has changed. */
  preview(): void;
}

/** The tables of the open form. */
let tables: Tables | undefined;

function openTables(form: Form, { tags, constants = [], jobFields = [] }: Partial<ModelIn>, id: string): Tables | undefined {
  const [tagHost, constantHost, jobHost] = ["tags", "constants", "job-fields"].map((id) => form.root.querySelector<HTMLElement>(`#resonance-${id}`));
  if (!tagHost || !constantHost || !jobHost) return undefined;
  let loaded: Catalogue | undefined;
  const facts: Facts = { catalogue: () => loaded, category: () => categoryOf(loaded, form.value("category")) };
  const made: Partial<Record<"tags" | "constants" | "jobFields", { rows(): readonly { readonly field: string }[] }>> = {};
  const takenBeside = (own: keyof typeof made) => (): readonly string[] =>
    Object.entries(made).filter(([name]) => name !== own).flatMap(([, table]) => table.rows()).map(({ field }) => field);

  // Nothing has changed before all tables are there.
  let changed = { tags: (): void => undefined, others: (): void => undefined };
  const mapping = tagTable(form, text, tagHost, tags ?? [], facts, takenBeside("tags"), () => { changed.tags(); }, id);
  made.tags = mapping.table;
  const fixed = made.constants = constantTable(constantHost, text, constants, facts, takenBeside("constants"), () => { changed.others(); });
  const jobs = made.jobFields = jobTable(jobHost, text, jobFields, facts, takenBeside("jobFields"), () => { changed.others(); });
  const preview = previewPart(form, text, id, facts, () => ({ tags: mapping.table.rows().map(fromRow), constants: fixed.rows(), jobFields: jobs.rows() }));
  changed = { tags: preview.refresh, others: mapping.table.check };
  if (constants.length + jobFields.length > 0) jobHost.closest("details")?.setAttribute("open", "");

  const refresh = (): void => {
    tellCategory(form, facts.category());
    mapping.refresh();
    fixed.refresh();
    jobs.refresh();
  };
  form.onChange("category", refresh);
  return {
    tags: mapping.table, constants: fixed, jobFields: jobs, preview: preview.refresh,
    show(catalogue) {
      loaded = catalogue;
      refresh();
    },
  };
}

/** Says under the choice what the category is for and what it needs. */
function tellCategory(form: Form, category: CategoryFacts | undefined): void {
  const hint = form.root.querySelector<HTMLElement>("#resonance-category");
  if (!hint) return;
  hint.hidden = !category;
  if (!category) return;
  const titles = (wanted: (field: FieldFacts) => boolean): string => category.input.filter(wanted).map((field) => localized(field.title)).join(text("hint.separator"));
  const needed = titles((field) => field.required);
  const choice = titles(({ name }) => category.requireOneOf.input.includes(name));
  const description = localized(category.description);
  hint.textContent = [
    needed === "" ? description : text("hint.category", { description, fields: needed }),
    ...(choice === "" ? [] : [text("hint.oneOf", { fields: choice })]),
  ].join(" ");
}

/** A check that counts only with one trigger: the one chosen in the open form, else the saved one. */
function onTrigger(trigger: string, check: Check): Validate {
  return function (this: Partial<ModelIn> | undefined, value, opt) {
    const chosen = tables ? $("#node-input-trigger").val() : this?.trigger;
    return validate(onlyIf(() => chosen === trigger, check))(value, opt);
  };
}

/** A check of a list of fields that tags and the `other` list must not fill too. */
function given<R>(other: "constants" | "jobFields", problem: (row: R, all: readonly R[], taken: readonly string[]) => string | undefined): Validate {
  return function (this: Partial<ModelIn> | undefined, value, opt) {
    const taken = [...(this?.tags ?? []), ...(this?.[other] ?? [])].map(({ field }) => field);
    return validate(rows<R>(text, (row, all) => problem(row, all, taken), 0))(value, opt);
  };
}
