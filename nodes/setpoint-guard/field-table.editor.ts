import { NO_CATALOGUE, type Catalogue, type CategoryFacts } from "../lib/editor/catalogue";
import { fieldOf, fieldOptions, isNumeric, unitOptions } from "../lib/editor/options";
import { createTable, type Column, type Problem, type Table } from "../lib/editor/table";
import type { Text } from "../lib/editor/text";
import { isBlank } from "../lib/editor/validators";

/** A field that may become a command; numbers in `unit`, empty where there is no such limit. */
export interface FieldRow {
  readonly field: string;
  readonly unit: string;
  readonly minimum: number | string;
  readonly maximum: number | string;
  readonly maxStep: number | string;
  readonly maxRate: number | string;
  readonly deadBand: number | string;
  readonly fallback: number | string;
  readonly actualTag: string;
  readonly jobMinimum: string;
  readonly jobMaximum: string;
}

/** What an open form knows. */
export interface Facts {
  readonly catalogue: () => Catalogue | undefined;
  readonly category: () => CategoryFacts | undefined;
}

const BLANK: FieldRow = {
  field: "", unit: "", minimum: "", maximum: "", maxStep: "", maxRate: "", deadBand: "", fallback: "", actualTag: "", jobMinimum: "", jobMaximum: "",
};
const SPANS = ["maxStep", "maxRate", "deadBand"] as const;

/** The table of guarded fields; the second line of a row holds what is needed less often. */
export function fieldTable(host: HTMLElement, text: Text, rows: readonly FieldRow[], { catalogue, category }: Facts, problem: (row: FieldRow, all: readonly FieldRow[]) => Problem<FieldRow> | undefined): Table<FieldRow> {
  const factsOf = (row: FieldRow) => fieldOf(category(), "output", row.field);
  const figure = (key: keyof FieldRow, width = "minmax(0, 2fr)"): Column<FieldRow> => ({ key, kind: "number", title: text(`label.${key}`), width });
  return createTable<FieldRow>({
    host, text, problem,
    rows: rows.map((row) => ({ ...BLANK, ...row })),
    empty: text("common.error.rows"),
    addLabel: text("label.addField"),
    columns: [
      { key: "field", kind: "select", title: text("label.field"), width: "minmax(0, 6fr)", options: () => fieldOptions((category()?.output ?? []).filter(isNumeric), catalogue() ?? NO_CATALOGUE, text) },
      {
        key: "unit", kind: "select", title: text("common.label.unit"), width: "minmax(0, 2fr)",
        options: (row) => (category() ? unitOptions(catalogue(), factsOf(row)?.unit) : unitOptions(undefined, row.unit)),
      },
      figure("minimum"), figure("maximum"), figure("maxStep"), figure("maxRate"),
    ],
    details: {
      columns: [
        figure("deadBand"), figure("fallback"),
        { key: "actualTag", kind: "text", title: text("label.actualTag"), width: "minmax(0, 3fr)", placeholder: "FeedOverride" },
        { key: "jobMinimum", kind: "text", title: text("label.jobMinimum"), width: "minmax(0, 3fr)", placeholder: "limits.feedMin" },
        { key: "jobMaximum", kind: "text", title: text("label.jobMaximum"), width: "minmax(0, 3fr)", placeholder: "limits.feedMax" },
      ],
    },
    blank: () => BLANK,
    edited(row, key) {
      if (key === "field") Object.assign(row, { unit: factsOf(row)?.unit ?? "" });
    },
  });
}

/** What is wrong with a row; with `confirmed` a limited change needs the tag of the actual value, with `falls` one row needs a fallback. */
export function fieldProblem(text: Text, row: Partial<FieldRow>, all: readonly Partial<FieldRow>[], confirmed: boolean, falls: boolean): Problem<FieldRow> | undefined {
  if (isBlank(row.field)) return { key: "field", text: text("error.field") };
  if (all.filter(({ field }) => field === row.field).length > 1) return { key: "field", text: text("error.fieldTwice", { name: row.field ?? "" }) };
  for (const key of ["minimum", "maximum", "fallback", ...SPANS] as const) {
    if (!isBlank(row[key]) && !isVariable(row[key]) && !Number.isFinite(Number(row[key]))) return { key, text: text("error.number") };
  }
  for (const key of SPANS) if (Number(row[key]) < 0) return { key, text: text("error.negative") };
  if (greater(row.minimum, row.maximum)) return { key: "minimum", text: text("error.order") };
  if (greater(row.minimum, row.fallback) || greater(row.fallback, row.maximum)) return { key: "fallback", text: text("error.fallback") };
  if (confirmed && isBlank(row.actualTag) && !(isBlank(row.maxStep) && isBlank(row.maxRate))) return { key: "actualTag", text: text("error.actualTag") };
  for (const key of ["jobMinimum", "jobMaximum"] as const) {
    if (!isBlank(row[key]) && (row[key] ?? "").split(".").some((part) => part.trim() === "")) return { key, text: text("error.path") };
  }
  return falls && all.every(({ fallback }) => isBlank(fallback)) ? { key: "fallback", text: text("error.noFallback") } : undefined;
}

const isVariable = (value: unknown): boolean => typeof value === "string" && value.startsWith("${");

function greater(one: unknown, other: unknown): boolean {
  return !isBlank(one) && !isBlank(other) && Number(one) > Number(other);
}
