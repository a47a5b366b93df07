import { ResonanceError } from "../../errors/resonance-error";
import { parseHttpUrl } from "../../http/http-client";

/** Endpoints of the Open Inference Protocol V2 below a base URL. */
export interface Paths {
  readonly origin: string;
  readonly server: string;
  readonly model: string;
  readonly ready: string;
  readonly infer: string;
  /** The list of models, at servers that have the model repository extension. */
  readonly index: string;
}

/**
 * The version's part is left out where the server shall choose.
 * @throws RESONANCE_CONFIG_INVALID for an unusable URL
 */
export function pathsOf(text: string, model: string, version: string | undefined): Paths {
  const url = parseHttpUrl(text);
  if (url.search !== "" || url.hash !== "") {
    throw new ResonanceError("RESONANCE_CONFIG_INVALID", { setting: "url", detail: "a base URL has no ? or # part" }, { path: "url" });
  }
  const server = `${url.pathname.replace(/\/+$/, "").replace(/\/v2$/, "")}/v2`;
  const versioned = version === undefined ? "" : `/versions/${encodeURIComponent(version)}`;
  const path = `${server}/models/${encodeURIComponent(model)}${versioned}`;
  return { origin: url.origin, server, model: path, ready: `${path}/ready`, infer: `${path}/infer`, index: `${server}/repository/index` };
}
