import { X509Certificate } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { ResonanceError } from "../errors/resonance-error";
import { describeCertificate, type CertificateFacts } from "./certificate-facts";
import type { Authorities } from "./chain";
import { readRevocationList, type RevocationList } from "./crl";
import { certificatesIn } from "./pki";

/** Where certificates of others lie below the PKI folder. */
export type TrustPlace = "trusted" | "issuers" | "rejected";

/** What a person decides about a certificate: trust it, reject it again, or forget it. */
export type TrustDecision = "trust" | "reject" | "remove";

export type TrustEntries = Readonly<Record<TrustPlace, readonly CertificateFacts[]>>;

interface Entry { readonly certificate: X509Certificate; readonly file: string }

const FOLDERS: Readonly<Record<TrustPlace, readonly string[]>> = {
  trusted: ["trusted", "certs"], issuers: ["issuers", "certs"], rejected: ["rejected"],
};
const PLACES: readonly TrustPlace[] = ["trusted", "issuers", "rejected"];
const LARGEST_FILE = 1_000_000;

/** The authorities and revocation lists below a PKI folder (`trusted/certs`, `issuers/certs`, `trusted/crl`, `issuers/crl`). */
export async function readAuthorities(pkiFolder: string): Promise<Authorities> {
  const [trusted, issuers, ...lists] = await Promise.all([
    certificatesIn(path.join(pkiFolder, ...FOLDERS.trusted)), certificatesIn(path.join(pkiFolder, ...FOLDERS.issuers)),
    revocationsIn(path.join(pkiFolder, "trusted", "crl")), revocationsIn(path.join(pkiFolder, "issuers", "crl")),
  ]);
  return { trusted, issuers, revocations: lists.flat() };
}

/** All certificates of others, as a person sees them. */
export async function listTrust(pkiFolder: string): Promise<TrustEntries> {
  const [trusted, issuers, rejected] = await Promise.all(PLACES.map(async (place) =>
    (await entriesIn(pkiFolder, place)).map(({ certificate }) => describeCertificate(certificate))));
  return { trusted: trusted ?? [], issuers: issuers ?? [], rejected: rejected ?? [] };
}

/**
 * Carries a decision out for the certificate with this SHA-256 thumbprint, wherever it lies; a trusted one that is rejected no longer counts.
 * @throws RESONANCE_OPCUA_CERTIFICATE_GONE where there is none, RESONANCE_OPCUA_PKI_UNUSABLE.
 */
export async function decideTrust(pkiFolder: string, sha256: string, decision: TrustDecision): Promise<void> {
  const found = (await Promise.all(PLACES.map(async (place) => (await entriesIn(pkiFolder, place)).map((entry) => ({ ...entry, place })))))
    .flat().filter(({ certificate }) => describeCertificate(certificate).sha256 === sha256);
  if (found.length === 0) throw new ResonanceError("RESONANCE_OPCUA_CERTIFICATE_GONE", { sha256 });
  const place = ({ trust: "trusted", reject: "rejected", remove: undefined } as const)[decision];
  try {
    for (const entry of found) {
      if (place === undefined) await rm(entry.file, { force: true });
      else if (entry.place !== place) await move(entry.file, path.join(pkiFolder, ...FOLDERS[place]));
    }
  } catch (cause) {
    throw new ResonanceError("RESONANCE_OPCUA_PKI_UNUSABLE", { folder: pkiFolder, detail: (cause as NodeJS.ErrnoException).code ?? "?" }, { cause });
  }
}

/**
 * Adds a certificate (DER or PEM) or, for an authority, its revocation list to a place.
 * @throws RESONANCE_OPCUA_CERTIFICATE_INVALID where it is neither.
 */
export async function addToTrust(pkiFolder: string, content: Buffer, place: "trusted" | "issuers"): Promise<void> {
  const certificate = read(content);
  const list = certificate ? undefined : readRevocationList(content);
  if ((!certificate && !list) || content.length > LARGEST_FILE) throw new ResonanceError("RESONANCE_OPCUA_CERTIFICATE_INVALID");
  const folder = path.join(pkiFolder, place, certificate ? "certs" : "crl");
  const name = certificate ? `${describeCertificate(certificate).sha1}.der` : `${Date.now().toString(36)}.crl`;
  try {
    await mkdir(folder, { recursive: true });
    await writeFile(path.join(folder, name), certificate?.raw ?? content);
  } catch (cause) {
    throw new ResonanceError("RESONANCE_OPCUA_PKI_UNUSABLE", { folder, detail: (cause as NodeJS.ErrnoException).code ?? "?" }, { cause });
  }
}

/** A trusted certificate that speaks for the same application as this one, where that is another: a server that changed its certificate. */
export async function formerCertificate(pkiFolder: string, facts: CertificateFacts): Promise<CertificateFacts | undefined> {
  const { trusted } = await listTrust(pkiFolder);
  if (facts.applicationUri === undefined || trusted.some(({ sha256 }) => sha256 === facts.sha256)) return undefined;
  return trusted.find(({ applicationUri, authority }) => !authority && applicationUri === facts.applicationUri);
}

async function entriesIn(pkiFolder: string, place: TrustPlace): Promise<readonly Entry[]> {
  const folder = path.join(pkiFolder, ...FOLDERS[place]);
  const names = await readdir(folder).catch(() => []);
  const entries = await Promise.all(names.map(async (name) => {
    const file = path.join(folder, name);
    const certificate = read(await readFile(file).catch(() => Buffer.alloc(0)));
    return certificate ? [{ certificate, file }] : [];
  }));
  return entries.flat();
}

async function revocationsIn(folder: string): Promise<readonly RevocationList[]> {
  const names = await readdir(folder).catch(() => []);
  const lists = await Promise.all(names.map(async (name) => readRevocationList(await readFile(path.join(folder, name)).catch(() => Buffer.alloc(0)))));
  return lists.filter((list) => list !== undefined);
}

async function move(file: string, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await rename(file, path.join(folder, path.basename(file)));
}

function read(content: Buffer): X509Certificate | undefined {
  try {
    return new X509Certificate(content);
  } catch {
    return undefined;
  }
}
