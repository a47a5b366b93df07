import type { ExtensionObject } from "node-opcua";
import { ResonanceError, type ErrorCode } from "../errors/resonance-error";
import { shorten } from "../record/field-error";
import type { BuiltIn } from "./value";

/** Where a value comes from, for messages: the name a reader knows, and its place in the message. */
export interface Place {
  readonly field: string;
  readonly path: string;
}

/** What a variable or an argument takes. */
export interface ValueKind {
  /** `Variant` where it takes anything. */
  readonly builtIn: BuiltIn;
  readonly names?: ReadonlyMap<number, string>;
  /** Makes a structure of the type out of an object; needed where `builtIn` is ExtensionObject. */
  readonly makeStructure?: (plain: unknown, place: Place) => ExtensionObject;
  /** As in OPC 10000-3, 5.6.2: -1 scalar, -2 anything, -3 scalar or list, 0 list of any dimension, else the number of dimensions. */
  readonly valueRank: number;
  /** Greatest lengths; 0 for any. */
  readonly dimensions: readonly number[];
  /** The session's namespaces, for NodeIds with a namespace's URI. */
  readonly namespaces: readonly string[];
}

/** The refusal of a value at a place. */
export function refused(code: ErrorCode, expected: string, actual: unknown, { field, path }: Place): ResonanceError {
  return new ResonanceError(code, { field, expected, actual: shorten(actual) }, { path });
}

/** A part of a list or structure. */
export function inside({ field, path }: Place, part: string | number): Place {
  return { field: `${field}/${part}`, path: `${path}/${part}` };
}

/** What a value is where the variable takes anything and holds nothing that would say more. */
export function inferred(value: unknown, place: Place): BuiltIn {
  switch (typeof value) {
    case "boolean": return "Boolean";
    case "number": return "Double";
    case "bigint": return "Int64";
    case "string": return "String";
  }
  if (value instanceof Date) return "DateTime";
  if (value instanceof Uint8Array) return "ByteString";
  throw refused("RESONANCE_VALUE_TYPE", "Boolean | Double | String", value, place);
}
