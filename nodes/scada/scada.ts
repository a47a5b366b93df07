import path from "node:path";
import type { NodeAPI, NodeDef } from "node-red";
import { defineNode, type NodeKit } from "../lib/node-red/define-node";
import type { ServingNode } from "../lib/node-red/deployed-flow";
import { userFolder } from "../lib/node-red/user-folder";
import type { SecurityPolicy } from "../lib/opcua/settings";
import type { Profile } from "../lib/profile/profile";
import type { Equipment } from "../lib/record/equipment";
import { readScadaInput } from "../lib/scada/read-message";
import type { SetpointRow } from "../lib/scada/setpoints";
import { createScada } from "../lib/scada/scada";
import type { ScadaSettings, TextLanguage } from "../lib/scada/settings";
import { passwordCredentials } from "../lib/scada/user-slots";
import { withPasswords, type SavedUser } from "../lib/scada/users";

interface ScadaDef extends NodeDef {
  profile: string;
  equipment: string;
  categories: readonly { readonly category: string }[];
  /** Numbers: the editor saves what was typed. */
  port: number | string;
  host: string;
  publicHost: string;
  /** Whether endpoints without security are offered too. */
  unprotected: boolean;
  anonymous: boolean;
  /** Not `users`: the editor keeps that name for itself. */
  accounts?: readonly SavedUser[];
  maxSessions: number | string;
  pkiFolder: string;
  namespaceUri: string;
  language: TextLanguage;
  historyValues: number | string;
  historyHours: number | string;
  maxEquipment: number | string;
  byModel: boolean;
  jobOrders: boolean;
  /** What follows is absent where an older version of the node was saved. */
  setpoints?: readonly SetpointRow[];
  openSetpoints?: boolean;
  companions?: boolean;
}

const SECURE: readonly SecurityPolicy[] = ["Basic256Sha256", "Aes128_Sha256_RsaOaep", "Aes256_Sha256_RsaPss"];
const APPLICATION_NAME = "Node-RED SCADA server";

/** An OPC UA server whose address space comes from the records; what clients do there leaves as messages. */
export = (RED: NodeAPI) =>
  defineNode<ScadaDef>(RED, "resonance-scada", (kit) => {
    const { lookup, status } = kit;
    const settings = settingsOf(kit, lookup.config<Profile>(kit.def.profile, "resonance-profile"), lookup.config<Equipment>(kit.def.equipment, "resonance-equipment"));
    let refused = false;
    const show = (): void => {
      const count = scada.clients();
      if (scada.state() === "starting") status.show("yellow", "ring", "starting");
      else if (scada.state() === "listening" && count === 0) status.show("green", "ring", "listening");
      else if (scada.state() === "listening") status.show("green", "dot", "clients", { count });
    };
    const scada = createScada(settings, {
      state() { show(); },
      problem(error) {
        kit.fail(error);
        show();
      },
      message(message) { kit.send([{ ...message }]); },
    });
    (kit.node as ServingNode).resonanceClients = () => scada.sessions();
    show();
    return {
      input({ payload }) {
        const after = refused;
        refused = true;
        const input = readScadaInput(payload, settings.profile);
        if ("decision" in input) scada.decide(input.decision);
        else if ("job" in input) scada.report(input.job);
        else scada.publish(input.record);
        refused = false;
        // The last message's error stands there still.
        if (after) show();
      },
      close: () => scada.close(),
    };
  }, { credentials: passwordCredentials() });

function settingsOf({ RED, def, credentials }: NodeKit<ScadaDef>, profile: Profile, equipment: Equipment): ScadaSettings {
  return {
    profile,
    equipment: [equipment.path],
    categories: def.categories.map(({ category }) => category),
    port: Number(def.port),
    host: def.host.trim(),
    publicHost: def.publicHost.trim(),
    securityPolicies: def.unprotected ? [...SECURE, "None"] : SECURE,
    anonymous: def.anonymous,
    users: withPasswords(def.accounts ?? [], credentials),
    maxSessions: Number(def.maxSessions),
    pkiFolder: path.resolve(userFolder(RED), def.pkiFolder),
    applicationName: APPLICATION_NAME,
    namespaceUri: def.namespaceUri.trim(),
    language: def.language,
    historyValues: Number(def.historyValues),
    historyHours: Number(def.historyHours),
    maxEquipment: Number(def.maxEquipment),
    byModel: def.byModel,
    jobOrders: def.jobOrders,
    setpoints: def.setpoints ?? [],
    setpointWriters: def.openSetpoints ? "anyone" : "operators",
    companions: def.companions ?? false,
  };
}
