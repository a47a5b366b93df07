import { existsSync } from "node:fs";
import path from "node:path";
import type { NodeAPI } from "node-red";
import { ResonanceError } from "../errors/resonance-error";
import { userFolder } from "./user-folder";

/** What a file's name begins with that comes with the pack. */
const OF_THE_PACK = /^examples:\s*/i;

/**
 * The absolute path of a file that a model's setting names: absolute already, from Node-RED's user directory on, or `examples:<name>` for one of the
 * models that come with the pack.
 * @throws RESONANCE_CONFIG_INVALID for an empty name, and for a name after `examples:` that leads elsewhere
 */
export function modelFile(RED: NodeAPI, setting: string, text: string): string {
  const name = text.trim();
  if (name === "") throw invalid(setting, "no file is named");
  if (!OF_THE_PACK.test(name)) return path.resolve(userFolder(RED), name);
  const own = name.replace(OF_THE_PACK, "");
  if (own === "" || own.startsWith(".") || /[/\\]/.test(own)) throw invalid(setting, `${name}: after examples: the name of a file is needed, without folders`);
  return path.join(packFolder(), "dist", "models", own);
}

/** The pack's own folder, from the sources as well as from the build, which puts the models of `examples/models` into `dist/models`. */
function packFolder(): string {
  let folder = __dirname;
  while (!existsSync(path.join(folder, "package.json"))) folder = path.dirname(folder);
  return folder;
}

function invalid(setting: string, detail: string): ResonanceError {
  return new ResonanceError("RESONANCE_CONFIG_INVALID", { setting, detail }, { path: setting });
}
