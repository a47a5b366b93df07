import type { Catalogue, CategoryFacts } from "./catalogue";
import { createList } from "./list";
import { fieldOf, fieldOptions, fillSelect, unitOptions } from "./options";
import { createTable, type Table } from "./table";
import type { Text } from "./text";
import { isBlank } from "./validators";

export type Direction = "input" | "output";

export interface TensorElement {
  readonly field: string;
  readonly unit: string;
}

/** A tensor of the model's signature, as the node saves it. */
export interface TensorSpec {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
  readonly elements: readonly TensorElement[];
}

const DATATYPES = [
  "FP32", "FP64", "FP16", "BF16", "INT64", "INT32", "INT16", "INT8", "UINT64", "UINT32", "UINT16", "UINT8", "BOOL", "BYTES",
] as const;

/** What is wrong with a tensor, as a sentence; one dimension may be -1 and takes what the elements fill. */
export function tensorProblem(text: Text, direction: Direction, tensor: TensorSpec, all: readonly TensorSpec[]): string | undefined {
  const { name, shape, elements: { length: count } } = tensor;
  if (isBlank(name)) return text("common.tensor.noName");
  if (all.filter((other) => other.name === name).length > 1) return text("common.tensor.twice", { name });
  const open = shape.filter((size) => size === -1).length;
  if (open > 1 || shape.some((size) => size !== -1 && !(Number.isInteger(size) && size > 0))) return text("common.tensor.badShape");
  const size = Math.abs(shape.reduce((product, dimension) => product * dimension, 1));
  const fits = open === 1 ? count > 0 && count % size === 0 : count === size;
  // Nobody has to use what the model answers.
  return fits || (direction === "output" && count === 0) ? undefined : text("common.tensor.badCount", { size, count });
}

export interface TensorEditor {
  tensors(): readonly TensorSpec[];
  replace(tensors: readonly TensorSpec[]): void;
  refresh(): void;
}

interface Entry {
  tensor: TensorSpec;
  elements?: Table<TensorElement>;
  mark?: () => void;
}

/** Edits a list of tensors: name, datatype, shape and, in order, what each element means. */
export function editTensors(
  host: HTMLElement, text: Text, direction: Direction, initial: readonly TensorSpec[],
  facts: () => { catalogue: Catalogue | undefined; category: CategoryFacts | undefined },
): TensorEditor {
  const read = (): readonly TensorSpec[] =>
    list.entries().map(({ tensor, elements }) => ({ ...tensor, elements: elements?.rows() ?? tensor.elements }));
  const changed = (): void => { for (const entry of ready ? list.entries() : []) entry.mark?.(); };
  let ready = false;

  const list = createList<Entry>({
    host, text,
    addLabel: text("common.tensor.add"),
    blank: () => ({ tensor: { name: "", datatype: "FP32", shape: [1, 1], elements: [{ field: "", unit: "" }] } }),
    changed,
    render(content, entry) {
      content.classList.add("resonance-tensor");
      const update = (part: Partial<TensorSpec>): void => {
        entry.tensor = { ...entry.tensor, ...part };
        changed();
      };
      const shape = textInput(text("common.tensor.shape"), entry.tensor.shape.join(", "), (typed) => update({ shape: parseShape(typed) }), "1, 5");
      content.append(heading(
        textInput(text("common.tensor.name"), entry.tensor.name, (typed) => update({ name: typed })),
        datatypeSelect(text, entry.tensor.datatype, (datatype) => update({ datatype })),
        shape,
      ));
      const problem = Object.assign(document.createElement("div"), { className: "resonance-problem" });
      const elements = document.createElement("ol");
      content.append(problem, elements);
      entry.elements = elementTable(elements, text, direction, entry.tensor.elements, facts, changed);
      entry.mark = () => {
        const all = read();
        const sentence = tensorProblem(text, direction, all[list.entries().indexOf(entry)] ?? entry.tensor, all);
        problem.textContent = sentence ?? "";
        content.classList.toggle("resonance-invalid", sentence !== undefined);
      };
    },
  });
  const fill = (tensors: readonly TensorSpec[]): void => {
    ready = false;
    list.clear();
    for (const tensor of tensors) list.add({ tensor });
    ready = true;
    changed();
  };
  fill(initial);
  return { tensors: read, replace: fill, refresh: () => { for (const entry of list.entries()) entry.elements?.refresh(); } };
}

function elementTable(
  host: HTMLElement, text: Text, direction: Direction, rows: readonly TensorElement[],
  facts: () => { catalogue: Catalogue | undefined; category: CategoryFacts | undefined }, changed: () => void,
): Table<TensorElement> {
  const unitOf = (row: TensorElement): string | undefined => fieldOf(facts().category, direction, row.field)?.unit;
  return createTable<TensorElement>({
    host, text, rows, changed,
    addLabel: text("common.tensor.addElement"),
    columns: [
      {
        key: "field", kind: "select", title: text("common.tensor.meaning"), width: "minmax(0, 3fr)",
        options() {
          const { catalogue, category } = facts();
          const [, ...fields] = catalogue && category ? fieldOptions(category[direction], catalogue, text) : [];
          const confidence = direction === "output" ? [{ value: "confidence", label: text("common.tensor.confidence") }] : [];
          return [{ value: "", label: text("common.tensor.unused") }, ...fields, ...confidence];
        },
      },
      {
        key: "unit", kind: "select", title: text("common.label.unit"), width: "minmax(0, 1fr)",
        options: (row) => (facts().category ? unitOptions(facts().catalogue, unitOf(row)) : unitOptions(undefined, row.unit)),
      },
    ],
    blank: () => ({ field: "", unit: "" }),
    edited(row, key) {
      if (key === "field") Object.assign(row, { unit: unitOf(row) ?? "" });
    },
    problem: () => undefined,
  });
}

function heading(...parts: readonly HTMLElement[]): HTMLElement {
  const line = document.createElement("div");
  line.className = "resonance-tensor-heading";
  line.append(...parts);
  return line;
}

function textInput(label: string, value: string, store: (typed: string) => void, placeholder = ""): HTMLElement {
  const input = Object.assign(document.createElement("input"), { type: "text", value, placeholder });
  input.addEventListener("input", () => store(input.value.trim()));
  return labelled(label, input);
}

function datatypeSelect(text: Text, value: string, store: (datatype: string) => void): HTMLElement {
  const select = document.createElement("select");
  fillSelect(select, DATATYPES.map((name) => ({ value: name, label: name })), value);
  select.addEventListener("change", () => store(select.value));
  return labelled(text("common.tensor.datatype"), select);
}

function labelled(label: string, control: HTMLElement): HTMLElement {
  const wrap = document.createElement("label");
  wrap.append(Object.assign(document.createElement("span"), { textContent: label }), control);
  return wrap;
}

/** `1, 5`, `1x5` or `[1,5]` as numbers; what is no number becomes NaN, for the check to refuse. */
function parseShape(typed: string): readonly number[] {
  return typed.replace(/[[\]]/g, "").split(/[\s,x×]+/).filter(Boolean).map(Number);
}
