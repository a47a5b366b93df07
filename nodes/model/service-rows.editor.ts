import { type Catalogue, type CategoryFacts, NO_CATALOGUE } from "../lib/editor/catalogue";
import { fieldOf, fieldOptions, unitOptions } from "../lib/editor/options";
import { createTable, type Problem, type Table } from "../lib/editor/table";
import type { Text } from "../lib/editor/text";
import { isBlank } from "../lib/editor/validators";

/** A part of a request, as the node saves it. */
export interface RequestRow {
  readonly path: string;
  readonly source: string;
  readonly field: string;
  readonly unit: string;
  readonly value: string;
  readonly optional?: boolean;
}

/** A name and a value: a header, a property; with `tensor` a parameter. */
export interface NameValue {
  readonly name: string;
  readonly value: string;
  readonly tensor?: string;
}

const SOURCES = ["field", "value", "id", "timestamp", "equipment", "modelId", "modelVersion"] as const;

/** The table of a request's parts. */
export function requestTable(
  host: HTMLElement, text: Text, rows: readonly RequestRow[], facts: () => { catalogue: Catalogue | undefined; category: CategoryFacts | undefined },
): Table<RequestRow> {
  const unitOf = ({ field }: RequestRow): string | undefined => {
    const known = fieldOf(facts().category, "input", field);
    return known?.unit ?? known?.items?.unit;
  };
  return createTable<RequestRow>({
    host, text, rows,
    addLabel: text("label.addPart"),
    columns: [
      { key: "path", kind: "text", title: text("label.path"), width: "minmax(0, 4fr)", placeholder: "/data/0/torque" },
      { key: "source", kind: "select", title: text("label.source"), width: "minmax(0, 3fr)", options: () => SOURCES.map((value) => ({ value, label: text(`source.${value}`) })) },
      {
        key: "field", kind: "select", title: text("label.field"), width: "minmax(0, 4fr)", usable: ({ source }) => source === "field",
        options: () => fieldOptions(facts().category?.input ?? [], facts().catalogue ?? NO_CATALOGUE, text),
      },
      {
        key: "unit", kind: "select", title: text("common.label.unit"), width: "minmax(0, 2fr)", usable: ({ source }) => source === "field",
        options: (row) => (facts().category ? unitOptions(facts().catalogue, unitOf(row)) : unitOptions(undefined, row.unit)),
      },
      { key: "value", kind: "text", title: text("label.value"), width: "minmax(0, 2fr)", usable: ({ source }) => source === "value" },
      { key: "optional", kind: "check", title: text("label.optional"), width: "66px", usable: ({ source }) => source === "field" },
    ],
    blank: () => ({ path: "/", source: "field", field: "", unit: "", value: "" }),
    problem: (row, all) => requestProblem(text, row, all),
    edited(row, key) {
      if (key === "field") Object.assign(row, { unit: unitOf(row) ?? "" });
    },
  });
}

/** What is wrong with a part. */
export function requestProblem(text: Text, { path, source, field }: RequestRow, all: readonly RequestRow[]): Problem<RequestRow> | undefined {
  if (path !== "" && (!path.startsWith("/") || /~(?![01])/.test(path))) return { key: "path", text: text("error.pointer") };
  if (all.filter((other) => other.path === path).length > 1) return { key: "path", text: text("error.pathTwice") };
  return source === "field" && isBlank(field) ? { key: "field", text: text("error.field") } : undefined;
}

/** A table of names and values; with `tensors` also what a parameter belongs to. */
export function nameValueTable(host: HTMLElement, text: Text, rows: readonly NameValue[], withTensor = false): Table<NameValue> {
  return createTable<NameValue>({
    host, text, rows,
    addLabel: text("label.addRow"),
    columns: [
      ...(withTensor ? [{ key: "tensor", kind: "text", title: text("label.ofTensor"), width: "minmax(0, 1fr)" } as const] : []),
      { key: "name", kind: "text", title: text("label.name"), width: "minmax(0, 1fr)" },
      { key: "value", kind: "text", title: text("label.value"), width: "minmax(0, 1fr)" },
    ],
    blank: () => ({ name: "", value: "", ...(withTensor && { tensor: "" }) }),
    problem: ({ name }) => (isBlank(name) ? { key: "name", text: text("common.error.required") } : undefined),
  });
}
