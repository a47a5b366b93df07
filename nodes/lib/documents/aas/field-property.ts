import { isObject } from "../../json/is-object";
import type { FieldReference } from "../../lineage/training-reference";
import { findUnit } from "../../units/units";
import { partsOf, type Part } from "./environment";

/**
 * Types of the qualifiers that carry what the templates have no place for: of a property under `Input` or `Output` of the AI Deployment its unit
 * (UN/CEFACT code), range, known values and distribution.
 */
const QUALIFIERS: Readonly<Record<keyof FieldReference, "xs:string" | "xs:double">> = {
  unit: "xs:string", minimum: "xs:double", maximum: "xs:double", values: "xs:string", bins: "xs:string", shares: "xs:string",
};
const TYPE_OF = (part: string): string => part.charAt(0).toUpperCase() + part.slice(1);
/** How others call them. */
const ALIASES: Readonly<Record<string, keyof FieldReference>> = {
  engineeringunit: "unit", unitcode: "unit", min: "minimum", max: "maximum", minimumvalue: "minimum", maximumvalue: "maximum", allowedvalues: "values",
};

/** What a reference says of a field, as qualifiers of its property. */
export function qualifiersOf(field: FieldReference): readonly Part[] {
  return Object.entries(QUALIFIERS).flatMap(([part, valueType]) => {
    const value = field[part as keyof FieldReference];
    if (value === undefined) return [];
    return [{ kind: "ConceptQualifier", type: TYPE_OF(part), valueType, value: typeof value === "object" ? JSON.stringify(value) : String(value) }];
  });
}

/** What qualifiers say of a field, and those that say something else. Numbers come as text; what is none is left among the others. */
export function readQualifiers(property: Part): { readonly field: Record<string, unknown>; readonly others: readonly Part[] } {
  const field: Record<string, unknown> = {};
  const others = partsOf(property["qualifiers"]).filter((qualifier) => {
    const type = String(qualifier["type"]).toLowerCase();
    const part = Object.keys(QUALIFIERS).find((name) => name === type) ?? (Object.hasOwn(ALIASES, type) ? ALIASES[type] : undefined);
    const value = part === undefined ? undefined : valueOf(part, qualifier["value"]);
    if (part === undefined || value === undefined || part in field) return true;
    field[part] = value;
    return false;
  });
  return { field, others };
}

/** A line for a reader whose tool shows no qualifiers: `3.8 … 76.6 N·m`. */
export function summaryOf({ unit, minimum, maximum, values }: FieldReference): string | undefined {
  const range = values ? values.slice(0, 20).map(String).join(", ") : minimum !== undefined || maximum !== undefined ? `${minimum ?? ""} … ${maximum ?? ""}`.trim() : "";
  const symbol = unit === undefined || unit === "" || unit === "C62" ? "" : findUnit(unit)?.symbol ?? unit;
  return [range, symbol].filter((part) => part !== "").join(" ") || undefined;
}

/** A name as an idShort: letters, digits and underscores, a letter first. */
export function idShortOf(name: string): string {
  const plain = name.replace(/[^A-Za-z0-9_]/g, "_").slice(0, 120);
  return /^[A-Za-z]/.test(plain) ? plain : `f_${plain}`;
}

function valueOf(part: string, value: unknown): unknown {
  const text = typeof value === "string" || typeof value === "number" ? String(value).trim() : "";
  if (text === "") return undefined;
  if (part === "unit") return findUnit(text) ? text : undefined;
  if (part === "minimum" || part === "maximum") return Number.isFinite(Number(text)) ? Number(text) : undefined;
  try {
    const list: unknown = JSON.parse(text);
    return Array.isArray(list) && !list.some((item) => isObject(item) || Array.isArray(item)) ? list : undefined;
  } catch {
    return part === "values" ? text.split(/[,;]/).map((item) => item.trim()).filter((item) => item !== "") : undefined;
  }
}
