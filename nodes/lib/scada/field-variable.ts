import type { DataValue, EUInformation, StatusCode, UAObject, UAVariable, Variant } from "node-opcua";
import { loadOpcua } from "../opcua/load";
import type { ValueSchema } from "../profile/profile";
import { findUnit, requireUnit } from "../units/units";
import { createHistory, type History } from "./history";
import { addProperty, addVariable, same, type Space } from "./space";
import { LOCALES } from "./texts";
import { expiredStatus } from "./status";
import { valueTypeOf, type ValueType } from "./value-type";

/** UNECE Recommendation 20 as the namespace of units (OPC 10000-8 §5.6.3.3). */
const UNECE = "http://www.opcfoundation.org/UA/units/un/cefact";

/** The part of JSON Schema that a variable shows. */
type Words = { readonly [Key in "title" | "description" | "unit" | "minimum" | "maximum" | "enum" | "format" | "items" | "properties"]?: ValueSchema[Key] }
  & { readonly type: string | readonly string[] };

/** What a variable is about; a field's schema or that of a part of a structured value. */
export interface Facts {
  readonly id: string;
  readonly name: string;
  readonly schema: Words;
  readonly history: boolean;
  /** Whether clients may write it at all; only what they read otherwise. */
  readonly writable?: boolean;
}

/** A variable that follows one field of the records. */
export interface FieldVariable {
  readonly variable: UAVariable;
  /** Shows a value; one that is not there or not of the field's type is Bad. */
  show(value: unknown, status: StatusCode, time: Date): void;
  /** Marks what is shown as the last usable value. */
  expire(): void;
  /** Puts a value into the history only, for one older than what is shown. */
  remember(value: unknown, status: StatusCode, time: Date): void;
}

/** Adds the variable of a field, with its unit (EUInformation), range (EURange), allowed values and, for a structured value, its parts. */
export function addFieldVariable(space: Space, parent: UAObject | UAVariable, { id, name, schema, history, writable = false }: Facts): FieldVariable {
  const { StatusCodes, DataType, DataValue: Value, Variant: Made } = loadOpcua();
  const type = valueTypeOf(schema);
  const title = schema.title ?? same(name);
  const variable = addVariable(space, parent, { id, name, title, ...(schema.description && { description: schema.description }) },
    { dataType: type.dataType === "DateTime" ? "UtcTime" : type.dataType, array: type.array, typeDefinition: typeDefinition(schema, type), writable });
  describeValues(space, variable, schema, type);
  const parts = addParts(space, variable, { id, schema });
  const kept = history && space.history ? installHistory(space, variable) : undefined;
  const nothing = new Made({ dataType: DataType.Null });

  const read = (value: unknown, status: StatusCode): { readonly variant: Variant; readonly status: StatusCode } => {
    if (value === undefined || value === null) return { variant: nothing, status: status.name.startsWith("Bad") ? status : StatusCodes.BadNoData };
    const variant = type.toVariant(value);
    return variant ? { variant, status } : { variant: nothing, status: StatusCodes.BadTypeMismatch };
  };
  const remember = (value: unknown, wanted: StatusCode, time: Date): void => {
    if (!kept || value === undefined) return;
    const { variant, status } = read(value, wanted);
    kept.keep(new Value({ value: variant, statusCode: status, sourceTimestamp: time, serverTimestamp: new Date() }));
  };
  return {
    variable, remember,
    show(value, wanted, time) {
      const { variant, status } = read(value, wanted);
      variable.setValueFromSource(variant, status, time);
      remember(value, wanted, time);
      for (const [part, field] of parts) field.show((value as Readonly<Record<string, unknown>> | undefined)?.[part], wanted, time);
    },
    expire() {
      const shown: DataValue = variable.readValue();
      if (shown.value.dataType !== DataType.Null) variable.setValueFromSource(shown.value, expiredStatus(shown.statusCode), shown.sourceTimestamp ?? new Date());
      for (const field of parts.values()) field.expire();
    },
  };
}

function typeDefinition({ unit, minimum, maximum }: Words, { dataType, array, json }: ValueType): string {
  if (array || json || dataType === "Boolean" || dataType === "String" || dataType === "DateTime") return "BaseDataVariableType";
  if (minimum !== undefined && maximum !== undefined) return "AnalogItemType";
  return unit === undefined ? "DataItemType" : "AnalogUnitType";
}

function describeValues(space: Space, variable: UAVariable, { unit, minimum, maximum, enum: allowed }: Words, { json }: ValueType): void {
  const { DataType, Range, Variant: Made, VariantArrayType } = loadOpcua();
  const known = findUnit(unit ?? "");
  if (known && !json) {
    addProperty(space, variable, "EngineeringUnits", "EUInformation", new Made({ dataType: DataType.ExtensionObject, value: euInformation(space, known.code) }), true);
  }
  if (minimum !== undefined && maximum !== undefined && !json) {
    addProperty(space, variable, "EURange", "Range", new Made({ dataType: DataType.ExtensionObject, value: new Range({ low: minimum, high: maximum }) }), true);
  }
  if (allowed?.every((value) => typeof value === "string")) {
    addProperty(space, variable, "AllowedValues", "String", new Made({ dataType: DataType.String, arrayType: VariantArrayType.Array, value: [...allowed] }));
  }
}

/** A unit as OPC UA states it. @throws RESONANCE_UNIT_UNKNOWN */
export function euInformation(space: Space, code: string): EUInformation {
  const { coerceLocalizedText, makeEUInformation } = loadOpcua();
  const unit = requireUnit(code);
  return Object.assign(makeEUInformation(unit.code, unit.symbol, ""), {
    namespaceUri: UNECE, unitId: unit.unitId,
    displayName: coerceLocalizedText({ locale: LOCALES.en, text: unit.symbol }), description: coerceLocalizedText(space.texts.plain(unit.name)),
  });
}

/** The parts of a structured value stand below it, each with its own type; the value itself is their JSON. */
function addParts(space: Space, variable: UAVariable, { id, schema }: Pick<Facts, "id" | "schema">): ReadonlyMap<string, FieldVariable> {
  return new Map(Object.entries(schema.properties ?? {}).map(([name, part]) =>
    [name, addFieldVariable(space, variable, { id: `${id}/${name}`, name, schema: part, history: false })]));
}

function installHistory({ addressSpace, history }: Space, variable: UAVariable): History {
  const kept = createHistory(history ?? { values: 1, ageMs: 1 });
  addressSpace.installHistoricalDataNode(variable, { historian: kept });
  return kept;
}
