import type { NodeAPI, NodeDef, NodeMessage } from "node-red";
import { defineNode, type Outgoing } from "../lib/node-red/define-node";
import type { Profile } from "../lib/profile/profile";
import type { Equipment } from "../lib/record/equipment";
import { isJobDocument, jobFor, type SaidOfJobs } from "../lib/record/job-context";
import type { Outcome, Verdict } from "../lib/setpoint/decision";
import { createGuard } from "../lib/setpoint/guard";
import type { GuardState } from "../lib/setpoint/guard-memory";
import type { GuardSettings } from "../lib/setpoint/guard-settings";

interface SetpointGuardDef extends NodeDef, Omit<GuardSettings, "profile" | "equipment"> {
  profile: string;
  equipment: string;
}

const TICK_MS = 200;
const KEPT = "guard";
const COLORS: Readonly<Record<Verdict, "green" | "yellow" | "red">> = {
  passed: "green", limited: "green", held: "yellow", rejected: "yellow", expired: "yellow", fallback: "red",
};

/** Proposals of a model → commands that keep to bounds, ramp, validity, interlocks and approval; every decision leaves by the second port. */
export = (RED: NodeAPI) => {
  // Without context storage of the user's, Node-RED forgets a node's context at every deploy.
  const remembered = new Map<string, GuardState>();
  defineNode<SetpointGuardDef>(RED, "resonance-setpoint-guard", ({ def, node, lookup, status, text, ...kit }) => {
    const equipment = lookup.config<Equipment>(def.equipment, "resonance-equipment");
    const context = node.context();
    const guard = createGuard({
      ...def,
      profile: lookup.config<Profile>(def.profile, "resonance-profile"),
      equipment,
    }, now, remembered.get(node.id) ?? context.get(KEPT));
    /** The message of the proposal that waits: its command continues it. */
    let waiting: { readonly id: string; readonly msg: NodeMessage } | undefined;

    const emit = ({ commands, decisions }: Outcome, cause: NodeMessage): Outgoing => {
      if (decisions.length === 0) return undefined;
      const state = guard.state();
      remembered.set(node.id, state);
      context.set(KEPT, state);
      for (const { decision } of decisions) status.count(decision, COLORS[decision]);
      const causeOf = (id: string): NodeMessage => (waiting?.id === id ? waiting.msg : cause);
      const out = [
        commands.map((command) => ({ ...causeOf(command.inputId), payload: command })),
        decisions.map(({ about, ...decision }) => ({ ...causeOf(decision.proposalId), payload: { ...decision, text: text(`reason.${decision.reason}`, about) } })),
      ];
      const id = guard.waiting();
      if (id !== waiting?.id) waiting = id === undefined ? undefined : { id, msg: cause };
      return out;
    };
    const timer = setInterval(() => {
      try {
        kit.send(emit(guard.tick(), {}));
      } catch (thrown) {
        kit.fail(thrown);
      }
    }, TICK_MS);
    return {
      input(msg) {
        const said = (msg["resonance"] ?? {}) as SaidOfJobs & { readonly limits?: unknown };
        return emit(guard.accept({ payload: isJobDocument(msg.payload, said) ? undefined : msg.payload, topic: msg.topic, job: jobFor(said, equipment), limits: said.limits }), msg);
      },
      close(removed) {
        clearInterval(timer);
        if (removed) remembered.delete(node.id);
      },
    };
  });
};

/** The steady clock goes on over a deploy, as long as the process does. */
function now() {
  return { wall: Date.now(), steady: performance.timeOrigin + performance.now() };
}
