import type { NodeAPI, NodeDef, NodeMessage } from "node-red";
import { ResonanceError } from "../lib/errors/resonance-error";
import { defineNode, type Outgoing } from "../lib/node-red/define-node";
import type { Profile } from "../lib/profile/profile";
import type { Equipment } from "../lib/record/equipment";
import { createInputCollector, type BadQuality, type Collected, type TagMapping, type Trigger } from "../lib/record/input-collector";

interface ModelInDef extends NodeDef {
  profile: string;
  category: string;
  equipment: string;
  tags: TagMapping[];
  trigger: Trigger;
  /** Seconds between records with the trigger `interval`; text where it comes from a variable. */
  interval: number | string;
  badQuality: BadQuality;
}

/** Tags of a machine → the input record of a model category; what cannot become one leaves by the second port. */
export = (RED: NodeAPI) =>
  defineNode<ModelInDef>(RED, "resonance-model-in", ({ def, lookup, status, language, ...kit }) => {
    const collector = createInputCollector({
      profile: lookup.config<Profile>(def.profile, "resonance-profile"),
      category: def.category,
      equipment: lookup.config<Equipment>(def.equipment, "resonance-equipment"),
      tags: def.tags,
      trigger: def.trigger,
      badQuality: def.badQuality,
      language,
    });
    const emit = ({ records, rejected, waiting }: Collected, cause: NodeMessage): Outgoing => {
      if (records.length > 0) status.count("record", "green", records.length);
      if (rejected.length > 0) status.count("rejected", "yellow", rejected.length);
      if (records.length === 0 && rejected.length === 0 && waiting.length > 0) status.show("grey", "ring", "waiting", { count: waiting.length });
      const known = cause["resonance"] as object | undefined;
      const samples = collector.counts();
      return [
        records.map((record) => ({ ...cause, payload: record, resonance: { ...known, samples } })),
        rejected.map(({ errors, tags }) => ({ ...cause, resonance: { ...known, samples, errors, tags } })),
      ];
    };
    const timer = def.trigger === "interval"
      ? setInterval(() => { kit.send(emit(collector.tick(), {})); }, milliseconds(def.interval))
      : undefined;
    return {
      input: (msg) => emit(collector.accept(msg.payload, msg.topic), msg),
      close: () => { clearInterval(timer); },
    };
  });

function milliseconds(interval: number | string): number {
  const value = Number(interval) * 1000;
  if (value >= 10) return value;
  throw new ResonanceError("RESONANCE_CONFIG_INVALID", { setting: "interval", detail: `${interval} s` }, { path: "interval" });
}
