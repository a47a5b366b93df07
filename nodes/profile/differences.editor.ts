import type { Text } from "../lib/editor/text";

interface Place {
  readonly category: string;
  readonly direction: "input" | "output";
  readonly field: string;
}

interface Change extends Place {
  readonly from: string;
  readonly to: string;
}

/** What differs between two profiles, as the runtime tells it. */
export interface Comparison {
  readonly from: string;
  readonly to: string;
  readonly addedCategories: readonly string[];
  readonly removedCategories: readonly string[];
  readonly renamedCategories: readonly { readonly from: string; readonly to: string }[];
  readonly added: readonly (Place & { readonly required: boolean })[];
  readonly removed: readonly Place[];
  readonly renamed: readonly Change[];
  readonly retyped: readonly Change[];
  readonly reunited: readonly Change[];
  readonly changedRange: readonly Change[];
  readonly changedTarget: readonly Change[];
  readonly changedRequired: readonly Change[];
  readonly changedOrder: readonly Change[];
}

const ASPECTS = ["renamed", "retyped", "reunited", "changedRange", "changedTarget", "changedRequired", "changedOrder"] as const;

type Row = readonly [place: string, change: string, before: string, after: string];

/** The differences, a row each, in the order of the categories; a sentence where there are none. */
export function differenceTable(text: Text, comparison: Comparison): HTMLElement {
  const rows = rowsOf(text, comparison);
  if (rows.length === 0) return Object.assign(document.createElement("p"), { textContent: text("hint.same") });
  const table = Object.assign(document.createElement("table"), { className: "resonance-differences" });
  table.append(line("th", ["label.place", "label.change", "label.before", "label.after"].map((key) => text(key))));
  table.append(...rows.map((row) => line("td", row)));
  return table;
}

function rowsOf(text: Text, comparison: Comparison): readonly Row[] {
  const place = ({ category, direction, field }: Place): string => `${category} › ${text(`option.${direction}`)} › ${field}`;
  const changed = ASPECTS.flatMap((aspect) => comparison[aspect].map((change): Row => [place(change), text(`change.${aspect}`), change.from, change.to]));
  const fields: readonly Row[] = [
    ...comparison.removed.map((removed): Row => [place(removed), text("change.removed"), removed.field, "–"]),
    ...comparison.added.map((added): Row => [place(added), text("change.added"), "–", added.required ? `${added.field} *` : added.field]),
    ...changed,
  ];
  return [
    ...comparison.removedCategories.map((id): Row => [id, text("change.removedCategory"), id, "–"]),
    ...comparison.addedCategories.map((id): Row => [id, text("change.addedCategory"), "–", id]),
    ...comparison.renamedCategories.map(({ from, to }): Row => [from, text("change.renamedCategory"), from, to]),
    ...[...fields].sort(([a], [b]) => a.localeCompare(b)),
  ];
}

function line(tag: "th" | "td", cells: readonly string[]): HTMLElement {
  const row = document.createElement("tr");
  row.append(...cells.map((content) => Object.assign(document.createElement(tag), { textContent: content === "" ? "–" : content })));
  return row;
}
