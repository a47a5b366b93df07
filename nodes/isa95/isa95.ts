import type { NodeAPI, NodeDef } from "node-red";
import { compileMessage, type MessageContext } from "../lib/isa95/compile-message";
import type { DocumentFormat } from "../lib/isa95/document";
import type { MessageOptions } from "../lib/isa95/frame";
import { B2MML } from "../lib/isa95/structure";
import { defineNode } from "../lib/node-red/define-node";
import type { Profile } from "../lib/profile/profile";
import type { InterfaceRecord } from "../lib/record/interface-record";

interface Isa95Def extends NodeDef {
  profile: string;
  /** Empty for the default of the record's category. */
  message: string;
  format: DocumentFormat;
  workScheduleId: string;
  workMasterId: string;
  priority: string;
}

/** Turns a record into a B2MML message; the job comes from `msg.resonance.job`. */
export = (RED: NodeAPI) =>
  defineNode<Isa95Def>(RED, "resonance-isa95", ({ def, lookup, status }) => {
    const profile = lookup.config<Profile>(def.profile, "resonance-profile");
    const write = compileMessage({ profile, message: def.message, format: def.format, options: optionsOf(def) });
    return {
      input(msg) {
        const known = (msg["resonance"] ?? {}) as MessageContext;
        const { document, message, bodId, format } = write(msg.payload as InterfaceRecord, known);
        status.count("written");
        msg.payload = document;
        msg["resonance"] = { ...known, isa95: { message, version: B2MML.version, bodId, format } };
        return msg;
      },
    };
  });

/** An empty field of the form is a setting that was not made. */
function optionsOf({ workScheduleId, workMasterId, priority }: Isa95Def): MessageOptions {
  return {
    ...(workScheduleId && { workScheduleId }),
    ...(workMasterId && { workMasterId }),
    ...(priority && { priority }),
  };
}
