import path from "node:path";
import type { NodeAPI, NodeDef, NodeMessage } from "node-red";
import { ResonanceError } from "../lib/errors/resonance-error";
import type { HttpAuthentication } from "../lib/http/authorization";
import { compileAuthentication } from "../lib/mes-in/authentication";
import { readDecision } from "../lib/mes-in/decision";
import { createEndpoint } from "../lib/mes-in/endpoint";
import { errorEntry, factsOf } from "../lib/mes-in/message";
import type { Outcome } from "../lib/mes-in/outcome";
import { createReception, type Deliver } from "../lib/mes-in/reception";
import { openRememberedAnswers, removeRememberedAnswers } from "../lib/mes-in/remembered-answers";
import { isAdminPath, openRoute } from "../lib/mes-in/route";
import { withSiteMiddleware } from "../lib/mes-in/site-middleware";
import { defineNode } from "../lib/node-red/define-node";
import { userFolder } from "../lib/node-red/user-folder";

interface MesInDef extends NodeDef {
  /** Whether there is an HTTP endpoint; documents in messages are always taken. */
  transport: "http" | "message";
  path: string;
  methods: "POST" | "PUT" | "POST,PUT";
  authentication: HttpAuthentication;
  answer: "valid" | "flow";
  problems: "refuse" | "pass";
  undecided: "accept" | "reject";
  /** `Sender/LogicalID` of answers. */
  sender: string;
  // Forms may save numbers as text.
  /** kB */
  sizeLimit: number | string;
  /** seconds */
  decisionTime: number | string;
  transferTime: number | string;
  queueLimit: number | string;
  /** Answers that are told again for the same BODID. */
  remember: number | string;
}

const KILOBYTE = 1_000;
const FOLDER = path.join("resonance", "mes-in");

/** Takes B2MML documents from a MES over HTTP or from messages, gives each to the flow once, and answers as its sender asks. */
export = (RED: NodeAPI) =>
  defineNode<MesInDef>(
    RED,
    "resonance-mes-in",
    ({ def, node, credentials, status, language, ...kit }) => {
      const sizeLimit = Number(def.sizeLimit) * KILOBYTE;
      const limit = Number(def.queueLimit);
      const file = path.join(userFolder(RED), FOLDER, `${node.id.replace(/[^\w-]/g, "_")}.jsonl`);
      const authenticate = compileAuthentication(def.transport === "http" ? def.authentication : "none", credentials);
      const remembered = openRememberedAnswers({
        file, limit: Number(def.remember),
        onProblem(cause) { kit.fail(new ResonanceError("RESONANCE_MES_IN_FILE", { detail: cause instanceof Error ? cause.message : String(cause) }, { cause })); },
      });
      const reception = createReception({
        answer: def.answer, problems: def.problems, undecided: def.undecided, decisionTime: Number(def.decisionTime) * 1000,
        limit, sizeLimit, sender: def.sender || "model-data-resonance", remembered, language,
        onProblem(error) { kit.fail(error); },
      });
      const count = ({ error, duplicate, verdict }: Outcome): void => {
        if (duplicate) status.count("duplicate");
        else if (error) status.count("refused", "yellow");
        else if (verdict === "rejected") status.count("rejected", "yellow");
        else status.count("accepted");
      };
      const serve = (): ((removed: boolean) => void) => {
        const { httpNodeRoot, httpAdminRoot } = RED.settings as { readonly httpNodeRoot?: string | false; readonly httpAdminRoot?: string | false };
        if (httpNodeRoot === false) throw new ResonanceError("RESONANCE_MES_IN_NO_HTTP");
        if (httpAdminRoot === httpNodeRoot && isAdminPath(def.path)) throw new ResonanceError("RESONANCE_MES_IN_PATH_ADMIN", { path: def.path }, { path: "path" });
        const handle = createEndpoint({
          methods: def.methods.split(","), authenticate, challenge: `${def.authentication === "basic" ? "Basic" : "Bearer"} realm="MES", charset="UTF-8"`,
          sizeLimit, transferTime: Number(def.transferTime) * 1000, limit, language,
          async take(body, charset, from) {
            const http = { from };
            const outcome = await reception.take(body, charset, (received, reply) => {
              kit.send({ payload: received.content, resonance: { ...factsOf(received, reply), http } });
            });
            count(outcome);
            // Who is sent away comes again.
            if (outcome.error && outcome.error.code !== "RESONANCE_MES_IN_BUSY") kit.send([null, { payload: body.toString("utf8"), resonance: { errors: [errorEntry(outcome.error)], http } }]);
            return outcome;
          },
          onRefused() { status.count("refused", "yellow"); },
        });
        const site = withSiteMiddleware(RED, handle);
        const close = openRoute(RED.httpNode, def.path, site, { server: RED.server, ...(httpNodeRoot !== undefined && { root: httpNodeRoot }) });
        status.show("green", "ring", "listening");
        // Until the deploy brings the path back, senders are told to come again.
        return (removed) => { close(removed ? undefined : site); };
      };
      const closeRoute = def.transport === "http" ? serve() : undefined;

      const takeMessage = async (msg: NodeMessage, send: (out: readonly (NodeMessage | null)[]) => void): Promise<void> => {
        const known = (msg["resonance"] ?? {}) as { readonly mqtt?: { readonly responseTopic?: string } };
        const deliver: Deliver = (received, reply) => { send([{ ...msg, payload: received.content, resonance: { ...known, ...factsOf(received, reply) } }]); };
        const outcome = await reception.take(msg.payload, undefined, deliver);
        count(outcome);
        const { error, verdict, message, bodId, body, contentType, duplicate } = outcome;
        const answer = { verdict, ...(duplicate && { duplicate }), ...(error && { errors: [errorEntry(error)] }) };
        const topic = known.mqtt?.responseTopic ?? msg.topic;
        send([
          null,
          error ? { ...msg, resonance: { ...known, errors: [errorEntry(error)] } } : null,
          body === "" ? null : { ...msg, ...(topic !== undefined && { topic }), payload: body, ...(contentType !== undefined && { contentType }), resonance: { ...known, answer, ...(message !== undefined && { isa95: { message, bodId } }) } },
        ]);
      };
      return {
        input(msg, send) {
          const { reply } = (msg["resonance"] ?? {}) as { readonly reply?: unknown };
          if (typeof reply !== "string") return takeMessage(msg, send);
          reception.decide(reply, readDecision(msg.payload));
          return undefined;
        },
        async close(removed) {
          closeRoute?.(removed);
          await reception.close();
          if (removed) removeRememberedAnswers(file);
        },
      };
    },
    { credentials: { user: { type: "text" }, password: { type: "password" }, token: { type: "password" } } },
  );
