import { randomUUID } from "node:crypto";
import type { NewEntry, OutboxEntry } from "../outbox/outbox";
import type { Envelope } from "./delivery";

/** A document with what is needed to bring its answer back. */
export interface Parcel {
  readonly envelope: Envelope;
  /** Documents of a lane arrive in their order. */
  readonly lane: string;
  /** Who gets the answer, also after a restart. */
  readonly owner: string;
  /** What the owner wants back with it. */
  readonly context: string;
}

/** A parcel as the disk keeps it; the key is the same for every attempt, also after a restart. */
export function entryOf({ envelope, lane, owner, context }: Parcel): NewEntry {
  const { document, contentType, message, bodId } = envelope;
  return { key: bodId === "" ? randomUUID() : bodId, lane, headers: { contentType, message, bodId, owner, context }, body: document };
}

/** The parcel again. */
export function parcelOf({ lane, headers, body }: Pick<OutboxEntry, "lane" | "headers" | "body">): Parcel {
  const { contentType = "", message = "", bodId = "", owner = "", context = "" } = headers;
  return { envelope: { document: body.toString(), contentType, message, bodId }, lane, owner, context };
}
