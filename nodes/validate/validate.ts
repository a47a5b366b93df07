import path from "node:path";
import type { NodeAPI, NodeDef, NodeMessage } from "node-red";
import { ResonanceError } from "../lib/errors/resonance-error";
import { defineNode, type Outgoing } from "../lib/node-red/define-node";
import { userFolder } from "../lib/node-red/user-folder";
import type { Profile } from "../lib/profile/profile";
import type { FieldError } from "../lib/record/field-error";
import { compileTakeOver } from "../lib/validation/take-over";
import { compileTarget, type Target } from "../lib/validation/target";

type Mode = "split" | "annotate" | "block";

interface ValidateDef extends NodeDef {
  profile: string;
  target: Target;
  /** Whether records may be only of the chosen profile, of any deployed one, or of its earlier editions, which are then brought to it. */
  editions?: "chosen" | "deployed" | "former";
  schema: string;
  /** Folder with the files the schema refers to; begins at Node-RED's user directory unless absolute, empty for none. */
  schemaFolder?: string;
  mode: Mode;
}

/** Where an invalid message goes: the second port, the first one with its errors, or to `done` as an error. */
const INVALID: Readonly<Record<Mode, (msg: NodeMessage, errors: readonly FieldError[]) => Outgoing>> = {
  split: (msg) => [null, msg],
  annotate: (msg) => [msg, null],
  block: (_, [first]) => {
    throw new ResonanceError("RESONANCE_MESSAGE_INVALID", { path: first?.path ?? "", detail: first?.message ?? "" });
  },
};

/** Checks `msg.payload` against the profile, B2MML or the user's JSON Schema; the errors stand in `msg.resonance.errors`. */
export = (RED: NodeAPI) =>
  defineNode<ValidateDef>(RED, "resonance-validate", ({ def, lookup, status, language }) => {
    const profile = (): Profile => lookup.config<Profile>(def.profile, "resonance-profile");
    const editions = (): readonly Profile[] => lookup.all<Profile>("resonance-profile");
    const check = compileTarget(def.target, profile, def.schema, language, {
      folder: def.schemaFolder ? path.resolve(userFolder(RED), def.schemaFolder) : undefined,
      ...(def.editions === "deployed" && { editions }),
    });
    const takeOver = def.target === "profile" && def.editions === "former" ? compileTakeOver(profile(), check, editions, language) : undefined;
    return {
      input(msg) {
        const taken = takeOver?.(msg.payload);
        const errors = taken ? taken.errors : check(msg.payload);
        if (taken?.migrated) {
          msg.payload = taken.migrated.record;
          msg["resonance"] = { ...(msg["resonance"] as object | undefined), migrated: { from: taken.migrated.from, dropped: taken.migrated.dropped } };
        }
        if (errors.length === 0) {
          status.count("valid");
          return [msg, null];
        }
        status.count("invalid", "yellow");
        msg["resonance"] = { ...(msg["resonance"] as object | undefined), errors };
        return INVALID[def.mode](msg, errors);
      },
    };
  });
