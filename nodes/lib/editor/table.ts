import { createList, type List, type ListButton } from "./list";
import { createCell, headerOf, labelled, markCell, type Column } from "./table-cell";
import type { Text } from "./text";

export type { Column } from "./table-cell";

/** What is wrong with a row: the column and the sentence. */
export interface Problem<R> {
  readonly key: keyof R & string;
  readonly text: string;
}

export interface TableOptions<R extends object> {
  readonly host: HTMLElement;
  readonly text: Text;
  readonly columns: readonly Column<R>[];
  /** A second line of each row, each cell with its title above it; `shown` is asked at each `refresh`. */
  readonly details?: { readonly columns: readonly Column<R>[]; readonly shown?: () => boolean };
  readonly addLabel: string;
  readonly buttons?: readonly ListButton[];
  readonly rows: readonly R[];
  blank(): R;
  /** Adjusts a row after one of its cells was edited. */
  edited?(row: R, key: keyof R & string): void;
  problem(row: R, all: readonly R[]): Problem<R> | undefined;
  /** What to say while there is no row, where at least one is needed. */
  readonly empty?: string;
  /** What the rows together lack, where none has a problem. */
  readonly lacking?: (rows: readonly R[]) => string | undefined;
  /** Turns several pasted lines into rows; without it a paste is plain text. */
  paste?(text: string): readonly R[];
  changed?(rows: readonly R[]): void;
}

export interface Table<R> {
  rows(): readonly R[];
  add(...rows: readonly R[]): void;
  replace(rows: readonly R[]): void;
  /** Judges all rows again, for instance after another table changed what they depend on. */
  readonly check: () => void;
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
      ? (all.length === 0 && options.empty) || (options.lacking?.(all) ?? "") : options.text("common.error.row", { row: first + 1, problem: problems[first]?.text ?? "" });
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
      const cellsOf = (columns: readonly Column<R>[], part: string) =>
        columns.map((column, index) => createCell(column, line, `${name}-${part}${index}`, () => edited(line, column.key)));
      const main = cellsOf(options.columns, "");
      const further = cellsOf(options.details?.columns ?? [], "details-");
      const cells = [...main, ...further];
      const first = lineOf(main.map((cell) => cell.whole));
      const second = lineOf(further.map((cell) => labelled(cell)));
      second.classList.add("resonance-details");
      second.style.setProperty("--columns", (options.details?.columns ?? []).map((column) => column.width).join(" "));
      content.append(first, ...(options.details ? [second] : []));
      content.addEventListener("paste", (event) => takePaste(event, line));
      line.refresh = () => {
        second.hidden = options.details?.shown?.() === false;
        for (const cell of cells) cell.show(line.row);
      };
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
    check,
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

function lineOf(cells: readonly HTMLElement[]): HTMLElement {
  const line = document.createElement("div");
  line.className = "resonance-cells";
  line.append(...cells);
  return line;
}
