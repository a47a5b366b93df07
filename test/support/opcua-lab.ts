import { webcrypto, X509Certificate } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { OPCUACertificateManager, OPCUAServer, type OPCUAServerOptions } from "node-opcua";
import { freePort } from "./ports";

/** As far as the laboratory uses it; what node-opcua makes certificates with is not among its own exports. */
interface X509Library {
  readonly X509CertificateGenerator: { create(options: object): Promise<{ readonly rawData: ArrayBuffer; toString(format: "pem"): string }> };
  readonly X509CrlGenerator: { create(options: object): Promise<{ readonly rawData: ArrayBuffer }> };
  readonly BasicConstraintsExtension: new (ca: boolean, pathLength?: number, critical?: boolean) => object;
  readonly KeyUsagesExtension: new (flags: number, critical?: boolean) => object;
  readonly SubjectAlternativeNameExtension: new (names: readonly { type: string; value: string }[]) => object;
  readonly KeyUsageFlags: Readonly<Record<string, number>>;
}
const { x509 } = createRequire(require.resolve("node-opcua"))("node-opcua-crypto") as { x509: X509Library };

/** Somebody with a key and a certificate. */
export interface Holder {
  readonly name: string;
  readonly keys: webcrypto.CryptoKeyPair;
  readonly der: Buffer;
  readonly pem: string;
  readonly keyPem: string;
  readonly serial: string;
}

export interface HolderOptions {
  /** Absent: self-signed. */
  readonly issuer?: Holder;
  readonly authority?: boolean;
  /** Whether the key may sign certificates; an authority's may unless told. */
  readonly signs?: boolean;
  readonly applicationUri?: string;
  readonly hosts?: readonly string[];
  /** Days from now. */
  readonly from?: number;
  readonly to?: number;
}

const DAY = 86_400_000;
const ALGORITHM = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256", publicExponent: new Uint8Array([1, 0, 1]), modulusLength: 2048 };
let serials = 0x10;

/** Makes a certificate with the key pair that belongs to it. */
export async function makeHolder(name: string, options: HolderOptions = {}): Promise<Holder> {
  const { issuer, authority = false, signs = authority, applicationUri = `urn:${name}`, hosts = ["127.0.0.1"], from = -1, to = 365 } = options;
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  const { KeyUsageFlags: usage } = x509;
  const flags = (signs ? usage["keyCertSign"]! | usage["cRLSign"]! : 0) | usage["digitalSignature"]! | usage["nonRepudiation"]! | usage["keyEncipherment"]! | usage["dataEncipherment"]!;
  const serial = (++serials).toString(16).padStart(2, "0");
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serial, subject: `CN=${name}`, issuer: `CN=${issuer?.name ?? name}`,
    notBefore: new Date(Date.now() + from * DAY), notAfter: new Date(Date.now() + to * DAY),
    signingAlgorithm: ALGORITHM, publicKey: keys.publicKey, signingKey: (issuer?.keys ?? keys).privateKey,
    extensions: [
      new x509.BasicConstraintsExtension(authority, undefined, true), new x509.KeyUsagesExtension(flags, true),
      ...(authority ? [] : [new x509.SubjectAlternativeNameExtension([
        { type: "url", value: applicationUri }, ...hosts.map((value) => ({ type: /^[\d.]+$/.test(value) ? "ip" : "dns", value })),
      ])]),
    ],
  });
  const key = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey));
  return {
    name, keys, serial, der: Buffer.from(certificate.rawData), pem: certificate.toString("pem"),
    keyPem: `-----BEGIN PRIVATE KEY-----\n${key.toString("base64").replace(/(.{64})/g, "$1\n")}\n-----END PRIVATE KEY-----\n`,
  };
}

/** A list of what `authority` has revoked, as DER. */
export async function makeRevocationList(authority: Holder, revoked: readonly Holder[], signer = authority): Promise<Buffer> {
  const list = await x509.X509CrlGenerator.create({
    issuer: `CN=${authority.name}`, thisUpdate: new Date(), nextUpdate: new Date(Date.now() + DAY),
    entries: revoked.map(({ serial }) => ({ serialNumber: serial, revocationDate: new Date() })),
    signingAlgorithm: ALGORITHM, signingKey: signer.keys.privateKey,
  });
  return Buffer.from(list.rawData);
}

export const sha256Of = (holder: Holder): string => new X509Certificate(holder.der).fingerprint256.replaceAll(":", "").toLowerCase();

/** A PKI folder with these files, by path below it. */
export async function writeFiles(folder: string, files: Readonly<Record<string, Buffer | string>>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(folder, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, content);
  }
}

/** A real server with a certificate of one's own choice; its trust lists are in `pki`. */
export interface LabServer {
  readonly server: OPCUAServer;
  readonly endpointUrl: string;
  readonly port: number;
  /** The folder with the server's own trust list of clients. */
  readonly pki: string;
  stop(): Promise<void>;
}

const started = new Set<LabServer>();

export async function startLabServer(options: OPCUAServerOptions = {}, lab: { holder?: Holder; acceptClients?: boolean; users?: readonly Holder[]; port?: number } = {}): Promise<LabServer> {
  const { holder, acceptClients = true, users = [] } = lab;
  const folder = await mkdtemp(path.join(tmpdir(), "opcua-lab-"));
  const port = lab.port ?? await freePort();
  const pki = path.join(folder, "pki");
  const serverCertificateManager = new OPCUACertificateManager({ rootFolder: pki, automaticallyAcceptUnknownCertificate: acceptClients });
  const userCertificateManager = new OPCUACertificateManager({ rootFolder: path.join(folder, "users"), automaticallyAcceptUnknownCertificate: false });
  await serverCertificateManager.initialize();
  await userCertificateManager.initialize();
  for (const user of users) await userCertificateManager.trustCertificate(user.der);
  let files = {};
  if (holder) {
    await writeFiles(folder, { "server.pem": holder.pem, "server.key": holder.keyPem });
    files = { certificateFile: path.join(folder, "server.pem"), privateKeyFile: path.join(folder, "server.key"), serverInfo: { applicationUri: `urn:${holder.name}` } };
  }
  const server = new OPCUAServer({
    port, host: "127.0.0.1", hostname: "127.0.0.1", disableDiscovery: false, serverCertificateManager, userCertificateManager, ...files, ...options,
  });
  await server.initialize();
  await server.start();
  const self: LabServer = {
    server, port, pki, endpointUrl: `opc.tcp://127.0.0.1:${port}`,
    async stop() {
      if (!started.delete(self)) return;
      await server.shutdown(0);
      await Promise.all([serverCertificateManager.dispose(), userCertificateManager.dispose()]);
      await rm(folder, { recursive: true, force: true, maxRetries: 3 });
    },
  };
  started.add(self);
  return self;
}

/** Stops what a failed test left running. */
export async function stopLab(): Promise<void> {
  await Promise.all([...started].map((server) => server.stop()));
}
