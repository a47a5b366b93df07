import { button, element } from "./opcua-dialog";
import type { Text } from "./text";

/** A node as the runtime tells of it. */
export interface BrowsedNode {
  readonly nodeId: string;
  readonly browseName: string;
  readonly name: string;
  readonly nodeClass: string;
}

export interface BrowseTreeOptions {
  readonly text: Text;
  /** A page of a node's children; `next` where there are more. */
  children(nodeId: string, from: number): Promise<{ readonly nodes: readonly BrowsedNode[]; readonly next?: number }>;
  describe(node: BrowsedNode): void;
  picked(nodeId: string): boolean;
  pick(node: BrowsedNode, path: readonly string[], on: boolean): void;
  failed(thrown: unknown): void;
}

export interface BrowseTree {
  readonly element: HTMLElement;
  /** Shows the tree from the Objects folder. */
  browse(): void;
  /** Shows these nodes, each with the way to it. */
  list(nodes: readonly (BrowsedNode & { readonly path: readonly string[] })[]): void;
}

const ROOT = "i=85";
const ICONS: Readonly<Record<string, string>> = { Object: "fa-folder-o", Variable: "fa-tag", Method: "fa-cog", View: "fa-eye" };
const KEYS = new Set(["ArrowDown", "ArrowUp", "ArrowRight", "ArrowLeft", "Home", "End", " ", "Enter"]);

/** A tree that loads what is opened. Arrow keys move and open, the space bar picks a variable (WAI-ARIA, tree view). */
export function openBrowseTree(options: BrowseTreeOptions): BrowseTree {
  const { text } = options;
  const root = element("ul", "resonance-tree");
  root.setAttribute("role", "tree");
  root.setAttribute("aria-multiselectable", "true");
  root.ariaLabel = text("common.browse.title");

  const rows = (): HTMLElement[] => [...root.querySelectorAll<HTMLElement>("[role=treeitem]")].filter((row) => row.offsetParent !== null);
  const focus = (row: HTMLElement | undefined): void => {
    if (!row) return;
    for (const other of root.querySelectorAll("[role=treeitem][tabindex='0']")) other.setAttribute("tabindex", "-1");
    row.tabIndex = 0;
    row.focus();
  };

  const load = async (into: HTMLElement, nodeId: string, path: readonly string[], from = 0): Promise<void> => {
    const waiting = element("li", "resonance-unit", text("common.browse.loading"));
    into.append(waiting);
    try {
      const { nodes, next } = await options.children(nodeId, from);
      into.append(...nodes.map((node) => item(node, [...path, node.browseName])));
      if (next !== undefined) into.append(moreOf(into, nodeId, path, next));
      if (nodes.length === 0 && from === 0) into.append(element("li", "resonance-unit", text("common.opcua.nothing")));
    } catch (thrown) {
      into.closest<HTMLElement>("[role=treeitem]")?.setAttribute("aria-expanded", "false");
      into.replaceChildren();
      into.dataset["loaded"] = "";
      options.failed(thrown);
    } finally {
      waiting.remove();
    }
    if (!root.querySelector("[tabindex='0']")) rows()[0]?.setAttribute("tabindex", "0");
  };
  const moreOf = (into: HTMLElement, nodeId: string, path: readonly string[], next: number): HTMLElement => {
    const more = element("li");
    more.append(button(text("common.browse.more", { count: next }), "fa-ellipsis-h", () => {
      more.remove();
      void load(into, nodeId, path, next);
    }));
    return more;
  };

  const item = (node: BrowsedNode, path: readonly string[], way = ""): HTMLElement => {
    const row = element("li");
    row.setAttribute("role", "treeitem");
    row.setAttribute("aria-expanded", "false");
    row.tabIndex = -1;
    row.dataset["nodeId"] = node.nodeId;
    const line = element("div", "resonance-tree-line");
    const arrow = element("i", "fa fa-fw fa-angle-right");
    const box = element("input");
    box.type = "checkbox";
    box.tabIndex = -1;
    box.ariaLabel = node.name;
    box.checked = options.picked(node.nodeId);
    if (node.nodeClass !== "Variable") box.hidden = true;
    row.setAttribute("aria-selected", String(box.checked));
    line.append(arrow, box, element("i", `fa fa-fw ${ICONS[node.nodeClass] ?? "fa-circle-o"}`), element("span", "", node.name));
    if (way !== "") line.append(element("span", "resonance-unit", way));
    const group = element("ul");
    group.setAttribute("role", "group");
    group.hidden = true;
    row.append(line, group);

    const pick = (): void => {
      row.setAttribute("aria-selected", String(box.checked));
      options.pick(node, path, box.checked);
    };
    const expand = (open: boolean): void => {
      row.setAttribute("aria-expanded", String(open));
      arrow.className = `fa fa-fw ${open ? "fa-angle-down" : "fa-angle-right"}`;
      group.hidden = !open;
      if (!open || group.dataset["loaded"] === "yes") return;
      group.dataset["loaded"] = "yes";
      void load(group, node.nodeId, path);
    };
    const expanded = (): boolean => row.getAttribute("aria-expanded") === "true";
    box.addEventListener("change", pick);
    line.addEventListener("click", (event) => {
      focus(row);
      if (event.target === arrow) expand(!expanded());
      if (event.target !== box) options.describe(node);
    });
    line.addEventListener("dblclick", (event) => { if (event.target !== box && event.target !== arrow) expand(!expanded()); });
    const press: Readonly<Record<string, () => void>> = {
      ArrowRight: () => { if (expanded()) focus(group.querySelector<HTMLElement>("[role=treeitem]") ?? undefined); else expand(true); },
      ArrowLeft: () => { if (expanded()) expand(false); else focus(row.parentElement?.closest<HTMLElement>("[role=treeitem]") ?? undefined); },
      Enter: () => { options.describe(node); },
      " ": () => { if (!box.hidden) { box.checked = !box.checked; pick(); } else expand(!expanded()); },
    };
    row.addEventListener("keydown", (event) => {
      if (event.target !== row || !KEYS.has(event.key)) return;
      event.preventDefault();
      event.stopPropagation();
      const all = rows();
      const to = { ArrowDown: all.indexOf(row) + 1, ArrowUp: all.indexOf(row) - 1, Home: 0, End: all.length - 1 }[event.key];
      if (to === undefined) press[event.key]?.();
      else focus(all[to]);
    });
    return row;
  };

  return {
    element: root,
    browse() {
      root.replaceChildren();
      void load(root, ROOT, []);
    },
    list(nodes) {
      root.replaceChildren(...nodes.map((node) => item(node, node.path, node.path.slice(0, -1).map((step) => step.replace(/^nsu=[^;]*;/, "")).join(" / "))));
      rows()[0]?.setAttribute("tabindex", "0");
    },
  };
}
