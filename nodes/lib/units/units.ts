import { ResonanceError } from "../errors/resonance-error";
import type { Localized, UnitCode } from "../profile/profile";
import table from "./units.json";

/** A kind of quantity; only units of one kind convert into each other. Torque and energy are two kinds although both are N·m in SI. */
export type Quantity = string;

/** A unit of measure of UN/CEFACT Recommendation 20. */
export interface Unit {
  readonly code: UnitCode;
  /** For display; OPC UA's display name, apart from a few that it spells badly. */
  readonly symbol: string;
  /** `EUInformation.unitId` of OPC UA: the code's ASCII bytes, big-endian. */
  readonly unitId: number;
  readonly quantity: Quantity;
  /** Further kinds this unit serves: the number one also counts pieces. */
  readonly also?: readonly Quantity[];
  /** Value in the SI unit of the quantity = value × factor + offset. */
  readonly factor: number;
  readonly offset: number;
  readonly name: Localized;
}

const list: readonly Unit[] = table;
const units: ReadonlyMap<UnitCode, Unit> = new Map(list.map((unit) => [unit.code, unit]));
let byUnitId: ReadonlyMap<number, Unit> | undefined;

/** Every unit the pack knows, grouped by quantity. */
export function allUnits(): readonly Unit[] {
  return list;
}

/** The unit with this UN/CEFACT code. */
export function findUnit(code: UnitCode): Unit | undefined {
  return units.get(code);
}

/**
 * As `findUnit`; `path` names the setting that holds the code.
 * @throws RESONANCE_UNIT_UNKNOWN
 */
export function requireUnit(code: UnitCode, path?: string): Unit {
  const unit = units.get(code);
  if (!unit) throw new ResonanceError("RESONANCE_UNIT_UNKNOWN", { unit: code }, path === undefined ? {} : { path });
  return unit;
}

/** The unit an OPC UA server names in `EUInformation.unitId` (namespace `http://www.opcfoundation.org/UA/units/un/cefact`). */
export function unitOfOpcUaId(unitId: number): Unit | undefined {
  byUnitId ??= new Map(list.map((unit) => [unit.unitId, unit]));
  return byUnitId.get(unitId);
}

/** The units that convert into this one, itself included; none for an unknown code. */
export function compatibleUnits(code: UnitCode): readonly Unit[] {
  const unit = units.get(code);
  return unit ? list.filter((other) => areCompatible(unit, other)) : [];
}

/** Whether values convert between the two units. */
export function areCompatible(a: Unit, b: Unit): boolean {
  if (a.quantity === b.quantity) return true;
  return (a.also?.includes(b.quantity) ?? false) || (b.also?.includes(a.quantity) ?? false);
}
