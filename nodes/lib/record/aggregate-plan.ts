import { ResonanceError } from "../errors/resonance-error";
import type { Field } from "../profile/profile";
import { compileConversion } from "../units/conversion";
import { rateFactor } from "../units/rate-unit";
import type { Admission, Admit } from "./admission";
import { AGGREGATES, isAggregate, type Aggregate, type Fold } from "./aggregate";
import { compileAdmission } from "./field-value";
import { WINDOW_LIMIT, type WindowContents, type WindowSpan } from "./sample-window";

/** How much a window holds: a time span or a number of samples; neither for all samples since the last record. Texts come from variables. */
export interface WindowSetting {
  readonly seconds?: number | string;
  readonly samples?: number | string;
}

/** What a row of the mapping says of its aggregate. */
export interface AggregateSetting {
  readonly unit: string;
  readonly aggregate?: Aggregate | "";
  readonly window?: WindowSetting;
}

/** A field worked out of a window, compiled. */
export interface AggregatePlan {
  readonly span: WindowSpan;
  /** Samples without which there is no value. */
  readonly least: number;
  /** Admits a sample to the window. */
  readonly admit: Admit;
  /** The field's value; `undefined` where the samples do not give one. */
  readonly work: (contents: WindowContents) => Admission | undefined;
  /** What a window keeps of its numbers for it. */
  readonly fold: Fold | undefined;
}

/** How samples of an aggregate are admitted, and what its result is multiplied with before the field judges it. */
interface Scale {
  readonly admit: Admit;
  readonly factor: number;
}

/** A month; longer spans belong into a historian. */
const LONGEST_SECONDS = 31 * 86_400;

/** Aggregates of fields that are no numbers; a number takes all but the history, a whole number those that stay whole. */
const FITTING: Readonly<Record<string, readonly Aggregate[]>> = {
  number: ["last", "mean", "min", "max", "std", "rms", "count", "rate"],
  integer: ["last", "min", "max", "count"],
  array: ["history"],
};

/**
 * Compiles the aggregate of a row for `field`; `undefined` for a row without one, whose field has the tag's latest value.
 *
 * Samples are converted on their way in and must be in the field's range; but a standard deviation, a rate and a count are other things
 * than the samples: there samples only have to be numbers (for a count, not even that), the result is converted without offset, and only it must
 * be in the range; so too a root mean square, whose samples may be negative. `at` names the row, e.g. `tags/2`.
 * @throws RESONANCE_CONFIG_INVALID, RESONANCE_UNIT_UNKNOWN, RESONANCE_UNIT_INCOMPATIBLE with a path like `tags/2/window/seconds`
 */
export function compileAggregate(field: Field, { unit, aggregate = "", window }: AggregateSetting, at: string): AggregatePlan | undefined {
  const span = compileSpan(window, at);
  if (aggregate === "" || (aggregate === "last" && span.kind === "record")) return undefined;
  if (!isAggregate(aggregate)) throw invalid(`${at}/aggregate`, String(aggregate));
  const type = String(field.schema.type);
  if (!(FITTING[type] ?? ["last"]).includes(aggregate)) throw invalid(`${at}/aggregate`, `${aggregate} ≠ ${field.name} (${type})`);
  const rule = AGGREGATES[aggregate];
  const { admit, factor } = compileScale(field, aggregate, unit, `${at}/unit`);
  const judge = compileAdmission(field, "", `${at}/unit`);
  const whole = aggregate === "history" && span.kind === "samples" ? span.samples : 0;
  const { maxItems = Infinity, minItems = 0 } = field.schema as { readonly maxItems?: number; readonly minItems?: number };
  if (aggregate === "history" && span.kind === "samples" && (whole > maxItems || whole < minItems)) {
    throw invalid(`${at}/window/samples`, `${whole} ≠ ${minItems} – ${maxItems}`);
  }
  return {
    span,
    least: Math.max(rule.least, whole),
    admit,
    fold: rule.fold,
    work({ digest, samples }) {
      const result = digest ? rule.of(digest, samples) : rule.none;
      return result === undefined ? undefined : judge(factor === 1 ? result : (result as number) * factor);
    },
  };
}

function compileScale(field: Field, aggregate: Aggregate, unit: string, path: string): Scale {
  const { schema } = field;
  const own = schema.unit ?? "";
  const converted = unit !== "" && own !== "";
  const anyNumber: Admit = compileAdmission({ schema: { type: "number" } }, "", path);
  if (aggregate === "count") return { admit: (value) => ({ value }), factor: 1 };
  if (aggregate === "rate") return { admit: anyNumber, factor: rateFactor(unit === "" ? own : unit, own, path) };
  if (aggregate === "std" && !converted) return { admit: compileAdmission({ schema: { type: "number", unit: own } }, "", path), factor: 1 };
  if (aggregate === "std") return { admit: anyNumber, factor: compileConversion(unit, own, path).factor };
  if (aggregate === "rms") return { admit: compileAdmission({ schema: { type: "number", unit: own } }, converted ? unit : "", path), factor: 1 };
  if (aggregate === "history") return { admit: compileAdmission({ schema: schema.items ?? { type: "number" } }, unit, path), factor: 1 };
  return { admit: compileAdmission(field, unit, path), factor: 1 };
}

function compileSpan(window: WindowSetting | undefined, at: string): WindowSpan {
  const seconds = Number(window?.seconds ?? 0);
  const samples = Number(window?.samples ?? 0);
  if (!(seconds >= 0 && seconds <= LONGEST_SECONDS)) throw invalid(`${at}/window/seconds`, `${String(window?.seconds)} ≠ 0 – ${LONGEST_SECONDS}`);
  if (!(Number.isInteger(samples) && samples >= 0 && samples <= WINDOW_LIMIT)) throw invalid(`${at}/window/samples`, `${String(window?.samples)} ≠ 0 – ${WINDOW_LIMIT}`);
  if (seconds > 0 && samples > 0) throw invalid(`${at}/window`, "seconds and samples");
  if (seconds > 0) return { kind: "time", milliseconds: seconds * 1000 };
  return samples > 0 ? { kind: "samples", samples } : { kind: "record" };
}

function invalid(setting: string, detail: string): ResonanceError {
  return new ResonanceError("RESONANCE_CONFIG_INVALID", { setting, detail }, { path: setting });
}
