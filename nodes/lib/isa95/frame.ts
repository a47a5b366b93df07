import type { Category, Direction, Profile } from "../profile/profile";
import type { Nature } from "../record/interface-record";
import type { Tree } from "./document";
import type { Template } from "./template";

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

/** What a frame knows when it is built: all that the records of one category, direction and nature share. */
export interface FrameContext {
  readonly profile: Profile;
  readonly category: Category;
  readonly direction: Direction;
  readonly nature: Nature;
  readonly options: MessageOptions;
}

/** The fixed part of a message. */
export interface Frame {
  /** The verb's element, e.g. `{ Process: {…} }`. */
  readonly verb: Tree;
  /** Where fields without a target of their own go, below the noun: `WorkRequest/JobOrder/JobOrderParameter`. */
  readonly home: string;
  /** Whether every value names its model and confidence. */
  readonly lineagePerValue: boolean;
  /** The noun with slots for what is the record's, and with every container a field's path may lead into. */
  build(context: FrameContext): Template;
  /** Puts right what depends on the fields once they have their places. */
  settle?(noun: Template): void;
}
