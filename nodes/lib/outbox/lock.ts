import { randomUUID } from "node:crypto";
import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { ResonanceError } from "../errors/resonance-error";

/** Who holds a folder. */
interface Holder {
  readonly pid: number;
  /** Boot of the machine and start of the process where the system tells them: a process number is used again, in a container always. */
  readonly started: string;
}

const held = new Set<string>();

/**
 * Takes the folder for this process; gives what releases it. A lock of a process that no longer runs (killed, machine
 * restarted) is taken over.
 * @throws RESONANCE_OUTBOX_LOCKED
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  const real = await fs.realpath(folder);
  if (held.has(real)) throw new ResonanceError("RESONANCE_OUTBOX_LOCKED", { folder, pid: process.pid });
  held.add(real);
  const file = path.join(real, "lock");
  try {
    await take(file, folder);
  } catch (thrown) {
    held.delete(real);
    throw thrown;
  }
  return async () => {
    held.delete(real);
    await fs.rm(file, { force: true });
  };
}

async function take(file: string, folder: string): Promise<void> {
  const own = JSON.stringify({ pid: process.pid, started: await startOf(process.pid) } satisfies Holder);
  // The lock appears with its content: a link to a file that is already written.
  const draft = `${file}.${randomUUID()}`;
  try {
    await fs.writeFile(draft, own);
    for (let attempt = 0; attempt < 5; attempt += 1) {
      if (await linked(draft, file)) return;
      const text = await fs.readFile(file, "utf8").catch(() => undefined);
      if (text === undefined) continue;
      const holder = readHolder(text);
      if (holder && await runs(holder)) throw new ResonanceError("RESONANCE_OUTBOX_LOCKED", { folder, pid: holder.pid });
      await removeStale(file, text);
    }
    throw new ResonanceError("RESONANCE_OUTBOX_LOCKED", { folder, pid: "?" });
  } finally {
    await fs.rm(draft, { force: true });
  }
}

async function linked(draft: string, file: string): Promise<boolean> {
  try {
    await fs.link(draft, file);
    return true;
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    if (code === "EEXIST") return false;
    // A file system without links (some network drives).
    if (code === "EPERM" || code === "ENOTSUP" || code === "ENOSYS") {
      return fs.copyFile(draft, file, fs.constants.COPYFILE_EXCL).then(() => true, () => false);
    }
    throw thrown;
  }
}

/** Another process may have taken the stale lock over just now: what is moved away must be what was judged. */
async function removeStale(file: string, judged: string): Promise<void> {
  const aside = `${file}.${randomUUID()}`;
  await fs.rename(file, aside).catch(() => undefined);
  const moved = await fs.readFile(aside, "utf8").catch(() => judged);
  if (moved !== judged) await linked(aside, file);
  await fs.rm(aside, { force: true });
}

function readHolder(text: string): Holder | undefined {
  try {
    const { pid, started } = JSON.parse(text) as Partial<Holder>;
    return Number.isInteger(pid) && typeof started === "string" ? { pid: pid as number, started } : undefined;
  } catch {
    return undefined;
  }
}

async function runs({ pid, started }: Holder): Promise<boolean> {
  // Our own folders are in `held`: a lock with our number is that of an earlier process.
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== "EPERM") return false;
  }
  const now = await startOf(pid);
  return started === "" || now === "" || started === now;
}

/** Boot and start of a process, as Linux tells them; elsewhere empty: then only the process number counts. */
async function startOf(pid: number): Promise<string> {
  if (os.platform() !== "linux") return "";
  try {
    const boot = await fs.readFile("/proc/sys/kernel/random/boot_id", "utf8");
    const stat = await fs.readFile(`/proc/${pid}/stat`, "utf8");
    // proc(5): the fields after the name in parentheses begin with number 3; number 22 is the start in ticks since boot.
    return `${boot.trim()}/${stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]}`;
  } catch {
    return "";
  }
}
