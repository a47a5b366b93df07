import fs from "node:fs";
import { openOutbox } from "../../nodes/lib/outbox/open-outbox";

/**
 * A process that puts and finishes entries until it is killed: folder, journal and a prefix of its keys as arguments.
 * The journal says `P key` after a put resolved, `G key` before an entry is handled, `F key` after its `done` resolved.
 */
async function run([folder = "", journalFile = "", prefix = ""]: readonly string[]): Promise<void> {
  const journal = fs.openSync(journalFile, "a");
  const note = (line: string): void => { fs.writeSync(journal, `${line}\n`); };
  const outbox = await openOutbox({
    folder, segmentBytes: 16 * 1024, policy: "block", limits: { entries: 400, bytes: 10_000_000, ageMs: 0 },
  });
  const putter = async (lane: number): Promise<void> => {
    for (let count = 0; ; count += 1) {
      const key = `${prefix}/${lane}/${count}`;
      await outbox.put({ key, lane: `lane-${lane}`, headers: { run: prefix }, body: `${key}:`.padEnd(40 + (count * 37) % 400, "x") });
      note(`P ${key}`);
    }
  };
  const drain = (): void => {
    for (let entry = outbox.next(); entry; entry = outbox.next()) {
      const { sequence, key } = entry;
      note(`G ${key}`);
      outbox.done(sequence).then(() => { note(`F ${key}`); }, () => undefined);
    }
  };
  outbox.onChange(drain);
  drain();
  for (let lane = 0; lane < 8; lane += 1) void putter(lane);
  setInterval(() => undefined, 1000);
}

void run(process.argv.slice(2));
