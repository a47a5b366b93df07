import { createRequire } from "node:module";
import path from "node:path";
import { ResonanceError } from "../../errors/resonance-error";

/** Which runtime: the native one, the one of WebAssembly, or the native one where it is there and works. */
export type RuntimeChoice = "auto" | "node" | "web";

/** Packages by choice, the preferred one first; they are no dependencies, since few flows need them. */
export const PACKAGES: Readonly<Record<RuntimeChoice, readonly string[]>> = {
  auto: ["onnxruntime-node", "onnxruntime-web"],
  node: ["onnxruntime-node"],
  web: ["onnxruntime-web"],
};

/** The native package's install script only fetches what graphics cards need, and fails without internet access. */
const COMMANDS: Readonly<Record<RuntimeChoice, string>> = {
  auto: "npm install --ignore-scripts onnxruntime-node",
  node: "npm install --ignore-scripts onnxruntime-node",
  web: "npm install onnxruntime-web",
};

/**
 * The runtime's modules, the preferred one first: in the user directory, else where this pack would find them. `from` are files to begin at.
 * @throws RESONANCE_MODEL_RUNTIME_MISSING, which says how to install it
 */
export function findRuntime(choice: RuntimeChoice, userFolder: string, from: readonly string[] = [__filename]): readonly string[] {
  const places = [path.join(userFolder, "package.json"), ...from].map((place) => createRequire(place));
  const modules = PACKAGES[choice].flatMap((name) => {
    for (const require of places) {
      try {
        return [require.resolve(name)];
      } catch {
        // Not there.
      }
    }
    return [];
  });
  if (modules.length === 0) throw runtimeMissing(choice, userFolder, "not found");
  return modules;
}

/** The error that says how to install the runtime; `detail` is why the one that is there does not do. */
export function runtimeMissing(choice: RuntimeChoice, userFolder: string, detail: string): ResonanceError {
  const packages = PACKAGES[choice].join(" / ");
  return new ResonanceError("RESONANCE_MODEL_RUNTIME_MISSING", { packages, folder: userFolder, command: COMMANDS[choice], detail }, { path: "onnxRuntime" });
}
