import path from "node:path";
import type { NodeAPI, NodeDef, NodeMessage } from "node-red";
import { isObject } from "../lib/json/is-object";
import { defineNode } from "../lib/node-red/define-node";
import { deployedFlow } from "../lib/node-red/deployed-flow";
import { userFolder } from "../lib/node-red/user-folder";
import { serveSecurityFiles, type FilingNode } from "../lib/node-red/vdi2182-admin";
import { ResonanceError } from "../lib/errors/resonance-error";
import { loadBuiltInProfile } from "../lib/profile/load-profile";
import type { Profile } from "../lib/profile/profile";
import { securityFileMarkdown, type FileLanguage } from "../lib/vdi2182/markdown";
import { readAudits, readRatings, type RatingRow } from "../lib/vdi2182/ratings";
import type { Audit, SecurityFile } from "../lib/vdi2182/security-file";
import { createSecurityWatch } from "../lib/vdi2182/security-watch";
import { createStore } from "../lib/vdi2182/store";

interface Vdi2182Def extends NodeDef {
  /** What is looked at: the flow the node stands on, or everything that is deployed. */
  area: "flow" | "instance";
  format: "json" | "markdown";
  language: FileLanguage;
  atDeploy: boolean;
  /** Seconds between two looks at what is violated. */
  checkEvery: number | string;
  /** Days a certificate must still last. */
  certificateDays: number | string;
  goals: readonly string[];
  manufacturer: string;
  integrator: string;
  operator: string;
  knownClients: readonly { readonly client: string }[];
  ratings: readonly RatingRow[];
  audits: readonly Audit[];
}

/** The security file of the deployed flow by VDI/VDE 2182, and what violates a protection goal while it runs. */
export = (RED: NodeAPI) => {
  serveSecurityFiles(RED);
  defineNode<Vdi2182Def>(RED, "resonance-vdi2182", ({ def, node, lookup, status, ...kit }) => {
    const [days, seconds] = [numberIn("certificateDays", def.certificateDays, 0), numberIn("checkEvery", def.checkEvery, 1)];
    const profileOf = (id: string | undefined): Profile | undefined => {
      const holder = id ? (RED.nodes.getNode(id) as { resonance?: { value?: Profile } } | null)?.resonance : undefined;
      return holder?.value ?? loadBuiltInProfile();
    };
    const deployedProfiles = lookup.all<Profile>("resonance-profile");
    const store = createStore(path.join(userFolder(RED), "resonance", "vdi2182", `${node.id.replace(/[^\w-]/g, "_")}.json`));
    const watch = createSecurityWatch({
      analysis: {
        roles: { manufacturer: def.manufacturer, integrator: def.integrator, operator: def.operator }, goals: def.goals, certificateDays: days,
        ratings: readRatings(def.ratings), audit: readAudits(def.audits), profileOf, profiles: deployedProfiles.length > 0 ? deployedProfiles : [loadBuiltInProfile()],
      },
      knownClients: def.knownClients.map(({ client }) => client),
      deployed: () => deployedFlow(RED),
      flow: ({ definitions }) => (def.area === "flow" && definitions.some((each) => isObject(each) && each["id"] === def.z && each["type"] === "tab") ? def.z : undefined),
      store, clock: Date.now, onProblem(error) { kit.fail(error); },
    });
    (node as FilingNode).resonanceSecurityFile = () => watch.last();

    const show = (): void => {
      const file = watch.last();
      const [count, high] = [watch.standing(), file?.risks.filter(({ rating, accepted }) => rating === "high" && !accepted).length ?? 0];
      if (count > 0) status.show("red", "dot", "violated", { count });
      else if (file) status.show(high > 0 ? "yellow" : "green", "dot", "risks", { count: high });
    };
    const messageOf = (file: SecurityFile, format = def.format, language = def.language): NodeMessage => ({
      payload: format === "markdown" ? securityFileMarkdown(file, language) : file,
      resonance: { vdi2182: { version: file.version, generated: file.generated, ...file.solution.current } },
    });
    const look = (): void => {
      const at = new Date().toISOString();
      for (const { id, text, ...violation } of watch.look()) {
        kit.send([null, { topic: violation.event, payload: { ...violation, cause: id, at, text: text[def.language] } }]);
      }
      show();
    };
    const guarded = (work: () => void) => (): void => {
      try {
        work();
      } catch (thrown) {
        kit.fail(thrown);
      }
    };
    // After each deploy, also one that leaves this node running.
    const onStarted = guarded(() => {
      const file = watch.analyse("deploy");
      if (def.atDeploy) kit.send([messageOf(file), null]);
      look();
    });
    RED.events.on("flows:started", onStarted);
    const timer = setInterval(guarded(look), seconds * 1000);
    return {
      input(msg) {
        const asked = isObject(msg.payload) ? msg.payload : {};
        const file = watch.analyse(typeof asked["occasion"] === "string" ? asked["occasion"] : "message");
        show();
        const format = asked["format"] === "markdown" || asked["format"] === "json" ? asked["format"] : def.format;
        const language = asked["language"] === "en" || asked["language"] === "zh" || asked["language"] === "de" ? asked["language"] : def.language;
        const { payload, resonance } = messageOf(file, format, language) as NodeMessage & { readonly resonance: object };
        return [{ ...msg, payload, resonance: { ...(msg["resonance"] as object | undefined), ...resonance } }, null];
      },
      close(removed) {
        RED.events.off("flows:started", onStarted);
        clearInterval(timer);
        if (removed) store.remove();
      },
    };
  });
};

function numberIn(setting: string, value: number | string, least: number): number {
  const number = Number(value);
  if (Number.isFinite(number) && number >= least && number <= 86_400) return number;
  throw new ResonanceError("RESONANCE_CONFIG_INVALID", { setting, detail: String(value) }, { path: setting });
}
