import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, test, type TestContext } from "node:test";
import { createInteropLog, type InteropLog } from "../../nodes/lib/interop/log";
import { verifyLog } from "../../nodes/lib/interop/verify";
import { REAL_DISK, type Disk } from "../../nodes/lib/outbox/disk";
import { interopDraft, interopEntries, interopFiles, INTEROP_SETTINGS } from "../support/interop";
import { until } from "../support/node-red-runtime";

/** The interoperability log when its process is killed and when its disk is full. */

interface Place {
  readonly folder: string;
  closeAtEnd(log: InteropLog): void;
  mount(): boolean;
}

function placeOf(t: TestContext): Place {
  const folder = fs.mkdtempSync(path.join(tmpdir(), "resonance-interop-"));
  let mounted = false;
  t.after(async () => {
    for (const log of logs) await log.close();
    if (mounted) execFileSync("umount", [folder]);
    fs.rmSync(folder, { recursive: true, force: true });
  });
  const logs: InteropLog[] = [];
  return {
    folder,
    closeAtEnd: (log) => { logs.push(log); },
    /** A small disk in memory; needs root. */
    mount() {
      try {
        execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], { stdio: "ignore" });
        mounted = true;
      } catch {
        mounted = false;
      }
      return mounted;
    },
  };
}

describe("the interoperability log", () => {
  test("kill -9 while it records, five times: no recorded entry is lost, the chain goes on", async (t) => {
    const { folder } = placeOf(t);
    const journal = path.join(folder, "journal");
    const log = path.join(folder, "log");
    const told = (): string[] => (fs.existsSync(journal) ? fs.readFileSync(journal, "utf8").split("\n").slice(0, -1) : []);
    for (let round = 1; round <= 5; round += 1) {
      const before = told().length;
      const child = spawn(process.execPath, ["--import", "tsx", path.join(__dirname, "..", "support", "interop-process.ts"), log, journal], { stdio: "ignore" });
      await until(() => told().length >= before + 100 * round, "entries", 30);
      const ended = once(child, "exit");
      child.kill("SIGKILL");
      await ended;
    }
    // What a power failure leaves beside: half a line.
    fs.appendFileSync(interopFiles(log).at(-1) ?? "", "{\"bodId\":\"x");
    const again = createInteropLog(log, INTEROP_SETTINGS);
    await again.record(interopDraft(1));
    const found = await again.verify();
    await again.close();
    assert.deepEqual([found.intact, found.problem], [true, undefined]);
    assert.ok(found.recoveries >= 1);
    const kept = new Map<string, number>();
    for (const { ids } of interopEntries(log)) if (ids["recordId"] !== undefined) kept.set(ids["recordId"], (kept.get(ids["recordId"]) ?? 0) + 1);
    const expected = new Map<string, number>();
    for (const id of told()) expected.set(id, (expected.get(id) ?? 0) + 1);
    for (const [id, count] of expected) assert.ok((kept.get(id) ?? 0) >= count, id);
    t.diagnostic(`${told().length} entries said to be on the disk, ${found.entries} there, ${interopFiles(log).length} files`);
  });

  test("disk full: strict entries are refused, the others wait or are counted, the chain holds and goes on when there is room", async (t) => {
    const place = placeOf(t);
    const { folder } = place;
    const mounted = place.mount();
    let free = mounted ? Infinity : 300_000;
    const disk: Disk = { ...REAL_DISK, async write(file, data, position) {
      // Half of it gets through, as on a real disk.
      const part = data.subarray(0, Math.max(0, Math.min(data.length, free)));
      free -= part.length;
      await REAL_DISK.write(file, part, position);
      if (part.length < data.length) throw Object.assign(new Error("ENOSPC: no space left on device"), { code: "ENOSPC" });
    } };
    const log = createInteropLog(path.join(folder, "log"), INTEROP_SETTINGS, mounted ? {} : { disk });
    place.closeAtEnd(log);
    const problems: unknown[] = [];
    log.onNews((news) => { if ("problem" in news) problems.push(news.problem?.code); });
    for (let number = 0; number < 14_000; number += 1) log.note(interopDraft(number));
    await until(() => log.status().problem !== undefined, "the disk to be full", 30);
    await assert.rejects(log.record(interopDraft(-1)), { code: "RESONANCE_INTEROP_DISK" });
    const { written } = log.status();
    assert.ok(written > 0 && written < 14_000);
    assert.equal((await verifyLog(path.join(folder, "log"))).intact, true, "nothing half is left");
    for (let number = 14_000; number < 26_000; number += 1) log.note(interopDraft(number));
    if (mounted) execFileSync("mount", ["-o", "remount,size=64m", folder]);
    free = Infinity;
    await until(() => log.status().problem === undefined, "the log to go on", 30);
    const found = await log.verify();
    const { lost, written: all } = log.status();
    assert.ok(lost > 0);
    assert.deepEqual([found.intact, found.lost, all + lost, problems], [true, lost, 26_000, ["RESONANCE_INTEROP_DISK", undefined]]);
    t.diagnostic(`${mounted ? "a full tmpfs" : "a disk that is full by injection"}: ${lost} of 26000 lost and said`);
  });
});
