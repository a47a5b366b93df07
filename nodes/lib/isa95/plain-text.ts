import type { Scalar, Tree } from "./document";
import type { TypeSpec } from "./structure";
import { xsdTime } from "./text";

const OTHER = "Other";

/**
 * Prepares values for an element of plain text. Where the schema lists its values, one that differs only in case, spaces or signs is
 * taken for the listed one, and any other stands as `Other` with its own words in `OtherValue`, where the schema has that.
 */
export function compilePlain(type: TypeSpec): (value: unknown) => Scalar | Tree {
  const values = type.text?.values;
  const isTime = type.text?.base === "dateTime";
  const hasOther = values?.has(OTHER) === true && type.attributes.has("OtherValue");
  const listed = new Map([...(values ?? [])].map((value) => [fold(value), value]));
  return (value) => {
    if (isTime && typeof value === "string") return xsdTime(value) ?? value;
    const text = typeof value === "object" ? JSON.stringify(value) : (value as Scalar);
    if (!values || values.has(String(text))) return text;
    const known = listed.get(fold(String(text)));
    if (known !== undefined) return known;
    return hasOther ? { "@OtherValue": text, $: OTHER } : text;
  };
}

function fold(text: string): string {
  return text.toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");
}
