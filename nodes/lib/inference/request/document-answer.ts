import { ResonanceError } from "../../errors/resonance-error";
import { isObject } from "../../json/is-object";
import { holdsPrototype } from "../../json/holds-prototype";
import { compilePointer, type Pointer } from "../../record/json-pointer";
import { decodeJson } from "../decode-json";
import type { RawAnswer } from "../model";
import { shorten, type Target } from "../model-error";

/** What a service answers with. */
export interface AnswerForm {
  readonly format: "json" | "text";
  /** JSON pointer: where the service reports an error although all seems well; empty for nowhere. */
  readonly errorPath: string;
  /** JSON pointer: where the service tells the model's version; empty for nowhere. */
  readonly versionPath: string;
}

const FORMATS: readonly string[] = ["json", "text"] satisfies readonly AnswerForm["format"][];

/** Reads an answer; `statusCode` is for the error text. */
export type AnswerReader = (text: string, target: Target, statusCode?: number) => RawAnswer;

/**
 * Compiles how a service's answer is read. The reader throws RESONANCE_MODEL_ANSWER_INVALID for what is empty, a web page or not
 * JSON, and RESONANCE_MODEL_SERVER_ERROR with the service's words where it reports an error.
 * @throws RESONANCE_CONFIG_INVALID
 */
export function compileAnswer({ format, errorPath, versionPath }: AnswerForm): AnswerReader {
  if (!FORMATS.includes(format)) throw invalid("answerFormat", `${format} ≠ ${FORMATS.join(", ")}`);
  const [errorAt, versionAt] = [pointerOf(errorPath, "errorPath"), pointerOf(versionPath, "versionPath")];
  return (text, { model, url }, statusCode = 200) => {
    if (format === "text") {
      if (text.trim() === "") throw unusable("the answer is empty");
      if (/^\s*<(?:!doctype|html)/i.test(text)) throw unusable("it is a web page (HTML)");
      return { body: text };
    }
    const body = decodeJson(text, false);
    if (body === null) throw unusable("it is null");
    if (text.includes("__proto__") && holdsPrototype(body)) throw unusable("the key __proto__ is not allowed");
    const reported = errorAt?.(body);
    if (!isNothing(reported)) {
      const detail = shorten(typeof reported === "string" ? reported : JSON.stringify(reported));
      throw new ResonanceError("RESONANCE_MODEL_SERVER_ERROR", { model, url, statusCode, detail }, { path: errorPath });
    }
    const version = versionAt?.(body);
    return { body, ...((typeof version === "string" && version !== "") || typeof version === "number" ? { version: String(version) } : {}) };
  };
}

/** What a place for errors holds where there is none. */
function isNothing(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0;
  if (isObject(value)) return Object.keys(value).length === 0;
  return value === undefined || value === null || value === false || value === "" || value === 0;
}

function pointerOf(text: string, setting: string): Pointer | undefined {
  const trimmed = text.trim();
  if (trimmed === "") return undefined;
  const pointer = compilePointer(trimmed);
  if (!pointer) throw invalid(setting, `${trimmed} ≠ JSON pointer, /a/0/b`);
  return pointer;
}

function unusable(detail: string): ResonanceError {
  return new ResonanceError("RESONANCE_MODEL_ANSWER_INVALID", { detail });
}

function invalid(setting: string, detail: string): ResonanceError {
  return new ResonanceError("RESONANCE_CONFIG_INVALID", { setting, detail }, { path: setting });
}
