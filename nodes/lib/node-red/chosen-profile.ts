import type { NodeAPI } from "node-red";
import type { Profile } from "../profile/profile";
import { loadProfileFrom, type ProfileSource } from "../profile/profile-source";
import { resolveEnvironment } from "./environment";
import type { ConfigHolder } from "./lookup";
import { userFolder } from "./user-folder";

/** A profile as a form names it: what stands in a profile node, and whether that is what runs. */
export interface ProfileChoice {
  /** Of the profile node; empty where there is none. */
  readonly id: string;
  /** Whether the running node counts, not what its settings say now. */
  readonly deployed: boolean;
  readonly source: string;
  readonly path: string;
}

/**
 * The profile of a choice: that of the running node, else read anew from the built-in one, file or folder that the form names.
 * @throws RESONANCE_PROFILE_INVALID, RESONANCE_ENV_MISSING, and why a running node has none
 */
export function chosenProfile(RED: NodeAPI, { id, deployed, ...settings }: ProfileChoice): Profile {
  const node = id === "" ? null : (RED.nodes.getNode(id) as ConfigHolder<Profile> | null);
  const running = deployed && node?.type === "resonance-profile" ? node.resonance : undefined;
  if (running && "error" in running) throw running.error;
  if (running) return running.value;
  const def = resolveEnvironment(RED, node, { id, type: "resonance-profile", name: "", z: "", ...settings });
  return loadProfileFrom({ kind: def.source === "" ? "built-in" : def.source, path: def.path } as ProfileSource, userFolder(RED));
}

/** A choice out of a request; what is missing or no text is empty. */
export function readChoice(raw: unknown): ProfileChoice {
  const { id, deployed, source, path } = (typeof raw === "object" && raw !== null ? raw : {}) as Readonly<Record<string, unknown>>;
  return { id: textOf(id), deployed: deployed === true, source: textOf(source), path: textOf(path) };
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
