import type { NodeAPI } from "node-red";
import type { Handler, Middleware } from "./route";

/** Puts the `httpNodeMiddleware` of Node-RED's settings before a handler, as the core HTTP nodes do. */
export function withSiteMiddleware(RED: NodeAPI, handle: Handler): Handler {
  const { httpNodeMiddleware } = RED.settings as { readonly httpNodeMiddleware?: unknown };
  const chain = [httpNodeMiddleware].flat().filter((entry): entry is Middleware => typeof entry === "function");
  return (request, response) => {
    const step = (index: number): void => {
      const next = chain[index];
      if (!next) handle(request, response);
      else next(request, response, (error) => {
        if (error === undefined || error === null) step(index + 1);
        else if (!response.headersSent) response.writeHead(500).end();
      });
    };
    step(0);
  };
}
