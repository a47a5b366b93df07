import path from "node:path";
import type { NodeAPI, NodeDef } from "node-red";
import { defineConfig } from "../lib/node-red/define-config";
import { createOpcUaConnection, type OpcUaConnection } from "../lib/opcua/connection";
import type { Identity, SecurityMode, SecurityPolicy } from "../lib/opcua/settings";

interface OpcUaEndpointDef extends NodeDef {
  endpointUrl: string;
  securityMode: SecurityMode;
  securityPolicy: SecurityPolicy;
  authentication: "anonymous" | "user";
  trustedThumbprint: string;
}

const APPLICATION_NAME = "Node-RED model-data resonance";

/** An OPC UA server: its address, security and user; all nodes that use it share one session. */
export = (RED: NodeAPI) =>
  defineConfig<OpcUaEndpointDef, OpcUaConnection>(RED, "resonance-opcua-endpoint", ({ def, credentials }) => {
    const { userDir = process.cwd() } = RED.settings as { userDir?: string };
    const identity: Identity = def.authentication === "user"
      ? { type: "user", user: credentials["user"] ?? "", password: credentials["password"] ?? "" }
      : { type: "anonymous" };
    const connection = createOpcUaConnection({
      endpointUrl: def.endpointUrl.trim(),
      securityMode: def.securityMode,
      securityPolicy: def.securityMode === "None" ? "None" : def.securityPolicy,
      identity,
      trustedThumbprint: def.trustedThumbprint,
      pkiFolder: path.join(userDir, "resonance", "pki"),
      applicationName: APPLICATION_NAME,
    });
    return { value: connection, close: () => connection.close() };
  }, { credentials: { user: { type: "text" }, password: { type: "password" } } });
