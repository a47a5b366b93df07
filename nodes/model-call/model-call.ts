import type { NodeAPI } from "node-red";
import { ResonanceError, type ErrorCode } from "../lib/errors/resonance-error";
import type { AskTarget } from "../lib/inference/asker";
import { createCaller } from "../lib/inference/caller";
import { checkBeside } from "../lib/inference/check-beside";
import type { Model } from "../lib/inference/model";
import { prepareCalls } from "../lib/inference/prepare-call";
import { createShadow } from "../lib/inference/shadow";
import { createVersionWatch } from "../lib/inference/version-watch";
import { warmUp } from "../lib/inference/warm-up";
import { callerSettings, CALL_MIGRATIONS, shadowSettings, type CallForm } from "../lib/node-red/call-form";
import { defineNode } from "../lib/node-red/define-node";
import { createFlowQuestions } from "../lib/node-red/flow-questions";
import { outputPorts } from "../lib/node-red/output-ports";
import type { Profile } from "../lib/profile/profile";

/** Messages that end without being answered, as the status counts them. */
const ENDED: Readonly<Partial<Record<ErrorCode, string>>> = {
  RESONANCE_MODEL_QUEUE_FULL: "refused", RESONANCE_MODEL_DROPPED: "dropped", RESONANCE_MODEL_SUPERSEDED: "superseded",
};

/** Input record → the model's answer, in the order of arrival of each equipment; a call that fails ends its own message only. */
export = (RED: NodeAPI) =>
  defineNode<CallForm>(RED, "resonance-model-call", (kit) => {
    const { def, lookup, status, node, language } = kit;
    const profile = lookup.config<Profile>(def.profile, "resonance-profile");
    const questions = createFlowQuestions(RED, node.id, (question) => { kit.send(ports.only("question", question)); });
    const targetOf = (id: string): AskTarget => {
      const model = lookup.config<Model>(id, "resonance-model");
      return { node: id, model, runner: questions.runnerOf(model.runner), prepare: prepareCalls(model, profile) };
    };
    const primary = targetOf(def.model);
    const fallback = def.fallback ? targetOf(def.fallback) : undefined;
    const beside = def.shadow ? targetOf(def.shadow) : undefined;
    checkBeside("shadow", primary, beside);
    const ports = outputPorts(node, {
      answer: true, question: questions.used(), shadow: beside !== undefined,
    }, { question: "RESONANCE_MODEL_FLOW_UNWIRED" });
    const shadow = beside && createShadow({ target: beside, ...shadowSettings(def) }, (report) => {
      kit.send(ports.only("shadow", { payload: report, topic: report.equipment }));
    });
    const caller = createCaller({ primary, fallback, ...callerSettings(def) });
    const versions = createVersionWatch((change) => {
      node.warn(change.localize(language).message);
      status.note("version", "version", { version: String(change.params["after"]) });
    });

    const ending = new AbortController();
    const unwatch = [primary, fallback].map((target) => target?.model.circuit?.watch((state) => {
      status.note(`circuit ${target.node}`, state === "closed" ? undefined : state);
    }));
    if (def.warmUp !== "none") {
      void warmUp(primary, def.warmUp, ending.signal, (state) => {
        if (state instanceof ResonanceError) status.error(state);
        else status.show(state === "ready" ? "green" : "yellow", state === "ready" ? "dot" : "ring", state === "ready" ? "ready" : "warming");
      });
    }

    return {
      async input(msg) {
        if (questions.take(msg)) return undefined;
        questions.remember(msg);
        const calling = caller.call(msg.payload);
        const { waiting } = caller.counts();
        if (waiting > 0) status.show("blue", "dot", "busy", { count: waiting });
        try {
          const answered = await calling;
          const { body, record, facts } = answered;
          shadow?.observe(answered);
          versions.saw(facts);
          msg.payload = body;
          msg["resonance"] = { ...(msg["resonance"] as object | undefined), input: record, answer: facts };
          status.count(facts.role === "fallback" ? "fallback" : "answered");
          return msg;
        } catch (thrown) {
          const code = thrown instanceof ResonanceError ? thrown.code : "RESONANCE_INTERNAL";
          if (code !== "RESONANCE_MODEL_CLOSED") status.count(ENDED[code] ?? "failed");
          throw thrown;
        }
      },
      close() {
        ending.abort();
        for (const stop of unwatch) stop?.();
        shadow?.close();
        caller.close();
      },
    };
  }, { migrations: CALL_MIGRATIONS });
