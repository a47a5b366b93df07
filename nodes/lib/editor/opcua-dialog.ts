import "./red";
import type { Text } from "./text";

/** What an endpoint's form says, deployed or not; secrets that were not typed in are left out and the runtime takes the saved ones. */
export interface EndpointValues {
  readonly id: string;
  readonly form: Readonly<Record<string, string>>;
  readonly secrets: Readonly<Record<string, string>>;
}

export const ENDPOINT_FIELDS = [
  "endpointUrl", "securityMode", "securityPolicy", "authentication", "trustedThumbprint",
  "userCertificateSource", "userCertificateFile", "userKeyFile",
] as const;
export const ENDPOINT_SECRETS = ["user", "password", "userCertificate", "userKey", "userKeyPassword"] as const;

/** An answer that says what went wrong in the user's language. */
export class Refusal extends Error {}

/** A request under `resonance/opcua/`; jQuery sends the editor's access token along. `progress` hears the answer as it grows. */
export function ask<T>(path: string, body: object | undefined, text: Text, progress?: (soFar: string) => void, signal?: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const request = $.ajax({
      url: `resonance/opcua/${path}`,
      method: body ? "POST" : "GET",
      dataType: progress ? "text" : "json",
      ...(body && { contentType: "application/json", data: JSON.stringify({ ...body, language: RED.i18n.lang() }) }),
      xhr: () => {
        const plain = new XMLHttpRequest();
        if (progress) plain.addEventListener("progress", () => { progress(plain.responseText); });
        return plain;
      },
    });
    const cancel = (): void => { request.abort(); };
    signal?.addEventListener("abort", cancel, { once: true });
    request
      .done((answer: T) => { resolve(answer); })
      .fail(({ status, responseText }) => { reject(new Refusal(sentenceOf(status, responseText, text))); })
      .always(() => { signal?.removeEventListener("abort", cancel); });
  });
}

/** An endpoint as the open form shows it. */
export function valuesOfForm(id: string): EndpointValues {
  const read = (names: readonly string[]): Record<string, string> =>
    Object.fromEntries(names.map((name) => [name, String($(`#node-config-input-${name}`).val() ?? "")]));
  return { id, form: read(ENDPOINT_FIELDS), secrets: read(ENDPOINT_SECRETS) };
}

/** An endpoint as the editor holds it, with what was typed since the last deploy. */
export function valuesOfNode(id: string): EndpointValues | undefined {
  const node = RED.nodes.node(id);
  if (!node) return undefined;
  const typed = (node["credentials"] ?? {}) as Record<string, unknown>;
  const read = (source: Readonly<Record<string, unknown>>, names: readonly string[]): Record<string, string> =>
    Object.fromEntries(names.flatMap((name) => (typeof source[name] === "string" ? [[name, source[name]]] : [])));
  return { id, form: read(node, ENDPOINT_FIELDS), secrets: read(typed, ENDPOINT_SECRETS) };
}

/** An element with a class and a text; what comes from a server is only ever a text. */
export function element<K extends keyof HTMLElementTagNameMap>(tag: K, className = "", text = ""): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  if (className !== "") made.className = className;
  if (text !== "") made.textContent = text;
  return made;
}

export function button(label: string, icon: string, click: () => void): HTMLButtonElement {
  const made = element("button", "red-ui-button red-ui-button-small");
  made.type = "button";
  made.append(element("i", `fa ${icon}`), ` ${label}`);
  made.addEventListener("click", click);
  return made;
}

/** Titles and what they stand for. */
export function factList(rows: readonly (readonly [string, string | undefined])[]): HTMLElement {
  const list = element("dl", "resonance-facts");
  for (const [title, value] of rows) if (value !== undefined && value !== "") list.append(element("dt", "", title), element("dd", "", value));
  return list;
}

/** A time in the editor's language. */
export const timeText = (iso: string): string => new Date(iso).toLocaleString(RED.i18n.lang());

function sentenceOf(status: number, body: unknown, text: Text): string {
  if (status === 401 || status === 403) return text("common.opcua.forbidden");
  try {
    const { message } = JSON.parse(String(body)) as { message?: unknown };
    if (typeof message === "string") return message;
  } catch {
    // No answer of ours.
  }
  return text("common.opcua.failed", { detail: status });
}
