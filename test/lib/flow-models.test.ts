import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { after, describe, it } from "node:test";
import { readAi4i } from "../../examples/models/train/ai4i";
import * as energy from "../../examples/models/train/energy-forecast";
import { diagnose, MODES, train, type FailureModes } from "../../examples/models/train/failure-modes";
import { makeImages } from "../../examples/models/train/surface-inspection";
import { HOLD_OUT_FROM } from "../../examples/models/train/tool-failure";
import type { ModelRunner } from "../../nodes/lib/inference/model";
import type { ModelAnswer, Tensor } from "../../nodes/lib/inference/tensor";
import { codeOf, learnedIn, runFunction } from "../support/flow-function";
import { ask, floats, runnerOf, specOf, withoutRuntime } from "../support/onnx";
import { readExample } from "../support/node-red-runtime";
import { sharedData, skipWithout } from "../support/requirements";

/** The models that stand in example flows as functions, against the ONNX files and data that they come from. */

const MODELS = path.join(__dirname, "..", "..", "examples", "models");
const withoutData = skipWithout("shared", sharedData);
const data = (...place: readonly string[]): string => path.join(sharedData ?? "", ...place);
const AI4I = data("machining", "ai4i2020-rows-1-8000.csv");

const runners: ModelRunner[] = [];
after(() => Promise.all(runners.map((runner) => runner.close())));

/** What the ONNX file answers for all rows at once, an output after the other. */
async function onnx(id: string, inputs: readonly Tensor[], outputs: Readonly<Record<string, "FP32" | "BYTES">>): Promise<readonly Tensor["data"][]> {
  const runner = runnerOf({
    file: path.join(MODELS, `${id}.onnx`), inputs: inputs.map(({ name, datatype, shape }) => specOf(name, datatype, [-1, ...shape.slice(1)])),
    outputs: Object.entries(outputs).map(([name, datatype]) => ({ ...specOf(name, datatype, [-1, 1]), elements: [] })),
  });
  runners.push(runner);
  return ((await runner.ask(ask(...inputs))).body as ModelAnswer).outputs.map(({ data: said }) => said);
}

const near = (actual: unknown, expected: unknown, by: number): void => { assert.ok(Math.abs(Number(actual) - Number(expected)) <= by, `${String(actual)} instead of ${String(expected)}`); };
type Answer = Readonly<Record<string, unknown>>;

describe("a model that stands in an example flow", () => {
  it("tool failure: says what its ONNX file says of rows it was not trained with", { skip: withoutRuntime || withoutData }, async () => {
    const code = codeOf(readExample("CNC machining", "03 Learned tool failure.json"), "Learned network");
    const rows = readAi4i(AI4I, [HOLD_OUT_FROM, HOLD_OUT_FROM + 200]).map(({ inputs }) => inputs);
    const [probability, life] = await onnx("tool-failure", [floats("input", [rows.length, 5], rows.flat())], { failureProbability: "FP32", remainingUsefulLife: "FP32" });
    rows.forEach(([airTemperature, processTemperature, rotationalSpeed, torque, toolWear], index) => {
      const said = runFunction<Answer>(code, { airTemperature, processTemperature, rotationalSpeed, torque, toolWear });
      near(said["failureProbability"], probability?.[index], 1e-4);
      near(said["remainingUsefulLife"], life?.[index], 1e-3);
    });
  });

  it("tool wear: says what its ONNX file says", { skip: withoutRuntime }, async () => {
    const code = codeOf(readExample("CNC machining", "04 Worn tool from vibration.json"), "Learned logistic regression");
    const rows = Array.from({ length: 40 }, (_, index) => 0.025 + index * 0.001);
    const [score] = await onnx("tool-wear", [floats("input", [rows.length, 1], rows)], { anomalyScore: "FP32" });
    rows.forEach((vibrationAcceleration, index) => { near(runFunction<Answer>(code, { vibrationAcceleration })["anomalyScore"], score?.[index], 1e-5); });
  });

  it("surface inspection: says what its ONNX file says of images it was not trained with", { skip: withoutRuntime }, async () => {
    const code = codeOf(readExample("CNC machining", "06 Surface inspection.json"), "Learned classifier");
    const images = makeImages().heldOut.slice(0, 100);
    const image: Tensor = { name: "image", datatype: "UINT8", shape: [images.length, 1, 16, 16], data: images.flatMap(({ pixels }) => pixels) };
    const [probability, defect] = await onnx("surface-inspection", [image], { defectProbability: "FP32", mainDefectClass: "BYTES" });
    images.forEach(({ pixels }, index) => {
      const said = runFunction<Answer>(code, { imageUri: "urn:image" }, { surfaceImages: { "urn:image": pixels } });
      near(said["defectProbability"], probability?.[index], 1e-4);
      assert.equal(said["mainDefectClass"], defect?.[index]);
    });
    assert.deepEqual(runFunction(code, { imageUri: "urn:gone" }), { error: "no image at urn:gone" });
  });

  it("energy: says what its ONNX file says of the later rows", { skip: withoutRuntime || withoutData }, async () => {
    const code = codeOf(readExample("Energy", "01 Energy forecast.json"), "Learned network");
    const rows = energy.readRows(data("energy", "steel-industry-energy-rows-1-30000.csv")).slice(energy.HOLD_OUT_FROM, energy.HOLD_OUT_FROM + 300);
    const meter = floats("meter", [rows.length, 6], rows.flatMap(({ inputs }) => inputs));
    const week: Tensor = { name: "weekStatus", datatype: "BYTES", shape: [rows.length, 1], data: rows.map(({ weekStatus }) => weekStatus) };
    const [energies, peaks] = await onnx("energy-forecast", [meter, week], { predictedEnergy: "FP32", predictedPeakPower: "FP32" });
    rows.forEach(({ inputs: [activeEnergy, reactiveEnergyLagging, reactiveEnergyLeading, powerFactorLagging, powerFactorLeading, secondsOfDay], weekStatus }, index) => {
      const said = runFunction<Answer>(code, { activeEnergy, reactiveEnergyLagging, reactiveEnergyLeading, powerFactorLagging, powerFactorLeading, secondsOfDay, weekStatus });
      near(said["predictedEnergy"], energies?.[index], 0.01);
      near(said["predictedPeakPower"], peaks?.[index], 0.01);
    });
  });

  it("failure modes: trained again it is the same tree, and names as many failures held out as its text says", { skip: withoutData }, () => {
    const flow = readExample("CNC machining", "05 Fault diagnosis.json");
    const code = codeOf(flow, "Learned decision tree");
    const again: FailureModes = train(AI4I);
    assert.deepEqual(learnedIn(code), again.tree);
    const right = again.heldOut.filter((row) => {
      const named = runFunction<Answer>(code, row)["faultCode"];
      assert.equal(named, MODES[diagnose(again.tree, row)]);
      return named === MODES[row.mode];
    }).length;
    assert.ok(right / again.heldOut.length > 0.9 && again.mostFrequent < 0.4);
    const stated = `Of the ${again.heldOut.length} rows held out it names the failure mode of ${((100 * right) / again.heldOut.length).toFixed(1)} %`;
    assert.ok(String(flow.find(({ type }) => type === "comment")?.["info"]).includes(stated), stated);
    assert.ok(readFileSync(path.join(MODELS, "README.md"), "utf8").includes(`| ${again.right} | ${again.mostFrequent} |`));
    const source = codeOf(flow, "Failed machines");
    const shown = (row: FailureModes["heldOut"][number]): boolean => source.includes(`[${[row.airTemperature, row.processTemperature, row.rotationalSpeed, row.torque, row.toolWear].join(", ")}]`);
    assert.deepEqual([again.heldOut.filter(shown).length, again.trained.filter(shown).length], [16, 0], "the flow shows rows held out only");
  });

  for (const [file, answer] of [["03 Film quality prediction.json", "filmThickness"], ["04 Paint flow proposal.json", "paintFlowSetpoint"]] as const) {
    it(`${file}: is learned from the trials in the flow; other trials, another answer`, () => {
      const code = codeOf(readExample("Coating line", file), "Response surface");
      const asked = { paintFlow: 300, bellSpeed: 45_000, viscosity: 85, boothTemperature: 23, filmThickness: 42 };
      const trials = learnedIn(code) as readonly (readonly number[])[];
      assert.ok(trials.length >= 40);
      // A film twice as thick that answers twice as much to every setting.
      const thicker = code.replace(/const TRIALS = \[[\s\S]*?\n\];/, `const TRIALS = ${JSON.stringify(trials.map((row) => [...row.slice(0, 4), 2 * (row[4] ?? NaN)]))};`);
      const [before, now] = [runFunction<Answer>(code, asked)[answer], runFunction<Answer>(thicker, asked)[answer]].map(Number);
      if (answer === "filmThickness") {
        near(before, 40, 1);
        near(now, 2 * (before ?? NaN), 1e-6);
      } else {
        near(before, 300 - (2 / 36) * 300, 4);
        near(300 - (now ?? NaN), (300 - (before ?? NaN)) / 2, 1);
      }
    });
  }
});
