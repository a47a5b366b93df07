import { isDeepStrictEqual } from "node:util";
import type { ResonanceError } from "../errors/resonance-error";

/** Whether two failures tell a user the same; the messages do not count, as a node puts the one it reports into its language. */
export function sameTrouble(one: ResonanceError | undefined, other: ResonanceError | undefined): boolean {
  return one?.code === other?.code && isDeepStrictEqual(one?.params, other?.params);
}
