import type { NodeAPI, NodeDef } from "node-red";
import { createCallQueue } from "../lib/inference/call-queue";
import type { AnswerFacts } from "../lib/inference/answer-facts";
import type { Model } from "../lib/inference/model";
import { prepareCalls } from "../lib/inference/prepare-call";
import { defineNode } from "../lib/node-red/define-node";
import type { Profile } from "../lib/profile/profile";

interface ModelCallDef extends NodeDef {
  profile: string;
  model: string;
  /** Calls at a time; text where it comes from a variable. */
  concurrency: number | string;
  /** Messages that may wait beyond those. */
  queueLimit: number | string;
}

/** Input record → the model's answer, in the order of arrival; a call that fails ends its own message only. */
export = (RED: NodeAPI) =>
  defineNode<ModelCallDef>(RED, "resonance-model-call", ({ def, lookup, status }) => {
    const profile = lookup.config<Profile>(def.profile, "resonance-profile");
    const model = lookup.config<Model>(def.model, "resonance-model");
    const prepare = prepareCalls(model, profile);
    const queue = createCallQueue({ concurrency: Number(def.concurrency), queueLimit: Number(def.queueLimit) });
    return {
      async input(msg) {
        const question = prepare(msg.payload);
        const begun = performance.now();
        const answering = queue.run((signal) => model.runner.ask(question, { signal }));
        const { waiting } = queue.counts();
        if (waiting > 0) status.show("blue", "dot", "busy", { count: waiting });
        const { body, version, digest } = await answering;
        const { id, version: ownVersion, digest: ownDigest } = model.lineage;
        const known = digest ?? ownDigest;
        const answer: AnswerFacts = {
          model: { id, version: ownVersion, ...(known === undefined ? {} : { digest: known }) },
          node: def.model, role: "primary", from: "model", attempts: 1,
          milliseconds: Math.round(performance.now() - begun),
          ...(version === undefined ? {} : { servedVersion: version }),
        };
        msg.payload = body;
        msg["resonance"] = { ...(msg["resonance"] as object | undefined), input: question.record, answer };
        status.count("answered");
        return msg;
      },
      close: () => queue.close(),
    };
  });
