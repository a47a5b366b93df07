import { ResonanceError } from "../errors/resonance-error";

/** What an answer tells of the model that gave it. */
export interface Told {
  readonly version?: string | undefined;
  readonly digest?: string | undefined;
}

/** The model as it is configured. */
export interface Expected {
  readonly id: string;
  readonly version: string;
  readonly digest?: string | undefined;
  /** The version the server is expected to name; absent where that is left to it. */
  readonly served?: string | undefined;
}

/** What is found of an answer. */
export interface VersionFinding {
  /** Whether another version answered than the one that is configured. */
  readonly other: boolean;
  /** Once a change: RESONANCE_MODEL_VERSION_OTHER. */
  readonly notice?: ResonanceError;
}

export interface VersionCheck {
  check(told: Told): VersionFinding;
  /** The server's name for the configured version, once it is known; to be kept beyond a deploy. */
  named(): string | undefined;
}

/**
 * Watches whether the configured version answers. What the server is expected to name counts; where that is left open, the version of the
 * model does, and where the server counts in a way of its own (`3` for `1.2.0`), the version it named first. A digest that the answer tells
 * and that is another one means another version, too; an answer that tells nothing means the configured one.
 */
export function createVersionCheck({ id, version, digest, served }: Expected, known?: string): VersionCheck {
  let named = served ?? known;
  let last = "";
  const otherThan = (told: Told): readonly [expected: string, actual: string] | undefined => {
    if (told.digest !== undefined && digest !== undefined && told.digest.toLowerCase() !== digest.toLowerCase()) return [digest, told.digest];
    if (told.version === undefined || told.version === version) return undefined;
    if (served === undefined && formOf(told.version) === formOf(version)) return [version, told.version];
    named ??= told.version;
    return told.version === named ? undefined : [named, told.version];
  };
  return {
    check(told) {
      const other = otherThan(told);
      const key = other?.[1] ?? "";
      const changed = key !== last;
      last = key;
      if (!other) return { other: false };
      if (!changed) return { other: true };
      return { other: true, notice: new ResonanceError("RESONANCE_MODEL_VERSION_OTHER", { model: id, expected: other[0], actual: other[1] }, { path: "model/version" }) };
    },
    named: () => named,
  };
}

/** How a version is written, whatever its numbers: `1.2.0` and `1.10.3` are written alike, `1.2.0` and `7` are not. */
function formOf(version: string): string {
  return version.toLowerCase().replace(/^v/, "").replace(/\d+/g, "0");
}
