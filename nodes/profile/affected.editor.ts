import type { EditorNode } from "../lib/editor/red";
import type { Text } from "../lib/editor/text";

/** A node that the change touches, and why. */
export interface AffectedNode {
  readonly id: string;
  readonly type: string;
  readonly name: string;
  readonly changes: readonly { readonly change: string; readonly field?: string }[];
}

/** What a node has to change. */
export interface Migration {
  readonly id: string;
  readonly changes: Readonly<Record<string, unknown>>;
  readonly dropped: readonly string[];
}

type WorkspaceNode = EditorNode & Record<string, unknown> & { changed?: boolean; dirty?: boolean };

/** The affected nodes; a click shows the node in the workspace or, of a configuration node, in the sidebar. */
export function affectedList(text: Text, affected: readonly AffectedNode[]): HTMLElement {
  if (affected.length === 0) return Object.assign(document.createElement("p"), { textContent: text("hint.noneAffected") });
  const box = document.createElement("div");
  const list = Object.assign(document.createElement("ul"), { className: "resonance-affected" });
  list.append(...affected.map((node) => {
    const item = document.createElement("li");
    const button = Object.assign(document.createElement("button"), {
      type: "button", className: "red-ui-button red-ui-button-small", textContent: node.name || node.type.replace("resonance-", "").replaceAll("-", " "), title: text("hint.reveal"),
    });
    button.addEventListener("click", () => { RED.view.reveal(node.id); });
    const why = node.changes.map(({ change, field }) => (field === undefined ? text(`change.${change}`) : `${field}: ${text(`change.${change}`)}`));
    item.append(button, ` ${why.join("; ")}`);
    return item;
  }));
  box.append(Object.assign(document.createElement("p"), { textContent: text("hint.affected", { count: affected.length }) }), list);
  return box;
}

/** What is to happen to the nodes of an older profile. */
export interface Succession {
  readonly migrations: readonly Migration[];
  /** Profile nodes whose followers are to follow the newer one. */
  readonly replaced: readonly string[];
}

/** Changes the nodes in the editor, in one step that can be undone; those that follow a replaced profile then follow `profile`. */
export function applySuccession({ migrations, replaced }: Succession, profile: string): void {
  const dirty = RED.nodes.dirty();
  const byId = new Map(migrations.map(({ id, changes }) => [id, changes]));
  const following = (node: WorkspaceNode): boolean => replaced.includes(String(node["profile"])) && node["profile"] !== profile;
  const nodes: WorkspaceNode[] = migrations.flatMap(({ id }) => (RED.nodes.node(id)) ?? []);
  RED.nodes.eachNode((node) => { if (!byId.has(node.id) && following(node)) nodes.push(node); });
  const events = nodes.map((node) => {
    const wanted = { ...byId.get(node.id), ...(following(node) && { profile }) };
    const before = Object.fromEntries(Object.keys(wanted).map((property) => [property, node[property]]));
    const event = { t: "edit", node, changes: before, changed: node.changed ?? false, dirty };
    RED.nodes.updateConfigNodeUsers(node, { action: "remove" });
    Object.assign(node, wanted, { changed: true, dirty: true });
    RED.nodes.updateConfigNodeUsers(node, { action: "add" });
    RED.editor.validateNode(node);
    RED.events.emit("nodes:change", node);
    return event;
  });
  if (events.length === 0) return;
  RED.history.push({ t: "multi", events, dirty });
  RED.nodes.dirty(true);
  RED.view.redraw();
}
