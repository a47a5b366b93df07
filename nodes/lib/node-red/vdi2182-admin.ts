import type { Node, NodeAPI } from "node-red";
import type { SecurityFile } from "../vdi2182/security-file";
import { securityFileMarkdown } from "../vdi2182/markdown";
import { PERMISSIONS } from "./permissions";

/** A node that keeps a security file. */
export interface FilingNode extends Node {
  resonanceSecurityFile?: () => SecurityFile | undefined;
}

/**
 * Serves the file that a deployed node made last: `GET resonance/vdi2182/<id>` as JSON, with `?format=markdown&language=<en|zh|de>` as a
 * document. It asks for the right to see flows. A node that is not deployed or has made none yet has nothing: `{}`.
 */
export function serveSecurityFiles(RED: NodeAPI): void {
  RED.httpAdmin.get("/resonance/vdi2182/:id", RED.auth.needsPermission(PERMISSIONS.look), (request, response) => {
    response.setHeader("Cache-Control", "no-store");
    const node = RED.nodes.getNode(String(request.params["id"])) as FilingNode | null;
    const file = node?.type === "resonance-vdi2182" ? node.resonanceSecurityFile?.() : undefined;
    if (!file) {
      response.json({});
      return;
    }
    const { format, language } = request.query;
    if (format === "markdown") response.type("text/markdown").send(securityFileMarkdown(file, language === "zh" || language === "de" ? language : "en"));
    else response.json(file);
  });
}
