import type { EditorNode } from "../lib/editor/red";
import type { Form } from "../lib/editor/form";
import { postJson } from "../lib/editor/ask";
import { fillSelect, type Option } from "../lib/editor/options";
import { profileChoice, type ProfileChoice } from "../lib/editor/profile-choice";
import type { Text } from "../lib/editor/text";
import { isBlank } from "../lib/editor/validators";
import { differenceTable, type Comparison } from "./differences.editor";
import { affectedList, applySuccession, type AffectedNode, type Migration, type Succession } from "./affected.editor";

/** What the runtime says of two profiles. */
interface Answer {
  readonly comparison?: Comparison;
  readonly affected?: readonly AffectedNode[];
  readonly takenOver?: boolean;
  readonly migrations?: readonly Migration[];
  readonly error?: { readonly message: string };
}

/** The comparison in an open form. */
export interface ComparisonPart {
  /** The profile in the form is another one now. */
  refresh(): void;
  /** What is to happen to the nodes when the form is closed with Done; nothing, unless that was chosen. */
  accepted(): Succession | undefined;
}

const DEPLOYED = "deployed";
const BUILT_IN = "built-in";
const FILE = "path";
const OVERRIDES = "overrides";

/** Lets the profile in the form be compared with what is deployed in its place, the built-in one, another node's, or a file. */
export function comparisonPart(form: Form, text: Text, node: EditorNode & Record<string, unknown>): ComparisonPart | undefined {
  const find = <E extends HTMLElement>(id: string): E | null => form.root.querySelector<E>(`#resonance-compare-${id}`);
  const [other, role, result] = [find<HTMLSelectElement>("with"), find<HTMLSelectElement>("role"), find("result")];
  const file = find<HTMLInputElement>("file");
  if (!other || !role || !file || !result) return undefined;
  const others = RED.nodes.filterNodes({ type: "resonance-profile" }).filter(({ id }) => id !== node.id);
  const known = RED.nodes.node(node.id) !== null;
  fillSelect(other, [
    { value: "", label: text("option.compareNone") },
    ...(known ? [{ value: DEPLOYED, label: text("option.compareDeployed") }] : []),
    { value: BUILT_IN, label: text("option.builtIn") },
    ...others.map(({ id, name, path }): Option => ({ value: `node:${id}`, label: name || (typeof path === "string" && path !== "" ? path : text("option.builtIn")) })),
    { value: OVERRIDES, label: text("option.overrides") }, { value: FILE, label: text("option.path") },
  ], "");

  const own = (): ProfileChoice => ({ id: node.id, deployed: false, source: form.value("source"), path: form.value("path").trim() });
  const chosen = (): ProfileChoice | undefined => {
    if (other.value === DEPLOYED) return { ...profileChoice(node.id), deployed: true };
    if (other.value.startsWith("node:")) return profileChoice(other.value.slice("node:".length));
    if (other.value === "" || (other.value !== BUILT_IN && isBlank(file.value))) return undefined;
    return { id: "", deployed: false, source: other.value, path: other.value === BUILT_IN ? "" : file.value.trim() };
  };
  let accepted: Succession | undefined;
  let asked = 0;
  const ask = (): void => {
    const turn = ++asked;
    const [choice, mine] = [chosen(), own()];
    file.closest<HTMLElement>(".form-row")?.toggleAttribute("hidden", other.value !== FILE && other.value !== OVERRIDES);
    role.closest<HTMLElement>(".form-row")?.toggleAttribute("hidden", other.value === "");
    accepted = undefined;
    result.replaceChildren();
    if (!choice || (mine.source !== BUILT_IN && mine.path === "")) return;
    const older = role.value === "older";
    const [from, to] = older ? [choice, mine] : [mine, choice];
    const replaced = other.value === BUILT_IN ? others.filter(({ source }) => source === BUILT_IN).map(({ id }) => id) : [choice.id].filter((id) => id !== "");
    postJson<Answer>("resonance/comparison", { from, to, profiles: [node.id, ...replaced], nodes: packNodes() }).then(
      (answer) => {
        if (turn === asked && result.isConnected) tell(answer, older, replaced);
      },
      (thrown: unknown) => {
        if (turn === asked) result.replaceChildren(problem(text("common.catalogue.failed", { detail: thrown instanceof Error ? thrown.message : "" })));
      },
    );
  };

  const tell = ({ comparison, affected = [], takenOver = false, migrations = [], error }: Answer, older: boolean, replaced: readonly string[]): void => {
    if (error || !comparison) {
      result.replaceChildren(problem(error?.message ?? ""));
      return;
    }
    const heading = paragraph(text("hint.compared", { from: comparison.from, to: comparison.to }));
    const parts: HTMLElement[] = [heading, differenceTable(text, comparison), affectedList(text, affected)];
    // Only nodes can follow a profile that is a node's: the one in the form.
    if (older && takenOver && (migrations.length > 0 || replaced.length > 0)) {
      const box = checkbox(text("label.migrate", { count: migrations.length }));
      box.input.addEventListener("change", () => { accepted = box.input.checked ? { migrations, replaced } : undefined; });
      const dropped = [...new Set(migrations.flatMap((migration) => migration.dropped))].join(", ");
      parts.push(box.label, ...(dropped === "" ? [] : [paragraph(text("hint.dropped", { fields: dropped }))]));
    } else if (older && !takenOver && comparison.from !== comparison.to) parts.push(paragraph(text("hint.notTakenOver", { from: comparison.from })));
    result.replaceChildren(...parts);
  };

  for (const element of [other, role, file]) element.addEventListener("change", ask);
  ask();
  return { refresh: ask, accepted: () => accepted };
}

/** Changes the nodes as accepted, once the form is closed and its profile node is there. */
export function migrateAfterwards(part: ComparisonPart | undefined, profile: string): void {
  const accepted = part?.accepted();
  if (accepted) window.setTimeout(() => { applySuccession(accepted, profile); }, 0);
}

/** The nodes of the editor's flow that a profile concerns, without their credentials. */
function packNodes(): readonly object[] {
  const types = ["resonance-model-in", "resonance-model-call", "resonance-model-out", "resonance-model"];
  return types.flatMap((type) => RED.nodes.filterNodes({ type })).map((node) => RED.nodes.convertNode(node, { credentials: false }));
}

function paragraph(sentence: string): HTMLElement {
  return Object.assign(document.createElement("p"), { textContent: sentence });
}

function problem(sentence: string): HTMLElement {
  return Object.assign(document.createElement("div"), { className: "resonance-problem", textContent: sentence });
}

function checkbox(sentence: string): { readonly label: HTMLElement; readonly input: HTMLInputElement } {
  const label = Object.assign(document.createElement("label"), { className: "resonance-check" });
  const input = Object.assign(document.createElement("input"), { type: "checkbox", id: "resonance-migrate" });
  label.append(input, " ", sentence);
  return { label, input };
}
