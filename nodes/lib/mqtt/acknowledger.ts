import type { Taken } from "./message";

const PUBACK = 0x40;

interface Pending {
  readonly id: number;
  taken: boolean;
}

/** Tells the broker which messages with QoS 1 arrived. */
export interface Acknowledger {
  /** Expects the message with this packet identifier; the answer says that it was taken. */
  expect(id: number): Taken;
  /** Messages not acknowledged yet. */
  readonly pending: number;
}

/**
 * Acknowledges in the order in which messages came (MQTT 5.0 §4.6), whatever the order in which they were taken;
 * what is taken in one turn of the event loop goes out in one `write`.
 */
export function createAcknowledger(write: (bytes: Buffer) => void): Acknowledger {
  let waiting: Pending[] = [];
  let scheduled = false;

  const flush = (): void => {
    scheduled = false;
    const open = waiting.findIndex(({ taken }) => !taken);
    const count = open < 0 ? waiting.length : open;
    if (count === 0) return;
    const bytes = Buffer.allocUnsafe(count * 4);
    for (let index = 0; index < count; index++) {
      const { id = 0 } = waiting[index] ?? {};
      // Two bytes follow: the identifier; no reason code means success in both versions.
      bytes.writeUInt8(PUBACK, index * 4);
      bytes.writeUInt8(2, index * 4 + 1);
      bytes.writeUInt16BE(id, index * 4 + 2);
    }
    waiting = waiting.slice(count);
    write(bytes);
  };

  return {
    get pending() { return waiting.length; },
    expect(id) {
      const entry: Pending = { id, taken: false };
      waiting.push(entry);
      return () => {
        if (entry.taken) return;
        entry.taken = true;
        if (scheduled || waiting[0]?.taken !== true) return;
        scheduled = true;
        setImmediate(flush);
      };
    },
  };
}
