import type { FlowStructure } from "../flow/structure";
import type { Field, Localized, Need } from "../profile/profile";
import { GOALS, greatest, RULE } from "./catalogue";
import { fieldsIn, needOf, type ProfileOf } from "./needs";
import type { Asset, Roles } from "./security-file";
import words from "./words.json";

type Class = keyof (typeof words)["assetClasses"];
/** Who answers for data of a class. */
const OWNERS: Readonly<Record<string, keyof Roles>> = { "model-result": "manufacturer", "process-data": "operator" };

/** What there is to protect: the profile's data as they really flow, the models, the access data and the flow itself. */
export function assetsOf(structure: FlowStructure, goals: readonly string[], profileOf: ProfileOf): readonly Asset[] {
  const data = dataAssets(structure, goals, profileOf);
  const all = (goal: string): Need => greatest(data.map(({ needs }) => needs[goal] ?? RULE.unknownNeed)) ?? RULE.unknownNeed;
  const needs = Object.fromEntries(goals.map((goal) => [goal, all(goal)]));
  const models = structure.components.filter(({ role }) => role === "model").map(({ id, name }): Asset => {
    const flows = structure.interfaces.filter((found) => found.from === id || found.to === id).map((found) => found.id);
    const mine = data.filter(({ dependsOn }) => dependsOn.some((each) => flows.includes(each)));
    const own = Object.fromEntries(goals.map((goal) => [goal, greatest(mine.map((asset) => asset.needs[goal] ?? RULE.unknownNeed)) ?? RULE.unknownNeed]));
    return { id: `model:${id}`, name: same(name), type: "model", assetClass: "model", owner: "manufacturer", needs: own, fields: [], dependsOn: [id] };
  });
  const loggedIn = structure.interfaces.filter(({ authentication }) => !["anonymous", "none", "unknown"].includes(authentication)).map(({ id }) => id);
  const access: readonly Asset[] = loggedIn.length === 0 ? []
    : [{ id: "access-data", name: words.assetTypes["access-data"], type: "access-data", assetClass: "access-data", owner: "operator", needs, fields: [], dependsOn: loggedIn }];
  return [...data, ...models, ...access, { id: "flow", name: words.assetTypes.flow, type: "flow", assetClass: "flow", owner: "integrator", needs, fields: [], dependsOn: ["node-red"] }];
}

/** One asset for each class of data in a category's input or output. */
function dataAssets({ dataFlows }: FlowStructure, goals: readonly string[], profileOf: ProfileOf): readonly Asset[] {
  const groups = new Map<string, { readonly category: string; readonly direction: "input" | "output"; readonly assetClass: string; readonly profile: string | undefined; readonly fields: Map<string, Field>; readonly interfaces: Set<string> }>();
  for (const flow of dataFlows) {
    for (const field of fieldsIn(flow, profileOf)) {
      const { assetClass } = field.schema.vdi2182;
      const id = `data:${flow.category}/${flow.direction}/${assetClass}`;
      const group = groups.get(id) ?? { category: flow.category, direction: flow.direction, assetClass, profile: flow.profile, fields: new Map<string, Field>(), interfaces: new Set<string>() };
      group.fields.set(field.name, field);
      group.interfaces.add(flow.interface);
      groups.set(id, group);
    }
  }
  return [...groups].map(([id, { category, direction, assetClass, profile, fields, interfaces }]) => {
    const title = profileOf(profile)?.categories.get(category)?.title ?? same(category);
    const kind: Localized = Object.hasOwn(words.assetClasses, assetClass) ? words.assetClasses[assetClass as Class] : same(assetClass);
    const way = words.directions[direction];
    return {
      id, name: { en: `${kind.en}: ${title.en}, ${way.en}`, zh: `${kind.zh}：${title.zh}，${way.zh}`, de: `${kind.de}: ${title.de}, ${way.de}` }, type: "data", assetClass,
      owner: OWNERS[assetClass] ?? "operator", category, fields: [...fields.keys()], dependsOn: [...interfaces],
      needs: Object.fromEntries(goals.map((goal) => [goal, needOf([...fields.values()], goal) ?? RULE.unknownNeed])),
    };
  });
}

/** A name that is no word of a language. */
function same(name: string): Localized {
  return { en: name, zh: name, de: name };
}

/** Goals that count unless somebody chooses otherwise. */
export const USUAL_GOALS: readonly string[] = GOALS.filter(({ chosen }) => chosen).map(({ id }) => id);
