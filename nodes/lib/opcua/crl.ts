import { verify, X509Certificate } from "node:crypto";

/** A certificate revocation list (RFC 5280, 5.1), as far as a check of certificates needs it. */
export interface RevocationList {
  /** Serial numbers of the revoked certificates, hexadecimal, upper case, without leading zeros. */
  readonly revoked: ReadonlySet<string>;
  /** Whether this authority signed it. */
  issuedBy(authority: X509Certificate): boolean;
}

interface Element { readonly tag: number; readonly whole: Buffer; readonly content: Buffer; readonly end: number }

const SEQUENCE = 0x30;
const INTEGER = 0x02;
const TIMES: ReadonlySet<number> = new Set([0x17, 0x18]);
/** Signature algorithms by the bytes of their object identifier; SHA-1 and MD5 are not accepted. */
const DIGESTS: Readonly<Record<string, string>> = {
  "2a864886f70d01010b": "sha256", "2a864886f70d01010c": "sha384", "2a864886f70d01010d": "sha512",
  "2a8648ce3d040302": "sha256", "2a8648ce3d040303": "sha384", "2a8648ce3d040304": "sha512",
};

/** Reads a list in DER or PEM form; `undefined` where it is none. */
export function readRevocationList(file: Buffer): RevocationList | undefined {
  const [, base64] = /-----BEGIN X509 CRL-----([\s\S]+?)-----END/.exec(file.toString("latin1")) ?? [];
  try {
    const [list, algorithm, signature] = children(element(base64 === undefined ? file : Buffer.from(base64, "base64"), 0).content);
    if (list?.tag !== SEQUENCE || algorithm?.tag !== SEQUENCE || !signature) return undefined;
    const digest = DIGESTS[children(algorithm.content)[0]?.content.toString("hex") ?? ""];
    const parts = children(list.content);
    const [, issuer, ...rest] = parts[0]?.tag === INTEGER ? parts.slice(1) : parts;
    if (!issuer) return undefined;
    const entries = rest.find(({ tag }) => !TIMES.has(tag));
    const revoked = entries?.tag === SEQUENCE ? children(entries.content).map((entry) => serialOf(children(entry.content)[0])) : [];
    return {
      revoked: new Set(revoked),
      // The first byte of the bit string counts its unused bits.
      issuedBy: (authority) => digest !== undefined && verify(digest, list.whole, authority.publicKey, signature.content.subarray(1)),
    };
  } catch {
    return undefined;
  }
}

/** A certificate's serial number in the form of `RevocationList.revoked`. */
export function serialNumber(certificate: X509Certificate): string {
  return certificate.serialNumber.toUpperCase().replace(/^0+(?=.)/, "");
}

function serialOf(number: Element | undefined): string {
  return (number?.content.toString("hex") ?? "").toUpperCase().replace(/^0+(?=.)/, "");
}

function children(content: Buffer): readonly Element[] {
  const found: Element[] = [];
  for (let at = 0; at < content.length;) {
    const next = element(content, at);
    found.push(next);
    at = next.end;
  }
  return found;
}

/** @throws RangeError where the bytes end too early. */
function element(bytes: Buffer, at: number): Element {
  const [tag, first] = [bytes.readUInt8(at), bytes.readUInt8(at + 1)];
  const wide = first < 0x80 ? 0 : first & 0x7f;
  if (first === 0x80 || wide > 4) throw new RangeError("no definite length");
  const start = at + 2 + wide;
  const end = start + (wide === 0 ? first : bytes.readUIntBE(at + 2, wide));
  if (end > bytes.length) throw new RangeError("the element is longer than what holds it");
  return { tag, whole: bytes.subarray(at, end), content: bytes.subarray(start, end), end };
}
