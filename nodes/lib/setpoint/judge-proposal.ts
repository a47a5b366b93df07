import type { OutputRecord } from "../record/interface-record";
import { toMilliseconds } from "../record/iso-time";
import type { Objection } from "./decision";
import type { Moment } from "./watched-tags";

/** What a proposal must be, apart from its values. */
export interface ProposalRules {
  readonly category: string;
  readonly equipment: { readonly path: string; readonly physicalAsset?: string | undefined };
  /** Seconds a proposal counts at most. */
  readonly maxAge: number;
  /** 0 for any, also for one that states none. */
  readonly minConfidence: number;
  /** `notOutside` refuses `outside`; `inside` takes nothing else, also not a proposal that does not say. */
  readonly applicability: "any" | "notOutside" | "inside";
  /** `notConfirmed` refuses `confirmed`; `none` takes nothing else. */
  readonly drift: "any" | "notConfirmed" | "none";
}

/** Until when a proposal counts, by both clocks. */
export type Deadline = Moment;

/** The end of a proposal's validity: its own, its age and the time since it came, whichever is first; `undefined` for a proposal of the future. */
export function deadlineOf({ timestamp, validUntil }: OutputRecord, maxAge: number, now: Moment): Deadline | undefined {
  const made = toMilliseconds(timestamp);
  const end = validUntil === undefined ? Infinity : toMilliseconds(validUntil);
  const longest = maxAge * 1000;
  if (made === undefined || end === undefined || made > now.wall + longest) return undefined;
  const wall = Math.min(end, made + longest, now.wall + longest);
  return { wall, steady: now.steady + Math.max(0, wall - now.wall) };
}

/** A clock that is set back does not make a proposal young again, one that is set forward ends it. */
export function isOver(deadline: Deadline, now: Moment): boolean {
  return now.wall >= deadline.wall || now.steady >= deadline.steady;
}

/** Why a record is not considered at all. */
export function judgeProposal(record: OutputRecord, rules: ProposalRules): Objection | undefined {
  const { nature, category, equipment, physicalAsset, confidence, values } = record;
  if (nature !== "proposal") return { reason: "NOT_A_PROPOSAL", about: { nature } };
  if (category !== rules.category) return { reason: "OTHER_CATEGORY", about: { category } };
  if (equipment !== rules.equipment.path) return { reason: "OTHER_EQUIPMENT", about: { equipment } };
  const own = rules.equipment.physicalAsset ?? "";
  if (own !== "" && physicalAsset !== undefined && physicalAsset !== own) return { reason: "OTHER_EQUIPMENT", about: { equipment: physicalAsset } };
  if (rules.minConfidence > 0 && confidence === undefined) return { reason: "CONFIDENCE_MISSING" };
  if (confidence !== undefined && confidence < rules.minConfidence) return { reason: "CONFIDENCE_LOW", about: { confidence, least: rules.minConfidence } };
  const { applicability, driftState } = values;
  if (!accepts(rules.applicability, applicability, { notOutside: "outside", inside: "inside" })) return { reason: "NOT_APPLICABLE", about: { state: word(applicability) } };
  if (!accepts(rules.drift, driftState, { notConfirmed: "confirmed", none: "none" })) return { reason: "MODEL_DRIFT", about: { state: word(driftState) } };
  return undefined;
}

/** `not…` refuses one word, `any` none; every other choice takes only its own. */
function accepts(choice: string, state: unknown, words: Readonly<Record<string, string>>): boolean {
  if (choice === "any") return true;
  return choice.startsWith("not") ? state !== words[choice] : state === words[choice];
}

function word(state: unknown): string {
  return typeof state === "string" ? state : "?";
}
