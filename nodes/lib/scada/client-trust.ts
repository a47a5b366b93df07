import type { StatusCode } from "node-opcua";
import { ResonanceError } from "../errors/resonance-error";
import { loadOpcua } from "../opcua/load";
import { checkServerCertificate } from "../opcua/trust";

type Callback = (error: Error | null, status: StatusCode) => void;
type Certificates = Buffer | readonly Buffer[];

/** A certificate store as node-opcua's server asks it, in both of its ways. */
export interface ClientStore {
  referenceCounter: number;
  initialize(): Promise<void>;
  dispose(): Promise<void>;
  checkCertificate(certificate: Certificates, callback?: Callback): Promise<StatusCode>;
  verifyCertificate(): Promise<string>;
  trustCertificate(): Promise<void>;
  rejectCertificate(): Promise<void>;
  getTrustStatus(certificate: Certificates): Promise<StatusCode>;
  addIssuer(): Promise<void>;
  addRevocationList(): Promise<void>;
}

/**
 * The store of the clients' certificates: trusted is what a person put into `<pkiFolder>/trusted/certs`, looked at anew with each
 * connection; the rest lands in `<pkiFolder>/rejected` and is told to `refused`.
 */
export function clientStore(pkiFolder: string, refused: (error: ResonanceError) => void): ClientStore {
  const { StatusCodes } = loadOpcua();
  return store(async (certificate) => {
    try {
      await checkServerCertificate(Array.isArray(certificate) ? (certificate as readonly Buffer[])[0] : (certificate as Buffer), { pkiFolder });
      return StatusCodes.Good;
    } catch (thrown) {
      const error = asClientError(thrown);
      refused(error);
      return error.code === "RESONANCE_SCADA_CLIENT_EXPIRED" ? StatusCodes.BadCertificateTimeInvalid : StatusCodes.BadCertificateUntrusted;
    }
  });
}

/** The store for users who log in by certificate, which this server does not offer. */
export function noUserCertificates(): ClientStore {
  const { StatusCodes } = loadOpcua();
  return store(() => Promise.resolve(StatusCodes.BadIdentityTokenRejected));
}

function store(check: (certificate: Certificates) => Promise<StatusCode>): ClientStore {
  const { StatusCodes } = loadOpcua();
  const nothing = (): Promise<void> => Promise.resolve();
  return {
    referenceCounter: 0,
    initialize: nothing,
    dispose: nothing,
    checkCertificate(certificate, callback) {
      const answer = check(certificate);
      if (callback) answer.then((status) => { callback(null, status); }, (error: unknown) => { callback(error as Error, StatusCodes.BadInternalError); });
      return answer;
    },
    // Asked of the server's own certificate only.
    verifyCertificate: () => Promise.resolve("Good"),
    trustCertificate: nothing,
    rejectCertificate: nothing,
    getTrustStatus: (certificate) => check(certificate),
    addIssuer: nothing,
    addRevocationList: nothing,
  };
}

/** The reasons of a client's refusal in the words of a server. */
function asClientError(thrown: unknown): ResonanceError {
  if (!(thrown instanceof ResonanceError)) return new ResonanceError("RESONANCE_SCADA_CLIENT_UNREADABLE", {}, { cause: thrown });
  const { params } = thrown;
  if (thrown.code === "RESONANCE_OPCUA_CERTIFICATE_EXPIRED") return new ResonanceError("RESONANCE_SCADA_CLIENT_EXPIRED", params, { cause: thrown });
  if (thrown.code === "RESONANCE_OPCUA_CERTIFICATE_UNTRUSTED") return new ResonanceError("RESONANCE_SCADA_CLIENT_UNTRUSTED", params, { cause: thrown });
  return new ResonanceError("RESONANCE_SCADA_CLIENT_UNREADABLE", {}, { cause: thrown });
}
