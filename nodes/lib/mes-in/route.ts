import type { IncomingMessage, ServerResponse } from "node:http";
import { ResonanceError } from "../errors/resonance-error";

export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** As Express and what stands in for it call what is put into them. */
export type Middleware = (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void) => void;

/** The part of an Express application that is used. */
export interface HttpApp {
  use(middleware: Middleware): unknown;
}

/** Where an application stands: its server, and the path before the paths of its routes. */
export interface Site {
  readonly server?: { prependListener(event: "request", listener: (request: IncomingMessage) => void): unknown } | undefined;
  readonly root?: string;
}

interface Route {
  readonly handle: Handler;
  /** Runs while nobody has the path that a deploy just freed. */
  readonly vacant?: NodeJS.Timeout;
}

const sites = new WeakMap<object, Map<string, Route>>();
/** Milliseconds in which who had the path is expected back. */
const VACANCY = 5000;

/**
 * Lets `handle` answer what comes to `path` of `app`, until the function that is returned is called: with `absent`, that one answers for
 * the short while in which a deploy may bring the path back. An application gets one layer of ours and keeps it; what is deployed changes
 * only the table behind it. Bodies come to the handler unread, whatever stands before the application.
 * @throws RESONANCE_MES_IN_PATH for what is no plain path, RESONANCE_MES_IN_PATH_TAKEN when another node has it
 */
export function openRoute(app: HttpApp, path: string, handle: Handler, site: Site = {}): (absent?: Handler) => void {
  const key = pathKey(path);
  const routes = sites.get(app) ?? install(app, site);
  const before = routes.get(key);
  if (before && !before.vacant) throw new ResonanceError("RESONANCE_MES_IN_PATH_TAKEN", { path: key }, { path: "path" });
  clearTimeout(before?.vacant);
  routes.set(key, { handle });
  return (absent) => {
    routes.delete(key);
    if (absent) routes.set(key, { handle: absent, vacant: setTimeout(() => { routes.delete(key); }, VACANCY).unref() });
  };
}

function install(app: HttpApp, { server, root = "/" }: Site): Map<string, Route> {
  const routes = new Map<string, Route>();
  sites.set(app, routes);
  const before = requestKey(root) === "/" ? "" : requestKey(root);
  // The parsers of Node-RED's admin API stand before its HTTP nodes and would take every JSON body; they leave alone what has this mark.
  server?.prependListener("request", (request) => {
    const path = requestKey(request.url ?? "");
    if (path.startsWith(before) && routes.has(path.slice(before.length))) Object.assign(request, { _body: true });
  });
  app.use((request, response, next) => {
    const route = routes.get(requestKey(request.url ?? ""));
    if (route) route.handle(request, response);
    else next();
  });
  return routes;
}

/** First parts of paths at which Node-RED's admin API takes bodies. */
const ADMIN = new Set(["auth", "flow", "flows", "inject", "library", "nodes", "projects", "settings"]);

/** Whether a path would be answered by the admin API, where that has the same root as the HTTP nodes. */
export function isAdminPath(path: string): boolean {
  return ADMIN.has(pathKey(path).split("/")[1] ?? "");
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
