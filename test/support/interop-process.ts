import fs from "node:fs";
import { createInteropLog } from "../../nodes/lib/interop/log";
import { interopDraft, INTEROP_SETTINGS } from "./interop";

/** A process that records until it is killed; its journal has the number of every entry that is on the disk. Arguments: folder, journal. */
function run([folder = "", journalFile = ""]: readonly string[]): void {
  const journal = fs.openSync(journalFile, "a");
  const log = createInteropLog(folder, { ...INTEROP_SETTINGS, fileBytes: 40_000 });
  const writer = async (lane: number): Promise<void> => {
    for (let count = 0; ; count += 1) {
      const id = `${lane}/${count}`;
      await log.record({ ...interopDraft(count), ids: { recordId: id } });
      fs.writeSync(journal, `${id}\n`);
    }
  };
  for (let lane = 0; lane < 6; lane += 1) void writer(lane);
  setInterval(() => undefined, 1000);
}

run(process.argv.slice(2));
