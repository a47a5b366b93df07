import type { X509Certificate } from "node:crypto";
import { serialNumber, type RevocationList } from "./crl";

/** The authorities a PKI folder holds. */
export interface Authorities {
  /** What the user trusts; an authority among them stands for all it issued. */
  readonly trusted: readonly X509Certificate[];
  /** Authorities that only complete chains and are not trusted by themselves (OPC 10000-12, TrustListDataType). */
  readonly issuers: readonly X509Certificate[];
  readonly revocations: readonly RevocationList[];
}

/** The way from a certificate up to a trusted authority. */
export interface TrustPath {
  /** The certificate's issuer first, the trusted authority last. */
  readonly authorities: readonly X509Certificate[];
  /** False where an authority of the path has no revocation list here. */
  readonly revocationKnown: boolean;
}

const LONGEST_CHAIN = 6;

/**
 * Looks for a chain from the first of `presented` to a trusted authority. Each link must be a certificate authority in its period of validity
 * whose key usage allows it to sign certificates, and whose signature is right. Constraints of names and path length are not looked at.
 */
export function findTrustPath(presented: readonly X509Certificate[], known: Authorities, now = Date.now()): TrustPath | undefined {
  const [leaf, ...sent] = presented;
  const candidates = [...known.trusted, ...known.issuers, ...sent];
  const isTrusted = (authority: X509Certificate): boolean => known.trusted.some(({ fingerprint256 }) => fingerprint256 === authority.fingerprint256);
  const climb = (from: X509Certificate, below: readonly X509Certificate[]): readonly X509Certificate[] | undefined => {
    if (below.length >= LONGEST_CHAIN) return undefined;
    for (const authority of candidates) {
      if (below.some(({ fingerprint256 }) => fingerprint256 === authority.fingerprint256) || !hasIssued(authority, from, now)) continue;
      const path = [...below, authority];
      const complete = isTrusted(authority) ? path : climb(authority, path);
      if (complete) return complete;
    }
    return undefined;
  };
  const authorities = leaf && climb(leaf, []);
  if (!authorities) return undefined;
  return { authorities, revocationKnown: authorities.every((authority) => listsOf(authority, known).length > 0) };
}

/** The certificates, of one and the authorities above it, that an authority known here has revoked. */
export function findRevoked(certificates: readonly X509Certificate[], known: Authorities, now = Date.now()): X509Certificate | undefined {
  const authorities = [...known.trusted, ...known.issuers, ...certificates.slice(1)];
  return certificates.find((certificate) => authorities.some((authority) =>
    hasIssued(authority, certificate, now) && listsOf(authority, known).some(({ revoked }) => revoked.has(serialNumber(certificate)))));
}

/** OpenSSL's check of names and key usage (`checkIssued`), and the signature itself. */
function hasIssued(authority: X509Certificate, certificate: X509Certificate, now: number): boolean {
  const valid = now >= Date.parse(authority.validFrom) && now <= Date.parse(authority.validTo);
  return authority.ca && valid && certificate.checkIssued(authority) && certificate.verify(authority.publicKey);
}

function listsOf(authority: X509Certificate, { revocations }: Authorities): readonly RevocationList[] {
  return revocations.filter((list) => list.issuedBy(authority));
}
