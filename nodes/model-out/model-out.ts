import type { NodeAPI, NodeDef } from "node-red";
import { ResonanceError } from "../lib/errors/resonance-error";
import type { AnswerFacts } from "../lib/inference/answer-facts";
import type { Model } from "../lib/inference/model";
import { defineNode } from "../lib/node-red/define-node";
import type { Profile } from "../lib/profile/profile";
import type { InputRecord } from "../lib/record/interface-record";
import { createOutputBuilder, type OutputBuilder, type OutputMapping, type Rule } from "../lib/record/output-builder";

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

/** The model's raw answer → the output record: lineage of the model that answered, confidence, validity, and marked as what it is. */
export = (RED: NodeAPI) =>
  defineNode<ModelOutDef>(RED, "resonance-model-out", ({ def, lookup, status }) => {
    const profile = lookup.config<Profile>(def.profile, "resonance-profile");
    const builderOf = ({ lineage, outputs }: Model): OutputBuilder => createOutputBuilder({
      profile,
      model: { ...lineage, outputs },
      rules: def.rules,
      mappings: def.mappings ?? [],
      validFor: Number(def.validFor),
      validField: def.validField ?? "",
    });
    const own = builderOf(lookup.config<Model>(def.model, "resonance-model"));
    /** By the model that answered: a fallback has a lineage and tensors of its own. */
    const builders = new Map([[def.model, own]]);
    const builderFor = (answer: AnswerFacts | undefined): OutputBuilder => {
      if (!answer) return own;
      const known = builders.get(answer.node);
      if (known) return known;
      // An answer that another runtime got names a node of that one.
      if (answer.role === "primary" && !lookup.has(answer.node, "resonance-model")) return own;
      const made = builderOf(lookup.config<Model>(answer.node, "resonance-model"));
      builders.set(answer.node, made);
      return made;
    };
    return {
      input(msg) {
        const { input, answer } = (msg["resonance"] ?? {}) as { input?: InputRecord; answer?: AnswerFacts };
        if (!input) throw new ResonanceError("RESONANCE_ANSWER_MISSING");
        msg.payload = builderFor(answer).build(msg.payload, input);
        status.count("record");
        return msg;
      },
    };
  });
