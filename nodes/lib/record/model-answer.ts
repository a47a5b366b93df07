import { ResonanceError } from "../errors/resonance-error";
import type { Tensor } from "../inference/tensor";
import { shorten } from "./field-error";
import { compilePointer } from "./json-pointer";

/** A model's answer, whatever form it came in; its parts are looked at when they are asked for. */
export interface Answer {
  readonly tensors: readonly Tensor[];
  /** Whether it has the form of an answer with tensors. */
  readonly hasTensors: boolean;
  /** The tensor's values; `undefined` where there is none of that name. */
  tensor(name: string): Tensor["data"] | undefined;
  /** The answer as JSON, or what stands in it: `within` is a tensor's name (its first element), a JSON pointer, or empty. */
  json(within: string): unknown;
  text(within: string): string;
}

/** Characters of a text that is read as JSON, and of one that a pattern is looked for in. */
const LONGEST_JSON = 16 * 1024 * 1024;
const LONGEST_TEXT = 1_000_000;

/**
 * Takes an answer apart: tensors of the Open Inference Protocol, a JSON document (parsed or as text), or a plain text.
 * `json` and `text` throw RESONANCE_ANSWER_UNREADABLE, with a tensor also RESONANCE_OUTPUT_MISSING; no answer at all is RESONANCE_ANSWER_MISSING.
 */
export function readAnswer(payload: unknown): Answer {
  if (payload === undefined || payload === null) throw new ResonanceError("RESONANCE_ANSWER_MISSING");
  const whole = Buffer.isBuffer(payload) ? payload.toString("utf8") : payload;
  const tensors = tensorsOf(whole);
  const parsed = new Map<string, unknown>();
  const tensor = (name: string) => tensors?.find((candidate) => candidate.name === name)?.data;
  const source = (name: string): unknown => {
    if (name === "") return whole;
    if (name.startsWith("/")) return compilePointer(name)?.(json(""));
    const data = tensor(name);
    if (data) return data[0];
    throw new ResonanceError("RESONANCE_OUTPUT_MISSING", { tensor: name, found: namesOf(tensors ?? []) }, { path: `outputs/${name}` });
  };
  const json = (name: string): unknown => {
    if (!parsed.has(name)) parsed.set(name, parse(source(name)));
    return parsed.get(name);
  };
  return {
    tensors: tensors ?? [],
    hasTensors: tensors !== undefined,
    tensor,
    json,
    text(name) {
      const text = source(name);
      if (typeof text !== "string") throw unreadable("text", shorten(text));
      if (text.length > LONGEST_TEXT) throw unreadable("text", `${text.length} > ${LONGEST_TEXT}`);
      return text;
    },
  };
}

/** Names of tensors, for people. */
export function namesOf(tensors: readonly Tensor[]): string {
  return tensors.map(({ name }) => name).join(", ") || "–";
}

function tensorsOf(payload: unknown): readonly Tensor[] | undefined {
  const outputs = typeof payload === "object" ? (payload as { readonly outputs?: unknown }).outputs : undefined;
  if (!Array.isArray(outputs)) return undefined;
  return outputs.filter((output: Partial<Tensor> | null): output is Tensor => typeof output?.name === "string" && Array.isArray(output.data));
}

function parse(source: unknown): unknown {
  if (typeof source !== "string") return source;
  if (source.length > LONGEST_JSON) throw unreadable("JSON", `${source.length} > ${LONGEST_JSON}`);
  try {
    return JSON.parse(source);
  } catch (thrown) {
    throw unreadable("JSON", thrown instanceof Error ? thrown.message : String(thrown));
  }
}

function unreadable(expected: string, detail: string): ResonanceError {
  return new ResonanceError("RESONANCE_ANSWER_UNREADABLE", { expected, detail: detail.slice(0, 200) }, { path: "payload" });
}
