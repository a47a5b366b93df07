import css from "./form.css";
import { loadAllProfiles, loadCatalogue, type Catalogue } from "./catalogue";
import type { Text } from "./text";

/** The element of a property in the open form; throws if the form lacks it. */
export type Field = <E extends HTMLElement = HTMLInputElement>(property: string) => E;

/** An open form of a node (`node`) or of a configuration node (`config`). */
export interface Form {
  readonly root: HTMLElement;
  readonly field: Field;
  /** The value that stands in the form now. */
  value(property: string): string;
  onChange(property: string, handler: () => void): void;
}

/** The editor's word for no configuration node. */
const NO_NODE = /^_ADD_$/;

/** Whose form it is; Node-RED names its fields accordingly. */
export type FormKind = "node" | "config";

const PREFIX: Readonly<Record<FormKind, string>> = { node: "node-input", config: "node-config-input" };

/** Dresses the form: style, parts that depend on a choice (`data-show="property=value|value"`), and errors under "More" made visible. */
export function openForm(kind: FormKind): Form {
  const prefix = PREFIX[kind];
  // With a configuration node's dialog open above a node's, the last form is the one on top.
  const root = [...document.querySelectorAll<HTMLElement>(".resonance-form")].at(-1) ?? document.body;
  const form: Form = {
    root,
    field: <E extends HTMLElement>(property: string) => {
      const element = document.getElementById(`${prefix}-${property}`);
      if (!element) throw new Error(`no field ${property}`);
      return element as E;
    },
    value: (property) => String($(`#${prefix}-${property}`).val() ?? ""),
    // Node-RED changes fields by jQuery, which native listeners do not hear.
    onChange: (property, handler) => { $(`#${prefix}-${property}`).on("change", handler); },
  };
  addStyle();
  showDependents(form);
  window.setTimeout(() => { openMoreOnError(root); }, 50);
  return form;
}

/** Turns what the form holds as text into numbers; `${ENV}` and what is no number stays text. */
export function saveNumbers<P extends object>(node: P, kind: FormKind, ...properties: readonly (keyof P & string)[]): void {
  for (const property of properties) {
    const field = $(`#${PREFIX[kind]}-${property}`);
    if (field.length === 0) continue;
    const value = String(field.val() ?? "").trim();
    const usable = value !== "" && Number.isFinite(Number(value));
    Object.assign(node, { [property]: usable ? Number(value) : value });
  }
}

/** Shows settings that an older version of the node did not have with their defaults. */
export function fillAbsent<P extends object>(node: P, kind: FormKind, defaults: Partial<P>): void {
  for (const [property, value] of Object.entries(defaults)) {
    // Empty is how the editor shows it anyway, a choice of a configuration node included.
    if (node[property as keyof P] !== undefined || value === "") continue;
    const field = $(`#${PREFIX[kind]}-${property}`);
    if (typeof value === "boolean") field.prop("checked", value);
    else field.val(String(value));
    field.trigger("change");
  }
}

/** Leaves such settings away where they still have their defaults, so that a look into a form changes no node. Before `saveNumbers`. */
export function keepAbsent<P extends object>(node: P, kind: FormKind, defaults: Partial<P>): void {
  for (const [property, value] of Object.entries(defaults)) {
    const field = $(`#${PREFIX[kind]}-${property}`);
    const now = typeof value === "boolean" ? Boolean(field.prop("checked")) : String(field.val() ?? "").trim().replace(NO_NODE, "");
    // What the editor does not find, it does not save.
    if (node[property as keyof P] === undefined && String(now) === String(value)) field.removeAttr("id");
  }
}

/**
 * Loads the catalogue of the profile chosen in the form (without such a choice: of all profiles), again when another one is chosen, and
 * hands it to `use`; says in the form what to do when it does not come.
 */
export function withCatalogue(form: Form, text: Text, use: (catalogue: Catalogue) => void): void {
  const choice = form.root.querySelector("[id$='-input-profile']");
  let asked = 0;
  const load = (): void => {
    const turn = ++asked;
    (choice ? loadCatalogue(form.value("profile")) : loadAllProfiles()).then(
      (catalogue) => {
        if (!form.root.isConnected || turn !== asked) return;
        warn(form, catalogue.error?.message);
        use(catalogue);
      },
      (thrown: unknown) => { tellFailure(form, text, thrown); },
    );
  };
  if (choice) form.onChange("profile", load);
  load();
}

/** Says in the form that the catalogue did not come. */
export function tellFailure(form: Form, text: Text, thrown: unknown): void {
  warn(form, text("common.catalogue.failed", { detail: thrown instanceof Error ? thrown.message : String(thrown) }));
}

/** The one warning above the form; none without a sentence. */
function warn(form: Form, sentence: string | undefined): void {
  form.root.querySelector(":scope > .resonance-warning")?.remove();
  if (sentence === undefined) return;
  const notice = document.createElement("div");
  notice.className = "form-tips resonance-warning";
  notice.setAttribute("role", "alert");
  notice.textContent = sentence;
  form.root.prepend(notice);
}

/** Puts the style of forms and dialogs into the page, once. */
export function addStyle(): void {
  if (document.getElementById("resonance-style")) return;
  const style = document.createElement("style");
  style.id = "resonance-style";
  style.textContent = css;
  document.head.append(style);
}

function showDependents(form: Form): void {
  for (const part of form.root.querySelectorAll<HTMLElement>("[data-show]")) {
    const [property = "", values = ""] = (part.dataset["show"] ?? "").split("=");
    const update = (): void => { part.hidden = !values.split("|").includes(form.value(property)); };
    form.onChange(property, update);
    update();
  }
}

function openMoreOnError(root: HTMLElement): void {
  for (const more of root.querySelectorAll("details")) {
    if (more.querySelector(".input-error")) more.open = true;
  }
}
