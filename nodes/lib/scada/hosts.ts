import { isIP } from "node:net";
import { hostname, networkInterfaces } from "node:os";

/** The names and addresses under which clients reach the server, the one it speaks of itself by first. */
export interface Hosts {
  readonly dns: readonly string[];
  readonly ip: readonly string[];
  readonly all: readonly string[];
}

const LOOPBACK = ["127.0.0.1", "localhost"];

/**
 * Where a server that listens on `host` is reached; clients that use one of these names get endpoints of the same name back
 * (OPC 10000-4, GetEndpoints), and the certificate holds them all.
 */
export function hostsOf(host: string, publicHost = ""): Hosts {
  const own = isAny(host) ? [hostname(), ...addresses(), ...LOOPBACK] : isLoopback(host) ? [host, ...LOOPBACK] : [host, hostname()];
  const all = [...new Set([...(publicHost === "" ? [] : [publicHost]), ...own])];
  return { all, dns: all.filter((name) => isIP(name) === 0), ip: all.filter((name) => isIP(name) !== 0) };
}

/** The same host as it stands in a URL. */
export function urlHost(host: string): string {
  return isIP(host) === 6 ? `[${host}]` : host;
}

function isAny(host: string): boolean {
  return host === "0.0.0.0" || host === "::";
}

/** Whether only programs on this computer reach the address. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || host.startsWith("127.");
}

/** IPv4 only: an IPv6 address needs a zone or brackets that not every client's URL parser takes. */
function addresses(): string[] {
  const all = Object.values(networkInterfaces()).flatMap((entries) => entries ?? []);
  return all.filter(({ family, internal }) => family === "IPv4" && !internal).map(({ address }) => address);
}
