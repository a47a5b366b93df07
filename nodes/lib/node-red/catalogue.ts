import type { NodeAPI } from "node-red";
import { describeProfile } from "../profile/describe-profile";
import { loadBuiltInProfile } from "../profile/load-profile";
import type { Profile } from "../profile/profile";
import { describeEquipment } from "../record/describe-equipment";
import { allUnits } from "../units/units";
import type { ConfigHolder } from "./lookup";
import { PERMISSIONS } from "./permissions";

/**
 * Serves the editor what its forms show: `resonance/catalogue?profile=<id>` the facts of that deployed profile, of the built-in one
 * where it is not deployed or could not start (then `error` says why).
 */
export function serveCatalogue(RED: NodeAPI): void {
  const mayRead = RED.auth.needsPermission(PERMISSIONS.look);
  const deployed = (id: unknown): ConfigHolder<Profile>["resonance"] => {
    const node = typeof id === "string" && id !== "" ? (RED.nodes.getNode(id) as ConfigHolder<Profile> | null) : null;
    return node?.type === "resonance-profile" ? node.resonance : undefined;
  };

  RED.httpAdmin.get("/resonance/catalogue", mayRead, (request, response) => {
    const found = deployed(request.query["profile"]);
    const failed = found && "error" in found ? found.error : undefined;
    const profile = found && "value" in found ? found.value : loadBuiltInProfile();
    response.json({
      profiles: [describeProfile(profile)],
      units: allUnits(),
      equipmentProfiles: describeEquipment(profile),
      ...(failed && { error: { code: failed.code, message: failed.message } }),
    });
  });
}
