import type { Catalogue, CategoryFacts, FieldFacts } from "../lib/editor/catalogue";
import { fieldOf, unitOptions, type Option } from "../lib/editor/options";
import type { Column, Problem } from "../lib/editor/table";
import type { Text } from "../lib/editor/text";
import { isBlank, number } from "../lib/editor/validators";

/** A row of the mapping as the node saves it; what is absent is as in older versions. */
export interface TagMapping {
  readonly tag: string;
  readonly field: string;
  readonly unit: string;
  /** Seconds; 0 is no limit. */
  readonly maxAge: number;
  readonly optional: boolean;
  readonly aggregate?: string;
  readonly window?: { readonly seconds?: number | string; readonly samples?: number | string };
  readonly stale?: string;
  readonly default?: unknown;
}

type WindowKind = "" | "seconds" | "samples";

/** A row as the table edits it: the window in two cells. */
export interface TagRow extends TagMapping {
  readonly windowKind: WindowKind;
  readonly windowSize: number | string;
}

const AGGREGATES = ["last", "mean", "min", "max", "std", "rms", "count", "rate", "history"] as const;
type Aggregate = (typeof AGGREGATES)[number];

/** Aggregates by the type of the field; a type that is not named only has the latest value. */
const FITTING: Readonly<Record<string, readonly Aggregate[]>> = {
  number: ["last", "mean", "min", "max", "std", "rms", "count", "rate"],
  integer: ["last", "min", "max", "count"],
  array: ["history"],
};

export const toRow = (mapping: TagMapping): TagRow => ({ ...mapping, ...windowOf(mapping) });

/** The row as it is saved; a window that was not touched stays as it was. */
export function fromRow({ windowKind, windowSize, ...mapping }: TagRow): TagMapping {
  const before = windowOf(mapping);
  if (windowKind === before.windowKind && windowSize === before.windowSize) return mapping;
  const rest = Object.fromEntries(Object.entries(mapping).filter(([key]) => key !== "window")) as unknown as TagMapping;
  return windowKind === "" ? rest : { ...rest, window: { [windowKind]: windowSize } };
}

function windowOf({ window }: TagMapping): Pick<TagRow, "windowKind" | "windowSize"> {
  if (!isBlank(window?.samples) && window?.samples !== 0) return { windowKind: "samples", windowSize: window?.samples ?? "" };
  if (!isBlank(window?.seconds) && window?.seconds !== 0) return { windowKind: "seconds", windowSize: window?.seconds ?? "" };
  return { windowKind: "", windowSize: "" };
}

/** Whether a row says more than tag, field, unit, age and optional. */
export const isDetailed = (row: TagMapping): boolean =>
  [row.aggregate, row.stale, row.default, windowOf(row).windowKind].some((part) => !isBlank(part));

/** The cells of a row's second line. */
export function detailColumns(text: Text, category: () => CategoryFacts | undefined): readonly Column<TagRow>[] {
  const labels: Readonly<Record<Aggregate, string>> = {
    last: text("option.last"), mean: text("option.mean"), min: text("option.min"), max: text("option.max"), std: text("option.std"),
    rms: text("option.rms"), count: text("option.count"), rate: text("option.rate"), history: text("option.history"),
  };
  const aggregates = (row: TagRow): readonly Option[] => {
    const field = fieldOf(category(), "input", row.field);
    const fitting = field ? FITTING[String(field.type)] ?? ["last"] : AGGREGATES;
    return [{ value: "", label: text("option.none") }, ...fitting.map((value) => ({ value, label: labels[value] }))];
  };
  const windows: readonly Option[] = [
    { value: "", label: text("option.sinceRecord") }, { value: "seconds", label: text("option.seconds") }, { value: "samples", label: text("option.samples") },
  ];
  const stale: readonly Option[] = [
    { value: "", label: text("option.staleReject") }, { value: "hold", label: text("option.staleHold") }, { value: "uncertain", label: text("option.staleUncertain") },
  ];
  return [
    { key: "aggregate", kind: "select", title: text("label.aggregate"), width: "minmax(0, 4fr)", options: aggregates },
    { key: "windowKind", kind: "select", title: text("label.window"), width: "minmax(0, 4fr)", options: () => windows, usable: (row) => !isBlank(row.aggregate) },
    { key: "windowSize", kind: "number", title: text("label.windowSize"), width: "64px", usable: (row) => !isBlank(row.aggregate) && row.windowKind !== "" },
    {
      key: "stale", kind: "select", title: text("label.stale"), width: "minmax(0, 4fr)",
      options: (row) => (row.stale === "reject" ? stale.map((option) => (option.value === "" ? { ...option, value: "reject" } : option)) : stale),
    },
    { key: "default", kind: "text", title: text("label.default"), width: "minmax(0, 2.4fr)" },
  ];
}

/** The units a row may be delivered in, or the one each sample states. A rate is of another kind than what it is worked out of: there every unit is offered. */
export function tagUnits(text: Text, row: TagRow, field: FieldFacts | undefined, catalogue: Catalogue | undefined): readonly Option[] {
  const unit = unitOfField(field);
  if (!catalogue || unit === undefined) return unitOptions(catalogue, unit);
  if (row.aggregate !== "rate") return [...unitOptions(catalogue, unit), { value: "", label: text("option.statedUnit") }];
  return catalogue.units.map(({ code, symbol }) => ({ value: code, label: symbol }));
}

/** The field's own unit; of a list, that of what it holds. */
export const unitOfField = (field: FieldFacts | undefined): string | undefined => field?.unit ?? field?.items?.unit;

/** What is wrong with a row among all rows and fields that are filled otherwise. */
export function tagProblem(text: Text, row: TagRow, all: readonly TagRow[]): Problem<TagRow> | undefined {
  if (isBlank(row.tag)) return { key: "tag", text: text("error.tag") };
  if (isBlank(row.field)) return { key: "field", text: text("error.field") };
  if (all.filter((other) => other.field === row.field).length > 1) return { key: "field", text: text("error.fieldTwice", { name: row.field }) };
  if (all.filter((other) => sourceOf(other) === sourceOf(row)).length > 1) return { key: "tag", text: text("error.tagTwice", { name: row.tag }) };
  const age = number(text, { min: 0 })(row.maxAge);
  if (age) return { key: "maxAge", text: age };
  const size = isBlank(row.aggregate) ? undefined : WINDOW_PROBLEM[row.windowKind](text, row.windowSize);
  return size ? { key: "windowSize", text: `${text("label.windowSize")}: ${size}` } : undefined;
}

const WINDOW_PROBLEM: Readonly<Record<WindowKind, (text: Text, size: unknown) => string | undefined>> = {
  "": () => undefined,
  seconds: (text, size) => number(text, { min: 0.001, max: 31 * 86_400 })(size),
  samples: (text, size) => number(text, { min: 1, max: 100_000, whole: true })(size),
};

/** The same tag may fill several fields, each in another way. */
const sourceOf = ({ tag, aggregate, windowKind, windowSize }: TagRow): string =>
  JSON.stringify(isBlank(aggregate) || (aggregate === "last" && windowKind === "") ? [tag] : [tag, aggregate, windowKind, String(windowSize)]);
