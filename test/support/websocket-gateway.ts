import { once } from "node:events";
import { createServer } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { connect, type AddressInfo } from "node:net";
import { createWebSocketStream, WebSocketServer } from "ws";

/** MQTT over WebSocket in front of a broker, as a reverse proxy offers it; with `tls` as wss. Gives its URL and what ends it. */
export async function startGateway(brokerPort: number, tls?: { readonly key: string; readonly cert: string }): Promise<{ readonly url: string; close(): Promise<void> }> {
  const server = tls ? createSecureServer(tls) : createServer();
  const sockets = new WebSocketServer({ server, path: "/mqtt", handleProtocols: (offered) => (offered.has("mqtt") ? "mqtt" : false) });
  sockets.on("connection", (socket) => {
    const near = createWebSocketStream(socket);
    const far = connect(brokerPort, "127.0.0.1");
    near.on("error", () => far.destroy());
    far.on("error", () => near.destroy());
    near.pipe(far).pipe(near);
  });
  // A client that does not trust the certificate ends the handshake.
  server.on("tlsClientError", () => undefined);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `${tls ? "wss" : "ws"}://127.0.0.1:${(server.address() as AddressInfo).port}/mqtt`,
    async close() {
      for (const client of sockets.clients) client.terminate();
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}
