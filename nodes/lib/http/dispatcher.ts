import type { Dispatcher } from "undici";
import type { TlsMaterial } from "../connection/tls";

/** How connections to one origin are made. */
export interface Transport {
  readonly origin: string;
  readonly proxy: URL | undefined;
  readonly tls: TlsMaterial;
  /** Milliseconds until a connection must stand. */
  readonly timeout: number;
  readonly connections: number;
  /** Bytes of an answer's body. */
  readonly maxBytes: number;
}

/** A pool of kept-alive connections, straight to the origin or through a proxy; undici is loaded here. */
export async function openDispatcher({ origin, proxy, tls, timeout, connections, maxBytes }: Transport): Promise<Dispatcher> {
  const { Pool, ProxyAgent } = await import("undici");
  const common = {
    connections,
    // The timer of each exchange covers these.
    headersTimeout: 0,
    bodyTimeout: 0,
    maxResponseSize: maxBytes,
  };
  if (!proxy) return new Pool(origin, { ...common, connect: { timeout, ...tls } });
  // A proxy on TLS is checked as the server is; plain http goes to it as it is, https through a tunnel.
  const proxyTls = { timeout, ...(tls.ca !== undefined && { ca: tls.ca }) };
  return new ProxyAgent({ ...common, uri: proxy.href, proxyTunnel: false, proxyTls, requestTls: { timeout, ...tls } });
}
