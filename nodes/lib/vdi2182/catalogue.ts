import type { FactName } from "../flow/structure";
import type { Localized, Need } from "../profile/profile";
import goals from "./goals.json";
import matrix from "./risk-matrix.json";
import measures from "./measures.json";
import threats from "./threats.json";

/** What a threat is directed at. */
export type TargetKind = "connection" | "outgoing" | "listener" | "any-interface" | "way-back" | "model" | "mes" | "editor" | "node-red" | "code" | "unknown";

/** A row of the threat catalogue. */
export interface Threat {
  readonly id: string;
  readonly title: Localized;
  readonly description: Localized;
  /** Particular to AI models. */
  readonly ai: boolean;
  readonly target: TargetKind;
  /** Protection goals it violates. */
  readonly goals: readonly string[];
  /** Measures without which it is easy. */
  readonly decisive: readonly string[];
  /** Measures that make it harder still. */
  readonly measures: readonly string[];
  /** Measures that help where they suit the process; without them it is not easier by the rule. */
  readonly optional?: readonly string[];
  /** Whether it is there too where no setting tells of a decisive measure. */
  readonly always?: boolean;
}

/** A fact of the structure, or one that depends on the day. */
export type CheckedFact = FactName | "certificateLasts";

/** A row of the catalogue of measures; numbers are those of IEC 62443-3-3 (SR) and 62443-4-2 (CR). */
export interface Measure {
  readonly id: string;
  readonly title: Localized;
  readonly how: Localized;
  readonly kind: "technical" | "organisational";
  /** Facts that show whether it is implemented; none for one that only people can confirm. */
  readonly facts: readonly CheckedFact[];
  readonly role: "manufacturer" | "integrator" | "operator";
  readonly effect: Need;
  readonly sr: readonly string[];
  readonly cr: readonly string[];
}

/** A protection goal; its need is that of the profile's fields under `need`. */
export interface Goal {
  readonly id: string;
  readonly title: Localized;
  readonly need: "confidentiality" | "integrity" | "availability" | "safety";
  /** Whether it counts unless somebody chooses otherwise. */
  readonly chosen: boolean;
}

export const THREATS = threats as readonly Threat[];
export const MEASURES: ReadonlyMap<string, Measure> = new Map((measures as readonly Measure[]).map((measure) => [measure.id, measure]));
export const GOALS = goals as readonly Goal[];

/** The risk rule: likelihood from exploitability and exposure, rating from likelihood and impact. */
export const RULE = matrix as {
  readonly likelihood: Readonly<Record<Need, Readonly<Record<"process" | "computer" | "plant" | "public", Need>>>>;
  readonly rating: Readonly<Record<Need, Readonly<Record<Need, Need>>>>;
  /** Need of data of which no field of the profile is known. */
  readonly unknownNeed: Need;
};

const ORDER: readonly Need[] = ["low", "medium", "high"];

/** The greatest of several levels; `undefined` of none. */
export function greatest(levels: readonly Need[]): Need | undefined {
  return [...ORDER].reverse().find((level) => levels.includes(level));
}

/** Whether one level is above another. */
export function isAbove(level: Need, other: Need): boolean {
  return ORDER.indexOf(level) > ORDER.indexOf(other);
}
