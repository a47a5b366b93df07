import type { NodeAPI } from "node-red";
import { toResonanceError } from "../errors/resonance-error";
import { affectedNodes, followersOf, type FlowNode } from "../profile/affected-nodes";
import { compareProfiles } from "../profile/compare-profiles";
import { takesOver } from "../profile/profile-lookup";
import { migrateNodes } from "../record/migrate-node";
import { chosenProfile, readChoice } from "./chosen-profile";
import { runtimeLanguage } from "./language";
import { PERMISSIONS } from "./permissions";

/**
 * Serves the comparison of two profiles to the editor: `POST resonance/comparison` with `from` and `to` (choices of profiles), `nodes` (the
 * flow as it stands in the editor) and `profiles` (ids of the profile nodes it is about) answers with what differs, which of the
 * nodes that touches, whether `to` takes the records and mappings of `from` over and, if so, what the nodes have to change; or with
 * `error`. It reads files that the form names, so it asks for the right to change flows.
 */
export function serveComparison(RED: NodeAPI): void {
  const language = runtimeLanguage(RED);
  RED.httpAdmin.post("/resonance/comparison", RED.auth.needsPermission(PERMISSIONS.act), (request, response) => {
    try {
      response.json(compare(RED, (request.body ?? {}) as Readonly<Record<string, unknown>>));
    } catch (thrown) {
      const { code, message } = toResonanceError(thrown).localize(language);
      response.json({ error: { code, message } });
    }
  });
}

function compare(RED: NodeAPI, body: Readonly<Record<string, unknown>>): object {
  const [from, to] = [body["from"], body["to"]].map((side) => chosenProfile(RED, readChoice(side)));
  if (!from || !to) return {};
  const profiles = listOf(body["profiles"]).filter((id) => typeof id === "string");
  const flows = followersOf(profiles, listOf(body["nodes"]).filter(isFlowNode));
  const comparison = compareProfiles(from, to);
  const takenOver = takesOver(to, from);
  return { comparison, affected: affectedNodes(flows, comparison), takenOver, migrations: takenOver ? migrateNodes(flows, from, to) : [] };
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function isFlowNode(value: unknown): value is FlowNode {
  const { id, type } = (typeof value === "object" && value !== null ? value : {}) as Partial<FlowNode>;
  return typeof id === "string" && typeof type === "string";
}
