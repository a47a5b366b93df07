import type { DocumentFormat } from "../isa95/document";
import { equipmentOf } from "./lane";
import type { MesClient } from "./mes-client";
import type { MesOutbox } from "./mes-outbox";

/** What has to arrive in order: the documents of each equipment, or all. */
export type DeliveryOrder = "equipment" | "all";

/** How documents get to a MES: from memory, where the sender waits for the answer, or by way of the disk. */
export type MesWay = { readonly format: DocumentFormat } & (
  | { readonly keep: "none"; readonly client: MesClient }
  | { readonly keep: "disk"; readonly outbox: MesOutbox; readonly order: DeliveryOrder }
);

/** The lane of a document. */
export function laneOf(document: string, order: DeliveryOrder): string {
  return order === "all" ? "" : equipmentOf(document);
}
