import type { DataFlow } from "../flow/structure";
import { DIRECTIONS, type Field, type Need, type Profile } from "../profile/profile";
import { GOALS, greatest, RULE } from "./catalogue";
import type { Target } from "./targets";

/** The profile of a configuration node's id; of an empty one the profile to assume. */
export type ProfileOf = (id: string | undefined) => Profile | undefined;

/** What the profile says of the fields of a data flow; fields that it lacks are left out. */
export function fieldsIn({ category, direction, fields, profile }: DataFlow, profileOf: ProfileOf): readonly Field[] {
  const known = profileOf(profile)?.categories.get(category)?.[DIRECTIONS.find((each) => each === direction) ?? "output"].fields;
  return known ? fields.flatMap((name) => known.get(name) ?? []) : [];
}

/** How much is at stake for a goal: the greatest need of fields. */
export function needOf(fields: readonly Field[], goal: string): Need | undefined {
  const need = GOALS.find(({ id }) => id === goal)?.need ?? "integrity";
  return greatest(fields.map(({ schema }) => schema.vdi2182[need]));
}

/** The impact of a threat to goals at a target, and the fields that decide it. */
export function impactAt(target: Target, goals: readonly string[], flows: readonly DataFlow[], profileOf: ProfileOf): { readonly impact: Need; readonly fields: readonly string[] } {
  const mine = flows.filter((flow) => target.interfaces === "all" || target.interfaces.includes(flow.interface));
  const fields = mine.flatMap((flow) => fieldsIn(flow, profileOf).map((field) => ({ field, place: `${flow.category}/${flow.direction}/${field.name}` })));
  const impact = greatest(goals.flatMap((goal) => needOf(fields.map(({ field }) => field), goal) ?? []));
  if (!impact) return { impact: RULE.unknownNeed, fields: [] };
  const deciding = fields.filter(({ field }) => goals.some((goal) => needOf([field], goal) === impact));
  return { impact, fields: [...new Set(deciding.map(({ place }) => place))] };
}
