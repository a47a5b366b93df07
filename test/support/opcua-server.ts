import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import {
  DataType, MessageSecurityMode, OPCUACertificateManager, OPCUAServer, SecurityPolicy, StatusCodes,
  Variant, VariantArrayType, type StatusCode, type UAVariable,
} from "node-opcua";
import { freePort } from "./ports";

/** A variable of the server; its NodeId is `s=<name>` in the namespace. */
export interface ReplayVariable {
  readonly name: string;
  /** Default Double; Variant takes values of any type. */
  readonly dataType?: keyof typeof DataType;
  readonly array?: boolean;
  readonly initial?: unknown;
}

export interface ReplayServerOptions {
  /** 0 (default): a free one. */
  readonly port?: number;
  readonly variables: readonly ReplayVariable[];
  readonly namespaceUri?: string;
  /** Namespaces registered before the variables' own, which moves its index. */
  readonly namespacesBefore?: readonly string[];
  /** Offers Sign and SignAndEncrypt with Basic256Sha256 besides None. */
  readonly secure?: boolean;
  /** Offers no endpoint without security. */
  readonly onlySecure?: boolean;
  /** The server's certificate ran out yesterday. */
  readonly expired?: boolean;
  /** Accepts user names; without it only anonymous users. */
  readonly users?: Readonly<Record<string, string>>;
  readonly allowAnonymous?: boolean;
  /** Name by which the server speaks of itself in its endpoint URLs. */
  readonly alternateHostname?: string;
  readonly maxSessions?: number;
  readonly maxMonitoredItemsPerCall?: number;
}

/** What one variable gets: a plain value, or one with a status and a time. */
export interface Stamped {
  readonly value: unknown;
  readonly status?: StatusCode;
  readonly sourceTimestamp?: Date | null;
  readonly dataType?: keyof typeof DataType;
}

export interface ReplayServer {
  readonly endpointUrl: string;
  readonly port: number;
  /** Sets variables by name, all in one go; gives the source time they got. */
  write(row: Readonly<Record<string, unknown>>, time?: Date): Date;
  /** As `write`, with status, time or type of each value of one's own. */
  writeStamped(row: Readonly<Record<string, Stamped>>): void;
  setBad(name: string, status?: StatusCode): void;
  add(variable: ReplayVariable): void;
  remove(name: string): void;
  sessionCount(): number;
  /** Sessions ever opened. */
  sessionTotal(): number;
  subscriptionCount(): number;
  /** Stops and, with the same port and possibly other options, starts again. */
  restart(changes?: Partial<ReplayServerOptions>): Promise<void>;
  stop(): Promise<void>;
}

const started = new Set<ReplayServer>();

/** Stops what a failed test left running. */
export async function stopServers(): Promise<void> {
  await Promise.all([...started].map((server) => server.stop()));
}

const NAMESPACE = "urn:model-data-resonance:cnc";

/** A real OPC UA server on 127.0.0.1 whose variables the test writes. */
export async function startReplayServer(options: ReplayServerOptions): Promise<ReplayServer> {
  const folder = await mkdtemp(path.join(tmpdir(), "replay-server-"));
  const port = options.port ?? (await freePort());
  let current = options;
  let running: Running | undefined = await launch(current, port, folder);
  let sessionsBefore = 0;
  const server = (): Running => {
    if (!running) throw new Error("the server is stopped");
    return running;
  };
  const halt = async (): Promise<void> => {
    if (!running) return;
    sessionsBefore += running.server.engine.cumulatedSessionCount;
    await running.server.shutdown(0);
    running = undefined;
  };

  const self: ReplayServer = {
    endpointUrl: `opc.tcp://127.0.0.1:${port}`,
    port,
    write(row, time = new Date()) {
      for (const [name, value] of Object.entries(row)) server().set(name, { value, sourceTimestamp: time });
      return time;
    },
    writeStamped(row) { for (const [name, stamped] of Object.entries(row)) server().set(name, stamped); },
    setBad(name, status = StatusCodes.BadSensorFailure) { server().set(name, { value: null, status }); },
    add(variable) { server().add(variable); },
    remove(name) { server().remove(name); },
    sessionCount: () => server().server.engine.currentSessionCount,
    sessionTotal: () => sessionsBefore + (running?.server.engine.cumulatedSessionCount ?? 0),
    subscriptionCount: () => server().server.engine.currentSubscriptionCount,
    async restart(changes = {}) {
      await halt();
      current = { ...current, ...changes };
      running = await launch(current, port, folder);
    },
    async stop() {
      started.delete(self);
      await halt();
      await rm(folder, { recursive: true, force: true });
    },
  };
  started.add(self);
  return self;
}

interface Running {
  readonly server: OPCUAServer;
  set(name: string, stamped: Stamped): void;
  add(variable: ReplayVariable): void;
  remove(name: string): void;
}

async function launch(options: ReplayServerOptions, port: number, folder: string): Promise<Running> {
  const { users, allowAnonymous = true } = options;
  const modes = options.secure || options.onlySecure ? [MessageSecurityMode.Sign, MessageSecurityMode.SignAndEncrypt] : [];
  const manager = new OPCUACertificateManager({ rootFolder: path.join(folder, "pki"), automaticallyAcceptUnknownCertificate: true });
  await manager.initialize();
  const server = new OPCUAServer({
    port,
    hostname: options.alternateHostname ?? "127.0.0.1",
    host: "127.0.0.1",
    allowAnonymous,
    disableDiscovery: true,
    securityModes: options.onlySecure ? modes : [MessageSecurityMode.None, ...modes],
    securityPolicies: [
      ...(options.onlySecure ? [] : [SecurityPolicy.None]),
      ...(modes.length > 0 ? [SecurityPolicy.Basic256Sha256, SecurityPolicy.Aes128_Sha256_RsaOaep, SecurityPolicy.Aes256_Sha256_RsaPss] : []),
    ],
    serverCertificateManager: manager,
    ...(users ? { userManager: { isValidUser: (user: string, password: string) => users[user] === password } } : {}),
    ...(options.expired ? await expiredCertificate(manager, folder) : {}),
    serverCapabilities: {
      maxSessions: options.maxSessions ?? 20,
      // Every change counts: no window in which values of an exception-based variable are merged.
      minSupportedSampleRate: 0,
      ...(options.maxMonitoredItemsPerCall ? { operationLimits: { maxMonitoredItemsPerCall: options.maxMonitoredItemsPerCall } } : {}),
    },
    buildInfo: { productName: "replay server" },
  });
  await server.initialize();
  const addressSpace = server.engine.addressSpace!;
  for (const uri of options.namespacesBefore ?? []) addressSpace.registerNamespace(uri);
  const namespace = addressSpace.registerNamespace(options.namespaceUri ?? NAMESPACE);
  const machine = namespace.addObject({ browseName: "Machine", organizedBy: addressSpace.rootFolder.objects });
  const variables = new Map<string, { readonly node: UAVariable; readonly variable: ReplayVariable }>();

  const add = (variable: ReplayVariable): void => {
    const node = namespace.addVariable({
      browseName: variable.name, nodeId: `s=${variable.name}`, componentOf: machine, dataType: variable.dataType === "Variant" ? "BaseDataType" : (variable.dataType ?? "Double"),
      valueRank: variable.array ? 1 : -1, minimumSamplingInterval: 0,
    });
    variables.set(variable.name, { node, variable });
    set(variable.name, { value: variable.initial ?? null });
  };
  const set = (name: string, { value, status = StatusCodes.Good, sourceTimestamp = new Date(), dataType }: Stamped): void => {
    const { node, variable } = variables.get(name) ?? { node: undefined, variable: undefined };
    if (!node) throw new Error(`the server has no variable ${name}`);
    const arrayType = variable.array ? VariantArrayType.Array : VariantArrayType.Scalar;
    const own = variable.dataType === "Variant" ? undefined : variable.dataType;
    const type = DataType[value === null ? "Null" : (dataType ?? own ?? "Double")];
    const variant = new Variant(value === null ? { dataType: type } : { dataType: type, arrayType, value });
    if (sourceTimestamp && status === StatusCodes.Good) node.setValueFromSource(variant, status, sourceTimestamp);
    else node.setValueFromSource(variant, status, ...(sourceTimestamp ? [sourceTimestamp] : []));
  };
  options.variables.forEach(add);
  await server.start();
  return {
    server, set, add,
    remove(name) {
      const entry = variables.get(name);
      if (entry) addressSpace.deleteNode(entry.node);
      variables.delete(name);
    },
  };
}

/** Valid from ten days ago until yesterday, with the server's own key. */
async function expiredCertificate(manager: OPCUACertificateManager, folder: string): Promise<{ certificateFile: string; privateKeyFile: string }> {
  const certificateFile = path.join(folder, "expired.pem");
  const day = 86_400_000;
  await manager.createSelfSignedCertificate({
    applicationUri: "urn:replay-server", dns: ["127.0.0.1"], outputFile: certificateFile, subject: "/CN=expired server",
    startDate: new Date(Date.now() - 10 * day), validity: 9,
  });
  return { certificateFile, privateKeyFile: manager.privateKey };
}
