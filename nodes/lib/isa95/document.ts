/** Text of an element or attribute as a document carries it before it is written. */
export type Scalar = string | number | boolean;

/** An element: its attributes (`@name`), its text (`$`) or its children by name; `undefined` is left out, `null` is nil. */
export interface Tree {
  readonly [name: string]: Scalar | Tree | null | undefined | readonly (Scalar | Tree | null)[];
}

/** A tree that is still being built. */
export type Draft = { -readonly [name in keyof Tree]: Tree[name] };

/** A B2MML message as a plain object with B2MML names: `content` is what stands in its root element. */
export interface B2mmlDocument {
  readonly message: string;
  readonly content: Tree;
}

/** The two written forms of a B2MML message. */
export type DocumentFormat = "xml" | "json";

/** Content types by form. */
export const CONTENT_TYPES: Readonly<Record<DocumentFormat, string>> = {
  xml: "application/xml; charset=utf-8",
  json: "application/json; charset=utf-8",
};

/** Whether a value is an element's object form. */
export function isTree(value: unknown): value is Tree {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
