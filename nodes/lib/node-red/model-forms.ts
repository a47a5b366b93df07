import type { NodeAPI } from "node-red";
import { exportNameplate } from "../documents/aas/export-nameplate";
import { importNameplate } from "../documents/aas/import-nameplate";
import { readEnvironment, type Found } from "../documents/aas/environment";
import { readTensors } from "../documents/aas/read-tensors";
import { toResonanceError, type ResonanceError } from "../errors/resonance-error";
import { isObject } from "../json/is-object";
import { compileReference } from "../lineage/compile-reference";
import { loadTrainingReference, type ReferenceSource } from "../lineage/reference-source";
import type { TrainingReference } from "../lineage/training-reference";
import { loadBuiltInProfile } from "../profile/load-profile";
import type { Profile } from "../profile/profile";
import { runtimeLanguage } from "./language";
import { createLookup } from "./lookup";
import { PERMISSIONS } from "./permissions";
import { languageOf } from "./request-language";
import { userFolder } from "./user-folder";

type Body = Readonly<Record<string, unknown>>;

/** Characters of an imported nameplate that a model node keeps at most. */
export const LONGEST_KEPT = 256 * 1024;

/**
 * Serves the form of `resonance-model`, with `POST` and what the form holds: `resonance/model/reference` says what a training reference holds;
 * `resonance/model/nameplate/import` reads AAS JSON (`text`), `…/export` makes it. All answer with `error` where they cannot.
 * They read files that the form names, so they ask for the right to change flows.
 */
export function serveModelForms(RED: NodeAPI): void {
  const serve = (address: string, answer: (body: Body) => object): void => {
    RED.httpAdmin.post(`/resonance/model/${address}`, RED.auth.needsPermission(PERMISSIONS.act), (request, response) => {
      const body: Body = isObject(request.body) ? request.body : {};
      try {
        response.json(answer(body));
      } catch (thrown) {
        const { code, message } = toResonanceError(thrown).localize(languageOf(body["language"]));
        response.json({ error: { code, message } });
      }
    });
  };
  serve("reference", (body) => {
    const reference = referenceOf(RED, body);
    if (!reference) return {};
    checkFields(RED, reference, textOf(body["category"]));
    const { dataSet, inputs, outputs } = reference;
    return { dataSet: dataSet?.id ?? "", inputs: Object.keys(inputs).length, outputs: Object.keys(outputs).length };
  });
  serve("nameplate/import", (body) => {
    const { model: { reference, ...model }, unknown, more, found } = importNameplate(textOf(body["text"]));
    return { model, unknown, more, kept: keptOf(found), ...(reference && { reference: JSON.stringify(reference, null, 2) }) };
  });
  serve("nameplate/export", (body) => {
    const kept = textOf(body["nameplate"]);
    return exportNameplate({
      modelId: textOf(body["modelId"]), modelVersion: textOf(body["modelVersion"]), supplier: textOf(body["supplier"]), category: textOf(body["category"]),
      digest: textOf(body["digest"]),
      // A variable of this computer is no address for others.
      url: textOf(body["url"]).includes("${") ? "" : textOf(body["url"]),
      inputTensors: readTensors(body["inputTensors"]) ?? [], outputTensors: readTensors(body["outputTensors"]) ?? [], reference: referenceOf(RED, body),
    }, kept === "" ? undefined : readEnvironment(kept));
  });
}

function referenceOf(RED: NodeAPI, body: Body): TrainingReference | undefined {
  const kind = textOf(body["referenceSource"]) as NonNullable<ReferenceSource["kind"]>;
  return loadTrainingReference({ kind, text: textOf(body["reference"]), file: textOf(body["referenceFile"]) }, userFolder(RED));
}

/** A model has no profile of its own: its reference must suit one of those that are deployed, or the built-in one. */
function checkFields(RED: NodeAPI, reference: TrainingReference, category: string): void {
  const deployed = createLookup(RED, runtimeLanguage(RED)).all<Profile>("resonance-profile");
  const fitting = (deployed.length > 0 ? deployed : [loadBuiltInProfile()]).flatMap((profile) => profile.categories.get(category) ?? []);
  const errors = fitting.map((each): ResonanceError | undefined => {
    try {
      compileReference(reference, each);
      return undefined;
    } catch (thrown) {
      return toResonanceError(thrown);
    }
  });
  const [first] = errors;
  if (first && errors.every((error) => error !== undefined)) throw first;
}

/** The environment to keep, without what else it holds where that is too long; empty where even that is. */
function keptOf({ environment, submodels }: Found): string {
  const candidates = [environment, { submodels: Object.values(submodels) }].map((each) => JSON.stringify(each));
  return candidates.find(({ length }) => length <= LONGEST_KEPT) ?? "";
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
