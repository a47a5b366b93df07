import { ResonanceError } from "../errors/resonance-error";
import type { Category, Profile } from "../profile/profile";
import { requireCategory } from "../profile/profile-lookup";
import type { Equipment } from "../record/equipment";
import { compileFieldRules, type FieldRow, type FieldRule } from "./field-rule";
import type { ProposalRules } from "./judge-proposal";
import { type InterlockRow, type WatchedTags, watchTags } from "./watched-tags";

type Numeric = number | string;

/** The settings of a guard, as a form keeps them; spans in seconds. */
export interface GuardSettings {
  readonly profile: Profile;
  readonly category: string;
  readonly equipment: Equipment;
  readonly fields: readonly FieldRow[];
  /** What happens to a value beyond bounds, step or ramp. */
  readonly mode: "reject" | "limit";
  /** How long a proposal, and the command made of it, counts at most. */
  readonly maxAge: Numeric;
  readonly minConfidence: Numeric;
  readonly applicability: ProposalRules["applicability"];
  readonly drift: ProposalRules["drift"];
  readonly interlocks: readonly InterlockRow[];
  readonly approval: "none" | "required";
  /** 0: as long as the proposal counts. */
  readonly approvalTime: Numeric;
  /** After an operator's reject, proposals are refused for so long. */
  readonly holdOff: Numeric;
  /** What happens when the last command's validity is over. */
  readonly stale: "hold" | "fallback";
  /** Against what the first change is judged: only a confirmed actual value, or anything within the bounds passes. */
  readonly start: "confirmed" | "any";
  /** How old an actual value may be; 0 for no end. */
  readonly actualMaxAge: Numeric;
}

/** Settings, checked. */
export interface CompiledGuard {
  readonly category: Category;
  readonly fields: readonly FieldRule[];
  readonly tags: WatchedTags;
  readonly proposal: ProposalRules;
  readonly needsReference: boolean;
  readonly limits: boolean;
  readonly approval: boolean;
  readonly fallback: boolean;
  readonly maxAgeMs: number;
  readonly approvalMs: number;
  readonly holdOffMs: number;
}

const CHOICES = {
  mode: ["reject", "limit"], approval: ["none", "required"], stale: ["hold", "fallback"], start: ["confirmed", "any"],
  applicability: ["any", "notOutside", "inside"], drift: ["any", "notConfirmed", "none"],
} as const;
const LONGEST_S = 86_400 * 31;

/**
 * Checks the settings once. What is not one of the known words is refused: a guard never guesses.
 * @throws RESONANCE_CONFIG_INVALID, RESONANCE_CATEGORY_UNKNOWN and what `compileFieldRules` throws
 */
export function compileGuard(settings: GuardSettings): CompiledGuard {
  for (const [name, words] of Object.entries(CHOICES)) {
    const word: string = settings[name as keyof typeof CHOICES];
    if (!(words as readonly string[]).includes(word)) throw invalid(name, word);
  }
  const category = requireCategory(settings.profile, settings.category);
  const needsReference = settings.start === "confirmed";
  const fields = compileFieldRules(category, settings.fields, needsReference);
  const actualTags = fields.map(({ actualTag }) => actualTag).filter((tag) => tag !== "");
  const maxAge = seconds("maxAge", settings.maxAge, 0.01);
  const fallback = settings.stale === "fallback";
  if (fallback && fields.every((rule) => rule.fallback === undefined)) throw invalid("stale", "fallback");
  return {
    category, fields, needsReference, fallback,
    tags: watchTags(settings.interlocks, actualTags, seconds("actualMaxAge", settings.actualMaxAge, 0)),
    proposal: {
      category: category.id, equipment: settings.equipment, maxAge, applicability: settings.applicability, drift: settings.drift,
      minConfidence: within("minConfidence", settings.minConfidence, 0, 1),
    },
    limits: settings.mode === "limit",
    approval: settings.approval === "required",
    maxAgeMs: maxAge * 1000,
    approvalMs: seconds("approvalTime", settings.approvalTime, 0) * 1000,
    holdOffMs: seconds("holdOff", settings.holdOff, 0) * 1000,
  };
}

const seconds = (setting: string, value: Numeric, least: number): number => within(setting, value, least, LONGEST_S);

function within(setting: string, value: Numeric, least: number, most: number): number {
  const number = typeof value === "string" && value.trim() === "" ? NaN : Number(value);
  if (number >= least && number <= most) return number;
  throw invalid(setting, String(value));
}

function invalid(setting: string, detail: string): ResonanceError {
  return new ResonanceError("RESONANCE_CONFIG_INVALID", { setting, detail }, { path: setting });
}
