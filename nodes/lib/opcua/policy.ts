import { constants, generateKeyPairSync, privateDecrypt, publicEncrypt } from "node:crypto";
import { ResonanceError } from "../errors/resonance-error";
import type { SecurityPolicy } from "./settings";

let paddingWorks: boolean | undefined;

/**
 * Basic128Rsa15 decrypts with RSA PKCS#1 v1.5, which some Node versions refuse (CVE-2023-46809).
 * @throws RESONANCE_OPCUA_POLICY_UNUSABLE where the policy cannot work on this Node.
 */
export function checkPolicyUsable(policy: SecurityPolicy): void {
  if (policy === "Basic128Rsa15" && !(paddingWorks ??= tryPadding())) {
    throw new ResonanceError("RESONANCE_OPCUA_POLICY_UNUSABLE", { policy, node: process.version }, { path: "securityPolicy" });
  }
}

function tryPadding(): boolean {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 1024 });
  const padding = constants.RSA_PKCS1_PADDING;
  try {
    return privateDecrypt({ key: privateKey, padding }, publicEncrypt({ key: publicKey, padding }, Buffer.from("x"))).toString() === "x";
  } catch {
    return false;
  }
}
