import assert from "node:assert/strict";
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import test, { type TestContext } from "node:test";
import v8 from "node:v8";
import vm from "node:vm";
import { buildSync } from "esbuild";
import { crc32, tableCrc32 } from "../../nodes/lib/outbox/crc32";
import { REAL_DISK, type Disk } from "../../nodes/lib/outbox/disk";
import { scanFrames } from "../../nodes/lib/outbox/frame";
import type { Outbox } from "../../nodes/lib/outbox/outbox";
import { drain, logFiles, open, outboxFolder, put, smallDisk, WIDE } from "../support/outbox";
import { fuzzSeed, seeded, type Seeded } from "../support/seeded";

function folderOf(t: TestContext): string {
  const folder = outboxFolder();
  t.after(() => { fs.rmSync(folder, { recursive: true, force: true }); });
  return folder;
}

/** An outbox that the test closes, where it did not do so itself. */
async function opened(t: TestContext, folder: string, options: Parameters<typeof open>[1] = {}): Promise<Outbox> {
  const outbox = await open(folder, options);
  t.after(() => outbox.close());
  return outbox;
}

/** Waits for a state; the outbox's own timers keep no process alive. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(2);
}

const keys = (entries: readonly { readonly key: string }[]): readonly string[] => entries.map(({ key }) => key);
const coded = (code: string) => (error: unknown) => (error as { code?: string }).code === code;

// --- a model of the outbox, and random operations against it ---------------------------------------------------------

type Step =
  | { readonly kind: "put"; readonly sequence: number; readonly key: string; readonly lane: string; readonly body: string | Buffer }
  | { readonly kind: "done" | "purge" | "dead"; readonly sequence: number }
  | { readonly kind: "retry"; readonly sequence: number; readonly attempts: number }
  | { readonly kind: "replay"; readonly sequence: number; readonly as: number };

interface Expected { key: string; lane: string; body: string | Buffer; attempts: number; dead: boolean }

/** What must be in the outbox after the steps whose frames can be read. */
function expectedAfter(steps: readonly Step[], written = steps): Map<number, Expected> {
  const entries = new Map<number, Expected>();
  for (const step of steps) {
    const entry = entries.get(step.sequence);
    if (step.kind === "put") entries.set(step.sequence, { key: step.key, lane: step.lane, body: step.body, attempts: 0, dead: false });
    else if (step.kind === "replay") {
      // The frame of a replay holds the entry whole, so that it stands also where the frame of its put is lost.
      const origin = written.find((other) => other.kind === "put" && other.sequence === originOf(written, step.sequence));
      entries.delete(step.sequence);
      if (origin?.kind === "put") entries.set(step.as, { key: origin.key, lane: origin.lane, body: origin.body, attempts: 0, dead: false });
    } else if (!entry) continue;
    else if (step.kind === "retry") entry.attempts = step.attempts;
    else if (step.kind === "dead") entry.dead = true;
    else entries.delete(step.sequence);
  }
  return entries;
}

function originOf(steps: readonly Step[], sequence: number): number {
  const replay = steps.find((step) => step.kind === "replay" && step.as === sequence);
  return replay ? originOf(steps, replay.sequence) : sequence;
}

async function assertHolds(outbox: Outbox, expected: ReadonlyMap<number, Expected>, what: string): Promise<void> {
  const dead = [...expected].filter(([, entry]) => entry.dead).map(([sequence]) => sequence);
  assert.deepEqual(outbox.deadLetters().map(({ sequence }) => sequence).sort((a, b) => a - b), dead.sort((a, b) => a - b), what);
  for (const sequence of dead) assert.deepEqual(outbox.read(sequence)?.body, expected.get(sequence)?.body, what);
  const waiting = [...expected].filter(([, entry]) => !entry.dead).sort(([a], [b]) => a - b);
  assert.equal(outbox.counts().waiting, waiting.length, what);
  const found = await drain(outbox);
  assert.deepEqual(
    found.map(({ sequence, key, lane, body, attempts }) => [sequence, { key, lane, body, attempts, dead: false }]),
    waiting,
    what,
  );
}

/** Random steps, each awaited and noted. */
async function randomSteps(outbox: Outbox, random: Seeded, count: number, steps: Step[]): Promise<void> {
  const underWay = new Map<number, number>();
  let sequence = Math.max(0, ...steps.map((step) => Math.max(step.sequence, step.kind === "replay" ? step.as : 0)));
  for (let at = 0; at < count; at += 1) {
    const dice = random.below(100);
    const [busy] = underWay.keys();
    const [dead] = outbox.deadLetters(1);
    if (dice < 45) {
      sequence += 1;
      const body = random.chance(0.2) ? Buffer.from([0, 255, 82, 83, 66, 49, at & 255]) : `RSB1 ${"ä".repeat(random.below(60))}`;
      const entry = { key: `key-${sequence}`, lane: `lane-${random.below(4)}`, body };
      await outbox.put({ ...entry, headers: {} });
      steps.push({ kind: "put", sequence, ...entry });
    } else if (dice < 60 || busy === undefined) {
      const entry = outbox.next();
      if (entry) underWay.set(entry.sequence, entry.attempts);
      continue;
    } else if (dice < 80) {
      await outbox.done(busy);
      steps.push({ kind: "done", sequence: busy });
      underWay.delete(busy);
    } else if (dice < 85) {
      const attempts = (underWay.get(busy) ?? 0) + 1;
      outbox.retryLater(busy, 0);
      // The mark of an attempt is written without anyone waiting; the put behind it is waited for.
      steps.push({ kind: "retry", sequence: busy, attempts });
      underWay.delete(busy);
      sequence += 1;
      const entry = { key: `key-${sequence}`, lane: "lane-0", body: "" };
      await outbox.put({ ...entry, headers: {} });
      steps.push({ kind: "put", sequence, ...entry });
    } else if (dice < 92) {
      await outbox.deadLetter(busy, "the test wants it");
      steps.push({ kind: "dead", sequence: busy });
      underWay.delete(busy);
    } else if (dead && dice < 96) {
      sequence += 1;
      assert.equal(await outbox.replay(dead.sequence), 1);
      steps.push({ kind: "replay", sequence: dead.sequence, as: sequence });
    } else if (dead) {
      assert.equal(await outbox.purge(dead.sequence), 1);
      steps.push({ kind: "purge", sequence: dead.sequence });
    }
  }
}

test("random operations, with the process lost at any moment: what is in the outbox is what was put and not settled", async (t) => {
  const seed = fuzzSeed();
  t.diagnostic(`FUZZ_SEED=${seed}`);
  const random = seeded(seed);
  for (let round = 0; round < 30; round += 1) {
    const folder = folderOf(t);
    const steps: Step[] = [];
    for (let life = 0; life < 3; life += 1) {
      // Small files: a new one every few steps, so that finished ones are rewritten and removed all the time.
      const outbox = await open(folder, { segmentBytes: 512 });
      await randomSteps(outbox, random, 60, steps);
      if (random.chance(0.5)) {
        const copy = path.join(folderOf(t), "copy");
        await outbox.put({ key: "last", lane: "lane-0", headers: {}, body: "" });
        steps.push({ kind: "put", sequence: Math.max(...steps.map((step) => step.kind === "replay" ? step.as : step.sequence)) + 1, key: "last", lane: "lane-0", body: "" });
        fs.cpSync(folder, copy, { recursive: true });
        const crashed = await opened(t, copy, { segmentBytes: 512 });
        assert.deepEqual(crashed.damage, []);
        await assertHolds(crashed, expectedAfter(steps), `seed ${seed}, round ${round}, crash`);
      }
      await outbox.close();
    }
    await assertHolds(await opened(t, folder), expectedAfter(steps), `seed ${seed}, round ${round}`);
  }
});

/** A log in one file, whose frames are its steps. */
async function smallLog(t: TestContext): Promise<{ readonly name: string; readonly data: Buffer; readonly steps: readonly Step[]; readonly ends: readonly number[] }> {
  const folder = folderOf(t);
  const steps: Step[] = [];
  const outbox = await open(folder);
  await randomSteps(outbox, seeded(7), 28, steps);
  await outbox.close();
  const [file = ""] = logFiles(folder);
  const data = fs.readFileSync(file);
  const { frames, damage } = scanFrames(data, parseInt(path.basename(file).slice(11, 19), 16));
  assert.deepEqual([frames.length, damage.length], [steps.length, 0]);
  assert.ok(new Set(steps.map(({ kind }) => kind)).size >= 5, "the log holds marks of every kind");
  return { name: path.basename(file), data, steps, ends: frames.map(({ offset, length }) => offset + length) };
}

test("cut at any byte, the log gives what stood whole before the cut, and keeps the rest aside", async (t) => {
  const { name, data, steps, ends } = await smallLog(t);
  const folder = path.join(folderOf(t), "cut");
  for (let size = 0; size < data.length; size += 1) {
    fs.rmSync(folder, { recursive: true, force: true });
    fs.mkdirSync(folder);
    fs.writeFileSync(path.join(folder, name), data.subarray(0, size));
    const outbox = await open(folder);
    const whole = ends.filter((end) => end <= size);
    const torn = size - (whole.at(-1) ?? 0);
    assert.deepEqual(outbox.damage.map(({ bytes, tail }) => ({ bytes, tail })), torn > 0 ? [{ bytes: torn, tail: true }] : [], `cut at ${size}`);
    if (torn > 0) assert.deepEqual(fs.readFileSync(outbox.damage[0]?.keptAside ?? ""), data.subarray(size - torn, size));
    await assertHolds(outbox, expectedAfter(steps.slice(0, whole.length), steps), `cut at ${size}`);
    await outbox.close();
  }
});

test("with any byte flipped, only what that byte belongs to is lost, and it is reported once", async (t) => {
  const { name, data, steps, ends } = await smallLog(t);
  const folder = path.join(folderOf(t), "flipped");
  for (let at = 0; at < data.length; at += 1) {
    const flipped = Buffer.from(data);
    flipped[at] = (flipped[at] ?? 0) ^ (1 << (at % 8));
    fs.rmSync(folder, { recursive: true, force: true });
    fs.mkdirSync(folder);
    fs.writeFileSync(path.join(folder, name), flipped);
    const lost = ends.findIndex((end) => end > at);
    const outbox = await open(folder);
    assert.equal(outbox.damage[0]?.bytes, (ends[lost] ?? 0) - (ends[lost - 1] ?? 0), `flipped at ${at}`);
    const expected = expectedAfter(steps.filter((_, index) => index !== lost), steps);
    if (at % 8 === 0) {
      await outbox.close();
      const again = await open(folder);
      assert.deepEqual(again.damage, []);
      await assertHolds(again, expected, `opened again, flipped at ${at}`);
      await again.close();
    } else {
      await assertHolds(outbox, expected, `flipped at ${at}`);
      await outbox.close();
    }
  }
});

test("a body that is itself a log is never taken for entries of this one", async (t) => {
  const folder = folderOf(t);
  const inner = await open(folder);
  await put(inner, "inner");
  await inner.close();
  const [innerLog = ""] = logFiles(folder);
  const other = folderOf(t);
  const outbox = await open(other);
  await outbox.put({ key: "outer", lane: "lane", headers: {}, body: fs.readFileSync(innerLog) });
  await put(outbox, "next");
  await outbox.close();
  const [file = ""] = logFiles(other);
  const data = fs.readFileSync(file);
  data[8] = 255;
  fs.writeFileSync(file, data);
  assert.deepEqual(keys(await drain(await opened(t, other))), ["next"]);
});

test("CRC-32 is the same with and without Node.js's own", () => {
  assert.equal(tableCrc32(Buffer.from("123456789")), 0xcbf43926);
  const random = seeded(1);
  for (let length = 0; length < 300; length += 1) {
    const data = Buffer.from(Array.from({ length }, () => random.below(256)));
    const start = random.below(2 ** 31);
    assert.equal(tableCrc32(data, start), crc32(data, start));
  }
});

// --- killed, full, locked --------------------------------------------------------------------------------------------

function buildProcess(t: TestContext): string {
  const outfile = path.join(folderOf(t), "outbox-process.cjs");
  buildSync({ entryPoints: [path.join(__dirname, "../support/outbox-process.ts")], outfile, bundle: true, platform: "node", format: "cjs" });
  return outfile;
}

async function killed(child: ChildProcess): Promise<void> {
  const gone = once(child, "exit");
  child.kill("SIGKILL");
  await gone;
}

test("killed thirty times with SIGKILL while putting and finishing: nothing acknowledged is lost, nothing finished comes back", async (t) => {
  const script = buildProcess(t);
  const seed = fuzzSeed();
  t.diagnostic(`FUZZ_SEED=${seed}`);
  const random = seeded(seed);
  const folder = path.join(folderOf(t), "outbox");
  const journal = path.join(folderOf(t), "journal");
  for (let run = 0; run < 30; run += 1) {
    const before = fs.existsSync(journal) ? fs.statSync(journal).size : 0;
    const child = spawn(process.execPath, [script, folder, journal, String(run).padStart(2, "0")], { stdio: ["ignore", "ignore", "pipe"] });
    t.after(() => child.kill("SIGKILL"));
    let errors = "";
    child.stderr.on("data", (data: Buffer) => { errors += data.toString(); });
    while (!fs.existsSync(journal) || fs.statSync(journal).size < before + 500) {
      assert.equal(errors, "");
      await sleep(2);
    }
    await sleep(random.below(60));
    await killed(child);
    assert.equal(errors, "");
  }

  const lines = fs.readFileSync(journal, "utf8").split("\n").filter((line) => /^[PGF] \S+$/.test(line));
  const noted = (letter: string): string[] => lines.filter((line) => line.startsWith(letter)).map((line) => line.slice(2));
  const put = noted("P");
  const finished = new Set(noted("F"));
  const outbox = await opened(t, folder);
  const damage = outbox.damage;
  const left = keys(await drain(outbox));
  t.diagnostic(`${put.length} entries put, ${finished.size} finished, ${left.length} left at the end, ${JSON.stringify(damage)}`);
  const given = new Set([...noted("G"), ...left]);
  assert.deepEqual(put.filter((key) => !given.has(key)), [], "every acknowledged put is given out");
  assert.deepEqual(left.filter((key) => finished.has(key)), [], "no entry that was finished comes back");
  const afterFinish = lines.reduce<{ readonly finished: Set<string>; readonly again: string[] }>((state, line) => {
    if (line.startsWith("F")) state.finished.add(line.slice(2));
    else if (line.startsWith("G") && state.finished.has(line.slice(2))) state.again.push(line);
    return state;
  }, { finished: new Set(), again: [] });
  assert.deepEqual(afterFinish.again, []);
  const place = (key: string): number => Number(key.split("/")[0]) * 1e9 + Number(key.split("/")[2]);
  for (let lane = 0; lane < 8; lane += 1) {
    const order = [...given].filter((key) => key.split("/")[1] === String(lane)).map(place);
    assert.ok(order.length > 30);
    assert.deepEqual(order, [...order].sort((a, b) => a - b), "within a lane the first time comes in the order of the puts");
  }
});

test("a full disk refuses entries, tears none, and works again when there is room", async (t) => {
  const folder = folderOf(t);
  const disk = smallDisk(4000);
  const outbox = await opened(t, folder, { disk });
  const kept: string[] = [];
  for (let count = 0; count < 60; count += 1) {
    await put(outbox, `key-${count}`).then(() => kept.push(`key-${count}`), (error: unknown) => { assert.ok(coded("RESONANCE_OUTBOX_DISK")(error)); });
  }
  assert.ok(kept.length > 10 && kept.length < 60);
  assert.equal(outbox.trouble()?.code, "RESONANCE_OUTBOX_DISK");
  const copy = path.join(folderOf(t), "copy");
  fs.cpSync(folder, copy, { recursive: true });
  const crashed = await opened(t, copy);
  assert.deepEqual(crashed.damage, []);
  assert.deepEqual(keys(await drain(crashed)), kept);

  disk.free = 1e6;
  let told = 0;
  outbox.onChange(() => { told += 1; });
  await until(() => outbox.trouble() === undefined);
  await until(() => told > 0);
  await put(outbox, "after");
  assert.deepEqual(keys(await drain(outbox)), [...kept, "after"]);
});

test("a lane goes on when its last entry is settled on the disk: after a crash nothing old is sent behind newer; others do not wait", async (t) => {
  const folder = folderOf(t);
  let turned = (): void => undefined;
  let turning: Promise<void> = Promise.resolve();
  const disk: Disk = { ...REAL_DISK, async sync(file) { await turning; await REAL_DISK.sync(file); } };
  const outbox = await opened(t, folder, { disk });
  for (const key of ["a1", "a2", "a3", "b1"]) await put(outbox, key, key.charAt(0));
  for (const settle of [(number: number) => outbox.done(number), (number: number) => outbox.deadLetter(number, "refused")]) {
    turning = new Promise((resolve) => { turned = resolve; });
    const first = outbox.next();
    assert.equal(first?.lane, "a");
    let isOnDisk = false;
    const settled = settle(first.sequence).then(() => { isOnDisk = true; });
    const other = outbox.next();
    assert.notEqual(other?.lane, "a", "the next of the lane waits for the disk");
    if (other) await Promise.race([outbox.done(other.sequence), new Promise(setImmediate)]);
    assert.equal(outbox.next(), undefined);
    assert.equal(isOnDisk, false);
    turned();
    await settled;
  }
  assert.equal(outbox.next()?.key, "a3");
});

test("what is delivered while the disk is full frees it", async (t) => {
  const folder = folderOf(t);
  const disk = smallDisk(4000);
  const outbox = await open(folder, { disk, segmentBytes: 1000 });
  let kept = 0;
  while (await put(outbox, `key-${kept}`).then(() => true, () => false)) kept += 1;
  disk.free = 0;
  const first = outbox.next();
  await assert.rejects(outbox.done(first?.sequence ?? 0), coded("RESONANCE_OUTBOX_DISK"));
  let delivered = 1;
  for (let entry = outbox.next(); entry; entry = outbox.next()) {
    delivered += 1;
    await outbox.done(entry.sequence).catch(() => undefined);
  }
  assert.equal(delivered, kept, "a delivered entry is not given out again although its mark could not be written");
  await outbox.close();
  assert.deepEqual(logFiles(folder).map((file) => fs.statSync(file).size).filter((size) => size > 0), []);
  assert.deepEqual(await drain(await opened(t, folder)), []);
});

test("after a failed fsync nothing is trusted that was written with it", async (t) => {
  const folder = folderOf(t);
  const disk = smallDisk(1e6);
  const outbox = await open(folder, { disk });
  await put(outbox, "before");
  disk.failSync = true;
  await assert.rejects(put(outbox, "failed"), coded("RESONANCE_OUTBOX_DISK"));
  await assert.rejects(put(outbox, "failed too"), coded("RESONANCE_OUTBOX_DISK"));
  disk.failSync = false;
  await put(outbox, "after");
  assert.equal(outbox.trouble(), undefined);
  await outbox.close();
  assert.deepEqual(keys(await drain(await opened(t, folder))), ["before", "after"]);
});

test("on a file system that is really full: entries are refused, then taken again", async (t) => {
  const folder = outboxFolder();
  let mounted = false;
  t.after(() => {
    if (mounted) execFileSync("umount", [folder]);
    fs.rmSync(folder, { recursive: true, force: true });
  });
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], { stdio: "ignore" });
    mounted = true;
  } catch {
    t.skip("no right to mount a file system");
    return;
  }
  const outbox = await open(path.join(folder, "outbox"), { segmentBytes: 128 * 1024 });
  const body = "x".repeat(10_000);
  let kept = 0;
  while (await put(outbox, `key-${kept}`, "lane", body).then(() => true, () => false)) kept += 1;
  assert.ok(kept > 50);
  assert.equal(outbox.trouble()?.code, "RESONANCE_OUTBOX_DISK");
  let delivered = 0;
  for (let entry = outbox.next(); entry && delivered < 60; entry = outbox.next()) {
    delivered += 1;
    await outbox.done(entry.sequence).catch(() => undefined);
  }
  await put(outbox, "room again", "lane", body);
  await outbox.close();
  const again = await open(path.join(folder, "outbox"));
  assert.deepEqual(again.damage, []);
  assert.equal(keys(await drain(again)).at(-1), "room again");
  await again.close();
});

test("one process at a time: a running one is respected, a killed one is not waited for", async (t) => {
  const script = buildProcess(t);
  const folder = path.join(folderOf(t), "outbox");
  const journal = path.join(folderOf(t), "journal");
  const child = spawn(process.execPath, [script, folder, journal, "00"], { stdio: "ignore" });
  t.after(() => child.kill("SIGKILL"));
  while (!fs.existsSync(journal) || fs.statSync(journal).size === 0) await sleep(5);
  await assert.rejects(open(folder), coded("RESONANCE_OUTBOX_LOCKED"));
  await killed(child);
  const outbox = await open(folder);
  await assert.rejects(open(folder), coded("RESONANCE_OUTBOX_LOCKED"), "not twice in this process either");
  await outbox.close();

  // In a container Node-RED has the same process number after every start; and a lock may itself be torn.
  for (const lock of [JSON.stringify({ pid: process.pid, started: "another/boot" }), JSON.stringify({ pid: 1, started: "another-boot/1" }), "{\"pid\":", ""]) {
    fs.writeFileSync(path.join(folder, "lock"), lock);
    await (await open(folder)).close();
  }
  assert.deepEqual(fs.readdirSync(folder).filter((name) => name.startsWith("lock")), []);
});

// --- lanes, limits, dead letters -------------------------------------------------------------------------------------

test("a lane waits for its oldest entry, other lanes don't", async (t) => {
  const outbox = await opened(t, folderOf(t));
  for (const [key, lane] of [["a1", "a"], ["a2", "a"], ["b1", "b"], ["c1", "c"], ["b2", "b"]] as const) await put(outbox, key, lane);
  const a1 = outbox.next();
  assert.equal(a1?.key, "a1");
  assert.equal(outbox.next(new Set(["b"]))?.key, "c1");
  assert.equal(outbox.next()?.key, "b1");
  assert.equal(outbox.next(), undefined);
  let again = "";
  outbox.onChange(() => { again ||= outbox.next()?.key ?? ""; });
  outbox.retryLater(a1.sequence, 30);
  assert.equal(outbox.next(), undefined, "its lane waits for the next attempt");
  await until(() => again === "a1");
  assert.equal(outbox.read(a1.sequence)?.attempts, 1);
  await outbox.done(a1.sequence);
  assert.equal(outbox.next()?.key, "a2");
});

test("a dropped or dead entry never sets free a lane whose other entry is under way", async (t) => {
  const outbox = await opened(t, folderOf(t));
  for (const key of ["1", "2", "3"]) await put(outbox, key);
  const first = outbox.next();
  await outbox.deadLetter(first?.sequence ?? 0, "refused");
  assert.equal(outbox.next()?.key, "2");
  await outbox.purge("all");
  assert.equal(outbox.next(), undefined);
});

test("without room: put waits, or the oldest goes, or it is refused; each counted", async (t) => {
  const limits = { ...WIDE, entries: 2 };
  const blocking = await opened(t, folderOf(t), { policy: "block", limits });
  const settled: string[] = [];
  const puts = ["1", "2", "3", "4"].map((key) => put(blocking, key).then(() => settled.push(key)));
  await Promise.all(puts.slice(0, 2));
  await sleep(0);
  assert.deepEqual([settled, blocking.counts().blocked], [["1", "2"], 2]);
  const drained = [...await drain(blocking)];
  await Promise.all(puts);
  drained.push(...await drain(blocking));
  assert.deepEqual(keys(drained), ["1", "2", "3", "4"]);

  const dropping = await opened(t, folderOf(t), { policy: "drop-oldest", limits });
  for (const key of ["1", "2"]) await put(dropping, key);
  assert.equal(dropping.next()?.key, "1");
  for (const key of ["3", "4"]) await put(dropping, key);
  assert.deepEqual([dropping.counts().dropped, dropping.counts().waiting], [2, 2]);
  await dropping.done(1);
  assert.deepEqual(keys(await drain(dropping)), ["4"], "what is under way is not dropped");

  const refusing = await opened(t, folderOf(t), { policy: "refuse", limits });
  for (const key of ["1", "2"]) await put(refusing, key);
  await assert.rejects(put(refusing, "3"), coded("RESONANCE_OUTBOX_FULL"));
  assert.deepEqual([refusing.counts().refused, keys(await drain(refusing))], [1, ["1", "2"]]);

  const small = await opened(t, folderOf(t), { policy: "block", limits: { ...WIDE, bytes: 500 } });
  await assert.rejects(put(small, "1", "lane", "x".repeat(600)), coded("RESONANCE_OUTBOX_FULL"), "what never fits is not waited for");
});

test("many at once never pass the limits", async (t) => {
  const limits = { ...WIDE, entries: 10 };
  const refusing = await opened(t, folderOf(t), { policy: "refuse", limits });
  const results = await Promise.allSettled(Array.from({ length: 50 }, (_, index) => put(refusing, String(index))));
  assert.equal(results.filter(({ status }) => status === "fulfilled").length, 10);
  const blocking = await opened(t, folderOf(t), { policy: "block", limits });
  let most = 0;
  const puts = Array.from({ length: 200 }, (_, index) => put(blocking, String(index).padStart(3, "0"), `lane-${index % 3}`));
  const seen: string[] = [];
  while (seen.length < 200) {
    most = Math.max(most, blocking.counts().waiting);
    const entry = blocking.next();
    if (entry) {
      seen.push(entry.key);
      await blocking.done(entry.sequence);
    } else await sleep(1);
  }
  await Promise.all(puts);
  assert.ok(most <= 10, String(most));
  assert.deepEqual(seen, [...seen].sort());
});

test("an entry that is too old goes; puts that wait for room when the outbox closes are written beyond the limit", async (t) => {
  let time = 1_000_000;
  const folder = folderOf(t);
  const outbox = await open(folder, { policy: "block", limits: { entries: 2, bytes: 1e9, ageMs: 1000 }, now: () => time });
  await put(outbox, "old");
  time += 900;
  await put(outbox, "young");
  time += 200;
  assert.equal(outbox.next()?.key, "young");
  assert.equal(outbox.counts().expired, 1);
  await put(outbox, "2");
  const waiting = ["3", "4", "5"].map((key) => put(outbox, key));
  assert.equal(outbox.counts().blocked, 3);
  await outbox.close();
  await Promise.all(waiting);
  await assert.rejects(put(outbox, "6"), coded("RESONANCE_OUTBOX_CLOSED"));
  await assert.rejects(outbox.done(2), coded("RESONANCE_OUTBOX_CLOSED"));
  assert.equal(outbox.next(), undefined);
  const again = await opened(t, folder, { policy: "block", limits: { ...WIDE, entries: 2 } });
  const late = put(again, "7");
  assert.equal(again.counts().blocked, 1);
  assert.deepEqual(keys(await drain(again)).slice(0, 5), ["young", "2", "3", "4", "5"]);
  await late;
});

test("dead letters survive, are listed with their reason, replayed at the end of their lane, purged, and bounded", async (t) => {
  const folder = folderOf(t);
  const outbox = await open(folder);
  for (const key of ["1", "2", "3"]) await put(outbox, key, "lane", `<body>${key}</body>`);
  for (const reason of ["schema", "unknown order"]) await outbox.deadLetter(outbox.next()?.sequence ?? 0, reason);
  await outbox.close();
  const again = await open(folder, { limits: { ...WIDE, entries: 2 } });
  assert.deepEqual(again.deadLetters().map(({ key, reason, headers }) => [key, reason, headers["content-type"]]), [["1", "schema", "text/plain"], ["2", "unknown order", "text/plain"]]);
  assert.equal(again.read(1)?.body, "<body>1</body>");
  assert.deepEqual(await Promise.all([again.replay(1), again.replay(1)]), [1, 0], "replayed once however often it is asked for");
  assert.deepEqual([again.counts().dead, again.counts().waiting], [1, 2]);
  assert.equal(again.next()?.key, "3");
  await again.deadLetter(3, "late");
  await again.deadLetter(again.next()?.sequence ?? 0, "once more");
  assert.deepEqual([again.counts().dead, again.counts().deadDropped], [2, 1]);
  assert.deepEqual(again.deadLetters().map(({ key }) => key), ["3", "1"]);
  assert.equal(await again.purge("all"), 2);
  await again.close();
  assert.deepEqual((await opened(t, folder)).counts().dead, 0);
});

test("an entry whose bytes went bad under way is counted and its lane goes on", async (t) => {
  const folder = folderOf(t);
  const outbox = await opened(t, folder);
  for (const key of ["1", "2"]) await put(outbox, key);
  const [file = ""] = logFiles(folder);
  const handle = fs.openSync(file, "r+");
  fs.writeSync(handle, "!", 60);
  fs.closeSync(handle);
  assert.equal(outbox.next()?.key, "2");
  assert.equal(outbox.counts().damaged, 1);
});

// --- size and speed --------------------------------------------------------------------------------------------------

test("finished files go: the log stays small although a dead letter of the first hour is still there", async (t) => {
  const folder = folderOf(t);
  const outbox = await opened(t, folder, { segmentBytes: 20_000 });
  await put(outbox, "first");
  await outbox.deadLetter(outbox.next()?.sequence ?? 0, "kept");
  for (let round = 0; round < 100; round += 1) {
    await Promise.all(Array.from({ length: 50 }, (_, index) => put(outbox, `${round}-${index}`, `lane-${index}`)));
    await Promise.all(Array.from({ length: 50 }, () => outbox.done(outbox.next()?.sequence ?? 0)));
  }
  assert.equal(outbox.counts().done, 5000);
  const size = logFiles(folder).reduce((total, file) => total + fs.statSync(file).size, 0);
  assert.ok(size <= 5 * 20_000, `${size} bytes`);
  assert.equal(outbox.read(1)?.body, "body of first");
});

test("10,000 entries: bodies stay on the disk, opening reads them all", async (t) => {
  const folder = folderOf(t);
  const outbox = await open(folder);
  const body = "x".repeat(2000);
  const start = performance.now();
  const heldBefore = await held();
  const lane = async (number: number): Promise<void> => {
    for (let count = number; count < 10_000; count += 64) await put(outbox, `key-${count}`, `lane-${number}`, body);
  };
  await Promise.all(Array.from({ length: 64 }, (_, number) => lane(number)));
  const putMs = performance.now() - start;
  const perEntry = (await held() - heldBefore) / 10_000;
  await outbox.close();
  const opening = performance.now();
  const again = await opened(t, folder);
  const openMs = performance.now() - opening;
  assert.equal(again.counts().waiting, 10_000);
  assert.ok(perEntry < 600, `${perEntry} bytes of memory an entry of 2000`);
  const draining = performance.now();
  assert.equal((await drainAtOnce(again)).length, 10_000);
  t.diagnostic(`put by 64: ${Math.round(10_000 / putMs * 1000)}/s; opened in ${Math.round(openMs)} ms; drained ${Math.round(10_000 / (performance.now() - draining) * 1000)}/s; ${Math.round(perEntry)} bytes of memory an entry`);
});

async function drainAtOnce(outbox: Outbox): Promise<readonly string[]> {
  const seen: string[] = [];
  for (;;) {
    const marks: Promise<void>[] = [];
    for (let entry = outbox.next(); entry; entry = outbox.next()) {
      seen.push(entry.key);
      marks.push(outbox.done(entry.sequence));
      if (marks.length === 64) break;
    }
    if (marks.length === 0) return seen;
    await Promise.all(marks);
  }
}

/** Bytes of memory in use, after garbage collection. */
async function held(): Promise<number> {
  v8.setFlagsFromString("--expose-gc");
  const collect = vm.runInNewContext("gc") as () => void;
  for (let round = 0; round < 3; round += 1) {
    collect();
    await sleep(1);
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
