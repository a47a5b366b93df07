import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { startReplayServer, type ReplayServerOptions } from "./opcua-server";

/** A server in a process of its own, counting up in variable `A` every 20 ms, for a test to end without a goodbye. */
export interface ServerProcess {
  readonly endpointUrl: string;
  /** kill -9 */
  kill(): Promise<void>;
  /** Freezes the process: sockets stay open, nothing answers. */
  freeze(): void;
}

/** Starts this file as a process with a server on `port`, with a certificate of its own. */
export async function startServerProcess(port: number, options: Partial<ReplayServerOptions> = {}): Promise<ServerProcess> {
  const child: ChildProcess = fork(__filename, [String(port), JSON.stringify(options)], { execArgv: ["--import", "tsx"], stdio: ["ignore", "ignore", "inherit", "ipc"] });
  const [endpointUrl] = (await once(child, "message")) as [string];
  return {
    endpointUrl,
    async kill() {
      const gone = once(child, "exit");
      child.kill("SIGKILL");
      await gone;
    },
    freeze() { child.kill("SIGSTOP"); },
  };
}

async function serve(port: number, options: Partial<ReplayServerOptions>): Promise<void> {
  const server = await startReplayServer({ port, variables: [{ name: "A", initial: 0 }], ...options });
  let count = 0;
  setInterval(() => server.write({ A: ++count }), 20);
  process.send?.(server.endpointUrl);
  // Nobody is left to be served when the test process is gone.
  process.on("disconnect", () => process.exit());
}

if (require.main === module) void serve(Number(process.argv[2]), JSON.parse(process.argv[3] ?? "{}") as Partial<ReplayServerOptions>);
