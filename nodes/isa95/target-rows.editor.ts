import homes from "../lib/profile/message-homes.json";
import type { Catalogue } from "../lib/editor/catalogue";
import { createTable, type Problem, type Table } from "../lib/editor/table";
import { isBlank } from "../lib/editor/validators";
import type { Text } from "../lib/editor/text";

/** A place of its own for a field. */
export interface TargetRow {
  readonly field: string;
  readonly path: string;
  readonly property: string;
}

const PATH = /^[A-Z]\w*(\/[A-Z]\w*)+$/;

/** The table of places; the runtime checks each against the structure of the message at deploy. */
export function targetTable(host: HTMLElement, text: Text, rows: readonly TargetRow[], catalogue: () => Catalogue | undefined): Table<TargetRow> {
  const paths = [...new Set(Object.values(homes).filter((path) => path !== null))].sort();
  return createTable<TargetRow>({
    host, text, rows,
    blank: () => ({ field: "", path: "", property: "" }),
    addLabel: text("label.addTarget"),
    columns: [
      { key: "field", kind: "text", title: text("label.field"), width: "minmax(0, 4fr)", suggestions: () => fieldsOf(catalogue()) },
      { key: "path", kind: "text", title: text("label.path"), width: "minmax(0, 6fr)", placeholder: "PhysicalAsset/PhysicalAssetProperty", suggestions: () => paths },
      { key: "property", kind: "text", title: text("label.property"), width: "minmax(0, 3fr)" },
    ],
    problem: (row, all) => targetProblem(text, row, all),
  });
}

/** What is wrong with a row as far as the editor can tell. */
export function targetProblem(text: Text, row: TargetRow, all: readonly TargetRow[]): Problem<TargetRow> | undefined {
  if (isBlank(row.field)) return { key: "field", text: text("error.field") };
  if (!PATH.test(row.path.trim())) return { key: "path", text: text("error.path") };
  const twice = all.some((other) => other !== row && other.path === row.path && (other.property || other.field) === (row.property || row.field));
  return twice ? { key: "property", text: text("error.twice", { path: row.path }) } : undefined;
}

function fieldsOf(catalogue: Catalogue | undefined): readonly string[] {
  const all = (catalogue?.profiles ?? []).flatMap(({ categories }) => categories).flatMap(({ input, output }) => [...output, ...input]).map(({ name }) => name);
  return [...new Set(all)].sort();
}
