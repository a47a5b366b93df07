import { isObject } from "./is-object";

/** Whether a parsed JSON document holds, at any depth, a key that reaches an object's prototype when it is copied. */
export function holdsPrototype(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(holdsPrototype);
  return isObject(value) && (Object.hasOwn(value, "__proto__") || Object.values(value).some(holdsPrototype));
}
