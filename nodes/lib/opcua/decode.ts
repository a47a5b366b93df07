import type { ClientSession, DataValue, Variant } from "node-opcua";
import { loadOpcua } from "./load";

/**
 * Decodes the structures among values with the server's own type descriptions, which are read once a session and only when such a value came.
 * What cannot be decoded stays as it came; never rejects.
 */
export async function decodeStructures(session: ClientSession, values: readonly { readonly value: Variant | null }[]): Promise<void> {
  const variants = values.flatMap(({ value }) => (value && holdsStructures(value) ? [value] : []));
  if (variants.length === 0) return;
  const { getExtraDataTypeManager, resolveDynamicExtensionObject } = loadOpcua();
  try {
    const manager = await getExtraDataTypeManager(session);
    await Promise.all(variants.map((variant) => resolveDynamicExtensionObject(session, variant, manager).catch(() => undefined)));
  } catch {
    // Without descriptions there is nothing to decode with.
  }
}

/** Whether a value holds structures, or variants that may. */
export function holdsStructures(value: DataValue["value"] | null): boolean {
  // Asked of every value that comes: a plain one is told by its JavaScript type.
  if (typeof value?.value !== "object") return false;
  const { DataType } = loadOpcua();
  return value.dataType === DataType.ExtensionObject || value.dataType === DataType.Variant;
}
