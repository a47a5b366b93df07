import { X509Certificate } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import type { Node, NodeAPI } from "node-red";
import { isObject } from "../json/is-object";
import type { CertificateFact, ClientFacts, ConnectionFacts, LiveFacts, RuntimeFacts } from "../flow/live-facts";
import type { MqttBroker } from "../mqtt/broker";
import { describeCertificate, splitChain } from "../opcua/certificate-facts";
import type { OpcUaConnection } from "../opcua/connection";
import { pkiFolderOf } from "./opcua-endpoint-settings";
import type { ConfigHolder } from "./lookup";
import { userFolder } from "./user-folder";

/** A node that serves clients of its own and tells who is there. */
export interface ServingNode extends Node {
  resonanceClients?: () => readonly ClientFacts[];
}

/** What is deployed: definitions as they are saved, without credentials, and what only the running flow knows. */
export interface DeployedFlow {
  readonly definitions: readonly Readonly<Record<string, unknown>>[];
  readonly live: LiveFacts;
}

type Definition = Readonly<Record<string, unknown>> & { readonly id: string; readonly type: string };

/** Settings that hold addresses; elsewhere a variable stays as it is written. */
const ADDRESSES: ReadonlySet<string> = new Set(["url", "endpointUrl", "host", "port", "broker", "path", "server", "addr", "publicHost", "uiHost"]);
const VARIABLE = /\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g;
const LARGEST_FILE = 1_000_000;

/**
 * The running flows. Of credentials nothing but the names of those that are set; `${NAME}` is filled in in addresses only, and not where a
 * flow keeps that variable as a credential.
 */
export function deployedFlow(RED: NodeAPI): DeployedFlow {
  const saved: Definition[] = [];
  RED.nodes.eachNode((definition) => { saved.push(definition as unknown as Definition); });
  const secretNames = new Set(saved.flatMap(({ env }) => (Array.isArray(env) ? (env as readonly unknown[]) : []).filter(isObject).filter(({ type }) => type === "cred").map(({ name }) => String(name))));
  const definitions = saved.map((definition) => resolved(RED, definition, secretNames));
  return { definitions, live: liveFacts(RED, definitions) };
}

function resolved(RED: NodeAPI, definition: Definition, secrets: ReadonlySet<string>): Definition {
  const util = RED.util as unknown as { getSetting(node: Node | null, name: string): unknown };
  const node = RED.nodes.getNode(definition.id) as Node | null;
  const entries = Object.entries(definition).filter(([setting]) => setting !== "credentials").map(([setting, value]) => [setting, !ADDRESSES.has(setting) || typeof value !== "string" ? value : value.replace(VARIABLE, (whole, name: string) => {
    const found = secrets.has(name) || !node ? undefined : util.getSetting(node, name);
    return typeof found === "string" && found !== "" ? found : typeof found === "number" ? String(found) : whole;
  })]);
  return Object.fromEntries(entries) as Definition;
}

function liveFacts(RED: NodeAPI, definitions: readonly Definition[]): LiveFacts {
  const folder = userFolder(RED);
  const perNode = <T>(read: (definition: Definition) => T | undefined): Record<string, T> =>
    Object.fromEntries(definitions.flatMap((definition) => {
      const found = read(definition);
      return found === undefined ? [] : [[definition.id, found]];
    }));
  const valueOf = <T>({ id }: Definition): T | undefined => {
    const holder = (RED.nodes.getNode(id) as ConfigHolder<T> | null)?.resonance;
    return holder && "value" in holder ? holder.value : undefined;
  };
  const pki = pkiFolderOf(RED);
  return {
    secrets: perNode(({ id }) => {
      const names = Object.entries((RED.nodes.getCredentials(id) as Readonly<Record<string, unknown>> | null | undefined) ?? {}).filter(([, value]) => value !== undefined && value !== "").map(([name]) => name);
      return names.length > 0 ? names : undefined;
    }),
    connections: perNode((definition): ConnectionFacts | undefined => {
      if (definition.type === "resonance-opcua-endpoint") return connectionFacts(valueOf<OpcUaConnection>(definition));
      const broker = definition.type === "resonance-mqtt-broker" ? valueOf<MqttBroker>(definition) : undefined;
      return broker && stateFacts(broker.connection.status());
    }),
    certificates: perNode((definition) => ownCertificates(definition, folder, pki)),
    revocationLists: perNode(({ type }) => (type === "resonance-opcua-endpoint" ? ["trusted", "issuers"].some((place) => hasFiles(path.join(pki, place, "crl"))) : undefined)),
    clients: perNode(({ id, type }) => (type === "resonance-scada" ? (RED.nodes.getNode(id) as ServingNode | null)?.resonanceClients?.() : undefined)),
    runtime: runtimeFacts(RED),
  };
}

function stateFacts({ state, error }: { readonly state: string; readonly error?: { readonly code: string } }): ConnectionFacts {
  return { state, ...(error && { error: error.code }) };
}

function connectionFacts(connection: OpcUaConnection | undefined): ConnectionFacts | undefined {
  if (!connection) return undefined;
  const security = connection.security();
  const [certificate] = security?.certificate ? splitChain(security.certificate) : [];
  return {
    ...stateFacts(connection.status()),
    ...(security && { security: { mode: security.mode, policy: security.policy } }),
    ...(certificate && { certificate: factOf(certificate, "server") }),
  };
}

/** Certificates in files that the settings name, and those of the PKI folders. */
function ownCertificates(definition: Definition, folder: string, pki: string): readonly CertificateFact[] | undefined {
  const own = path.join("own", "certs", "certificate.pem");
  const files: readonly (readonly [string, string])[] = definition.type === "resonance-opcua-endpoint"
    ? [...(definition["securityMode"] === "None" ? [] : [["resonance/pki", path.join(pki, own)] as const]), ...named(definition, folder, "userCertificateFile")]
    : definition.type === "resonance-scada" ? [["pkiFolder", path.resolve(folder, typeof definition["pkiFolder"] === "string" ? definition["pkiFolder"] : "", own)]]
      : definition.type.startsWith("resonance-") ? named(definition, folder, "certFile", "caFile") : [];
  const found = files.flatMap(([setting, file]) => readCertificate(file, setting) ?? []);
  return found.length > 0 ? found : undefined;
}

function named(definition: Definition, folder: string, ...settings: readonly string[]): readonly (readonly [string, string])[] {
  return settings.flatMap((setting) => {
    const file = definition[setting];
    return typeof file === "string" && file.trim() !== "" ? [[setting, path.resolve(folder, file.trim())] as const] : [];
  });
}

function readCertificate(file: string, setting: string): CertificateFact | undefined {
  try {
    return statSync(file).size > LARGEST_FILE ? undefined : factOf(new X509Certificate(readFileSync(file)), setting);
  } catch {
    // Not there yet, or none: whoever uses it says so.
    return undefined;
  }
}

function factOf(certificate: X509Certificate, setting: string): CertificateFact {
  const { subject, validTo } = describeCertificate(certificate);
  return { setting, subject, expires: validTo };
}

function hasFiles(folder: string): boolean {
  try {
    return readdirSync(folder).length > 0;
  } catch {
    return false;
  }
}

function runtimeFacts(RED: NodeAPI): RuntimeFacts {
  const settings = RED.settings as unknown as Readonly<Record<string, unknown>>;
  return {
    host: typeof settings["uiHost"] === "string" ? settings["uiHost"] : "0.0.0.0",
    port: Number(settings["uiPort"] ?? 1880),
    https: settings["https"] !== undefined && settings["https"] !== null && settings["https"] !== false,
    adminAuth: isObject(settings["adminAuth"]),
    httpNodeAuth: isObject(settings["httpNodeAuth"]),
    editor: settings["httpAdminRoot"] !== false,
    secretsEncrypted: settings["credentialSecret"] !== false,
  };
}
