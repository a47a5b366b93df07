import type { Node, NodeAPI, NodeDef } from "node-red";
import { ResonanceError, toResonanceError, type Language } from "../errors/resonance-error";
import { describeFile } from "../inference/onnx/file-signature";
import { readModelFile } from "../inference/onnx/model-file";
import { readServer, type ServerReading } from "../inference/oip/read-server";
import { resolveEnvironment } from "./environment";
import { HTTP_CREDENTIALS, httpSettings } from "./http-form";
import { modelFile } from "./model-file";
import { completeForm, type ModelForm } from "./model-runner";
import { PERMISSIONS } from "./permissions";
import { languageOf } from "./request-language";

type Handler = Parameters<NodeAPI["httpAdmin"]["post"]>[1];
type Request = Parameters<Handler>[0];
type Response = Parameters<Handler>[1];
type Secrets = Readonly<Record<string, string | undefined>>;

/** The models that are deployed: where they run and the secrets for it. */
export type DeployedModels = Map<string, { readonly url: string; readonly tokenUrl: string; readonly secrets: Secrets }>;

/** What the editor shows in place of a saved secret. */
const SAVED = "__PWRD__";
/** Which secrets an authentication needs; those of a client certificate come with each. */
const NEEDED: Readonly<Record<string, readonly string[]>> = { basic: ["user", "password"], bearer: ["token"], oauth: ["clientSecret"] };
const CERTIFICATE = ["cert", "key", "passphrase"];
const MOST_AT_ONCE = 4;
const LONGEST_MS = 30_000;

/**
 * Serves "Read from server" of the model's form: `resonance/model/describe` tells what the server, or the model's file, says. It wants the
 * right to change flows. Secrets are neither logged nor returned; a saved one is sent only to the address it was saved for.
 */
export function serveModelDialogs(RED: NodeAPI): DeployedModels {
  const deployed: DeployedModels = new Map();
  let running = 0;
  const describe = async (body: Readonly<Record<string, unknown>>, signal: AbortSignal): Promise<unknown> => {
    if (running >= MOST_AT_ONCE) throw new ResonanceError("RESONANCE_MODEL_EDITOR_BUSY", { most: MOST_AT_ONCE });
    running += 1;
    try {
      const language = languageOf(body["language"]);
      const { form, secrets } = settingsOf(RED, deployed, recordOf(body["model"]));
      if (form.protocol !== "oip") return await describeModelFile(RED, form);
      const transport = httpSettings(RED, form, secrets);
      const timeout = Math.min(LONGEST_MS, Number(form.timeout) || LONGEST_MS);
      const reading = await readServer({ ...transport, url: form.url, timeout, model: form.serverModel || form.modelId, version: form.serverVersion }, signal);
      return { ...reading, ...(reading.problem && { problem: problemOf(reading.problem, language) }) };
    } finally {
      running -= 1;
    }
  };
  RED.httpAdmin.post("/resonance/model/describe", RED.auth.needsPermission(PERMISSIONS.act), (request: Request, response: Response) => {
    const gone = new AbortController();
    response.on("close", () => { gone.abort(); });
    response.setHeader("Cache-Control", "no-store");
    const body = recordOf(request.body);
    describe(body, gone.signal).then((answer) => { response.json(answer); }, (thrown: unknown) => {
      if (!gone.signal.aborted) response.status(thrown instanceof ResonanceError ? 422 : 500).json(problemOf(thrown, languageOf(body["language"])));
    });
  });
  return deployed;
}

/** What a model's file says, in the same form. */
async function describeModelFile(RED: NodeAPI, { protocol, modelId, onnxFile = "" }: ModelForm): Promise<ServerReading> {
  if (protocol !== "onnx") throw new ResonanceError("RESONANCE_MODEL_NOT_DESCRIBED", { protocol });
  const { platform = "", versions, inputs, outputs } = describeFile(await readModelFile(modelFile(RED, "onnxFile", onnxFile)));
  return { model: { name: modelId, platform, versions, inputs, outputs }, ready: true };
}

/** What a form that may not be deployed yet means. @throws RESONANCE_MODEL_SECRET_ELSEWHERE, RESONANCE_ENV_MISSING */
function settingsOf(RED: NodeAPI, deployed: DeployedModels, asked: Readonly<Record<string, unknown>>): { form: ModelForm; secrets: Secrets } {
  const id = typeof asked["id"] === "string" ? asked["id"] : "";
  const [written, typed] = [textsOf(asked["form"]), textsOf(asked["secrets"])];
  // A model that is not deployed yet has the environment of the process only.
  const node = RED.nodes.getNode(id) as Node | null ?? (Object.create(null) as Node);
  const form = completeForm(resolveEnvironment(RED, node, written as unknown as NodeDef) as ModelForm);
  const found = deployed.get(id);
  const here = found !== undefined && found.url === form.url && found.tokenUrl === form.tokenUrl;
  const names = Object.keys(HTTP_CREDENTIALS).filter((name) => CERTIFICATE.includes(name) || NEEDED[form.authentication]?.includes(name));
  const secrets = Object.fromEntries(names.map((name) => {
    const value = typed[name];
    if (value !== undefined && value !== SAVED) return [name, value];
    if (value === SAVED && !here) throw new ResonanceError("RESONANCE_MODEL_SECRET_ELSEWHERE", { url: form.url }, { path: name });
    return [name, here ? found.secrets[name] : undefined];
  }));
  return { form, secrets };
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

/** The members that are texts. */
function textsOf(value: unknown): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(recordOf(value)).filter((entry): entry is [string, string] => typeof entry[1] === "string"));
}

function problemOf(thrown: unknown, language: Language): { code: string; message: string } {
  const { code, params } = toResonanceError(thrown);
  return { code, message: new ResonanceError(code, params).localize(language).message };
}
