import type { IncomingHttpHeaders } from "node:http";
import { ResonanceError } from "../errors/resonance-error";

const TYPE = /^(?:(?:application|text)\/(?:xml|json)|[\w!#$&^.+-]+\/[\w!#$&^.+-]+\+(?:xml|json))$/;

/**
 * The charset that a request names for its XML or JSON body. Which of the two it is, the body itself tells: content types are often
 * wrong about that, and a request without one is read too.
 * @throws RESONANCE_MES_IN_TYPE for another content type, a charset nobody knows, or a body that is compressed: how much it becomes is
 * only known when it is too late.
 */
export function charsetOf(headers: IncomingHttpHeaders): string | undefined {
  const encoding = headers["content-encoding"]?.trim().toLowerCase() ?? "";
  if (encoding !== "" && encoding !== "identity") throw unsuitable(`content-encoding: ${encoding}`);
  const [type = "", ...parameters] = (headers["content-type"] ?? "").split(";").map((part) => part.trim());
  if (type !== "" && !TYPE.test(type.toLowerCase())) throw unsuitable(`content-type: ${type}`);
  const charset = parameters.map((parameter) => /^charset\s*=\s*"?([^"]*)"?$/i.exec(parameter)?.[1]?.trim()).find((name) => name);
  if (charset !== undefined && !isKnown(charset)) throw unsuitable(`charset=${charset}`);
  return charset;
}

function isKnown(charset: string): boolean {
  try {
    return new TextDecoder(charset).encoding !== "";
  } catch {
    return /^(?:ucs-2|iso-10646-ucs-2|unicode)$/i.test(charset);
  }
}

function unsuitable(found: string): ResonanceError {
  return new ResonanceError("RESONANCE_MES_IN_TYPE", { found: found.slice(0, 100) });
}
