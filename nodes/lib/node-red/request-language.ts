import type { Language } from "../errors/resonance-error";

/** The editor's language as it sends it along, which need not be the runtime's. */
export function languageOf(asked: unknown): Language {
  const tag = typeof asked === "string" ? asked.toLowerCase() : "";
  if (tag.startsWith("zh")) return "zh-CN";
  return tag.startsWith("de") ? "de" : "en-US";
}
