import type { Catalogue, CategoryFacts, FieldFacts, UnitFacts } from "./catalogue";
import { localized, type Text } from "./text";

/** One entry of a select. */
export interface Option {
  readonly value: string;
  readonly label: string;
}

/** Fills a select and keeps `current` chosen, even if it is not (or not yet) among the options. */
export function fillSelect(select: HTMLSelectElement, options: readonly Option[], current: string): void {
  const known = options.some((option) => option.value === current);
  const all = known || current === "" ? options : [...options, { value: current, label: current }];
  select.replaceChildren(...all.map((option) => new Option(option.label, option.value)));
  select.value = current;
}

/** The categories of the profiles, with their titles. */
export function categoryOptions(catalogue: Catalogue): readonly Option[] {
  return catalogue.profiles
    .flatMap((profile) => profile.categories)
    .map((category) => ({ value: category.id, label: localized(category.title) }));
}

/** Fields with title and a mark: `*` for the required ones, `(*)` for those of which one is needed; the first entry is empty. */
export function fieldOptions(fields: readonly FieldFacts[], catalogue: Catalogue, text: Text, oneOf: readonly string[] = []): readonly Option[] {
  return [
    { value: "", label: text("common.table.choose") },
    ...fields.map((field) => ({ value: field.name, label: `${fieldLabel(field, catalogue)}${field.required ? " *" : oneOf.includes(field.name) ? " (*)" : ""}` })),
  ];
}

function fieldLabel(field: FieldFacts, catalogue: Catalogue): string {
  const unit = unitOf(catalogue, field.unit);
  return `${localized(field.title)}${unit && unit.symbol !== "1" ? ` [${unit.symbol}]` : ""}`;
}

/** The units that convert into `code`; a dash alone for a field without unit. */
export function unitOptions(catalogue: Catalogue | undefined, code: string | undefined): readonly Option[] {
  const unit = unitOf(catalogue, code);
  if (!catalogue || !unit) return [{ value: code ?? "", label: code ?? "–" }];
  return catalogue.units
    .filter((other) => other.quantity === unit.quantity)
    .map((other) => ({ value: other.code, label: other.symbol === "1" ? "1" : other.symbol }));
}

/** How people write a unit; its code where the catalogue does not know it. */
export function unitSymbol(catalogue: Catalogue | undefined, code: string): string {
  return unitOf(catalogue, code)?.symbol ?? code;
}

function unitOf(catalogue: Catalogue | undefined, code: string | undefined): UnitFacts | undefined {
  return catalogue?.units.find((unit) => unit.code === code);
}

/** The field of that name in one direction of a category. */
export function fieldOf(category: CategoryFacts | undefined, direction: "input" | "output", name: string): FieldFacts | undefined {
  return category?.[direction].find((field) => field.name === name);
}

/** Whether a field holds numbers. */
export function isNumeric(field: FieldFacts): boolean {
  return [field.type].flat().some((type) => type === "number" || type === "integer");
}

/** Whether a field holds yes or no. */
export function isBoolean(field: FieldFacts): boolean {
  return [field.type].flat().includes("boolean");
}
