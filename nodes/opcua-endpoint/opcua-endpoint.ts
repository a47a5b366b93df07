import type { NodeAPI, NodeDef } from "node-red";
import { defineConfig } from "../lib/node-red/define-config";
import { serveOpcUaDialogs } from "../lib/node-red/opcua-admin";
import { deployedEndpoints } from "../lib/node-red/opcua-editor";
import { endpointSettings, type EndpointForm } from "../lib/node-red/opcua-endpoint-settings";
import { createOpcUaConnection, type OpcUaConnection } from "../lib/opcua/connection";

type OpcUaEndpointDef = NodeDef & EndpointForm;

/** An OPC UA server: its address, security and user; all nodes that use it share one session. */
export = (RED: NodeAPI) => {
  const deployed = deployedEndpoints(RED);
  serveOpcUaDialogs(RED, deployed);
  defineConfig<OpcUaEndpointDef, OpcUaConnection>(RED, "resonance-opcua-endpoint", ({ def, credentials, node }) => {
    const settings = endpointSettings(RED, def, credentials);
    deployed.add(node.id, settings, credentials);
    const connection = createOpcUaConnection(settings);
    deployed.connected(node.id, connection);
    return {
      value: connection,
      close() {
        deployed.remove(node.id);
        return connection.close();
      },
    };
  }, {
    credentials: {
      user: { type: "text" }, password: { type: "password" },
      userCertificate: { type: "password" }, userKey: { type: "password" }, userKeyPassword: { type: "password" },
    },
  });
};
