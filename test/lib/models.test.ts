import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { after, describe, it } from "node:test";
import { readAi4i } from "../../examples/models/train/ai4i";
import * as energy from "../../examples/models/train/energy-forecast";
import { DEMO_MODEL, HOLD_OUT_FROM } from "../../examples/models/train/tool-failure";
import { brier, meanError, rocAuc } from "../../examples/models/train/metrics";
import { makeImages } from "../../examples/models/train/surface-inspection";
import { CLASSES, EDGE } from "../../examples/models/train/surface-images";
import * as toolWear from "../../examples/models/train/tool-wear";
import * as viscosity from "../../examples/models/train/viscosity";
import { filesOf, type Metric, type TrainedModel } from "../../examples/models/train/write-model";
import type { ModelRunner } from "../../nodes/lib/inference/model";
import { readModelFile } from "../../nodes/lib/inference/onnx/model-file";
import type { ModelAnswer, Tensor, TensorSpec } from "../../nodes/lib/inference/tensor";
import { loadBuiltInProfile } from "../../nodes/lib/profile/load-profile";
import { requireCategory, requireField } from "../../nodes/lib/profile/profile-lookup";
import { compileConverter } from "../../nodes/lib/units/conversion";
import { ask, floats, runnerOf, specOf, withoutRuntime } from "../support/onnx";
import { sharedData, skipWithout } from "../support/requirements";

const FOLDER = path.join(__dirname, "..", "..", "examples", "models");

interface Kept {
  readonly model: { readonly id: string; readonly category: string; readonly digest: string };
  readonly inputs: Readonly<Record<string, { unit?: string; minimum?: number; maximum?: number; bins?: readonly number[]; shares?: readonly number[]; values?: readonly unknown[] }>>;
  readonly outputs: Kept["inputs"];
  readonly holdOut: { readonly metrics: readonly Metric[] };
}

const ids = readdirSync(FOLDER).flatMap((name) => (name.endsWith(".onnx") ? [name.slice(0, -".onnx".length)] : []));
const keptOf = (id: string): Kept => JSON.parse(readFileSync(path.join(FOLDER, `${id}.json`), "utf8")) as Kept;
const fileOf = (id: string): string => path.join(FOLDER, `${id}.onnx`);

const runners: ModelRunner[] = [];
after(() => Promise.all(runners.map((runner) => runner.close())));

/** What a shipped model answers, an output after the other. */
async function answers(id: string, inputs: readonly Tensor[], outputs: readonly TensorSpec[]): Promise<readonly Tensor["data"][]> {
  const specs = inputs.map(({ name, datatype, shape }) => ({ ...specOf(name, datatype, [-1, ...shape.slice(1)]), shape: [-1, ...shape.slice(1)] }));
  const runner = runnerOf({ file: fileOf(id), inputs: specs, outputs });
  runners.push(runner);
  return ((await runner.ask(ask(...inputs))).body as ModelAnswer).outputs.map(({ data }) => data);
}

/** The number that stands in the README, and with it in the JSON file. */
function stated(id: string, name: string): number {
  const found = keptOf(id).holdOut.metrics.find((metric) => metric.name.startsWith(name));
  assert.ok(found, `${id} states no ${name}`);
  return found.model;
}

const near = (actual: number, expected: number): void => { assert.ok(Math.abs(actual - expected) <= 0.001 * Math.max(1, Math.abs(expected)), `${actual} instead of ${expected}`); };
const FLOAT = (name: string): TensorSpec => ({ ...specOf(name, "FP32", [-1, 1]), elements: [] });

describe("the models that come with the pack", () => {
  it("are five, small enough to come along, each with what is kept of its training", () => {
    assert.deepEqual(ids.sort(), ["energy-forecast", "paint-viscosity", "surface-inspection", "tool-failure", "tool-wear"]);
    const bytes = ids.reduce((sum, id) => sum + readFileSync(fileOf(id)).length + readFileSync(path.join(FOLDER, `${id}.json`)).length, 0);
    assert.ok(bytes < 60_000, `${bytes} bytes`);
  });

  const profile = loadBuiltInProfile();
  for (const id of ids) {
    it(`${id}: the digest is the file's, every field is one of its category, ranges and shares make sense`, async () => {
      const kept = keptOf(id);
      const { digest, signature } = await readModelFile(fileOf(id));
      assert.equal(kept.model.digest, digest);
      assert.ok(signature.inputs.every(({ shape }) => shape?.[0] === -1) && signature.outputs.every(({ shape }) => shape?.[0] === -1));
      const category = requireCategory(profile, kept.model.category);
      for (const direction of ["input", "output"] as const) {
        for (const [name, { unit = "", minimum = 0, maximum = 0, bins, shares, values }] of Object.entries(kept[`${direction}s`])) {
          const field = requireField(category, direction, name, name);
          if (unit !== "") compileConverter(unit, field.schema.unit ?? "", name);
          assert.ok(minimum <= maximum, name);
          if (bins) assert.ok(bins.length === (shares?.length ?? 0) + 1 && bins.every((edge, index) => index === 0 || edge > (bins[index - 1] ?? NaN)), name);
          if (values) assert.equal(values.length, shares?.length);
          assert.ok(!shares || Math.abs(shares.reduce((sum, share) => sum + share, 0) - 1) < 0.002, name);
        }
      }
    });

    it(`${id}: the README says the same numbers as its file`, () => {
      const readme = readFileSync(path.join(FOLDER, "README.md"), "utf8");
      const part = readme.slice(readme.indexOf(`<!-- ${id} -->`), readme.indexOf(`<!-- end of ${id} -->`));
      for (const { name, model, baseline } of keptOf(id).holdOut.metrics) assert.ok(part.includes(`| ${name} | ${model} | ${baseline ?? ""} |`), name);
    });
  }
});

describe("trained again", () => {
  const same = (trained: TrainedModel): void => {
    const { onnx, json } = filesOf(trained);
    assert.equal(createHash("sha256").update(onnx).digest("hex"), createHash("sha256").update(readFileSync(fileOf(trained.id))).digest("hex"));
    assert.equal(json, readFileSync(path.join(FOLDER, `${trained.id}.json`), "utf8"));
  };
  it("the demo's network is written where the demo reads it", () => { assert.equal(DEMO_MODEL, require.resolve("../../examples/demo/tool-failure-model.json")); });
  it("the viscosity soft sensor is the same file, byte for byte", () => { same(viscosity.train()); });
  it("the tool wear model is the same file, byte for byte", { skip: skipWithout("shared", sharedData) }, () => { same(toolWear.train(path.join(sharedData ?? "", "machining"))); });
});

describe("on the rows held out the ONNX files are as good as stated", { skip: withoutRuntime }, () => {
  it("surface inspection", async () => {
    const { heldOut } = makeImages();
    const image: Tensor = { name: "image", datatype: "UINT8", shape: [heldOut.length, 1, EDGE, EDGE], data: heldOut.flatMap(({ pixels }) => pixels) };
    const text = (name: string): TensorSpec => ({ ...specOf(name, "BYTES", [-1, 1]), elements: [] });
    const [probabilities = [], classes = [], verdicts = []] = await answers("surface-inspection", [image], [FLOAT("defectProbability"), text("mainDefectClass"), text("evaluation")]);
    near(rocAuc(probabilities as number[], heldOut.map(({ defect }) => defect > 0)), stated("surface-inspection", "area under"));
    near(heldOut.filter(({ defect }, index) => classes[index] === CLASSES[defect]).length / heldOut.length, stated("surface-inspection", "share of images judged right"));
    assert.ok(verdicts.every((verdict, index) => verdict === (classes[index] === "none" ? "OK" : "NotOK")));
  });

  it("machine failure and remaining life", { skip: skipWithout("shared", sharedData) }, async () => {
    const rows = readAi4i(path.join(sharedData ?? "", "machining", "ai4i2020-rows-1-8000.csv"), [HOLD_OUT_FROM, Infinity]);
    const [failure = [], life = []] = await answers("tool-failure", [floats("input", [rows.length, 5], rows.flatMap(({ inputs }) => inputs))], [FLOAT("failureProbability"), FLOAT("remainingUsefulLife")]);
    near(rocAuc(failure as number[], rows.map(({ failed }) => failed)), stated("tool-failure", "area under"));
    near(brier(failure as number[], rows.map(({ failed }) => failed)), stated("tool-failure", "Brier"));
    const known = rows.flatMap(({ remaining }, index) => (remaining === undefined ? [] : [[remaining, life[index] as number] as const]));
    near(meanError(known.map(([, said]) => said), known.map(([remaining]) => remaining)), stated("tool-failure", "mean error of the remaining life"));
  });

  it("energy of the next hour; a kind of day that it has not learned gives no number", { skip: skipWithout("shared", sharedData) }, async () => {
    const rows = energy.readRows(path.join(sharedData ?? "", "energy", "steel-industry-energy-rows-1-30000.csv")).slice(energy.HOLD_OUT_FROM);
    const meter = (of: readonly energy.Row[]): Tensor => floats("meter", [of.length, 6], of.flatMap(({ inputs }) => inputs));
    const week = (...data: readonly string[]): Tensor => ({ name: "weekStatus", datatype: "BYTES", shape: [data.length, 1], data });
    const outputs = [FLOAT("predictedEnergy"), FLOAT("predictedPeakPower")];
    const [energies = [], peaks = []] = await answers("energy-forecast", [meter(rows), week(...rows.map(({ weekStatus }) => weekStatus))], outputs);
    near(meanError(energies as number[], rows.map((row) => row.energy)), stated("energy-forecast", "mean error of the energy"));
    near(meanError(peaks as number[], rows.map((row) => row.peak)), stated("energy-forecast", "mean error of the peak power"));
    await assert.rejects(answers("energy-forecast", [meter(rows.slice(0, 1)), week("Holiday")], outputs), /NaN/);
  });
});
