import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { REAL_DISK, type Disk } from "../../nodes/lib/outbox/disk";
import { openOutbox, type OutboxOptions } from "../../nodes/lib/outbox/open-outbox";
import type { Outbox, OutboxEntry } from "../../nodes/lib/outbox/outbox";

/** A folder for an outbox, in memory where the machine offers that: there an fsync costs nothing. */
export function outboxFolder(): string {
  const memory = "/dev/shm";
  const parent = fs.existsSync(memory) ? memory : os.tmpdir();
  return fs.mkdtempSync(path.join(parent, "resonance-outbox-"));
}

export const WIDE = { entries: 1_000_000, bytes: 1e12, ageMs: 0 } as const;

/** An outbox with wide limits; `options` say what is different. */
export function open(folder: string, options: Partial<OutboxOptions> = {}): Promise<Outbox> {
  return openOutbox({ folder, policy: "refuse", limits: WIDE, ...options });
}

export function put(outbox: Outbox, key: string, lane = "lane", body = `body of ${key}`): Promise<void> {
  return outbox.put({ key, lane, headers: { "content-type": "text/plain" }, body });
}

/** Every entry that is given out until there is none, settled as done. */
export async function drain(outbox: Outbox): Promise<readonly OutboxEntry[]> {
  const entries: OutboxEntry[] = [];
  for (let entry = outbox.next(); entry; entry = outbox.next()) {
    entries.push(entry);
    await outbox.done(entry.sequence);
  }
  return entries;
}

export function logFiles(folder: string): readonly string[] {
  return fs.readdirSync(folder).filter((name) => name.endsWith(".log")).sort().map((name) => path.join(folder, name));
}

/** A disk whose free bytes are set; what does not fit is written in part, as a real one does it. */
export function smallDisk(bytes: number): Disk & { free: number; failSync: boolean } {
  const disk: Disk & { free: number; failSync: boolean } = {
    ...REAL_DISK, free: bytes, failSync: false,
    async write(file, data, position) {
      const fits = Math.min(disk.free, data.length);
      await REAL_DISK.write(file, data.subarray(0, fits), position);
      if (fits < data.length) throw Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
      disk.free -= fits;
    },
    async sync(file) {
      if (disk.failSync) throw Object.assign(new Error("EIO: i/o error, fdatasync"), { code: "EIO" });
      await REAL_DISK.sync(file);
    },
  };
  return disk;
}
