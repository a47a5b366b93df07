import { createPrivateKey, X509Certificate, type KeyObject } from "node:crypto";
import { mkdir, mkdtemp, readFile, readdir, rename, rm, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import path from "node:path";
import type { InMemoryCertificateKeyPairProvider } from "node-opcua";
import { ResonanceError } from "../errors/resonance-error";
import { loadOpcua } from "./load";
import type { OpcUaSettings } from "./settings";

/** The client's own key pair, as node-opcua takes it. */
export interface OwnCertificate {
  readonly provider: InMemoryCertificateKeyPairProvider;
  /** The URI in the certificate; servers compare it with the one the client states. */
  readonly applicationUri: string;
  /** The file to hand to a server's administrator; absent for the one that lives in memory only. */
  readonly file?: string;
  /** Where its key lies, for a server, which reads both itself. */
  readonly keyFile?: string;
}

const CERTIFICATE = path.join("own", "certs", "certificate.pem");
const PRIVATE_KEY = path.join("own", "private", "private_key.pem");
const VALIDITY_DAYS = 3650;

const inMemory = new Map<string, Promise<OwnCertificate>>();
const onDisk = new Map<string, Promise<OwnCertificate>>();

/** Names and addresses of a server, for its clients to compare with the one they connect to. */
export interface CertificateHosts {
  readonly dns: readonly string[];
  readonly ip: readonly string[];
}

/** The key pair for these settings: one in memory where security is None, else that of the PKI folder. */
export function ownCertificateFor({ securityMode, pkiFolder, applicationName }: OpcUaSettings): Promise<OwnCertificate> {
  return securityMode === "None" ? ownCertificateInMemory(applicationName) : ownCertificateOf(pkiFolder, applicationName);
}

/** A key pair of this process only: the protocol wants a certificate even where security is None and nobody checks it. */
export function ownCertificateInMemory(applicationName: string): Promise<OwnCertificate> {
  return once(inMemory, applicationName, () => makeCertificate(applicationName));
}

/**
 * The key pair of a PKI folder, made there on first use: 2048-bit RSA, self-signed, ten years; the key readable by its owner only.
 * `hosts` counts when it is made; without, it holds this computer's name.
 * @throws RESONANCE_OPCUA_PKI_UNUSABLE when the folder cannot be written or its content read.
 */
export function ownCertificateOf(pkiFolder: string, applicationName: string, hosts?: CertificateHosts): Promise<OwnCertificate> {
  return once(onDisk, pkiFolder, async () => {
    try {
      return (await readOwn(pkiFolder)) ?? (await createOwn(pkiFolder, applicationName, hosts));
    } catch (cause) {
      const detail = cause instanceof Error ? cause.message : String(cause);
      throw new ResonanceError("RESONANCE_OPCUA_PKI_UNUSABLE", { folder: pkiFolder, detail }, { cause });
    }
  });
}

/**
 * Makes a new key pair in place of the one in the PKI folder; the old one is kept in `own.old`. Connections take the new one when they
 * connect the next time, and every server has to trust it anew.
 * @throws RESONANCE_OPCUA_PKI_UNUSABLE
 */
export async function renewOwnCertificate(pkiFolder: string, applicationName: string): Promise<OwnCertificate> {
  await ownCertificateOf(pkiFolder, applicationName);
  onDisk.delete(pkiFolder);
  return once(onDisk, pkiFolder, async () => {
    const [own, old] = [path.join(pkiFolder, "own"), path.join(pkiFolder, "own.old")];
    try {
      await rm(old, { recursive: true, force: true });
      await rename(own, old);
      return await createOwn(pkiFolder, applicationName);
    } catch (cause) {
      const detail = cause instanceof Error ? cause.message : String(cause);
      throw new ResonanceError("RESONANCE_OPCUA_PKI_UNUSABLE", { folder: pkiFolder, detail }, { cause });
    }
  });
}

/** One making at a time for each key; a failure is not kept. */
function once(made: Map<string, Promise<OwnCertificate>>, key: string, make: () => Promise<OwnCertificate>): Promise<OwnCertificate> {
  const known = made.get(key);
  if (known) return known;
  const making = make();
  made.set(key, making);
  making.catch(() => made.delete(key));
  return making;
}

async function makeCertificate(applicationName: string, hosts?: CertificateHosts): Promise<OwnCertificate> {
  const { InMemoryCertificateKeyPairProvider: Provider } = loadOpcua();
  const host = hostname();
  const applicationUri = `urn:${host}:${applicationName.replace(/[^\w.-]+/g, "-")}`;
  const provider = new Provider();
  await provider.ensureCertificateExists({
    applicationUri, validity: VALIDITY_DAYS,
    dns: [...new Set([host, ...(hosts?.dns ?? [])])],
    ...(hosts && { ip: [...hosts.ip] }),
    subject: `/CN=${applicationName.replace(/[/=,]/g, " ")}/O=model-data resonance`,
  });
  return { provider, applicationUri };
}

async function readOwn(pkiFolder: string): Promise<OwnCertificate | undefined> {
  const file = path.join(pkiFolder, CERTIFICATE);
  const [certificatePem, keyPem] = await Promise.all([readOptional(file), readOptional(path.join(pkiFolder, PRIVATE_KEY))]);
  if (!certificatePem || !keyPem) return undefined;
  const certificate = new X509Certificate(certificatePem);
  const key = createPrivateKey(keyPem);
  const { InMemoryCertificateKeyPairProvider: Provider } = loadOpcua();
  const [, applicationUri = ""] = /URI:([^,\s]+)/.exec(certificate.subjectAltName ?? "") ?? [];
  return { provider: new Provider([certificate.raw], { hidden: key }), applicationUri, file, keyFile: path.join(pkiFolder, PRIVATE_KEY) };
}

/** Both files appear together (a renamed folder), so that no second process sees half a pair. */
async function createOwn(pkiFolder: string, applicationName: string, hosts?: CertificateHosts): Promise<OwnCertificate> {
  const made = await makeCertificate(applicationName, hosts);
  const { hidden } = made.provider.getPrivateKey() as { hidden: string | KeyObject };
  const key = typeof hidden === "string" ? createPrivateKey(hidden) : hidden;
  await mkdir(pkiFolder, { recursive: true, mode: 0o700 });
  const draft = await mkdtemp(path.join(pkiFolder, "draft-"));
  try {
    await mkdir(path.join(draft, "certs"));
    await mkdir(path.join(draft, "private"), { mode: 0o700 });
    await writeFile(path.join(draft, "certs", "certificate.pem"), new X509Certificate(made.provider.getCertificate()).toString());
    await writeFile(path.join(draft, "private", "private_key.pem"), key.export({ type: "pkcs8", format: "pem" }), { mode: 0o600 });
    await rename(draft, path.join(pkiFolder, "own"));
  } catch (cause) {
    const others = await readOwn(pkiFolder);
    if (others) return others;
    throw cause;
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  return { ...made, file: path.join(pkiFolder, CERTIFICATE), keyFile: path.join(pkiFolder, PRIVATE_KEY) };
}

async function readOptional(file: string): Promise<Buffer | undefined> {
  try {
    return await readFile(file);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw cause;
  }
}

/** The certificates in a folder, whatever their form (DER or PEM); files that are none are passed over. */
export async function certificatesIn(folder: string): Promise<readonly X509Certificate[]> {
  const names = await readdir(folder).catch(() => []);
  const read = names.map(async (name) => {
    try {
      return [new X509Certificate(await readFile(path.join(folder, name)))];
    } catch {
      return [];
    }
  });
  return (await Promise.all(read)).flat();
}
