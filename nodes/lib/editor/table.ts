import { createList, type List, type ListButton } from "./list";
import { fillSelect, type Option } from "./options";
import type { Text } from "./text";

/** A column: which property it edits, how, and what its cells say. */
export interface Column<R> {
  readonly key: keyof R & string;
  readonly kind: "text" | "number" | "select" | "check";
  readonly title: string;
  /** Track of the css grid, e.g. `2fr` or `90px`. */
  readonly width: string;
  readonly placeholder?: string;
  /** Suggestions for a text cell. */
  readonly suggestions?: () => readonly string[];
  readonly options?: (row: R) => readonly Option[];
}

/** What is wrong with a row: the column and the sentence. */
export interface Problem<R> {
  readonly key: keyof R & string;
  readonly text: string;
}

export interface TableOptions<R extends object> {
  readonly host: HTMLElement;
  readonly text: Text;
  readonly columns: readonly Column<R>[];
  readonly addLabel: string;
  readonly buttons?: readonly ListButton[];
  readonly rows: readonly R[];
  blank(): R;
  /** Adjusts a row after one of its cells was edited. */
  edited?(row: R, key: keyof R & string): void;
  problem(row: R, all: readonly R[]): Problem<R> | undefined;
  /** What to say while there is no row, where at least one is needed. */
  readonly empty?: string;
  /** Turns several pasted lines into rows; without it a paste is plain text. */
  paste?(text: string): readonly R[];
  changed?(rows: readonly R[]): void;
}

export interface Table<R> {
  rows(): readonly R[];
  add(...rows: readonly R[]): void;
  replace(rows: readonly R[]): void;
  /** Draws all rows again, for instance after the options of a column changed. */
  refresh(): void;
}

interface Line<R> {
  row: R;
  refresh?: () => void;
  mark?: (problem: Problem<R> | undefined) => void;
}

let tables = 0;

/** An editable table on Node-RED's list; every cell is checked while it is typed. */
export function createTable<R extends object>(options: TableOptions<R>): Table<R> {
  const name = `resonance-table-${++tables}`;
  options.host.style.setProperty("--columns", options.columns.map((column) => column.width).join(" "));
  const problemLine = document.createElement("div");
  problemLine.className = "resonance-problem";
  problemLine.setAttribute("role", "status");

  const rows = (): readonly R[] => list.entries().map((line) => line.row);
  const check = (): void => {
    const all = rows();
    const problems = list.entries().map((line) => {
      const problem = options.problem(line.row, all);
      line.mark?.(problem);
      return problem;
    });
    const first = problems.findIndex(Boolean);
    problemLine.textContent = first < 0
      ? (all.length === 0 && options.empty) || "" : options.text("common.error.row", { row: first + 1, problem: problems[first]?.text ?? "" });
    options.changed?.(all);
  };

  const edited = (line: Line<R>, key: keyof R & string): void => {
    options.edited?.(line.row, key);
    line.refresh?.();
    check();
  };
  const takePaste = (event: ClipboardEvent, line: Line<R>): void => {
    const pasted = event.clipboardData?.getData("text") ?? "";
    const added = /[\n\t]/.test(pasted.trim()) ? options.paste?.(pasted) ?? [] : [];
    const [first, ...rest] = added;
    if (!first) return;
    event.preventDefault();
    Object.assign(line.row, first);
    line.refresh?.();
    for (const row of rest) list.add({ row });
    check();
  };

  const list: List<Line<R>> = createList<Line<R>>({
    host: options.host,
    text: options.text,
    addLabel: options.addLabel,
    header: headerOf(options.columns),
    ...(options.buttons && { buttons: options.buttons }),
    blank: () => ({ row: options.blank() }),
    render(content, line) {
      content.classList.add("resonance-cells");
      const cells = options.columns.map((column, index) => createCell(column, line, `${name}-${index}`, () => edited(line, column.key)));
      content.append(...cells.map((cell) => cell.element));
      content.addEventListener("paste", (event) => takePaste(event, line));
      line.refresh = () => { for (const cell of cells) cell.show(line.row); };
      line.mark = (problem) => {
        for (const cell of cells) markCell(cell.element, problem?.key === cell.key ? problem.text : undefined);
      };
      line.refresh();
    },
    changed: check,
  });
  options.host.closest(".red-ui-editableList")?.append(problemLine);
  for (const row of options.rows) list.add({ row: { ...row } });
  check();

  return {
    rows: () => rows().map((row) => ({ ...row })),
    add(...added) { for (const row of added) list.add({ row: { ...row } }); },
    replace(all) {
      list.clear();
      for (const row of all) list.add({ row: { ...row } });
      check();
    },
    refresh() {
      for (const line of list.entries()) line.refresh?.();
      check();
    },
  };
}

interface Cell<R> {
  readonly key: keyof R & string;
  readonly element: HTMLElement;
  show(row: R): void;
}

function createCell<R extends object>(column: Column<R>, line: Line<R>, name: string, edited: () => void): Cell<R> {
  const { key } = column;
  const store = (value: unknown): void => {
    Object.assign(line.row, { [key]: value });
    edited();
  };
  const element = column.kind === "select" ? document.createElement("select") : document.createElement("input");
  element.setAttribute("aria-label", column.title);
  element.dataset["column"] = key;
  if (element instanceof HTMLSelectElement) {
    element.addEventListener("change", () => store(element.value));
    return { key, element, show: (row) => fillSelect(element, column.options?.(row) ?? [], String(row[key])) };
  }
  if (column.kind === "check") {
    element.type = "checkbox";
    element.addEventListener("change", () => store(element.checked));
    return { key, element, show: (row) => { element.checked = Boolean(row[key]); } };
  }
  element.type = "text";
  if (column.kind === "number") element.inputMode = "decimal";
  if (column.placeholder) element.placeholder = column.placeholder;
  if (column.suggestions) element.setAttribute("list", suggestionList(name, column.suggestions()));
  element.addEventListener("input", () => store(column.kind === "number" ? toNumber(element.value) : element.value.trim()));
  return {
    key, element,
    // What is being typed stays as it is typed.
    show: (row) => { if (document.activeElement !== element || element.value.trim() === "") element.value = String(row[key]); },
  };
}

/** A number where the text is one; otherwise the text, for the check to refuse. */
function toNumber(typed: string): number | string {
  const value = Number(typed.replace(",", "."));
  return typed.trim() === "" || Number.isNaN(value) ? typed : value;
}

function suggestionList(id: string, values: readonly string[]): string {
  document.getElementById(id)?.remove();
  const list = document.createElement("datalist");
  list.id = id;
  list.append(...values.map((value) => new Option(value, value)));
  (document.querySelector(".resonance-form") ?? document.body).append(list);
  return id;
}

function headerOf<R>(columns: readonly Column<R>[]): HTMLElement {
  const header = document.createElement("div");
  header.className = "resonance-cells resonance-header";
  header.style.setProperty("--columns", columns.map((column) => column.width).join(" "));
  header.append(...columns.map((column) => Object.assign(document.createElement("span"), { textContent: column.title, title: column.title })));
  return header;
}

function markCell(element: HTMLElement, problem: string | undefined): void {
  element.classList.toggle("input-error", problem !== undefined);
  // A long NodeId differs at its end, which the cell may not show.
  element.title = problem ?? (element instanceof HTMLInputElement ? element.value : "");
  if (problem === undefined) element.removeAttribute("aria-invalid");
  else element.setAttribute("aria-invalid", "true");
}
