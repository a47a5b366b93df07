import type { FieldError } from "./field-error";
import type { Incoming } from "./incoming";
import type { Ledger, Ticket } from "./ledger";
import { fill, type BadQuality, type Slot } from "./slot";

/** Puts a sample into all slots of its tag, accounts for it once, and says whether it has got into one. */
export function applySample(
  slots: readonly Slot[], sample: Incoming, { badQuality, receivedAt, ledger }: { readonly badQuality: BadQuality; readonly receivedAt: number; readonly ledger: Ledger },
): boolean {
  const ticket: Ticket = { fate: "held", holders: 0, taken: false };
  const errors: FieldError[] = [];
  let used = false;
  for (const slot of slots) {
    const fate = fill(slot, sample, { badQuality, receivedAt, ticket, events: ledger });
    if (typeof fate === "object") errors.push(ledger.error(slot.plan.field, fate));
    else used = true;
    if (fate === "applied") ticket.fate = fate;
  }
  if (errors.length > 0) ledger.reject(errors, used ? [] : [sample.tag]);
  if (used) ledger.apply(ticket);
  return used;
}
