import { openForm, type Form } from "../lib/editor/form";
import { fillSelect } from "../lib/editor/options";
import { textOf } from "../lib/editor/text";
import { onlyIf, pattern, required, url, validate } from "../lib/editor/validators";

interface Endpoint {
  name: string;
  version: number;
  endpointUrl: string;
  securityMode: string;
  securityPolicy: string;
  authentication: string;
  trustedThumbprint: string;
}

/** Which policies go with a mode; the first is the one to start with. */
const POLICIES: Readonly<Record<string, readonly string[]>> = {
  None: ["None"],
  Sign: ["Basic256Sha256", "Aes128_Sha256_RsaOaep", "Aes256_Sha256_RsaPss"],
  SignAndEncrypt: ["Basic256Sha256", "Aes128_Sha256_RsaOaep", "Aes256_Sha256_RsaPss"],
};
/** SHA-1 or SHA-256 in hexadecimal digits. */
const THUMBPRINT = /^(([0-9a-f]{2}[:\s]?){20}|([0-9a-f]{2}[:\s]?){32})$/i;

const text = textOf("opcua-endpoint");
const userWanted = (): boolean => $("#node-config-input-authentication").val() === "user";

RED.nodes.registerType<Endpoint>("resonance-opcua-endpoint", {
  category: "config",
  color: "#87A980",
  icon: "resonance-opcua-endpoint.svg",
  defaults: {
    name: { value: "" },
    version: { value: 1 },
    endpointUrl: { value: "", label: text("label.endpointUrl"), required: true, validate: validate(required(text), url(text, "opc.tcp")) },
    securityMode: { value: "None" },
    securityPolicy: { value: "None" },
    authentication: { value: "anonymous" },
    trustedThumbprint: { value: "", label: text("label.trustedThumbprint"), validate: validate(pattern(THUMBPRINT, () => text("error.thumbprint"))) },
  },
  credentials: {
    user: { type: "text", label: text("common.label.user"), validate: validate(onlyIf(userWanted, required(text))) },
    password: { type: "password" },
  },
  paletteLabel() { return text("palette"); },
  label() { return this.name || this.endpointUrl || this._("palette"); },
  oneditprepare() {
    const form = openForm("config");
    const pairUp = (current: string): void => offerPolicies(form, current);
    form.onChange("securityMode", () => pairUp(form.value("securityPolicy")));
    form.onChange("authentication", () => { $("#node-config-input-user").trigger("change"); });
    pairUp(this.securityPolicy);
  },
});

function offerPolicies(form: Form, current: string): void {
  const policies = POLICIES[form.value("securityMode")] ?? [];
  const chosen = policies.includes(current) ? current : policies[0] ?? "None";
  const select = form.field<HTMLSelectElement>("securityPolicy");
  fillSelect(select, policies.map((name) => ({ value: name, label: name.replaceAll("_", "-") })), chosen);
  select.disabled = policies.length === 1;
}
