import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { startReplayServer } from "./opcua-server";

/** A server in a process of its own, counting up in variable `A` every 20 ms, for a test to end without a goodbye. */
export interface ServerProcess {
  readonly endpointUrl: string;
  /** kill -9 */
  kill(): Promise<void>;
  /** Freezes the process: sockets stay open, nothing answers. */
  freeze(): void;
}

/** Starts this file as a process with a server on `port`. */
export async function startServerProcess(port: number): Promise<ServerProcess> {
  const child: ChildProcess = fork(__filename, [String(port)], { execArgv: ["--import", "tsx"], stdio: ["ignore", "ignore", "inherit", "ipc"] });
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

async function serve(port: number): Promise<void> {
  const server = await startReplayServer({ port, variables: [{ name: "A", initial: 0 }] });
  let count = 0;
  setInterval(() => server.write({ A: ++count }), 20);
  process.send?.(server.endpointUrl);
  // Nobody is left to be served when the test process is gone.
  process.on("disconnect", () => process.exit());
}

if (require.main === module) void serve(Number(process.argv[2]));
