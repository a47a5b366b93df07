import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, describe, it } from "node:test";
import type { ErrorCode, ResonanceError } from "../../nodes/lib/errors/resonance-error";
import type { AskTarget } from "../../nodes/lib/inference/asker";
import { createCallQueue } from "../../nodes/lib/inference/call-queue";
import { createCaller, type Answered, type CallerOptions } from "../../nodes/lib/inference/caller";
import { createCircuit, type Circuit } from "../../nodes/lib/inference/circuit";
import type { ModelRunner } from "../../nodes/lib/inference/model";
import { createInferenceClient, type InferenceClient, type InferenceClientOptions } from "../../nodes/lib/inference/oip/inference-client";
import { createOipRunner } from "../../nodes/lib/inference/oip/oip-runner";
import type { ModelAnswer, Tensor } from "../../nodes/lib/inference/tensor";
import type { InputRecord } from "../../nodes/lib/record/interface-record";
import { addsUp, answers, answersInBytes, replies, startFaultyServer, SUM_METADATA, type FaultyServer, type FaultyServerOptions } from "../support/model-server";
import { findCommand, skipWithout } from "../support/requirements";

const PAIR: Tensor = { name: "input", datatype: "FP32", shape: [1, 2], data: [1, 2] };
const USED = { field: "x", unit: "" };
const OPTIONS = {
  model: "pair",
  timeout: 5000,
  inputs: [{ name: "input", datatype: "FP32", shape: [1, 2], elements: [USED, USED] }],
  outputs: [{ name: "sum", datatype: "FP32", shape: [1, 1], elements: [USED] }],
} as const;

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()));
});

function connect(url: string, options: Partial<InferenceClientOptions> = {}): InferenceClient {
  const client = createInferenceClient({ ...OPTIONS, url, ...options });
  closers.push(() => client.close());
  return client;
}

async function serve(behaviour: FaultyServerOptions = {}): Promise<FaultyServer> {
  const server = await startFaultyServer(behaviour);
  closers.push(() => server.close());
  return server;
}

function fails(code: ErrorCode, words: RegExp = /./, place?: string) {
  return (error: ResonanceError) => {
    assert.equal(error.code, code, error.message);
    assert.match(error.message, words);
    if (place !== undefined) assert.equal(error.path, place);
    return true;
  };
}

const sum = async (client: InferenceClient): Promise<unknown> => (await client.infer([PAIR])).outputs[0]?.data;
const never = (): Promise<void> => new Promise(() => undefined);

describe("a model server that refuses", () => {
  const refusals: readonly (readonly [string, number, unknown, ErrorCode, RegExp])[] = [
    ["does not know the model", 404, { error: "model 'pair' is gone" }, "RESONANCE_MODEL_UNKNOWN", /model 'pair' is gone/],
    ["says 400 for an unknown model, as Triton does", 400, { error: "Request for unknown model: 'pair' is not found" }, "RESONANCE_MODEL_UNKNOWN", /unknown model/],
    ["is loading the model", 503, { error: "warming up" }, "RESONANCE_MODEL_NOT_READY", /warming up/],
    ["says 400 while loading, as MLServer does", 400, { error: "Model pair is not ready yet." }, "RESONANCE_MODEL_NOT_READY", /not ready yet/],
    ["wants a login", 401, { error: "no token" }, "RESONANCE_MODEL_UNAUTHORIZED", /no token/],
    ["forbids access", 403, "<html><body><h1>Forbidden</h1></body></html>", "RESONANCE_MODEL_UNAUTHORIZED", /Forbidden/],
    ["dislikes the tensor", 400, { error: "unexpected shape" }, "RESONANCE_MODEL_SERVER_ERROR", /status 400: unexpected shape/],
    ["breaks inside", 500, { error: "CUDA out of memory" }, "RESONANCE_MODEL_SERVER_ERROR", /CUDA out of memory/],
    ["says why in a framework's way", 422, { detail: [{ msg: "field required" }] }, "RESONANCE_MODEL_SERVER_ERROR", /field required/],
    ["breaks without a word", 500, "", "RESONANCE_MODEL_SERVER_ERROR", /HTTP 500/],
  ];
  for (const [what, status, document, code, words] of refusals) {
    it(`${what}: ${code}, with its own words, and the next call works`, async () => {
      const server = await serve({ infer: replies(status, document) });
      const client = connect(server.url);
      await assert.rejects(sum(client), fails(code, words));
      server.behaviour.infer = addsUp;
      assert.deepEqual(await sum(client), [3]);
    });
  }

  it("a wrong model name is told even by a server that answers 400 without saying so", async () => {
    const server = await serve({ metadata: replies(400, { error: "bad request" }), infer: replies(400, { error: "bad request" }) });
    await assert.rejects(sum(connect(server.url, { model: "pear" })), fails("RESONANCE_MODEL_UNKNOWN", /pear/));
  });

  it("a redirect is named, not followed", async () => {
    const server = await serve({ infer: (_, response) => { response.writeHead(307, { location: "http://elsewhere/v2" }).end(); } });
    await assert.rejects(sum(connect(server.url)), fails("RESONANCE_MODEL_SERVER_ERROR", /redirect to http:\/\/elsewhere/));
  });
});

describe("an answer that cannot be used", () => {
  const invalid: readonly (readonly [string, Parameters<typeof replies>[1], RegExp])[] = [
    ["is HTML", "<!DOCTYPE html><html>hello</html>", /not JSON but a web page/],
    ["is empty", "", /empty/],
    ["breaks off", '{"model_name":"pair","outputs":[{"name":"sum","datatype":"FP32","shape":[1,1],"data":[NaN', /not JSON/],
    ["is a list", [1, 2], /not a JSON object/],
    ["has no outputs", { model_name: "pair" }, /no list of outputs/],
    ["comes from another model", { model_name: "pear", outputs: [] }, /model_name is "pear"/],
  ];
  for (const [what, document, words] of invalid) {
    it(`${what}: RESONANCE_MODEL_ANSWER_INVALID`, async () => {
      const server = await serve({ infer: replies(200, document) });
      await assert.rejects(sum(connect(server.url)), fails("RESONANCE_MODEL_ANSWER_INVALID", words));
    });
  }

  const mismatches: readonly (readonly [string, Record<string, unknown>, string])[] = [
    ["another datatype", { datatype: "FP64" }, "outputs/sum/datatype"],
    ["another shape", { shape: [1, 2], data: [3, 4] }, "outputs/sum/shape"],
    ["another rank", { shape: [1] }, "outputs/sum/shape"],
    ["no shape", { shape: undefined }, "outputs/sum/shape"],
    ["fewer values than the shape has", { data: [] }, "outputs/sum/data"],
    ["no data", { data: undefined }, "outputs/sum/data"],
    ["a text for a number", { data: ["3"] }, "outputs/sum/data/0"],
    ["a number beyond single precision", { data: [1e39] }, "outputs/sum/data/0"],
    ["wrongly nested values", { data: [[[3]]] }, "outputs/sum/data"],
    ["another name", { name: "total" }, "outputs/sum"],
  ];
  for (const [what, changes, place] of mismatches) {
    it(`${what}: RESONANCE_MODEL_TENSOR_MISMATCH at ${place}`, async () => {
      const server = await serve({ infer: answers(changes) });
      await assert.rejects(sum(connect(server.url)), fails("RESONANCE_MODEL_TENSOR_MISMATCH", /./, place));
    });
  }

  for (const literal of ["null", "NaN", "Infinity", "-Infinity"]) {
    it(`${literal} for a number: RESONANCE_MODEL_NOT_A_NUMBER at its place, and in an output nobody asked for no harm`, async () => {
      const text = (extra: string, wanted: string): string => `{"model_name":"pair","outputs":[{"name":"extra","datatype":"FP32","shape":[1],"data":[${extra}]},`
        + `{"name":"sum","datatype":"FP32","shape":[1,1],"data":[${wanted}],"parameters":{"note":"NaN, not Infinity"}}]}`;
      const server = await serve({ infer: replies(200, text("1", literal)) });
      const client = connect(server.url);
      await assert.rejects(sum(client), fails("RESONANCE_MODEL_NOT_A_NUMBER", new RegExp(literal), "outputs/sum/data/0"));
      server.behaviour.infer = replies(200, text(literal, "3"));
      const [output] = (await client.infer([PAIR])).outputs;
      assert.deepEqual([output?.data, output?.parameters], [[3], { note: "NaN, not Infinity" }]);
    });
  }

  it("204 and nothing else: RESONANCE_MODEL_ANSWER_INVALID, empty", async () => {
    const server = await serve({ infer: (_, response) => { response.writeHead(204).end(); } });
    await assert.rejects(sum(connect(server.url)), fails("RESONANCE_MODEL_ANSWER_INVALID", /empty/));
  });

  it("another version or another request's id is refused", async () => {
    const server = await serve({ infer: answers({}, { model_version: "2" }) });
    await assert.rejects(sum(connect(server.url, { version: "1" })), fails("RESONANCE_MODEL_ANSWER_INVALID", /model_version/));
    server.behaviour.infer = answers({}, { id: "b" });
    await assert.rejects(connect(server.url).infer([PAIR], { id: "a" }), fails("RESONANCE_MODEL_ANSWER_INVALID", /id is "b"/));
  });

  it("an answer beyond the bound is not read to its end", async () => {
    const server = await serve({ infer: replies(200, " ".repeat(100_000)) });
    await assert.rejects(sum(connect(server.url, { maxBytes: 10_000 })), fails("RESONANCE_MODEL_ANSWER_INVALID", /max size/));
  });

  it("200 MB without end are refused at the bound, the connection is cut, and the next call works", async () => {
    let written = 0;
    const server = await serve({
      infer: async (_, response) => {
        response.writeHead(200, { "content-type": "application/json" });
        const chunk = Buffer.alloc(1_000_000, 0x20);
        for (; written < 200_000_000 && !response.destroyed; written += chunk.length) {
          if (!response.write(chunk)) await new Promise<void>((resolve) => { response.once("drain", resolve).once("close", resolve); });
        }
        response.end();
      },
    });
    const client = connect(server.url);
    await assert.rejects(sum(client), fails("RESONANCE_MODEL_ANSWER_INVALID", /max size/));
    assert.ok(written < 60_000_000, `${written} bytes were taken`);
    server.behaviour.infer = addsUp;
    assert.deepEqual(await sum(client), [3]);
  });

  it("what is not HTTP at all is named as such", async () => {
    const server = createServer((socket) => { socket.on("error", () => undefined).resume().end("SSH-2.0-OpenSSH_9.2\r\n"); });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    closers.push(() => new Promise((resolve) => server.close(() => resolve())));
    const { port } = server.address() as { port: number };
    await assert.rejects(sum(connect(`http://127.0.0.1:${port}`)), fails("RESONANCE_MODEL_ANSWER_INVALID", /HTTP/));
  });
});

describe("what a server leaves out", () => {
  it("outputs nobody asked for are ignored, nested data become flat, a missing model_name is tolerated and said once", async () => {
    const remarks: string[] = [];
    const server = await serve({
      infer: replies(200, { outputs: [{ name: "extra", datatype: "BYTES", shape: [1], data: ["x"] }, { name: "sum", datatype: "FP32", shape: [1, 1], data: [[7]] }] }),
    });
    const client = connect(server.url, { notice: ({ code }) => remarks.push(code) });
    assert.deepEqual(await client.infer([PAIR]), { modelName: "pair", outputs: [{ name: "sum", datatype: "FP32", shape: [1, 1], data: [7] }] });
    await client.infer([PAIR]);
    assert.deepEqual(remarks, ["RESONANCE_MODEL_NAME_MISSING"]);
  });

  it("a name that counts its deployments, as Seldon Core 2 has it, is the model's; another model's is not", async () => {
    const server = await serve();
    for (const name of ["pair_1", "pair_12", ""]) {
      server.behaviour.infer = answers({}, { model_name: name, parameters: { content_type: null, headers: null } });
      assert.deepEqual(await sum(connect(server.url)), [3]);
    }
    for (const name of ["pair_", "pair_1b", "pair1", "other_1"]) {
      server.behaviour.infer = answers({}, { model_name: name });
      await assert.rejects(sum(connect(server.url)), fails("RESONANCE_MODEL_ANSWER_INVALID", /model_name/));
    }
  });

  for (const status of [404, 405, 501]) {
    it(`a server without metadata (${status}) is used all the same, and said so once`, async () => {
      const remarks: string[] = [];
      const server = await serve({ metadata: replies(status, "") });
      const client = connect(server.url, { notice: ({ code }) => remarks.push(code) });
      assert.deepEqual(await sum(client), [3]);
      assert.deepEqual(await sum(client), [3]);
      assert.deepEqual(remarks, ["RESONANCE_MODEL_METADATA_MISSING"]);
      assert.equal(server.requests.length, 3);
    });
  }
});

describe("the server's metadata", () => {
  const differing: readonly (readonly [string, Record<string, unknown>, string])[] = [
    ["another datatype of an input", { inputs: [{ name: "input", datatype: "FP64", shape: [-1, 2] }] }, "inputs/input/datatype"],
    ["another shape of an input", { inputs: [{ name: "input", datatype: "FP32", shape: [-1, 3] }] }, "inputs/input/shape"],
    ["another name of an input", { inputs: [{ name: "x", datatype: "FP32", shape: [-1, 2] }] }, "inputs/input"],
    ["another name of an output", { outputs: [{ name: "y", datatype: "FP32", shape: [-1, 1] }] }, "outputs/sum"],
  ];
  for (const [what, changes, place] of differing) {
    it(`${what}: the model is not called, and is again once the server's model is right`, async () => {
      const server = await serve({ metadata: replies(200, { ...SUM_METADATA, ...changes }) });
      const client = connect(server.url);
      await assert.rejects(sum(client), fails("RESONANCE_MODEL_TENSOR_MISMATCH", /./, place));
      assert.equal(server.inferences().length, 0);
      delete server.behaviour.metadata;
      assert.deepEqual(await sum(client), [3]);
    });
  }

  it("are read once, by calls at the same time too, and again after an error", async () => {
    const server = await serve();
    const client = connect(server.url);
    const metadataReads = () => server.requests.length - server.inferences().length;
    await Promise.all([sum(client), sum(client), sum(client)]);
    await sum(client);
    assert.equal(metadataReads(), 1);
    server.behaviour.infer = replies(500, { error: "broken" });
    await assert.rejects(sum(client), fails("RESONANCE_MODEL_SERVER_ERROR"));
    server.behaviour.infer = addsUp;
    await sum(client);
    assert.equal(metadataReads(), 2);
  });

  it("that state no tensors, or write sizes as text, are no obstacle", async () => {
    for (const changes of [{ inputs: [], outputs: undefined }, { inputs: [{ name: "input", datatype: "FP32", shape: ["-1", "2"] }] }]) {
      const server = await serve({ metadata: replies(200, { ...SUM_METADATA, ...changes }) });
      assert.deepEqual(await sum(connect(server.url)), [3]);
    }
  });
});

describe("a connection that fails", () => {
  it("nobody listens: RESONANCE_MODEL_UNREACHABLE, and the client works as soon as the server is there", async () => {
    const first = await startFaultyServer();
    const client = connect(first.url);
    assert.deepEqual(await sum(client), [3]);
    await first.close();
    await assert.rejects(sum(client), fails("RESONANCE_MODEL_UNREACHABLE", /ECONNREFUSED/));
    await serve({ port: first.port });
    assert.deepEqual(await sum(client), [3]);
  });

  it("a restart between two calls leaves stale sockets behind, and no call is lost", async () => {
    let server = await startFaultyServer();
    const client = connect(server.url);
    for (let restart = 0; restart < 5; restart += 1) {
      assert.deepEqual(await Promise.all([sum(client), sum(client)]), [[3], [3]]);
      await server.close();
      server = await startFaultyServer({ port: server.port });
    }
    closers.push(() => server.close());
    assert.deepEqual(await sum(client), [3]);
  });

  it("a kept-alive socket that the server drops as the request comes is replaced without the caller noticing", async () => {
    const server = await serve();
    const client = connect(server.url);
    await sum(client);
    server.behaviour.infer = (_, response) => {
      delete server.behaviour.infer;
      response.socket?.resetAndDestroy();
    };
    assert.deepEqual(await sum(client), [3]);
  });

  it("reset every time: RESONANCE_MODEL_UNREACHABLE after the second try", async () => {
    const server = await serve({ infer: (_, response) => { response.socket?.resetAndDestroy(); } });
    await assert.rejects(sum(connect(server.url)), fails("RESONANCE_MODEL_UNREACHABLE"));
    assert.equal(server.inferences().length, 2);
  });

  it("half an answer: RESONANCE_MODEL_UNREACHABLE, and the request is not repeated", async () => {
    const server = await serve({
      infer: (_, response) => {
        response.writeHead(200, { "content-length": "500" });
        response.write('{"model_name":', () => setImmediate(() => response.socket?.resetAndDestroy()));
      },
    });
    await assert.rejects(sum(connect(server.url)), fails("RESONANCE_MODEL_UNREACHABLE", /middle of the answer/));
    assert.equal(server.inferences().length, 1);
  });

  it("connections are kept alive: the next call may come before a connection is free again, so there are two at most", async () => {
    const server = await serve();
    const client = connect(server.url);
    for (let call = 0; call < 20; call += 1) await sum(client);
    assert.ok(server.connections() <= 2, `${server.connections()} connections`);
  });

  it("a host name that does not exist: RESONANCE_MODEL_UNREACHABLE", async () => {
    await assert.rejects(sum(connect("http://no-such-host.invalid:8000")), fails("RESONANCE_MODEL_UNREACHABLE"));
  });
});

describe("a slow server", () => {
  for (const part of ["infer", "metadata"] as const) {
    it(`that does not answer (${part}): RESONANCE_MODEL_TIMEOUT, and the next call works`, async () => {
      const server = await serve({ [part]: never });
      const client = connect(server.url, { timeout: 500 });
      await assert.rejects(sum(client), fails("RESONANCE_MODEL_TIMEOUT", /500 ms/));
      server.behaviour[part] = part === "infer" ? addsUp : replies(200, SUM_METADATA);
      assert.deepEqual(await sum(client), [3]);
    });
  }

  it("that begins and never ends its answer: RESONANCE_MODEL_TIMEOUT", async () => {
    const server = await serve({ infer: (_, response) => { response.writeHead(200).write("{"); } });
    await assert.rejects(sum(connect(server.url, { timeout: 100 })), fails("RESONANCE_MODEL_TIMEOUT"));
  });

  it("hanging calls end at once when the client closes, and later ones too", async () => {
    const server = await serve({ infer: never });
    const client = connect(server.url, { timeout: 600_000 });
    const hanging = [sum(client), sum(client)].map((call) => assert.rejects(call, fails("RESONANCE_MODEL_CLOSED")));
    while (server.inferences().length < 2) await new Promise(setImmediate);
    await client.close();
    await Promise.all(hanging);
    await assert.rejects(sum(client), fails("RESONANCE_MODEL_CLOSED"));
  });

  it("a cancelled call ends at once, in whatever stage, and harms no other", async () => {
    for (const part of ["infer", "metadata"] as const) {
      const server = await serve({ [part]: never });
      const client = connect(server.url, { timeout: 600_000 });
      const cancel = new AbortController();
      const call = assert.rejects(client.infer([PAIR], { signal: cancel.signal }), fails("RESONANCE_MODEL_CLOSED"));
      while (!server.requests.some(({ path: at }) => at.endsWith("/infer") === (part === "infer"))) await new Promise(setImmediate);
      cancel.abort();
      await call;
      await assert.rejects(client.infer([PAIR], { signal: cancel.signal }), fails("RESONANCE_MODEL_CLOSED"));
    }
  });
});

describe("tensors as bytes (binary tensor data extension)", () => {
  const single = (...values: number[]): Buffer => {
    const bytes = Buffer.alloc(4 * values.length);
    values.forEach((value, index) => bytes.writeFloatLE(value, 4 * index));
    return bytes;
  };

  it("are used where the server's extensions name them: the head's length in a header, the values behind it, little-endian", async () => {
    const server = await serve({ infer: answersInBytes([{ name: "sum", datatype: "FP32", shape: [1, 1], bytes: single(3.5) }]) });
    const answer = await connect(server.url, { binary: "auto" }).infer([PAIR], { id: "7" });
    assert.deepEqual(answer, { modelName: "pair", modelVersion: "1", outputs: [{ name: "sum", datatype: "FP32", shape: [1, 1], data: [3.5] }] });
    const { headers, bytes } = server.inferences()[0]!;
    const head = Number(headers["inference-header-content-length"]);
    assert.equal(headers["content-type"], "application/octet-stream");
    assert.deepEqual(JSON.parse(bytes.toString("utf8", 0, head)), {
      id: "7", parameters: { binary_data_output: true },
      inputs: [{ name: "input", shape: [1, 2], datatype: "FP32", parameters: { binary_data_size: 8 } }], outputs: [{ name: "sum" }],
    });
    assert.deepEqual(bytes.subarray(head), single(1, 2));
  });

  it("are not used where the server does not name them or cannot say, nor when switched off", async () => {
    for (const [binary, other] of [["auto", replies(200, { name: "s", version: "1", extensions: ["model_repository"] })], ["auto", replies(404, "")], ["off", undefined]] as const) {
      const server = await serve(other ? { other } : {});
      assert.deepEqual(await sum(connect(server.url, { binary })), [3]);
      assert.equal(server.inferences()[0]?.headers["content-type"], "application/json");
    }
  });

  it("an answer in JSON, or one tensor so and another so, is read too", async () => {
    const server = await serve();
    const client = connect(server.url, { binary: "on" });
    server.behaviour.infer = answers();
    assert.deepEqual(await sum(client), [3]);
    server.behaviour.infer = (_, response) => {
      const head = Buffer.from(JSON.stringify({
        outputs: [{ name: "note", datatype: "BYTES", shape: [1], parameters: { binary_data_size: 6 } }, { name: "sum", datatype: "FP32", shape: [1, 1], data: [4] }],
      }));
      response.writeHead(200, { "inference-header-content-length": head.length }).end(Buffer.concat([head, Buffer.from([2, 0, 0, 0, 0x6f, 0x6b])]));
    };
    assert.deepEqual(await sum(client), [4]);
  });

  const bad: readonly (readonly [string, Buffer, ErrorCode, string | undefined])[] = [
    ["too few bytes", Buffer.alloc(3), "RESONANCE_MODEL_TENSOR_MISMATCH", "outputs/sum/data"],
    ["too many bytes", Buffer.alloc(8), "RESONANCE_MODEL_TENSOR_MISMATCH", "outputs/sum/data"],
    ["NaN", single(NaN), "RESONANCE_MODEL_NOT_A_NUMBER", "outputs/sum/data/0"],
    ["an infinity", single(-Infinity), "RESONANCE_MODEL_NOT_A_NUMBER", "outputs/sum/data/0"],
  ];
  for (const [what, bytes, code, place] of bad) {
    it(`${what}: ${code}, and the next call works`, async () => {
      const server = await serve({ infer: answersInBytes([{ name: "sum", datatype: "FP32", shape: [1, 1], bytes }]) });
      const client = connect(server.url, { binary: "on" });
      await assert.rejects(sum(client), fails(code, /./, place));
      server.behaviour.infer = answers();
      assert.deepEqual(await sum(client), [3]);
    });
  }

  it("lengths that contradict what came: RESONANCE_MODEL_ANSWER_INVALID", async () => {
    const head = JSON.stringify({ outputs: [{ name: "sum", datatype: "FP32", shape: [1, 1], parameters: { binary_data_size: 4 } }] });
    for (const [length, tail] of [["9999", 4], ["-1", 4], ["x", 4], [String(head.length), 2], [String(head.length), 9]] as const) {
      const server = await serve({ infer: (_, response) => { response.writeHead(200, { "inference-header-content-length": length }).end(Buffer.concat([Buffer.from(head), Buffer.alloc(tail)])); } });
      await assert.rejects(sum(connect(server.url, { binary: "on" })), fails("RESONANCE_MODEL_ANSWER_INVALID"));
    }
  });

  it("ten million elements are refused beyond the bound, and come as bytes within it", async () => {
    const count = 10_000_000;
    const outputs = [{ name: "sum", datatype: "FP32" as const, shape: [1, -1], elements: [] }];
    const server = await serve({
      metadata: replies(404, ""), infer: answersInBytes([{ name: "sum", datatype: "FP32", shape: [1, count], bytes: Buffer.alloc(4 * count) }]),
    });
    await assert.rejects(connect(server.url, { binary: "on", outputs }).infer([PAIR]), fails("RESONANCE_MODEL_ANSWER_INVALID", /max size/));
    const text = await serve({ metadata: replies(404, ""), infer: replies(200, `{"outputs":[{"name":"sum","datatype":"FP32","shape":[1,${count}],"data":[${"0,".repeat(count - 1)}0]}]}`) });
    await assert.rejects(connect(text.url, { outputs }).infer([PAIR]), fails("RESONANCE_MODEL_ANSWER_INVALID", /max size/));
    const answer = await connect(server.url, { binary: "on", outputs, maxBytes: 64_000_000, timeout: 30_000 }).infer([PAIR]);
    assert.equal(answer.outputs[0]?.data.length, count);
  });
});

describe("several questions in one request", () => {
  const OPEN = { inputs: [{ ...OPTIONS.inputs[0], shape: [-1, 2] }], outputs: [{ ...OPTIONS.outputs[0], shape: [-1, 1] }] };
  const PAIRS = [[1, 2], [3, 4], [5, 6]].map((data) => [{ ...PAIR, data }]);
  const addsRows: FaultyServerOptions["infer"] = (request, response) => {
    const { id, inputs: [input] } = JSON.parse(request.body) as { id?: string; inputs: [{ shape: [number, number]; data: number[] }] };
    const rows = Array.from({ length: input.shape[0] }, (_, row) => (input.data[2 * row] ?? NaN) + (input.data[2 * row + 1] ?? NaN));
    return answers({ shape: [rows.length, 1], data: rows }, { id })(request, response);
  };

  it("are stacked along the first dimension, and each gets its own answer", async () => {
    for (const options of [OPEN, {}]) {
      const server = await serve({ infer: addsRows });
      const answered = await connect(server.url, options).inferMany?.(PAIRS);
      assert.deepEqual(answered?.map(({ outputs: [output] }) => [output?.shape, output?.data]), [[[1, 1], [3]], [[1, 1], [7]], [[1, 1], [11]]]);
      assert.equal(server.inferences().length, 1);
      assert.deepEqual((JSON.parse(server.inferences()[0]!.body) as { inputs: { shape: number[] }[] }).inputs[0]?.shape, [3, 2]);
    }
  });

  it("are not offered where a tensor has no first dimension for them", () => {
    for (const shape of [[2], [2, 1]]) assert.equal(connect("http://127.0.0.1:1", { inputs: [{ ...OPTIONS.inputs[0], shape }] }).inferMany, undefined);
    assert.equal(connect("http://127.0.0.1:1", { outputs: [{ ...OPTIONS.outputs[0], shape: [] }] }).inferMany, undefined);
  });

  it("a server that takes one at a time, by its metadata, its words or its answer: RESONANCE_MODEL_NO_BATCH; one question is no batch", async () => {
    const fixed = replies(200, { ...SUM_METADATA, inputs: [{ name: "input", datatype: "FP32", shape: [1, 2] }] });
    const words = replies(400, { error: "[request id: <id_unknown>] inference request batch-size must be <= 1 for 'pair'" });
    for (const behaviour of [{ metadata: fixed }, { infer: words }, { infer: answers() }]) {
      const client = connect((await serve(behaviour)).url);
      await assert.rejects(client.inferMany!(PAIRS), fails("RESONANCE_MODEL_NO_BATCH", /pair/));
    }
    const alone = connect((await serve({ metadata: fixed })).url);
    assert.deepEqual((await alone.inferMany!(PAIRS.slice(0, 1)))[0]?.outputs[0]?.data, [3]);
    await assert.rejects(connect((await serve({ infer: replies(500, { error: "batch of nonsense" }) })).url).inferMany!(PAIRS), fails("RESONANCE_MODEL_SERVER_ERROR"));
  });
});

describe("a model whose version changes under the flow", () => {
  it("each answer says which version gave it, and the signature is read again", async () => {
    const server = await serve({ infer: answers({}, { model_version: "1" }) });
    const client = connect(server.url);
    const metadataReads = () => server.requests.length - server.inferences().length;
    assert.equal((await client.infer([PAIR])).modelVersion, "1");
    server.behaviour.infer = answers({}, { model_version: "2" });
    assert.equal((await client.infer([PAIR])).modelVersion, "2");
    assert.equal(metadataReads(), 1);
    server.behaviour.metadata = replies(200, { ...SUM_METADATA, inputs: [{ name: "input", datatype: "FP32", shape: [-1, 5] }] });
    await assert.rejects(sum(client), fails("RESONANCE_MODEL_TENSOR_MISMATCH", /./, "inputs/input/shape"));
  });
});

describe("calls through the queue", () => {
  const shuffled: FaultyServerOptions["infer"] = async (request, response) => {
    const { inputs } = JSON.parse(request.body) as { inputs: { data: [number] }[] };
    // Later calls are answered sooner.
    await new Promise((resolve) => setTimeout(resolve, 40 - 4 * (inputs[0]?.data[0] ?? 0)));
    await addsUp(request, response);
  };

  it("never more at a time than allowed, and answers in the order of arrival", async () => {
    const server = await serve({ infer: shuffled });
    const client = connect(server.url);
    const queue = createCallQueue({ concurrency: 3, queueLimit: 20 });
    const seen: number[] = [];
    await Promise.all(Array.from({ length: 10 }, async (_, index) => {
      const answer = await queue.run((signal) => client.infer([{ ...PAIR, data: [index, 0] }], { signal }));
      seen.push(Number(answer.outputs[0]?.data[0]));
    }));
    assert.deepEqual(seen, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    assert.equal(server.mostInFlight(), 3);
  });

  it("closing the queue ends what hangs and what waits", async () => {
    const server = await serve({ infer: never });
    const client = connect(server.url, { timeout: 600_000 });
    const queue = createCallQueue({ concurrency: 1, queueLimit: 2 });
    const calls = [1, 2, 3].map(() => assert.rejects(queue.run((signal) => client.infer([PAIR], { signal })), fails("RESONANCE_MODEL_CLOSED")));
    while (server.inferences().length < 1) await new Promise(setImmediate);
    queue.close();
    await Promise.all(calls);
    assert.equal(server.inferences().length, 1);
  });
});

describe("a caller before a server in trouble", () => {
  const runnerAt = (url: string, options: Partial<InferenceClientOptions> = {}): ModelRunner => {
    const runner = createOipRunner({ ...OPTIONS, url, ...options });
    closers.push(() => runner.close());
    return runner;
  };
  const RECORD: InputRecord = {
    profile: "p@1", category: "predictive-maintenance", direction: "input", nature: "measurement", id: "", timestamp: "2026-11-22T08:30:05.120Z", equipment: "cnc", values: {},
  };
  let asked = 0;
  const target = (runner: ModelRunner, node = "pair", circuit?: Circuit): AskTarget => ({
    node, runner, model: { lineage: { id: node, version: "1", category: RECORD.category }, inputs: OPTIONS.inputs, circuit },
    prepare: (record) => ({ id: (record as InputRecord).id, record: record as InputRecord, tensors: [PAIR] }),
  });
  const callAt = (url: string, more: Partial<CallerOptions> & { client?: Partial<InferenceClientOptions>; circuit?: Circuit } = {}): (() => Promise<Answered>) => {
    const { client, circuit, ...rest } = more;
    const caller = createCaller({ primary: target(runnerAt(url, client), "pair", circuit), queue: { concurrency: 4, queueLimit: 100 }, retry: { retries: 4, withinMs: 20_000 }, ...rest });
    closers.push(() => { caller.close(); return Promise.resolve(); });
    return () => caller.call({ ...RECORD, id: String(asked += 1) });
  };
  const valueOf = ({ body }: Answered): unknown => (body as ModelAnswer).outputs[0]?.data[0];

  it("restarting: what was asked meanwhile is answered when the server is back", async () => {
    const old = await startFaultyServer();
    let failed = 0;
    const runner = runnerAt(old.url);
    const ask: ModelRunner["ask"] = (...question) => runner.ask(...question).catch((thrown: unknown) => { failed += 1; throw thrown; });
    const caller = createCaller({ primary: target({ ...runner, ask }), queue: { concurrency: 4, queueLimit: 100 }, retry: { retries: 4, withinMs: 20_000 } });
    const call = (id: string): Promise<Answered> => caller.call({ ...RECORD, id });
    assert.equal(valueOf(await call("a")), 3);
    await old.close();
    const meanwhile = [call("b"), call("c")];
    while (failed < 2) await new Promise(setImmediate);
    await serve({ port: old.port });
    const answered = await Promise.all(meanwhile);
    assert.deepEqual(answered.map(valueOf), [3, 3]);
    assert.ok(answered.every(({ facts }) => facts.attempts > 1));
  });

  it("killed in the middle of an answer: asked again, as inference has no effect", async () => {
    let killed = 0;
    const server = await serve({ infer: (request, response) => {
      if (killed++ > 0) return addsUp(request, response);
      response.writeHead(200, { "content-length": "1000" });
      response.write("{", () => response.destroy());
    } });
    const { facts } = await callAt(server.url)();
    assert.deepEqual([facts.attempts, server.inferences().length], [2, 2]);
  });

  for (const status of [429, 502, 503, 504]) {
    it(`overloaded (${status}): its Retry-After is heeded`, async () => {
      let refused = 0;
      const server = await serve({ infer: (request, response) => {
        if (refused++ > 0) return addsUp(request, response);
        response.writeHead(status, { "retry-after": "0" }).end();
      } });
      assert.equal((await callAt(server.url)()).facts.attempts, 2);
      server.behaviour.infer = (_, response) => { response.writeHead(status, { "retry-after": "3600" }).end(); };
      await assert.rejects(callAt(server.url)(), (error: ResonanceError) => /NOT_READY|SERVER_ERROR/.test(error.code));
      assert.equal(server.inferences().length, 3);
    });
  }

  const useless: readonly (readonly [string, NonNullable<FaultyServerOptions["infer"]>, ErrorCode, Partial<InferenceClientOptions>?])[] = [
    ["HTML", replies(200, "<html>login</html>"), "RESONANCE_MODEL_ANSWER_INVALID"],
    ["another shape", answers({ shape: [1, 3], data: [1, 2, 3] }), "RESONANCE_MODEL_TENSOR_MISMATCH"],
    ["another name", answers({ name: "total" }), "RESONANCE_MODEL_TENSOR_MISMATCH"],
    ["200 MB", (_, response) => { pour(response, 200); }, "RESONANCE_MODEL_ANSWER_INVALID"],
    ["nothing, and closes", (_, response) => { response.destroy(); }, "RESONANCE_MODEL_UNREACHABLE"],
    ["nothing, for ever", never, "RESONANCE_MODEL_TIMEOUT", { timeout: 60 }],
    ["an error of its own", replies(500, { error: "CUDA out of memory" }), "RESONANCE_MODEL_SERVER_ERROR"],
  ];
  for (const [what, infer, code, client = {}] of useless) {
    it(`answers ${what}: ${code}, then the fallback's answer, and its own again as soon as it is well`, async () => {
      const [server, second] = [await serve({ infer }), await serve({ infer: answers({ data: [9] }) })];
      const rules = { client, retry: { retries: 0, withinMs: 0 } };
      await assert.rejects(callAt(server.url, rules)(), fails(code));
      const call = callAt(server.url, { ...rules, fallback: target(runnerAt(second.url), "second") });
      const helped = await call();
      assert.deepEqual([valueOf(helped), helped.facts.role, helped.facts.node], [9, "fallback", "second"]);
      server.behaviour.infer = addsUp;
      const well = await call();
      assert.deepEqual([valueOf(well), well.facts.role], [3, "primary"]);
    });
  }

  it("dead for long: the circuit keeps questions away, and finds the server back by itself", async () => {
    const old = await startFaultyServer();
    await old.close();
    const circuit = createCircuit("pair", { failures: 2, openMs: 40 });
    const call = callAt(old.url, { circuit, retry: { retries: 0, withinMs: 0 } });
    const seen: string[] = [];
    for (let count = 0; count < 3; count += 1) await call().catch((thrown: unknown) => seen.push((thrown as ResonanceError).code));
    assert.deepEqual(seen, ["RESONANCE_MODEL_UNREACHABLE", "RESONANCE_MODEL_UNREACHABLE", "RESONANCE_MODEL_CIRCUIT_OPEN"]);
    await serve({ port: old.port });
    let answer: Answered | undefined;
    while (!answer) answer = await call().catch(() => new Promise<undefined>((resolve) => { setTimeout(resolve, 5, undefined); }));
    assert.deepEqual([valueOf(answer), circuit.state()], [3, "closed"]);
  });
});

/** Sends as many megabytes of blanks as the client takes. */
function pour(response: ServerResponse, megabytes: number): void {
  response.writeHead(200, { "content-type": "application/json" });
  response.on("error", () => undefined);
  const part = Buffer.alloc(1024 * 1024, " ");
  const next = (left: number): void => {
    if (left === 0) response.end();
    else if (!response.destroyed) response.write(part, () => next(left - 1));
  };
  next(megabytes);
}

describe("addresses, authentication, certificates", () => {
  it("the base URL may end in a slash, in /v2 or in a path of a gateway; the version is part of the path where it is given", async () => {
    const server = await serve();
    for (const [suffix, version, expected] of [
      ["", "", "/v2/models/pair"], ["/", "", "/v2/models/pair"], ["/v2/", "", "/v2/models/pair"],
      ["/gateway/team-a/", "", "/gateway/team-a/v2/models/pair"], ["/gateway/v2", "1", "/gateway/v2/models/pair/versions/1"],
    ] as const) {
      await sum(connect(server.url + suffix, { version }));
      assert.deepEqual(server.requests.slice(-2).map(({ method, path: at }) => `${method} ${at}`), [`GET ${expected}`, `POST ${expected}/infer`]);
    }
  });

  it("names with special characters stay one part of the path", async () => {
    const server = await serve({ metadata: replies(404, ""), infer: replies(404, { error: "no" }) });
    await assert.rejects(sum(connect(server.url, { model: "a/b c" })), fails("RESONANCE_MODEL_UNKNOWN"));
    assert.equal(server.requests.at(-1)?.path, "/v2/models/a%2Fb%20c/infer");
  });

  it("basic and bearer credentials travel in the header and never in an error", async () => {
    const server = await serve({ infer: replies(401, { error: "go away" }) });
    const basic = connect(server.url, { authentication: "basic", credentials: { user: "müller", password: "s3cret:x" } });
    await assert.rejects(sum(basic), (error: ResonanceError) => !error.message.includes("s3cret") && error.code === "RESONANCE_MODEL_UNAUTHORIZED");
    assert.equal(server.requests.at(-1)?.headers.authorization, `Basic ${Buffer.from("müller:s3cret:x").toString("base64")}`);
    const bearer = connect(server.url, { authentication: "bearer", credentials: { token: " abc.def \n" } });
    await assert.rejects(sum(bearer), fails("RESONANCE_MODEL_UNAUTHORIZED"));
    assert.equal(server.requests.at(-1)?.headers.authorization, "Bearer abc.def");
  });

  it("what cannot work is refused before anything is sent", () => {
    const refused: readonly (readonly [Partial<InferenceClientOptions>, string])[] = [
      [{ url: "model-server" }, "url"], [{ url: "ftp://host" }, "url"], [{ url: "" }, "url"],
      [{ url: "http://user:secret@host" }, "url"], [{ url: "http://host/?key=1" }, "url"],
      [{ timeout: 0 }, "timeout"], [{ timeout: NaN }, "timeout"], [{ model: "" }, "serverModel"],
      [{ caFile: "/no/such/file.pem" }, "caFile"], [{ caFile: __filename }, "caFile"],
      [{ authentication: "basic", credentials: {} }, "user"], [{ authentication: "bearer" }, "token"],
      [{ inputs: [] }, "inputTensors"], [{ outputs: [] }, "outputTensors"],
      [{ inputs: [{ ...OPTIONS.inputs[0], shape: [1, 3] }] }, "inputTensors/0/elements"],
      [{ inputs: [OPTIONS.inputs[0], OPTIONS.inputs[0]] }, "inputTensors/1/name"],
      [{ outputs: [{ ...OPTIONS.outputs[0], datatype: "FLOAT" as "FP32" }] }, "outputTensors/0/datatype"],
      [{ outputs: [{ ...OPTIONS.outputs[0], shape: [0] }] }, "outputTensors/0/shape"],
    ];
    for (const [options, place] of refused) {
      assert.throws(() => createInferenceClient({ ...OPTIONS, url: "http://127.0.0.1:1", ...options }), fails("RESONANCE_CONFIG_INVALID", /./, place));
    }
  });

  const openssl = findCommand("openssl");
  it("a certificate is trusted with its authority's file and only then", { skip: skipWithout("openssl", openssl) }, async () => {
    const folder = mkdtempSync(path.join(tmpdir(), "resonance-tls-"));
    try {
      const [key, cert] = [path.join(folder, "key.pem"), path.join(folder, "cert.pem")];
      execFileSync(openssl ?? "", [
        "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", cert, "-days", "2",
        "-subj", "/CN=model", "-addext", "subjectAltName=IP:127.0.0.1",
      ], { stdio: "ignore" });
      const server = await serve({ tls: { key: readFileSync(key, "utf8"), cert: readFileSync(cert, "utf8") } });
      await assert.rejects(sum(connect(server.url)), fails("RESONANCE_MODEL_CERTIFICATE", /self.signed/));
      assert.deepEqual(await sum(connect(server.url, { caFile: cert })), [3]);
      await assert.rejects(sum(connect(server.url.replace("127.0.0.1", "localhost"), { caFile: cert })), fails("RESONANCE_MODEL_CERTIFICATE"));
      writeFileSync(path.join(folder, "other.pem"), "no certificate");
      assert.throws(() => connect(server.url, { caFile: path.join(folder, "other.pem") }), fails("RESONANCE_CONFIG_INVALID", /no PEM certificate/));
      const plain = await serve();
      await assert.rejects(sum(connect(plain.url.replace("http:", "https:"))), fails("RESONANCE_MODEL_ANSWER_INVALID", /does not speak TLS/));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describe("what else a server tells", () => {
  it("its own metadata, the model's, and whether the model is ready", async () => {
    const server = await serve();
    const client = connect(server.url);
    assert.deepEqual(await client.serverMetadata(), { name: "faulty", version: "1.2.3", extensions: ["binary_tensor_data"] });
    assert.deepEqual(await client.modelMetadata(), SUM_METADATA);
    assert.equal(await client.ready(), true);
    for (const behaviour of [replies(503, ""), replies(400, { error: "not now" }), replies(200, { name: "pair", ready: false })]) {
      server.behaviour.ready = behaviour;
      assert.equal(await client.ready(), false);
    }
    server.behaviour.ready = replies(404, { error: "who?" });
    await assert.rejects(client.ready(), fails("RESONANCE_MODEL_UNKNOWN", /who\?/));
  });
});
