import type { EndpointDescription } from "node-opcua";
import { ResonanceError } from "../errors/resonance-error";
import { loadOpcua } from "./load";
import type { OpcUaSettings } from "./settings";

/** One endpoint of a server, in the words of our settings. */
export interface EndpointOffer {
  readonly mode: string;
  /** Short name of the policy, e.g. `Basic256Sha256`. */
  readonly policy: string;
  readonly certificate?: Buffer;
  readonly userTokens: readonly UserTokenOffer[];
}

/** A way to log in and the policy that protects its secret (the endpoint's where it names none). */
export interface UserTokenOffer {
  readonly type: string;
  readonly policy: string;
}

const TOKENS: Readonly<Record<OpcUaSettings["identity"]["type"], string>> = { anonymous: "Anonymous", user: "UserName", certificate: "Certificate" };
const TCP_PROFILE = /uatcp-uasc-uabinary/;

/** The offers that can be reached over opc.tcp. */
export function offersOf(endpoints: readonly EndpointDescription[]): readonly EndpointOffer[] {
  const { MessageSecurityMode, UserTokenType } = loadOpcua();
  return endpoints
    .filter(({ transportProfileUri }) => !transportProfileUri || TCP_PROFILE.test(transportProfileUri))
    .map((endpoint) => {
      const policy = policyName(endpoint.securityPolicyUri);
      const certificate = endpoint.serverCertificate as Buffer | null;
      return {
        mode: MessageSecurityMode[endpoint.securityMode],
        policy,
        ...(certificate && certificate.length > 0 ? { certificate } : {}),
        userTokens: (endpoint.userIdentityTokens ?? []).map((token) => ({
          type: UserTokenType[token.tokenType],
          policy: token.securityPolicyUri ? policyName(token.securityPolicyUri) : policy,
        })),
      };
    });
}

/**
 * The offer with exactly the configured mode and policy that takes the configured identity; never a weaker one.
 * @throws RESONANCE_OPCUA_SECURITY_NOT_OFFERED, RESONANCE_OPCUA_IDENTITY_NOT_OFFERED,
 *   RESONANCE_OPCUA_PASSWORD_EXPOSED when the password would cross the network unencrypted.
 */
export function chooseOffer(offers: readonly EndpointOffer[], settings: OpcUaSettings): EndpointOffer {
  const { securityMode, securityPolicy, identity } = settings;
  const offer = offers.find(({ mode, policy }) => mode === securityMode && policy === securityPolicy);
  if (!offer) {
    const offered = [...new Set(offers.map(({ mode, policy }) => (mode === "None" ? "None" : `${mode} ${policy}`)))].join(", ");
    const wanted = securityMode === "None" ? "None" : `${securityMode} ${securityPolicy}`;
    throw new ResonanceError("RESONANCE_OPCUA_SECURITY_NOT_OFFERED", { wanted, offered: offered || "-" });
  }
  const wantedToken = TOKENS[identity.type];
  const tokens = offer.userTokens.filter(({ type }) => type === wantedToken);
  if (tokens.length === 0) {
    const offered = [...new Set(offer.userTokens.map(({ type }) => type))].join(", ");
    throw new ResonanceError("RESONANCE_OPCUA_IDENTITY_NOT_OFFERED", { wanted: wantedToken, offered: offered || "-" });
  }
  // Sign alone does not hide what is sent.
  if (identity.type === "user" && securityMode !== "SignAndEncrypt" && (!offer.certificate || tokens.some(({ policy }) => policy === "None"))) {
    throw new ResonanceError("RESONANCE_OPCUA_PASSWORD_EXPOSED", { mode: securityMode });
  }
  return offer;
}

function policyName(uri: string | null): string {
  return uri?.split("#")[1] ?? "None";
}
