import type { NodeAPI, NodeDef, NodeMessage } from "node-red";
import { ResonanceError } from "../lib/errors/resonance-error";
import { defineNode, type Outgoing } from "../lib/node-red/define-node";
import { servePreview, type SeeingNode } from "../lib/node-red/preview";
import type { Profile } from "../lib/profile/profile";
import type { Equipment } from "../lib/record/equipment";
import { isJobDocument, jobFor, type SaidOfJobs } from "../lib/record/job-context";
import {
  createInputCollector, type BadQuality, type Collected, type ConstantField, type JobField, type TagMapping, type Trigger, type TriggerEdge,
} from "../lib/record/input-collector";

interface ModelInDef extends NodeDef {
  profile: string;
  category: string;
  equipment: string;
  tags: TagMapping[];
  trigger: Trigger;
  /** Seconds between records with the trigger `interval`; text where it comes from a variable. */
  interval: number | string;
  badQuality: BadQuality;
  /** What follows is absent where an older version of the node was saved. */
  constants?: ConstantField[];
  jobFields?: JobField[];
  /** Milliseconds, 0 for any; text where it comes from a variable. */
  maxSkew?: number | string;
  /** With the trigger `change`. */
  triggerTag?: string;
  triggerEdge?: TriggerEdge | "";
}

/** Tags of a machine → the input record of a model category; what cannot become one leaves by the second port. */
export = (RED: NodeAPI) => {
  servePreview(RED);
  defineNode<ModelInDef>(RED, "resonance-model-in", ({ def, lookup, status, language, ...kit }) => {
    const equipment = lookup.config<Equipment>(def.equipment, "resonance-equipment");
    const collector = createInputCollector({
      profile: lookup.config<Profile>(def.profile, "resonance-profile"),
      category: def.category,
      equipment,
      tags: def.tags,
      trigger: def.trigger,
      badQuality: def.badQuality,
      constants: def.constants ?? [],
      jobFields: def.jobFields ?? [],
      maxSkew: Number(def.maxSkew ?? 0),
      triggerTag: def.triggerTag ?? "",
      triggerEdge: def.triggerEdge || "any",
      language,
    });
    (kit.node as SeeingNode).resonanceSeen = () => collector.seen();
    const emit = ({ records, rejected, waiting }: Collected, cause: NodeMessage): Outgoing => {
      if (records.length > 0) status.count("record", "green", records.length);
      if (rejected.length > 0) status.count("rejected", "yellow", rejected.length);
      if (records.length === 0 && rejected.length === 0 && waiting.length > 0) status.show("grey", "ring", "waiting", { count: waiting.length });
      // What a record becomes belongs to the job it was made in, whatever job there is by then.
      const known = { ...(cause["resonance"] as SaidOfJobs | undefined), ...(job !== undefined && { job }) };
      if (job === null) delete known.job;
      const samples = collector.counts();
      return [
        records.map((record) => ({ ...cause, payload: record, resonance: { ...known, samples, input: record } })),
        rejected.map(({ errors, tags }) => ({ ...cause, resonance: { ...known, samples, errors, tags } })),
      ];
    };
    let job: unknown;
    const timer = def.trigger === "interval"
      ? setInterval(() => {
        try {
          kit.send(emit(collector.tick(), {}));
        } catch (thrown) {
          kit.fail(thrown);
        }
      }, milliseconds(def.interval))
      : undefined;
    return {
      input(msg) {
        const known = (msg["resonance"] ?? {}) as SaidOfJobs;
        const said = jobFor(known, equipment);
        if (said !== undefined) job = said;
        // Jobs of other machines are no samples of this one.
        else if (isJobDocument(msg.payload, known)) return undefined;
        return emit(collector.accept(msg.payload, msg.topic, undefined, said), msg);
      },
      close: () => { clearInterval(timer); },
    };
  });
};

function milliseconds(interval: number | string): number {
  const value = Number(interval) * 1000;
  if (value >= 10) return value;
  throw new ResonanceError("RESONANCE_CONFIG_INVALID", { setting: "interval", detail: `${interval} s` }, { path: "interval" });
}
