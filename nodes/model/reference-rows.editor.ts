import { postJson } from "../lib/editor/ask";
import type { Form } from "../lib/editor/form";
import { button, element } from "../lib/editor/opcua-dialog";
import type { Text } from "../lib/editor/text";

/** Whether the open form has this source of the training reference chosen. */
export const referenceIn = (source: string) => (): boolean => $("#node-config-input-referenceSource").val() === source;

/** What the form says of the training reference. */
export function referenceOf(form: Form): Readonly<Record<string, string>> {
  return Object.fromEntries(["referenceSource", "reference", "referenceFile", "category"].map((name) => [name, form.value(name)]));
}

interface Summary {
  readonly error?: { readonly message: string };
  readonly dataSet?: string;
  readonly inputs?: number;
  readonly outputs?: number;
}

/** The rows of the training reference: a button has the runtime read it and says what it holds, or what is wrong. */
export function openReferenceRows(form: Form, text: Text): void {
  const host = form.root.querySelector("#resonance-reference-check");
  const result = element("span");
  result.setAttribute("role", "status");
  host?.append(button(text("button.checkReference"), "fa-check", () => {
    postJson<Summary>("resonance/model/reference", { ...referenceOf(form), language: RED.i18n.lang() }).then(
      ({ error, dataSet = "", inputs = 0, outputs = 0 }) => {
        result.className = error ? "resonance-problem" : "";
        result.textContent = error ? error.message : text("result.reference", { dataSet: dataSet || "–", inputs, outputs });
      },
      (thrown: unknown) => {
        result.className = "resonance-problem";
        result.textContent = String(thrown);
      },
    );
  }), result);
  const recheck = (): void => {
    for (const name of ["reference", "referenceFile"]) $(`#node-config-input-${name}`).trigger("change");
    result.textContent = "";
  };
  form.onChange("referenceSource", recheck);
}
