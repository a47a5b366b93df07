import { ResonanceError } from "../errors/resonance-error";
import type { OutboxLimits, OutboxPolicy } from "./outbox";

/** Decides who may put. */
export interface Room {
  /**
   * Returns when there is room for an entry of `size` bytes, which then is its own until `leave`.
   * @throws RESONANCE_OUTBOX_FULL
   */
  enter(size: number): Promise<void> | void;
  /** Takes room whether there is any or not. */
  force(size: number): void;
  /** The entry is on the disk and counted there, or given up. */
  leave(size: number): void;
  /** Something went: who waits may come in. */
  freed(): void;
  /** Whether there is more than the limits allow. */
  lacking(): boolean;
  blocked(): number;
  refused(): number;
  /** Lets everyone in who waits, whether there is room or not: what is closed must not lose them. */
  close(): void;
}

/** Room by limits and policy; who waits comes in in the order of coming. */
export function createRoom(limits: OutboxLimits, policy: OutboxPolicy, kept: () => { readonly waiting: number; readonly bytes: number }): Room {
  const waiting: { readonly size: number; readonly enter: () => void }[] = [];
  const reserved = { entries: 0, bytes: 0 };
  let refused = 0;
  const fits = (size: number): boolean => kept().waiting + reserved.entries + 1 <= limits.entries && kept().bytes + reserved.bytes + size <= limits.bytes;
  const full = (): ResonanceError => {
    refused += 1;
    return new ResonanceError("RESONANCE_OUTBOX_FULL", { entries: limits.entries, bytes: limits.bytes });
  };
  const reserve = (size: number, by: 1 | -1): void => {
    reserved.entries += by;
    reserved.bytes += by * size;
  };
  const admit = (suits = fits): void => {
    for (let first = waiting[0]; first && suits(first.size); first = waiting[0]) {
      waiting.shift();
      // Taken at once: the one who waited goes on only in a later microtask.
      reserve(first.size, 1);
      first.enter();
    }
  };
  return {
    enter(size) {
      if (size > limits.bytes || limits.entries < 1) throw full();
      if (policy === "drop-oldest" || (fits(size) && waiting.length === 0)) {
        reserve(size, 1);
        return;
      }
      if (policy === "refuse") throw full();
      return new Promise((resolve) => { waiting.push({ size, enter: resolve }); });
    },
    force(size) { reserve(size, 1); },
    leave(size) {
      reserve(size, -1);
      admit();
    },
    freed() { admit(); },
    lacking: () => kept().waiting > limits.entries || kept().bytes > limits.bytes,
    blocked: () => waiting.length,
    refused: () => refused,
    close() { admit(() => true); },
  };
}
