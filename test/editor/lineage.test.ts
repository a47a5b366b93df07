import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, afterEach, before, describe, it } from "node:test";
import type { Browser } from "playwright-core";
import { importNameplate } from "../../nodes/lib/documents/aas/import-nameplate";
import { chromiumPath, launchBrowser, openEditor, startServer, type Editor, type EditorServer } from "../support/editor";
import { editorFlow } from "../support/editor-flow";
import { HOUSES } from "../support/houses";
import { skipWithout } from "../support/requirements";

const REFERENCE = { dataSet: { id: "ai4i-2020" }, inputs: { torque: { unit: "NU", minimum: 4, maximum: 76 } }, outputs: {} };
const skip = skipWithout("chromium", chromiumPath);
const [house] = HOUSES;

describe("the forms of a model's entitlement", { skip: house?.skip || skip }, () => {
  let server: EditorServer;
  let browser: Browser;
  let editor: Editor;
  before(async () => {
    if (!house) throw new Error("no Node-RED");
    server = await startServer(house, editorFlow);
    browser = await launchBrowser();
    editor = await openEditor(browser, server.url);
  });
  afterEach(() => editor.cancelAll());
  after(async () => {
    await browser.close();
    await server.stop();
  });

  const field = (name: string) => editor.page.locator(`#node-config-input-${name}`);
  const more = () => editor.page.locator(".resonance-form").last().evaluate((root) => { for (const part of root.querySelectorAll("details")) part.open = true; });

  it("a reference is pasted, checked by the runtime in words, and saved", async () => {
    await editor.openConfig("resonance-model", "model");
    assert.equal(await field("reference").isVisible(), false);
    await field("referenceSource").selectOption("text");
    const check = editor.page.locator("#resonance-reference-check");
    const result = check.locator("[role=status]");
    await field("reference").fill("{ \"inputs\": { \"heat\": { \"minimum\": 1 } } }");
    await check.locator("button").click();
    await result.filter({ hasText: "heat" }).waitFor();
    assert.match(await result.innerText(), /no input field/i);
    await field("reference").fill(JSON.stringify(REFERENCE));
    await check.locator("button").click();
    await result.filter({ hasText: "Data set ai4i-2020; fields: 1 of the input, 0 of the output." }).waitFor();
    await editor.save();
    const { referenceSource, reference, nameplate } = await editor.exported("model");
    assert.deepEqual([referenceSource, reference, nameplate], ["text", JSON.stringify(REFERENCE), undefined]);
    assert.deepEqual((await editor.problems("model")).filter((name) => /reference/.test(name)), []);
  });

  it("a nameplate goes out as AAS JSON, and one that comes in fills the form and says what it leaves", async () => {
    await editor.openConfig("resonance-model", "model");
    await more();
    const host = editor.page.locator("#resonance-nameplate");
    const downloaded = editor.page.waitForEvent("download");
    await host.getByRole("button", { name: "Export" }).click();
    const file = await (await downloaded).path();
    const text = await readFile(file, "utf8");
    const { model, unknown } = importNameplate(text);
    assert.deepEqual([model.modelId, model.modelVersion, model.category, model.reference, model.inputTensors?.[0]?.elements.length, unknown], ["tool-failure", "1.0.0", "predictive-maintenance", REFERENCE, 3, []]);

    const foreign = text.replaceAll("tool-failure", "wear-7").replace("\"minimum\": 4", "\"minimum\": 5").replace("\"idShort\": \"FileExtension\",", "\"idShort\": \"FileExtension\", \"value\": \".onnx\",");
    await host.locator("input[type=file]").setInputFiles({ name: "nameplate.json", mimeType: "application/json", buffer: Buffer.from(foreign) });
    await host.getByText("Taken over: Model ID").waitFor();
    assert.match(await host.innerText(), /kept for the export \(1\)[^]*AIModelNameplate\/Details\/FileExtension: \.onnx/);
    assert.equal(await field("modelId").inputValue(), "wear-7");
    await host.locator("input[type=file]").setInputFiles({ name: "x.json", mimeType: "application/json", buffer: Buffer.from("PK") });
    await host.getByText("This is not an AAS environment").waitFor();
    await editor.save();
    const saved = await editor.exported("model");
    assert.equal(saved["modelId"], "wear-7");
    assert.match(String(saved["nameplate"]), /\.onnx/);
    assert.equal((saved["inputTensors"] as readonly unknown[]).length, 1);
  });

  it("the second port of model-out comes and goes with its setting", async () => {
    await editor.open("model-out");
    await more();
    await editor.page.locator("#node-input-driftEvents").check();
    await editor.page.locator("#node-input-driftRecords").fill("300");
    await editor.save();
    const saved = await editor.exported("model-out");
    assert.deepEqual([saved["outputs"], saved["driftEvents"], saved["driftRecords"], saved["driftLeast"], (saved["wires"] as readonly unknown[]).length], [2, true, 300, undefined, 2]);
    await editor.open("model-out");
    await more();
    await editor.page.locator("#node-input-driftEvents").uncheck();
    await editor.save();
    assert.equal((await editor.exported("model-out"))["outputs"], 1);
    assert.deepEqual(editor.errors, []);
  });
});
