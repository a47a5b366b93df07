import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { after, afterEach, before, describe, it } from "node:test";
import type { Browser } from "playwright-core";
import { chromiumPath, launchBrowser, openEditor, startServer, type Editor, type EditorServer } from "../support/editor";
import { configNodes, editorFlow, wiredNodes } from "../support/editor-flow";
import { HOUSES } from "../support/houses";
import { skipWithout } from "../support/requirements";

interface SavedNode {
  readonly id: string;
  readonly type: string;
  readonly z?: string;
}

/** The nodes of all example flows; those that an import would put on the open tab stand on one of their own. */
function exampleFlows(): readonly SavedNode[] {
  const folder = path.resolve(__dirname, "..", "..", "examples");
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) => /^[^/\\]+[/\\]\d+ .*\.json$/.test(file));
  const nodes = files.flatMap((file) => JSON.parse(readFileSync(path.join(folder, file), "utf8")) as SavedNode[]);
  const tabs = new Set(nodes.filter((node) => node.type === "tab").map((node) => node.id));
  return [
    { id: "examples", type: "tab" },
    ...nodes.map((node) => (node.z === undefined || tabs.has(node.z) ? node : { ...node, z: "examples" })),
  ];
}

const skip = skipWithout("chromium", chromiumPath);

for (const house of HOUSES) {
  describe(`the editor in ${house.title}`, { skip: house.skip || skip }, () => {
    let server: EditorServer;
    let browser: Browser;
    let editor: Editor;
    before(async () => {
      server = await startServer(house, editorFlow);
      browser = await launchBrowser();
      editor = await openEditor(browser, server.url);
    });
    afterEach(() => editor.cancelAll());
    after(async () => {
      await browser.close();
      await server.stop();
    });

    const select = (table: string, row: number, column: string) =>
      editor.page.locator(`${table} > li`).nth(row).locator(`[data-column="${column}"]`);

    it("shows every node in the palette, under its own name and with its own icon", async () => {
      for (const id of wiredNodes) {
        const entry = editor.page.locator(`.red-ui-palette-node[data-palette-type="resonance-${id}"]`);
        await entry.waitFor({ state: "attached" });
        const icon = await entry.locator(".red-ui-palette-icon").first().evaluate((element) => getComputedStyle(element).backgroundImage + (element.getAttribute("src") ?? ""));
        assert.match(icon, new RegExp(`resonance-${id}\\.svg`));
        assert.doesNotMatch(await entry.locator(".red-ui-palette-label").innerText().catch(() => ""), /resonance|palette/);
      }
    });

    it("opens every form, with a text in each label and nothing wider than the form", async () => {
      const look = async (id: string): Promise<void> => {
        const form = editor.page.locator(".resonance-form").last();
        await form.evaluate((root) => { for (const more of root.querySelectorAll("details")) more.open = true; });
        const seen = await form.evaluate((root) => ({
          untold: [...root.querySelectorAll("[data-i18n]")].filter((part) => /^(\w+\.)+\w+$/.test(part.textContent.trim())).map((part) => part.textContent),
          unlabelled: [...root.querySelectorAll<HTMLInputElement>("input:not([type=hidden]), select")]
            .filter((field) => field.offsetParent && field.labels?.length === 0 && !field.ariaLabel).map((field) => field.id),
          wide: [...root.querySelectorAll<HTMLElement>("*")]
            .filter((part) => part.offsetParent && part.getBoundingClientRect().right > root.getBoundingClientRect().right + 1).map((part) => part.outerHTML.slice(0, 80)),
        }));
        assert.deepEqual(seen, { untold: [], unlabelled: [], wide: [] }, id);
      };
      for (const id of wiredNodes) {
        await editor.open(id);
        await look(id);
        await editor.cancel();
      }
      for (const [id, type] of configNodes) {
        await editor.openConfig(type, id);
        await look(id);
        await editor.cancel();
      }
    });

    it("a form that is opened and left again, by Cancel or by Done, changes nothing", async () => {
      for (const id of wiredNodes) {
        const saved = await editor.exported(id);
        await editor.open(id);
        await editor.cancel();
        assert.deepEqual(await editor.exported(id), saved, `${id} after Cancel`);
        await editor.open(id);
        await editor.save();
        assert.deepEqual(await editor.exported(id), saved, `${id} after Done`);
      }
      for (const [id, type] of configNodes) {
        const saved = await editor.exported(id);
        await editor.openConfig(type, id);
        await editor.save();
        // The editor adds the empty fields of credentials, which are no part of an export.
        const { credentials, ...kept } = await editor.exported(id);
        assert.deepEqual(kept, saved, `${id} ${JSON.stringify(credentials)}`);
      }
    });

    it("model in: a row for each required field, tags typed in, units to choose from those that convert", async () => {
      assert.match((await editor.problems("model-in")).join(), /at least one row/);
      await editor.open("model-in");
      await editor.page.getByRole("button", { name: "add all required fields" }).click();
      const rows = editor.page.locator("#resonance-tags > li");
      const fields = await rows.locator('[data-column="field"]').evaluateAll((cells) => cells.map((cell) => (cell as HTMLSelectElement).value));
      assert.deepEqual([...fields].sort(), ["processTemperature", "rotationalSpeed", "torque"]);
      for (const [row, field] of fields.entries()) await select("#resonance-tags", row, "tag").fill(`Tag.${field}`);
      const row = fields.indexOf("processTemperature");
      const units = await select("#resonance-tags", row, "unit").locator("option").evaluateAll((options) => options.map((option) => (option as HTMLOptionElement).value));
      assert.ok(units.includes("CEL") && units.includes("KEL"), "temperatures");
      assert.ok(!units.includes("RPM") && !units.includes("MIN"), "nothing but temperatures");
      await select("#resonance-tags", row, "unit").selectOption("CEL");
      await select("#resonance-tags", row, "maxAge").fill("2.5");
      await editor.page.locator("#node-input-trigger").selectOption("interval");
      await editor.page.locator("#node-input-interval").fill("30");
      await editor.save();

      const saved = await editor.exported("model-in");
      assert.deepEqual((saved["tags"] as object[])[row], { tag: "Tag.processTemperature", field: "processTemperature", unit: "CEL", maxAge: 2.5, optional: false });
      assert.equal((saved["tags"] as object[]).length, 3);
      assert.equal(saved["trigger"], "interval");
      assert.equal(saved["interval"], 30);
      assert.deepEqual(await editor.problems("model-in"), []);
    });

    it("model in: a row that is wrong is marked while it is typed, and the node after Done", async () => {
      await editor.open("model-in");
      const tag = select("#resonance-tags", 0, "tag");
      await tag.fill("");
      assert.equal(await tag.getAttribute("aria-invalid"), "true");
      await editor.save();
      assert.match((await editor.problems("model-in")).join(), /row 1: the tag is missing/);
      await editor.open("model-in");
      await select("#resonance-tags", 0, "tag").fill("Again");
      await editor.save();
      assert.deepEqual(await editor.problems("model-in"), []);
    });

    it("OPC UA in: several lines of a spreadsheet become rows, Alt with an arrow key moves one", async () => {
      await editor.open("opcua-in");
      await editor.page.getByRole("button", { name: "paste list" }).click();
      await editor.page.locator(".resonance-paste textarea").fill("tag,nodeId\nWear,ns=2;s=ToolWear\nAir;nsu=urn:x;s=Air\nns=2;s=Spindle.Load\n");
      await editor.page.getByRole("button", { name: "add to the table" }).click();
      await select("#resonance-items", 4, "tag").press("Alt+ArrowUp");
      await editor.save();
      assert.deepEqual(((await editor.exported("opcua-in"))["items"] as object[]).slice(2), [
        { tag: "Wear", nodeId: "ns=2;s=ToolWear" }, { tag: "Load", nodeId: "ns=2;s=Spindle.Load" }, { tag: "Air", nodeId: "nsu=urn:x;s=Air" },
      ]);
    });

    it("endpoint: mode and policy always make a pair, and user and password show only when they are asked for", async () => {
      await editor.openConfig("resonance-opcua-endpoint", "endpoint");
      const policy = editor.page.locator("#node-config-input-securityPolicy");
      assert.equal(await policy.inputValue(), "Aes256_Sha256_RsaPss");
      assert.equal(await editor.page.locator("#node-config-input-user").isVisible(), true);
      await editor.page.locator("#node-config-input-securityMode").selectOption("None");
      await editor.page.locator("#node-config-input-authentication").selectOption("anonymous");
      assert.equal(await policy.inputValue(), "None");
      assert.equal(await editor.page.locator("#node-config-input-user").isVisible(), false);
      await editor.page.locator("#node-config-input-endpointUrl").fill("http://not-opc");
      await editor.page.locator("#node-config-input-endpointUrl").press("Tab");
      assert.match((await editor.page.locator("#node-config-input-endpointUrl").getAttribute("class")) ?? "", /input-error/);
      await editor.cancel();
      assert.equal((await editor.exported("endpoint"))["securityMode"], "SignAndEncrypt");
    });

    it("model: the shape and the number of described elements have to agree", async () => {
      await editor.openConfig("resonance-model", "model");
      const inputs = editor.page.locator("#resonance-input-tensors");
      await inputs.getByLabel("Shape").fill("1, 5");
      assert.match(await inputs.locator(".resonance-problem").first().innerText(), /5 elements, 3 are described/);
      await inputs.getByLabel("Shape").fill("-1, 3");
      assert.equal(await inputs.locator(".resonance-problem").first().innerText(), "");
      await editor.save();
      assert.deepEqual(((await editor.exported("model"))["inputTensors"] as { shape: number[] }[])[0]?.shape, [-1, 3]);
      assert.deepEqual(await editor.problems("model"), []);
    });

    it("validate: an own schema is edited as text and checked", async () => {
      await editor.open("validate");
      await editor.page.locator("#node-input-target").selectOption("schema");
      await editor.page.locator("#resonance-schema").click();
      await editor.page.keyboard.insertText('{"type": object}');
      await editor.save();
      assert.match((await editor.problems("validate")).join(), /not readable as JSON/);
      await editor.open("validate");
      await editor.page.locator("#resonance-schema").click();
      await editor.page.keyboard.press("Control+A");
      // The text editor closes brackets by itself; this schema has none.
      await editor.page.keyboard.insertText("true");
      await editor.save();
      assert.deepEqual(await editor.problems("validate"), []);
      assert.equal((await editor.exported("validate"))["schema"], "true");
    });

    it("isa95: offers every message of the profile", async () => {
      await editor.open("isa95");
      await editor.page.locator("#node-input-message option[value=ProcessWorkSchedule]").waitFor({ state: "attached" });
      await editor.page.locator("#node-input-message").selectOption("ProcessWorkSchedule");
      await editor.save();
      assert.equal((await editor.exported("isa95"))["message"], "ProcessWorkSchedule");
    });

    it("says what to do when the catalogue does not load, and loses nothing", async () => {
      const cut = await openEditor(browser, server.url);
      await cut.page.route("**/resonance/catalogue", (route) => route.abort());
      const saved = await cut.exported("model-out");
      await cut.open("model-out");
      await cut.page.getByRole("alert").filter({ hasText: "could not be loaded" }).waitFor();
      await cut.save();
      assert.deepEqual(await cut.exported("model-out"), saved);
      await cut.close();
    });

    for (const [language, palette, label] of [["zh-CN", "模型输入", "模型类别"], ["de", "Modell-Eingang", "Kategorie"]] as const) {
      it(`speaks ${language}`, async () => {
        const translated = await openEditor(browser, server.url, language);
        assert.match(await translated.page.locator('[id="model-in"]').first().innerHTML(), new RegExp(palette));
        await translated.open("model-in");
        assert.match(await translated.page.locator(".resonance-form").innerText(), new RegExp(label));
        await translated.cancel();
        assert.deepEqual(translated.errors, []);
        await translated.close();
      });
    }

    it("finds nothing wrong with the example flows", async () => {
      const examples = exampleFlows();
      const example = await startServer(house, examples);
      const shown = await openEditor(browser, example.url);
      for (const { id, type } of examples.filter((node) => node.type.startsWith("resonance-"))) {
        assert.deepEqual(await shown.problems(id), [], `${type} ${id}`);
      }
      await shown.close();
      await example.stop();
    });

    it("leaves no error in the browser's console", () => {
      assert.deepEqual(editor.errors, []);
    });
  });
}
