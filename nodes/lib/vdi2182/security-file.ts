import type { FlowStructure, Exposure, FlowScope } from "../flow/structure";
import type { Localized, Need } from "../profile/profile";

/** A setting that shows what is said. */
export interface Evidence {
  readonly interface?: string;
  readonly node?: string;
  readonly setting: string;
  readonly value: string;
}

/** The security file of a flow by the procedure of VDI/VDE 2182. */
export interface SecurityFile {
  readonly kind: "vdi2182-security-file";
  /** Counts the analyses in which something had changed. */
  readonly version: number;
  /** ISO 8601 UTC */
  readonly generated: string;
  readonly scope: FlowScope;
  /** What gave the occasion: a deploy, a message, or what the message says. */
  readonly occasion: string;
  readonly roles: Roles;
  /** The profile's own words on its provisional status. */
  readonly notices: readonly Localized[];
  readonly rule: Localized;
  readonly structure: FlowStructure;
  readonly assets: readonly Asset[];
  readonly threats: readonly ThreatEntry[];
  readonly goals: readonly { readonly id: string; readonly title: Localized }[];
  readonly risks: readonly Risk[];
  readonly measures: readonly MeasureEntry[];
  readonly solution: Solution;
  readonly steps: readonly Step[];
  readonly ratings: readonly Rating[];
  /** Ratings of risks that are not there any more. */
  readonly ratingsWithoutRisk: readonly string[];
  readonly audit: readonly Audit[];
  readonly changes: readonly Change[];
}

export interface Roles {
  readonly manufacturer: string;
  readonly integrator: string;
  readonly operator: string;
}

export interface Asset {
  readonly id: string;
  readonly name: Localized;
  readonly type: "data" | "model" | "access-data" | "flow";
  readonly assetClass: string;
  /** Role that answers for it. */
  readonly owner: keyof Roles;
  readonly needs: Readonly<Record<string, Need>>;
  readonly category?: string;
  readonly fields: readonly string[];
  /** Interfaces or components it depends on. */
  readonly dependsOn: readonly string[];
}

export interface ThreatEntry {
  readonly id: string;
  readonly title: Localized;
  readonly description: Localized;
  readonly ai: boolean;
  readonly goals: readonly string[];
  /** Ids of targets: interfaces or components. */
  readonly targets: readonly string[];
}

/** A threat at a target. */
export interface Risk {
  /** `<threat>@<target>`: the same at the next analysis. */
  readonly id: string;
  readonly threat: string;
  readonly target: string;
  readonly targetName: string;
  readonly goals: readonly string[];
  readonly likelihood: Need;
  readonly impact: Need;
  /** What counts: by hand where somebody rated, else as computed. */
  readonly rating: Need;
  /** By the rule, whatever was rated by hand. */
  readonly computed: { readonly likelihood: Need; readonly impact: Need; readonly rating: Need };
  /** Once every technical measure is implemented. */
  readonly residual: Need;
  readonly accepted?: Rating;
  readonly rated?: Rating;
  readonly justification: Justification;
  readonly measures: readonly string[];
  /** Ids to click. */
  readonly nodes: readonly string[];
}

export interface Justification {
  readonly exposure: Exposure;
  readonly address: string;
  readonly exploitability: Need;
  /** What makes it exploitable. */
  readonly evidence: readonly Evidence[];
  /** Fields that decide the impact; empty where none is known and the rule's need for unknown data counts. */
  readonly fields: readonly string[];
}

export type MeasureState = "met" | "partly" | "open" | "unknown";

/** A measure at a target. */
export interface MeasureEntry {
  /** `<measure>@<target>` */
  readonly id: string;
  readonly measure: string;
  readonly target: string;
  readonly targetName: string;
  readonly title: Localized;
  readonly how: Localized;
  readonly kind: "technical" | "organisational";
  readonly role: keyof Roles;
  readonly effect: Need;
  readonly sr: readonly string[];
  readonly cr: readonly string[];
  /** `unknown`: no setting tells; people have to confirm it. */
  readonly state: MeasureState;
  readonly evidence: readonly Evidence[];
  /** Somebody's word on it. */
  readonly confirmed?: Rating;
  /** Risks it is for. */
  readonly risks: readonly string[];
  readonly nodes: readonly string[];
}

/** The overall solution: what is there, what is chosen yet, what risk remains. */
export interface Solution {
  readonly implemented: readonly string[];
  /** Measures that bring a risk that is not accepted down. */
  readonly chosen: readonly string[];
  readonly current: Readonly<Record<Need, number>>;
  readonly residual: Readonly<Record<Need, number>>;
  readonly accepted: readonly string[];
}

/** A step of the procedure. */
export interface Step {
  readonly step: number;
  readonly title: Localized;
  readonly done: boolean;
  readonly count: number;
}

/** Somebody's word on a risk or a measure; kept with the flow, never overwritten by an analysis. */
export interface Rating {
  readonly target: string;
  readonly likelihood?: Need;
  readonly impact?: Need;
  /** The risk is borne as it is; of a measure: it is implemented. */
  readonly accepted?: boolean;
  readonly reason: string;
  readonly by: string;
  /** `YYYY-MM-DD` */
  readonly date: string;
}

export interface Audit {
  readonly date: string;
  readonly by: string;
  readonly findings: string;
  readonly next?: string;
}

/** What differs from the analysis before. */
export interface Change {
  readonly kind: "appeared" | "vanished" | "changed";
  readonly what: "interface" | "risk" | "measure" | "node";
  readonly id: string;
  readonly from?: string;
  readonly to?: string;
}
