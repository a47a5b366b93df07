import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import type { Browser } from "playwright-core";
import { chromiumPath, launchBrowser, openEditor, startServer, type Editor, type EditorServer } from "../support/editor";
import { editorFlow } from "../support/editor-flow";
import { HOUSES } from "../support/houses";
import { replies, startFaultyServer, type FaultyServer } from "../support/model-server";
import { skipWithout } from "../support/requirements";

const HOSTILE = '<img src=x onerror="document.title=1">';
const METADATA = {
  name: "tool-failure", platform: "onnxruntime_onnx", versions: ["1", "2"],
  inputs: [{ name: "air_temperature_degC", datatype: "FP32", shape: [-1, 1] }, { name: "torque_Nm", datatype: "FP32", shape: [-1, 1] }, { name: "tool_wear_minutes", datatype: "FP32", shape: [1] }, { name: HOSTILE, datatype: "BYTES", shape: [1] }],
  outputs: [{ name: "remainingUsefulLife", datatype: "FP32", shape: [-1, 1] }, { name: "open", datatype: "FP32", shape: [-1, -1] }],
};
const [house] = HOUSES;
const skip = skipWithout("chromium", chromiumPath);

describe(`a model in the editor of ${house?.title}`, { skip: house?.skip || skip }, () => {
  let models: FaultyServer;
  let server: EditorServer;
  let browser: Browser;
  let editor: Editor;
  before(async () => {
    models = await startFaultyServer({ metadata: replies(200, METADATA) });
    const flow = editorFlow.map((node) => ((node as { id: string }).id === "model" ? { ...node, url: models.url, authentication: "none" } : node));
    server = await startServer(house!, flow);
    browser = await launchBrowser();
    editor = await openEditor(browser, server.url);
  });
  afterEach(() => editor.cancelAll());
  after(async () => {
    await browser.close();
    await server.stop();
    await models.close();
  });

  const open = () => editor.openConfig("resonance-model", "model");
  const field = (name: string) => editor.page.locator(`#node-config-input-${name}`);
  const read = async (): Promise<void> => {
    await editor.page.getByRole("button", { name: "Read from server" }).click();
    await editor.page.locator(".resonance-reading .resonance-facts, .resonance-reading .resonance-problem").first().waitFor();
  };
  const lines = (direction: string) => editor.page.locator(`.resonance-proposal[data-direction=${direction}] li`);

  it("a look into the form of an older node changes nothing", async () => {
    const saved = Object.fromEntries(Object.entries(await editor.exported("model")).filter(([name]) => name !== "credentials"));
    await open();
    await editor.page.locator("#resonance-input-tensors .resonance-tensor").first().waitFor();
    await editor.save();
    // The editor adds empty secrets to every form it closes.
    const { credentials, ...now } = await editor.exported("model");
    assert.deepEqual(now, saved);
    assert.deepEqual(Object.values(credentials ?? {}).filter((secret) => secret !== ""), []);
  });

  it("reads what the server states, proposes what it means, and takes over only what is clicked", async () => {
    await open();
    await read();
    assert.match(await editor.page.locator(".resonance-reading .resonance-facts").innerText(), /faulty 1\.2\.3[\s\S]*tool-failure, onnxruntime_onnx[\s\S]*ready to answer/);
    assert.deepEqual(await lines("input").evaluateAll((all) => all.map((line) => line.getAttribute("data-certainty"))), ["same", "same", "check", "unknown"]);
    assert.match(await lines("input").nth(0).innerText(), /FP32 \[1, 1\].*airTemperature \(CEL\)/);
    assert.match(await lines("input").nth(1).innerText(), /torque \(NU\)/);
    assert.match(await lines("input").nth(3).innerText(), /<img/);
    assert.equal(await editor.page.title() === "1", false, "what a server says is only ever a text");
    assert.equal(await editor.page.locator("#resonance-input-tensors .resonance-tensor").count(), 1, "nothing was taken over yet");
    await editor.page.locator(".resonance-proposal[data-direction=input] button", { hasText: "Replace the 1 described now" }).click();
    assert.equal(await editor.page.locator("#resonance-input-tensors .resonance-tensor").count(), 4);
    await editor.page.locator(".resonance-reading button", { hasText: /^\s*2$/ }).click();
    await editor.save();
    const { inputTensors, outputTensors, serverVersion } = await editor.exported("model") as { inputTensors: { name: string; shape: number[]; elements: object[] }[]; outputTensors: object[]; serverVersion: string };
    assert.deepEqual(inputTensors.slice(0, 2), [
      { name: "air_temperature_degC", datatype: "FP32", shape: [1, 1], elements: [{ field: "airTemperature", unit: "CEL" }] },
      { name: "torque_Nm", datatype: "FP32", shape: [1, 1], elements: [{ field: "torque", unit: "NU" }] },
    ]);
    assert.deepEqual([outputTensors.length, serverVersion], [2, "2"]);
  });

  it("says in words what is wrong, and offers the models the server has", async () => {
    models.behaviour.metadata = ({ path: at }, response) => (at.includes("/tool-failure") ? replies(404, { error: "unknown model" }) : replies(200, { ...METADATA, name: "other" }))({} as never, response);
    models.behaviour.other = ({ path: at }, response) => replies(200, at.endsWith("/index") ? [{ name: "other", version: "1", state: "READY" }] : { name: "triton", version: "2", extensions: ["model_repository"] })({} as never, response);
    await open();
    await read();
    await editor.page.locator(".resonance-reading .resonance-problem", { hasText: "unknown model" }).waitFor();
    await editor.page.locator(".resonance-reading button", { hasText: "other" }).click();
    await lines("output").first().waitFor();
    assert.equal(await field("serverModel").inputValue(), "other");
    await field("url").fill("http://127.0.0.1:1");
    await editor.page.getByRole("button", { name: "Read from server" }).click();
    await editor.page.locator(".resonance-reading .resonance-problem", { hasText: "cannot be reached" }).waitFor();
  });

  it("a service's rows show with its protocol, are saved, and leave the tensors unasked for", async () => {
    await open();
    await field("protocol").selectOption("rest");
    assert.equal(await editor.page.locator("#resonance-tensor-rows").isVisible(), false);
    assert.equal(await field("requestTopic").isVisible(), false);
    await field("url").fill("http://127.0.0.1:1/predict");
    await editor.page.locator(".red-ui-editableList", { has: editor.page.locator("#resonance-request-rows") }).locator(".red-ui-editableList-addButton").click();
    const row = editor.page.locator("#resonance-request-rows li").first();
    await row.locator("[data-column=path]").fill("/torque");
    await row.locator("[data-column=field]").selectOption("torque");
    await editor.save();
    const saved = await editor.exported("model");
    assert.deepEqual([saved["protocol"], saved["requestRows"]], ["rest", [{ path: "/torque", source: "field", field: "torque", unit: "NU", value: "" }]]);
    assert.deepEqual(await editor.problems("model"), []);
    await open();
    await field("protocol").selectOption("mqtt");
    assert.equal(await field("requestTopic").isVisible(), true);
    await editor.save();
    assert.match((await editor.problems("model")).join(), /Broker.*|Request topic/);
    // Chromium notes the answer to the address where nobody listens.
    assert.deepEqual(editor.errors.filter((error) => !error.includes("422")), []);
  });
});
