import { openForm, saveNumbers, withCatalogue } from "../lib/editor/form";
import { NO_CATALOGUE, type Catalogue } from "../lib/editor/catalogue";
import { categoryOptions, fieldOptions, type Option } from "../lib/editor/options";
import type { Validate } from "../lib/editor/red";
import { createTable, type Problem, type Table } from "../lib/editor/table";
import { textOf } from "../lib/editor/text";
import { isBlank, number, required, rows, validate } from "../lib/editor/validators";
import { passwordCredentials, USER_SLOTS } from "../lib/scada/user-slots";
import { freeSlot, keepPasswords, shownPassword } from "./passwords.editor";

interface CategoryRow {
  category: string;
}

interface SetpointRow {
  category: string;
  field: string;
}

/** A user as the flow holds one; the password is the credential of its slot. */
interface SavedUser {
  name: string;
  operate: boolean;
  slot: number;
}

interface UserRow extends SavedUser {
  password: string;
}

interface Scada {
  name: string;
  version: number;
  profile: string;
  equipment: string;
  categories: readonly CategoryRow[];
  port: number;
  host: string;
  publicHost: string;
  unprotected: boolean;
  anonymous: boolean;
  accounts: readonly SavedUser[];
  maxSessions: number;
  pkiFolder: string;
  namespaceUri: string;
  language: string;
  historyValues: number;
  historyHours: number;
  maxEquipment: number;
  byModel: boolean;
  jobOrders: boolean;
  setpoints?: readonly SetpointRow[];
  openSetpoints?: boolean;
  companions: boolean;
}

const text = textOf("scada");

RED.nodes.registerType<Scada>("resonance-scada", {
  category: "model-data resonance",
  color: "#87A980",
  icon: "resonance-scada.svg",
  inputs: 1,
  outputs: 1,
  defaults: {
    name: { value: "" },
    version: { value: 1 },
    profile: { value: "", type: "resonance-profile", required: true, label: text("common.label.profile") },
    equipment: { value: "", type: "resonance-equipment", required: true, label: text("label.equipment") },
    categories: { value: [], label: text("label.categories"), validate: validate(rows<CategoryRow>(text, categoryProblem, 0)) },
    port: { value: 4840, label: text("label.port"), validate: validate(number(text, { min: 1, max: 65535, whole: true })) },
    host: { value: "127.0.0.1", label: text("label.host"), validate: validate(required(text)) },
    publicHost: { value: "" },
    unprotected: { value: false },
    anonymous: { value: false },
    accounts: { value: [], label: text("label.users"), validate: usable },
    maxSessions: { value: 50, label: text("label.maxSessions"), validate: validate(number(text, { min: 1, max: 1000, whole: true })) },
    pkiFolder: { value: "resonance/scada-pki", label: text("label.pkiFolder"), validate: validate(required(text)) },
    namespaceUri: { value: "urn:model-data-resonance:scada", label: text("label.namespaceUri"), validate: validate(required(text)) },
    language: { value: "en" },
    historyValues: { value: 1000, label: text("label.historyValues"), validate: validate(number(text, { min: 0, max: 1000000, whole: true })) },
    historyHours: { value: 24, label: text("label.historyHours"), validate: validate(number(text, { min: 0.001 })) },
    maxEquipment: { value: 50, label: text("label.maxEquipment"), validate: validate(number(text, { min: 1, max: 10000, whole: true })) },
    byModel: { value: false },
    jobOrders: { value: false },
    setpoints: { value: [], label: text("label.setpoints"), validate: validate((value) => rows<SetpointRow>(text, (row, all) => setpointProblem(row, all)?.text, 0)(value ?? [])) },
    openSetpoints: { value: false },
    companions: { value: false },
  },
  credentials: passwordCredentials(),
  inputLabels() { return text("port.input"); },
  outputLabels() { return text("port.output"); },
  paletteLabel() { return text("palette"); },
  label() { return this.name || `${this._("palette")} :${this.port}`; },
  labelStyle() { return this.name ? "node_label_italic" : ""; },
  oneditprepare() {
    const form = openForm("node");
    let options: readonly Option[] = [];
    const host = form.root.querySelector<HTMLElement>("#resonance-categories");
    const userHost = form.root.querySelector<HTMLElement>("#resonance-users");
    const setpointHost = form.root.querySelector<HTMLElement>("#resonance-setpoints");
    if (!host || !userHost || !setpointHost) return;
    const categories = createTable<CategoryRow>({
      host, text, rows: this.categories, addLabel: text("label.addCategory"), blank: () => ({ category: "" }),
      columns: [{ key: "category", kind: "select", title: text("common.label.category"), width: "minmax(0, 1fr)", options: () => [{ value: "", label: text("common.table.choose") }, ...options] }],
      problem(row, all) {
        const problem = categoryProblem(row, all);
        return problem ? { key: "category", text: problem } : undefined;
      },
    });
    table = categories;
    let known: Catalogue = NO_CATALOGUE;
    const writable = setpointTable(setpointHost, this.setpoints ?? [], () => known);
    setpoints = writable;
    withCatalogue(form, text, (catalogue) => {
      known = catalogue;
      options = categoryOptions(catalogue);
      categories.refresh();
      writable.refresh();
    });
    users = userTable(userHost, form.root, this, this.accounts);
  },
  oneditsave() {
    saveNumbers(this, "node", "port", "maxSessions", "historyValues", "historyHours", "maxEquipment");
    if (table) this.categories = table.rows();
    if (setpoints) this.setpoints = setpoints.rows();
    if (users) this.accounts = users.rows().map(({ name, operate, slot }) => ({ name: name.trim(), operate, slot }));
  },
});

/** The tables of the open form. */
let table: Table<CategoryRow> | undefined;
let users: Table<UserRow> | undefined;

function categoryProblem(row: CategoryRow, all: readonly CategoryRow[]): string | undefined {
  if (isBlank(row.category)) return text("common.error.required");
  return all.filter(({ category }) => category === row.category).length > 1 ? text("error.categoryTwice") : undefined;
}

/** The table of set-points of the open form. */
let setpoints: Table<SetpointRow> | undefined;

/** Set-points are single values among the outputs of a category. */
function setpointTable(host: HTMLElement, saved: readonly SetpointRow[], catalogue: () => Catalogue): Table<SetpointRow> {
  const outputsOf = (id: string) => catalogue().profiles.flatMap(({ categories }) => categories).find((category) => category.id === id)?.output ?? [];
  return createTable<SetpointRow>({
    host, text, rows: saved, addLabel: text("label.addSetpoint"), blank: () => ({ category: "", field: "" }), problem: setpointProblem,
    columns: [
      { key: "category", kind: "select", title: text("common.label.category"), width: "minmax(0, 1fr)", options: () => [{ value: "", label: text("common.table.choose") }, ...categoryOptions(catalogue())] },
      { key: "field", kind: "select", title: text("label.setpoint"), width: "minmax(0, 1fr)", options: ({ category }) => fieldOptions(outputsOf(category).filter(isSingle), catalogue(), text) },
    ],
    edited(row, key) {
      if (key === "category") row.field = "";
    },
  });
}

function isSingle({ type }: { readonly type: string | readonly string[] }): boolean {
  return ![type].flat().some((name) => name === "array" || name === "object");
}

function setpointProblem(row: SetpointRow, all: readonly SetpointRow[]): Problem<SetpointRow> | undefined {
  if (isBlank(row.category)) return { key: "category", text: text("common.error.required") };
  if (isBlank(row.field)) return { key: "field", text: text("common.error.required") };
  const twice = all.filter(({ category, field }) => category === row.category && field === row.field).length > 1;
  return twice ? { key: "field", text: text("error.setpointTwice") } : undefined;
}

/** The table of users; the editor gets a password only while it is typed, and hands it to the runtime with the next deploy. */
function userTable(host: HTMLElement, form: HTMLElement, node: object, saved: readonly SavedUser[]): Table<UserRow> {
  const made: Table<UserRow> = createTable<UserRow>({
    host, text, rows: saved.map((user) => ({ ...user, password: shownPassword(node, user.slot) })), addLabel: text("label.addUser"),
    blank: () => ({ name: "", password: "", operate: false, slot: freeSlot(made.rows().map(({ slot }) => slot)) }),
    columns: [
      { key: "name", kind: "text", title: text("common.label.user"), width: "minmax(0, 2fr)" },
      { key: "password", kind: "password", title: text("common.label.password"), width: "minmax(0, 2fr)" },
      { key: "operate", kind: "check", title: text("label.operate"), width: "minmax(0, 1fr)" },
    ],
    problem(row, all) {
      if (isBlank(row.name) || isBlank(row.password)) return { key: isBlank(row.name) ? "name" : "password", text: text("common.error.required") };
      const problem = userProblem(row, all);
      return problem ? { key: "name", text: problem } : undefined;
    },
    changed(rows) { keepPasswords(form, node, new Map(rows.map(({ slot, password }) => [slot, password]))); },
  });
  return made;
}

function userProblem({ name, slot }: SavedUser, all: readonly SavedUser[]): string | undefined {
  if (isBlank(name)) return text("common.error.required");
  if (slot > USER_SLOTS) return text("error.usersFull", { most: USER_SLOTS });
  return all.filter((other) => other.name.trim() === name.trim()).length > 1 ? text("error.userTwice") : undefined;
}

/** A server that nobody may enter is a mistake. */
function usable(this: Partial<Scada> | undefined, value: unknown, opt: Parameters<Validate>[1]): ReturnType<Validate> {
  const check = rows<SavedUser>(text, userProblem, 0);
  return validate((list) => (this && !this.anonymous && (list as readonly SavedUser[]).length === 0 ? text("error.nobody") : check(list)))(value, opt);
}
