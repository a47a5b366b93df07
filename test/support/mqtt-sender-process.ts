import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createMqttConnection } from "../../nodes/lib/mqtt/connection";
import { createOutgoing } from "../../nodes/lib/mqtt/outgoing";
import { openOutbox } from "../../nodes/lib/outbox/open-outbox";

/** A process that sends `count` numbered messages to a broker that is not there, for a test to end without a goodbye. */
export interface SenderProcess {
  /** Numbers of the messages it was told are safe. */
  readonly kept: number[];
  /** kill -9 */
  kill(): Promise<void>;
}

export function startSender(url: string, folder: string, count: number): SenderProcess {
  const child: ChildProcess = fork(__filename, [url, folder, String(count)], { execArgv: ["--import", "tsx"], stdio: ["ignore", "ignore", "inherit", "ipc"] });
  const kept: number[] = [];
  child.on("message", (number) => { kept.push(Number(number)); });
  return {
    kept,
    async kill() {
      const gone = once(child, "exit");
      child.kill("SIGKILL");
      await gone;
    },
  };
}

async function send(url: string, folder: string, count: number): Promise<void> {
  const connection = createMqttConnection({ url, protocol: "5", clientId: "sender", cleanStart: false, sessionExpiry: 60, keepAlive: 5, receiveMaximum: 10 });
  const outgoing = createOutgoing(connection, { limit: 1000, openOutbox: () => openOutbox({ folder, limits: { entries: 100_000, bytes: 1e8, ageMs: 0 }, policy: "refuse" }) });
  process.on("disconnect", () => process.exit());
  connection.hold();
  for (let number = 0; number < count; number += 1) {
    void outgoing.send({ topic: `line/${number % 3}`, payload: Buffer.from(String(number)), qos: 1, retain: false }).then((outcome) => {
      if (outcome === "kept") process.send?.(number);
    });
    if (number % 50 === 0) await new Promise(setImmediate);
  }
}

if (require.main === module) void send(process.argv[2] ?? "", process.argv[3] ?? "", Number(process.argv[4]));
