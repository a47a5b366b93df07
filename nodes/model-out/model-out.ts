import type { NodeAPI, NodeDef } from "node-red";
import { ResonanceError } from "../lib/errors/resonance-error";
import type { AnswerFacts } from "../lib/inference/answer-facts";
import type { Model } from "../lib/inference/model";
import { aboutOutput, driftEventOf } from "../lib/lineage/drift-event";
import { createEntitlement, type Entitlement, type KeptEntitlement } from "../lib/lineage/entitlement";
import { readEntitlementSettings, type EntitlementForm } from "../lib/lineage/settings";
import { readTold } from "../lib/lineage/told";
import { defineNode, type Outgoing } from "../lib/node-red/define-node";
import type { Profile } from "../lib/profile/profile";
import type { InputRecord } from "../lib/record/interface-record";
import { createOutputBuilder, type OutputBuilder, type OutputMapping, type Rule } from "../lib/record/output-builder";

interface ModelOutDef extends NodeDef, EntitlementForm {
  profile: string;
  model: string;
  rules: Rule[];
  /** Absent, as `validField`, where an older version of the node was saved. */
  mappings?: OutputMapping[];
  /** Seconds, 0 where it is not stated; text where it comes from a variable. */
  validFor: number | string;
  /** An output that says how long or until when; empty for none. */
  validField?: string;
  /** Whether changes of the state of drift leave by a second port. */
  driftEvents?: boolean;
}

/** What belongs to one model: the node's own, or one that stood in for it. */
interface Maker {
  readonly builder: OutputBuilder;
  readonly entitlement: Entitlement;
}

const KEPT = "entitlement";

/** The model's raw answer → the output record: lineage of the model that answered, confidence, validity, entitlement, and marked as what it is. */
export = (RED: NodeAPI) => {
  /** What nodes knew of their models when they were closed, by node and model. */
  const remembered = new Map<string, Readonly<Record<string, KeptEntitlement>>>();
  defineNode<ModelOutDef>(RED, "resonance-model-out", ({ def, node, lookup, status, language }) => {
    const context = node.context();
    const profile = lookup.config<Profile>(def.profile, "resonance-profile");
    const settings = readEntitlementSettings(def);
    const kept = remembered.get(node.id) ?? (context.get(KEPT) as Readonly<Record<string, KeptEntitlement>> | undefined) ?? {};
    const makers = new Map<string, Maker>();
    const makerOf = (id: string): Maker => {
      const known = makers.get(id);
      if (known) return known;
      const model = lookup.config<Model>(id, "resonance-model");
      const { rules, mappings = [], validField = "" } = def;
      const maker: Maker = {
        builder: createOutputBuilder({ profile, model: { ...model.lineage, outputs: model.outputs }, rules, mappings, validFor: Number(def.validFor), validField }),
        entitlement: createEntitlement(profile, model, settings, kept[id]),
      };
      makers.set(id, maker);
      return maker;
    };
    makerOf(def.model);

    return {
      input(msg): Outgoing {
        const known = (msg["resonance"] ?? {}) as { readonly input?: InputRecord; readonly answer?: AnswerFacts };
        if (!known.input) throw new ResonanceError("RESONANCE_ANSWER_MISSING");
        const { node: answering = def.model, ...told } = readTold(known.answer, msg.payload);
        // An answer that another runtime got names a node of that one.
        const foreign = known.answer?.role === "primary" && !lookup.has(answering, "resonance-model");
        const { builder, entitlement } = makerOf(foreign ? def.model : answering);
        const now = Date.now();
        const entitled = entitlement.entitle(known.input, builder.build(msg.payload, known.input, now), told, now);
        if (entitled.notice) node.warn(entitled.notice.localize(language).message);
        status.count("record");
        if (entitled.applicability?.state === "outside") status.count("outside", "yellow");
        const event = driftEventOf(entitled);
        msg.payload = entitled.record;
        msg["resonance"] = { ...known, ...aboutOutput(entitled) };
        if (!def.driftEvents) return msg;
        return [msg, event ? ({ ...msg, payload: event }) : null];
      },
      close(removed) {
        if (removed) {
          remembered.delete(node.id);
          return;
        }
        const state = Object.fromEntries([...Object.entries(kept), ...[...makers].map(([id, { entitlement }]) => [id, entitlement.keep()] as const)]);
        remembered.set(node.id, state);
        context.set(KEPT, state);
      },
    };
  });
};
