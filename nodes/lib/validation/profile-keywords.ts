import type { DataValidateFunction, FuncKeywordDefinition } from "ajv/dist/types";
import { findDisorder } from "../record/order";
import { findUnit } from "../units/units";

/** Reports what is wrong with a value, as ajv wants it. */
type Found = { readonly keyword: string; readonly message: string; readonly params: Readonly<Record<string, unknown>> } | undefined;

/** What a profile checks beyond JSON Schema: parts that must not decrease in their order, and codes of units. */
export const PROFILE_KEYWORDS: readonly FuncKeywordDefinition[] = [
  { keyword: "ordered", type: "object", schemaType: "array", errors: "full", compile: (lists: readonly (readonly string[])[]) => keyword((value) => disorder(lists, value as Readonly<Record<string, unknown>>)) },
  { keyword: "unitCode", type: "string", schemaType: "boolean", errors: "full", compile: () => keyword((value) => unknownUnit(value as string)) },
];

function keyword(find: (value: unknown) => Found): DataValidateFunction {
  const validate: DataValidateFunction = (value: unknown) => {
    const found = find(value);
    validate.errors = found ? [found] : [];
    return found === undefined;
  };
  return validate;
}

function disorder(lists: readonly (readonly string[])[], value: Readonly<Record<string, unknown>>): Found {
  const found = findDisorder(lists, value);
  return found && { keyword: "ordered", message: `${found.property} is out of order`, params: { ...found } };
}

function unknownUnit(code: string): Found {
  return findUnit(code) ? undefined : { keyword: "unitCode", message: "is no known unit", params: { unit: code.slice(0, 80) } };
}
