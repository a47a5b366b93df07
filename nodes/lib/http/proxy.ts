import { ResonanceError } from "../errors/resonance-error";

/** Variables as the process has them. */
export type Environment = Readonly<Record<string, string | undefined>>;

const LOOPBACK = /^(localhost|.*\.localhost|127(\.\d{1,3}){3}|\[::1\])$/i;
const DEFAULT_PORTS: Readonly<Record<string, string>> = { "http:": "80", "https:": "443" };

/**
 * The proxy on the way to `target`. `setting` is a proxy's URL, `none`, or empty for what the environment says:
 * HTTP_PROXY or HTTPS_PROXY by the target's scheme, unless NO_PROXY names its host (`host`, `.domain`, `host:port`, `*`)
 * or it is this computer; names in small letters go first.
 * @throws RESONANCE_CONFIG_INVALID (path `proxy`) for what is no http or https URL
 */
export function proxyFor(target: URL, setting = "", environment: Environment = process.env): URL | undefined {
  const chosen = setting.trim();
  if (chosen.toLowerCase() === "none") return undefined;
  if (chosen !== "") return readProxy(chosen);
  const variable = (name: string): string => environment[name.toLowerCase()] ?? environment[name] ?? "";
  const found = variable(target.protocol === "https:" ? "HTTPS_PROXY" : "HTTP_PROXY").trim();
  if (found === "" || LOOPBACK.test(target.hostname) || isExcepted(target, variable("NO_PROXY"))) return undefined;
  return readProxy(found.includes("://") ? found : `http://${found}`);
}

function isExcepted({ hostname, port, protocol }: URL, list: string): boolean {
  const host = hostname.toLowerCase();
  return list.toLowerCase().split(/[\s,]+/).filter((entry) => entry !== "").some((entry) => {
    const [, name = "", only] = /^(.*?)(?::(\d+))?$/.exec(entry) ?? [];
    if (only !== undefined && only !== (port || DEFAULT_PORTS[protocol])) return false;
    const domain = name.replace(/^\*?\./, "");
    return name === "*" || host === domain || (domain !== "" && host.endsWith(`.${domain}`));
  });
}

function readProxy(text: string): URL {
  // The text may hold a password: it is not repeated.
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) {
    throw new ResonanceError("RESONANCE_CONFIG_INVALID", { setting: "proxy", detail: "a proxy is a URL such as http://proxy:3128, or none" }, { path: "proxy" });
  }
  return new URL(text);
}
