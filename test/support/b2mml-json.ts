import { readFileSync } from "node:fs";
import path from "node:path";
import { Ajv2020, type AnySchemaObject, type ErrorObject } from "ajv/dist/2020";
import { sharedData } from "./requirements";

/**
 * A check of B2MML JSON documents by the official JSON schema, compiled for `messages` only: the whole file takes seconds and,
 * without a required root, accepts an empty object.
 */
export function compileOfficialJson(messages: readonly string[]): (document: Readonly<Record<string, unknown>>) => readonly ErrorObject[] {
  const file = path.join(sharedData ?? "", "b2mml", "v0701", "AllSchemas.json");
  const { $defs } = JSON.parse(readFileSync(file, "utf8")) as { $defs: AnySchemaObject };
  const ajv = new Ajv2020({ unicodeRegExp: false, strict: false });
  ajv.addSchema({ $id: "https://b2mml.test/schema", $defs });
  const validators = new Map(messages.map((message) => [message, ajv.compile({
    type: "object", required: [message], additionalProperties: false, properties: { [message]: { $ref: `https://b2mml.test/schema#/$defs/${message}` } },
  })]));
  return (document) => {
    const validate = validators.get(Object.keys(document)[0] ?? "");
    if (!validate) throw new Error(`no schema compiled for ${Object.keys(document).join()}`);
    validate(document);
    return validate.errors ?? [];
  };
}
