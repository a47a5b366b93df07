import { exposureOfListener, exposureOfTarget, readAddress } from "./address";
import { isOn, numberOf, textOf, titleOf, type SavedNode } from "./definition";
import { component, isSecure, listenerFacts } from "./own-connections";
import { fact, NODE_RED, secretIsSet, type FoundInterface, type ReadContext, type Reader, type Reading } from "./reading";
import type { Fact, Protocol } from "./structure";

/** One end of a core node, before it is an interface. */
interface End {
  readonly node: SavedNode;
  readonly protocol: Protocol;
  readonly address: string;
  readonly direction: FoundInterface["direction"];
  readonly tls?: boolean | undefined;
  readonly port?: number | undefined;
  readonly listensOn?: string;
  readonly users?: readonly string[];
  readonly authentication?: string;
  readonly facts?: readonly Fact[];
}

/** Node-RED's broker node: read and write. */
export const readCoreBroker: Reader = (node, context) => {
  const users = context.graph.usersOf(node.id);
  const url = readAddress(textOf(node, "broker"));
  const tlsNode = context.graph.nodes.get(textOf(node, "tls"));
  const tls = url.scheme === "" ? isOn(node, "usetls") : isSecure(url.scheme);
  const port = url.scheme === "" ? numberOf(node, "port") : url.port;
  const login = secretIsSet(context, node, "user");
  const known = login === true || (tls && tlsNode !== undefined && secretIsSet(context, tlsNode, "certdata") === true) ? true : login;
  const ends = ([["read", "mqtt in"], ["write", "mqtt out"]] as const).flatMap(([direction, type]): FoundInterface[] => {
    const nodes = users.filter((user) => user.type === type);
    return nodes.length === 0 ? [] : [toInterface({
      node, protocol: "MQTT", address: url.text, direction, tls, port, users: nodes.map(({ id }) => id),
      authentication: known === undefined ? "unknown" : known ? "credentials" : "anonymous",
      facts: [
        ...tlsFactsOf(node, url.scheme === "" ? "usetls" : "broker", tls, tlsNode),
        ...(known === undefined ? [] : [fact("authenticated", known, node, "user", known ? "set" : "not set")]),
        ...(login === true ? [fact("secretProtected", tls, node, "usetls", tls)] : []),
      ],
    })];
  });
  return ends.length === 0 ? {} : { components: [component(node, "broker")], interfaces: ends };
};

export const readHttpIn: Reader = (node, { live: { runtime } }) => met(node, toInterface({
  node, protocol: runtime?.https ? "HTTPS" : "HTTP", address: textOf(node, "url"), direction: "both", tls: runtime?.https, port: runtime?.port, listensOn: runtime?.host ?? "",
  authentication: runtime ? (runtime.httpNodeAuth ? "basic" : "none") : "unknown",
  facts: [
    ...listenerFacts(runtime),
    ...(runtime ? [fact("authenticated", runtime.httpNodeAuth, NODE_RED, "httpNodeAuth", runtime.httpNodeAuth ? "set" : "not set")] : []),
    ...(runtime?.httpNodeAuth ? [fact("secretProtected", runtime.https, NODE_RED, "https", runtime.https)] : []),
  ],
}));

export const readHttpRequest: Reader = (node, context) => {
  const address = readAddress(textOf(node, "url"));
  const login = textOf(node, "authType");
  const tls = address.scheme === "" ? undefined : isSecure(address.scheme);
  const fixed = address.host !== "" && !address.text.includes("{{");
  return met(node, toInterface({
    node, protocol: tls === undefined ? "HTTP" : tls ? "HTTPS" : "HTTP", address: address.text || "msg.url", direction: "both", tls, port: address.port,
    authentication: login || "none",
    facts: [
      ...(tls === undefined ? [] : tlsFactsOf(node, "url", tls, context.graph.nodes.get(textOf(node, "tls")))),
      fact("authenticated", login !== "", node, "authType", login || "none"),
      ...(login !== "" && tls !== undefined ? [fact("secretProtected", tls, node, "url", address.text)] : []),
      fact("addressFixed", fixed, node, "url", address.text || "msg.url"),
    ],
  }));
};

export const readWebSocketListener: Reader = (node, { graph, live: { runtime } }) => used(node, graph.usersOf(node.id), (users) => toInterface({
  node, protocol: "WebSocket", address: textOf(node, "path"), direction: "both", tls: runtime?.https, port: runtime?.port, listensOn: runtime?.host ?? "", users, authentication: "none",
  facts: [...listenerFacts(runtime), fact("authenticated", false, node, "type", node.type)],
}));

export const readWebSocketClient: Reader = (node, { graph }) => used(node, graph.usersOf(node.id), (users) => {
  const address = readAddress(textOf(node, "path"));
  const tls = isSecure(address.scheme);
  return toInterface({
    node, protocol: "WebSocket", address: address.text, direction: "both", tls, port: address.port, users, authentication: "none",
    facts: [...tlsFactsOf(node, "path", tls, graph.nodes.get(textOf(node, "tls"))), fact("authenticated", false, node, "type", node.type)],
  });
});

/** Plain sockets; a protocol on top of them is not known here. */
export const readTcp: Reader = (node, context) => {
  const role = textOf(node, node.type === "tcp in" ? "server" : "beserver");
  if (role === "reply") return {};
  const listens = node.type !== "tcp request" && role === "server";
  const tls = textOf(node, "tls") !== "" || isOn(node, "usetls");
  const host = listens ? "0.0.0.0" : textOf(node, node.type === "tcp request" ? "server" : "host");
  return met(node, toInterface({
    node, protocol: "TCP", address: `${host || "msg.host"}:${textOf(node, "port")}`, direction: node.type === "tcp in" ? "read" : node.type === "tcp out" ? "write" : "both", tls,
    port: numberOf(node, "port"), ...(listens && { listensOn: host }), authentication: "none",
    facts: [
      ...tlsFactsOf(node, "tls", tls, context.graph.nodes.get(textOf(node, "tls"))),
      fact("authenticated", false, node, "type", node.type),
      ...(listens ? [fact("listensLocally", false, node, "server", host)] : [fact("addressFixed", host !== "", node, "host", host || "msg.host")]),
    ],
  }));
};

export const readUdp: Reader = (node) => {
  const reads = node.type === "udp in";
  const host = textOf(node, reads ? "iface" : "addr") || (reads ? "0.0.0.0" : "msg.ip");
  return met(node, toInterface({
    node, protocol: "UDP", address: `${host}:${textOf(node, "port")}`, direction: reads ? "read" : "write", tls: false, port: numberOf(node, "port"), ...(reads && { listensOn: host }),
    authentication: "none",
    facts: [...tlsFactsOf(node, "type", false, undefined), fact("authenticated", false, node, "type", node.type), ...(reads ? [fact("listensLocally", exposureOfListener(host) === "computer", node, "iface", host)] : [])],
  }));
};

export const readFileNode: Reader = (node) => {
  const fixed = (textOf(node, "filenameType") || "str") === "str";
  return met(node, {
    ...toInterface({ node, protocol: "file", address: textOf(node, node.type === "watch" ? "files" : "filename"), direction: node.type === "file" ? "write" : "read", facts: [] }),
    exposure: "process", facts: [fact("addressFixed", fixed, node, "filename", textOf(node, "filename"))],
  }, "storage");
};

/** A program that is started. */
export const readExec: Reader = (node) => {
  const appended = textOf(node, "addpay");
  return met(node, {
    ...toInterface({ node, protocol: "command", address: textOf(node, "command").split(/\s/, 1).join(""), direction: "both" }), exposure: "process",
    facts: [fact("addressFixed", appended === "" || appended === "false", node, "addpay", appended || "–")],
  }, "code");
};

function used(node: SavedNode, users: readonly SavedNode[], make: (ids: readonly string[]) => FoundInterface): Reading {
  return users.length === 0 ? {} : met(node, make(users.map(({ id }) => id)));
}

function met(node: SavedNode, found: FoundInterface, role: "external" | "storage" | "code" = "external"): Reading {
  return { components: [component({ ...node, name: titleOf(node) }, role)], interfaces: [found] };
}

function toInterface({ node, protocol, address, direction, tls, port, listensOn, users = [], authentication = "none", facts = [] }: End): FoundInterface {
  const host = readAddress(address.replace(/:\d+$/, "")).host;
  return {
    id: `${node.id}:${direction}`, from: direction === "read" ? node.id : NODE_RED, to: direction === "read" ? NODE_RED : node.id, protocol, address, ...(port !== undefined && { port }),
    direction, listens: listensOn !== undefined, exposure: listensOn === undefined ? exposureOfTarget(host) : exposureOfListener(listensOn), authentication,
    encryption: tls === undefined ? { mode: "unknown" } : { mode: tls ? "TLS" : "none", tls }, writesBack: false, nodes: [node.id, ...users], facts,
  };
}

/** `verifyservercert` off: encrypted, but to whom is not known. */
function tlsFactsOf(node: SavedNode, setting: string, tls: boolean, tlsNode: SavedNode | undefined): readonly Fact[] {
  const shown = textOf(node, setting) || String(tls);
  const verified = tls && tlsNode?.["verifyservercert"] !== false;
  return [
    fact("encrypted", tls, node, setting, shown), fact("signed", tls, node, setting, shown),
    tlsNode && tls ? fact("peerVerified", verified, tlsNode, "verifyservercert", verified) : fact("peerVerified", verified, node, setting, shown),
  ];
}

/** What the runtime itself offers: the editor with its interface for flows. */
export function readRuntime({ live: { runtime } }: ReadContext): Reading {
  if (!runtime) return {};
  const { host, port, https, adminAuth, editor, secretsEncrypted } = runtime;
  const self = {
    id: NODE_RED, type: "runtime", name: "Node-RED", role: "node-red" as const, zone: "ISA-95 level 2–3",
    facts: secretsEncrypted === undefined ? [] : [fact("secretsEncrypted", secretsEncrypted, NODE_RED, "credentialSecret", secretsEncrypted ? "set" : "false")],
  };
  if (!editor) return { components: [self] };
  return {
    components: [self, { id: "operator", type: "person", name: "editor", role: "operator", facts: [] }],
    interfaces: [{
      id: "node-red:editor", from: "operator", to: NODE_RED, protocol: https ? "HTTPS" : "HTTP", address: `${https ? "https" : "http"}://${host || "0.0.0.0"}:${port}`, port, direction: "both",
      listens: true, exposure: exposureOfListener(host), authentication: adminAuth ? "adminAuth" : "none", encryption: { mode: https ? "TLS" : "none", tls: https }, writesBack: false, nodes: [],
      facts: [
        ...listenerFacts(runtime), fact("authenticated", adminAuth, NODE_RED, "adminAuth", adminAuth ? "set" : "not set"),
        ...(adminAuth ? [fact("secretProtected", https, NODE_RED, "https", https)] : []),
      ],
    }],
  };
}
