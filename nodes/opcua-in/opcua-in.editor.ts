import { freeTag, openBrowse, type ChosenItem } from "../lib/editor/browse";
import { openForm, saveNumbers } from "../lib/editor/form";
import { parseItems, type Item } from "../lib/editor/paste";
import { pasteBox } from "../lib/editor/paste-box";
import { createTable, type Problem, type Table } from "../lib/editor/table";
import { textOf } from "../lib/editor/text";
import { isBlank, nodeId, number, rows, validate } from "../lib/editor/validators";

interface OpcuaIn {
  name: string;
  version: number;
  endpoint: string;
  items: readonly Item[];
  publishingInterval: number;
  samplingInterval: number;
  queueSize: number;
  report: string;
  output: string;
  units?: boolean;
}

const text = textOf("opcua-in");
const badNodeId = nodeId(text);
const interval = { min: 10, max: 3600000 };

RED.nodes.registerType<OpcuaIn>("resonance-opcua-in", {
  category: "model-data resonance",
  color: "#87A980",
  icon: "resonance-opcua-in.svg",
  inputs: 0,
  outputs: 1,
  defaults: {
    name: { value: "" },
    version: { value: 1 },
    endpoint: { value: "", type: "resonance-opcua-endpoint", required: true, label: text("label.endpoint") },
    items: { value: [], label: text("label.items"), validate: validate(rows<Item>(text, (row, all) => problem(row, all)?.text)) },
    publishingInterval: { value: 1000, label: text("label.publishingInterval"), validate: validate(number(text, interval)) },
    samplingInterval: { value: 1000, label: text("label.samplingInterval"), validate: validate(number(text, { ...interval, min: 0 })) },
    queueSize: { value: 10, label: text("label.queueSize"), validate: validate(number(text, { min: 1, max: 10000, whole: true })) },
    report: { value: "value" },
    output: { value: "batch" },
    units: { value: true },
  },
  outputLabels() { return text("port.output"); },
  paletteLabel() { return text("palette"); },
  label() { return this.name || this._("palette"); },
  labelStyle() { return this.name ? "node_label_italic" : ""; },
  oneditprepare() {
    const form = openForm("node");
    const host = form.root.querySelector<HTMLElement>("#resonance-items");
    if (host) table = itemTable(host, this.items);
    // An older version of the node has no such setting and behaves as with it.
    if (this.units === undefined) form.field("units").checked = true;
  },
  oneditsave() {
    const units = $<HTMLInputElement>("#node-input-units");
    // What the editor does not find, it does not save: a look into the form changes no node.
    if (this.units === undefined && units.prop("checked")) units.removeAttr("id");
    saveNumbers(this, "node", "publishingInterval", "samplingInterval", "queueSize");
    if (table) this.items = table.rows();
  },
});

/** The table of the open form. */
let table: Table<Item> | undefined;

function itemTable(host: HTMLElement, items: readonly Item[]): Table<Item> {
  const paste = pasteBox(text, (pasted) => { made.add(...parseItems(pasted)); });
  const made = createTable<Item>({
    host, text, problem,
    empty: text("common.error.rows"),
    rows: items,
    addLabel: text("label.addItem"),
    buttons: [paste.button, { label: text("common.browse.open"), icon: "fa fa-sitemap", click: () => { openBrowse({ endpoint: String($("#node-input-endpoint").val() ?? ""), text, chosen: (items) => { addChosen(made, items); } }); } }],
    columns: [
      { key: "tag", kind: "text", title: text("label.tag"), width: "minmax(0, 1fr)", placeholder: "Torque" },
      { key: "nodeId", kind: "text", title: "NodeId", width: "minmax(0, 3fr)", placeholder: "ns=2;s=Spindle.Torque" },
    ],
    blank: () => ({ tag: "", nodeId: "" }),
    paste: parseItems,
  });
  host.closest(".form-row")?.append(paste.element);
  return made;
}

/** What is in the table already is left as it is. */
function addChosen(into: Table<Item>, items: readonly ChosenItem[]): void {
  const tags = new Set(into.rows().map(({ tag }) => tag));
  const known = new Set(into.rows().map((row) => row.nodeId));
  for (const { tag, nodeId } of items.filter((item) => !known.has(item.nodeId))) {
    const free = freeTag(tag, tags);
    tags.add(free);
    into.add({ tag: free, nodeId });
  }
}

function problem(row: Item, all: readonly Item[]): Problem<Item> | undefined {
  if (isBlank(row.tag)) return { key: "tag", text: text("error.tag") };
  if (all.filter((other) => other.tag === row.tag).length > 1) return { key: "tag", text: text("error.tagTwice", { tag: row.tag }) };
  const sentence = badNodeId(row.nodeId);
  return sentence ? { key: "nodeId", text: sentence } : undefined;
}
