import { NO_CATALOGUE, type Catalogue, type CategoryFacts } from "../lib/editor/catalogue";
import { fieldOf, fieldOptions, isBoolean, unitOptions, type Option } from "../lib/editor/options";
import { createTable, type Problem, type Table } from "../lib/editor/table";
import type { Text } from "../lib/editor/text";
import { isBlank, number } from "../lib/editor/validators";

/** Where in the model's answer a field stands, as the node saves it. */
export interface OutputMapping {
  readonly field: string;
  readonly source: string;
  readonly path: string;
  readonly unit: string;
  readonly within?: string;
  readonly labels?: Readonly<Record<string, string>> | null;
  readonly threshold?: number | string | null;
  readonly optional?: boolean;
}

/** A row as the table edits it: the labels as one text. */
export interface MappingRow extends OutputMapping {
  readonly labelText: string;
}

/** What an open form knows. */
export interface Facts {
  readonly catalogue: () => Catalogue | undefined;
  readonly category: () => CategoryFacts | undefined;
}

/** Units of what an answer says of the record itself; a category's own field of the name counts before it. */
const ENVELOPE: Readonly<Record<string, string | undefined>> = { confidence: "C62", validUntil: undefined, validFor: "SEC" };

export const toRow = (mapping: OutputMapping): MappingRow => ({ ...mapping, labelText: labelText(mapping) });

/** The row as it is saved; labels that were not touched stay as they were. */
export function fromRow(row: MappingRow): OutputMapping {
  const { labelText: typed, ...mapping } = row;
  if (typed === labelText(mapping)) return mapping;
  const rest = Object.fromEntries(Object.entries(mapping).filter(([key]) => key !== "labels")) as unknown as OutputMapping;
  return isBlank(typed) ? rest : { ...rest, labels: Object.fromEntries(labelsIn(typed)) };
}

const labelText = ({ labels }: OutputMapping): string => Object.entries(labels ?? {}).map(([key, label]) => `${key}=${label}`).join("; ");

/** `0=ok; 1=worn` as pairs; what has no equals sign has no label. */
function labelsIn(typed: string): readonly (readonly [string, string])[] {
  return typed.split(";").map((part) => part.trim()).filter(Boolean).map((part) => {
    const at = part.indexOf("=");
    return at < 0 ? [part, ""] : [part.slice(0, at).trim(), part.slice(at + 1).trim()];
  });
}

/** The table of the mapping of answers. */
export function mappingTable(host: HTMLElement, text: Text, mappings: readonly OutputMapping[], { catalogue, category }: Facts): Table<MappingRow> {
  const unitOf = ({ field }: MappingRow): string | undefined => (fieldOf(category(), "output", field) ?? { unit: ENVELOPE[field] }).unit;
  const envelope: readonly Option[] = [
    { value: "confidence", label: text("option.confidence") }, { value: "validUntil", label: text("option.validUntil") }, { value: "validFor", label: text("option.validFor") },
  ];
  const fields = (): readonly Option[] => {
    const own = fieldOptions(category()?.output ?? [], catalogue() ?? NO_CATALOGUE, text, category()?.requireOneOf.output);
    return [...own, ...envelope.filter(({ value }) => !own.some((option) => option.value === value))];
  };
  const sources: readonly Option[] = [
    { value: "tensor", label: text("option.tensor") }, { value: "json", label: text("option.json") }, { value: "text", label: text("option.text") },
  ];
  const maybeBoolean = ({ field }: MappingRow): boolean => {
    const known = fieldOf(category(), "output", field);
    return known ? isBoolean(known) : category() === undefined;
  };
  return createTable<MappingRow>({
    host, text,
    rows: mappings.map(toRow),
    addLabel: text("label.addMapping"),
    columns: [
      { key: "field", kind: "select", title: text("label.field"), width: "minmax(0, 5fr)", options: fields },
      { key: "source", kind: "select", title: text("label.source"), width: "minmax(0, 3fr)", options: () => sources },
      { key: "path", kind: "text", title: text("label.path"), width: "minmax(0, 5fr)" },
      {
        key: "unit", kind: "select", title: text("common.label.unit"), width: "minmax(0, 2fr)",
        options: (row) => (category() ? unitOptions(catalogue(), unitOf(row)) : unitOptions(undefined, row.unit)),
      },
    ],
    details: {
      columns: [
        { key: "within", kind: "text", title: text("label.within"), width: "minmax(0, 3fr)", usable: (row) => row.source !== "tensor" },
        { key: "labelText", kind: "text", title: text("label.labels"), width: "minmax(0, 5fr)", placeholder: "0=ok; 1=worn" },
        { key: "threshold", kind: "number", title: text("label.threshold"), width: "minmax(0, 1.6fr)", usable: maybeBoolean },
        { key: "optional", kind: "check", title: text("label.optional"), width: "66px", usable: (row) => fieldOf(category(), "output", row.field)?.required !== true },
      ],
    },
    blank: () => toRow({ field: "", source: "json", path: "", unit: "" }),
    problem: (row, all) => mappingProblem(text, row, all),
    edited(row, key) {
      if (key === "field") Object.assign(row, { unit: unitOf(row) ?? "" });
    },
  });
}

/** What is wrong with a row. */
export function mappingProblem(text: Text, row: MappingRow, all: readonly MappingRow[]): Problem<MappingRow> | undefined {
  if (isBlank(row.field)) return { key: "field", text: text("error.field") };
  if (all.filter((other) => other.field === row.field).length > 1) return { key: "field", text: text("error.fieldTwice", { name: row.field }) };
  const path = PATH_PROBLEM[row.source]?.(text, row.path);
  if (path) return { key: "path", text: path };
  const labels = labelsIn(row.labelText);
  if (labels.some((pair) => pair.includes(""))) return { key: "labelText", text: text("error.labels") };
  if (isBlank(row.threshold)) return undefined;
  const limit = number(text, { min: -Number.MAX_VALUE })(row.threshold);
  if (limit) return { key: "threshold", text: text("error.threshold") };
  return labels.length > 0 ? { key: "threshold", text: text("error.labelsOrThreshold") } : undefined;
}

const PATH_PROBLEM: Readonly<Record<string, ((text: Text, path: string) => string | undefined) | undefined>> = {
  tensor: (text, path) => (isBlank(path) ? text("error.tensor") : undefined),
  json: (text, path) => (path === "" || path.startsWith("/") ? undefined : text("error.pointer")),
  text: (text, path) => (isPattern(path) ? undefined : text("error.pattern")),
};

/** A regular expression, alone or as `/…/flags`. */
function isPattern(path: string): boolean {
  const [, body = path, flags = ""] = /^\/(.+)\/([a-z]*)$/s.exec(path) ?? [];
  try {
    return new RegExp(body, flags) instanceof RegExp && body !== "" && /^[imsu]*$/.test(flags);
  } catch {
    return false;
  }
}
