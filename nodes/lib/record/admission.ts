import type { Refusal } from "./field-error";

/** A value as the profile wants it, or why it cannot be one. */
export type Admission = { readonly value: unknown } | { readonly refusal: Refusal };

/** Turns what a source delivers into a value of a field; `unit` is the one the source states, which counts where none was set. */
export type Admit = (raw: unknown, unit?: string) => Admission;

/** The admission of what cannot be one. */
export function refuse(code: Refusal["code"], expected: string, actual: unknown): { readonly refusal: Refusal } {
  return { refusal: { code, expected, actual } };
}
