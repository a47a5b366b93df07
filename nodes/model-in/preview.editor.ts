import { getJson, postJson } from "../lib/editor/ask";
import type { Form } from "../lib/editor/form";
import { fieldOf, unitSymbol } from "../lib/editor/options";
import { profileChoice } from "../lib/editor/profile-choice";
import type { Text } from "../lib/editor/text";
import { isBlank } from "../lib/editor/validators";
import type { ConstantField, Facts, JobField } from "./given-rows.editor";
import { unitOfField, type TagMapping } from "./tag-rows.editor";

/** The mapping as it stands in the form. */
export interface Mapping {
  readonly tags: readonly TagMapping[];
  readonly constants: readonly ConstantField[];
  readonly jobFields: readonly JobField[];
}

interface Answer {
  readonly record?: { readonly values: Readonly<Record<string, unknown>> };
  readonly errors: readonly { readonly path: string; readonly message: string }[];
}

interface Seen {
  readonly samples: readonly { readonly tag: string; readonly value: unknown }[];
}

/** A value to try the mapping with: of a tag, or of a place in the job. */
interface Line {
  readonly key: string;
  readonly input: HTMLInputElement;
  readonly become: HTMLOutputElement;
  readonly fields: readonly string[];
}

/** How long nothing has to be typed before the runtime is asked, ms. */
const PAUSE = 250;

/** The preview of the input record: values to type, and what the runtime makes of them by the mapping in the form. */
export function previewPart(form: Form, text: Text, node: string, facts: Facts, mapping: () => Mapping): { readonly refresh: () => void } {
  const part = form.root.querySelector<HTMLDetailsElement>("#resonance-preview");
  if (!part) return { refresh: () => undefined };
  const typed = new Map<string, string>();
  const list = document.createElement("ul");
  const answer = Object.assign(document.createElement("div"), { id: "resonance-preview-answer" });
  answer.setAttribute("aria-live", "polite");
  const fetch = Object.assign(document.createElement("button"), { type: "button", className: "red-ui-button red-ui-button-small", textContent: text("label.lastValues") });
  let lines: readonly Line[] = [];
  let timer = 0;
  let asked = 0;

  const ask = (): void => {
    const turn = ++asked;
    const values = (prefix: string): Record<string, string> =>
      Object.fromEntries([...typed].filter(([key]) => key.startsWith(prefix)).map(([key, value]) => [key.slice(prefix.length), value.trim()]));
    postJson<Answer>("resonance/preview", {
      ...mapping(), category: form.value("category"), profile: profileChoice(form.value("profile")), equipment: placeOf(form.value("equipment")), samples: values("tag:"), job: values("job:"),
    }).then(
      (result) => { if (turn === asked && part.isConnected) tell(result); },
      (thrown: unknown) => { if (turn === asked) answer.replaceChildren(problem(thrown instanceof Error ? thrown.message : String(thrown))); },
    );
  };
  const later = (): void => {
    window.clearTimeout(timer);
    timer = window.setTimeout(ask, PAUSE);
  };
  const tell = ({ record, errors }: Answer): void => {
    for (const { become, fields } of lines) {
      become.textContent = fields.filter((field) => record && Object.hasOwn(record.values, field)).map((field) => `→ ${shown(record?.values[field])} ${symbolOf(facts, field)}`.trim()).join(", ");
    }
    const wrong = errors.map(({ path, message }) => problem(path === "" ? message : `${path}: ${message}`));
    answer.replaceChildren(...wrong, ...(record ? [Object.assign(document.createElement("pre"), { textContent: JSON.stringify(record, null, 2) })] : []));
  };

  const draw = (): void => {
    const { tags, jobFields } = mapping();
    const wanted = new Map<string, string[]>();
    const want = (key: string, field: string): void => { wanted.set(key, [...(wanted.get(key) ?? []), field]); };
    for (const { tag, field } of tags) if (!isBlank(tag)) want(`tag:${tag}`, field);
    for (const { path, field } of jobFields) if (!isBlank(path)) want(`job:${path}`, field);
    const known = new Map(lines.map((line) => [line.key, line]));
    lines = [...wanted].map(([key, fields]): Line => {
      const { input, become } = known.get(key) ?? { input: document.createElement("input"), become: document.createElement("output") };
      return { key, input, become, fields };
    });
    list.replaceChildren(...lines.map((line) => {
      const { key, input, become } = line;
      const row = tags.find(({ tag }) => key === `tag:${tag}`);
      const unit = row && row.unit !== "" ? ` [${unitSymbol(facts.catalogue(), row.unit)}]` : "";
      input.type = "text";
      input.value = typed.get(key) ?? "";
      input.dataset["sample"] = key.slice(4);
      const label = document.createElement("label");
      label.textContent = `${key.startsWith("job:") ? `${text("label.job")} ` : ""}${key.slice(4)}${unit}`;
      input.setAttribute("aria-label", label.textContent);
      input.oninput = () => {
        typed.set(key, input.value);
        later();
      };
      const item = document.createElement("li");
      item.append(label, input, become);
      return item;
    }));
  };

  const refresh = (): void => {
    if (!part.open) return;
    // What is being typed keeps its place.
    if (!list.contains(document.activeElement)) draw();
    later();
  };
  fetch.addEventListener("click", () => {
    getJson<Seen>("resonance/samples", { node }).then(({ samples }) => {
      for (const { tag, value } of samples) typed.set(`tag:${tag}`, shown(value));
      draw();
      if (samples.length === 0) answer.replaceChildren(problem(text("hint.noSamples")));
      else ask();
    }, (thrown: unknown) => { answer.replaceChildren(problem(thrown instanceof Error ? thrown.message : String(thrown))); });
  });
  part.addEventListener("toggle", refresh);
  part.append(list, fetch, answer);
  return { refresh };
}

/** The place of the machine as the form chooses it. */
function placeOf(id: string): object {
  const node = RED.nodes.node(id);
  const names = ["enterprise", "site", "area", "workCenter", "workUnit", "physicalAsset"];
  return { id, deployed: node?.changed !== true, ...Object.fromEntries(names.map((name) => [name, node?.[name]])) };
}

function symbolOf({ catalogue, category }: Facts, field: string): string {
  const symbol = unitSymbol(catalogue(), unitOfField(fieldOf(category(), "input", field)) ?? "");
  return symbol === "1" ? "" : symbol;
}

/** A value as it is typed; structures and lists as JSON. */
function shown(value: unknown): string {
  if (value === undefined || value === null) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

function problem(sentence: string): HTMLElement {
  return Object.assign(document.createElement("div"), { className: "resonance-problem", textContent: sentence });
}
