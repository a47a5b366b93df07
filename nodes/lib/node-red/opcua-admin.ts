import { X509Certificate } from "node:crypto";
import type { NodeAPI } from "node-red";
import { toResonanceError, ResonanceError, type Language } from "../errors/resonance-error";
import { describeCertificate } from "../opcua/certificate-facts";
import { checkConnection } from "../opcua/check-connection";
import { describeNodes, MOST_DESCRIBED } from "../opcua/describe-nodes";
import { createEditorSessions, type EditorSession } from "../opcua/editor-sessions";
import { ownCertificateOf, renewOwnCertificate } from "../opcua/pki";
import { searchNodes } from "../opcua/search-nodes";
import { addToTrust, decideTrust, listTrust, type TrustDecision } from "../opcua/trust-list";
import { APPLICATION_NAME, pkiFolderOf } from "./opcua-endpoint-settings";
import type { DeployedEndpoints } from "./opcua-editor";
import { PERMISSIONS } from "./permissions";
import { languageOf } from "./request-language";

type Handler = Parameters<NodeAPI["httpAdmin"]["post"]>[1];
type Request = Parameters<Handler>[0];
type Response = Parameters<Handler>[1];

const DECISIONS: readonly string[] = ["trust", "reject", "remove"] satisfies TrustDecision[];
/** Checks and searches that may run at a time; each holds a connection to somewhere. */
const MOST_AT_ONCE = 4;
const LONGEST_SEARCH = 200;

/**
 * Serves the dialogs of the editor under `resonance/opcua/`. What connects to a server, changes trust or hands out a certificate wants the
 * permission to change flows; lists want the one to see them. Only opc.tcp addresses are reached, and of what a server says nothing but
 * what OPC UA services answer gets back. Secrets are neither logged nor returned.
 */
export function serveOpcUaDialogs(RED: NodeAPI, endpoints: DeployedEndpoints): void {
  const [mayRead, mayWrite] = [RED.auth.needsPermission(PERMISSIONS.look), RED.auth.needsPermission(PERMISSIONS.act)];
  const sessions = createEditorSessions();
  let running = 0;
  const pki = (): string => pkiFolderOf(RED);
  RED.events.on("flows:stopping", () => void sessions.close());

  const serve = (work: (request: Request, signal: AbortSignal, response: Response) => Promise<unknown>) =>
    (request: Request, response: Response): void => {
      const gone = new AbortController();
      response.on("close", () => { gone.abort(new Error("nobody waits for the answer")); });
      response.setHeader("Cache-Control", "no-store");
      work(request, gone.signal, response).then(
        (answer) => { if (!response.headersSent) response.json(answer); },
        (thrown: unknown) => {
          if (gone.signal.aborted) return;
          if (response.headersSent) response.end();
          else response.status(thrown instanceof ResonanceError ? 422 : 500).json(problemOf(thrown, languageOf(bodyOf(request)["language"])));
        },
      );
    };
  const bounded = async <T>(work: () => Promise<T>): Promise<T> => {
    if (running >= MOST_AT_ONCE) throw new ResonanceError("RESONANCE_OPCUA_EDITOR_BUSY", { most: MOST_AT_ONCE });
    running += 1;
    try {
      return await work();
    } finally {
      running -= 1;
    }
  };
  const inSession = <T>(request: Request, work: (session: EditorSession) => Promise<T>): Promise<T> => bounded(() => {
    const { settings, standing } = endpoints.settingsOf(bodyOf(request)["endpoint"]);
    return sessions.use(settings, standing, work);
  });

  RED.httpAdmin.post("/resonance/opcua/check", mayWrite, serve((request, signal, response) => bounded(async () => {
    const { settings } = endpoints.settingsOf(bodyOf(request)["endpoint"]);
    const language = languageOf(bodyOf(request)["language"]);
    await checkConnection(settings, signal, ({ error, ...step }) => {
      if (!response.headersSent) response.type("application/x-ndjson");
      response.write(`${JSON.stringify({ ...step, ...(error && { error: problemOf(error, language) }) })}\n`);
    });
    response.end();
  })));

  RED.httpAdmin.post("/resonance/opcua/browse", mayWrite, serve((request) => inSession(request, ({ browser }) => {
    const { nodeId, from } = bodyOf(request);
    return browser.children(String(nodeId), Number.isSafeInteger(from) ? Math.max(0, Number(from)) : 0);
  })));
  RED.httpAdmin.post("/resonance/opcua/search", mayWrite, serve((request, signal) => inSession(request, ({ session, namespaceArray }) =>
    searchNodes(session, namespaceArray, String(bodyOf(request)["text"]).slice(0, LONGEST_SEARCH), signal))));
  RED.httpAdmin.post("/resonance/opcua/describe", mayWrite, serve((request) => inSession(request, ({ session, namespaceArray }) => {
    const { nodeIds } = bodyOf(request);
    return describeNodes(session, namespaceArray, (Array.isArray(nodeIds) ? nodeIds : []).slice(0, MOST_DESCRIBED).map(String));
  })));

  RED.httpAdmin.get("/resonance/opcua/trust", mayRead, serve(() => listTrust(pki())));
  RED.httpAdmin.post("/resonance/opcua/trust", mayWrite, serve(async (request) => {
    const { sha256, decision } = bodyOf(request);
    if (!DECISIONS.includes(String(decision))) throw new ResonanceError("RESONANCE_CONFIG_INVALID", { setting: "decision", detail: "?" });
    await decideTrust(pki(), String(sha256), decision as TrustDecision);
    return listTrust(pki());
  }));
  RED.httpAdmin.post("/resonance/opcua/trust/add", mayWrite, serve(async (request) => {
    const { place, content } = bodyOf(request);
    await addToTrust(pki(), Buffer.from(String(content), "base64"), place === "issuers" ? "issuers" : "trusted");
    return listTrust(pki());
  }));

  const ownCertificate = async (): Promise<X509Certificate> => new X509Certificate((await ownCertificateOf(pki(), APPLICATION_NAME)).provider.getCertificate());
  RED.httpAdmin.get("/resonance/opcua/own", mayRead, serve(async () => describeCertificate(await ownCertificate())));
  RED.httpAdmin.get("/resonance/opcua/own/certificate.:form", mayRead, serve(async (request, _signal, response) => {
    const certificate = await ownCertificate();
    if (request.params["form"] === "pem") response.type("application/x-pem-file").send(certificate.toString());
    else response.type("application/pkix-cert").send(certificate.raw);
  }));
  RED.httpAdmin.post("/resonance/opcua/own/renew", mayWrite, serve(async () => {
    await renewOwnCertificate(pki(), APPLICATION_NAME);
    return describeCertificate(await ownCertificate());
  }));
}

/** Express leaves no body where it was not JSON. */
function bodyOf(request: Request): Readonly<Record<string, unknown>> {
  const body: unknown = request.body;
  return typeof body === "object" && body !== null ? (body as Record<string, unknown>) : {};
}

function problemOf(thrown: unknown, language: Language): { code: string; message: string } {
  const error = toResonanceError(thrown);
  const { code } = error;
  return { code, message: new ResonanceError(code, error.params).localize(language).message };
}
