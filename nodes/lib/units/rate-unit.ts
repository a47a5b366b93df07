import { ResonanceError } from "../errors/resonance-error";
import type { UnitCode } from "../profile/profile";
import { requireUnit, type Quantity } from "./units";

/** The quantity that a change a second of another one is; the SI units of both belong together. */
const RATE_OF: Readonly<Record<Quantity, Quantity>> = {
  length: "speed",
  speed: "acceleration",
  angle: "rotationalSpeed",
  temperature: "heatingRate",
  volume: "volumeFlow",
  normalVolume: "normalVolumeFlow",
  mass: "massFlow",
  energy: "power",
  reactiveEnergy: "reactivePower",
  apparentEnergy: "apparentPower",
  charge: "current",
  count: "frequency",
  ratio: "frequency",
};

/**
 * The factor that turns a change a second of a value in `from` into `to`: kW·h a second into kW, pieces a second into 1/h.
 * There is no offset in it: a change of 1 °C is one of 1 K. `path` names the setting at fault.
 * @throws RESONANCE_UNIT_UNKNOWN, RESONANCE_UNIT_INCOMPATIBLE
 */
export function rateFactor(from: UnitCode, to: UnitCode, path?: string): number {
  const source = requireUnit(from, path);
  const target = requireUnit(to, path);
  if ([source.quantity, ...(source.also ?? [])].some((quantity) => RATE_OF[quantity] === target.quantity)) return source.factor / target.factor;
  throw new ResonanceError(
    "RESONANCE_UNIT_INCOMPATIBLE",
    { from: `${from}/s`, to, fromSymbol: `${source.symbol}/s`, toSymbol: target.symbol },
    path === undefined ? {} : { path },
  );
}
