import { loadAllProfiles, type Catalogue } from "../lib/editor/catalogue";
import { freshItems, openBrowse } from "../lib/editor/browse";
import { openForm, saveNumbers, tellFailure, type Form } from "../lib/editor/form";
import type { Option } from "../lib/editor/options";
import { parseItems } from "../lib/editor/paste";
import { pasteBox } from "../lib/editor/paste-box";
import type { Validate } from "../lib/editor/red";
import { createTable, type Problem, type Table } from "../lib/editor/table";
import { textOf } from "../lib/editor/text";
import { isBlank, nodeId, number, rows, validate } from "../lib/editor/validators";

interface Row {
  readonly tag: string;
  readonly nodeId: string;
  readonly unit: string;
  readonly targetUnit: string;
}

interface OpcuaOut {
  name: string;
  version: number;
  endpoint: string;
  mode: string;
  items: readonly Row[];
  confirmWithin: number;
  checkRange: boolean;
  together: string;
  repeat: boolean;
  objectId: string;
  methodId: string;
  historySpan: number;
  historyLimit: number;
  timeout: number;
  queueLimit: number;
}

const text = textOf("opcua-out");
const badNodeId = nodeId(text);

RED.nodes.registerType<OpcuaOut>("resonance-opcua-out", {
  category: "model-data resonance",
  color: "#87A980",
  icon: "resonance-opcua-out.svg",
  align: "right",
  inputs: 1,
  outputs: 2,
  defaults: {
    name: { value: "" },
    version: { value: 1 },
    endpoint: { value: "", type: "resonance-opcua-endpoint", required: true, label: text("label.endpoint") },
    mode: { value: "write" },
    items: { value: [], label: text("label.items"), validate: inMode(["write", "read", "history"], validate(rows<Row>(text, (row, all) => problem(row, all)?.text))) },
    confirmWithin: { value: 1000, label: text("label.confirmWithin"), validate: inMode(["write"], validate(number(text, { min: 0, max: 60000, whole: true }))) },
    checkRange: { value: true },
    together: { value: "command" },
    repeat: { value: false },
    objectId: { value: "", label: text("label.objectId"), validate: inMode(["call"], validate(badNodeId)) },
    methodId: { value: "", label: text("label.methodId"), validate: inMode(["call"], validate(badNodeId)) },
    historySpan: { value: 3600, label: text("label.historySpan"), validate: inMode(["history"], validate(number(text, { min: 1, max: 31622400, whole: true }))) },
    historyLimit: { value: 10000, label: text("label.historyLimit"), validate: inMode(["history"], validate(number(text, { min: 1, max: 1000000, whole: true }))) },
    timeout: { value: 10000, label: text("common.label.timeout"), validate: validate(number(text, { min: 10, max: 86400000, whole: true })) },
    queueLimit: { value: 100, label: text("common.label.queueLimit"), validate: validate(number(text, { min: 0, max: 100000, whole: true })) },
  },
  inputLabels() { return text("port.input"); },
  outputLabels(index) { return text(index === 0 ? "port.output" : "port.failed"); },
  paletteLabel() { return text("palette"); },
  label() { return this.name || this._("palette"); },
  labelStyle() { return this.name ? "node_label_italic" : ""; },
  oneditprepare() {
    form = openForm("node");
    const host = form.root.querySelector<HTMLElement>("#resonance-items");
    if (host) table = itemTable(host, form, this.items);
    form.onChange("mode", () => {
      table?.refresh();
      for (const property of ["objectId", "methodId", "confirmWithin", "historySpan", "historyLimit"]) $(`#node-input-${property}`).trigger("change");
    });
  },
  oneditsave() {
    saveNumbers(this, "node", "confirmWithin", "historySpan", "historyLimit", "timeout", "queueLimit");
    if (table) this.items = table.rows();
    form = undefined;
  },
  oneditcancel() { form = undefined; },
});

/** The open form and its table. */
let form: Form | undefined;
let table: Table<Row> | undefined;

function itemTable(host: HTMLElement, open: Form, items: readonly Row[]): Table<Row> {
  let catalogue: Catalogue | undefined;
  const paste = pasteBox(text, (pasted) => { made.add(...parseItems(pasted).map(toRow)); });
  const made = createTable<Row>({
    host, text, problem,
    empty: text("common.error.rows"),
    rows: items.map(toRow),
    addLabel: text("label.addItem"),
    buttons: [paste.button, {
      label: text("common.browse.open"), icon: "fa fa-sitemap",
      click: () => {
        openBrowse({ endpoint: open.value("endpoint"), text, chosen: (items) => { made.add(...freshItems(made.rows(), items).map(({ tag, nodeId }) => toRow({ tag, nodeId }))); } });
      },
    }],
    columns: [
      { key: "tag", kind: "text", title: text("label.tag"), width: "minmax(0, 1fr)", placeholder: "FeedOverride" },
      { key: "nodeId", kind: "text", title: "NodeId", width: "minmax(0, 3fr)", placeholder: "nsu=urn:machine;s=Feed.Override" },
    ],
    details: {
      columns: [
        { key: "unit", kind: "select", title: text("label.unit"), width: "minmax(0, 1fr)", options: (row) => unitChoices(catalogue, row.unit, text("option.unitFromMessage")) },
        { key: "targetUnit", kind: "select", title: text("label.targetUnit"), width: "minmax(0, 1fr)", options: (row) => unitChoices(catalogue, row.targetUnit, text("option.unitFromServer")) },
      ],
      shown: () => open.value("mode") === "write",
    },
    blank: () => toRow({ tag: "", nodeId: "" }),
    paste: (pasted) => parseItems(pasted).map(toRow),
  });
  host.closest(".form-row")?.append(paste.element);
  loadAllProfiles().then(
    (loaded) => {
      catalogue = loaded;
      made.refresh();
    },
    (thrown: unknown) => { tellFailure(open, text, thrown); },
  );
  return made;
}

function toRow(row: Partial<Row>): Row {
  return { tag: "", nodeId: "", unit: "", targetUnit: "", ...row };
}

function unitChoices(catalogue: Catalogue | undefined, current: string, none: string): readonly Option[] {
  const units = catalogue?.units.map(({ code, symbol }) => ({ value: code, label: symbol })) ?? [];
  return [{ value: "", label: none }, ...(catalogue || current === "" ? units : [{ value: current, label: current }])];
}

function problem(row: Row, all: readonly Row[]): Problem<Row> | undefined {
  if (isBlank(row.tag)) return { key: "tag", text: text("error.tag") };
  if (all.filter((other) => other.tag === row.tag).length > 1) return { key: "tag", text: text("error.tagTwice", { tag: row.tag }) };
  const sentence = badNodeId(row.nodeId);
  return sentence ? { key: "nodeId", text: sentence } : undefined;
}

/** A check that counts only in some modes: the one chosen in the open form, else the saved one. */
function inMode(modes: readonly string[], check: Validate): Validate {
  return function (this: OpcuaOut | undefined, value, opt) {
    return modes.includes(form?.value("mode") ?? this?.mode ?? "") ? check(value, opt) : true;
  };
}
