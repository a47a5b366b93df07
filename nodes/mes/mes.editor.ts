import { deadLettersBox } from "../lib/editor/dead-letters";
import { fillAbsent, keepAbsent, openForm, saveNumbers } from "../lib/editor/form";
import { HTTP_ADDED, httpDefaults, loggedInBy, openHttpRows, type HttpRows } from "../lib/editor/http-rows";
import { textOf } from "../lib/editor/text";
import { number, onlyIf, required, url, validate, type Check } from "../lib/editor/validators";

interface Mes extends HttpRows {
  name: string;
  version: number;
  url: string;
  format: string;
  keep: string;
  retryFor: string;
  order: string;
  policy: string;
  timeout: number;
  retries: number;
  queueLimit: number;
  diskLimit: number;
  ageLimit: number;
  lanes: number;
}

const text = textOf("mes");
/** Settings that version 1 did not have, as it worked. */
const ADDED = { ...HTTP_ADDED, keep: "none", retryFor: "limit", order: "equipment", policy: "refuse", diskLimit: 100, ageLimit: 0, lanes: 4 };
const NUMBERS = ["timeout", "retries", "queueLimit", "diskLimit", "ageLimit", "lanes"] as const;
const diskNumber = (range: Parameters<typeof number>[1]) => validate((value) => (value === undefined ? undefined : number(text, range)(value)));

const anywhere = url(text, "http", "https");
/** A path alone is one of this Node-RED's own HTTP nodes. */
const address: Check = (value) => (/^\s*\/(?!\/)/.test(String(value)) ? undefined : anywhere(value));

RED.nodes.registerType<Mes>("resonance-mes", {
  category: "config",
  color: "#E9967A",
  icon: "resonance-mes.svg",
  defaults: {
    name: { value: "" },
    version: { value: 2 },
    url: { value: "", label: text("label.url"), required: true, validate: validate(required(text), address) },
    format: { value: "xml" },
    ...httpDefaults(text),
    keep: { value: "disk" },
    retryFor: { value: "ever" },
    order: { value: "equipment" },
    policy: { value: "refuse" },
    timeout: { value: 10000, label: text("common.label.timeout"), validate: validate(number(text, { min: 100, max: 600000 })) },
    retries: { value: 3, label: text("label.retries"), validate: validate(number(text, { min: 0, max: 100000, whole: true })) },
    queueLimit: { value: 100000, label: text("common.label.queueLimit"), validate: validate(number(text, { min: 1, max: 10000000, whole: true })) },
    diskLimit: { value: 500, label: text("label.diskLimit"), validate: diskNumber({ min: 1, max: 1000000 }) },
    ageLimit: { value: 0, label: text("label.ageLimit"), validate: diskNumber({ min: 0, max: 87600 }) },
    lanes: { value: 4, label: text("label.lanes"), validate: diskNumber({ min: 1, max: 64, whole: true }) },
  },
  credentials: {
    user: { type: "text", label: text("common.label.user"), validate: validate(onlyIf(loggedInBy("basic"), required(text))) },
    password: { type: "password" },
    token: { type: "password" },
    clientSecret: { type: "password" },
    cert: { type: "text" },
    key: { type: "password" },
    passphrase: { type: "password" },
  },
  paletteLabel() { return text("palette"); },
  label() { return this.name || this.url || this._("palette"); },
  oneditprepare() {
    const form = openForm("config");
    fillAbsent<Mes>(this, "config", ADDED);
    openHttpRows(form);
    const retries = form.root.querySelector<HTMLElement>("#resonance-retries");
    const limited = (): void => { if (retries) retries.hidden = form.value("keep") === "disk" && form.value("retryFor") === "ever"; };
    for (const property of ["keep", "retryFor"]) form.onChange(property, limited);
    limited();
    const host = form.root.querySelector<HTMLDetailsElement>("#resonance-outbox");
    if (host) deadLettersBox(host, this.id, text);
  },
  oneditsave() {
    keepAbsent<Mes>(this, "config", ADDED);
    saveNumbers(this, "config", ...NUMBERS);
  },
});
