import type { NodeAPI } from "node-red";
import type { Language } from "../errors/resonance-error";

/**
 * The language of what the runtime says: `lang` of the settings file, else the process's locale
 * (the order Node-RED's own catalogues follow), else English.
 */
export function runtimeLanguage(RED: NodeAPI): Language {
  const settings = RED.settings as { lang?: string };
  const env = process.env;
  const tag = settings.lang ?? env["LC_ALL"] ?? env["LC_MESSAGES"] ?? env["LANG"] ?? "en-US";
  if (/^zh/i.test(tag)) return "zh-CN";
  if (/^de/i.test(tag)) return "de";
  return "en-US";
}
