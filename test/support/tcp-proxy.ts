import { connect, createServer, type AddressInfo, type Socket } from "node:net";

/** A wire between client and server that a test can cut or make swallow everything. */
export interface TcpProxy {
  readonly port: number;
  /** Existing connections stay open but carry nothing; new ones too, while it is on. */
  swallow(on: boolean): void;
  /** Cuts all connections. */
  cut(): void;
  /** Cuts all connections as soon as so many more pieces have gone through. */
  cutAfter(pieces: number): Promise<void>;
  close(): Promise<void>;
}

/** A wire from a free port of 127.0.0.1, or from `port`, to `targetPort`. */
export async function startProxy(targetPort: number, port = 0): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  let swallowing = false;
  let fuse: { left: number; burn(): void } | undefined;
  const keep = (socket: Socket): void => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => undefined);
  };
  const cut = (): void => { for (const socket of sockets) socket.destroy(); };
  const count = (): void => {
    if (!fuse || --fuse.left > 0) return;
    cut();
    fuse.burn();
    fuse = undefined;
  };
  const server = createServer((near) => {
    keep(near);
    const far = connect(targetPort, "127.0.0.1");
    keep(far);
    near.on("data", (chunk) => { if (!swallowing) far.write(chunk); count(); });
    far.on("data", (chunk) => { if (!swallowing) near.write(chunk); count(); });
    near.on("close", () => far.destroy());
    far.on("close", () => near.destroy());
  });
  await new Promise<void>((resolve) => { server.listen(port, "127.0.0.1", resolve); });
  return {
    port: (server.address() as AddressInfo).port,
    swallow(on) { swallowing = on; },
    cut,
    cutAfter: (pieces) => new Promise((resolve) => { fuse = { left: pieces, burn: resolve }; }),
    async close() {
      cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
