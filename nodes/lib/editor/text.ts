import "./red";

/** Looks a text of one node's catalogue up; texts of the shared widgets are under `common.`. */
export type Text = (key: string, values?: Readonly<Record<string, string | number>>) => string;

/** A text in the profile's three languages. */
export interface Localized {
  readonly en: string;
  readonly zh: string;
  readonly de: string;
}

/** The texts of a node, also before its type is registered (labels of properties need them). */
export const textOf = (node: string): Text =>
  (key, values) => RED._(`@model-data-resonance/node-red/${node}:${key}`, values);

/** The text in the editor's language; English where the editor speaks another. */
export function localized(text: Localized): string {
  const language = RED.i18n.lang().toLowerCase();
  if (language.startsWith("zh")) return text.zh;
  return language.startsWith("de") ? text.de : text.en;
}
