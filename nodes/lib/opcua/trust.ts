import { X509Certificate } from "node:crypto";
import { mkdir, readdir, rm, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { ResonanceError } from "../errors/resonance-error";
import { splitChain } from "./certificate-facts";
import { findRevoked, findTrustPath } from "./chain";
import { readAuthorities } from "./trust-list";
import { plainThumbprint } from "./settings";

const MOST_REJECTED = 50;
/** The names `keepRejected` gives. */
const REJECTED = /_[0-9a-f]{40}\.der$/;

/** Whom the user trusts: the certificates in `<pkiFolder>/trusted/certs` and the one with this thumbprint. */
export interface TrustList {
  readonly pkiFolder: string;
  readonly trustedThumbprint?: string;
}

/** Why a certificate is trusted. */
export type Verdict =
  | { readonly by: "thumbprint" | "certificate" }
  /** By a trusted authority; `revocationKnown` is false where an authority of the chain has no revocation list here. */
  | { readonly by: "authority"; readonly authority: string; readonly revocationKnown: boolean };

/**
 * Accepts a server certificate (DER, alone or with its chain) that the user trusts, itself or by the authority that issued it, that is in its
 * period of validity and not revoked by an authority known here.
 * Nothing is trusted on first sight: what is not known lands in `<pkiFolder>/rejected`, for a person to look at;
 * the newest 50 stay there.
 * @throws RESONANCE_OPCUA_CERTIFICATE_EXPIRED, RESONANCE_OPCUA_CERTIFICATE_REVOKED, RESONANCE_OPCUA_CERTIFICATE_UNTRUSTED,
 *   RESONANCE_OPCUA_CERTIFICATE_INVALID.
 */
export async function checkServerCertificate(der: Buffer | undefined, trust: TrustList, now = Date.now()): Promise<Verdict> {
  const certificate = readCertificate(der);
  const sha1 = plainThumbprint(certificate.fingerprint);
  const sha256 = plainThumbprint(certificate.fingerprint256);
  const subject = subjectOf(certificate);
  const { validFrom, validTo } = certificate;
  if (now > Date.parse(validTo) || now < Date.parse(validFrom)) {
    throw new ResonanceError("RESONANCE_OPCUA_CERTIFICATE_EXPIRED", { subject, thumbprint: sha1, validFrom, validTo });
  }
  const known = await readAuthorities(trust.pkiFolder);
  const chain = [certificate, ...splitChain(der ?? Buffer.alloc(0)).slice(1)];
  const trustPath = findTrustPath(chain, known, now);
  const revoked = findRevoked([certificate, ...(trustPath?.authorities ?? [])], known, now);
  if (revoked) throw new ResonanceError("RESONANCE_OPCUA_CERTIFICATE_REVOKED", { subject: subjectOf(revoked), issuer: revoked.issuer, thumbprint: sha1 });
  const wanted = plainThumbprint(trust.trustedThumbprint ?? "");
  if (wanted === sha1 || wanted === sha256) return { by: "thumbprint" };
  if (known.trusted.some(({ fingerprint256 }) => fingerprint256 === certificate.fingerprint256)) return { by: "certificate" };
  const authority = trustPath?.authorities.at(-1);
  if (trustPath && authority) return { by: "authority", authority: subjectOf(authority), revocationKnown: trustPath.revocationKnown };
  const file = await keepRejected(certificate, subject, sha1, trust.pkiFolder);
  const trusted = path.join(trust.pkiFolder, "trusted", "certs");
  throw new ResonanceError("RESONANCE_OPCUA_CERTIFICATE_UNTRUSTED", { subject, thumbprint: sha1, sha256, file, trusted });
}

function readCertificate(der: Buffer | undefined): X509Certificate {
  try {
    return new X509Certificate(der ?? Buffer.alloc(0));
  } catch (cause) {
    throw new ResonanceError("RESONANCE_OPCUA_CERTIFICATE_INVALID", {}, { cause });
  }
}

function subjectOf(certificate: X509Certificate): string {
  const [, name] = /^CN=(.+)$/m.exec(certificate.subject) ?? [];
  return name ?? certificate.subject.replace(/\n/g, ", ");
}

/** The file's path; the refusal stands even where the folder cannot be written. */
async function keepRejected(certificate: X509Certificate, subject: string, sha1: string, pkiFolder: string): Promise<string> {
  const folder = path.join(pkiFolder, "rejected");
  const file = path.join(folder, `${subject.replace(/[^\w.-]+/g, "_").slice(0, 60)}_${sha1}.der`);
  try {
    await mkdir(path.join(pkiFolder, "trusted", "certs"), { recursive: true });
    await mkdir(folder, { recursive: true });
    await writeFile(file, certificate.raw);
  } catch {
    return "-";
  }
  await dropOldest(folder, path.basename(file)).catch(() => undefined);
  return file;
}

/** Leaves room for `kept`: a server that shows a new certificate at each attempt must not fill the disk. */
async function dropOldest(folder: string, kept: string): Promise<void> {
  const names = (await readdir(folder)).filter((name) => REJECTED.test(name) && name !== kept);
  if (names.length < MOST_REJECTED) return;
  const files = await Promise.all(names.map(async (name) => ({ name, time: (await stat(path.join(folder, name))).mtimeMs })));
  const old = files.sort((one, other) => other.time - one.time).slice(MOST_REJECTED - 1);
  await Promise.all(old.map(({ name }) => rm(path.join(folder, name), { force: true })));
}
