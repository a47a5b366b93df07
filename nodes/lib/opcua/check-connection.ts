import { connect } from "node:net";
import { X509Certificate } from "node:crypto";
import type { ApplicationDescription, ClientSession } from "node-opcua";
import { ResonanceError, toResonanceError } from "../errors/resonance-error";
import { describeCertificate, type CertificateFacts } from "./certificate-facts";
import { createClient, type ClientSecurity, type SingleUseClient } from "./client";
import { settled, within } from "../connection/deadline";
import { chooseOffer, offersOf, type EndpointOffer } from "./endpoint-choice";
import { toFailure, type Phase } from "./failure";
import { userIdentity } from "./identity";
import { ownCertificateFor, type OwnCertificate } from "./pki";
import { checkPolicyUsable } from "./policy";
import { readServerStatus, type ServerFacts } from "./server-status";
import { checkSettings, DEFAULT_TIMINGS, type OpcUaSettings } from "./settings";
import { checkServerCertificate, type Verdict } from "./trust";
import { formerCertificate } from "./trust-list";

/** What is looked at, in this order. */
export const STEPS = ["address", "server", "endpoints", "certificate", "channel", "session", "read"] as const;
export type StepName = (typeof STEPS)[number];

/** One endpoint as a person chooses it. */
export interface OfferFacts {
  readonly mode: string;
  readonly policy: string;
  readonly identities: readonly string[];
}

/** What a step found out, by step. */
export interface StepFacts {
  readonly host?: string;
  readonly port?: number;
  readonly application?: string;
  readonly applicationUri?: string;
  readonly offers?: readonly OfferFacts[];
  readonly certificate?: CertificateFacts;
  readonly trusted?: Verdict;
  /** The certificate trusted before of the same application. */
  readonly former?: CertificateFacts;
  /** What does not fit without being an obstacle. */
  readonly warnings?: readonly ("host" | "uri" | "revocation" | "clock" | "deprecated" | "unprotected" | "soon")[];
  /** Our certificate's file, for the server's trust list. */
  readonly ownFile?: string;
  readonly server?: ServerFacts;
}

export interface CheckStep {
  readonly step: StepName;
  /** `failed` with `error`; `skipped` where something before it failed. */
  readonly state: "ok" | "failed" | "skipped";
  /** How long it took. */
  readonly ms: number;
  readonly facts?: StepFacts;
  readonly error?: ResonanceError;
}

const STEP_MS = 8_000;
const TIMINGS = { ...DEFAULT_TIMINGS, connect: STEP_MS, goodbye: 500 };
const DEFAULT_PORT = 4840;
const DAY_MS = 86_400_000;
const SOON_DAYS = 30;
const CLOCK_MS = 60_000;
const DEPRECATED: ReadonlySet<string> = new Set(["Basic128Rsa15", "Basic256"]);

/**
 * Goes the whole way of a connection once and tells of each step as it ends; a step that fails lets those that need it be skipped.
 * Takes less than 8 s a step and leaves nothing open. Nothing secret is sent before the server's certificate is trusted.
 * @throws RESONANCE_CONFIG_INVALID for settings that cannot work; the signal's reason when it aborts.
 */
export async function checkConnection(settings: OpcUaSettings, signal: AbortSignal, tell: (step: CheckStep) => void): Promise<void> {
  checkSettings(settings);
  const { endpointUrl, securityMode: mode, securityPolicy: policy } = settings;
  const clients: SingleUseClient[] = [];
  const failed = new Set<StepName>();
  let own: OwnCertificate | undefined;
  let application: ApplicationDescription | undefined;
  let offers: readonly EndpointOffer[] = [];
  let chosen: EndpointOffer | undefined;
  let main: SingleUseClient | undefined;
  let login: Promise<ClientSession> | undefined;
  let opened: ClientSession | undefined;

  const open = (security: ClientSecurity): SingleUseClient => {
    if (!own) throw new Error("no own certificate");
    const client = createClient(settings, TIMINGS, own, security);
    clients.push(client);
    return client;
  };
  const take = async (step: StepName, phase: Phase, needs: readonly StepName[], work: (note: (facts: StepFacts) => void) => Promise<void>): Promise<void> => {
    if (needs.some((need) => failed.has(need))) {
      failed.add(step);
      tell({ step, state: "skipped", ms: 0 });
      return;
    }
    const start = performance.now();
    let facts: StepFacts | undefined;
    const ended = (): { ms: number; facts?: StepFacts } => ({ ms: Math.round(performance.now() - start), ...(facts && { facts }) });
    try {
      const late = (): ResonanceError => new ResonanceError("RESONANCE_OPCUA_TIMEOUT", { endpointUrl, detail: `${STEP_MS / 1000} s` });
      await within(work((found) => { facts = { ...facts, ...found }; }), STEP_MS, late, signal);
      tell({ step, state: "ok", ...ended() });
    } catch (thrown) {
      signal.throwIfAborted();
      failed.add(step);
      const user = settings.identity.type === "user" ? { user: settings.identity.user } : {};
      const error = toResonanceError(toFailure(thrown, phase, { endpointUrl, ...user, ...(own?.file ? { certificateFile: own.file } : {}) }));
      tell({ step, state: "failed", error, ...ended() });
    }
  };

  try {
    await take("address", "reach", [], async (note) => { note(await reach(endpointUrl, signal)); });
    await take("server", "reach", ["address"], async (note) => {
      own = await ownCertificateFor(settings);
      const discovery = open({ mode: "None", policy: "None" });
      await discovery.client.connect(endpointUrl);
      const endpoints = await discovery.client.getEndpoints({ endpointUrl });
      await discovery.release();
      offers = offersOf(endpoints);
      application = endpoints[0]?.server;
      note({ application: application?.applicationName.text ?? "", applicationUri: application?.applicationUri ?? "" });
    });
    await take("endpoints", "reach", ["server"], async (note) => {
      note({ offers: offers.map(factsOf), warnings: [...(DEPRECATED.has(policy) ? ["deprecated" as const] : []), ...(mode === "None" ? ["unprotected" as const] : [])] });
      checkPolicyUsable(policy);
      chosen = chooseOffer(offers, settings);
      return Promise.resolve();
    });
    await take("certificate", "secure", ["server"], async (note) => {
      const der = (chosen ?? offers.find(({ certificate }) => certificate))?.certificate;
      if (!der && mode === "None" && settings.identity.type === "anonymous") return;
      const facts = await describeServer(der, endpointUrl, application?.applicationUri ?? undefined, settings.pkiFolder);
      note(facts);
      if (mode === "None" && settings.identity.type === "anonymous") return;
      const trusted = await checkServerCertificate(der, settings);
      const unknown = trusted.by === "authority" && !trusted.revocationKnown;
      note({ trusted, ...(unknown && { warnings: [...(facts.warnings ?? []), "revocation"] }) });
    });
    await take("channel", "secure", ["endpoints"], async (note) => {
      if (own?.file) note({ ownFile: own.file });
      const secured = mode !== "None" && chosen?.certificate ? { serverCertificate: chosen.certificate } : {};
      main = open({ mode, policy, ...secured });
      await main.client.connect(endpointUrl);
    });
    await take("session", "login", ["certificate", "channel"], async () => {
      const identity = await userIdentity(settings.identity);
      login = main?.client.createSession(identity);
      opened = await login;
    });
    await take("read", "use", ["session"], async (note) => {
      if (!opened) return;
      const server = await readServerStatus(opened);
      note({ server, ...(Math.abs(server.clockOffset ?? 0) > CLOCK_MS && { warnings: ["clock"] }) });
    });
  } finally {
    // Also one that comes too late: without a goodbye the server would keep it for a minute.
    if (login) await settled(login.then((session) => session.close(true)), TIMINGS.goodbye);
    await Promise.all(clients.map((client) => client.release()));
  }
}

const factsOf = ({ mode, policy, userTokens }: EndpointOffer): OfferFacts => ({ mode, policy, identities: [...new Set(userTokens.map(({ type }) => type))] });

/** A TCP connection, made and closed. */
function reach(endpointUrl: string, signal: AbortSignal): Promise<StepFacts> {
  const { hostname, port } = new URL(endpointUrl.replace(/^opc\.tcp:/i, "http:"));
  const host = hostname.replace(/^\[(.*)\]$/, "$1");
  const facts = { host, port: Number(port) || DEFAULT_PORT };
  return new Promise((resolve, reject) => {
    const socket = connect({ ...facts, signal });
    socket.setTimeout(STEP_MS, () => { socket.destroy(new Error("ETIMEDOUT")); });
    socket.once("connect", () => {
      socket.destroy();
      resolve(facts);
    });
    socket.on("error", reject);
  });
}

/** What the certificate says, and what of it does not fit the server it comes from. */
async function describeServer(der: Buffer | undefined, endpointUrl: string, applicationUri: string | undefined, pkiFolder: string): Promise<StepFacts> {
  let certificate: CertificateFacts;
  try {
    certificate = describeCertificate(new X509Certificate(der ?? Buffer.alloc(0)));
  } catch (cause) {
    throw new ResonanceError("RESONANCE_OPCUA_CERTIFICATE_INVALID", {}, { cause });
  }
  const { hostname } = new URL(endpointUrl.replace(/^opc\.tcp:/i, "http:"));
  const host = hostname.replace(/^\[(.*)\]$/, "$1").toLowerCase();
  const former = await formerCertificate(pkiFolder, certificate);
  const warnings = [
    ...(certificate.hosts.some((name) => name.toLowerCase() === host) ? [] : ["host" as const]),
    ...(applicationUri === undefined || certificate.applicationUri === applicationUri ? [] : ["uri" as const]),
    ...(Date.parse(certificate.validTo) - Date.now() < SOON_DAYS * DAY_MS && certificate.validNow ? ["soon" as const] : []),
  ];
  return { certificate, warnings, ...(former && { former }) };
}
