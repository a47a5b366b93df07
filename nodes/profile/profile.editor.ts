import "../lib/editor/red";
import { loadCatalogue, profileOf, type Catalogue, type ProfileFacts } from "../lib/editor/catalogue";
import { fillAbsent, keepAbsent, openForm, tellFailure, type Form } from "../lib/editor/form";
import type { EditorNode } from "../lib/editor/red";
import { localized, textOf } from "../lib/editor/text";
import { required, validate } from "../lib/editor/validators";
import { comparisonPart, migrateAfterwards, type ComparisonPart } from "./comparison.editor";

interface Profile {
  name: string;
  version: number;
  source: string;
  path: string;
}

const text = textOf("profile");
const BUILT_IN = "built-in";
/** Settings that earlier versions of the node did not have. */
const ADDED = { path: "" } as const;

RED.nodes.registerType<Profile>("resonance-profile", {
  category: "config",
  color: "#A6BBCF",
  icon: "resonance-profile.svg",
  defaults: {
    name: { value: "" },
    version: { value: 1 },
    source: { value: BUILT_IN },
    path: {
      value: ADDED.path, label: text("label.path"),
      validate(this: Partial<Profile> | undefined, value, opt) {
        const source = opened ? $("#node-config-input-source").val() : this?.source;
        return source === BUILT_IN || validate(required(text))(value, opt);
      },
    },
  },
  paletteLabel() { return text("palette"); },
  label() { return this.name || (this.source === BUILT_IN ? this._("option.builtIn") : this.path) || this._("palette"); },
  oneditprepare() {
    const form = openForm("config");
    opened = true;
    fillAbsent<Profile>(this, "config", ADDED);
    const show = (): void => { showFacts(form, this); };
    form.onChange("source", () => {
      $("#node-config-input-path").trigger("change");
      show();
    });
    form.onChange("path", show);
    show();
    comparison = comparisonPart(form, text, this as Profile & EditorNode & Record<string, unknown>);
    for (const property of ["source", "path"]) form.onChange(property, () => { comparison?.refresh(); });
  },
  oneditsave() {
    opened = false;
    keepAbsent<Profile>(this, "config", ADDED);
    migrateAfterwards(comparison, this.id);
    comparison = undefined;
  },
  oneditcancel() {
    opened = false;
    comparison = undefined;
  },
});

/** The comparison in the open form. */
let comparison: ComparisonPart | undefined;
/** Whether the form is open. */
let opened = false;
/** Counts what was asked for, so that only the newest answer is shown. */
let asked = 0;

/** Shows the profile that is chosen in the form; a file is read by the runtime, so that its facts are known when it is deployed. */
function showFacts(form: Form, node: Profile & EditorNode): void {
  const facts = form.root.querySelector<HTMLElement>(".resonance-facts");
  if (!facts) return;
  const turn = ++asked;
  const source = form.value("source");
  const deployed = !node.changed && source === node.source && form.value("path").trim() === (node.path || "");
  if (source !== BUILT_IN && !deployed) {
    facts.replaceChildren(term("dd", text("hint.afterDeploy")));
    return;
  }
  loadCatalogue(source === BUILT_IN ? "" : node.id).then(
    (catalogue) => { if (facts.isConnected && turn === asked) tell(facts, catalogue); },
    (thrown: unknown) => { tellFailure(form, text, thrown); },
  );
}

function tell(facts: HTMLElement, catalogue: Catalogue): void {
  const profile = profileOf(catalogue);
  if (catalogue.error) {
    const problem = term("dd", catalogue.error.message);
    problem.className = "resonance-problem";
    facts.replaceChildren(problem);
  } else if (profile) describe(facts, profile);
}

function describe(facts: HTMLElement, profile: ProfileFacts): void {
  const categories = document.createElement("ul");
  categories.append(...profile.categories.map((category) => {
    const item = document.createElement("li");
    item.title = localized(category.description);
    item.append(localized(category.title), " ", Object.assign(document.createElement("code"), { textContent: category.id }));
    return item;
  }));
  const lines: readonly (readonly [string, Node | string])[] = [
    ["label.designation", profile.designation],
    ["label.version", `${profile.id}@${profile.version} (${text(`option.${profile.status}`)})`],
    ["label.notice", localized(profile.notice)],
    ["label.categories", categories],
  ];
  facts.replaceChildren(...lines.flatMap(([label, content]) => [term("dt", text(label)), term("dd", content)]));
}

function term(tag: "dt" | "dd", content: Node | string): HTMLElement {
  const element = document.createElement(tag);
  element.append(content);
  return element;
}
