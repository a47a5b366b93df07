import { isObject } from "../json/is-object";

/** Something that says of itself that it is a record; whether it is a good one `readRecord` says. */
export function isRecord(value: unknown): boolean {
  return isObject(value) && typeof value["profile"] === "string" && typeof value["category"] === "string" && "values" in value;
}

export function isSample(value: unknown): value is { readonly tag: string } {
  return isObject(value) && typeof value["tag"] === "string" && "value" in value;
}

/** A list of nothing but samples; an empty one is none. */
export function isSamples(value: unknown): value is readonly { readonly tag: string }[] {
  return Array.isArray(value) && value.length > 0 && value.every(isSample);
}
