import type { Form } from "./form";
import type { Text } from "./text";
import type { PropertyDefinition } from "./red";
import { onlyIf, required, url, validate, type Check } from "./validators";

/** What the shared rows for log-in and transport save. */
export interface HttpRows {
  authentication: string;
  tokenUrl: string;
  clientId: string;
  scope: string;
  clientAuthentication: string;
  caFile: string;
  certFile: string;
  keyFile: string;
  proxy: string;
}

/** Settings that version 1 did not have, as it worked. */
export const HTTP_ADDED = { tokenUrl: "", clientId: "", scope: "", clientAuthentication: "basic", certFile: "", keyFile: "", proxy: "none" } as const;

/** Whether the open form has this log-in chosen. */
export const loggedInBy = (authentication: string) => (): boolean => $("#node-config-input-authentication").val() === authentication;

/** The properties of these rows. */
export function httpDefaults(text: Text): { readonly [K in keyof HttpRows]: PropertyDefinition<string> } {
  const oauth = (...checks: readonly Check[]) => validate(...checks.map((check) => onlyIf(loggedInBy("oauth"), check)));
  return {
    authentication: { value: "none" },
    tokenUrl: { value: "", label: text("common.label.tokenUrl"), validate: oauth(required(text), url(text, "http", "https")) },
    clientId: { value: "", label: text("common.label.clientId"), validate: oauth(required(text)) },
    scope: { value: "" },
    clientAuthentication: { value: "basic" },
    caFile: { value: "" },
    certFile: { value: "" },
    keyFile: { value: "" },
    proxy: { value: "", label: text("common.label.proxy"), validate: validate((value) => (typeof value !== "string" || value.trim().toLowerCase() === "none" ? undefined : url(text, "http", "https")(value))) },
  };
}

/** Checks again what depends on the chosen log-in. */
export function openHttpRows(form: Form): void {
  form.onChange("authentication", () => { for (const name of ["user", "tokenUrl", "clientId"]) $(`#node-config-input-${name}`).trigger("change"); });
}
