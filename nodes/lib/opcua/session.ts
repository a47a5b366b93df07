import { ResonanceError } from "../errors/resonance-error";
import { createClient, type SingleUseClient } from "./client";
import { settled, within } from "../connection/deadline";
import { chooseOffer, offersOf, type EndpointOffer } from "./endpoint-choice";
import { toFailure, type Phase } from "./failure";
import { userIdentity } from "./identity";
import { ownCertificateFor, type OwnCertificate } from "./pki";
import { checkPolicyUsable } from "./policy";
import type { OpcUaSettings, OpcUaTimings } from "./settings";
import { guardSession, type OpcUaSession, type RawSession } from "./session-guard";
import { checkServerCertificate } from "./trust";

export type { OpcUaSession, RawSession };

/**
 * Opens a session: asks what the server offers, chooses the configured security, checks the certificate, connects, logs in.
 * A session `before` that lost its wire is taken over where the server still has it, so that none is left behind there; with `onlyBefore`
 * no other one is opened.
 * `onLost` is called at most once, when the socket closes, the server ends the session or no longer answers.
 * @throws ResonanceError; the signal's reason when it aborts.
 */
export async function openSession(
  settings: OpcUaSettings, timings: OpcUaTimings, signal: AbortSignal, onLost: (error: ResonanceError) => void, before?: OpcUaSession, onlyBefore = false,
): Promise<OpcUaSession> {
  const clients: SingleUseClient[] = [];
  const progress: { phase: Phase; over: boolean; own?: OwnCertificate; login?: Promise<OpcUaSession> } = { phase: "reach", over: false };
  const newClient = (...args: Parameters<typeof createClient>): SingleUseClient => {
    if (progress.over) throw new Error("the attempt is over");
    const made = createClient(...args);
    clients.push(made);
    return made;
  };

  const open = async (): Promise<OpcUaSession> => {
    checkPolicyUsable(settings.securityPolicy);
    const identity = await userIdentity(settings.identity);
    const own = await ownCertificateFor(settings);
    progress.own = own;
    const offer = await discover(newClient(settings, timings, own, { mode: "None", policy: "None" }), settings);
    const { securityMode: mode, securityPolicy: policy } = settings;
    // A password is encrypted with the server's key, so that key must be the right one even where the channel is not secured.
    if (mode !== "None" || settings.identity.type !== "anonymous") await checkServerCertificate(offer.certificate, settings);
    progress.phase = "secure";
    const secured = mode !== "None" && offer.certificate ? { serverCertificate: offer.certificate } : {};
    const main = newClient(settings, timings, own, { mode, policy, ...secured });
    await main.client.connect(settings.endpointUrl);
    progress.phase = "login";
    const login = async (): Promise<OpcUaSession> => {
      const going = await before?.takeOver(main, onLost);
      if (going) return going;
      if (onlyBefore) throw new Error("the server does not have the session any more");
      const session = (await main.client.createSession(identity)) as RawSession;
      return guardSession(main, session, settings, timings, onLost);
    };
    progress.login = login();
    return progress.login;
  };
  /** A session that comes too late would stay at the server for a minute; one that was taken over the next attempt takes over again. */
  const closeLate = async (): Promise<void> => {
    const closing = progress.login?.then((late) => (late.resumed && !signal.aborted ? late.leave() : late.close()));
    if (closing) await settled(closing, 2 * timings.goodbye);
  };

  try {
    return await within(open(), timings.connect, () => timedOut(settings, timings), signal);
  } catch (thrown) {
    progress.over = true;
    await closeLate();
    await Promise.all(clients.map((client) => client.release()));
    throw toFailure(thrown, progress.phase, {
      endpointUrl: settings.endpointUrl,
      ...(settings.identity.type === "user" ? { user: settings.identity.user } : {}),
      ...(progress.own?.file ? { certificateFile: progress.own.file } : {}),
    });
  }
}

/**
 * Ends a session that lost its wire, at the server too where that can be reached within `ms`; else the server ends it after the
 * session's time-out of a minute. Never rejects.
 */
export async function endLostSession(lost: OpcUaSession, settings: OpcUaSettings, timings: OpcUaTimings, ms: number): Promise<void> {
  lost.publisher.close();
  // The goodbye itself takes a part of it.
  const connect = ms - timings.goodbye;
  if (connect <= 0) return;
  const stop = new AbortController();
  const ending = openSession(settings, { ...timings, connect }, stop.signal, () => undefined, lost, true).then((again) => again.close());
  if (!(await settled(ending, ms))) stop.abort(new Error("closing takes too long"));
}

/** GetEndpoints needs no security (OPC 10000-4, 5.4.4). */
async function discover(discovery: SingleUseClient, settings: OpcUaSettings): Promise<EndpointOffer> {
  await discovery.client.connect(settings.endpointUrl);
  const endpoints = await discovery.client.getEndpoints({ endpointUrl: settings.endpointUrl });
  await discovery.release();
  return chooseOffer(offersOf(endpoints), settings);
}

function timedOut({ endpointUrl }: OpcUaSettings, timings: OpcUaTimings): ResonanceError {
  return new ResonanceError("RESONANCE_OPCUA_TIMEOUT", { endpointUrl, detail: `${timings.connect / 1000} s` });
}
