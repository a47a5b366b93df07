import { ResonanceError } from "../errors/resonance-error";

/** What a number among the settings may be. */
export interface NumberRange {
  readonly min: number;
  readonly max?: number;
  readonly whole?: boolean;
}

/** @throws RESONANCE_CONFIG_INVALID, path = the setting, for anything but a number in the range */
export function checkNumber(setting: string, value: number, { min, max = Number.MAX_SAFE_INTEGER, whole = false }: NumberRange): void {
  if (value >= min && value <= max && (!whole || Number.isSafeInteger(value))) return;
  const upTo = max === Number.MAX_SAFE_INTEGER ? " on" : ` to ${max}`;
  throw new ResonanceError("RESONANCE_CONFIG_INVALID", { setting, detail: `${value} is no ${whole ? "whole " : ""}number from ${min}${upTo}` }, { path: setting });
}
