import type { NodeAPI, NodeDef } from "node-red";
import { defineConfig } from "../lib/node-red/define-config";
import { userFolder } from "../lib/node-red/user-folder";
import { serveCatalogue } from "../lib/node-red/catalogue";
import { serveComparison } from "../lib/node-red/comparison";
import type { Profile } from "../lib/profile/profile";
import { loadProfileFrom, type ProfileSource } from "../lib/profile/profile-source";

interface ProfileDef extends NodeDef {
  /** Absent or empty: the built-in one. */
  source?: ProfileSource["kind"] | "";
  /** File or folder; begins at Node-RED's user directory unless absolute. Without meaning for the built-in profile. */
  path?: string;
}

/** The interface profile that records follow. Serves the editor the facts its forms show. */
export = (RED: NodeAPI) => {
  defineConfig<ProfileDef, Profile>(RED, "resonance-profile", ({ def }) => (
    { value: loadProfileFrom({ kind: def.source || "built-in", path: def.path ?? "" }, userFolder(RED)) }
  ));
  serveCatalogue(RED);
  serveComparison(RED);
};
