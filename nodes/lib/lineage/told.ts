import { isObject } from "../json/is-object";
import type { Told } from "./version-check";

const LONGEST = 256;

/**
 * What a message tells of the model that answered: `resonance.answer`, from the node that asked; without it what a tensor answer names itself.
 * Anything that is not of that form tells nothing.
 */
export function readTold(answer: unknown, payload: unknown): Told & { readonly node?: string } {
  const facts = isObject(answer) ? answer : {};
  const model = isObject(facts["model"]) ? facts["model"] : {};
  const version = textOf(facts["servedVersion"]) ?? (isObject(payload) ? textOf(payload["modelVersion"]) : undefined);
  const digest = textOf(model["digest"]);
  const node = textOf(facts["node"]);
  return { ...(version !== undefined && { version }), ...(digest !== undefined && { digest }), ...(node !== undefined && { node }) };
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value.slice(0, LONGEST) : undefined;
}
