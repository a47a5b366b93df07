import type { Node, NodeAPI } from "node-red";
import { toResonanceError } from "../errors/resonance-error";
import { equipmentPath, type Equipment } from "../record/equipment";
import type { ConstantField, JobField, SeenSample, TagMapping } from "../record/input-collector";
import { previewRecord } from "../validation/preview-record";
import { chosenProfile, readChoice } from "./chosen-profile";
import { resolveEnvironment } from "./environment";
import { runtimeLanguage } from "./language";
import type { ConfigHolder } from "./lookup";
import { PERMISSIONS } from "./permissions";

/** A node that tells which samples came last. */
export interface SeeingNode extends Node {
  resonanceSeen?: () => readonly SeenSample[];
}

type Body = Readonly<Record<string, unknown>>;

/**
 * Serves the form of `model-in`: `POST resonance/preview` with the mapping as it stands there and values to try it with answers with
 * `record` and `errors`; `GET resonance/samples?node=<id>` with the last sample of each mapped tag that the deployed node has seen.
 * The preview reads files that the form names, so it asks for the right to change flows.
 */
export function servePreview(RED: NodeAPI): void {
  const language = runtimeLanguage(RED);
  RED.httpAdmin.post("/resonance/preview", RED.auth.needsPermission(PERMISSIONS.act), (request, response) => {
    const body = partOf(request.body);
    try {
      response.json(previewRecord({
        profile: chosenProfile(RED, readChoice(body["profile"])),
        category: String(body["category"]),
        equipment: chosenEquipment(RED, partOf(body["equipment"])),
        tags: rowsOf<TagMapping>(body["tags"]),
        constants: rowsOf<ConstantField>(body["constants"]),
        jobFields: rowsOf<JobField>(body["jobFields"]),
        samples: partOf(body["samples"]),
        job: partOf(body["job"]),
        language,
      }));
    } catch (thrown) {
      const { code, message, path = "" } = toResonanceError(thrown).localize(language);
      response.json({ errors: [{ path, code, message }] });
    }
  });

  RED.httpAdmin.get("/resonance/samples", RED.auth.needsPermission(PERMISSIONS.look), (request, response) => {
    const id = request.query["node"];
    const node = typeof id === "string" ? (RED.nodes.getNode(id) as SeeingNode | null) : null;
    response.json({ samples: node?.type === "resonance-model-in" ? node.resonanceSeen?.() ?? [] : [] });
  });
}

/** The place of the running node, else the one that the form's settings name. */
function chosenEquipment(RED: NodeAPI, { id, deployed, ...levels }: Body): Equipment {
  const node = typeof id === "string" ? (RED.nodes.getNode(id) as ConfigHolder<Equipment> | null) : null;
  const running = deployed === true && node?.type === "resonance-equipment" ? node.resonance : undefined;
  if (running && "error" in running) throw running.error;
  if (running) return running.value;
  const level = (name: string): string => (typeof levels[name] === "string" ? levels[name] : "");
  const names = { enterprise: level("enterprise"), site: level("site"), area: level("area"), workCenter: level("workCenter"), workUnit: level("workUnit") };
  const def = resolveEnvironment(RED, node, { id: "", type: "", name: "", z: "", ...names, physicalAsset: level("physicalAsset").trim() });
  return { path: equipmentPath(def), ...(def.physicalAsset && { physicalAsset: def.physicalAsset }) };
}

function partOf(value: unknown): Body {
  return typeof value === "object" && value !== null ? (value as Body) : {};
}

function rowsOf<R extends object>(value: unknown): readonly R[] {
  return Array.isArray(value) ? (value as readonly unknown[]).filter((row): row is R => typeof row === "object" && row !== null) : [];
}
