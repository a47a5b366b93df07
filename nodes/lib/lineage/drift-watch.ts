import type { Direction } from "../profile/profile";
import type { RecordValues } from "../record/interface-record";
import { createBinWindow, PER_LIST, type KeptWindow, type WindowBounds } from "./bin-window";
import type { FieldPlan } from "./compile-reference";
import { stabilityIndex } from "./stability-index";
import { DRIFT_STATES, worse, type DriftState } from "./states";

export interface DriftSettings extends WindowBounds {
  /** Index from which drift is suspected, and confirmed. */
  readonly suspected: number;
  readonly confirmed: number;
  /** Records with a field before it is judged. */
  readonly least: number;
}

/** How far a field has moved away from the training data. */
export interface FieldDrift {
  readonly field: string;
  readonly direction: Direction;
  /** Population stability index. */
  readonly index: number;
  readonly records: number;
  readonly state: DriftState;
}

/** A change of the state as a whole. */
export interface DriftChange {
  readonly from: DriftState;
  readonly to: DriftState;
}

/** Watches one model at one place. */
export interface DriftWatch {
  /** Takes an input and its output; gives the change of the state, where there was one. `now` is milliseconds since 1970. */
  observe(input: RecordValues, output: RecordValues, now: number): DriftChange | undefined;
  /** The worst state of all fields that have records enough; `unknown` while there is none. */
  state(): DriftState;
  /** Those with the greatest index first. */
  fields(): readonly FieldDrift[];
  keep(): KeptWatch;
}

/** A watch as it is kept beyond a deploy, plain JSON. */
export interface KeptWatch {
  /** What the bins mean; another reference has other bins. */
  readonly of: string;
  readonly states: readonly DriftState[];
  readonly window: KeptWindow;
}

/** A state is left again only when the index has come down to this part of its limit, so that it does not flicker. */
const RETURN = 0.8;

/**
 * Watches the fields whose distribution a reference knows. Memory and time of a record depend on the settings and the fields only.
 * `kept` counts where it is of the same reference.
 */
export function createDriftWatch(plans: readonly FieldPlan[], settings: DriftSettings, kept?: KeptWatch): DriftWatch {
  const watched = plans.flatMap(({ distribution, ...plan }) => (distribution ? [{ ...plan, ...distribution }] : []));
  const of = JSON.stringify(watched.map(({ field, direction, shares }) => [direction, field, shares]));
  const known = kept?.of === of ? kept : undefined;
  const window = createBinWindow(watched.map(({ shares, list }) => ({ bins: shares.length, list })), settings, known?.window);
  const states: DriftState[] = watched.map((_, index) => DRIFT_STATES.find((state) => state === known?.states[index]) ?? "unknown");
  const limits = { suspected: settings.suspected, confirmed: settings.confirmed };
  const indexOf = (field: number): number => stabilityIndex(watched[field]?.shares ?? [], window.counts(field), window.total(field));
  const whole = (): DriftState => {
    const judged = states.filter((state) => state !== "unknown");
    return judged.length === 0 ? "unknown" : judged.reduce<DriftState>((worst, state) => worse(DRIFT_STATES, worst, state), "none");
  };
  let state = whole();
  return {
    observe(input, output, now) {
      window.add(watched.map(({ field, direction, binOf }) => binsOf((direction === "input" ? input : output)[field], binOf)), now);
      for (let field = 0; field < watched.length; field++) {
        states[field] = window.records(field) < settings.least ? "unknown" : judge(indexOf(field), states[field] as DriftState, limits);
      }
      const from = state;
      state = whole();
      return from === state ? undefined : { from, to: state };
    },
    state: () => state,
    fields: () => watched
      .map(({ field, direction }, at) => ({ field, direction, index: Math.round(indexOf(at) * 1e4) / 1e4, records: window.records(at), state: states[at] as DriftState }))
      .sort((a, b) => b.index - a.index),
    keep: () => ({ of, states: [...states], window: window.keep() }),
  };
}

/** The state an index means; one that was there before holds until the index has come down clearly. */
export function judge(index: number, before: DriftState, { suspected, confirmed }: Pick<DriftSettings, "suspected" | "confirmed">): DriftState {
  if (index >= (before === "confirmed" ? confirmed * RETURN : confirmed)) return "confirmed";
  return index >= (before === "suspected" || before === "confirmed" ? suspected * RETURN : suspected) ? "suspected" : "none";
}

function binsOf(value: unknown, binOf: (value: unknown) => number): readonly number[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) return [binOf(value)].filter((bin) => bin >= 0);
  const step = Math.max(1, value.length / PER_LIST);
  const items: number[] = [];
  for (let at = 0; items.length < PER_LIST && Math.floor(at) < value.length; at += step) items.push(binOf(value[Math.floor(at)]));
  return items.filter((bin) => bin >= 0);
}
