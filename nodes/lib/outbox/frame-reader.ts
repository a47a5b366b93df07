import fs from "node:fs";
import { openFrame, type PutMeta } from "./frame";
import type { Place, Segment } from "./segment-log";

/** Entries read again from where they lie. */
export interface FrameReader {
  /** Meta data and body; `undefined` when the bytes on the disk are no longer what was written. */
  read(place: Place): { readonly meta: PutMeta; readonly body: Buffer } | undefined;
  /** Lets go of the segment's file. */
  forget(segment: Segment): void;
}

/** Reads entries; the file of the last one stays open, because entries are read in their order. */
export function createFrameReader(): FrameReader & { close(): void } {
  let open: { readonly segment: Segment; readonly descriptor: number } | undefined;
  const close = (): void => {
    if (open) fs.closeSync(open.descriptor);
    open = undefined;
  };
  const descriptorOf = (segment: Segment): number => {
    if (open?.segment === segment) return open.descriptor;
    close();
    open = { segment, descriptor: fs.openSync(segment.file, "r") };
    return open.descriptor;
  };
  return {
    close,
    forget(segment) {
      if (open?.segment === segment) close();
    },
    read({ segment, offset, length }) {
      const data = Buffer.allocUnsafe(length);
      try {
        if (fs.readSync(descriptorOf(segment), data, 0, length, offset) !== length) return undefined;
      } catch {
        return undefined;
      }
      const frame = openFrame(data, segment.salt);
      return frame && { meta: frame.meta as PutMeta, body: frame.body };
    },
  };
}
