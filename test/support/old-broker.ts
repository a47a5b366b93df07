import { createServer, type AddressInfo, type Socket } from "node:net";

/** What a broker that speaks only MQTT 3.1.1 says to a CONNECT of MQTT 5: a return code, or nothing but the end. */
export type Refusal = "0x01" | "0x84" | "hang-up";

const ANSWERS: Readonly<Record<Refusal, Buffer | undefined>> = {
  "0x01": Buffer.from([0x20, 2, 0, 1]),
  // As a server of MQTT 5 that was told to refuse it answers: with the length of properties.
  "0x84": Buffer.from([0x20, 3, 0, 0x84, 0]),
  "hang-up": undefined,
};

export interface OldBroker {
  readonly url: string;
  /** Versions clients asked for, in order. */
  readonly asked: number[];
  close(): void;
}

/** A broker with just enough of MQTT 3.1.1: it takes connections, messages and subscriptions (but none with `secret`), and sends nothing. */
export async function startOldBroker(refusal: Refusal): Promise<OldBroker> {
  const asked: number[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => undefined);
    socket.on("data", (data: Buffer) => {
      for (let at = 0; at < data.length;) {
        const length = data[at + 1] ?? 0;
        const packet = data.subarray(at, at + 2 + length);
        at += 2 + length;
        answer(socket, packet);
      }
    });
  });
  const answer = (socket: Socket, packet: Buffer): void => {
    const kind = (packet[0] ?? 0) >> 4;
    if (kind === 1) {
      const version = packet[8] ?? 0;
      asked.push(version);
      if (version === 4) { socket.write(Buffer.from([0x20, 2, 0, 0])); return; }
      const bytes = ANSWERS[refusal];
      if (bytes) socket.end(bytes);
      else socket.destroy();
    }
    if (kind === 3 && ((packet[0] ?? 0) & 6) === 2) {
      const topic = packet.readUInt16BE(2);
      socket.write(Buffer.from([0x40, 2, packet[4 + topic] ?? 0, packet[5 + topic] ?? 0]));
    }
    if (kind === 8) socket.write(Buffer.from([0x90, 3, packet[2] ?? 0, packet[3] ?? 0, packet.includes("secret") ? 0x80 : 1]));
    if (kind === 12) socket.write(Buffer.from([0xd0, 0]));
  };
  await new Promise<void>((resolve) => { server.listen(0, "127.0.0.1", resolve); });
  return {
    url: `mqtt://127.0.0.1:${(server.address() as AddressInfo).port}`, asked,
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
