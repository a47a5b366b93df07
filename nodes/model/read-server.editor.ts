import type { Catalogue, CategoryFacts } from "../lib/editor/catalogue";
import type { Form } from "../lib/editor/form";
import { button, element, factList } from "../lib/editor/opcua-dialog";
import { proposeTensors, type Proposal, type StatedTensor } from "../lib/editor/propose-tensors";
import type { Direction, TensorEditor } from "../lib/editor/tensors";
import type { Text } from "../lib/editor/text";

interface Reading {
  readonly server?: { readonly name: string; readonly version: string };
  readonly models?: readonly string[];
  readonly model?: { readonly name: string; readonly platform: string; readonly versions: readonly string[]; readonly inputs?: readonly StatedTensor[]; readonly outputs?: readonly StatedTensor[] };
  readonly ready?: boolean;
  readonly problem?: { readonly message: string };
}

/** What the box needs of the open form. */
export interface ReadingContext {
  readonly id: string;
  readonly form: Form;
  readonly editors: Readonly<Record<Direction, TensorEditor>>;
  readonly facts: () => { readonly catalogue: Catalogue | undefined; readonly category: CategoryFacts | undefined };
}

const SECRETS = ["user", "password", "token", "clientSecret", "cert", "key", "passphrase"];
const DIRECTIONS = [["input", "inputs"], ["output", "outputs"]] as const;

/** The button that reads what the server says of the model, shows it with proposals, and takes over only what a click says. */
export function readServerBox(host: HTMLElement, text: Text, { id, form, editors, facts }: ReadingContext): void {
  const result = element("div", "resonance-reading");
  result.setAttribute("aria-live", "polite");
  const start = button(text("read.button"), "fa-cloud-download", () => { void read(); });
  host.append(start, result);

  const read = async (): Promise<void> => {
    start.disabled = true;
    result.replaceChildren(element("p", "", text("read.running")));
    try {
      show(await describe());
    } catch (thrown) {
      result.replaceChildren(problem(thrown instanceof Error ? thrown.message : String(thrown)));
    } finally {
      start.disabled = false;
    }
  };
  const describe = (): Promise<Reading> => new Promise((resolve, reject) => {
    const values: Record<string, string> = {};
    for (const field of form.root.querySelectorAll<HTMLInputElement>("[id^='node-config-input-']")) values[field.id.slice("node-config-input-".length)] = $(field).val() ?? "";
    const [own, secrets] = [Object.entries(values).filter(([name]) => !SECRETS.includes(name)), Object.entries(values).filter(([name]) => SECRETS.includes(name))];
    const body = { language: RED.i18n.lang(), model: { id, form: Object.fromEntries(own), secrets: Object.fromEntries(secrets) } };
    $.ajax({ url: "resonance/model/describe", method: "POST", dataType: "json", contentType: "application/json", data: JSON.stringify(body) })
      .done((answer: Reading) => { resolve(answer); })
      .fail(({ status, responseJSON }) => {
        const said = (responseJSON as { message?: unknown } | undefined)?.message;
        reject(new Error(status === 401 || status === 403 ? text("common.opcua.forbidden") : typeof said === "string" ? said : text("common.opcua.failed", { detail: status })));
      });
  });
  const show = ({ server, models, model, ready, problem: wrong }: Reading): void => {
    const parts: HTMLElement[] = [factList([
      [text("read.server"), server && `${server.name} ${server.version}`],
      [text("read.model"), model && [model.name, model.platform].filter(Boolean).join(", ")],
      [text("read.state"), ready === undefined ? undefined : text(ready ? "read.ready" : "read.notReady")],
    ])];
    if (wrong) parts.push(problem(wrong.message));
    if (models && models.length > 0 && (wrong ?? !model)) parts.push(choices(text("read.models"), models, (name) => { $(form.field("serverModel")).val(name).trigger("change"); void read(); }));
    if (model && model.versions.length > 0) parts.push(choices(text("read.versions"), model.versions, (version) => { $(form.field("serverVersion")).val(version).trigger("change"); }));
    for (const [direction, side] of DIRECTIONS) if (model) parts.push(proposals(direction, model[side] ?? []));
    result.replaceChildren(...parts);
  };
  const choices = (label: string, names: readonly string[], choose: (name: string) => void): HTMLElement => {
    const line = element("p", "resonance-actions", `${label} `);
    line.append(...names.map((name) => button(name, "fa-arrow-up", () => { choose(name); })));
    return line;
  };
  const proposals = (direction: Direction, stated: readonly StatedTensor[]): HTMLElement => {
    const part = element("div", "resonance-proposal");
    part.dataset["direction"] = direction;
    part.append(element("strong", "", text(`label.${direction}Tensors`)));
    if (stated.length === 0) {
      part.append(element("p", "", text("read.noTensors")));
      return part;
    }
    const { catalogue, category } = facts();
    const proposed = proposeTensors(stated, direction, category, catalogue);
    const list = element("ul");
    list.append(...proposed.map(lineOf));
    const present = editors[direction].tensors().length;
    part.append(list, button(present === 0 ? text("read.take") : text("read.replace", { count: present }), "fa-arrow-down", () => {
      editors[direction].replace(proposed.map(({ tensor }) => tensor));
      part.querySelector("button")?.remove();
      part.append(element("p", "", text("read.taken")));
    }));
    return part;
  };
  const lineOf = ({ tensor: { name, datatype, shape, elements }, certainty }: Proposal): HTMLElement => {
    const line = element("li", "", `${name}: ${datatype} [${shape.join(", ")}] `);
    const meaning = elements.map(({ field, unit }) => (field === "" ? "–" : `${field}${unit === "" ? "" : ` (${unit})`}`)).join(", ");
    line.append(element("span", certainty === "same" ? "" : "resonance-notice", `→ ${meaning || "–"} · ${text(`read.${certainty}`)}`));
    line.dataset["certainty"] = certainty;
    return line;
  };
  const problem = (sentence: string): HTMLElement => {
    const made = element("p", "resonance-problem", sentence);
    made.setAttribute("role", "alert");
    return made;
  };
}
