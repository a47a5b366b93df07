import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { writeOnnx, type ElementType, type Graph } from "../../examples/models/train/onnx-writer";
import type { ModelRunner, Question } from "../../nodes/lib/inference/model";
import { createOnnxRunner, type OnnxOptions } from "../../nodes/lib/inference/onnx/onnx-runner";
import type { RuntimeChoice } from "../../nodes/lib/inference/onnx/runtime";
import type { Datatype, Tensor, TensorSpec } from "../../nodes/lib/inference/tensor";
import { skipWithout } from "./requirements";

/** A folder with a runtime in its node_modules: the one that RESONANCE_ONNXRUNTIME names, else this repository. */
export const runtimeFolder: string = process.env["RESONANCE_ONNXRUNTIME"] ?? path.join(__dirname, "..", "..");

/** The runtimes that are there. */
export const runtimes: readonly Exclude<RuntimeChoice, "auto">[] = (["web", "node"] as const).filter((choice) => {
  try {
    createRequire(path.join(runtimeFolder, "package.json")).resolve(`onnxruntime-${choice}`);
    return true;
  } catch {
    return false;
  }
});

/** Skips what needs a runtime. */
export const withoutRuntime = skipWithout("onnxruntime", runtimes.length > 0);

/** A folder of its own for the files of a test. */
export function temporaryFolder(): { readonly path: string; write(name: string, content: Uint8Array | string): string; remove(): void } {
  const folder = mkdtempSync(path.join(tmpdir(), "onnx-"));
  return {
    path: folder,
    write(name, content) {
      const file = path.join(folder, name);
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, content);
      return file;
    },
    remove() { rmSync(folder, { recursive: true, force: true }); },
  };
}

/** A model of a few operators, as a file's bytes. */
export const modelOf = (graph: Graph): Buffer => writeOnnx({ name: "test", about: "", version: 1, ...graph });

/** A model whose output `y` is its input `x`. */
export const identity = (type: ElementType, shape: readonly (number | string)[]): Buffer =>
  modelOf({ inputs: [{ name: "x", type, shape }], outputs: [{ name: "y", type, shape }], operators: [{ op: "Identity", inputs: ["x"], outputs: ["y"] }] });

/** Adds one to `x` as often as `trips` says: with enough trips it never comes to an end. */
export const counter: Buffer = modelOf({
  inputs: [{ name: "trips", type: "int64", shape: [1] }, { name: "x", type: "float", shape: ["n", 1] }],
  outputs: [{ name: "y", type: "float", shape: ["n", 1] }],
  constants: [{ name: "go", type: "bool", shape: [], data: [1] }, { name: "one", type: "float", shape: [1], data: [1] }],
  operators: [{
    op: "Loop", inputs: ["trips", "go", "x"], outputs: ["y"],
    attributes: {
      body: {
        inputs: [{ name: "i", type: "int64", shape: [] }, { name: "again", type: "bool", shape: [] }, { name: "v", type: "float", shape: ["n", 1] }],
        outputs: [{ name: "stay", type: "bool", shape: [] }, { name: "w", type: "float", shape: ["n", 1] }],
        operators: [{ op: "Identity", inputs: ["again"], outputs: ["stay"] }, { op: "Add", inputs: ["v", "one"], outputs: ["w"] }],
      },
    },
  }],
});

/** A tensor as the model node describes it; its elements are not used. */
export function specOf(name: string, datatype: Datatype, shape: readonly number[]): TensorSpec {
  const count = shape.reduce((product, size) => product * Math.abs(size), 1);
  return { name, datatype, shape, elements: Array.from({ length: count }, () => ({ field: "", unit: "" })) };
}

/** A question of these tensors. */
export const ask = (...tensors: readonly Tensor[]): Question => ({ id: "q", record: {} as Question["record"], tensors });

/** A tensor of single-precision numbers. */
export const floats = (name: string, shape: readonly number[], data: readonly number[]): Tensor => ({ name, datatype: "FP32", shape, data });

/** A runner with what a test does not care about filled in. */
export function runnerOf(options: Pick<OnnxOptions, "file" | "inputs" | "outputs"> & Partial<OnnxOptions>): ModelRunner {
  return createOnnxRunner({ model: "test", runtime: runtimes[0] ?? "web", threads: 1, timeout: 20_000, userFolder: runtimeFolder, ...options });
}
