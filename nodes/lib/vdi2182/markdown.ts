import type { Localized, Need } from "../profile/profile";
import type { Evidence, SecurityFile } from "./security-file";
import words from "./words.json";

export type FileLanguage = keyof Localized;

/** The security file as a Markdown document, in the order of VDI/VDE 2182: preparation, then the steps of the procedure. */
export function securityFileMarkdown(file: SecurityFile, language: FileLanguage): string {
  const text = words.document[language];
  const names = new Map(file.structure.nodes.map(({ id, name }) => [id, name]));
  const evidence = (entries: readonly Evidence[]): string => entries.map(({ node = "", setting, value }) => `${names.get(node) ?? node}: \`${setting}\` = ${value}`).join("; ");
  const level = (need: Need): string => text.levels[need];
  const titles = new Map(file.threats.map(({ id, title }) => [id, title[language]]));
  const goalTitles = new Map(file.goals.map(({ id, title }) => [id, title[language]]));
  const { structure, solution, roles } = file;
  const step = (number: number): string => `### 2.${number} ${file.steps[number - 1]?.title[language] ?? ""}`;
  const unread = structure.nodes.filter(({ kind, disabled }) => !disabled && (kind === "unknown" || kind === "code"));
  const measureTitles = new Map(file.measures.map(({ id, title, targetName }) => [id, `${title[language]}: ${targetName}`]));
  const list = (ids: readonly string[]): string => (ids.length === 0 ? text.none : ids.map((id) => `- ${cell(measureTitles.get(id) ?? id)}`).join("\n"));
  const counts = (counted: Readonly<Record<Need, number>>): string => (["high", "medium", "low"] as const).map((need) => `${level(need)} ${counted[need]}`).join(", ");
  return [
    `# ${text.title}`,
    ...file.notices.map((notice) => `> ${notice[language]}`),
    [
      `- ${text.version}: ${file.version}`, `- ${text.generated}: ${file.generated}`, `- ${text.occasion}: ${cell(file.occasion)}`,
      `- ${text.scope}: ${structure.scope.kind === "instance" ? text.instance : cell(structure.scope.label ?? structure.scope.id ?? "")}`,
      ...(["manufacturer", "integrator", "operator"] as const).map((role) => `- ${text[role]}: ${cell(roles[role]) || "–"}`),
    ].join("\n"),
    `## 1 ${text.preparation}`, `### 1.1 ${text.structure}: ${text.components}`,
    table(text.componentColumns, structure.components.map(({ name, role, zone = "", type }) => [name, role, zone, type])),
    `### 1.2 ${text.interfaces}`,
    table(text.interfaceColumns, structure.interfaces.map(({ id, protocol, address, direction, authentication, encryption, certificate, writesBack, categories }) => [
      id, protocol, address, direction, authentication, encryption.policy === undefined || encryption.policy === encryption.mode ? encryption.mode : `${encryption.mode} ${encryption.policy}`,
      certificate?.expires.slice(0, 10) ?? "", writesBack ? text.yes : text.no, categories.join(", "),
    ])),
    `### 1.3 ${text.unknown}`, unread.length === 0 ? text.none : table(["", ""], unread.map(({ name, type, flow = "" }) => [`${name} (${type})`, flow])),
    `## 2 ${text.procedure}`,
    step(1), table([...text.assetColumns, ...goalTitles.values()], file.assets.map(({ name, assetClass, owner, needs }) => [name[language], assetClass, text[owner], ...file.goals.map(({ id }) => level(needs[id] ?? "medium"))])),
    step(2), table(text.threatColumns, file.threats.map(({ title, description, goals, ai, targets }) => [`**${title[language]}**. ${description[language]}`, goals.map((goal) => goalTitles.get(goal) ?? goal).join(", "), ai ? text.yes : text.no, String(targets.length)])),
    step(3), [...goalTitles.values()].map((title) => `- ${title}`).join("\n"),
    step(4), `${text.rule}: ${file.rule[language]}`,
    table(text.riskColumns, file.risks.map((risk) => [
      titles.get(risk.threat) ?? risk.threat, risk.targetName, level(risk.likelihood), level(risk.impact), `**${level(risk.rating)}**`, level(risk.residual),
      [evidence(risk.justification.evidence), risk.justification.exposure].filter((part) => part !== "").join("; "),
      risk.rated ? `${risk.rated.reason} (${risk.rated.by}, ${risk.rated.date}${risk.accepted ? `, ${text.accepted}` : ""})` : "",
    ])),
    step(5), table(text.measureColumns, file.measures.map(({ title, targetName, state, evidence: shown, sr, cr, role, effect, confirmed }) => [
      title[language], targetName, text.states[state], [evidence(shown), confirmed ? `${confirmed.reason} (${confirmed.by}, ${confirmed.date})` : ""].filter((part) => part !== "").join("; "), sr.join(", "), cr.join(", "), text[role], level(effect),
    ])),
    step(6), `${text.solution}:`, list(solution.chosen), `${text.current}: ${counts(solution.current)}. ${text.residual}: ${counts(solution.residual)}.`,
    step(7), `${text.implemented}:`, list(solution.implemented),
    step(8), file.audit.length === 0 ? text.none : table(text.auditColumns, file.audit.map(({ date, by, findings, next = "" }) => [date, by, findings, next])),
    ...(file.ratingsWithoutRisk.length > 0 ? [`### ${text.vanished}`, file.ratingsWithoutRisk.map((id) => `- \`${id}\``).join("\n")] : []),
    ...(file.changes.length > 0 ? [`## 3 ${text.changes}`, table(text.changeColumns, file.changes.map(({ kind, what, id, from = "", to = "" }) => [`${what}: ${text.kinds[kind]}`, id, from, to]))] : []),
  ].join("\n\n") + "\n";
}

function table(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  return [columns, columns.map(() => "---"), ...rows].map((cells) => `| ${cells.map(cell).join(" | ")} |`).join("\n");
}

/** A cell ends at a bar and at a line's end; what a flow's author wrote is no HTML. */
function cell(content: string): string {
  return content.replaceAll("|", "\\|").replace(/\s+/g, " ").replaceAll("<", "&lt;");
}
