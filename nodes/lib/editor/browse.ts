import { openBrowseTree, type BrowsedNode } from "./browse-tree";
import { ask, button, element, factList, timeText, valuesOfNode } from "./opcua-dialog";
import { addStyle } from "./form";
import type { Text } from "./text";

/** A variable somebody chose. */
export interface ChosenItem {
  /** The browse name without its namespace; the one who takes it sees to it that it is unique. */
  readonly tag: string;
  readonly nodeId: string;
  /** From the Root folder, with namespace URIs (OPC 10000-4, A.2). */
  readonly browsePath: string;
  readonly dataType?: string;
  /** UN/CEFACT code where the server gives one, else its own symbol. */
  readonly unit?: string;
}

export interface BrowseOptions {
  /** Id of the endpoint node, as chosen in a form. */
  readonly endpoint: string;
  readonly text: Text;
  chosen(items: readonly ChosenItem[]): void;
}

interface NodeFacts {
  readonly nodeId: string;
  readonly browseName?: string;
  readonly description?: string;
  readonly dataType?: string;
  readonly unit?: { readonly symbol: string; readonly code?: string };
  readonly range?: { readonly low: number; readonly high: number };
  readonly access?: { readonly read: boolean; readonly write: boolean; readonly history: boolean };
  readonly value?: { readonly text: string; readonly quality: string; readonly status?: string; readonly timestamp: string };
  readonly error?: string;
}

interface SearchAnswer {
  readonly hits: readonly (BrowsedNode & { readonly path: readonly string[] })[];
  readonly visited: number;
  readonly ended?: string;
}

/** Nodes the runtime describes in one request. */
const AT_ONCE = 100;

/** Opens the dialog in which a person picks variables from a server; it works with what the editor holds, deployed or not. */
export function openBrowse({ endpoint, text, ...options }: BrowseOptions): void {
  const values = valuesOfNode(endpoint);
  if (!values) {
    RED.notify(text("common.opcua.noEndpoint"), "warning");
    return;
  }
  addStyle();
  const gone = new AbortController();
  const root = element("div", "resonance-form resonance-browse");
  const problem = element("div", "resonance-problem");
  problem.setAttribute("role", "alert");
  const count = element("span", "resonance-unit");
  count.setAttribute("aria-live", "polite");
  const aside = element("div", "resonance-browse-details");
  aside.setAttribute("aria-live", "polite");
  const picked = new Map<string, readonly string[]>();
  const request = <T>(path: string, body: object): Promise<T> => ask<T>(path, { endpoint: values, ...body }, text, undefined, gone.signal);
  const fail = (thrown: unknown): void => { if (!gone.signal.aborted) problem.textContent = thrown instanceof Error ? thrown.message : String(thrown); };

  let shown = "";
  const describe = (node: BrowsedNode): void => {
    shown = node.nodeId;
    aside.replaceChildren(element("p", "resonance-unit", node.name));
    request<readonly NodeFacts[]>("describe", { nodeIds: [node.nodeId] }).then(([facts]) => {
      if (facts && shown === node.nodeId) aside.replaceChildren(element("h4", "", node.name), factsOf(facts, text));
    }, fail);
  };
  const tree = openBrowseTree({
    text, describe,
    children: (nodeId, from) => request("browse", { nodeId, from }),
    failed: fail,
    picked: (nodeId) => picked.has(nodeId),
    pick(node, path, on) {
      if (on) picked.set(node.nodeId, path);
      else picked.delete(node.nodeId);
      count.textContent = text("common.browse.count", { count: picked.size });
    },
  });

  const field = element("input");
  field.type = "text";
  field.placeholder = text("common.browse.search");
  field.ariaLabel = text("common.browse.search");
  const note = element("span", "resonance-unit");
  note.setAttribute("aria-live", "polite");
  const search = (): void => {
    const wanted = field.value.trim();
    problem.textContent = "";
    note.textContent = "";
    if (wanted === "") {
      tree.browse();
      return;
    }
    note.textContent = text("common.browse.searching");
    request<SearchAnswer>("search", { text: wanted }).then(({ hits, visited, ended }) => {
      tree.list(hits);
      note.textContent = text(ended ? "common.browse.foundSome" : "common.browse.found", { count: hits.length, visited });
    }, (thrown: unknown) => {
      note.textContent = "";
      fail(thrown);
    });
  };
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    search();
  });
  const bar = element("div", "resonance-browse-bar");
  bar.append(field, button(text("common.browse.find"), "fa-search", search), note);
  const panes = element("div", "resonance-browse-panes");
  panes.append(tree.element, aside);
  root.append(bar, problem, panes, count);

  const take = async (): Promise<void> => {
    const nodeIds = [...picked.keys()];
    const facts = new Map<string, NodeFacts>();
    for (let at = 0; at < nodeIds.length; at += AT_ONCE) {
      for (const each of await request<readonly NodeFacts[]>("describe", { nodeIds: nodeIds.slice(at, at + AT_ONCE) })) facts.set(each.nodeId, each);
    }
    RED.tray.close(() => { options.chosen(nodeIds.map((nodeId) => itemOf(nodeId, picked.get(nodeId) ?? [], facts.get(nodeId)))); });
  };
  RED.tray.show({
    title: text("common.browse.title"),
    width: 900,
    buttons: [
      { id: "resonance-browse-cancel", text: text("common.opcua.cancel"), click() { RED.tray.close(); } },
      { id: "resonance-browse-ok", text: text("common.browse.add"), class: "primary", click() { take().catch(fail); } },
    ],
    open(tray) { tray.find(".red-ui-tray-body").append(root); },
    close() { gone.abort(); },
    show() { field.focus(); },
  });
  tree.browse();
}

/** The chosen ones whose NodeId no row has, each with a tag that no row has. */
export function freshItems(rows: readonly { readonly tag: string; readonly nodeId: string }[], items: readonly ChosenItem[]): readonly ChosenItem[] {
  const tags = new Set(rows.map(({ tag }) => tag));
  const known = new Set(rows.map(({ nodeId }) => nodeId));
  return items.filter(({ nodeId }) => !known.has(nodeId)).map((item) => {
    const tag = freeTag(item.tag, tags);
    tags.add(tag);
    return { ...item, tag };
  });
}

/** A tag that none of `taken` has: the name, else with a number behind it. */
export function freeTag(name: string, taken: ReadonlySet<string>): string {
  let tag = name;
  for (let number = 2; taken.has(tag); number += 1) tag = `${name}_${number}`;
  return tag;
}

function itemOf(nodeId: string, path: readonly string[], facts: NodeFacts | undefined): ChosenItem {
  const name = plainName(path.at(-1) ?? nodeId);
  const unit = facts?.unit?.code ?? facts?.unit?.symbol;
  return {
    tag: name, nodeId, browsePath: ["/Objects", ...path.map(pathStep)].join("/"),
    ...(facts?.dataType !== undefined && { dataType: facts.dataType }), ...(unit !== undefined && { unit }),
  };
}

/** `&` takes the meaning of a path's own characters away. */
function pathStep(browseName: string): string {
  const name = plainName(browseName);
  return browseName.slice(0, browseName.length - name.length) + name.replace(/[&/.<>:#!]/g, "&$&");
}

const plainName = (browseName: string): string => browseName.replace(/^nsu=[^;]*;/, "");

function factsOf(facts: NodeFacts, text: Text): HTMLElement {
  const { access, range, unit, value } = facts;
  const may = access && (["read", "write", "history"] as const).filter((right) => access[right]).map((right) => text(`common.browse.${right}`));
  return factList([
    [text("common.browse.error"), facts.error],
    [text("common.browse.value"), value && `${value.text}${unit ? ` ${unit.symbol}` : ""}`],
    [text("common.browse.quality"), value && [value.quality, value.status].filter(Boolean).join(", ")],
    [text("common.browse.time"), value && timeText(value.timestamp)],
    [text("common.browse.dataType"), facts.dataType],
    [text("common.label.unit"), unit && [unit.symbol, unit.code].filter(Boolean).join(", ")],
    [text("common.browse.range"), range && `${range.low} – ${range.high}`],
    [text("common.browse.access"), may?.join(", ")],
    [text("common.browse.description"), facts.description],
    ["NodeId", facts.nodeId],
  ]);
}
