import type { ExtensionObject } from "node-opcua";
import { builtInOf, fieldsOf, nameOf, type StructureField, type StructureSchema } from "./structure-value";
import { inside, refused, type Place, type ValueKind } from "./value-kind";
import { scalarOf } from "./write-scalar";
import { toVariant } from "./write-value";

/** node-opcua's class of a structured type. */
export interface StructureClass {
  new (fields: Readonly<Record<string, unknown>>): ExtensionObject;
  readonly schema: StructureSchema;
}

type Plain = Readonly<Record<string, unknown>>;

/**
 * A structure of a type from an object with the type's fields, as `plainStructure` gives it: every field but the optional ones, of a union exactly one.
 * @throws RESONANCE_VALUE_TYPE, RESONANCE_FIELD_MISSING, RESONANCE_FIELD_UNEXPECTED and what the fields' values refuse.
 */
export function makeStructure(plain: unknown, type: StructureClass, namespaces: readonly string[], place: Place): ExtensionObject {
  return new type(fieldsFor(plain, type.schema, namespaces, place));
}

/** The fields under node-opcua's names and in its forms. */
function fieldsFor(plain: unknown, schema: StructureSchema, namespaces: readonly string[], place: Place): Plain {
  if (Object.prototype.toString.call(plain) !== "[object Object]") throw refused("RESONANCE_VALUE_TYPE", schema.name, plain, place);
  const given = plain as Plain;
  const fields = fieldsOf(schema);
  const known = new Map(fields.flatMap((field) => [[field.name, field], [nameOf(field), field]] as const));
  const stranger = Object.keys(given).find((name) => !known.has(name));
  if (stranger !== undefined) throw refused("RESONANCE_FIELD_UNEXPECTED", fields.map(nameOf).join(", "), given[stranger], inside(place, stranger));
  const present = new Map(Object.entries(given).filter(([, value]) => value !== null && value !== undefined).map(([name, value]) => [known.get(name), value]));
  if (schema.baseType === "Union" && present.size !== 1) throw refused("RESONANCE_VALUE_LENGTH", "1", present.size, place);
  return Object.fromEntries(fields.flatMap((field): [string, unknown][] => {
    if (present.has(field)) return [[field.name, fieldValue(present.get(field), field, namespaces, inside(place, nameOf(field)))]];
    if (field.switchBit !== undefined || field.switchValue !== undefined) return [];
    throw refused("RESONANCE_FIELD_MISSING", nameOf(field), undefined, inside(place, nameOf(field)));
  }));
}

function fieldValue(value: unknown, field: StructureField, namespaces: readonly string[], place: Place): unknown {
  const one = elementOf(field, namespaces);
  if (!field.isArray) return one(value, place);
  if (!Array.isArray(value)) throw refused("RESONANCE_VALUE_TYPE", `${field.fieldType}[]`, value, place);
  return value.map((element: unknown, index) => one(element, inside(place, index)));
}

function elementOf(field: StructureField, namespaces: readonly string[]): (value: unknown, place: Place) => unknown {
  const { category, schema, fieldType } = field;
  if (category === "complex") {
    // Which of the derived types is meant, an object does not say.
    return (value, place) => {
      if (field.allowSubTypes || !schema) throw refused("RESONANCE_VALUE_TYPE", fieldType, value, place);
      return fieldsFor(value, schema, namespaces, place);
    };
  }
  if (category === "enumeration") {
    const names = new Map(Object.entries(schema?.enumValues ?? {}).filter(([, number]) => typeof number === "number").map(([name, number]) => [Number(number), name]));
    return (value, place) => scalarOf(value, kindOf("Int32", namespaces, names), place, toVariant);
  }
  const builtIn = builtInOf(field);
  return (value, place) => {
    if (builtIn === undefined) throw refused("RESONANCE_VALUE_TYPE", fieldType, value, place);
    return builtIn === "Variant" ? toVariant(value, { ...kindOf(builtIn, namespaces), valueRank: -2 }, place) : scalarOf(value, kindOf(builtIn, namespaces), place, toVariant);
  };
}

function kindOf(builtIn: ValueKind["builtIn"], namespaces: readonly string[], names?: ReadonlyMap<number, string>): ValueKind {
  return { builtIn, valueRank: -1, dimensions: [], namespaces, ...(names ? { names } : {}) };
}
