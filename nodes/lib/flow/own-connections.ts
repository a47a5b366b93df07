import { exposureOfListener, exposureOfTarget, readAddress } from "./address";
import { isOn, rowsOf, textOf, titleOf, type SavedNode } from "./definition";
import { fact, NODE_RED, secretIsSet, type FoundInterface, type ReadContext, type Reader } from "./reading";
import type { Component, Fact, Protocol, Role } from "./structure";
import { writeFacts } from "./write-facts";

/** Policies that OPC 10000-7 has deprecated. */
const DEPRECATED: ReadonlySet<string> = new Set(["Basic256", "Basic128Rsa15"]);
const ZONES: Partial<Record<Role, string>> = { machine: "ISA-95 level 1", scada: "ISA-95 level 2", mes: "ISA-95 level 3" };

export function component(node: SavedNode, role: Role, facts: readonly Fact[] = [], more: Partial<Component> = {}): Component {
  const zone = ZONES[role];
  return { id: node.id, type: node.type, name: titleOf(node), role, ...(zone !== undefined && { zone }), ...(node.z !== undefined && { flowId: node.z }), facts, ...more };
}

/** An OPC UA server: one interface to read, and one for each node that writes, as each may be guarded otherwise. */
export const readOpcUaEndpoint: Reader = (node, context) => {
  const users = context.graph.usersOf(node.id).filter((user) => user["endpoint"] === node.id);
  if (users.length === 0) return {};
  const writers = users.filter((user) => user.type === "resonance-opcua-out" && ["write", "call", ""].includes(textOf(user, "mode")));
  const readers = users.filter((user) => !writers.includes(user));
  const [mode, policy, authentication] = [textOf(node, "securityMode") || "None", textOf(node, "securityPolicy") || "None", textOf(node, "authentication") || "anonymous"];
  const secured = mode !== "None";
  const lists = context.live.revocationLists?.[node.id];
  const facts: readonly Fact[] = [
    fact("encrypted", mode === "SignAndEncrypt", node, "securityMode", mode),
    fact("signed", secured, node, "securityMode", mode),
    ...(secured ? [fact("strongCryptography", !DEPRECATED.has(policy), node, "securityPolicy", policy)] : []),
    fact("authenticated", authentication !== "anonymous", node, "authentication", authentication),
    fact("peerVerified", secured || authentication !== "anonymous", node, "securityMode", mode),
    ...(authentication === "user" ? [fact("secretProtected", true, node, "authentication", authentication)] : []),
    ...(secured && lists !== undefined ? [fact("revocationChecked", lists, node, "resonance/pki", lists ? "CRL" : "–")] : []),
  ];
  const address = readAddress(textOf(node, "endpointUrl"));
  const certificate = context.live.connections?.[node.id]?.certificate;
  const base = {
    from: node.id, to: NODE_RED, protocol: "OPC UA" as const, address: address.text, ...(address.port !== undefined && { port: address.port }), listens: false,
    exposure: exposureOfTarget(address.host), authentication, encryption: { mode, policy: secured ? policy : "None" }, ...certificateOf(certificate),
  };
  return {
    components: [component(node, "machine")],
    interfaces: [
      ...(readers.length > 0 ? [{ ...base, id: `${node.id}:read`, direction: "read" as const, writesBack: false, nodes: [node.id, ...readers.map(({ id }) => id)], facts }] : []),
      ...writers.map((writer) => ({
        ...base, id: `${writer.id}:write`, from: NODE_RED, to: node.id, direction: "write" as const, writesBack: true, nodes: [node.id, writer.id],
        facts: [...facts, ...writeFacts(writer, context)],
      })),
    ],
  };
};

/** An MQTT broker: what is subscribed, and what is published. */
export const readMqttBroker: Reader = (node, context) => {
  const users = context.graph.usersOf(node.id);
  const address = readAddress(textOf(node, "url"));
  const tls = isSecure(address.scheme);
  const login = secretIsSet(context, node, "user", "cert");
  const withFile = textOf(node, "certFile") !== "";
  const known = withFile || login === true ? true : login;
  const groups = [["read", "resonance-mqtt-in"], ["write", "resonance-mqtt-out"]] as const;
  const interfaces = groups.flatMap(([direction, type]): FoundInterface[] => {
    const nodes = users.filter((user) => user.type === type);
    if (nodes.length === 0) return [];
    const reads = direction === "read";
    return [{
      id: `${node.id}:${direction}`, from: reads ? node.id : NODE_RED, to: reads ? NODE_RED : node.id, protocol: "MQTT", address: address.text,
      ...(address.port !== undefined && { port: address.port }), direction, listens: false, exposure: exposureOfTarget(address.host),
      authentication: known === undefined ? "unknown" : known ? "credentials" : "anonymous", encryption: { mode: tls ? "TLS" : "none", tls }, writesBack: false,
      nodes: [node.id, ...nodes.map(({ id }) => id)],
      facts: [
        ...tlsFacts(node, "url", address.text, tls),
        ...(known === undefined ? [] : [fact("authenticated", known, node, withFile ? "certFile" : "user", known ? "set" : "not set")]),
        ...(login === true && !withFile ? [fact("secretProtected", tls, node, "url", address.text)] : []),
        ...(reads ? nodes.slice(0, 1).map((first) => fact("limited", true, first, "sizeLimit", textOf(first, "sizeLimit"))) : []),
        ...(reads ? [] : [fact("durable", textOf(node, "keep") === "disk", node, "keep", textOf(node, "keep") || "none")]),
      ],
      ...certificateOf(context.live.certificates?.[node.id]?.[0]),
    }];
  });
  return interfaces.length === 0 ? {} : { components: [component(node, "broker")], interfaces };
};

/** The model server of a model, and what is known of the model. */
export const readModel: Reader = (node, context) => {
  const calls = context.graph.usersOf(node.id).filter(({ type }) => type === "resonance-model-call");
  if (calls.length === 0) return {};
  const supplier = textOf(node, "supplier");
  const connection = httpConnection(node, context, calls.map(({ id }) => id), "both");
  return { components: [component(node, "model", [], supplier === "" ? {} : { vendor: supplier })], interfaces: textOf(node, "url") === "" ? [] : [connection] };
};

/** The MES, and whether what it has to get outlives a failure. */
export const readMes: Reader = (node, context) => {
  const senders = context.graph.usersOf(node.id).filter(({ type }) => type === "resonance-mes-out");
  if (senders.length === 0) return {};
  const keep = textOf(node, "keep") || "none";
  const connection = httpConnection(node, context, senders.map(({ id }) => id), "write");
  return { components: [component(node, "mes", [fact("durable", keep === "disk", node, "keep", keep)])], interfaces: [connection] };
};

/** An OPC UA server of the flow, with what its clients may do. */
export const readScada: Reader = (node, context) => {
  const [unprotected, anonymous] = [isOn(node, "unprotected"), isOn(node, "anonymous")];
  const host = textOf(node, "host") || "127.0.0.1";
  const exposure = exposureOfListener(host);
  const setpoints = rowsOf(node, "setpoints").length;
  const clients = context.live.clients?.[node.id];
  const facts: readonly Fact[] = [
    // Without unsecured endpoints a client may still choose to sign only.
    fact("encrypted", unprotected ? false : "partly", node, "unprotected", unprotected),
    fact("signed", !unprotected, node, "unprotected", unprotected),
    fact("peerVerified", !unprotected, node, "unprotected", unprotected),
    fact("authenticated", !anonymous, node, "anonymous", anonymous),
    fact("limited", true, node, "maxSessions", textOf(node, "maxSessions")),
    fact("listensLocally", exposure === "computer", node, "host", host),
    ...(setpoints > 0 ? [fact("writersKnown", !isOn(node, "openSetpoints"), node, "openSetpoints", isOn(node, "openSetpoints"))] : []),
  ];
  return {
    components: [component({ ...node, name: clients ? `${titleOf(node)} (${clients.length})` : titleOf(node) }, "scada", [], { id: `${node.id}:clients` })],
    interfaces: [{
      id: `${node.id}:server`, from: NODE_RED, to: `${node.id}:clients`, protocol: "OPC UA", address: `opc.tcp://${host}:${textOf(node, "port")}`, port: Number(textOf(node, "port")) || 4840,
      direction: setpoints > 0 || isOn(node, "jobOrders") ? "both" : "write", listens: true, exposure, authentication: anonymous ? "anonymous" : "user",
      encryption: unprotected ? { mode: "None", policy: "None" } : { mode: "Sign", policy: "Basic256Sha256" }, writesBack: setpoints > 0, nodes: [node.id], facts,
      ...certificateOf(context.live.certificates?.[node.id]?.[0]),
    }],
  };
};

/** What a MES, or whoever finds the address, sends to Node-RED over HTTP. */
export const readMesIn: Reader = (node, { live: { runtime } }) => {
  const facts: readonly Fact[] = [
    fact("limited", true, node, "sizeLimit", textOf(node, "sizeLimit")),
    fact("contentChecked", textOf(node, "problems") !== "pass", node, "problems", textOf(node, "problems")),
    fact("duplicatesRefused", Number(textOf(node, "remember")) > 0, node, "remember", textOf(node, "remember")),
  ];
  // By message: another node's interface brings it.
  if (textOf(node, "transport") === "message") return {};
  const authentication = textOf(node, "authentication") || "none";
  const host = runtime?.host ?? "";
  return {
    components: [component(node, "mes", [], { id: `${node.id}:senders` })],
    interfaces: [{
      id: `${node.id}:http`, from: `${node.id}:senders`, to: NODE_RED, protocol: runtime?.https ? "HTTPS" : "HTTP", address: textOf(node, "path"), ...(runtime && { port: runtime.port }),
      direction: "read", listens: true, exposure: exposureOfListener(host), authentication, encryption: runtime ? { mode: runtime.https ? "TLS" : "none", tls: runtime.https } : { mode: "unknown" },
      writesBack: false, nodes: [node.id],
      facts: [...facts, ...listenerFacts(runtime), fact("authenticated", authentication !== "none", node, "authentication", authentication),
        ...(runtime && authentication !== "none" ? [fact("secretProtected", runtime.https, NODE_RED, "https", runtime.https)] : [])],
    }],
  };
};

/** What Node-RED's own HTTP server says of everything that listens there. */
export function listenerFacts(runtime: ReadContext["live"]["runtime"]): readonly Fact[] {
  if (!runtime) return [];
  return [
    ...(["encrypted", "signed"] as const).map((name) => fact(name, runtime.https, NODE_RED, "https", runtime.https)),
    fact("listensLocally", exposureOfListener(runtime.host) === "computer", NODE_RED, "uiHost", runtime.host),
  ];
}

function httpConnection(node: SavedNode, context: ReadContext, users: readonly string[], direction: "write" | "both"): FoundInterface {
  const address = readAddress(textOf(node, "url"));
  const tls = isSecure(address.scheme);
  const login = textOf(node, "authentication") || "none";
  const byCertificate = textOf(node, "certFile") !== "" || secretIsSet(context, node, "cert") === true;
  const protocol: Protocol = address.scheme.startsWith("mqtt") ? "MQTT" : tls ? "HTTPS" : "HTTP";
  return {
    id: `${node.id}:${direction === "both" ? "call" : "write"}`, from: NODE_RED, to: node.id, protocol, address: address.text, ...(address.port !== undefined && { port: address.port }), direction,
    listens: false, exposure: exposureOfTarget(address.host), authentication: login === "none" && byCertificate ? "certificate" : login,
    encryption: { mode: address.scheme === "" ? "unknown" : tls ? "TLS" : "none", ...(address.scheme !== "" && { tls }) }, writesBack: false, nodes: [node.id, ...users],
    facts: [
      ...tlsFacts(node, "url", address.text, address.scheme === "" ? undefined : tls),
      fact("authenticated", login !== "none" || (tls && byCertificate), node, byCertificate && login === "none" ? "certFile" : "authentication", byCertificate && login === "none" ? "set" : login),
      ...(login === "none" || address.scheme === "" ? [] : [fact("secretProtected", tls, node, "url", address.text)]),
    ],
    ...certificateOf(context.live.certificates?.[node.id]?.[0]),
  };
}

/** Our clients check the certificate whenever there is TLS. */
export function tlsFacts(node: SavedNode, setting: string, shown: string, tls: boolean | undefined): readonly Fact[] {
  return tls === undefined ? [] : (["encrypted", "signed", "peerVerified"] as const).map((name) => fact(name, tls, node, setting, shown));
}

export function isSecure(scheme: string): boolean {
  return ["https", "wss", "mqtts"].includes(scheme);
}

function certificateOf(certificate: { subject: string; expires: string } | undefined): Pick<FoundInterface, "certificate"> {
  return certificate ? { certificate: { subject: certificate.subject, expires: certificate.expires } } : {};
}
