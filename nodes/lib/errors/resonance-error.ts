import texts from "./error-texts.json";

/** Every error the pack can report; the list and its texts are `error-texts.json`. */
export type ErrorCode = keyof typeof texts;

/** The languages of labels, help and errors. */
export type Language = "en-US" | "zh-CN" | "de";

/** What the placeholders of an error text stand for. */
export type ErrorParams = Readonly<Record<string, string | number | boolean | undefined>>;

interface ErrorText {
  /** Under 20 characters, for the node's status. */
  readonly status: string;
  /** What happened. */
  readonly text: string;
  /** What to do about it. */
  readonly hint: string;
}

const LONGEST_PARAM = 2000;

/** A failure with a stable code, the path of the field it is about (where there is one) and what to do. */
export class ResonanceError extends Error {
  readonly code: ErrorCode;
  readonly path: string | undefined;
  readonly params: ErrorParams;

  constructor(code: ErrorCode, params: ErrorParams = {}, details: { path?: string; cause?: unknown } = {}) {
    const { text, hint } = textOf(code, params, "en-US");
    super(`${text} ${hint}`, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = "ResonanceError";
    this.code = code;
    this.path = details.path;
    this.params = params;
  }

  /** Puts the message into `language`; Node-RED shows and passes on `message` as it stands. */
  localize(language: Language): this {
    const { text, hint } = textOf(this.code, this.params, language);
    this.message = `${text} ${hint}`;
    return this;
  }

  /** What to do about it, in `language`. */
  hint(language: Language = "en-US"): string {
    return textOf(this.code, this.params, language).hint;
  }

  /** The short text for a node's status, in `language`. */
  status(language: Language = "en-US"): string {
    return textOf(this.code, this.params, language).status;
  }

  // A Catch node reports `error.toString()`; the class name there would only be noise.
  override toString(): string {
    return this.message;
  }
}

/** The texts of a code in a language, placeholders (`{name}`) filled from `params`. */
export function textOf(code: ErrorCode, params: ErrorParams, language: Language): ErrorText {
  const entry: ErrorText = texts[code][language];
  return { status: fill(entry.status, params), text: fill(entry.text, params), hint: fill(entry.hint, params) };
}

/** Any thrown value as a `ResonanceError`; what is not ours becomes `RESONANCE_INTERNAL` with the original as cause. */
export function toResonanceError(thrown: unknown): ResonanceError {
  if (thrown instanceof ResonanceError) return thrown;
  const detail = thrown instanceof Error ? thrown.message : String(thrown);
  return new ResonanceError("RESONANCE_INTERNAL", { detail }, { cause: thrown });
}

function fill(template: string, params: ErrorParams): string {
  return template.replace(/\{(\w+)\}/g, (_, name: string) => shortened(String(params[name] ?? "?")));
}

/** What comes from outside may be megabytes long; a message for people is not. */
function shortened(text: string): string {
  return text.length > LONGEST_PARAM ? `${text.slice(0, LONGEST_PARAM)}…` : text;
}
