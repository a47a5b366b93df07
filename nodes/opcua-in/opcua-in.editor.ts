import { freshItems, openBrowse } from "../lib/editor/browse";
import { fillAbsent, keepAbsent, openForm, saveNumbers } from "../lib/editor/form";
import { parseItems, type Item } from "../lib/editor/paste";
import { pasteBox } from "../lib/editor/paste-box";
import type { Validate } from "../lib/editor/red";
import { createTable, type Problem, type Table } from "../lib/editor/table";
import { textOf } from "../lib/editor/text";
import { address, isBlank, number, rows, validate, type Check } from "../lib/editor/validators";

interface OpcuaIn {
  name: string;
  version: number;
  endpoint: string;
  mode: string;
  items: readonly Item[];
  rate: string;
  publishingInterval: number;
  samplingInterval: number | string;
  queueSize: number;
  discard: string;
  report: string;
  deadbandType: string;
  deadband: number;
  deadbandRefused: string;
  notifier: string;
  eventType: string;
  severity: number;
  fields: string;
  output: string;
  units: boolean;
}

const text = textOf("opcua-in");
const badAddress = address(text);
const interval = { min: 10, max: 3600000 };
const sampling = number(text, { ...interval, min: 0 });
/** Settings that version 1 did not have. */
const ADDED = {
  mode: "values", rate: "custom", discard: "oldest", deadbandType: "none", deadband: 0, deadbandRefused: "error", notifier: "", eventType: "", severity: 1, fields: "",
  units: true,
} as const;

RED.nodes.registerType<OpcuaIn>("resonance-opcua-in", {
  category: "model-data resonance",
  color: "#87A980",
  icon: "resonance-opcua-in.svg",
  inputs: 0,
  outputs: 1,
  defaults: {
    name: { value: "" },
    version: { value: 2 },
    endpoint: { value: "", type: "resonance-opcua-endpoint", required: true, label: text("label.endpoint") },
    mode: { value: "values" },
    items: { value: [], label: text("label.items"), validate: where("mode", "values", rows<Item>(text, (row, all) => problem(row, all)?.text)) },
    rate: { value: "default" },
    publishingInterval: { value: 1000, label: text("label.rate"), validate: where("rate", "custom", number(text, interval)) },
    samplingInterval: { value: "", label: text("label.samplingInterval"), validate: validate((value) => (isBlank(value) ? undefined : sampling(value))) },
    queueSize: { value: 10, label: text("label.queueSize"), validate: validate(number(text, { min: 1, max: 10000, whole: true })) },
    discard: { value: "oldest" },
    report: { value: "value" },
    deadbandType: { value: "none" },
    deadband: { value: 0, label: text("label.deadband"), validate: validate((value) => (value === undefined ? undefined : number(text, { min: 0 })(value))) },
    deadbandRefused: { value: "error" },
    notifier: { value: "", label: text("label.notifier"), validate: validate((value) => (isBlank(value) ? undefined : badAddress(value))) },
    eventType: { value: "", label: text("label.eventType"), validate: validate((value) => (isBlank(value) ? undefined : badAddress(value))) },
    severity: { value: 1, label: text("label.severity"), validate: where("mode", "events", number(text, { min: 1, max: 1000, whole: true })) },
    fields: { value: "" },
    output: { value: "batch" },
    units: { value: true },
  },
  outputLabels() { return text("port.output"); },
  paletteLabel() { return text("palette"); },
  label() { return this.name || this._("palette"); },
  labelStyle() { return this.name ? "node_label_italic" : ""; },
  oneditprepare() {
    const form = openForm("node");
    fillAbsent<OpcuaIn>(this, "node", ADDED);
    form.onChange("rate", () => { $("#node-input-publishingInterval").trigger("change"); });
    const host = form.root.querySelector<HTMLElement>("#resonance-items");
    if (host) table = itemTable(host, this.items);
  },
  oneditsave() {
    keepAbsent<OpcuaIn>(this, "node", ADDED);
    saveNumbers(this, "node", "publishingInterval", "samplingInterval", "queueSize", "deadband", "severity");
    if (table) this.items = table.rows();
    table = undefined;
  },
  oneditcancel() { table = undefined; },
});

/** A check that counts only with one choice: the one in the open form, else the saved one; nodes of version 1 have none saved. */
function where(choice: "mode" | "rate", wanted: string, check: Check): Validate {
  return function (this: Partial<OpcuaIn> | undefined, value, opt) {
    const chosen = table ? $(`#node-input-${choice}`).val() : (this?.[choice] ?? ADDED[choice]);
    return chosen !== wanted || validate(check)(value, opt);
  };
}

/** The table of the open form. */
let table: Table<Item> | undefined;

function itemTable(host: HTMLElement, items: readonly Item[]): Table<Item> {
  const paste = pasteBox(text, (pasted) => { made.add(...parseItems(pasted)); });
  const made = createTable<Item>({
    host, text, problem,
    empty: text("common.error.rows"),
    rows: items,
    addLabel: text("label.addItem"),
    buttons: [paste.button, { label: text("common.browse.open"), icon: "fa fa-sitemap", click: () => { openBrowse({ endpoint: String($("#node-input-endpoint").val() ?? ""), text, chosen: (items) => { made.add(...freshItems(made.rows(), items).map(({ tag, nodeId }) => ({ tag, nodeId }))); } }); } }],
    columns: [
      { key: "tag", kind: "text", title: text("label.tag"), width: "minmax(0, 1fr)", placeholder: "Torque" },
      { key: "nodeId", kind: "text", title: text("label.address"), width: "minmax(0, 3fr)", placeholder: "ns=2;s=Spindle.Torque" },
    ],
    blank: () => ({ tag: "", nodeId: "" }),
    paste: parseItems,
  });
  host.closest(".form-row")?.append(paste.element);
  return made;
}

function problem(row: Item, all: readonly Item[]): Problem<Item> | undefined {
  if (isBlank(row.tag)) return { key: "tag", text: text("error.tag") };
  if (all.filter((other) => other.tag === row.tag).length > 1) return { key: "tag", text: text("error.tagTwice", { tag: row.tag }) };
  const sentence = badAddress(row.nodeId);
  return sentence ? { key: "nodeId", text: sentence } : undefined;
}
