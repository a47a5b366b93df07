import { X509Certificate } from "node:crypto";
import { plainThumbprint } from "./settings";

/** What a person has to see of a certificate to decide about it. */
export interface CertificateFacts {
  readonly subject: string;
  readonly issuer: string;
  readonly selfSigned: boolean;
  /** A certificate authority: to trust it is to trust all it issued. */
  readonly authority: boolean;
  /** Hexadecimal, lower case, without separators. */
  readonly sha1: string;
  readonly sha256: string;
  /** ISO 8601 UTC */
  readonly validFrom: string;
  readonly validTo: string;
  readonly validNow: boolean;
  readonly applicationUri?: string;
  readonly hosts: readonly string[];
}

const ALTERNATIVE_NAME = /(URI|DNS|IP Address):("(?:[^"\\]|\\.)*"|[^,]*)/g;

export function describeCertificate(certificate: X509Certificate, now = Date.now()): CertificateFacts {
  const [from, to] = [Date.parse(certificate.validFrom), Date.parse(certificate.validTo)];
  const names = [...(certificate.subjectAltName ?? "").matchAll(ALTERNATIVE_NAME)].map(([, kind, name = ""]) => ({ kind, name: unquote(name) }));
  const uri = names.find(({ kind }) => kind === "URI")?.name;
  return {
    subject: oneLine(certificate.subject),
    issuer: oneLine(certificate.issuer),
    selfSigned: certificate.subject === certificate.issuer && certificate.verify(certificate.publicKey),
    authority: certificate.ca,
    sha1: plainThumbprint(certificate.fingerprint),
    sha256: plainThumbprint(certificate.fingerprint256),
    validFrom: new Date(from).toISOString(),
    validTo: new Date(to).toISOString(),
    validNow: now >= from && now <= to,
    ...(uri === undefined ? {} : { applicationUri: uri }),
    hosts: names.filter(({ kind }) => kind !== "URI").map(({ name }) => name),
  };
}

/** The certificates of a chain as a server sends it: DER after DER, the server's own first; what is none ends it. */
export function splitChain(der: Buffer): readonly X509Certificate[] {
  const certificates: X509Certificate[] = [];
  for (let at = 0; at < der.length;) {
    const length = derLength(der, at);
    if (length === undefined) break;
    try {
      certificates.push(new X509Certificate(der.subarray(at, at + length)));
    } catch {
      break;
    }
    at += length;
  }
  return certificates;
}

/** The whole length of the SEQUENCE at an offset. */
function derLength(der: Buffer, at: number): number | undefined {
  const first = der[at + 1];
  if (der[at] !== 0x30 || first === undefined) return undefined;
  if (first < 0x80) return 2 + first;
  const bytes = first & 0x7f;
  if (bytes === 0 || bytes > 4 || at + 2 + bytes > der.length) return undefined;
  return 2 + bytes + der.readUIntBE(at + 2, bytes);
}

const oneLine = (name: string): string => name.replace(/\n/g, ", ");

/** Node quotes names that hold a comma or the like as JSON does. */
function unquote(name: string): string {
  try {
    return name.startsWith('"') ? String(JSON.parse(name)) : name;
  } catch {
    return name;
  }
}
