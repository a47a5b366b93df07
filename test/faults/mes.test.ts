import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, test, type TestContext } from "node:test";
import { startFlowProcess } from "../support/mes-flow-process";
import { sender, type Sender } from "../support/mes-sender";
import { arrivals, startMesStore, type Conduct, type MesStore } from "../support/mes-store";
import { until } from "../support/node-red-runtime";
import { logFiles, outboxFolder, smallDisk, WIDE } from "../support/outbox";
import { freePort } from "../support/ports";
import { fuzzSeed, seeded } from "../support/seeded";

/** A MES that is away, fails, breaks off or says nothing, and a process, a disk and a file that end or break; counted is what was sent and what arrived. */

/** Kills in the default run; RESONANCE_KILLS sets another number. */
const KILLS = Number(process.env["RESONANCE_KILLS"] ?? 12);

const unhandled: unknown[] = [];
const note = (reason: unknown): void => { unhandled.push(reason); };
before(() => { process.on("unhandledRejection", note); });
after(() => {
  process.off("unhandledRejection", note);
  assert.deepEqual(unhandled, [], "no rejection went unhandled");
});

const folderOf = (t: TestContext): string => {
  const folder = outboxFolder();
  t.after(() => { fs.rmSync(folder, { recursive: true, force: true }); });
  return folder;
};

async function store(t: TestContext, options: Parameters<typeof startMesStore>[0] = {}): Promise<MesStore> {
  const mes = await startMesStore(options);
  t.after(() => mes.close());
  return mes;
}

/** Each equipment's documents arrived in their order, and together they are `count`. */
function assertInOrder(mes: MesStore, count: number): void {
  for (const [lane, numbers] of arrivals(mes)) assert.deepEqual(numbers, [...numbers].sort((one, other) => one - other), lane);
  assert.equal(mes.store.size, count);
}

describe("delivery to a MES under faults", () => {
  test("a MES away for 10,000 documents and back: each arrives once, in order, and it was hardly asked meanwhile", async (t) => {
    const port = await freePort();
    const { send, waiting, outbox, results } = sender(t, `http://127.0.0.1:${port}/b2mml`, folderOf(t));
    await Promise.all(send(0, 10_000));
    assert.equal(waiting(), 10_000);
    await until(() => outbox.status().problem?.code === "RESONANCE_MES_UNREACHABLE", "the reason to be told");
    const mes = await store(t, { port });
    await until(() => waiting() === 0, "everything delivered", 150);
    assertInOrder(mes, 10_000);
    assert.deepEqual([mes.counts.requests, mes.counts.repeated, results.length], [10_000, 0, 10_000]);
    assert.ok(results.every(({ kind }) => kind === "delivered"));
  });

  test("a MES that answers 500 to one in three: each document is taken once, in order", async (t) => {
    const mes = await store(t, { conduct: (request) => (request % 3 === 0 ? "fail" : "answer") });
    const { send, waiting } = sender(t, mes.url, folderOf(t));
    await Promise.all(send(0, 600));
    await until(() => waiting() === 0, "everything delivered", 30);
    assertInOrder(mes, 600);
    assert.equal(mes.counts.repeated, 0);
    assert.equal(mes.counts.requests, 600 + mes.counts.failed);
    assert.ok(mes.counts.failed >= 290, String(mes.counts.failed));
  });

  test("a MES that takes a document and drops the connection before it answers: sent again under the same key, kept once", async (t) => {
    const mes = await store(t, { conduct: (request, known) => (!known && request % 3 === 0 ? "drop" : "answer") });
    const { send, waiting, results } = sender(t, mes.url, folderOf(t));
    await Promise.all(send(0, 300));
    await until(() => waiting() === 0, "everything delivered", 30);
    assertInOrder(mes, 300);
    assert.ok(mes.counts.dropped > 50, String(mes.counts.dropped));
    assert.deepEqual([mes.counts.repeated, mes.counts.requests], [mes.counts.dropped, 300 + mes.counts.dropped]);
    assert.equal(results.filter((result) => result.kind === "delivered" && result.delivery.attempts > 1).length, mes.counts.dropped);
  });

  test("a MES that says nothing does not slow another, nor does one that is not there", async (t) => {
    const silent = await store(t, { conduct: () => "hang" });
    const good = await store(t);
    const [hanging, absent, fine] = [silent.url, `http://127.0.0.1:${await freePort()}/`, good.url].map((url) => sender(t, url, folderOf(t), { timeout: 60_000 })) as [Sender, Sender, Sender];
    await Promise.all([hanging, absent, fine].flatMap(({ send }) => send(0, 200)));
    await until(() => fine.waiting() === 0, "the good MES's documents");
    assertInOrder(good, 200);
    assert.deepEqual([hanging.waiting(), absent.waiting(), hanging.results.length, absent.results.length], [200, 200, 0, 0]);
    assert.equal(silent.counts.requests, 4, "four equipments at once and no more");
  });

  test("a MES that always fails, and a limit of attempts: dead letters with the reason, sent again when they are replayed", async (t) => {
    let conduct: "fail" | "answer" = "fail";
    const mes = await store(t, { conduct: () => conduct });
    const { send, waiting, results, outbox } = sender(t, mes.url, folderOf(t), { retries: 3 });
    await Promise.all(send(0, 2));
    await until(() => waiting() === 0, "both given up");
    assert.equal(mes.counts.requests, 8, "each once and three times more");
    assert.deepEqual(results.map((result) => result.kind === "dead" && result.error.code), ["RESONANCE_MES_HTTP_STATUS", "RESONANCE_MES_HTTP_STATUS"]);
    const open = await outbox.outbox();
    assert.match(open.deadLetters()[0]?.reason ?? "", /^RESONANCE_MES_HTTP_STATUS: .*500: no database/);
    conduct = "answer";
    assert.equal(await open.replay("all"), 2);
    await until(() => waiting() === 0 && open.counts().dead === 0, "both delivered");
    assertInOrder(mes, 2);
  });

  test("a folder without room: what is not on the disk is refused, what is arrives, and it goes on by itself", async (t) => {
    const folder = outboxFolder();
    const mounted = mountSmall(folder);
    t.after(() => {
      if (mounted) execFileSync("umount", [folder]);
      fs.rmSync(folder, { recursive: true, force: true });
    });
    const disk = smallDisk(mounted ? Number.MAX_SAFE_INTEGER : 300_000);
    const port = await freePort();
    const { send, waiting, outbox } = sender(t, `http://127.0.0.1:${port}/`, path.join(folder, "outbox"), { disk });
    const outcomes: PromiseSettledResult<void>[] = [];
    for (let from = 0; from < 3000; from += 100) outcomes.push(...await Promise.allSettled(send(from, from + 100)));
    const refused = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [(outcome.reason as { code: string }).code] : []));
    assert.ok(refused.length > 0 && refused.length < 3000, `${refused.length} refused`);
    assert.deepEqual([...new Set(refused)], ["RESONANCE_OUTBOX_DISK"]);
    assert.equal(outbox.status().problem?.code, "RESONANCE_OUTBOX_DISK");
    t.diagnostic(`${mounted ? "a full tmpfs" : "a disk that is full by injection"}: ${3000 - refused.length} of 3000 documents kept`);
    const kept = 3000 - refused.length;
    if (mounted) execFileSync("mount", ["-o", "remount,size=64m", folder]);
    disk.free = Number.MAX_SAFE_INTEGER;
    const mes = await store(t, { port });
    await until(() => waiting() === 0, "what was kept to arrive", 30);
    assertInOrder(mes, kept);
    await Promise.all(send(3000, 3010));
    await until(() => mes.store.size === kept + 10, "the newer ones");
    assert.equal(outbox.status().problem, undefined);
    await outbox.close();
  });

  test("a broken block in the log: told with its file, everything else arrives", async (t) => {
    const folder = folderOf(t);
    const port = await freePort();
    const first = sender(t, `http://127.0.0.1:${port}/`, folder);
    await Promise.all(first.send(0, 100));
    await first.outbox.close();
    const [log = ""] = logFiles(folder);
    const data = fs.readFileSync(log);
    data.fill(0x55, data.indexOf("cnc-2-52") + 20, data.indexOf("cnc-2-52") + 60);
    fs.writeFileSync(log, data.subarray(0, data.length - 30));
    const mes = await store(t, { port });
    const { waiting, problems } = sender(t, mes.url, folder);
    await until(() => waiting() === 0 && mes.store.size > 0, "the rest");
    assert.deepEqual(problems, ["RESONANCE_OUTBOX_DAMAGED"]);
    assert.ok(mes.store.size >= 98 && !mes.store.has("cnc-2-52"), String(mes.store.size));
    assertInOrder(mes, mes.store.size);
  });

  test("a full outbox drops the oldest or refuses the newest, as chosen, and counts", async (t) => {
    const url = `http://127.0.0.1:${await freePort()}/`;
    for (const [policy, expected] of [["refuse", { waiting: 10, refused: 15, dropped: 0 }], ["drop-oldest", { waiting: 10, refused: 0, dropped: 15 }]] as const) {
      const { send, outbox } = sender(t, url, folderOf(t), { policy, limits: { ...WIDE, entries: 10 } });
      await Promise.allSettled(send(0, 25));
      const { waiting, refused, dropped } = (await outbox.outbox()).counts();
      assert.deepEqual({ waiting, refused, dropped }, expected);
      await outbox.close();
    }
  });

  test(`Node-RED ended by kill -9 ${KILLS} times while it sends to two MES: whatever was done arrives, in order, and each MES keeps it once`, async (t) => {
    const userDir = fs.mkdtempSync(path.join(tmpdir(), "resonance-kill-"));
    t.after(() => { fs.rmSync(userDir, { recursive: true, force: true }); });
    const journal = path.join(userDir, "journal");
    const seed = fuzzSeed();
    const random = seeded(seed);
    const conduct = (request: number, known: boolean): Conduct => (!known && request % 50 === 0 ? "drop" : request % 70 === 0 ? "fail" : "answer");
    // The third is never there: what is for it fills files that stay.
    const both = [await store(t, { conduct }), await store(t, { conduct })] as const;
    const urls = [...both.map(({ url }) => url), `http://127.0.0.1:${await freePort()}/`];
    const files = new Set<string>();
    const gone = new Set<string>();
    for (let round = 0; round < KILLS; round += 1) {
      const flow = startFlowProcess({ userDir, urls: round % 3 === 2 ? urls : urls.slice(0, 2), journal, from: round * 1_000_000 });
      await flow.sending;
      await new Promise((resolve) => setTimeout(resolve, random.below(400)));
      await flow.kill();
      const now = new Set(logFiles(path.join(userDir, "resonance", "outbox", "mes-0")));
      for (const file of files) if (!now.has(file)) gone.add(file);
      for (const file of now) files.add(file);
    }
    const done = fs.readFileSync(journal, "utf8").split("\n").filter((line) => line !== "").map((line) => line.split(" "));
    const doneFor = (index: number): string[] => done.flatMap(([of, key = ""]) => (of === String(index) ? [key] : []));
    const third = await store(t, { port: Number(new URL(urls[2] ?? "").port) });
    const last = startFlowProcess({ userDir, urls, journal });
    await last.sending;
    for (const [index, mes] of [...both, third].entries()) {
      await until(() => doneFor(index).every((key) => mes.store.has(key)), `every message that was done for MES ${index}`, 120);
      t.diagnostic(`MES ${index}, seed ${seed}: ${KILLS} kills, ${doneFor(index).length} messages done, ${mes.store.size} kept by the MES, ${mes.counts.repeated} sent again, ${mes.counts.dropped} connections dropped`);
      assert.equal(new Set(doneFor(index)).size, doneFor(index).length);
    }
    await last.kill();
    for (const mes of [...both, third]) assertInOrder(mes, mes.store.size);
    t.diagnostic(`${files.size} files of the outbox seen, ${gone.size} of them removed meanwhile`);
  });
});

/** A file system of its own with 1 MB, where this process may mount one. */
function mountSmall(folder: string): boolean {
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
