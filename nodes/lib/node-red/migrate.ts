import { ResonanceError } from "../errors/resonance-error";

/** Turns a saved definition of one version into the next version's. */
export type Migration = (def: Record<string, unknown>) => Record<string, unknown>;

/**
 * Brings a saved definition to the current version: `steps[0]` leads from version 1 to 2, and so on.
 * A definition without `version` counts as version 1.
 * @throws RESONANCE_CONFIG_NEWER when a newer pack saved it.
 */
export function migrate<D extends { version?: number }>(def: D, steps: readonly Migration[]): D {
  const known = steps.length + 1;
  const found = def.version ?? 1;
  if (found > known) throw new ResonanceError("RESONANCE_CONFIG_NEWER", { found, known });
  const upgraded = steps.slice(found - 1).reduce<Record<string, unknown>>((current, step) => step(current), def);
  return { ...upgraded, version: known } as unknown as D;
}
