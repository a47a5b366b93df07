import { isDeepStrictEqual } from "node:util";
import type { Node, NodeAPI, NodeDef } from "node-red";
import { ResonanceError } from "../errors/resonance-error";
import type { OpcUaConnection } from "../opcua/connection";
import type { OpcUaSettings } from "../opcua/settings";
import { resolveEnvironment } from "./environment";
import { endpointSettings, type EndpointForm, type EndpointSecrets } from "./opcua-endpoint-settings";

/** The endpoints that are deployed, for the editor's dialogs to work with. */
export interface DeployedEndpoints {
  add(id: string, settings: OpcUaSettings, secrets: EndpointSecrets): void;
  connected(id: string, connection: OpcUaConnection): void;
  remove(id: string): void;
  /**
   * What a form that may not be deployed yet means, and the connection that stands for just that.
   * A secret the form shows as saved is taken from the deployed endpoint, and only for the address it was saved for.
   * @throws RESONANCE_OPCUA_SECRET_ELSEWHERE, RESONANCE_ENV_MISSING
   */
  settingsOf(asked: unknown): { readonly settings: OpcUaSettings; readonly standing?: OpcUaConnection };
}

interface Deployed { readonly settings: OpcUaSettings; readonly secrets: EndpointSecrets; connection?: OpcUaConnection }

/** What the editor shows in place of a saved secret. */
const SAVED = "__PWRD__";
const SECRETS = ["user", "password", "userCertificate", "userKey", "userKeyPassword"] as const;
/** Which of them an authentication needs. */
const NEEDED: Readonly<Record<string, readonly string[]>> = {
  user: ["user", "password"], "certificate text": ["userCertificate", "userKey", "userKeyPassword"], "certificate file": ["userKeyPassword"],
};

export function deployedEndpoints(RED: NodeAPI): DeployedEndpoints {
  const deployed = new Map<string, Deployed>();

  return {
    add(id, settings, secrets) { deployed.set(id, { settings, secrets }); },
    connected(id, connection) {
      const entry = deployed.get(id);
      if (entry) entry.connection = connection;
    },
    remove(id) { deployed.delete(id); },
    settingsOf(asked) {
      const { id, form: written, secrets: typed } = readRequest(asked);
      // An endpoint that is not deployed yet has the environment of the process only.
      const node = RED.nodes.getNode(id) as Node | null ?? (Object.create(null) as Node);
      const form = resolveEnvironment(RED, node, written as unknown as NodeDef) as unknown as EndpointForm;
      const found = deployed.get(id);
      const source = form.authentication === "certificate" ? `certificate ${form.userCertificateSource === "text" ? "text" : "file"}` : form.authentication;
      const secrets = Object.fromEntries((NEEDED[source] ?? []).map((name) => {
        const value = typed[name];
        if (value !== undefined && value !== SAVED) return [name, value];
        const saved = found?.secrets[name];
        const here = found?.settings.endpointUrl === form.endpointUrl.trim();
        if (!here && (saved !== undefined || value === SAVED)) {
          throw new ResonanceError("RESONANCE_OPCUA_SECRET_ELSEWHERE", { endpointUrl: form.endpointUrl }, { path: name });
        }
        return [name, saved];
      }));
      const settings = endpointSettings(RED, form, secrets);
      const standing = found?.connection && isDeepStrictEqual(found.settings, settings) ? found.connection : undefined;
      return { settings, ...(standing && { standing }) };
    },
  };
}

/** A request's body, nothing in it taken for granted. */
function readRequest(asked: unknown): { id: string; form: EndpointForm; secrets: EndpointSecrets } {
  const body = record(asked);
  const [form, secrets] = [record(body["form"]), record(body["secrets"])];
  const text = (name: string): string => (typeof form[name] === "string" ? form[name] : "");
  return {
    id: typeof body["id"] === "string" ? body["id"] : "",
    form: {
      endpointUrl: text("endpointUrl"),
      securityMode: text("securityMode") as EndpointForm["securityMode"],
      securityPolicy: text("securityPolicy") as EndpointForm["securityPolicy"],
      authentication: text("authentication") as EndpointForm["authentication"],
      trustedThumbprint: text("trustedThumbprint"),
      userCertificateSource: text("userCertificateSource") === "text" ? "text" : "file",
      userCertificateFile: text("userCertificateFile"),
      userKeyFile: text("userKeyFile"),
    },
    secrets: Object.fromEntries(SECRETS.map((name) => [name, typeof secrets[name] === "string" ? secrets[name] : undefined])),
  };
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}
