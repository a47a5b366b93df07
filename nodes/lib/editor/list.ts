import type { Text } from "./text";

/** A button under a list, beside "add". */
export interface ListButton {
  readonly label: string;
  readonly icon: string;
  click(): void;
}

export interface ListOptions<T extends object> {
  readonly host: HTMLElement;
  readonly text: Text;
  readonly addLabel: string;
  readonly header?: HTMLElement;
  readonly buttons?: readonly ListButton[];
  /** The value a new entry starts with. */
  blank(): T;
  /** Builds the content of an entry. */
  render(content: HTMLElement, entry: T): void;
  /** Entries were added, removed or moved. */
  changed(): void;
}

export interface List<T extends object> {
  entries(): readonly T[];
  add(entry: T): void;
  clear(): void;
}

/** Node-RED's editable list, also usable by keyboard: Alt with an arrow key moves an entry. */
export function createList<T extends object>(options: ListOptions<T>): List<T> {
  const host = $(options.host);
  const call = (...args: unknown[]): unknown => (host.editableList as unknown as (...all: unknown[]) => unknown).apply(host, args);
  const known = new WeakSet();

  call({
    sortable: true,
    removable: true,
    height: "auto",
    scrollOnAdd: false,
    addButton: options.addLabel,
    buttons: [...(options.buttons ?? [])],
    ...(options.header && { header: $(options.header) }),
    // The list's own button adds `{}`.
    addItem(content: JQuery, _index: number, data: T) {
      const fresh = !known.has(data);
      if (fresh) Object.assign(data, options.blank());
      known.add(data);
      const element = content[0];
      if (!element) return;
      options.render(element, data);
      dressHandles(element, options);
      if (fresh) element.querySelector<HTMLElement>("input, select")?.focus();
      options.changed();
    },
    removeItem: () => options.changed(),
    sortItems: () => options.changed(),
  });

  return {
    entries: () => (call("items") as JQuery).toArray().map((item) => $(item).data("data") as T),
    add(entry) {
      known.add(entry);
      call("addItem", entry);
    },
    clear: () => { call("empty"); },
  };
}

function dressHandles<T extends object>(content: HTMLElement, options: ListOptions<T>): void {
  const { text } = options;
  const entry = content.closest("li");
  entry?.querySelector(":scope > .red-ui-editableList-item-remove")?.setAttribute("aria-label", text("common.table.remove"));
  entry?.querySelector(":scope > .red-ui-editableList-item-handle")?.setAttribute("title", text("common.table.move"));
  content.addEventListener("keydown", (event) => {
    if (!event.altKey || !entry) return;
    const neighbour = event.key === "ArrowUp" ? entry.previousElementSibling : event.key === "ArrowDown" ? entry.nextElementSibling : null;
    if (!neighbour) return;
    event.preventDefault();
    event.stopPropagation();
    if (event.key === "ArrowUp") neighbour.before(entry);
    else neighbour.after(entry);
    (event.target as HTMLElement).focus();
    options.changed();
  });
}
