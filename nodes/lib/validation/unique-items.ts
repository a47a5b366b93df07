import type { DataValidateFunction, FuncKeywordDefinition } from "ajv/dist/types";

/** `uniqueItems` in time proportional to the list: every item is compared by a text that says all of it, not with every other item. */
export const UNIQUE_ITEMS: FuncKeywordDefinition = {
  keyword: "uniqueItems",
  type: "array",
  schemaType: "boolean",
  errors: "full",
  compile(wanted: boolean) {
    const validate: DataValidateFunction = (list: readonly unknown[]) => {
      const seen = new Map<string, number>();
      for (const [index, item] of list.entries()) {
        const text = textOf(item);
        const before = seen.get(text);
        if (before !== undefined) {
          validate.errors = [{ keyword: "uniqueItems", message: `must NOT have duplicate items (items ${before} and ${index})`, params: { i: index, j: before } }];
          return false;
        }
        seen.set(text, index);
      }
      return true;
    };
    return wanted ? validate : () => true;
  },
};

/** The same text for what is equal in JSON, another one for what is not. */
function textOf(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(textOf).join()}]`;
  if (typeof value === "number" || typeof value === "bigint") return String(value);
  if (typeof value !== "object" || value === null) return typeof value === "symbol" || typeof value === "function" || value === undefined ? typeof value : JSON.stringify(value);
  return `{${Object.keys(value).sort().map((name) => `${JSON.stringify(name)}:${textOf((value as Readonly<Record<string, unknown>>)[name])}`).join()}}`;
}
