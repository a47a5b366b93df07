import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { freePort } from "./ports";
import { findCommand } from "./requirements";

/** Mosquitto's program, where it is installed. */
export const mosquitto = findCommand("mosquitto") ?? ["/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto"].find((file) => existsSync(file));

/** A real broker in a process of its own. */
export interface Broker {
  readonly port: number;
  readonly url: string;
  /** Its folder, for certificates and password files. */
  readonly folder: string;
  /** What it logged so far. */
  log(): string;
  /** kill -9 */
  kill(): Promise<void>;
  /** Ends it as an operator does, so that it writes its store. */
  stop(): Promise<void>;
  /** Starts it again on the same port, with other settings where given. */
  start(settings?: readonly string[]): Promise<void>;
  /** Sockets stay open, nothing answers. */
  freeze(): void;
  thaw(): void;
}

const running = new Set<{ close(): Promise<void> }>();

/** Ends every broker of this test file. */
export async function stopBrokers(): Promise<void> {
  await Promise.all([...running].map((broker) => broker.close()));
}

/** A folder a broker may read, which does not run as the tests do. */
export function brokerFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), "mosquitto-"));
  chmodSync(folder, 0o777);
  return folder;
}

/**
 * Starts a broker on 127.0.0.1 with these lines of `mosquitto.conf`. `scheme` and `host` are those of its URL; further listeners come by lines.
 */
export async function startBroker(settings: readonly string[] = ["allow_anonymous true"], { scheme = "mqtt", host = "127.0.0.1", folder = brokerFolder() } = {}): Promise<Broker> {
  const port = await freePort();
  let child: ChildProcess | undefined;
  let log = "";
  let lines = settings;
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, "exit");
    // A frozen process hears no other signal.
    child.kill("SIGCONT");
    child.kill(signal);
    await gone;
  };
  const broker = {
    port, folder,
    url: `${scheme}://${host}:${port}`,
    log: () => log,
    kill: () => end("SIGKILL"),
    stop: () => end("SIGTERM"),
    async start(changed: readonly string[] = lines) {
      lines = changed;
      const file = path.join(folder, "mosquitto.conf");
      writeFileSync(file, [`listener ${port} 127.0.0.1`, ...lines, "log_type all", "persistence_location " + folder + "/", ""].join("\n"));
      // Whatever becomes of the test process, the broker ends with it.
      child = spawn("setpriv", ["--pdeathsig", "KILL", mosquitto ?? "mosquitto", "-c", file], { stdio: ["ignore", "pipe", "pipe"] });
      child.stderr?.on("data", (chunk) => { log += String(chunk); });
      child.stdout?.on("data", (chunk) => { log += String(chunk); });
      await listening(port, child, () => log);
    },
    freeze() { child?.kill("SIGSTOP"); },
    thaw() { child?.kill("SIGCONT"); },
    async close() {
      await end("SIGKILL");
      rmSync(folder, { recursive: true, force: true });
      running.delete(broker);
    },
  };
  running.add(broker);
  await broker.start();
  return broker;
}

async function listening(port: number, child: ChildProcess, log: () => string): Promise<void> {
  for (let attempt = 0; attempt < 500; attempt += 1) {
    if (child.exitCode !== null) throw new Error(`mosquitto ended: ${log()}`);
    const socket = connect(port, "127.0.0.1");
    const open = await once(socket, "connect").then(() => true, () => false);
    socket.destroy();
    if (open) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`mosquitto does not listen: ${log()}`);
}
