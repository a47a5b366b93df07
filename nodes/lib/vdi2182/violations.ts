import type { LiveFacts } from "../flow/live-facts";
import type { FlowStructure } from "../flow/structure";
import type { Localized } from "../profile/profile";
import type { Evidence } from "./security-file";
import words from "./words.json";

export type ViolationEvent = keyof (typeof words)["events"];

/** A protection goal that is violated now. */
export interface Violation {
  /** The same as long as the cause is the same. */
  readonly id: string;
  readonly event: ViolationEvent;
  readonly goals: readonly string[];
  readonly node: string;
  readonly name: string;
  readonly evidence: readonly Evidence[];
  readonly text: Localized;
}

export interface WatchSettings {
  readonly certificateDays: number;
  /** Application URIs, thumbprints or addresses of clients that may be there. */
  readonly knownClients: readonly string[];
  /** Wanted security by node id, as of the analysis before: what is less is a downgrade. */
  readonly wanted: Readonly<Record<string, string>>;
  readonly now: number;
}

const DAY_MS = 86_400_000;
/** Refusals that say: not the certificate that was trusted. */
const REFUSED: ReadonlySet<string> = new Set(["RESONANCE_OPCUA_CERTIFICATE_UNTRUSTED", "RESONANCE_OPCUA_CERTIFICATE_EXPIRED", "RESONANCE_OPCUA_CERTIFICATE_INVALID", "RESONANCE_OPCUA_CERTIFICATE_REVOKED"]);
/** Deprecated policies are above none, and below all others. */
const RANKS: readonly (readonly string[])[] = [["None"], ["Basic128Rsa15", "Basic256"], ["Basic256Sha256", "Aes128_Sha256_RsaOaep", "Aes256_Sha256_RsaPss"]];
/** SHA-256, with or without separators. */
const THUMBPRINT = /^([0-9a-f]{2}[\s:]?){32}$/;
const MODES: readonly string[] = ["None", "Sign", "SignAndEncrypt"];

/** What is wrong now, from the structure and what the running flow tells. */
export function violationsIn(structure: FlowStructure, live: LiveFacts, settings: WatchSettings): readonly Violation[] {
  const names = new Map(structure.nodes.map(({ id, name }) => [id, name]));
  const nameOf = (id: string): string => names.get(id) ?? id;
  return [...certificates(live, settings, nameOf), ...downgrades(structure, live, settings, nameOf), ...strangers(live, settings, nameOf), ...unguarded(structure, nameOf)];
}

/** The security wanted of each connection, to compare the next analysis with. */
export function wantedSecurity({ interfaces }: FlowStructure): Readonly<Record<string, string>> {
  return Object.fromEntries(interfaces.filter(({ protocol, listens }) => protocol === "OPC UA" && !listens).map(({ nodes: [node = ""], encryption }) => [node, securityText(encryption.mode, encryption.policy)]));
}

function certificates(live: LiveFacts, { certificateDays, now }: WatchSettings, nameOf: (id: string) => string): readonly Violation[] {
  const all = [
    ...Object.entries(live.certificates ?? {}).flatMap(([node, list]) => list.map((certificate) => ({ node, certificate }))),
    ...Object.entries(live.connections ?? {}).flatMap(([node, { certificate }]) => (certificate ? [{ node, certificate }] : [])),
  ];
  return all.flatMap(({ node, certificate: { setting, subject, expires } }) => {
    const left = Date.parse(expires) - now;
    if (left > certificateDays * DAY_MS) return [];
    const event = left > 0 ? "certificate-expiring" : "certificate-expired";
    return [violation(event, `${node}|${setting}|${expires}`, node, ["availability", "integrity"], [{ node, setting, value: expires }], { name: nameOf(node), subject, expires: expires.slice(0, 10) })];
  });
}

function downgrades(structure: FlowStructure, live: LiveFacts, { wanted }: WatchSettings, nameOf: (id: string) => string): readonly Violation[] {
  const now = wantedSecurity(structure);
  const goals = ["confidentiality", "integrity"];
  return Object.entries(now).flatMap(([node, configured]): Violation[] => {
    const { error, security } = live.connections?.[node] ?? {};
    const name = nameOf(node);
    const before = wanted[node];
    if (before !== undefined && isLess(configured, before)) return [violation("policy-downgraded", `${node}|${before}|${configured}`, node, goals, [{ node, setting: "securityMode", value: configured }], { name, from: before, to: configured })];
    if (error === "RESONANCE_OPCUA_SECURITY_NOT_OFFERED") return [violation("policy-downgraded", `${node}|${configured}|offer`, node, goals, [{ node, setting: "securityPolicy", value: error }], { name, from: configured, to: error })];
    if (error !== undefined && REFUSED.has(error)) return [violation("certificate-refused", `${node}|${error}`, node, ["integrity"], [{ node, setting: "certificate", value: error }], { name, code: error })];
    const agreed = security && securityText(security.mode, security.policy);
    return agreed !== undefined && isLess(agreed, configured) ? [violation("policy-downgraded", `${node}|${configured}|${agreed}`, node, goals, [{ node, setting: "session", value: agreed }], { name, from: configured, to: agreed })] : [];
  });
}

function strangers(live: LiveFacts, { knownClients }: WatchSettings, nameOf: (id: string) => string): readonly Violation[] {
  const known = new Set(knownClients.map((entry) => entry.trim().toLowerCase()).map((entry) => (THUMBPRINT.test(entry) ? entry.replace(/[\s:]/g, "") : entry)));
  return Object.entries(live.clients ?? {}).flatMap(([node, clients]) => clients.flatMap(({ name, applicationUri, address = "", thumbprint, user, mode, policy }) => {
    // A certificate that was checked counts; what a client says of itself only where there is none.
    if ([applicationUri, thumbprint ?? "", address].some((mark) => mark !== "" && known.has(mark.toLowerCase()))) return [];
    const evidence = [{ node, setting: "client", value: [applicationUri, thumbprint, user, `${mode} ${policy}`].filter(Boolean).join(" · ") }];
    return [violation("unknown-client", `${node}|${thumbprint ?? applicationUri}|${address.replace(/:\d+$/, "")}`, node, ["confidentiality", "integrity"], evidence, { name: nameOf(node), client: applicationUri || name, address })];
  }));
}

function unguarded({ interfaces }: FlowStructure, nameOf: (id: string) => string): readonly Violation[] {
  return interfaces.flatMap(({ id, facts, nodes }) => facts.filter(({ name, value }) => name === "guarded" && value === false).map(({ evidence }) => {
    const node = nodes.at(-1) ?? id;
    return violation("write-outside-guard", `${id}|${evidence.node}`, node, ["safety", "integrity"], [{ interface: id, ...evidence }], { name: nameOf(node), source: evidence.value });
  }));
}

function violation(event: ViolationEvent, cause: string, node: string, goals: readonly string[], evidence: readonly Evidence[], values: Readonly<Record<string, string>> & { readonly name: string }): Violation {
  const fill = (text: string): string => text.replace(/\{(\w+)\}/g, (_, key: string) => values[key] ?? "?");
  const { en, zh, de } = words.events[event];
  return { id: `${event}|${cause}`, event, goals, node, name: values.name, evidence, text: { en: fill(en), zh: fill(zh), de: fill(de) } };
}

const securityText = (mode: string, policy = "None"): string => (mode === "None" ? "None" : `${mode} ${policy}`);

function isLess(found: string, wanted: string): boolean {
  const [mode = "", policy = "None"] = found.split(" ");
  const [wantedMode = "", wantedPolicy = "None"] = wanted.split(" ");
  const rank = (name: string): number => RANKS.findIndex((names) => names.includes(name));
  return MODES.indexOf(mode) < MODES.indexOf(wantedMode) || rank(policy) < rank(wantedPolicy);
}
