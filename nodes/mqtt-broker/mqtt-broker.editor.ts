import { openForm, saveNumbers } from "../lib/editor/form";
import { textOf } from "../lib/editor/text";
import { number, onlyIf, pattern, required, url, validate } from "../lib/editor/validators";

interface Broker {
  name: string;
  version: number;
  url: string;
  protocol: string;
  clientId: string;
  caFile: string;
  certFile: string;
  keyFile: string;
  serverName: string;
  sharedGroup: string;
  cleanStart: boolean;
  sessionExpiry: number;
  keepAlive: number;
  inFlight: number;
  stateTopic: string;
  keep: string;
  policy: string;
  queueLimit: number;
  diskLimit: number;
  ageLimit: number;
}

const NUMBERS = ["sessionExpiry", "keepAlive", "inFlight", "queueLimit", "diskLimit", "ageLimit"] as const;

const text = textOf("mqtt-broker");
const onDisk = (): boolean => $("#node-config-input-keep").val() === "disk";
const limit = (max: number, whole = true) => validate(onlyIf(onDisk, number(text, { min: whole ? 1 : 0, max, whole })));

RED.nodes.registerType<Broker>("resonance-mqtt-broker", {
  category: "config",
  color: "#D8BFD8",
  icon: "resonance-mqtt-broker.svg",
  defaults: {
    name: { value: "" },
    version: { value: 1 },
    url: { value: "", label: text("label.url"), required: true, validate: validate(required(text), url(text, "mqtt", "mqtts", "ws", "wss")) },
    protocol: { value: "auto" },
    clientId: { value: "" },
    caFile: { value: "" },
    certFile: { value: "" },
    keyFile: { value: "" },
    serverName: { value: "" },
    sharedGroup: { value: "", label: text("label.sharedGroup"), validate: validate(pattern(/^[^/+#]+$/, () => text("error.group"))) },
    cleanStart: { value: false },
    sessionExpiry: { value: 86400, label: text("label.sessionExpiry"), validate: validate(number(text, { min: 0, max: 4294967295, whole: true })) },
    keepAlive: { value: 30, label: text("label.keepAlive"), validate: validate(number(text, { min: 0, max: 65535, whole: true })) },
    inFlight: { value: 100, label: text("label.inFlight"), validate: validate(number(text, { min: 1, max: 65535, whole: true })) },
    stateTopic: { value: "", label: text("label.stateTopic"), validate: validate(pattern(/^[^+#$][^+#]*$/, () => text("error.topic"))) },
    keep: { value: "disk" },
    policy: { value: "drop-oldest" },
    queueLimit: { value: 100000, label: text("common.label.queueLimit"), validate: limit(10000000) },
    diskLimit: { value: 100, label: text("label.diskLimit"), validate: limit(100000) },
    ageLimit: { value: 0, label: text("label.ageLimit"), validate: limit(87600, false) },
  },
  credentials: {
    user: { type: "text" },
    password: { type: "password" },
    ca: { type: "text" },
    cert: { type: "text" },
    key: { type: "password" },
    passphrase: { type: "password" },
  },
  paletteLabel() { return text("palette"); },
  label() { return this.name || this.url || this._("palette"); },
  oneditprepare() {
    const form = openForm("config");
    const secure = (): void => {
      const part = form.root.querySelector<HTMLElement>("#resonance-tls");
      // An address from the environment may be of either kind.
      if (part) part.hidden = /^(mqtt|ws):/i.test(form.value("url").trim());
    };
    form.onChange("url", secure);
    form.onChange("keep", () => { for (const name of ["queueLimit", "diskLimit", "ageLimit"]) $(`#node-config-input-${name}`).trigger("change"); });
    secure();
  },
  oneditsave() { saveNumbers(this, "config", ...NUMBERS); },
});
