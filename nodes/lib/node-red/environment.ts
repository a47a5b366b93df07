import type { Node, NodeAPI, NodeDef } from "node-red";
import { ResonanceError } from "../errors/resonance-error";

const VARIABLE = /\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g;

/**
 * The definition with every `${NAME}` in its own text properties replaced.
 * Without a node only the process's own variables count.
 * Node-RED replaces a property that is nothing but `${NAME}`; addresses often hold one inside a longer text.
 * @throws RESONANCE_ENV_MISSING for a variable that is not set, with the property as path.
 */
export function resolveEnvironment<D extends NodeDef>(RED: NodeAPI, node: Node | null, def: D): D {
  const util = RED.util as unknown as { getSetting(node: Node | null, name: string): unknown };
  const resolved = { ...def } as NodeDef & Record<string, unknown>;
  for (const [property, value] of Object.entries(resolved)) {
    if (typeof value !== "string" || property === "name" || property === "info" || !value.includes("${")) continue;
    resolved[property] = value.replace(VARIABLE, (_, name: string) => {
      const setting = util.getSetting(node, name) as string | number | boolean | undefined;
      if (setting === undefined || setting === "") throw new ResonanceError("RESONANCE_ENV_MISSING", { name }, { path: property });
      return String(setting);
    });
  }
  return resolved as NodeDef as D;
}
