import assert from "node:assert/strict";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { readAi4i } from "../../examples/models/train/ai4i";
import { baseRates, measure } from "../../examples/models/train/evaluate-tool-failure";
import { startModelServer, type ModelServer } from "../../examples/demo/model-server";
import { digestOf, predict, type Network } from "../../examples/models/train/network";
import model from "../../examples/demo/tool-failure-model.json";
import { HOLD_OUT_FROM } from "../../examples/models/train/tool-failure";
import type { ErrorCode, ResonanceError } from "../../nodes/lib/errors/resonance-error";
import { readAnswer } from "../../nodes/lib/inference/oip/answer";
import { decodeRaw, encodeRaw } from "../../nodes/lib/inference/oip/binary";
import { readModelMetadata } from "../../nodes/lib/inference/oip/metadata";
import { compileParameters } from "../../nodes/lib/inference/oip/parameters";
import { createCallQueue } from "../../nodes/lib/inference/call-queue";
import { checkTensor } from "../../nodes/lib/inference/check-tensor";
import { decodeJson } from "../../nodes/lib/inference/decode-json";
import { serverError } from "../../nodes/lib/inference/model-error";
import { createInferenceClient } from "../../nodes/lib/inference/oip/inference-client";
import { prepareCalls } from "../../nodes/lib/inference/prepare-call";
import { closeShape, flatten } from "../../nodes/lib/inference/shape";
import type { Datatype, ModelAnswer, TensorSpec } from "../../nodes/lib/inference/tensor";
import { compileInputs } from "../../nodes/lib/inference/tensor-plan";
import { encodeRequest } from "../../nodes/lib/inference/oip/wire";
import { compileRequest, type RequestRow } from "../../nodes/lib/inference/request/request-template";
import { loadBuiltInProfile } from "../../nodes/lib/profile/load-profile";
import type { Category, Field } from "../../nodes/lib/profile/profile";
import { profileKey } from "../../nodes/lib/profile/profile-lookup";
import { readAnswer as readModelAnswer } from "../../nodes/lib/record/model-answer";
import { sharedData, skipWithout } from "../support/requirements";

function fails(code: ErrorCode, place?: string) {
  return (error: ResonanceError) => {
    assert.equal(error.code, code, error.message);
    if (place !== undefined) assert.equal(error.path, place);
    return true;
  };
}

const element = (field: string, unit = "") => ({ field, unit });
const spec = (datatype: Datatype, shape: readonly number[], elements: TensorSpec["elements"] = []): TensorSpec => ({ name: "t", datatype, shape, elements });

describe("datatypes of the protocol", () => {
  const admitted: Readonly<Record<Datatype, readonly [good: readonly unknown[], bad: readonly unknown[]]>> = {
    BOOL: [[true, false], [0, 1, "true", null]],
    UINT8: [[0, 255], [-1, 256, 0.5, "1", true]],
    UINT16: [[0, 65_535], [-1, 65_536]],
    UINT32: [[0, 4_294_967_295], [-1, 4_294_967_296]],
    UINT64: [[0, 2 ** 53 - 1, "18446744073709551615"], [-1, 2 ** 53, "18446744073709551616", "-1", "1.5", ""]],
    INT8: [[-128, 127], [-129, 128]],
    INT16: [[-32_768, 32_767], [-32_769, 32_768]],
    INT32: [[-2_147_483_648, 2_147_483_647], [-2_147_483_649, 2_147_483_648]],
    INT64: [[-5, "-9223372036854775808", "9223372036854775807"], [2 ** 53, "9223372036854775808", "x"]],
    FP16: [[65_504, -65_504, 1e-9], [65_520, -1e5, NaN]],
    BF16: [[3.3e38, -0.5], [3.5e38, NaN]],
    FP32: [[3.402_823_4e38, 0.1], [3.5e38, Infinity, null, "1"]],
    FP64: [[Number.MAX_VALUE, -0.5], [NaN, -Infinity, null]],
    BYTES: [["", "schön"], [1, true, null]],
  };
  for (const [datatype, [good, bad]] of Object.entries(admitted) as [Datatype, (typeof admitted)[Datatype]][]) {
    it(`${datatype} takes its whole range and nothing else`, () => {
      for (const value of good) assert.equal(checkTensor("outputs", { datatype, shape: [1], data: [value] }, spec(datatype, [1])).data.length, 1);
      for (const value of bad) {
        // Where numbers belong, what is none has a code of its own: the model failed, not its description.
        const code = /FP?\d/.test(datatype) && [null, NaN, Infinity, -Infinity].includes(value as number) ? "RESONANCE_MODEL_NOT_A_NUMBER" : "RESONANCE_MODEL_TENSOR_MISMATCH";
        assert.throws(() => checkTensor("outputs", { datatype, shape: [1], data: [value] }, spec(datatype, [1])), fails(code, "outputs/t/data/0"));
      }
    });
  }

  it("64-bit integers beyond 2^53 travel both ways without losing a digit", () => {
    const data = ["9007199254740993", 5, "-9223372036854775808"];
    const body = encodeRequest({ inputs: [{ name: "t", datatype: "INT64", shape: [3], data }], outputs: ["t"] });
    assert.match(body, /"data":\[9007199254740993,5,-9223372036854775808\]/);
    const text = body.replace('"inputs"', '"model_name":"m","outputs"').replace(',"outputs":[{"name":"t"}]', "");
    const { answer } = readAnswer(text, { model: "m", outputs: [spec("INT64", [-1])] });
    assert.deepEqual(answer.outputs[0]?.data, data);
  });

  it("reading them exactly changes neither texts nor long floating-point numbers beside them", () => {
    const text = '{"model_name":"m","outputs":[{"name":"t","datatype":"UINT64","shape":[1],"data":[18446744073709551615]},'
      + '{"name":"f","datatype":"FP64","shape":[3],"data":[12345678901234567890,0.1234567890123456789,1e20]},'
      + '{"name":"b","datatype":"BYTES","shape":[2],"data":["12345678901234567890","a \\"1234567890123456\\" b"]}]}';
    const { answer } = readAnswer(text, {
      model: "m",
      outputs: [spec("UINT64", [1]), { ...spec("FP64", [3]), name: "f" }, { ...spec("BYTES", [2]), name: "b" }],
    });
    assert.deepEqual(answer.outputs.map(({ data }) => data), [
      ["18446744073709551615"], [12_345_678_901_234_567_000, 0.123_456_789_012_345_68, 1e20], ["12345678901234567890", 'a "1234567890123456" b'],
    ]);
  });
});

describe("tensors as bytes", () => {
  // By hand, from the number formats' own definitions.
  const known: readonly (readonly [Datatype, readonly (number | boolean | string)[], string])[] = [
    ["BOOL", [true, false], "0100"], ["UINT8", [0, 255], "00ff"], ["INT8", [-1, 127], "ff7f"], ["UINT16", [258], "0201"], ["INT16", [-2], "feff"],
    ["UINT32", [4_294_967_295], "ffffffff"], ["INT32", [-2, 1], "feffffff01000000"], ["INT64", ["9007199254740993", -1], "0100000000002000ffffffffffffffff"],
    ["UINT64", ["18446744073709551615"], "ffffffffffffffff"], ["FP32", [1, -0.15625], "0000803f000020be"], ["FP64", [0.1], "9a9999999999b93f"],
    ["FP16", [1, -2, 65_504, 2 ** -24, 2 ** -14, 1.000_976_562_5], "003c00c0ff7b010000040 13c".replace(" ", "")], ["BF16", [1, -0.15625, 3.140_625], "803f20be4940"],
    ["BYTES", ["ab", "", "ü"], "02000000616200000000" + "02000000c3bc"],
  ];
  for (const [datatype, data, hex] of known) {
    it(`${datatype} is written and read as its definition says`, () => {
      assert.equal(encodeRaw({ datatype, data }).toString("hex"), hex);
      assert.deepEqual(decodeRaw(datatype, Buffer.from(hex, "hex"), data.length), data);
      assert.equal(decodeRaw(datatype, Buffer.from(hex + "00", "hex"), data.length), undefined);
      assert.equal(decodeRaw(datatype, Buffer.from(hex, "hex").subarray(1), data.length), undefined);
    });
  }

  it("half precision: every finite number comes back as itself, and between two the nearer is taken, in doubt the even one", () => {
    for (let bits = 0; bits < 0x10000; bits += 1) {
      const bytes = Buffer.from([bits & 0xff, bits >> 8]);
      const [value] = decodeRaw("FP16", bytes, 1) as [number];
      if (Number.isFinite(value)) assert.deepEqual(encodeRaw({ datatype: "FP16", data: [value] }), bytes, bits.toString(16));
    }
    for (const [value, hex] of [[1 + 2 ** -11, "003c"], [1 + 3 * 2 ** -11, "023c"], [1 + 2 ** -11 + 2 ** -20, "013c"], [65_519, "ff7b"], [2 ** -25, "0000"]] as const) {
      assert.equal(encodeRaw({ datatype: "FP16", data: [value] }).toString("hex"), hex, String(value));
    }
  });

  it("texts that are no UTF-8 come as base64, lengths that run over the end are refused", () => {
    assert.deepEqual(decodeRaw("BYTES", Buffer.from("02000000fffe", "hex"), 1), ["//4="]);
    assert.equal(decodeRaw("BYTES", Buffer.from("ffffffff61", "hex"), 1), undefined);
  });
});

describe("what servers really answer", () => {
  // Forms as the servers' own documentation and code give them.
  const recorded: readonly (readonly [string, string, TensorSpec[], Partial<ModelAnswer>])[] = [
    ["Triton", '{"model_name":"m","model_version":"1","outputs":[{"name":"OUTPUT0","datatype":"INT32","shape":[1,4],"data":[1,2,3,4]},{"name":"OUTPUT1","datatype":"INT32","shape":[1,4],"data":[-1,0,1,2]}]}',
      [{ ...spec("INT32", [1, 4]), name: "OUTPUT0" }, { ...spec("INT32", [-1, 4]), name: "OUTPUT1" }],
      { modelVersion: "1", outputs: [{ name: "OUTPUT0", datatype: "INT32", shape: [1, 4], data: [1, 2, 3, 4] }, { name: "OUTPUT1", datatype: "INT32", shape: [1, 4], data: [-1, 0, 1, 2] }] }],
    ["Triton, classification", '{"model_name":"m","model_version":"1","outputs":[{"name":"score","datatype":"BYTES","shape":[1,2],"data":["0.917:2:worn","0.05:0:ok"]}]}',
      [{ ...spec("BYTES", [1, 2]), name: "score" }], { modelVersion: "1", outputs: [{ name: "score", datatype: "BYTES", shape: [1, 2], data: ["0.917:2:worn", "0.05:0:ok"] }] }],
    ["MLServer", '{"model_name":"m","model_version":"v0.1.0","id":"e5e8f6b0","parameters":{"content_type":"np"},"outputs":[{"name":"predict","shape":[1,1],"datatype":"INT64","parameters":{"content_type":"np"},"data":[2]}]}',
      [{ ...spec("INT64", [-1, 1]), name: "predict" }],
      { modelVersion: "v0.1.0", parameters: { content_type: "np" }, outputs: [{ name: "predict", datatype: "INT64", shape: [1, 1], data: [2], parameters: { content_type: "np" } }] }],
    ["MLServer, texts as base64", '{"model_name":"m","outputs":[{"name":"label","shape":[2,1],"datatype":"BYTES","parameters":{"content_type":"base64"},"data":["dmVyc2NobGlzc2Vu","w7w="]}]}',
      [{ ...spec("BYTES", [-1, 1]), name: "label" }], { outputs: [{ name: "label", datatype: "BYTES", shape: [2, 1], data: ["verschlissen", "ü"], parameters: { content_type: "base64" } }] }],
    ["KServe", '{"model_name":"m","model_version":null,"id":"823248cc","parameters":null,"outputs":[{"name":"output-0","shape":[2],"datatype":"FP32","parameters":null,"data":[1,1.5]}]}',
      [{ ...spec("FP32", [-1]), name: "output-0" }], { outputs: [{ name: "output-0", datatype: "FP32", shape: [2], data: [1, 1.5] }] }],
    ["OpenVINO Model Server", '{"model_name":"m","model_version":"1","outputs":[{"name":"414","shape":[1,3],"datatype":"FP32","data":[0.1,0.2,0.7]}]}',
      [{ ...spec("FP32", [1, 3]), name: "414" }], { modelVersion: "1", outputs: [{ name: "414", datatype: "FP32", shape: [1, 3], data: [0.1, 0.2, 0.7] }] }],
    ["TorchServe", '{"id":"d3b15cad","model_name":"m","model_version":"1.0","outputs":[{"name":"predict","shape":[],"datatype":"INT64","data":[2]}]}',
      [{ ...spec("INT64", []), name: "predict" }], { modelVersion: "1.0", outputs: [{ name: "predict", datatype: "INT64", shape: [], data: [2] }] }],
    ["a single text without a list", '{"outputs":[{"name":"t","shape":[1],"datatype":"BYTES","data":"worn"}]}', [spec("BYTES", [1])], { outputs: [{ name: "t", datatype: "BYTES", shape: [1], data: ["worn"] }] }],
    ["nested texts", '{"outputs":[{"name":"t","shape":[2,1],"datatype":"BYTES","data":[["a"],["b"]]}]}', [spec("BYTES", [2, 1])], { outputs: [{ name: "t", datatype: "BYTES", shape: [2, 1], data: ["a", "b"] }] }],
  ];
  for (const [server, text, outputs, expected] of recorded) {
    it(`${server}: is read as it stands`, () => {
      assert.deepEqual(readAnswer(text, { model: "m", outputs }).answer, { modelName: "m", ...expected });
    });
  }

  it("a text answer of classes goes into a record by a pattern", () => {
    const answer = readModelAnswer({ outputs: [{ name: "score", datatype: "BYTES", shape: [1, 1], data: ["0.917:2:worn"] }] });
    assert.match(answer.text("score"), /^0\.917:2:worn$/);
  });

  it("metadata in the way of a server's own model files name the same datatypes", () => {
    const { inputs } = readModelMetadata('{"name":"m","inputs":[{"name":"a","datatype":"TYPE_FP32","shape":[-1]},{"name":"b","datatype":"TYPE_STRING","shape":["1"]},{"name":"c","datatype":"bf16","shape":[1]}]}');
    assert.deepEqual(inputs?.map(({ datatype }) => datatype), ["FP32", "BYTES", "BF16"]);
  });
});

describe("parameters of a request", () => {
  const tensors = [{ name: "text" }, { name: "score" }];
  const row = (tensor: string, name: string, value: string) => ({ tensor, name, value });

  it("stand where they belong, as what they are; a content type of base64 makes texts base64", () => {
    const parameters = compileParameters([row("", "priority", "3"), row("", "trace", "true"), row("", "tag", '"5"'), row("text", "content_type", "base64"), row("score", "classification", "2")], tensors);
    const body = encodeRequest({ inputs: [{ name: "text", datatype: "BYTES", shape: [1], data: ["ü"] }], outputs: ["score"], parameters });
    assert.deepEqual(JSON.parse(body), {
      parameters: { priority: 3, trace: true, tag: "5" },
      inputs: [{ name: "text", shape: [1], datatype: "BYTES", parameters: { content_type: "base64" }, data: ["w7w="] }],
      outputs: [{ name: "score", parameters: { classification: 2 } }],
    });
  });

  it("without a name, twice or of a tensor that is not there are refused at deploy", () => {
    for (const [rows, place] of [[[row("", " ", "1")], "parameters/0/name"], [[row("", "a", "1"), row("", "a", "2")], "parameters/1/name"], [[row("x", "a", "1")], "parameters/0/tensor"]] as const) {
      assert.throws(() => compileParameters(rows, tensors), fails("RESONANCE_CONFIG_INVALID", place));
    }
    assert.deepEqual(Object.keys(compileParameters([row("", "__proto__", "1")], tensors).request), ["__proto__"]);
  });
});

describe("from a record to a request document", () => {
  const category = loadBuiltInProfile().categories.get("predictive-maintenance")!;
  const lineage = { id: "m", version: "2" };
  const record = {
    profile: "p@1", category: category.id, direction: "input", nature: "measurement", id: "r-1", timestamp: "2026-11-22T08:30:05.120Z", equipment: "acme/cnc-07",
    values: { airTemperature: 298.15, torque: 42.8 },
  } as const;
  const row = (path: string, source: RequestRow["source"], more: Partial<RequestRow> = {}): RequestRow => ({ path, source, field: "", unit: "", value: "", ...more });
  const make = (...rows: RequestRow[]): unknown => compileRequest({ form: "rows", rows }, category, lineage)(record);

  it("every part stands at its place, in the model's unit; numbers from 0 on make a list, what is optional and missing is left out", () => {
    assert.deepEqual(make(
      row("/data/0/t", "field", { field: "airTemperature", unit: "CEL" }), row("/data/0/m", "field", { field: "torque", unit: "NU" }),
      row("/data/1", "field", { field: "toolWear", unit: "MIN", optional: true }), row("/data/2", "value", { value: "[1, true]" }),
      row("/wear", "field", { field: "toolWear", unit: "MIN", optional: true }), row("/note", "value", { value: "as is" }), row("/7", "value", { value: '"7"' }),
      row("/who/a~1b", "equipment"), row("/who/id", "id"), row("/who/at", "timestamp"), row("/who/model", "modelId"), row("/who/version", "modelVersion"),
    ), {
      data: [{ t: 25, m: 42.8 }, null, [1, true]], note: "as is", 7: "7",
      who: { "a/b": "acme/cnc-07", id: "r-1", at: record.timestamp, model: "m", version: "2" },
    });
    assert.equal(make(row("", "field", { field: "torque", unit: "NU" })), 42.8);
    assert.equal(compileRequest({ form: "record", rows: [] }, category, lineage)(record), record);
    assert.equal(compileRequest({ form: "values", rows: [] }, category, lineage)(record), record.values);
  });

  it("a value that is needed and missing is named with its path", () => {
    assert.throws(() => make(row("/wear", "field", { field: "toolWear", unit: "MIN" })), fails("RESONANCE_MODEL_INPUT_MISSING", "values/toolWear"));
  });

  it("what cannot work is refused at deploy, at the place of the setting", () => {
    const torque = { field: "torque", unit: "NU" };
    const refused: readonly (readonly [RequestRow[], ErrorCode, string])[] = [
      [[], "RESONANCE_CONFIG_INVALID", "requestRows"],
      [[row("a", "id")], "RESONANCE_CONFIG_INVALID", "requestRows/0/path"], [[row("/a~2", "id")], "RESONANCE_CONFIG_INVALID", "requestRows/0/path"],
      [[row("/a/__proto__/b", "id")], "RESONANCE_CONFIG_INVALID", "requestRows/0/path"],
      [[row("/a", "id"), row("/a", "id")], "RESONANCE_CONFIG_INVALID", "requestRows/1/path"],
      [[row("/a", "id"), row("/a/b", "id")], "RESONANCE_CONFIG_INVALID", "requestRows/1/path"],
      [[row("/a/b", "id"), row("/a", "id")], "RESONANCE_CONFIG_INVALID", "requestRows/1/path"],
      [[row("", "id"), row("", "id")], "RESONANCE_CONFIG_INVALID", "requestRows/1/path"],
      [[row("/a", "luck" as "id")], "RESONANCE_CONFIG_INVALID", "requestRows/0/source"],
      [[row("/a", "field", { ...torque, field: "luck" })], "RESONANCE_FIELD_UNKNOWN", "requestRows/0/field"],
      [[row("/a", "field", { ...torque, unit: "KEL" })], "RESONANCE_UNIT_INCOMPATIBLE", "requestRows/0/unit"],
      [[row("/a", "field", { ...torque, unit: "" })], "RESONANCE_CONFIG_INVALID", "requestRows/0/unit"],
    ];
    for (const [rows, code, place] of refused) assert.throws(() => make(...rows), fails(code, place), JSON.stringify(rows));
  });
});

describe("shapes", () => {
  it("flat data count, nested data have exactly the shape's sizes; a scalar has one value", () => {
    assert.deepEqual(flatten([1, 2, 3, 4], [2, 2]), [1, 2, 3, 4]);
    assert.deepEqual(flatten([[1, 2], [3, 4]], [2, 2]), [1, 2, 3, 4]);
    assert.deepEqual(flatten([[[1], [2]], [[3], [4]]], [2, 2, 1]), [1, 2, 3, 4]);
    assert.deepEqual(flatten([7], []), [7]);
    for (const [data, shape] of [[[1, 2, 3], [2, 2]], [[[1, 2], [3]], [2, 2]], [[[1, 2], 3, 4], [2, 2]], [[[1, 2, 3, 4]], [2, 2]], [[[[1]]], [1, 1]]] as const) {
      assert.equal(flatten(data, shape), undefined);
    }
  });

  it("one open dimension takes what the elements fill", () => {
    assert.deepEqual(closeShape([-1, 5], 5), [1, 5]);
    assert.deepEqual(closeShape([2, -1], 6), [2, 3]);
    assert.deepEqual(closeShape([], 1), []);
    for (const [shape, count] of [[[-1, 5], 6], [[-1, -1], 4], [[1, 5], 4], [[-1, 5], 0]] as const) assert.equal(closeShape(shape, count), undefined);
  });
});

describe("from a record to tensors", () => {
  const profile = loadBuiltInProfile();
  const category = profile.categories.get("predictive-maintenance")!;
  const CNC: TensorSpec = {
    name: "input", datatype: "FP32", shape: [1, 5],
    elements: [element("airTemperature", "CEL"), element("processTemperature", "KEL"), element("rotationalSpeed", "RPM"), element("torque", "NU"), element("toolWear", "HUR")],
  };
  const values = { airTemperature: 298.15, processTemperature: 308.6, rotationalSpeed: 1551, torque: 42.8, toolWear: 90 };

  it("values come in the order of the elements and in the model's units", () => {
    assert.deepEqual(compileInputs([CNC], category)(values), [{ name: "input", datatype: "FP32", shape: [1, 5], data: [25, 308.6, 1551, 42.8, 1.5] }]);
  });

  it("a missing value is named with its path, a value that does not fit too; nothing is rounded", () => {
    const fill = compileInputs([CNC], category);
    for (const missing of [undefined, null]) {
      assert.throws(() => fill({ ...values, torque: missing }), fails("RESONANCE_MODEL_INPUT_MISSING", "values/torque"));
    }
    for (const wrong of [NaN, Infinity, "42.8", 1e39, {}]) {
      assert.throws(() => fill({ ...values, torque: wrong }), fails("RESONANCE_MODEL_INPUT_VALUE", "values/torque"));
    }
    const whole = compileInputs([spec("INT64", [1], [element("torque", "NU")])], category);
    assert.deepEqual(whole({ torque: 42 })[0]?.data, [42]);
    assert.throws(() => whole({ torque: 42.8 }), fails("RESONANCE_MODEL_INPUT_VALUE", "values/torque"));
    assert.throws(() => whole({ torque: "42" }), fails("RESONANCE_MODEL_INPUT_VALUE", "values/torque"));
  });

  it("truth values and texts fill BOOL and BYTES, a truth value also a number; an unused element is empty", () => {
    const fields = new Map(["on", "name"].map((name) => [name, { name, required: false, schema: { type: name === "on" ? "boolean" : "string" } } as unknown as Field]));
    const other = { ...category, input: { ...category.input, fields } } as Category;
    const specs = [spec("BOOL", [2], [element("on"), element("")]), spec("BYTES", [1], [element("name")]), spec("FP32", [2], [element("on"), element("")])]
      .map((one, index) => ({ ...one, name: `t${index}` }));
    assert.deepEqual(compileInputs(specs, other)({ on: true, name: "Fräser 12" }).map(({ data }) => data), [[true, false], ["Fräser 12"], [1, 0]]);
  });

  it("what cannot work is refused at deploy, at the place of the setting", () => {
    const refused: readonly (readonly [TensorSpec, ErrorCode, string])[] = [
      [{ ...CNC, shape: [1, 4] }, "RESONANCE_CONFIG_INVALID", "inputTensors/0/elements"],
      [spec("FP32", [1], [element("speed", "RPM")]), "RESONANCE_FIELD_UNKNOWN", "inputTensors/0/elements/0/field"],
      [spec("BYTES", [1], [element("torque", "NU")]), "RESONANCE_CONFIG_INVALID", "inputTensors/0/elements/0/field"],
      [spec("FP32", [1], [element("torque", "KEL")]), "RESONANCE_UNIT_INCOMPATIBLE", "inputTensors/0/elements/0/unit"],
      [spec("FP32", [1], [element("torque", "XYZ")]), "RESONANCE_UNIT_UNKNOWN", "inputTensors/0/elements/0/unit"],
      [spec("FP32", [1], [element("torque")]), "RESONANCE_CONFIG_INVALID", "inputTensors/0/elements/0/unit"],
    ];
    for (const [wrong, code, place] of refused) assert.throws(() => compileInputs([wrong], category), fails(code, place));
  });

  it("only an input record of the model's own category becomes a call", () => {
    const prepare = prepareCalls({ lineage: { id: "m", version: "1", category: category.id }, inputs: [CNC] }, profile);
    const record = {
      profile: profileKey(profile), category: category.id, direction: "input", nature: "measurement",
      id: "019377b4-0000-7000-8000-000000000000", timestamp: "2026-11-22T08:30:05.120Z", equipment: "acme/shanghai", values,
    };
    assert.equal(prepare(record).record, record);
    const wrong: readonly (readonly [unknown, string])[] = [
      [{ ...record, direction: "output", nature: "prediction", inputId: "x", model: { id: "m", version: "1" }, values: {} }, "direction"],
      [{ ...record, category: "adaptive-control", values: {} }, "category"],
    ];
    for (const [payload, place] of wrong) assert.throws(() => prepare(payload), fails("RESONANCE_RECORD_INVALID", place));
    for (const payload of [undefined, 5, [], { tag: 1 }]) assert.throws(() => prepare(payload), fails("RESONANCE_RECORD_INVALID"));
    assert.throws(() => prepareCalls({ lineage: { id: "m", version: "1", category: "none" }, inputs: [CNC] }, profile), fails("RESONANCE_CATEGORY_UNKNOWN"));
  });
});

describe("the call queue", () => {
  const deferred = () => {
    let resolve: (value: string) => void = () => undefined;
    let reject: (reason: Error) => void = () => undefined;
    const promise = new Promise<string>((yes, no) => { resolve = yes; reject = no; });
    return { promise, resolve, reject };
  };
  const settle = () => new Promise(setImmediate);

  it("gives results and failures in the order of arrival, whatever finishes first", async () => {
    const queue = createCallQueue({ concurrency: 3, queueLimit: 0 });
    const works = [deferred(), deferred(), deferred()];
    const seen: string[] = [];
    works.forEach(({ promise }, index) => {
      queue.run(() => promise).then((result) => seen.push(`${index} ${result}`), () => seen.push(`${index} failed`));
    });
    works[2]?.resolve("ok");
    works[1]?.reject(new Error("no"));
    await settle();
    assert.deepEqual(seen, []);
    works[0]?.resolve("ok");
    await settle();
    assert.deepEqual(seen, ["0 ok", "1 failed", "2 ok"]);
  });

  it("takes no more than it may hold, results that wait for an earlier one included, and counts what it refused", async () => {
    const queue = createCallQueue({ concurrency: 2, queueLimit: 1 });
    const first = deferred();
    const done = [queue.run(() => first.promise), queue.run(() => Promise.resolve("b")), queue.run(() => Promise.resolve("c"))];
    await settle();
    assert.deepEqual(queue.counts(), { active: 1, waiting: 0, refused: 0, dropped: 0, superseded: 0 });
    await assert.rejects(queue.run(() => Promise.resolve("d")), fails("RESONANCE_MODEL_QUEUE_FULL"));
    assert.equal(queue.counts().refused, 1);
    first.resolve("a");
    assert.deepEqual(await Promise.all(done), ["a", "b", "c"]);
    assert.equal(await queue.run(() => Promise.resolve("e")), "e");
  });

  it("work that throws at once is a failed call like any other", async () => {
    const queue = createCallQueue({ concurrency: 1, queueLimit: 1 });
    await assert.rejects(queue.run(() => { throw new Error("at once"); }), /at once/);
    assert.equal(await queue.run(() => Promise.resolve(1)), 1);
  });

  it("on close hands over what is there, rejects the rest and takes nothing more", async () => {
    const queue = createCallQueue({ concurrency: 2, queueLimit: 5 });
    let signal: AbortSignal | undefined;
    const hanging = queue.run((given) => { signal = given; return new Promise(() => undefined); });
    const held = queue.run(() => Promise.resolve("there"));
    const waiting = queue.run(() => new Promise(() => undefined));
    await settle();
    queue.close();
    await assert.rejects(hanging, fails("RESONANCE_MODEL_CLOSED"));
    assert.equal(await held, "there");
    await assert.rejects(waiting, fails("RESONANCE_MODEL_CLOSED"));
    assert.equal(signal?.aborted, true);
    await assert.rejects(queue.run(() => Promise.resolve(1)), fails("RESONANCE_MODEL_CLOSED"));
  });

  it("bounds that make no sense are refused at deploy", () => {
    assert.throws(() => createCallQueue({ concurrency: 0, queueLimit: 1 }), fails("RESONANCE_CONFIG_INVALID", "concurrency"));
    assert.throws(() => createCallQueue({ concurrency: 1, queueLimit: NaN }), fails("RESONANCE_CONFIG_INVALID", "queueLimit"));
  });
});

describe("the demo's model", () => {
  const network: Network = model.network;
  const NEW_TOOL = [298.1, 308.6, 1551, 42.8, 0];
  const WORN_TOOL = [298.9, 309, 1410, 65.7, 191];
  const NO_COOLING = [302.5, 310.4, 1300, 55, 100];

  it("its file is what its digest says, names its source and its licence", () => {
    assert.equal(model.digest, digestOf(model));
    assert.equal(model.source.licence, "CC BY 4.0");
    assert.match(model.source.name, /AI4I 2020/);
    assert.equal(model.inputs.length, 5);
  });

  it("known states of a machine give known answers, whatever computes them", () => {
    const known = [[NEW_TOOL, 0, 213.3], [WORN_TOOL, 0.976, 25.2], [NO_COOLING, 0.998, 115.6]] as const;
    for (const [inputs, probability, minutes] of known) {
      const answer = predict(network, inputs);
      assert.ok(Math.abs(answer.failureProbability - probability) < 0.001, `${answer.failureProbability}`);
      assert.ok(Math.abs(answer.remainingUsefulLife - minutes) < 0.1, `${answer.remainingUsefulLife}`);
    }
  });

  it("beats the base rate on rows it has never seen, as its file says", { skip: skipWithout("shared", sharedData) }, () => {
    const file = path.join(sharedData ?? "", "machining", "ai4i2020-rows-1-8000.csv");
    const metrics = measure(network, readAi4i(file, [HOLD_OUT_FROM, Infinity]), baseRates(readAi4i(file, [0, HOLD_OUT_FROM])));
    for (const [name, value] of Object.entries(metrics)) {
      const stated = model.holdOut[name as keyof typeof model.holdOut];
      assert.ok(Math.abs(value - stated) <= 1e-3 * Math.abs(stated), `${name} is ${value}, the file says ${stated}`);
    }
    assert.ok(metrics.rocAuc > 0.9);
    assert.ok(metrics.logLoss < 0.6 * metrics.baseRateLogLoss);
    assert.ok(metrics.brier < 0.6 * metrics.baseRateBrier);
    assert.ok(metrics.remainingMeanError < metrics.meanLifeMeanError);
  });

  describe("behind its server", () => {
    let server: ModelServer;
    before(async () => { server = await startModelServer({}); });
    after(() => server.close());

    const post = async (body: unknown, at = "/v2/models/tool-failure/infer"): Promise<{ status: number; document: Record<string, unknown> }> => {
      const response = await fetch(server.url + at, { method: "POST", body: typeof body === "string" ? body : JSON.stringify(body) });
      return { status: response.status, document: (await response.json()) as Record<string, unknown> };
    };
    const input = { name: "input", datatype: "FP32", shape: [1, 5], data: NEW_TOOL };

    it("the client of this pack gets the model's answer, with and without version", async () => {
      const elements = ["airTemperature", "processTemperature", "rotationalSpeed", "torque", "toolWear"].map((field) => element(field));
      for (const version of ["", "1.0.0"]) {
        const client = createInferenceClient({
          url: server.url, model: "tool-failure", version, timeout: 5000,
          inputs: [{ name: "input", datatype: "FP32", shape: [1, 5], elements }],
          outputs: ["failureProbability", "remainingUsefulLife"].map((name) => ({ name, datatype: "FP32", shape: [1, 1], elements: [element(name)] })),
        });
        const answer = await client.infer([{ name: "input", datatype: "FP32", shape: [1, 5], data: WORN_TOOL }], { id: "42" });
        const [failure, remaining] = answer.outputs.map(({ data }) => Number(data[0]));
        const { failureProbability, remainingUsefulLife } = predict(network, WORN_TOOL);
        assert.ok(Math.abs((failure ?? NaN) - failureProbability) < 1e-4);
        assert.ok(Math.abs((remaining ?? NaN) - remainingUsefulLife) < 1e-2);
        assert.equal(answer.modelVersion, "1.0.0");
        assert.equal(await client.ready(), true);
        assert.equal((await client.serverMetadata()).name, "model-data-resonance-demo");
        await client.close();
      }
    });

    it("several rows are one request, and only the outputs asked for come back", async () => {
      const { status, document } = await post({ id: "7", inputs: [{ ...input, shape: [2, 5], data: [NEW_TOOL, WORN_TOOL] }], outputs: [{ name: "remainingUsefulLife" }] });
      assert.equal(status, 200);
      const [output, ...others] = document["outputs"] as { name: string; shape: number[]; data: number[] }[];
      assert.deepEqual([document["id"], output?.name, output?.shape, output?.data.length, others.length], ["7", "remainingUsefulLife", [2, 1], 2, 0]);
    });

    it("what does not fit is refused with a sentence that says what", async () => {
      const refused: readonly (readonly [unknown, RegExp])[] = [
        ["{", /parse/], [{}, /one input/], [{ inputs: [input, input] }, /one input/],
        [{ inputs: [{ ...input, name: "x" }] }, /unexpected input 'x'/], [{ inputs: [{ ...input, datatype: "FP64" }] }, /FP64/],
        [{ inputs: [{ ...input, shape: [5] }] }, /shape \[5\]/], [{ inputs: [{ ...input, shape: [0, 5], data: [] }] }, /shape/],
        [{ inputs: [{ ...input, data: [1, 2] }] }, /2 values/], [{ inputs: [{ ...input, data: [1, 2, 3, 4, null] }] }, /numbers/],
        [{ inputs: [input], outputs: [{ name: "y" }] }, /unexpected output 'y'/],
      ];
      for (const [body, words] of refused) {
        const { status, document } = await post(body);
        assert.equal(status, 400);
        assert.match(String(document["error"]), words);
      }
      for (const at of ["/v2/models/other/infer", "/v2/models/tool-failure/versions/9/infer", "/v1/models/tool-failure", "/v2/nothing"]) {
        const { status, document } = await post({ inputs: [input] }, at);
        assert.equal(status, 404);
        assert.equal(typeof document["error"], "string");
      }
    });
  });
});

describe("a document of a server", () => {
  const LONG = 15 * 1024 * 1024;

  it("with texts of any length, numbers in them and outside, is read exactly", () => {
    const text = "a\\\"1234567890123456789, NaN".repeat(100);
    const filled = "a".repeat(LONG);
    const document = `{"text": ${JSON.stringify(text)}, "long": "${filled}", "wide": [1234567890123456789, -9.5e3], "none": [NaN, -Infinity]}`;
    const { long, ...rest } = decodeJson(document, true) as { long: string };
    assert.deepEqual(rest, { text, wide: ["1234567890123456789", -9500], none: ["NaN", "-Infinity"] });
    assert.ok(long === filled);
  });

  /** Each would take hours if the time grew with the square of the length. */
  it("that is cut off, or full of signs that begin something, is refused in a time that grows with its length", () => {
    assert.throws(() => decodeJson(`["NaN 1234567890123456${'\\"'.repeat(LONG / 4)}`, true), fails("RESONANCE_MODEL_ANSWER_INVALID"));
    const page = serverError({ statusCode: 500, headers: {}, text: `<h1>Oops</h1>${"<".repeat(LONG)}`, bytes: Buffer.alloc(0) }, { model: "m", url: "u", timeout: 1 });
    assert.deepEqual([page.code, String(page.params["detail"]).startsWith("Oops <<")], ["RESONANCE_MODEL_SERVER_ERROR", true]);
  });

  it("nested too deep to work with is refused, by name", () => {
    const nested = (depth: number): string => "[".repeat(depth) + "]".repeat(depth);
    assert.doesNotThrow(() => decodeJson(nested(100), false));
    for (const depth of [101, 100_000]) assert.throws(() => decodeJson(`{"a":${nested(depth)}}`, false), fails("RESONANCE_MODEL_ANSWER_INVALID"));
  });
});
