import { createHash } from "node:crypto";
import { createBrowser, type Browser } from "./browse";
import { createOpcUaConnection, type OpcUaConnection } from "./connection";
import type { OpcUaSession } from "./session";
import type { OpcUaSettings } from "./settings";

/** A session as the editor's dialogs need it. */
export interface EditorSession extends OpcUaSession {
  readonly browser: Browser;
  readonly namespaceArray: readonly string[];
}

/** Sessions for people who look around in a server while they configure. */
export interface EditorSessions {
  /**
   * Runs `work` in the session of `standing` where that is connected, else in one of its own, kept a while for the next click.
   * @throws ResonanceError
   */
  use<T>(settings: OpcUaSettings, standing: OpcUaConnection | undefined, work: (session: EditorSession) => Promise<T>): Promise<T>;
  /** Closes those of its own. */
  close(): Promise<void>;
}

interface Kept { readonly connection: OpcUaConnection; readonly letGo: () => void; idle?: NodeJS.Timeout; users: number }

const IDLE_MS = 60_000;
const MOST = 4;
const USE_MS = 30_000;

export function createEditorSessions(idleMs = IDLE_MS): EditorSessions {
  const kept = new Map<string, Kept>();
  const prepared = new WeakMap<OpcUaSession, Promise<EditorSession>>();

  const drop = async (key: string): Promise<void> => {
    const entry = kept.get(key);
    kept.delete(key);
    clearTimeout(entry?.idle);
    entry?.letGo();
    await entry?.connection.close();
  };
  const connectionFor = (key: string, settings: OpcUaSettings): Kept => {
    const known = kept.get(key);
    if (known) return known;
    const [oldest] = [...kept].find(([, { users }]) => users === 0) ?? [];
    if (kept.size >= MOST && oldest !== undefined) void drop(oldest);
    const connection = createOpcUaConnection(settings);
    const made: Kept = { connection, letGo: connection.hold(), users: 0 };
    kept.set(key, made);
    return made;
  };
  const prepare = (session: OpcUaSession): Promise<EditorSession> => {
    const known = prepared.get(session);
    if (known) return known;
    const made = session.namespaces().then((namespaceArray) =>
      ({ ...session, namespaceArray, browser: createBrowser(session.session, namespaceArray) }));
    prepared.set(session, made);
    made.catch(() => prepared.delete(session));
    return made;
  };

  return {
    async use(settings, standing, work) {
      const run = async (session: OpcUaSession) => work(await prepare(session));
      if (standing?.status().state === "connected") return standing.use(run, { timeout: USE_MS });
      // Secrets are part of what tells two connections apart, and stay out of what is kept.
      const key = createHash("sha256").update(JSON.stringify(settings)).digest("hex");
      const entry = connectionFor(key, settings);
      entry.users += 1;
      clearTimeout(entry.idle);
      try {
        return await entry.connection.use(run, { timeout: USE_MS });
      } finally {
        entry.users -= 1;
        // The next try must not wait for the pause after a failure.
        if (entry.connection.status().state !== "connected") void drop(key);
        else if (entry.users === 0) entry.idle = setTimeout(() => void drop(key), idleMs).unref();
      }
    },
    async close() { await Promise.all([...kept.keys()].map(drop)); },
  };
}
