import { NO_CATALOGUE, type Catalogue, type CategoryFacts, type FieldFacts } from "../lib/editor/catalogue";
import { fieldOf, fieldOptions, isNumeric, unitOptions } from "../lib/editor/options";
import { createTable, type Column, type Problem, type Table } from "../lib/editor/table";
import { localized, type Text } from "../lib/editor/text";
import { isBlank, number } from "../lib/editor/validators";
import { unitOfField } from "./tag-rows.editor";

/** A field that always has the same value. */
export interface ConstantField {
  readonly field: string;
  readonly value: unknown;
  readonly unit: string;
}

/** A field that the job's context fills. */
export interface JobField {
  readonly field: string;
  readonly path: string;
  readonly unit?: string;
}

/** What an open form knows. */
export interface Facts {
  readonly catalogue: () => Catalogue | undefined;
  readonly category: () => CategoryFacts | undefined;
}

/** The table of constant fields; `taken` are the fields of the other tables. */
export function constantTable(host: HTMLElement, text: Text, rows: readonly ConstantField[], facts: Facts, taken: () => readonly string[], changed: () => void): Table<ConstantField> {
  return givenTable(host, text, rows, facts, {
    blank: () => ({ field: "", value: "", unit: "" }),
    column: { key: "value", kind: "text", title: text("label.value"), width: "minmax(0, 4fr)" },
    changed,
    problem: (row, all) => constantProblem(text, row, all, taken()) ?? unreadable(text, row, fieldOf(facts.category(), "input", row.field)),
  });
}

/** The table of fields that the job fills. */
export function jobTable(host: HTMLElement, text: Text, rows: readonly JobField[], facts: Facts, taken: () => readonly string[], changed: () => void): Table<JobField> {
  return givenTable(host, text, rows, facts, {
    blank: () => ({ field: "", path: "" }),
    column: { key: "path", kind: "text", title: text("label.path"), width: "minmax(0, 4fr)", placeholder: "order.materialId" },
    changed,
    problem: (row, all) => jobProblem(text, row, all, taken()),
  });
}

interface Given<R> {
  readonly blank: () => R;
  readonly column: Column<R>;
  readonly problem: (row: R, all: readonly R[]) => Problem<R> | undefined;
  readonly changed: () => void;
}

function givenTable<R extends { readonly field: string; readonly unit?: string }>(
  host: HTMLElement, text: Text, rows: readonly R[], { catalogue, category }: Facts, { blank, column, problem, changed }: Given<R>,
): Table<R> {
  const unitOf = (row: R): string | undefined => unitOfField(fieldOf(category(), "input", row.field));
  return createTable<R>({
    host, text, rows, blank, changed,
    problem: (row, all) => problem(row, all) ?? misplaced(text, category(), row.field),
    addLabel: text("label.addTag"),
    columns: [
      { key: "field", kind: "select", title: text("label.field"), width: "minmax(0, 5fr)", options: () => fieldOptions(category()?.input ?? [], catalogue() ?? NO_CATALOGUE, text, category()?.requireOneOf.input) },
      column,
      { key: "unit", kind: "select", title: text("common.label.unit"), width: "minmax(0, 2fr)", options: (row) => (category() ? unitOptions(catalogue(), unitOf(row)) : unitOptions(undefined, row.unit)) },
    ],
    edited(row, key) {
      if (key === "field") Object.assign(row, { unit: unitOf(row) ?? "" });
    },
  });
}

/** A field that the category does not have, as after another one was chosen. */
function misplaced<R extends { readonly field: string }>(text: Text, category: CategoryFacts | undefined, name: string): Problem<R> | undefined {
  if (!category || fieldOf(category, "input", name)) return undefined;
  return { key: "field", text: text("error.fieldUnknown", { name, category: localized(category.title) }) };
}

/** A text that is no number where the field is one. */
function unreadable(text: Text, { value }: ConstantField, field: FieldFacts | undefined): Problem<ConstantField> | undefined {
  if (!field || !isNumeric(field) || badNumber(text)(value) === undefined) return undefined;
  return { key: "value", text: text("error.number") };
}

const badNumber = (text: Text) => number(text, { min: -Number.MAX_VALUE });

/** What is wrong with a constant field. */
export function constantProblem(text: Text, row: ConstantField, all: readonly ConstantField[], taken: readonly string[]): Problem<ConstantField> | undefined {
  return fieldProblem(text, row, all, taken) ?? (isBlank(row.value) ? { key: "value", text: text("error.value") } : undefined);
}

/** What is wrong with a field of the job. */
export function jobProblem(text: Text, row: JobField, all: readonly JobField[], taken: readonly string[]): Problem<JobField> | undefined {
  const usable = row.path.split(".").every((part) => part.trim() !== "");
  return fieldProblem(text, row, all, taken) ?? (usable ? undefined : { key: "path", text: text("error.path") });
}

function fieldProblem<R extends { readonly field: string }>(text: Text, { field }: R, all: readonly R[], taken: readonly string[]): Problem<R> | undefined {
  if (isBlank(field)) return { key: "field", text: text("error.field") };
  const twice = taken.includes(field) || all.filter((other) => other.field === field).length > 1;
  return twice ? { key: "field", text: text("error.fieldTwice", { name: field }) } : undefined;
}
