import { isIP } from "node:net";
import type { Exposure } from "./structure";

/** An address without what could be a secret. */
export interface Address {
  /** Lower case, without `:`; empty where there is none. */
  readonly scheme: string;
  readonly host: string;
  readonly port?: number;
  /** To show. */
  readonly text: string;
}

const PORTS: Readonly<Record<string, number>> = { http: 80, https: 443, ws: 80, wss: 443, mqtt: 1883, mqtts: 8883, "opc.tcp": 4840 };
const PLACEHOLDER = /\$\{[^}]*\}|\{\{[^}]*\}\}/;

/** Takes an address apart; user, password, query and fragment are left out, also where it is no proper URL. */
export function readAddress(address: string): Address {
  const plain = address.trim().replace(/[?#].*$/s, "").replace(/^([a-z][\w.+-]*:\/\/)?[^/]*@/i, "$1");
  const [, scheme = "", rest = ""] = /^([a-z][\w.+-]*):\/\/(.*)$/is.exec(plain) ?? [undefined, "", plain];
  const authority = rest.split("/", 1)[0] ?? "";
  const [, host = authority, port] = /^(\[[^\]]*\]|[^:]*)(?::(\d{1,5}))?$/.exec(authority) ?? [];
  const number = port === undefined ? PORTS[scheme.toLowerCase()] : Number(port);
  return { scheme: scheme.toLowerCase(), host: host.replace(/^\[|\]$/g, "").toLowerCase(), text: plain, ...(number === undefined ? {} : { port: number }) };
}

/**
 * Who can come between Node-RED and an address it connects to. What lies behind a loopback address is not known (a tunnel, a gateway, a
 * container), nor what a name or a variable stands for: they count as the plant's network.
 */
export function exposureOfTarget(host: string): Exposure {
  return PLACEHOLDER.test(host) || isIP(host) === 0 || isLocal(host) ? "plant" : isPrivate(host) ? "plant" : "public";
}

/** Who reaches an address that Node-RED listens on. */
export function exposureOfListener(host: string): Exposure {
  if (host === "localhost" || (isIP(host) > 0 && isLocal(host))) return "computer";
  return isIP(host) > 0 && host !== "0.0.0.0" && host !== "::" && !isPrivate(host) ? "public" : "plant";
}

function isLocal(host: string): boolean {
  return host === "::1" || host.startsWith("127.");
}

/** RFC 1918, link-local, unique local, and shared address space. */
function isPrivate(host: string): boolean {
  if (isIP(host) === 6) return /^f[cd]|^fe[89ab]/.test(host);
  const [first = 0, second = 0] = host.split(".").map(Number);
  return first === 10 || (first === 172 && second >= 16 && second < 32) || (first === 192 && second === 168) || (first === 169 && second === 254) || (first === 100 && second >= 64 && second < 128);
}
