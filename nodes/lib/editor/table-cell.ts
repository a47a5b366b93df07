import { fillSelect, type Option } from "./options";

/** A column: which property it edits, how, and what its cells say. */
export interface Column<R> {
  readonly key: keyof R & string;
  readonly kind: "text" | "password" | "number" | "select" | "check";
  readonly title: string;
  /** Track of the css grid, e.g. `2fr` or `90px`. */
  readonly width: string;
  readonly placeholder?: string;
  /** Suggestions for a text cell. */
  readonly suggestions?: () => readonly string[];
  readonly options?: (row: R) => readonly Option[];
  /** What stands beside the cell's value, as a consequence of it. */
  readonly note?: (row: R) => string;
  /** Whether the cell means anything in this row; always, where not given. */
  readonly usable?: (row: R) => boolean;
}

/** A cell as it stands in the form. */
export interface Cell<R> {
  readonly key: keyof R & string;
  readonly title: string;
  readonly element: HTMLInputElement | HTMLSelectElement;
  /** The element with what stands beside it. */
  readonly whole: HTMLElement;
  show(row: R): void;
}

/** Makes a cell that keeps `line.row` up to date and tells `edited`; `name` is unique in the form. */
export function createCell<R extends object>(column: Column<R>, line: { readonly row: R }, name: string, edited: () => void): Cell<R> {
  const { key, title, usable = () => true } = column;
  const { note: tellNote } = column;
  const note = tellNote && Object.assign(document.createElement("span"), { className: "resonance-note" });
  const made = (show: (row: R) => void): Cell<R> => ({
    key, title, element,
    whole: note ? beside(element, note) : element,
    show(row) {
      element.disabled = !usable(row);
      if (note) note.textContent = tellNote(row);
      show(row);
    },
  });
  const store = (value: unknown): void => {
    Object.assign(line.row, { [key]: value });
    edited();
  };
  const element = column.kind === "select" ? document.createElement("select") : document.createElement("input");
  element.setAttribute("aria-label", column.title);
  element.dataset["column"] = key;
  if (element instanceof HTMLSelectElement) {
    element.addEventListener("change", () => store(element.value));
    return made((row) => fillSelect(element, column.options?.(row) ?? [], shown(row[key])));
  }
  if (column.kind === "check") {
    element.type = "checkbox";
    element.addEventListener("change", () => store(element.checked));
    return made((row) => { element.checked = Boolean(row[key]); });
  }
  element.type = column.kind === "password" ? "password" : "text";
  if (column.kind === "password") element.autocomplete = "new-password";
  if (column.kind === "number") element.inputMode = "decimal";
  if (column.placeholder) element.placeholder = column.placeholder;
  if (column.suggestions) element.setAttribute("list", suggestionList(name, column.suggestions()));
  element.addEventListener("input", () => store(column.kind === "number" ? toNumber(element.value) : column.kind === "password" ? element.value : element.value.trim()));
  // What is being typed stays as it is typed.
  return made((row) => { if (document.activeElement !== element || element.value.trim() === "") element.value = shown(row[key]); });
}

function beside(element: HTMLElement, note: HTMLElement): HTMLElement {
  const pair = Object.assign(document.createElement("span"), { className: "resonance-pair" });
  pair.append(element, note);
  return pair;
}

/** What a cell shows: nothing where the property is absent; lists and objects as JSON. */
function shown(value: unknown): string {
  if (value === undefined || value === null) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** The cell under its title, for a line without a header. */
export function labelled<R>({ title, whole }: Cell<R>): HTMLElement {
  const label = document.createElement("label");
  label.append(Object.assign(document.createElement("span"), { textContent: title, title }), whole);
  return label;
}

/** A number where the text is one; otherwise the text, for the check to refuse. */
function toNumber(typed: string): number | string {
  const value = Number(typed.replace(",", "."));
  return typed.trim() === "" || Number.isNaN(value) ? typed : value;
}

/** A list of suggestions in the open form; gives the id to name in `list`. */
export function suggestionList(id: string, values: readonly string[]): string {
  document.getElementById(id)?.remove();
  const list = document.createElement("datalist");
  list.id = id;
  list.append(...values.map((value) => new Option(value, value)));
  (document.querySelector(".resonance-form") ?? document.body).append(list);
  return id;
}

/** The titles above the columns. */
export function headerOf<R>(columns: readonly Column<R>[]): HTMLElement {
  const header = document.createElement("div");
  header.className = "resonance-cells resonance-header";
  header.style.setProperty("--columns", columns.map((column) => column.width).join(" "));
  header.append(...columns.map((column) => Object.assign(document.createElement("span"), { textContent: column.title, title: column.title })));
  return header;
}

/** Marks a cell that has a problem, and says which. */
export function markCell(element: HTMLElement, problem: string | undefined): void {
  element.classList.toggle("input-error", problem !== undefined);
  // A long NodeId differs at its end, which the cell may not show.
  element.title = problem ?? (element instanceof HTMLInputElement ? element.value : "");
  if (problem === undefined) element.removeAttribute("aria-invalid");
  else element.setAttribute("aria-invalid", "true");
}
