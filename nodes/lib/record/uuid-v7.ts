import { randomFillSync } from "node:crypto";

/** Bytes an id takes from the pool: 2 to start the counter, 8 random ones. */
const TAKEN = 10;

// Random bytes are drawn in blocks: one call to the system for hundreds of ids.
const pool = Buffer.alloc(TAKEN * 400);
let used = pool.length;

let lastTime = 0;
let counter = 0;

/**
 * A UUID version 7 (RFC 9562): milliseconds since 1970, a 12-bit counter, 62 random bits. Ids of one process sort in the order
 * they were made, also within a millisecond and when the clock is set back.
 */
export function uuidv7(now = Date.now()): string {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  tick(Math.floor(now), pool.readUInt16BE(used));
  pool[used + 2] = (pool.readUInt8(used + 2) & 0x3f) | 0x80;
  const random = pool.toString("hex", used + 2, used + TAKEN);
  used += TAKEN;
  const time = lastTime.toString(16).padStart(12, "0");
  const count = counter.toString(16).padStart(3, "0");
  return `${time.slice(0, 8)}-${time.slice(8)}-7${count}-${random.slice(0, 4)}-${random.slice(4)}`;
}

/** A new millisecond starts the counter in the lower half of its range, so that there is room to count; a full one borrows the next. */
function tick(now: number, random: number): void {
  if (now > lastTime) {
    lastTime = now;
    counter = random & 0x7ff;
  } else if (++counter > 0xfff) {
    lastTime++;
    counter = 0;
  }
}
