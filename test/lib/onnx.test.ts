import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { truncateSync } from "node:fs";
import path from "node:path";
import { after, describe, it } from "node:test";
import type { Worker } from "node:worker_threads";
import type { ErrorCode, ResonanceError } from "../../nodes/lib/errors/resonance-error";
import type { ModelRunner, RawAnswer } from "../../nodes/lib/inference/model";
import { fromHalf, toHalf } from "../../nodes/lib/inference/half";
import { readModelFile } from "../../nodes/lib/inference/onnx/model-file";
import { describeFile } from "../../nodes/lib/inference/onnx/file-signature";
import { readOnnxSignature } from "../../nodes/lib/inference/onnx/onnx-signature";
import { findRuntime } from "../../nodes/lib/inference/onnx/runtime";
import type { Datatype, ModelAnswer, Tensor } from "../../nodes/lib/inference/tensor";
import type { ElementType } from "../../examples/models/train/onnx-writer";
import { until } from "../support/node-red-runtime";
import { ask, counter, floats, identity, modelOf, runnerOf, runtimeFolder, runtimes, specOf, temporaryFolder, withoutRuntime } from "../support/onnx";

const folder = temporaryFolder();
const runners: ModelRunner[] = [];
after(async () => {
  await Promise.all(runners.map((runner) => runner.close()));
  folder.remove();
});

function open(...options: Parameters<typeof runnerOf>): ModelRunner {
  const runner = runnerOf(...options);
  runners.push(runner);
  return runner;
}

function fails(code: ErrorCode | readonly string[], words: RegExp = /./, place?: string) {
  const codes: readonly string[] = typeof code === "string" ? [code] : code;
  return (error: ResonanceError) => {
    assert.ok(codes.includes(error.code), `${error.code}: ${error.message}`);
    assert.match(error.message, words);
    if (place !== undefined) assert.equal(error.path, place);
    return true;
  };
}

const outputsOf = ({ body }: RawAnswer): readonly Tensor[] => (body as ModelAnswer).outputs;
const digestOf = (bytes: Buffer): string => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
const X = specOf("x", "FP32", [-1, 2]);
const Y = specOf("y", "FP32", [-1, 2]);
const PAIR = identity("float", ["rows", 2]);

/** Written by the onnx package of Python: a classifier's ZipMap, `probabilities` being a list of maps. */
const ZIPMAP = Buffer.from(
  "08071208736b6c326f6e6e783aa9010a130a01701204636f707922084964656e746974790a430a0170120d70726f626162696c697469657322065a69704d61702a1b0a12636c6173736c616265"
  + "6c735f696e7436347340004001a001073a0a61692e6f6e6e782e6d6c12037a69705a110a0170120c0a0a080112060a000a02080262140a04636f7079120c0a0a080112060a000a020802621f0a"
  + "0d70726f626162696c6974696573120e220c0a0a2a08080712040a02080142040a00100d420e0a0a61692e6f6e6e782e6d6c1002", "hex");

describe("half precision", () => {
  it("keeps every number that it has", () => {
    for (let bits = 0; bits < 65_536; bits += 1) {
      const value = fromHalf(bits);
      if (Number.isNaN(value)) assert.ok(Number.isNaN(fromHalf(toHalf(value))));
      else assert.equal(toHalf(value), bits, String(value));
    }
  });

  it("rounds to the nearest one, ties to even, and to infinity only beyond its range", () => {
    const rounded: readonly (readonly [number, number])[] = [
      [1 + 2 ** -11, 1], [1 + 3 * 2 ** -11, 1 + 2 ** -9], [1 + 2 ** -11 + 1e-9, 1 + 2 ** -10], [65_519.99, 65_504], [65_520, Infinity], [-1e9, -Infinity],
      [2 ** -25, 0], [2 ** -25 * 1.001, 2 ** -24], [0.1, 0.0999755859375], [2047.9999, 2048],
    ];
    for (const [value, expected] of rounded) assert.equal(fromHalf(toHalf(value)), expected, String(value));
  });
});

describe("what an ONNX file says of itself", () => {
  it("names inputs and outputs with datatype and shape; sizes left open are -1", () => {
    const { inputs, outputs, producer } = readOnnxSignature(counter);
    assert.deepEqual(inputs, [
      { name: "trips", datatype: "INT64", tensor: true, shape: [1], optional: false },
      { name: "x", datatype: "FP32", tensor: true, shape: [-1, 1], optional: false },
    ]);
    assert.deepEqual(outputs, [{ name: "y", datatype: "FP32", tensor: true, shape: [-1, 1], optional: false }]);
    assert.equal(producer, "model-data-resonance");
  });

  it("knows a list of maps, as scikit-learn's classifiers have it, and does not offer it", async () => {
    const file = folder.write("zipmap.onnx", ZIPMAP);
    assert.deepEqual(readOnnxSignature(ZIPMAP).outputs.map(({ name, datatype }) => [name, datatype]), [["copy", "FP32"], ["probabilities", "sequence(map(INT64,FP32))"]]);
    assert.deepEqual(describeFile(await readModelFile(file)), {
      platform: "ONNX (skl2onnx)", versions: [], inputs: [{ name: "p", datatype: "FP32", shape: [-1, 2] }], outputs: [{ name: "copy", datatype: "FP32", shape: [-1, 2] }],
    });
  });

  it("does not ask for an input that the file has a value for", async () => {
    const graph = modelOf({
      inputs: [{ name: "x", type: "float", shape: ["n"] }, { name: "w", type: "float", shape: [1] }], outputs: [{ name: "y", type: "float", shape: ["n"] }],
      constants: [{ name: "w", type: "float", shape: [1], data: [3] }], operators: [{ op: "Mul", inputs: ["x", "w"], outputs: ["y"] }],
    });
    assert.deepEqual(describeFile(await readModelFile(folder.write("default.onnx", graph))).inputs.map(({ name }) => name), ["x"]);
  });

  it("survives every truncation of a file: an error in words, never a crash", () => {
    let whole = 0;
    for (let length = 0; length < counter.length; length += 1) {
      try {
        readOnnxSignature(counter.subarray(0, length));
        whole += 1;
      } catch (error) {
        assert.equal((error as Error).constructor.name, "WireError", (error as Error).stack);
      }
    }
    // After the graph only the opset follows.
    assert.ok(whole <= 2, `${whole} truncated files were taken as whole`);
  });
});

describe("a model file that cannot be used", () => {
  const refused: readonly (readonly [what: string, content: Buffer | string, words: RegExp])[] = [
    ["an empty file", "", /it is empty/],
    ["a page of HTML", "<html><body>Not found</body></html>", /no whole ONNX model/],
    ["JSON", '{"model": "here"}', /no whole ONNX model/],
    ["a file of zeros", Buffer.alloc(4096), /field without number/],
    ["an image", Buffer.from("89504e470d0a1a0a0000000d49484452", "hex"), /no whole ONNX model/],
    ["half a model", counter.subarray(0, 200), /cut off/],
    ["a message of another kind", Buffer.from("0a03666f6f1203626172", "hex"), /no ONNX graph/],
  ];
  for (const [what, content, words] of refused) {
    it(`is refused in words: ${what}`, async () => {
      const file = folder.write("refused.onnx", content);
      await assert.rejects(readModelFile(file), fails("RESONANCE_MODEL_FILE_INVALID", words, "onnxFile"));
    });
  }

  it("is refused unread when it is larger than allowed", async () => {
    const file = folder.write("large.onnx", "");
    truncateSync(file, 200 * 1024 * 1024);
    await assert.rejects(readModelFile(file, 100 * 1024 * 1024), fails("RESONANCE_MODEL_FILE_INVALID", /209715200 bytes/));
    await assert.rejects(readModelFile(file), fails("RESONANCE_MODEL_FILE_INVALID", /no whole ONNX model/));
  });

  it("is missing, or a folder", async () => {
    await assert.rejects(readModelFile(path.join(folder.path, "nowhere.onnx")), fails("RESONANCE_MODEL_FILE_MISSING", /no such file/));
    await assert.rejects(readModelFile(folder.path), fails("RESONANCE_MODEL_FILE_MISSING", /it is a folder/));
  });
});

describe("the runtime", () => {
  it("that is missing is named with the command that installs it, and where", () => {
    assert.throws(() => findRuntime("auto", folder.path, []), (error: ResonanceError) => {
      fails("RESONANCE_MODEL_RUNTIME_MISSING", /onnxruntime-node \/ onnxruntime-web/)(error);
      assert.ok(error.hint().includes(`${folder.path} run: npm install --ignore-scripts onnxruntime-node`), error.hint());
      return true;
    });
    assert.throws(() => findRuntime("web", folder.path, []), (error: ResonanceError) => error.hint().includes("npm install onnxruntime-web"));
  });

  it("is the native one before the other, and the user directory's before the pack's", () => {
    const home = path.join(folder.path, "home");
    for (const [place, name] of [["home", "onnxruntime-web"], ["home", "onnxruntime-node"], ["pack", "onnxruntime-web"]]) {
      folder.write(`${place}/node_modules/${name}/index.js`, "");
    }
    const found = findRuntime("auto", home, [path.join(folder.path, "pack", "x.js")]);
    assert.deepEqual(found.map((file) => path.relative(folder.path, file)), [
      path.join("home", "node_modules", "onnxruntime-node", "index.js"), path.join("home", "node_modules", "onnxruntime-web", "index.js"),
    ]);
  });

  /** A runtime of these few lines, in a user directory of its own. */
  const madeUp = (name: string, code: string): string => {
    folder.write(`${name}/node_modules/onnxruntime-web/index.js`, code);
    return path.join(folder.path, name);
  };
  const file = folder.write("pair.onnx", PAIR);
  const question = ask(floats("x", [1, 2], [1, 2]));

  it("that does not load is as good as missing", async () => {
    const userFolder = madeUp("broken", "throw new Error('wrong libc')");
    const runner = open({ file, inputs: [X], outputs: [Y], runtime: "web", userFolder });
    await assert.rejects(runner.ask(question), fails("RESONANCE_MODEL_RUNTIME_MISSING", /wrong libc/, "onnxRuntime"));
  });

  it("that dies takes only its thread along: the next question starts it again", async () => {
    const counts = folder.write("runs", "");
    const userFolder = madeUp("dying", `
      const fs = require("node:fs");
      class Tensor { constructor(type, data, dims) { Object.assign(this, { type, data, dims }); } }
      const run = async ({ x }) => {
        fs.appendFileSync(${JSON.stringify(counts)}, "x");
        if (fs.readFileSync(${JSON.stringify(counts)}, "utf8").length === 1) process.exit(3);
        return { y: x };
      };
      module.exports = { env: {}, Tensor, InferenceSession: { create: async () => ({ run }) } };`);
    const runner = open({ file, inputs: [X], outputs: [Y], runtime: "web", userFolder });
    await assert.rejects(runner.ask(question), fails("RESONANCE_MODEL_RUNTIME_ENDED", /exit code 3/));
    assert.deepEqual(outputsOf(await runner.ask(question))[0]?.data, [1, 2]);
  });

  it("that dies between two questions is started again without anybody noticing", async () => {
    const userFolder = madeUp("fading", `
      class Tensor { constructor(type, data, dims) { Object.assign(this, { type, data, dims }); } }
      module.exports = { env: {}, Tensor, InferenceSession: { create: async () => ({ run: async ({ x }) => { setImmediate(() => { setImmediate(() => process.exit(4)); }); return { y: x }; } }) } };`);
    const runner = open({ file, inputs: [X], outputs: [Y], runtime: "web", userFolder, timeout: 60_000 });
    let ended = 0;
    const watch = (worker: Worker): void => { worker.once("exit", () => { ended += 1; }); };
    process.on("worker", watch);
    for (let count = 1; count <= 3; count += 1) {
      assert.deepEqual(outputsOf(await runner.ask(question))[0]?.data, [1, 2]);
      await until(() => ended === count, `the end of thread ${count}`);
    }
    process.off("worker", watch);
  });

  it("that hangs while it loads is given up on close", async () => {
    const userFolder = madeUp("hanging", "module.exports = { env: {}, InferenceSession: { create: () => new Promise(() => { setInterval(() => 0, 1000); }) } };");
    const runner = open({ file, inputs: [X], outputs: [Y], runtime: "web", userFolder });
    const answer = assert.rejects(runner.ask(question), fails("RESONANCE_MODEL_CLOSED"));
    await runner.close();
    await answer;
    await assert.rejects(runner.ask(question), fails("RESONANCE_MODEL_CLOSED"));
  });
});

for (const runtime of runtimes) {
  describe(`a model in onnxruntime-${runtime}`, () => {
    const types: readonly (readonly [Datatype, ElementType, Tensor["data"]])[] = [
      ["BOOL", "bool", [true, false]], ["UINT8", "uint8", [0, 255]], ["UINT16", "uint16", [0, 65_535]], ["UINT32", "uint32", [0, 4_294_967_295]],
      ["UINT64", "uint64", [1, "18446744073709551615"]], ["INT8", "int8", [-128, 127]], ["INT16", "int16", [-32_768, 32_767]],
      ["INT32", "int32", [-2_147_483_648, 2_147_483_647]], ["INT64", "int64", ["-9223372036854775808", 7]], ["FP16", "float16", [0.5, -65_504]],
      ["FP32", "float", [0.25, Math.fround(-1e30)]], ["FP64", "double", [0.1, -1e300]], ["BYTES", "string", ["Fräser Ø 8", ""]],
    ];
    it("takes and gives every datatype of the protocol, and texts", async () => {
      const graph = {
        inputs: types.map(([name, type]) => ({ name, type, shape: ["rows", 2] })),
        outputs: types.map(([name, type]) => ({ name: `${name}_out`, type, shape: ["rows", 2] })),
        operators: types.map(([name]) => ({ op: "Identity", inputs: [name], outputs: [`${name}_out`] })),
      };
      const file = folder.write(`types-${runtime}.onnx`, modelOf(graph));
      const runner = open({ file, runtime, inputs: types.map(([name]) => specOf(name, name, [-1, 2])), outputs: types.map(([name]) => specOf(`${name}_out`, name, [-1, 2])) });
      const answer = await runner.ask(ask(...types.map(([name, , data]) => ({ name, datatype: name, shape: [1, 2], data }))));
      assert.deepEqual(outputsOf(answer), types.map(([name, , data]) => ({ name: `${name}_out`, datatype: name, shape: [1, 2], data })));
    });

    it("answers with the digest of its file; several questions make one run", async () => {
      const runner = open({ file: folder.write(`pair-${runtime}.onnx`, PAIR), runtime, inputs: [X], outputs: [Y] });
      assert.equal(await runner.ready(), true);
      const answers = await runner.askMany?.([ask(floats("x", [1, 2], [1, 2])), ask(floats("x", [2, 2], [3, 4, 5, 6]))]) ?? [];
      assert.deepEqual(answers.map((answer) => outputsOf(answer)[0]), [{ name: "y", datatype: "FP32", shape: [1, 2], data: [1, 2] }, { name: "y", datatype: "FP32", shape: [2, 2], data: [3, 4, 5, 6] }]);
      assert.deepEqual(answers.map(({ digest }) => digest), [digestOf(PAIR), digestOf(PAIR)]);
    });

    it("whose rows are fixed is asked one question after the other", async () => {
      const runner = open({ file: folder.write(`one-${runtime}.onnx`, identity("float", [1, 2])), runtime, inputs: [specOf("x", "FP32", [1, 2])], outputs: [specOf("y", "FP32", [1, 2])] });
      const answers = await runner.askMany?.([ask(floats("x", [1, 2], [1, 2])), ask(floats("x", [1, 2], [3, 4]))]) ?? [];
      assert.deepEqual(answers.map((answer) => outputsOf(answer)[0]?.data), [[1, 2], [3, 4]]);
    });

    it("that gives what is no number is not believed", async () => {
      const graph = { inputs: [{ name: "x", type: "float", shape: ["n", 2] }], outputs: [{ name: "y", type: "float", shape: ["n", 2] }], operators: [{ op: "Log", inputs: ["x"], outputs: ["y"] }] } as const;
      const runner = open({ file: folder.write(`log-${runtime}.onnx`, modelOf(graph)), runtime, inputs: [X], outputs: [Y] });
      await assert.rejects(runner.ask(ask(floats("x", [1, 2], [1, -1]))), fails(["RESONANCE_MODEL_TENSOR_MISMATCH", "RESONANCE_MODEL_NOT_A_NUMBER"], /NaN/, "outputs/y/data/1"));
      assert.deepEqual(outputsOf(await runner.ask(ask(floats("x", [1, 2], [1, 1]))))[0]?.data, [0, 0]);
    });

    it("whose tensors are others than configured is refused before it runs", async () => {
      const file = folder.write(`other-${runtime}.onnx`, PAIR);
      const question = ask(floats("x", [1, 2], [1, 2]));
      const others: readonly (readonly [Partial<Parameters<typeof runnerOf>[0]>, string])[] = [
        [{ outputs: [specOf("z", "FP32", [-1, 2])] }, "outputs/z"],
        [{ outputs: [specOf("y", "FP64", [-1, 2])] }, "outputs/y/datatype"],
        [{ outputs: [specOf("y", "FP32", [-1, 3])] }, "outputs/y/shape"],
        [{ outputs: [specOf("y", "FP32", [2])] }, "outputs/y/shape"],
      ];
      for (const [changes, place] of others) {
        await assert.rejects(open({ file, runtime, inputs: [X], outputs: [Y], ...changes }).ask(question), fails("RESONANCE_MODEL_TENSOR_MISMATCH", /./, place));
      }
      const two = folder.write(`two-${runtime}.onnx`, counter);
      await assert.rejects(
        open({ file: two, runtime, inputs: [specOf("x", "FP32", [-1, 1])], outputs: [specOf("y", "FP32", [-1, 1])] }).ask(ask(floats("x", [1, 1], [1]))),
        fails("RESONANCE_MODEL_TENSOR_MISMATCH", /./, "inputs/trips"),
      );
    });

    it("with a list of maps says how to export it, and works where only its tensors are used", async () => {
      const file = folder.write(`zip-${runtime}.onnx`, ZIPMAP);
      const inputs = [specOf("p", "FP32", [-1, 2])];
      const question = ask(floats("p", [1, 2], [0.25, 0.75]));
      await assert.rejects(
        open({ file, runtime, inputs, outputs: [specOf("probabilities", "FP32", [-1, 2])] }).ask(question),
        fails("RESONANCE_MODEL_FILE_INVALID", /sequence\(map\(INT64,FP32\)\); export the model with a tensor instead \(skl2onnx: option zipmap=False\)/),
      );
      assert.deepEqual(outputsOf(await open({ file, runtime, inputs, outputs: [specOf("copy", "FP32", [-1, 2])] }).ask(question))[0]?.data, [0.25, 0.75]);
    });

    it("with an operator that nobody knows is refused in the runtime's words", async () => {
      const graph = { inputs: [{ name: "x", type: "float", shape: ["n", 2] }], outputs: [{ name: "y", type: "float", shape: ["n", 2] }], operators: [{ op: "Frobnicate", inputs: ["x"], outputs: ["y"] }] } as const;
      const runner = open({ file: folder.write(`unknown-${runtime}.onnx`, modelOf(graph)), runtime, inputs: [X], outputs: [Y] });
      await assert.rejects(runner.ask(ask(floats("x", [1, 2], [1, 2]))), fails("RESONANCE_MODEL_FILE_INVALID", /Frobnicate/));
    });

    it("carries tensors of ten million elements, and goes on after an answer that is too large to hold", async () => {
      const size = 10_000_000;
      const whole = open({ file: folder.write(`long-${runtime}.onnx`, identity("float", ["n"])), runtime, inputs: [{ ...X, shape: [-1], elements: [X.elements[0]!] }], outputs: [{ ...Y, shape: [-1], elements: [] }] });
      const [answer] = outputsOf(await whole.ask(ask(floats("x", [size], new Array<number>(size).fill(0.5)))));
      assert.deepEqual([answer?.shape, answer?.data.length, answer?.data.at(-1)], [[size], size, 0.5]);
      await whole.close();

      const graph = {
        inputs: [{ name: "x", type: "int64", shape: [1] }], outputs: [{ name: "y", type: "float", shape: ["n"] }],
        constants: [{ name: "one", type: "float", shape: [1], data: [1] }], operators: [{ op: "Expand", inputs: ["one", "x"], outputs: ["y"] }],
      } as const;
      const runner = open({ file: folder.write(`expand-${runtime}.onnx`, modelOf(graph)), runtime, inputs: [specOf("x", "INT64", [1])], outputs: [{ ...specOf("y", "FP32", [1]), shape: [-1], elements: [] }] });
      const times = (count: number): Promise<RawAnswer> => runner.ask(ask({ name: "x", datatype: "INT64", shape: [1], data: [count] }));
      await assert.rejects(times(40_000_000), fails("RESONANCE_MODEL_RUN_FAILED", /40000000 values/));
      await assert.rejects(times(2 ** 45), fails("RESONANCE_MODEL_RUN_FAILED"));
      assert.deepEqual(outputsOf(await times(3))[0]?.data, [1, 1, 1]);
    });
  });
}

describe("a model's file and its answers", { skip: withoutRuntime }, () => {
  const question = ask(floats("x", [1, 2], [1, 2]));

  it("is refused when its digest is another one than configured", async () => {
    const file = folder.write("digest.onnx", PAIR);
    const digest = digestOf(PAIR).toUpperCase().replace("SHA256", "sha256");
    assert.equal((await open({ file, inputs: [X], outputs: [Y], digest }).ask(question)).digest, digestOf(PAIR));
    const wrong = open({ file, inputs: [X], outputs: [Y], digest: `sha256:${"0".repeat(64)}` });
    await assert.rejects(wrong.ask(question), fails("RESONANCE_MODEL_DIGEST_MISMATCH", /sha256:0000/, "digest"));
    folder.write("digest.onnx", "something else");
    await assert.rejects(wrong.ask(question), fails("RESONANCE_MODEL_FILE_INVALID"));
  });

  it("that comes later is found by the next question; one that is replaced is taken by the next deployment only", async () => {
    const file = path.join(folder.path, "late.onnx");
    const runner = open({ file, inputs: [X], outputs: [Y] });
    await assert.rejects(runner.ask(question), fails("RESONANCE_MODEL_FILE_MISSING"));
    folder.write("late.onnx", PAIR);
    assert.deepEqual(outputsOf(await runner.ask(question))[0]?.data, [1, 2]);

    const negative = modelOf({ inputs: [{ name: "x", type: "float", shape: ["n", 2] }], outputs: [{ name: "y", type: "float", shape: ["n", 2] }], operators: [{ op: "Neg", inputs: ["x"], outputs: ["y"] }] });
    folder.write("late.onnx", negative);
    const kept = await runner.ask(question);
    assert.deepEqual([outputsOf(kept)[0]?.data, kept.digest], [[1, 2], digestOf(PAIR)]);
    const next = await open({ file, inputs: [X], outputs: [Y] }).ask(question);
    assert.deepEqual([outputsOf(next)[0]?.data, next.digest], [[-1, -2], digestOf(negative)]);
  });

  it("is described without a runtime, and while it runs", async () => {
    const runner = open({ file: folder.write("described.onnx", PAIR), inputs: [X], outputs: [Y], userFolder: path.join(folder.path, "nowhere") });
    assert.deepEqual((await runner.describe?.())?.inputs, [{ name: "x", datatype: "FP32", shape: [-1, 2] }]);
  });

  it("with a digest that keeps, is not exchanged under the flow even when its thread has to start again", { skip: runtimes.includes("web") ? false : "only WebAssembly can be ended while it runs" }, async () => {
    const inputs = [specOf("trips", "INT64", [1]), specOf("x", "FP32", [-1, 1])];
    const outputs = [specOf("y", "FP32", [-1, 1])];
    const count = (runner: ModelRunner, trips: number | string): Promise<RawAnswer> => runner.ask(ask({ name: "trips", datatype: "INT64", shape: [1], data: [trips] }, floats("x", [1, 1], [0.5])));
    const file = folder.write("counter.onnx", counter);
    const runner = open({ file, inputs, outputs, runtime: "web", timeout: 1000 });
    assert.deepEqual(outputsOf(await count(runner, 3))[0]?.data, [3.5]);
    const waiting = count(runner, "9000000000000000000");
    const behind = count(runner, 4);
    await assert.rejects(waiting, fails("RESONANCE_MODEL_TIMEOUT"));
    assert.deepEqual(outputsOf(await behind)[0]?.data, [4.5]);

    await assert.rejects(count(runner, "9000000000000000000"), fails("RESONANCE_MODEL_TIMEOUT"));
    folder.write("counter.onnx", Buffer.concat([counter, Buffer.from([0x32, 0x01, 0x61])]));
    await assert.rejects(count(runner, 3), fails("RESONANCE_MODEL_DIGEST_MISMATCH", new RegExp(digestOf(counter))));
    folder.write("counter.onnx", counter);
    assert.deepEqual(outputsOf(await count(runner, 5))[0]?.data, [5.5]);
  });

  it("gives up a question whose asker is gone, and every question on close", async () => {
    const runner = open({ file: folder.write("gone.onnx", PAIR), inputs: [X], outputs: [Y] });
    const asker = new AbortController();
    const first = runner.ask(question, { signal: asker.signal });
    const second = runner.ask(question);
    asker.abort();
    await assert.rejects(first, fails("RESONANCE_MODEL_CLOSED"));
    assert.deepEqual(outputsOf(await second)[0]?.data, [1, 2]);
    const open_ = [runner.ask(question), runner.ask(question)].map((answer) => assert.rejects(answer, fails("RESONANCE_MODEL_CLOSED")));
    await runner.close();
    await Promise.all(open_);
  });

  it("is found where the runtime is: in the user directory", () => {
    assert.ok(findRuntime("auto", runtimeFolder, []).length > 0);
  });
});
