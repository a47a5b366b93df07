import { DIRECTIONS, type Category, type Direction, type Field, type Interface, type Localized, type Profile, type ProtectionNeed } from "../profile/profile";
import { findUnit } from "../units/units";
import words from "./reference-words.json";

/** The languages of a profile's own texts. */
export type ProfileLanguage = keyof Localized;

type Words = (typeof words)["en"];

/**
 * The interface reference of a profile as Markdown: for each category its purpose, its messages and every field with type, unit, range,
 * place in B2MML, protection need and the definition it follows. Fields that every category's output has stand once, at the end.
 */
export function interfaceReference(profile: Profile, language: ProfileLanguage): string {
  const text = words[language];
  const [lineage, ...parts] = text.lineage;
  const categories = [...profile.categories.values()];
  const common = [...(categories[0]?.output.fields.values() ?? [])].filter((field) => field.common);
  return [
    `# ${text.title}: ${profile.designation}, ${profile.id} ${profile.version}`,
    `> ${profile.notice[language]}`,
    `${profile.isa95Edition}. ${text.protection}`,
    `## ${text.contents}`,
    categories.map(({ id, title }) => `- [${title[language]}](#${id}) \`${id}\``).join("\n"),
    ...categories.map((category) => categoryReference(category, language)),
    ...(common.length > 0 ? [`## ${text.commonOutput}`, fieldTable(common, language)] : []),
    `## ${lineage}`,
    parts.map((part) => `- ${part}`).join("\n"),
  ].join("\n\n") + "\n";
}

function categoryReference(category: Category, language: ProfileLanguage): string {
  const text = words[language];
  const { id, title, description, nature, operationsType, momFunctions, basis } = category;
  return [
    `## <a id="${id}"></a>${title[language]}`,
    description[language],
    [
      `- \`${id}\`; ${text.nature}: ${text[nature]}`,
      `- ${text.activity}: ${operationsType} × ${momFunctions.join(", ")}`,
      ...(basis.length > 0 ? [`- ${text.basis}: ${basis.join("、")}`] : []),
      ...DIRECTIONS.map((direction) => `- ${text.messages}, ${text[direction]}: ${category.messages[direction].map(code).join(", ")}`),
    ].join("\n"),
    ...DIRECTIONS.map((direction) => directionReference(category[direction], direction, language)),
  ].join("\n\n");
}

function directionReference({ fields, requireOneOf, schema }: Interface, direction: Direction, language: ProfileLanguage): string {
  const text = words[language];
  const own = [...fields.values()].filter((field) => !field.common);
  const note = requireOneOf.length > 0 ? [`${text.oneOf}: ${requireOneOf.map(code).join(", ")}`] : [];
  const ordered = orderOf(schema["ordered"], code);
  return [`### ${text[direction]}`, ...note, ...(ordered === "" ? [] : [ordered]), fieldTable(own, language)].join("\n\n");
}

function fieldTable(fields: readonly Field[], language: ProfileLanguage): string {
  const text: Words = words[language];
  const rows = fields.map((field) => fieldRow(field, language, text));
  return [text.columns, text.columns.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function fieldRow({ name, schema, required, common }: Field, language: ProfileLanguage, text: Words): readonly string[] {
  const { title, description, type, unit, isa95, vdi2182, follows } = schema;
  const targets = common ? [text.all] : isa95.map(({ message, path, property }) => `${code(message)} ${path.slice(path.lastIndexOf("/") + 1)}${property && property !== name ? ` ${property}` : ""}`);
  return [
    code(name), `**${cell(title[language])}**. ${cell(description[language])}`, cell([type].flat().join(", ")),
    unit === undefined ? unitPartsOf(schema).join(", ") : `${cell(findUnit(unit)?.symbol ?? "")} (${unit})`, cell(rangeOf(schema)), required ? text.yes : "",
    targets.join("<br>"), needOf(vdi2182), cell(follows ?? ""),
  ];
}

/** Relations of values: `lower ≤ value ≤ upper`. */
function orderOf(ordered: unknown, name: (name: string) => string = String): string {
  return ((ordered ?? []) as readonly (readonly string[])[]).map((names) => names.map(name).join(" ≤ ")).join("; ");
}

/** The parts that hold the units of a structured value's decimal texts. */
function unitPartsOf({ items, properties }: Field["schema"]): readonly string[] {
  const parts = Object.values(items?.properties ?? properties ?? {}).flatMap(({ unitIn }) => unitIn ?? []);
  return [...new Set(parts)].map(code);
}

function rangeOf({ minimum, maximum, enum: values, format, items, ordered }: Field["schema"]): string {
  const order = orderOf(items?.ordered ?? ordered);
  if (order !== "") return order;
  if (values) return values.map(String).join(", ");
  if (minimum !== undefined && maximum !== undefined) return `${minimum} … ${maximum}`;
  if (minimum !== undefined) return `≥ ${minimum}`;
  return maximum === undefined ? format ?? "" : `≤ ${maximum}`;
}

function needOf({ confidentiality, integrity, availability, safety }: ProtectionNeed): string {
  return [confidentiality, integrity, availability, safety].map((need) => need.charAt(0).toUpperCase()).join(" / ");
}

const code = (name: string): string => `\`${name}\``;

/** A table cell ends at a bar and at a line's end. */
function cell(content: string): string {
  return content.replaceAll("|", "\\|").replace(/\s+/g, " ");
}
