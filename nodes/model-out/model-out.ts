import type { NodeAPI, NodeDef } from "node-red";
import { ResonanceError } from "../lib/errors/resonance-error";
import type { Model } from "../lib/inference/model";
import { defineNode } from "../lib/node-red/define-node";
import type { Profile } from "../lib/profile/profile";
import type { InputRecord } from "../lib/record/interface-record";
import { createOutputBuilder, type OutputMapping, type Rule } from "../lib/record/output-builder";

interface ModelOutDef extends NodeDef {
  profile: string;
  model: string;
  rules: Rule[];
  /** Absent, as `validField`, where an older version of the node was saved. */
  mappings?: OutputMapping[];
  /** Seconds, 0 where it is not stated; text where it comes from a variable. */
  validFor: number | string;
  /** An output that says how long or until when; empty for none. */
  validField?: string;
}

/** The model's raw answer → the output record: lineage, confidence, validity, and marked as what it is. */
export = (RED: NodeAPI) =>
  defineNode<ModelOutDef>(RED, "resonance-model-out", ({ def, lookup, status }) => {
    const { lineage, outputs } = lookup.config<Model>(def.model, "resonance-model");
    const builder = createOutputBuilder({
      profile: lookup.config<Profile>(def.profile, "resonance-profile"),
      model: { ...lineage, outputs },
      rules: def.rules,
      mappings: def.mappings ?? [],
      validFor: Number(def.validFor),
      validField: def.validField ?? "",
    });
    return {
      input(msg) {
        const input = (msg["resonance"] as { input?: InputRecord } | undefined)?.input;
        if (!input) throw new ResonanceError("RESONANCE_ANSWER_MISSING");
        msg.payload = builder.build(msg.payload, input);
        status.count("record");
        return msg;
      },
    };
  });
