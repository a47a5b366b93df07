import { createPrivateKey, X509Certificate, type KeyObject } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { UserIdentityInfo } from "node-opcua";
import { ResonanceError } from "../errors/resonance-error";
import { loadOpcua } from "./load";
import type { Identity, KeyMaterial } from "./settings";

/**
 * The configured user as node-opcua takes it; certificate and key are read, decrypted and compared first.
 * @throws RESONANCE_OPCUA_USER_CERTIFICATE, which never holds anything of the key or its password.
 */
export async function userIdentity(identity: Identity): Promise<UserIdentityInfo> {
  const { UserTokenType } = loadOpcua();
  if (identity.type === "anonymous") return { type: UserTokenType.Anonymous };
  if (identity.type === "user") return { type: UserTokenType.UserName, userName: identity.user, password: identity.password };
  const certificate = await readUserCertificate(identity.certificate);
  const key = await readKey(identity.privateKey, identity.keyPassword);
  if (!certificate.checkPrivateKey(key)) throw unusable("the key does not belong to the certificate", identity.privateKey);
  const { validFrom, validTo } = certificate;
  if (Date.now() > Date.parse(validTo) || Date.now() < Date.parse(validFrom)) {
    throw unusable(`it is valid from ${validFrom} to ${validTo}, not now`, identity.certificate);
  }
  const privateKey = key.export({ type: "pkcs8", format: "pem" }).toString();
  return { type: UserTokenType.Certificate, certificateData: certificate.raw, privateKey };
}

async function readUserCertificate(material: KeyMaterial): Promise<X509Certificate> {
  const content = await read(material);
  try {
    return new X509Certificate(content);
  } catch {
    throw unusable("this is no certificate in PEM or DER form", material);
  }
}

async function readKey(material: KeyMaterial, passphrase: string | undefined): Promise<KeyObject> {
  const content = await read(material);
  const secret = passphrase ? { passphrase } : {};
  const forms = content.includes("-----BEGIN")
    ? [{ key: content, format: "pem", ...secret }] as const
    : [{ key: content, format: "der", type: "pkcs8", ...secret }, { key: content, format: "der", type: "pkcs1" }] as const;
  for (const form of forms) {
    try {
      const key = createPrivateKey(form);
      if (key.asymmetricKeyType === "rsa") return key;
    } catch {
      // The next form, or the one message for all: what OpenSSL says depends on its version.
    }
  }
  throw unusable("the key is no RSA key in PEM or DER form (PKCS #8, PKCS #1), or its password is wrong or missing", material);
}

async function read(material: KeyMaterial): Promise<Buffer> {
  if ("text" in material) return Buffer.from(material.text.trim());
  try {
    return await readFile(material.file);
  } catch (cause) {
    throw unusable((cause as NodeJS.ErrnoException).code ?? "the file cannot be read", material);
  }
}

function unusable(detail: string, material: KeyMaterial): ResonanceError {
  return new ResonanceError("RESONANCE_OPCUA_USER_CERTIFICATE", { detail, file: "file" in material ? material.file : "-" });
}
