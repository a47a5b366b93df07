import type { NodeAPI } from "node-red";
import { compareProfiles } from "../profile/compare-profiles";
import { affectedNodes, type FlowNode } from "../profile/affected-nodes";
import { describeProfile } from "../profile/describe-profile";
import { loadBuiltInProfile } from "../profile/load-profile";
import type { Profile } from "../profile/profile";
import { describeEquipment } from "../record/describe-equipment";
import { allUnits } from "../units/units";
import type { ConfigHolder } from "./lookup";

/**
 * Serves the editor what its forms show: `resonance/catalogue?profile=<id>` the facts of that deployed profile, of the built-in one
 * where it is not deployed or could not start (then `error` says why); `resonance/comparison?from=<id>&to=<id>` what differs
 * between two of them (the built-in one where an id is left out) and which nodes of the deployed flows that touches.
 */
export function serveCatalogue(RED: NodeAPI): void {
  const mayRead = RED.auth.needsPermission("flows.read");
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

  RED.httpAdmin.get("/resonance/comparison", mayRead, (request, response) => {
    const [from, to] = [request.query["from"], request.query["to"]].map((id) => {
      const found = deployed(id);
      return found ? ("value" in found ? found.value : undefined) : id ? undefined : loadBuiltInProfile();
    });
    if (!from || !to) {
      response.status(404).json({ error: "no such profile is deployed" });
      return;
    }
    const nodes: FlowNode[] = [];
    RED.nodes.eachNode((def) => { nodes.push(def as unknown as FlowNode); });
    const comparison = compareProfiles(from, to);
    response.json({ comparison, affected: affectedNodes(nodes, comparison) });
  });
}
