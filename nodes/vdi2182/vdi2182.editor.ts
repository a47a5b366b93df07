import { openForm, saveNumbers } from "../lib/editor/form";
import type { Option } from "../lib/editor/options";
import { createTable, type Problem, type Table } from "../lib/editor/table";
import { textOf } from "../lib/editor/text";
import { isBlank, number, rows, validate } from "../lib/editor/validators";
import { loadTargets } from "./targets.editor";

interface Rating {
  readonly target: string;
  readonly likelihood: string;
  readonly impact: string;
  readonly accepted: boolean;
  readonly reason: string;
  readonly by: string;
  readonly date: string;
}

interface Audit { readonly date: string; readonly by: string; readonly findings: string; readonly next: string }
interface Client { readonly client: string }
interface Goal { readonly goal: string }

interface Vdi2182 {
  name: string;
  version: number;
  area: string;
  format: string;
  language: string;
  atDeploy: boolean;
  checkEvery: number;
  certificateDays: number;
  goals: readonly string[];
  manufacturer: string;
  integrator: string;
  operator: string;
  knownClients: readonly Client[];
  ratings: readonly Rating[];
  audits: readonly Audit[];
}

const GOALS = ["confidentiality", "integrity", "availability", "safety", "authenticity", "accountability"] as const;
const LEVELS = ["low", "medium", "high"] as const;
const DATE = /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/;

const text = textOf("vdi2182");
const today = (): string => new Date().toISOString().slice(0, 10);

RED.nodes.registerType<Vdi2182>("resonance-vdi2182", {
  category: "model-data resonance",
  color: "#C0A060",
  icon: "resonance-vdi2182.svg",
  inputs: 1,
  outputs: 2,
  defaults: {
    name: { value: "" },
    version: { value: 1 },
    area: { value: "instance" },
    format: { value: "json" },
    language: { value: "en" },
    atDeploy: { value: true },
    checkEvery: { value: 60, label: text("label.checkEvery"), validate: validate(number(text, { min: 1, max: 86400, whole: true })) },
    certificateDays: { value: 30, label: text("label.certificateDays"), validate: validate(number(text, { min: 0, max: 3650, whole: true })) },
    goals: {
      value: ["confidentiality", "integrity", "availability", "safety"], label: text("label.goals"),
      validate: validate((value) => rows<Goal>(text, (row, all) => goalProblem(row, all)?.text)(((value ?? []) as readonly string[]).map((goal) => ({ goal })))),
    },
    manufacturer: { value: "" },
    integrator: { value: "" },
    operator: { value: "" },
    knownClients: { value: [], label: text("label.knownClients"), validate: validate(rows<Client>(text, (row, all) => clientProblem(row, all)?.text, 0)) },
    ratings: { value: [], label: text("label.ratings"), validate: validate(rows<Rating>(text, (row) => ratingProblem(row)?.text, 0)) },
    audits: { value: [], label: text("label.audits"), validate: validate(rows<Audit>(text, (row) => auditProblem(row)?.text, 0)) },
  },
  inputLabels() { return text("port.input"); },
  outputLabels(index) { return text(index === 0 ? "port.file" : "port.event"); },
  paletteLabel() { return text("palette"); },
  label() { return this.name || this._("palette"); },
  labelStyle() { return this.name ? "node_label_italic" : ""; },
  oneditprepare() {
    const form = openForm("node");
    const host = (id: string): HTMLElement => form.root.querySelector<HTMLElement>(`#resonance-${id}`) ?? form.root;
    // Ids of risks and measures of the file that is deployed, so that nobody has to type one.
    const suggestions: string[] = [];
    tables = {
      ratings: ratingTable(host("ratings"), this.ratings, suggestions),
      clients: createTable<Client>({
        host: host("clients"), text, rows: this.knownClients, addLabel: text("label.addClient"), blank: () => ({ client: "" }), problem: clientProblem,
        columns: [{ key: "client", kind: "text", title: text("label.client"), width: "1fr", placeholder: "urn:station-1:scada" }],
      }),
      goals: createTable<Goal>({
        host: host("goals"), text, rows: this.goals.map((goal) => ({ goal })), addLabel: text("label.addGoal"), blank: () => ({ goal: "" }), problem: goalProblem,
        columns: [{ key: "goal", kind: "select", title: text("label.goal"), width: "1fr", options: () => [{ value: "", label: text("common.table.choose") }, ...GOALS.map((goal) => ({ value: goal, label: text(`goal.${goal}`) }))] }],
      }),
      audits: createTable<Audit>({
        host: host("audits"), text, rows: this.audits, addLabel: text("label.addAudit"), blank: () => ({ date: today(), by: "", findings: "", next: "" }), problem: auditProblem,
        columns: [
          { key: "date", kind: "text", title: text("label.date"), width: "100px", placeholder: "2026-11-22" },
          { key: "by", kind: "text", title: text("label.by"), width: "2fr" },
          { key: "findings", kind: "text", title: text("label.findings"), width: "4fr" },
          { key: "next", kind: "text", title: text("label.next"), width: "100px" },
        ],
      }),
    };
    loadTargets(this.id).then((targets) => {
      suggestions.push(...targets);
      for (const list of form.root.querySelectorAll("datalist")) list.replaceChildren(...targets.map((target) => new Option("", target)));
    }, () => undefined);
  },
  oneditsave() {
    saveNumbers(this, "node", "checkEvery", "certificateDays");
    if (!tables) return;
    this.ratings = tables.ratings.rows();
    this.knownClients = tables.clients.rows();
    this.goals = tables.goals.rows().map(({ goal }) => goal);
    this.audits = tables.audits.rows();
  },
});

/** The tables of the open form. */
let tables: { readonly ratings: Table<Rating>; readonly clients: Table<Client>; readonly goals: Table<Goal>; readonly audits: Table<Audit> } | undefined;

function ratingTable(host: HTMLElement, ratings: readonly Rating[], suggestions: readonly string[]): Table<Rating> {
  const levels = (): readonly Option[] => [{ value: "", label: text("option.byRule") }, ...LEVELS.map((level) => ({ value: level, label: text(`level.${level}`) }))];
  return createTable<Rating>({
    host, text, problem: ratingProblem, rows: ratings, addLabel: text("label.addRating"),
    blank: () => ({ target: "", likelihood: "", impact: "", accepted: false, reason: "", by: "", date: today() }),
    columns: [
      { key: "target", kind: "text", title: text("label.target"), width: "minmax(0, 4fr)", suggestions: () => suggestions },
      { key: "likelihood", kind: "select", title: text("label.likelihood"), width: "minmax(0, 2fr)", options: levels },
      { key: "impact", kind: "select", title: text("label.impact"), width: "minmax(0, 2fr)", options: levels },
      { key: "accepted", kind: "check", title: text("label.accepted"), width: "70px" },
    ],
    details: {
      columns: [
        { key: "reason", kind: "text", title: text("label.reason"), width: "minmax(0, 4fr)" },
        { key: "by", kind: "text", title: text("label.by"), width: "minmax(0, 2fr)" },
        { key: "date", kind: "text", title: text("label.date"), width: "100px" },
      ],
    },
  });
}

function ratingProblem(row: Rating): Problem<Rating> | undefined {
  const blank = (["target", "reason", "by"] as const).find((key) => isBlank(row[key]));
  if (blank) return { key: blank, text: text(`error.${blank}`) };
  if (!DATE.test(row.date)) return { key: "date", text: text("error.date") };
  return isBlank(row.likelihood) && isBlank(row.impact) && !row.accepted ? { key: "accepted", text: text("error.nothing") } : undefined;
}

function auditProblem(row: Audit): Problem<Audit> | undefined {
  if (!DATE.test(row.date)) return { key: "date", text: text("error.date") };
  if (isBlank(row.by)) return { key: "by", text: text("error.by") };
  if (isBlank(row.findings)) return { key: "findings", text: text("error.findings") };
  return isBlank(row.next) || DATE.test(row.next) ? undefined : { key: "next", text: text("error.date") };
}

function clientProblem(row: Client, all: readonly Client[]): Problem<Client> | undefined {
  if (isBlank(row.client)) return { key: "client", text: text("common.error.required") };
  return all.filter(({ client }) => client === row.client).length > 1 ? { key: "client", text: text("error.twice") } : undefined;
}

function goalProblem(row: Goal, all: readonly Goal[]): Problem<Goal> | undefined {
  if (isBlank(row.goal)) return { key: "goal", text: text("common.error.required") };
  return all.filter(({ goal }) => goal === row.goal).length > 1 ? { key: "goal", text: text("error.twice") } : undefined;
}
