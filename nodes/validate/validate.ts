import path from "node:path";
import type { NodeAPI, NodeDef, NodeMessage } from "node-red";
import { ResonanceError } from "../lib/errors/resonance-error";
import { defineNode, type Outgoing } from "../lib/node-red/define-node";
import { whenFlowsStarted } from "../lib/node-red/flows-started";
import { userFolder } from "../lib/node-red/user-folder";
import type { Profile } from "../lib/profile/profile";
import type { FieldError } from "../lib/record/field-error";
import { compileTakeOver } from "../lib/validation/take-over";
import { compileTarget, openTarget, type B2mmlBy, type Target } from "../lib/validation/target";

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
  /** What a B2MML message is checked by; the structure built in where it is not given. */
  b2mmlBy?: B2mmlBy;
  /** File or folder of the official schema; begins at Node-RED's user directory unless absolute. */
  b2mmlSchema?: string;
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
  defineNode<ValidateDef>(RED, "resonance-validate", (kit) => {
    const { def, lookup, status, language } = kit;
    const home = userFolder(RED);
    const profile = (): Profile => lookup.config<Profile>(def.profile, "resonance-profile");
    const editions = (): readonly Profile[] => lookup.all<Profile>("resonance-profile");
    const { check, ready, close } = openTarget(def.target, profile, def.schema, language, {
      folder: def.schemaFolder ? path.resolve(home, def.schemaFolder) : undefined,
      b2mml: def.b2mmlBy && { by: def.b2mmlBy, schema: path.resolve(home, def.b2mmlSchema ?? ""), userFolder: home },
      ...(def.editions === "deployed" && { editions }),
    });
    const takeOver = def.target === "profile" && def.editions === "former"
      ? compileTakeOver(profile(), compileTarget("profile", profile, "", language), editions, language) : undefined;
    let closed = false;
    const started = new Promise<void>((resolve) => { whenFlowsStarted(RED, resolve); });
    ready?.catch(async (thrown: unknown) => {
      await started;
      if (!closed) kit.fail(thrown);
    });
    const settle = (msg: NodeMessage, errors: readonly FieldError[]): Outgoing => {
      if (errors.length === 0) {
        status.count("valid");
        return [msg, null];
      }
      status.count("invalid", "yellow");
      msg["resonance"] = { ...(msg["resonance"] as object | undefined), errors };
      return INVALID[def.mode](msg, errors);
    };
    return {
      input(msg): Outgoing | Promise<Outgoing> {
        const taken = takeOver?.(msg.payload);
        if (taken?.migrated) {
          const { record, from, dropped } = taken.migrated;
          msg.payload = record;
          msg["resonance"] = { ...(msg["resonance"] as object | undefined), migrated: { from, dropped } };
        }
        const errors = taken?.errors ?? check(msg.payload);
        return errors instanceof Promise ? errors.then((found): Outgoing => settle(msg, found)) : settle(msg, errors);
      },
      async close() {
        closed = true;
        await close?.();
      },
    };
  });
