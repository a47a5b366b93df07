import { fillAbsent, keepAbsent, openForm, type Form } from "../lib/editor/form";
import { certificatesBox } from "../lib/editor/opcua-certificates";
import { checkBox } from "../lib/editor/opcua-check";
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
  userCertificateSource: string;
  userCertificateFile: string;
  userKeyFile: string;
}

/** Which policies go with a mode; the first is the one to start with. */
const POLICIES: Readonly<Record<string, readonly string[]>> = {
  None: ["None"],
  Sign: ["Basic256Sha256", "Aes128_Sha256_RsaOaep", "Aes256_Sha256_RsaPss", "Basic256", "Basic128Rsa15"],
  SignAndEncrypt: ["Basic256Sha256", "Aes128_Sha256_RsaOaep", "Aes256_Sha256_RsaPss", "Basic256", "Basic128Rsa15"],
};
const DEPRECATED: ReadonlySet<string> = new Set(["Basic256", "Basic128Rsa15"]);
/** What endpoints from before users had certificates lack. */
const ABSENT = { userCertificateSource: "file", userCertificateFile: "", userKeyFile: "" } as const;
/** SHA-1 or SHA-256 in hexadecimal digits. */
const THUMBPRINT = /^(([0-9a-f]{2}[:\s]?){20}|([0-9a-f]{2}[:\s]?){32})$/i;

const text = textOf("opcua-endpoint");
const userWanted = (): boolean => $("#node-config-input-authentication").val() === "user";
const certificateWanted = (source: string) => (): boolean =>
  $("#node-config-input-authentication").val() === "certificate" && $("#node-config-input-userCertificateSource").val() === source;
const wantedFrom = (source: string) => validate(onlyIf(certificateWanted(source), required(text)));

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
    userCertificateSource: { value: "file" },
    userCertificateFile: { value: "", label: text("label.userCertificateFile"), validate: wantedFrom("file") },
    userKeyFile: { value: "", label: text("label.userKeyFile"), validate: wantedFrom("file") },
  },
  credentials: {
    user: { type: "text", label: text("common.label.user"), validate: validate(onlyIf(userWanted, required(text))) },
    password: { type: "password" },
    userCertificate: { type: "password", label: text("label.userCertificate"), validate: wantedFrom("text") },
    userKey: { type: "password", label: text("label.userKey"), validate: wantedFrom("text") },
    userKeyPassword: { type: "password" },
  },
  paletteLabel() { return text("palette"); },
  label() { return this.name || this.endpointUrl || this._("palette"); },
  oneditprepare() {
    const form = openForm("config");
    const pairUp = (current: string): void => offerPolicies(form, current);
    form.onChange("securityMode", () => pairUp(form.value("securityPolicy")));
    form.onChange("authentication", () => { $("#node-config-input-user").trigger("change"); });
    pairUp(this.securityPolicy);
    fillAbsent(this, "config", ABSENT);
    for (const property of ["authentication", "userCertificateSource"]) {
      form.onChange(property, () => { $("#node-config-input-userCertificateFile, #node-config-input-userKeyFile, #node-config-input-userCertificate, #node-config-input-userKey").trigger("change"); });
    }
    const certificates = form.root.querySelector<HTMLDetailsElement>("#resonance-certificates");
    const lists = certificates && certificatesBox(certificates, text);
    const check = form.root.querySelector<HTMLElement>("#resonance-check");
    if (check) checkBox(check, this.id, form, text, () => { lists?.refresh(); });
  },
  oneditsave() { keepAbsent(this, "config", ABSENT); },
});

function labelOf(policy: string): string {
  const name = policy.replaceAll("_", "-");
  return DEPRECATED.has(policy) ? text("option.deprecated", { policy: name }) : name;
}

function offerPolicies(form: Form, current: string): void {
  const policies = POLICIES[form.value("securityMode")] ?? [];
  const chosen = policies.includes(current) ? current : policies[0] ?? "None";
  const select = form.field<HTMLSelectElement>("securityPolicy");
  fillSelect(select, policies.map((name) => ({ value: name, label: labelOf(name) })), chosen);
  select.disabled = policies.length === 1;
  $(select).trigger("change");
}
