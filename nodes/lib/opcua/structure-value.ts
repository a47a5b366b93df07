import { loadOpcua } from "./load";
import type { BuiltIn } from "./value";

/** A field of a structured type, as node-opcua describes it. */
export interface StructureField {
  /** In lower camel case. */
  readonly name: string;
  /** As the server spells it; absent for types node-opcua knows by itself. */
  readonly originalName?: string;
  readonly category: string;
  readonly fieldType: string;
  readonly isArray?: boolean;
  /** There: the field is optional. */
  readonly switchBit?: number;
  /** There: the field is one of a union's choices. */
  readonly switchValue?: number;
  readonly allowSubTypes?: boolean;
  /** Number of the built-in type. */
  readonly basicDataType?: number;
  readonly schema?: StructureSchema & { readonly enumValues?: Readonly<Record<string, number | string>> };
}

/** A structured type. */
export interface StructureSchema {
  readonly name: string;
  readonly baseType?: string;
  readonly fields?: readonly StructureField[];
  getBaseSchema?(): StructureSchema | null | undefined;
}

const SWITCH_FIELD = "switchField";

/**
 * A structure as an object: fields under the names the server's type gives them, optional fields and choices of a union only where they are there,
 * enumerations by name (by number where the type has no name for it). What could not be decoded is given as its type and its bytes in base64.
 */
export function plainStructure(value: object, plain: (value: unknown, type: BuiltIn) => unknown): unknown {
  const { schema, buffer, nodeId } = value as unknown as { schema?: StructureSchema; buffer?: unknown; nodeId?: unknown };
  if (Buffer.isBuffer(buffer)) return { typeId: String(nodeId), body: buffer.toString("base64") };
  if (!schema) return null;
  const result: Record<string, unknown> = {};
  for (const field of fieldsOf(schema)) {
    const part = (value as unknown as Record<string, unknown>)[field.name];
    if (part === undefined || field.name === SWITCH_FIELD) continue;
    const one = (element: unknown): unknown => plainField(element, field, plain);
    result[nameOf(field)] = field.isArray && part !== null ? Array.from(part as ArrayLike<unknown>, one) : one(part);
  }
  return result;
}

/** The fields of a structured type, those it inherits first. */
export function fieldsOf(schema: StructureSchema): readonly StructureField[] {
  const base = schema.getBaseSchema?.();
  return [...(base ? fieldsOf(base) : []), ...(schema.fields ?? [])].filter(({ name }) => name !== SWITCH_FIELD);
}

/** The name of a field as the server spells it. */
export function nameOf({ originalName, name }: StructureField): string {
  return originalName ?? name;
}

/** The built-in type a field's values are of; `Variant` where they bring their own. */
export function builtInOf({ basicDataType, fieldType, schema }: StructureField): BuiltIn | undefined {
  const { DataType } = loadOpcua();
  if (fieldType === "Variant" || schema?.name === "Variant") return "Variant";
  if (basicDataType !== undefined && DataType[basicDataType] !== undefined) return DataType[basicDataType] as BuiltIn;
  const name = fieldType.replace(/^UA/, "");
  return name in DataType ? (name as BuiltIn) : undefined;
}

function plainField(value: unknown, field: StructureField, plain: (value: unknown, type: BuiltIn) => unknown): unknown {
  if (value === null || value === undefined) return null;
  if (field.category === "enumeration") {
    const names = Object.entries(field.schema?.enumValues ?? {});
    return names.find(([, number]) => number === value)?.[0] ?? value;
  }
  if (field.category === "complex") return plainStructure(value, plain);
  return plain(value, builtInOf(field) ?? typeByLooks(value));
}

/** node-opcua's own types name subtypes (`UtcTime`, `LocaleId`) whose values show what they are. */
function typeByLooks(value: unknown): BuiltIn {
  if (value instanceof Date) return "DateTime";
  if (Buffer.isBuffer(value)) return "ByteString";
  const { LocalizedText, NodeId, QualifiedName, StatusCode, Variant: VariantType } = loadOpcua();
  if (value instanceof VariantType) return "Variant";
  if (value instanceof LocalizedText) return "LocalizedText";
  if (value instanceof NodeId) return "NodeId";
  if (value instanceof QualifiedName) return "QualifiedName";
  return value instanceof StatusCode ? "StatusCode" : "String";
}
