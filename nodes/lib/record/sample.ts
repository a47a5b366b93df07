/** How far a value can be trusted, in OPC UA's three classes. */
export type Quality = "Good" | "Uncertain" | "Bad";

/** One value of one tag, as machine nodes send it. */
export interface Sample {
  readonly tag: string;
  readonly value: unknown;
  /** The unit the source states, a UN/CEFACT code; absent where it states none. */
  readonly unit?: string;
  /** The name of an enumeration's value. */
  readonly enumeration?: string;
  /** The locale of a text, e.g. `de`. */
  readonly locale?: string;
  readonly quality: Quality;
  /** The protocol's own status, e.g. `BadSensorFailure`; absent when it is plainly Good. */
  readonly status?: string;
  /** When the source took the value, ISO 8601 UTC with milliseconds. */
  readonly timestamp: string;
  /** Where a gap repeats the last good value: when the source took that one. */
  readonly valueTimestamp?: string;
}
