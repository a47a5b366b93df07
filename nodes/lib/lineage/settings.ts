import { ResonanceError } from "../errors/resonance-error";
import type { EntitlementSettings } from "./entitlement";

/** What the form says; numbers are text where they come from a variable, and absent where an older version of the node was saved. */
export interface EntitlementForm {
  /** Seconds; 0 for no limit. */
  readonly staleAfter?: number | string;
  readonly watchDrift?: boolean;
  /** Records in the window of the drift watch. */
  readonly driftRecords?: number | string;
  /** Hours the window is long at most; 0 for no limit. */
  readonly driftHours?: number | string;
  /** Records with a field before it is judged. */
  readonly driftLeast?: number | string;
  readonly driftSuspected?: number | string;
  readonly driftConfirmed?: number | string;
}

/** Settings that an older version of the node did not have. */
export const ENTITLEMENT_DEFAULTS = {
  staleAfter: 0, watchDrift: true, driftRecords: 500, driftHours: 0, driftLeast: 200, driftSuspected: 0.1, driftConfirmed: 0.25,
} as const;

const HOUR = 3_600_000;
export const MOST_RECORDS = 20_000;

/** Settings out of a form. @throws RESONANCE_CONFIG_INVALID with the setting as path */
export function readEntitlementSettings(form: EntitlementForm): EntitlementSettings {
  const number = (name: keyof EntitlementForm & Exclude<keyof typeof ENTITLEMENT_DEFAULTS, "watchDrift">, least: number, most: number): number => {
    const value = Number(form[name] === undefined || form[name] === "" ? ENTITLEMENT_DEFAULTS[name] : form[name]);
    if (value >= least && value <= most) return value;
    throw invalid(name, `${String(form[name])} ≠ ${least} … ${most}`);
  };
  const staleAfter = number("staleAfter", 0, 1e9);
  if (!(form.watchDrift ?? ENTITLEMENT_DEFAULTS.watchDrift)) return { staleAfter, drift: undefined };
  const records = Math.floor(number("driftRecords", 10, MOST_RECORDS));
  const least = Math.floor(number("driftLeast", 1, MOST_RECORDS));
  if (least > records) throw invalid("driftLeast", `${least} > ${records}`);
  const suspected = number("driftSuspected", 0.001, 100);
  const confirmed = number("driftConfirmed", 0.001, 100);
  if (confirmed < suspected) throw invalid("driftConfirmed", `${confirmed} < ${suspected}`);
  return { staleAfter, drift: { records, span: number("driftHours", 0, 100_000) * HOUR, least, suspected, confirmed } };
}

function invalid(setting: string, detail: string): ResonanceError {
  return new ResonanceError("RESONANCE_CONFIG_INVALID", { setting, detail }, { path: setting });
}
