import { ResonanceError } from "../../errors/resonance-error";
import { isObject } from "../../json/is-object";
import { decodeJson } from "../decode-json";
import type { Question, RawAnswer } from "../model";
import { shorten, type Target } from "../model-error";
import { readAnswer } from "../oip/answer";
import { encodeRequest } from "../oip/wire";
import { checkSpecs } from "../signature";
import type { TensorSpec } from "../tensor";
import { compileAnswer, type AnswerForm } from "./document-answer";

/** What a service is asked with and answers with, whatever carries it. */
export interface ExchangeForm {
  encode(question: Question): string;
  /** @throws RESONANCE_MODEL_… */
  decode(text: string, question: Question, target: Target, statusCode?: number): RawAnswer;
}

/** The question's document as JSON; the answer a document or a text. */
export function documentExchange(answer: AnswerForm): ExchangeForm {
  const read = compileAnswer(answer);
  return {
    encode: ({ document }) => JSON.stringify(document),
    decode: (text, _, target, statusCode) => read(text, target, statusCode),
  };
}

/**
 * Tensors in the JSON of the Open Inference Protocol V2, both ways.
 * @throws RESONANCE_CONFIG_INVALID
 */
export function tensorExchange(model: string, inputs: readonly TensorSpec[], outputs: readonly TensorSpec[]): ExchangeForm {
  checkSpecs("inputs", inputs);
  checkSpecs("outputs", outputs);
  const wanted = outputs.map(({ name }) => name);
  return {
    encode: ({ id, tensors }) => encodeRequest({ id, inputs: tensors, outputs: wanted }),
    decode(text, { id }, { url }, statusCode = 200) {
      if (text.includes('"error"')) {
        const document = decodeJson(text, false);
        const words = isObject(document) && !("outputs" in document) ? document["error"] : undefined;
        if (typeof words === "string") throw new ResonanceError("RESONANCE_MODEL_SERVER_ERROR", { model, url, statusCode, detail: shorten(words) });
      }
      const { answer } = readAnswer(text, { model, id, outputs });
      return { body: answer, ...(answer.modelVersion === undefined ? {} : { version: answer.modelVersion }) };
    },
  };
}
