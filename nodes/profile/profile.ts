import type { NodeAPI, NodeDef } from "node-red";
import { defineConfig } from "../lib/node-red/define-config";
import { describeProfile } from "../lib/profile/describe-profile";
import { loadBuiltInProfile } from "../lib/profile/load-profile";
import type { Profile } from "../lib/profile/profile";
import { allUnits } from "../lib/units/units";

interface ProfileDef extends NodeDef {
  source: "built-in";
}

/** The interface profile that records follow. Serves the editor the facts its forms show. */
export = (RED: NodeAPI) => {
  defineConfig<ProfileDef, Profile>(RED, "resonance-profile", () => ({ value: loadBuiltInProfile() }));
  RED.httpAdmin.get("/resonance/catalogue", RED.auth.needsPermission("flows.read"), (_request, response) => {
    response.json({ profiles: [describeProfile(loadBuiltInProfile())], units: allUnits() });
  });
};
