import type { Category, Profile } from "../profile/profile";
import type { InterfaceRecord } from "../record/interface-record";
import type { Draft } from "./document";
import type { JobContext } from "./lineage";
import type { Place } from "./place";

/** What a user can set about the messages a node writes. */
export interface MessageOptions {
  /** Schedule the message belongs to where the flow gives no job. */
  readonly workScheduleId?: string;
  /** Work master of the maintenance work. */
  readonly workMasterId?: string;
  /** Decimal number; what it means is the MES's convention. */
  readonly priority?: string;
  /** `Sender/LogicalID`; `model-data-resonance` unless told. */
  readonly sender?: string;
  /** Whether the MES shall answer a receipt with ConfirmBOD; not asked for unless told. */
  readonly confirmation?: "Never" | "OnError" | "Always";
}

/** What a frame knows when it is built. */
export interface FrameContext {
  readonly profile: Profile;
  readonly category: Category;
  readonly record: InterfaceRecord;
  readonly place: Place;
  readonly job: JobContext;
  readonly options: MessageOptions;
}

/** The fixed part of a message. */
export interface Frame {
  /** The verb's element, e.g. `{ Process: {…} }`. */
  readonly verb: Draft;
  /** Where fields without a target of their own go, below the noun: `WorkRequest/JobOrder/JobOrderParameter`. */
  readonly home: string;
  /** Whether every value names its model and confidence. */
  readonly lineagePerValue: boolean;
  /** The noun with every container a field's path may lead into. */
  build(context: FrameContext): Draft;
  /** Puts right what depends on the fields once they stand. */
  settle?(noun: Draft, context: FrameContext): void;
}
