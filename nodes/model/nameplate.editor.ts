import { postJson } from "../lib/editor/ask";
import type { Form } from "../lib/editor/form";
import { button, element } from "../lib/editor/opcua-dialog";
import type { TensorEditor, TensorSpec } from "../lib/editor/tensors";
import type { Text } from "../lib/editor/text";
import { referenceOf } from "./reference-rows.editor";

interface Imported {
  readonly error?: { readonly message: string };
  readonly model: Readonly<Record<string, unknown>>;
  /** JSON. */
  readonly reference?: string;
  readonly unknown: readonly { readonly path: string; readonly value: string }[];
  readonly more: number;
  readonly kept: string;
}

interface Tensors {
  readonly input: TensorEditor;
  readonly output: TensorEditor;
}

/** Fields of the form that a nameplate can fill. */
const FIELDS = ["modelId", "modelVersion", "supplier", "category", "digest", "url"] as const;

/** Buttons that read the model's nameplate out of AAS JSON into the open form, and write it. */
export function openNameplate(form: Form, text: Text, tensors: Tensors | undefined): void {
  const host = form.root.querySelector("#resonance-nameplate");
  const result = element("div");
  result.setAttribute("role", "status");
  const say = (problem: string): void => { result.replaceChildren(element("p", "resonance-problem", problem)); };
  const file = element("input");
  file.type = "file";
  file.accept = ".json,application/json";
  file.hidden = true;
  file.setAttribute("aria-label", text("button.importNameplate"));
  file.addEventListener("change", () => {
    const [chosen] = file.files ?? [];
    if (!chosen) return;
    chosen.text()
      .then((content) => postJson<Imported>("resonance/model/nameplate/import", { text: content, language: RED.i18n.lang() }))
      .then((imported) => {
        if (imported.error) say(imported.error.message);
        else result.replaceChildren(...takeOver(text, tensors, imported));
      }, (thrown: unknown) => { say(String(thrown)); })
      .finally(() => { file.value = ""; });
  });
  const save = button(text("button.exportNameplate"), "fa-download", () => {
    const values = Object.fromEntries([...FIELDS, "nameplate"].map((name) => [name, form.value(name)]));
    const body = { ...values, ...referenceOf(form), inputTensors: tensors?.input.tensors() ?? [], outputTensors: tensors?.output.tensors() ?? [], language: RED.i18n.lang() };
    postJson<{ readonly error?: { readonly message: string } }>("resonance/model/nameplate/export", body).then((environment) => {
      if (environment.error) {
        say(environment.error.message);
        return;
      }
      download(`${form.value("modelId") || "model"}-${form.value("modelVersion")}.aas.json`, JSON.stringify(environment, null, 2));
    }, (thrown: unknown) => { say(String(thrown)); });
  });
  const actions = element("div", "resonance-actions");
  actions.append(button(text("button.importNameplate"), "fa-upload", () => { file.click(); }), save, file);
  host?.append(actions, result);
}

/** Fills the form and says what was taken over, and what is only kept. */
function takeOver(text: Text, tensors: Tensors | undefined, { model, reference, unknown, more, kept }: Imported): readonly HTMLElement[] {
  const taken: string[] = [];
  const labelOf = (name: string): string => text(name === "category" ? "common.label.category" : `label.${name}`);
  for (const name of FIELDS) {
    const value = model[name];
    if (typeof value !== "string") continue;
    const field = $(`#node-config-input-${name}`);
    // A category that no loaded profile has cannot be chosen.
    if (name === "category" && field.find("option").filter((_, option) => (option).value === value).length === 0) continue;
    field.val(value).trigger("change");
    taken.push(labelOf(name));
  }
  for (const direction of ["input", "output"] as const) {
    const specs = model[`${direction}Tensors`];
    if (!Array.isArray(specs)) continue;
    tensors?.[direction].replace(specs as readonly TensorSpec[]);
    taken.push(labelOf(`${direction}Tensors`));
  }
  if (reference !== undefined) {
    $("#node-config-input-referenceSource").val("text").trigger("change");
    $("#node-config-input-reference").val(reference).trigger("change");
    taken.push(labelOf("referenceSource"));
  }
  $("#node-config-input-nameplate").val(kept).trigger("change");
  const list = element("ul");
  for (const { path, value } of unknown) list.append(element("li", "", value === "" ? path : `${path}: ${value}`));
  return [
    element("p", "", text("result.taken", { taken: taken.join(", ") || "–" })),
    ...(unknown.length > 0 ? [element("p", "", text(kept === "" ? "result.lost" : "result.kept", { count: unknown.length + more })), list] : []),
  ];
}

function download(name: string, content: string): void {
  const link = element("a");
  link.href = URL.createObjectURL(new Blob([content], { type: "application/json" }));
  link.download = name.replace(/[^\w.-]+/g, "_");
  link.click();
  URL.revokeObjectURL(link.href);
}
