import type { IncomingMessage, ServerResponse } from "node:http";
import { ResonanceError } from "../errors/resonance-error";

export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** As Express and what stands in for it call what is put into them. */
export type Middleware = (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void) => void;

/** The part of an Express application that is used. */
export interface HttpApp {
  use(middleware: Middleware): unknown;
}

const sites = new WeakMap<object, Map<string, Handler>>();

/**
 * Lets `handle` answer what comes to `path` of `app`, until the function that is returned is called. An application gets one layer of ours
 * and keeps it; what is deployed changes only the table behind it.
 * @throws RESONANCE_MES_IN_PATH for what is no plain path, RESONANCE_MES_IN_PATH_TAKEN when another node has it
 */
export function openRoute(app: HttpApp, path: string, handle: Handler): () => void {
  const key = pathKey(path);
  const routes = sites.get(app) ?? install(app);
  if (routes.has(key)) throw new ResonanceError("RESONANCE_MES_IN_PATH_TAKEN", { path: key }, { path: "path" });
  routes.set(key, handle);
  return () => {
    if (routes.get(key) === handle) routes.delete(key);
  };
}

function install(app: HttpApp): Map<string, Handler> {
  const routes = new Map<string, Handler>();
  sites.set(app, routes);
  app.use((request, response, next) => {
    const handle = routes.get(requestKey(request.url ?? ""));
    if (handle) handle(request, response);
    else next();
  });
  return routes;
}

/** Patterns of routers mean nothing here, so that nobody expects them to. */
function pathKey(path: string): string {
  const trimmed = path.trim();
  if (!/^\/?[\w.~%!$&',;=@-]+(?:\/[\w.~%!$&',;=@-]+)*\/?$/.test(trimmed)) throw new ResonanceError("RESONANCE_MES_IN_PATH", { path: trimmed }, { path: "path" });
  return requestKey(trimmed.startsWith("/") ? trimmed : `/${trimmed}`);
}

/** A path without query and last slash. */
function requestKey(url: string): string {
  const [path = ""] = url.split(/[?#]/, 1);
  return path.length > 1 && path.endsWith("/") ? path.slice(0, -1) : path;
}
