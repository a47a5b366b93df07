import { EventEmitter, once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import {
  ActivateSessionRequest, AttributeIds, BrowseDirection, MessageSecurityMode, OPCUACertificateManager, OPCUAClient, SecurityPolicy, UserTokenType,
  type ClientSession, type DataValue, type UserIdentityInfo,
} from "node-opcua";
import type { ResonanceError } from "../../nodes/lib/errors/resonance-error";
import { loadProfileFrom } from "../../nodes/lib/profile/profile-source";
import type { InputRecord, OutputRecord } from "../../nodes/lib/record/interface-record";
import { createScada, type Scada, type ScadaState } from "../../nodes/lib/scada/scada";
import type { ScadaSettings } from "../../nodes/lib/scada/settings";
import { freePort } from "./ports";

export const PLACE = "acme/shanghai/machining/line-1/cnc-07";
export const OPERATOR = { name: "operator", password: "press here", operate: true };
export const VIEWER = { name: "viewer", password: "look only", operate: false };
const PATIENCE_MS = 60_000;

export const profile = loadProfileFrom({ kind: "built-in" }, "");

/** A server under test and what it told. */
export interface TestScada {
  readonly scada: Scada;
  readonly port: number;
  readonly pkiFolder: string;
  readonly messages: { readonly topic?: string; readonly payload: unknown }[];
  readonly problems: ResonanceError[];
  readonly states: ScadaState[];
  /** Resolves when `condition` holds; checked whenever the server tells something. */
  until(condition: () => boolean, what: string): Promise<void>;
  close(): Promise<void>;
}

const started = new Set<TestScada>();

/** Closes what a failed test left running. */
export async function stopScadas(): Promise<void> {
  await Promise.all([...started].map((scada) => scada.close()));
}

/** A server on a free port of 127.0.0.1 with a PKI folder of its own (or the one given); it need not be listening yet. */
export async function makeScada(changes: Partial<ScadaSettings> = {}): Promise<TestScada> {
  const heard = new EventEmitter();
  heard.setMaxListeners(100);
  const folder = await mkdtemp(path.join(tmpdir(), "resonance-scada-"));
  const port = changes.port ?? (await freePort());
  const pkiFolder = changes.pkiFolder ?? path.join(folder, "pki");
  const [messages, problems, states]: [TestScada["messages"], ResonanceError[], ScadaState[]] = [[], [], []];
  const scada = createScada({
    port, pkiFolder, host: "127.0.0.1", publicHost: "", securityPolicies: ["None", "Basic256Sha256"], anonymous: true, users: [OPERATOR, VIEWER],
    maxSessions: 60, applicationName: "SCADA under test", namespaceUri: "urn:model-data-resonance:scada", language: "en", profile,
    categories: [], equipment: [PLACE], maxEquipment: 3, historyValues: 100, historyHours: 24, byModel: false, jobOrders: false, companions: false,
    setpoints: [], setpointWriters: "operators", ...changes,
  }, {
    state(state) { if (states.at(-1) !== state) states.push(state); heard.emit("news"); },
    problem(error) { problems.push(error); heard.emit("news"); },
    message(message) { messages.push(message); heard.emit("news"); },
  }, 100);
  const self: TestScada = {
    scada, port, pkiFolder, messages, problems, states,
    async until(condition, what) {
      const signal = AbortSignal.timeout(PATIENCE_MS);
      while (!condition()) {
        await once(heard, "news", { signal }).catch(() => { throw new Error(`never came: ${what}; heard ${JSON.stringify({ states, messages, problems: problems.map(String) })}`); });
      }
    },
    async close() {
      started.delete(self);
      await scada.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
  started.add(self);
  return self;
}

/** As `makeScada`, once it listens. */
export async function startScada(changes: Partial<ScadaSettings> = {}): Promise<TestScada> {
  const made = await makeScada(changes);
  await made.until(() => made.scada.state() === "listening", "the server listens");
  return made;
}

/** How a client connects. */
export interface ClientOptions {
  readonly user?: { readonly name: string; readonly password: string };
  readonly policy?: SecurityPolicy;
  /** The folder of the client's own key, where security is not None. */
  readonly pki?: string;
  readonly locales?: string[];
  readonly host?: string;
}

/** A client of node-opcua as any other program has one; it knows nothing of this pack. */
export async function withClient<T>(port: number, options: ClientOptions, work: (session: ClientSession, client: OPCUAClient) => Promise<T>): Promise<T> {
  const { user, policy = SecurityPolicy.None, pki, locales, host = "127.0.0.1" } = options;
  const manager = pki === undefined ? undefined : new OPCUACertificateManager({ rootFolder: pki, automaticallyAcceptUnknownCertificate: true });
  await manager?.initialize();
  const client = OPCUAClient.create({
    endpointMustExist: true, securityPolicy: policy, securityMode: policy === SecurityPolicy.None ? MessageSecurityMode.None : MessageSecurityMode.SignAndEncrypt,
    connectionStrategy: { maxRetry: 0 }, ...(manager && { clientCertificateManager: manager }),
  });
  if (locales) askFor(client, locales);
  try {
    await client.connect(`opc.tcp://${host}:${port}`);
    const identity: UserIdentityInfo = user ? { type: UserTokenType.UserName, userName: user.name, password: user.password } : { type: UserTokenType.Anonymous };
    const session = await client.createSession(identity);
    try {
      return await work(session, client);
    } finally {
      await session.close();
    }
  } finally {
    await client.disconnect();
    await manager?.dispose();
  }
}

/** This stack's client asks for no locales; others do. */
function askFor(client: OPCUAClient, locales: string[]): void {
  const raw = client as unknown as { performMessageTransaction(request: object, callback: unknown): void };
  const send = raw.performMessageTransaction.bind(client);
  raw.performMessageTransaction = (request, callback) => {
    if (request instanceof ActivateSessionRequest) request.localeIds = locales;
    send(request, callback);
  };
}

/** A node that a generic client found. */
export interface Found {
  readonly path: string;
  readonly nodeId: string;
  readonly nodeClass: number;
}

/** Everything below a node, by forward hierarchical references, as a client's tree shows it. */
export async function browseAll(session: ClientSession, from: string, path = ""): Promise<readonly Found[]> {
  const { references } = await session.browse({ nodeId: from, browseDirection: BrowseDirection.Forward, referenceTypeId: "HierarchicalReferences", includeSubtypes: true, resultMask: 63 });
  const found: Found[] = [];
  for (const { browseName, nodeId, nodeClass } of references ?? []) {
    const here = `${path}/${browseName.name}`;
    found.push({ path: here, nodeId: nodeId.toString(), nodeClass: nodeClass }, ...await browseAll(session, nodeId.toString(), here));
  }
  return found;
}

export async function readValue(session: ClientSession, nodeId: string, attributeId = AttributeIds.Value): Promise<DataValue> {
  return session.read({ nodeId, attributeId });
}

const RECORD = { profile: "gbt-provisional@0.1.0", timestamp: "2026-11-22T08:30:05.120Z", equipment: PLACE };

export function inputRecord(changes: Partial<InputRecord> & Pick<InputRecord, "category" | "values">): InputRecord {
  return { ...RECORD, direction: "input", id: "input-1", nature: "measurement", ...changes };
}

export function outputRecord(changes: Partial<OutputRecord> & Pick<OutputRecord, "category" | "values">): OutputRecord {
  return { ...RECORD, direction: "output", id: "output-1", inputId: "input-1", nature: "prediction", model: { id: "model-a", version: "1.2.0" }, confidence: 0.9, ...changes };
}
