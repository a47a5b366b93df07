import { NO_CATALOGUE, type FieldFacts } from "../lib/editor/catalogue";
import { acceptTagDrop, type BrowsedTag } from "../lib/editor/dropped-tags";
import { equipmentBox } from "../lib/editor/equipment-box";
import type { Form } from "../lib/editor/form";
import { fieldOf, fieldOptions, unitOptions, unitSymbol } from "../lib/editor/options";
import { createTable, type Problem, type Table } from "../lib/editor/table";
import { localized, type Text } from "../lib/editor/text";
import { browseTags } from "./browse-tags.editor";
import { blankRow, missingRows, withBrowsed, withMachine } from "./filling-rows.editor";
import type { Facts } from "./given-rows.editor";
import { detailColumns, isDetailed, tagProblem, tagUnits, toRow, unitOfField, type TagMapping, type TagRow } from "./tag-rows.editor";

/** The mapping of an open form. */
export interface TagTable {
  readonly table: Table<TagRow>;
  refresh(): void;
  /** Takes tags that were chosen while browsing a machine: behind all rows, or the first one into row `at`. */
  take(tags: readonly BrowsedTag[], at?: number): void;
}

/** The mapping of tags to fields, with what can fill it; `taken` are the fields of the other tables. */
export function tagTable(
  form: Form, text: Text, host: HTMLElement, tags: readonly TagMapping[], facts: Facts, taken: () => readonly string[], changed: () => void, id: string,
): TagTable {
  const { catalogue, category } = facts;
  const fieldOfRow = (row: TagRow): FieldFacts | undefined => fieldOf(category(), "input", row.field);
  const detailed = form.root.querySelector<HTMLInputElement>("#resonance-detailed");
  if (detailed) detailed.checked = tags.some(isDetailed);
  const box = equipmentBox(text, () => catalogue()?.equipmentProfiles ?? [], () => form.value("category"), (rows) => {
    table.replace(withMachine(table.rows(), rows.filter(({ field }) => !taken().includes(field))));
  });
  const table = createTable<TagRow>({
    host, text, changed,
    problem: (row, all) => tagProblem(text, row, all) ?? misfit(text, facts, row),
    empty: text("common.error.rows"),
    lacking: (rows) => lacking(text, facts, [...rows.map(({ field }) => field), ...taken()]),
    rows: tags.map(toRow),
    addLabel: text("label.addTag"),
    buttons: [
      { label: text("label.addRequired"), icon: "fa fa-asterisk", click: () => { table.add(...missingRows(category(), [...table.rows().map(({ field }) => field), ...taken()])); } },
      box.button,
      { label: text("common.browse.open"), icon: "fa fa-sitemap", click: () => { browseTags(id, text, take, (sentence) => { notice.textContent = sentence; }); } },
    ],
    columns: [
      { key: "tag", kind: "text", title: text("label.tag"), width: "minmax(0, 5fr)", placeholder: "Torque", suggestions: knownTags },
      {
        key: "field", kind: "select", title: text("label.field"), width: "minmax(0, 6fr)",
        options: () => fieldOptions(category()?.input ?? [], catalogue() ?? NO_CATALOGUE, text, category()?.requireOneOf.input),
      },
      {
        key: "unit", kind: "select", title: text("label.tagUnit"), width: "minmax(0, 2.4fr)",
        options: (row) => (category() ? tagUnits(text, row, fieldOfRow(row), catalogue()) : unitOptions(undefined, row.unit)),
        note: (row) => conversion(facts, row, fieldOfRow(row)),
      },
      { key: "maxAge", kind: "number", title: text("label.maxAge"), width: "92px" },
      { key: "optional", kind: "check", title: text("label.optional"), width: "66px", usable: (row) => fieldOfRow(row)?.required !== true },
    ],
    details: { columns: detailColumns(text, category), shown: () => detailed?.checked ?? true },
    blank: () => blankRow({}),
    edited(row, key) {
      if (key === "field") Object.assign(row, { unit: unitOfField(fieldOfRow(row)) ?? "" });
    },
  });
  const notice = Object.assign(document.createElement("p"), { className: "resonance-notice" });
  notice.setAttribute("role", "status");
  host.closest(".resonance-wide")?.append(box.element, notice);
  detailed?.addEventListener("change", () => { table.refresh(); });
  const take: TagTable["take"] = (browsed, at = -1) => {
    table.replace(withBrowsed(table.rows(), browsed, at, { catalogue: catalogue(), category: category(), taken: taken() }));
  };
  acceptTagDrop(host, take);
  return {
    table, take,
    refresh() {
      table.refresh();
      box.refresh();
    },
  };
}

/** What becomes of the tag's unit: `→ K`. */
function conversion({ catalogue }: Facts, row: TagRow, field: FieldFacts | undefined): string {
  const own = unitOfField(field);
  if (own === undefined || row.unit === "" || row.unit === own) return "";
  return `→ ${unitSymbol(catalogue(), own)}`;
}

/** A row whose field or unit does not belong to the category, as after another one was chosen. */
function misfit(text: Text, { catalogue, category }: Facts, row: TagRow): Problem<TagRow> | undefined {
  const chosen = category();
  if (!chosen) return undefined;
  const field = fieldOf(chosen, "input", row.field);
  if (!field) return { key: "field", text: text("error.fieldUnknown", { name: row.field, category: localized(chosen.title) }) };
  const units = tagUnits(text, row, field, catalogue());
  if (row.unit === "" || units.some(({ value }) => value === row.unit)) return undefined;
  return { key: "unit", text: text("error.unit", { from: unitSymbol(catalogue(), row.unit), to: unitSymbol(catalogue(), unitOfField(field) ?? "–") }) };
}

/** What no row says but the category needs. */
function lacking(text: Text, { category }: Facts, filled: readonly string[]): string | undefined {
  const chosen = category();
  if (!chosen) return undefined;
  const titles = (names: readonly string[]): string => names.map((name) => localized(fieldOf(chosen, "input", name)?.title ?? { en: name, zh: name, de: name })).join(text("hint.separator"));
  const missing = chosen.input.filter(({ name, required }) => required && !filled.includes(name)).map(({ name }) => name);
  if (missing.length > 0) return text("error.lacking", { fields: titles(missing) });
  const choice = chosen.requireOneOf.input;
  return choice.length === 0 || choice.some((name) => filled.includes(name)) ? undefined : text("error.lackingOne", { fields: titles(choice) });
}

/** Tags that OPC UA nodes of the workspace deliver. */
export function knownTags(): readonly string[] {
  const items = RED.nodes.filterNodes({ type: "resonance-opcua-in" }).flatMap((node) => (node["items"] ?? []) as readonly { tag: string }[]);
  return [...new Set(items.map((item) => item.tag))].sort();
}
