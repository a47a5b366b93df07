import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import {
  DataType, MessageSecurityMode, OPCUACertificateManager, OPCUAServer, SecurityPolicy, StatusCodes,
  Variant, VariantArrayType, type ServerSession, type StatusCode, type Subscription, type UAVariable,
} from "node-opcua";
import { freePort } from "./ports";

/** A variable of the server; its NodeId is `s=<name>` in the namespace. */
export interface ReplayVariable {
  readonly name: string;
  /** Default Double; Variant takes values of any type. */
  readonly dataType?: keyof typeof DataType;
  readonly array?: boolean;
  readonly initial?: unknown;
  /** Its EURange; without it a deadband in percent is refused. */
  readonly range?: { readonly low: number; readonly high: number };
  /** It has an alarm `<name>Alarm` that is active above this value. */
  readonly alarmAbove?: number;
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
  /** A certificate of its own for this start. */
  readonly newCertificate?: boolean;
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
  /** Monitored items of all subscriptions. */
  itemCount(): number;
  /** What the test needs beyond this interface. */
  raw(): OPCUAServer;
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
    itemCount: () => subscriptionsOf(server().server).reduce((count, { monitoredItemCount }) => count + monitoredItemCount, 0),
    raw: () => server().server,
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

/** All living subscriptions of a server. */
export function subscriptionsOf({ engine }: OPCUAServer): Subscription[] {
  const { _sessions } = engine as unknown as { _sessions: Record<string, ServerSession> };
  return Object.values(_sessions).flatMap((session) => Object.values((session.publishEngine as unknown as { _subscriptions: Record<string, Subscription> })._subscriptions));
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
    ...(options.newCertificate ? await certificate(manager, folder, "new server", { validity: 30 }) : {}),
    ...(options.expired ? await certificate(manager, folder, "expired server", { startDate: new Date(Date.now() - 10 * DAY_MS), validity: 9 }) : {}),
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
  addressSpace.installAlarmsAndConditionsService();
  for (const uri of options.namespacesBefore ?? []) addressSpace.registerNamespace(uri);
  const namespace = addressSpace.registerNamespace(options.namespaceUri ?? NAMESPACE);
  const machine = namespace.addObject({ browseName: "Machine", organizedBy: addressSpace.rootFolder.objects, notifierOf: addressSpace.rootFolder.objects.server });
  const variables = new Map<string, { readonly node: UAVariable; readonly variable: ReplayVariable }>();

  const add = (variable: ReplayVariable): void => {
    const { name, range, alarmAbove } = variable;
    const base = {
      browseName: name, nodeId: `s=${name}`, componentOf: machine, dataType: variable.dataType === "Variant" ? "BaseDataType" : (variable.dataType ?? "Double"),
      valueRank: variable.array ? 1 : -1, minimumSamplingInterval: 0,
    };
    const node = range ? namespace.addAnalogDataItem({ ...base, engineeringUnitsRange: range }) : namespace.addVariable(base);
    variables.set(name, { node, variable });
    set(name, { value: variable.initial ?? null });
    if (alarmAbove === undefined) return;
    const source = namespace.addObject({ browseName: `${name}Source`, componentOf: machine, eventSourceOf: machine });
    namespace.instantiateExclusiveLimitAlarm("ExclusiveLevelAlarmType", {
      browseName: `${name}Alarm`, conditionName: `${name}Alarm`, conditionSource: source, inputNode: node, highLimit: alarmAbove, severity: 700,
      optionals: ["ConfirmedState"],
    } as never);
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

const DAY_MS = 86_400_000;

/** A certificate besides the usual one, with the server's own key. */
async function certificate(
  manager: OPCUACertificateManager, folder: string, name: string, times: { readonly startDate?: Date; readonly validity: number },
): Promise<{ certificateFile: string; privateKeyFile: string }> {
  const certificateFile = path.join(folder, `${name.split(" ", 1).join("")}.pem`);
  await manager.createSelfSignedCertificate({
    applicationUri: "urn:replay-server", dns: ["127.0.0.1"], outputFile: certificateFile, subject: `/CN=${name}`, startDate: new Date(), ...times,
  });
  return { certificateFile, privateKeyFile: manager.privateKey };
}
