import type { NodeAPI } from "node-red";
import { ResonanceError, toResonanceError } from "../errors/resonance-error";
import type { MesOutbox } from "../mes/mes-outbox";
import { runCommand } from "../mes/outbox-command";
import { PERMISSIONS } from "./permissions";
import { languageOf } from "./request-language";

type Handler = Parameters<NodeAPI["httpAdmin"]["post"]>[1];
type Request = Parameters<Handler>[0];
type Response = Parameters<Handler>[1];

/** The outboxes of the MES that are deployed, for the editor. */
export type DeployedOutboxes = Map<string, MesOutbox>;

/**
 * Serves the dead letters of a MES to its form, under `resonance/mes/<id>/`: the list wants the right to see flows,
 * replay and deletion the right to change them. Documents themselves are not handed out. A MES that is not deployed has nothing: `{}`.
 */
export function serveOutboxes(RED: NodeAPI): DeployedOutboxes {
  const deployed: DeployedOutboxes = new Map();
  const answer = (command: (request: Request) => { topic: string; payload?: unknown }) => (request: Request, response: Response): void => {
    response.setHeader("Cache-Control", "no-store");
    const outbox = deployed.get(String(request.params["id"]));
    if (!outbox) {
      response.json({});
      return;
    }
    const { topic, payload } = command(request);
    const language = languageOf(bodyOf(request)["language"] ?? request.query["language"]);
    runCommand(outbox, topic, payload, language).then((result) => { response.json(result); }, (thrown: unknown) => {
      const { code, params } = toResonanceError(thrown);
      const { message } = new ResonanceError(code, params).localize(language);
      response.status(422).json({ code, message });
    });
  };
  const [mayRead, mayWrite] = [RED.auth.needsPermission(PERMISSIONS.look), RED.auth.needsPermission(PERMISSIONS.act)];
  RED.httpAdmin.get("/resonance/mes/:id/outbox", mayRead, answer(() => ({ topic: "outbox/list" })));
  for (const name of ["replay", "purge"] as const) {
    RED.httpAdmin.post(`/resonance/mes/:id/outbox/${name}`, mayWrite, answer((request) => ({ topic: `outbox/${name}`, payload: bodyOf(request)["which"] })));
  }
  return deployed;
}

/** Express leaves no body where it was not JSON. */
function bodyOf(request: Request): Readonly<Record<string, unknown>> {
  const body: unknown = request.body;
  return typeof body === "object" && body !== null ? (body as Record<string, unknown>) : {};
}
