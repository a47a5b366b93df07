import { NO_CATALOGUE, type CategoryFacts, type EquipmentTagFacts, type FieldFacts } from "../lib/editor/catalogue";
import { equipmentBox } from "../lib/editor/equipment-box";
import type { Form } from "../lib/editor/form";
import { fieldOf, fieldOptions, unitOptions } from "../lib/editor/options";
import { createTable } from "../lib/editor/table";
import type { Text } from "../lib/editor/text";
import { isBlank } from "../lib/editor/validators";
import type { Facts } from "./given-rows.editor";
import { detailColumns, isDetailed, tagProblem, tagUnits, toRow, unitOfField, type TagMapping, type TagRow } from "./tag-rows.editor";

/** The mapping of tags to fields, with what can fill it; `taken` are the fields of the other tables. */
export function tagTable(form: Form, text: Text, host: HTMLElement, tags: readonly TagMapping[], { catalogue, category }: Facts, taken: () => readonly string[]) {
  const fieldOfRow = (row: TagRow): FieldFacts | undefined => fieldOf(category(), "input", row.field);
  const detailed = form.root.querySelector<HTMLInputElement>("#resonance-detailed");
  if (detailed) detailed.checked = tags.some(isDetailed);
  const box = equipmentBox(text, () => catalogue()?.equipmentProfiles ?? [], () => form.value("category"), (rows) => {
    table.replace(filled(table.rows(), rows.filter(({ field }) => !taken().includes(field))));
  });
  const table = createTable<TagRow>({
    host, text,
    problem: (row, all) => tagProblem(text, row, all),
    empty: text("common.error.rows"),
    rows: tags.map(toRow),
    addLabel: text("label.addTag"),
    buttons: [
      { label: text("label.addRequired"), icon: "fa fa-asterisk", click: () => { table.add(...missing(category(), [...table.rows().map(({ field }) => field), ...taken()])); } },
      box.button,
    ],
    columns: [
      { key: "tag", kind: "text", title: text("label.tag"), width: "minmax(0, 5fr)", placeholder: "Torque", suggestions: knownTags },
      { key: "field", kind: "select", title: text("label.field"), width: "minmax(0, 6fr)", options: () => fieldOptions(category()?.input ?? [], catalogue() ?? NO_CATALOGUE, text) },
      {
        key: "unit", kind: "select", title: text("label.tagUnit"), width: "minmax(0, 2.4fr)",
        options: (row) => (category() ? tagUnits(text, row, fieldOfRow(row), catalogue()) : unitOptions(undefined, row.unit)),
      },
      { key: "maxAge", kind: "number", title: text("label.maxAge"), width: "92px" },
      { key: "optional", kind: "check", title: text("label.optional"), width: "66px" },
    ],
    details: { columns: detailColumns(text, category), shown: () => detailed?.checked ?? true },
    blank: () => blankRow({}),
    edited(row, key) {
      if (key === "field") Object.assign(row, { unit: unitOfField(fieldOfRow(row)) ?? "" });
    },
  });
  host.closest(".resonance-wide")?.append(box.element);
  detailed?.addEventListener("change", () => { table.refresh(); });
  return {
    table,
    refresh() {
      table.refresh();
      box.refresh();
    },
  };
}

const blankRow = (known: Partial<TagMapping>): TagRow => toRow({ tag: "", field: "", unit: "", maxAge: 0, optional: false, ...known });

/** A row for each required field that nothing fills yet. */
function missing(category: CategoryFacts | undefined, filledFields: readonly string[]): readonly TagRow[] {
  return (category?.input ?? [])
    .filter((field) => field.required && !filledFields.includes(field.name))
    .map((field) => blankRow({ field: field.name, unit: unitOfField(field) ?? "" }));
}

/** The rows with a machine's tags: they fill what has no tag yet and come behind what has. */
function filled(present: readonly TagRow[], machine: readonly EquipmentTagFacts[]): readonly TagRow[] {
  const kept = present.filter((row) => !isBlank(row.tag) || !isBlank(row.field)).map((row) => {
    const found = isBlank(row.tag) ? machine.find(({ field }) => field === row.field) : undefined;
    return found ? { ...row, tag: found.tag, unit: found.unit } : row;
  });
  const fresh = machine.filter(({ field }) => !kept.some((row) => row.field === field));
  return [...kept, ...fresh.map((row) => blankRow(row))];
}

/** Tags that OPC UA nodes of the workspace deliver. */
export function knownTags(): readonly string[] {
  const items = RED.nodes.filterNodes({ type: "resonance-opcua-in" }).flatMap((node) => (node["items"] ?? []) as readonly { tag: string }[]);
  return [...new Set(items.map((item) => item.tag))].sort();
}
