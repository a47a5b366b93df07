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

    /** The node as an export holds it; the editor adds the empty fields of credentials, which are no part of one. */
    const kept = async (id: string): Promise<object> => {
      const { credentials, ...rest } = await editor.exported(id);
      return { ...rest, ...(Object.values(credentials ?? {}).some((value) => value !== "") && { credentials }) };
    };

    it("opens every form, with a text in each label and nothing wider than the form, and left by Cancel it changes nothing", async () => {
      const look = async (id: string): Promise<void> => {
        const form = editor.page.locator(".resonance-form").last();
        await form.evaluate((root) => { for (const more of root.querySelectorAll("details")) more.open = true; });
        const seen = await form.evaluate((root) => ({
          untold: [...root.querySelectorAll("[data-i18n]")].filter((part) => /^([a-z]\w*\.)+\w+$/i.test(part.textContent.trim())).map((part) => part.textContent),
          unlabelled: [...root.querySelectorAll<HTMLInputElement>("input:not([type=hidden]), select")]
            .filter((field) => field.offsetParent && field.labels?.length === 0 && !field.ariaLabel).map((field) => field.id),
          wide: [...root.querySelectorAll<HTMLElement>("*")]
            .filter((part) => part.offsetParent && part.getBoundingClientRect().right > root.getBoundingClientRect().right + 1).map((part) => part.outerHTML.slice(0, 80)),
        }));
        assert.deepEqual(seen, { untold: [], unlabelled: [], wide: [] }, id);
      };
      for (const id of wiredNodes) {
        const saved = await kept(id);
        await editor.open(id);
        await look(id);
        await editor.cancel();
        assert.deepEqual(await kept(id), saved, `${id} after Cancel`);
      }
      for (const [id, type] of configNodes) {
        const saved = await kept(id);
        await editor.openConfig(type, id);
        await look(id);
        await editor.cancel();
        assert.deepEqual(await kept(id), saved, `${id} after Cancel`);
      }
    });

    it("a form that is opened and left again by Done changes nothing", async () => {
      for (const id of wiredNodes) {
        const saved = await kept(id);
        await editor.open(id);
        await editor.save();
        assert.deepEqual(await kept(id), saved, `${id} after Done`);
      }
      for (const [id, type] of configNodes) {
        const saved = await kept(id);
        await editor.openConfig(type, id);
        await editor.save();
        assert.deepEqual(await kept(id), saved, id);
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

    it("model in: a machine type fills the table, keeps what is mapped, and says what the category needs", async () => {
      await editor.open("model-in");
      assert.match(await editor.page.locator("#resonance-category").innerText(), /Required: .*[Tt]orque/);
      await editor.page.getByRole("button", { name: "fill from a machine type" }).click();
      const kind = editor.page.getByLabel("Machine type");
      assert.deepEqual(await kind.locator("option").allInnerTexts(), ["CNC machine tool"], "a coating line does not serve this category");
      await editor.page.getByRole("button", { name: "add to the table" }).click();
      await editor.save();
      const tags = (await editor.exported("model-in"))["tags"] as { tag: string; field: string; unit: string; optional: boolean }[];
      assert.equal(tags.filter(({ field }) => field === "torque").length, 1);
      assert.equal(tags.find(({ field }) => field === "feedRate")?.tag, "Channel.ActFeedrate");
      assert.equal(new Set(tags.map(({ field }) => field)).size, tags.length, "each field once");
      assert.deepEqual(await editor.problems("model-in"), []);
    });

    it("model in: aggregates, constants, fields of the job and the trigger tag are saved as the runtime reads them", async () => {
      await editor.open("model-in");
      await editor.page.locator("#resonance-details > summary").click();
      assert.equal(await select("#resonance-tags", 0, "aggregate").isVisible(), false, "simple as long as nobody asks");
      await editor.page.locator("#resonance-detailed").check();
      const size = select("#resonance-tags", 0, "windowSize");
      assert.equal(await size.isDisabled(), true);
      await select("#resonance-tags", 0, "aggregate").selectOption("mean");
      await select("#resonance-tags", 0, "windowKind").selectOption("seconds");
      assert.equal(await size.getAttribute("aria-invalid"), "true", "a window needs a size");
      await size.fill("60");
      await select("#resonance-tags", 0, "stale").selectOption("uncertain");
      await select("#resonance-tags", 0, "default").fill("300");
      const last = (await editor.page.locator("#resonance-tags > li").count()) - 1;
      const [constant, job] = [await select("#resonance-tags", last, "field").inputValue(), await select("#resonance-tags", last - 1, "field").inputValue()];
      for (const table of ["#resonance-constants", "#resonance-job-fields"]) {
        await editor.page.locator(`.red-ui-editableList:has(${table}) .red-ui-editableList-addButton`).click();
      }
      await select("#resonance-constants", 0, "field").selectOption(constant);
      assert.equal(await select("#resonance-constants", 0, "field").getAttribute("aria-invalid"), "true", "a tag fills it already");
      for (const row of [last, last - 1]) await editor.page.locator("#resonance-tags > li").nth(row).locator(".red-ui-editableList-item-remove").click();
      await select("#resonance-constants", 0, "value").fill("7");
      await select("#resonance-job-fields", 0, "field").selectOption(job);
      await select("#resonance-job-fields", 0, "path").fill("order.part");
      await editor.page.locator("#node-input-maxSkew").fill("250");
      await editor.page.locator("#node-input-trigger").selectOption("change");
      const trigger = editor.page.locator("#node-input-triggerTag");
      assert.match((await trigger.getAttribute("class")) ?? "", /input-error/, "needed with this trigger only");
      await trigger.fill("PartCount");
      await editor.page.locator("#node-input-triggerEdge").selectOption("rising");
      await editor.save();

      assert.deepEqual(await editor.problems("model-in"), []);
      const saved = await editor.exported("model-in");
      const [first, second] = saved["tags"] as Record<string, unknown>[];
      assert.deepEqual(
        { aggregate: first?.["aggregate"], window: first?.["window"], stale: first?.["stale"], default: first?.["default"] },
        { aggregate: "mean", window: { seconds: 60 }, stale: "uncertain", default: "300" },
      );
      assert.deepEqual(Object.keys(second ?? {}), ["tag", "field", "unit", "maxAge", "optional"], "what is not set is not saved");
      assert.deepEqual((saved["constants"] as { field: string; value: string }[]).map(({ field, value }) => [field, value]), [[constant, "7"]]);
      assert.deepEqual((saved["jobFields"] as { field: string; path: string }[]).map(({ field, path: at }) => [field, at]), [[job, "order.part"]]);
      assert.deepEqual([saved["maxSkew"], saved["triggerTag"], saved["triggerEdge"]], [250, "PartCount", "rising"]);

      await editor.open("model-in");
      assert.equal(await size.isVisible(), true, "what is used is shown");
      await editor.save();
      assert.deepEqual(await editor.exported("model-in"), saved);
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

    it("model call: outputs for questions and comparisons are there where the chosen models ask for them", async () => {
      const { page } = editor;
      const ports = async (): Promise<unknown[]> => {
        await editor.open("model-call");
        await editor.save();
        const { outputs, wires } = await editor.exported("model-call") as { outputs?: number; wires: unknown[] };
        return [outputs, wires.length];
      };
      const choose = async (protocol: string): Promise<void> => {
        await editor.openConfig("resonance-model", "model");
        await page.locator("#node-config-input-protocol").selectOption(protocol);
        assert.deepEqual([await page.locator("#node-config-input-flowContent").isVisible(), await page.locator("#node-config-input-url").isVisible()], [protocol === "flow", protocol !== "flow"]);
        await editor.save();
        assert.deepEqual(await editor.problems("model"), []);
      };
      const shadow = async (id: string): Promise<void> => {
        await editor.open("model-call");
        await page.locator(".resonance-more > summary").click();
        await page.locator("#node-input-shadow").selectOption(id);
        await editor.save();
      };
      assert.deepEqual(await ports(), [1, 1]);
      await choose("flow");
      assert.deepEqual(await ports(), [2, 2]);
      await shadow("model");
      const { outputs, shadow: saved, fallback, retries } = await editor.exported("model-call");
      assert.deepEqual([outputs, saved, fallback, retries], [3, "model", undefined, undefined]);
      const labels = await page.evaluate(() => [0, 1, 2].map((index) => {
        const { RED: { nodes } } = window as unknown as { RED: { nodes: { node(id: string): { _def: { outputLabels(this: object, index: number): string } } } } };
        const node = nodes.node("model-call");
        return node._def.outputLabels.call(node, index);
      }));
      assert.deepEqual(labels, ["model's answer", "question to the function", "comparison with the shadow"]);
      await choose("oip");
      assert.deepEqual(await ports(), [2, 2]);
      await shadow("_ADD_");
      assert.deepEqual(await ports(), [1, 1]);
      await editor.open("model-call");
      await page.locator(".resonance-more > summary").click();
      await page.locator("#node-input-retries").fill("1.5");
      await page.locator("#node-input-batchSize").fill("4");
      await editor.save();
      assert.match((await editor.problems("model-call")).join(), /Ask again: a whole number from 0 to 100/);
      await editor.open("model-call");
      await page.locator("#node-input-retries").fill("3");
      await editor.save();
      const { retries: again, batchSize } = await editor.exported("model-call");
      assert.deepEqual([again, batchSize, await editor.problems("model-call")], [3, 4, []]);
    });

    it("model out: fields out of any answer, with labels or a threshold, and a validity that the model states", async () => {
      await editor.open("model-out");
      await editor.page.locator(".resonance-more > summary").click();
      const add = editor.page.locator(".red-ui-editableList:has(#resonance-mappings) .red-ui-editableList-addButton");
      await add.click();
      await select("#resonance-mappings", 0, "field").selectOption("maintenanceRequired");
      await select("#resonance-mappings", 0, "path").fill("result/score");
      assert.match(await editor.page.locator(".red-ui-editableList:has(#resonance-mappings) .resonance-problem").innerText(), /starts with \//);
      await select("#resonance-mappings", 0, "path").fill("/result/score");
      await select("#resonance-mappings", 0, "labelText").fill("0=false; 1=true");
      await select("#resonance-mappings", 0, "threshold").fill("0.5");
      assert.equal(await select("#resonance-mappings", 0, "threshold").getAttribute("aria-invalid"), "true", "one or the other");
      await select("#resonance-mappings", 0, "labelText").fill("");
      await add.click();
      await select("#resonance-mappings", 1, "field").selectOption("confidence");
      await select("#resonance-mappings", 1, "source").selectOption("text");
      await select("#resonance-mappings", 1, "path").fill("confidence: ([0-9.]+");
      assert.equal(await select("#resonance-mappings", 1, "path").getAttribute("aria-invalid"), "true", "no regular expression");
      await select("#resonance-mappings", 1, "path").fill("confidence: ([0-9.]+)");
      await select("#resonance-mappings", 1, "within").fill("answer");
      await select("#resonance-mappings", 1, "optional").check();
      assert.equal(await select("#resonance-mappings", 1, "threshold").isDisabled(), true, "for yes/no fields only");
      await editor.page.locator("#node-input-validField").selectOption("remainingUsefulLife");
      await editor.save();

      const saved = await editor.exported("model-out");
      assert.deepEqual(saved["mappings"], [
        { field: "maintenanceRequired", source: "json", path: "/result/score", unit: "", threshold: 0.5 },
        { field: "confidence", source: "text", path: "confidence: ([0-9.]+)", unit: "C62", within: "answer", optional: true },
      ]);
      assert.equal(saved["validField"], "remainingUsefulLife");
      assert.deepEqual(await editor.problems("model-out"), []);
      await editor.open("model-out");
      await editor.save();
      assert.deepEqual(await editor.exported("model-out"), saved);
    });

    it("profile: a path is asked for where it is needed, and facts are shown of what is known only", async () => {
      await editor.openConfig("resonance-profile", "profile");
      const facts = editor.page.locator(".resonance-facts");
      await facts.getByText("gbt-provisional@").waitFor();
      const file = editor.page.locator("#node-config-input-path");
      assert.equal(await file.isVisible(), false);
      await editor.page.locator("#node-config-input-source").selectOption("overrides");
      assert.match((await file.getAttribute("class")) ?? "", /input-error/);
      await file.fill("profiles/plant.json");
      await file.press("Tab");
      assert.doesNotMatch((await file.getAttribute("class")) ?? "", /input-error/);
      assert.match(await facts.innerText(), /when the profile is deployed/);
      await editor.page.locator("#node-config-input-source").selectOption("built-in");
      await facts.getByText("gbt-provisional@").waitFor();
      await editor.page.locator("#node-config-input-source").selectOption("overrides");
      await editor.save();
      const { source, path: saved } = await editor.exported("profile");
      assert.deepEqual({ source, saved }, { source: "overrides", saved: "profiles/plant.json" });
      assert.deepEqual(await editor.problems("profile"), []);
      await editor.openConfig("resonance-profile", "profile");
      await editor.page.locator("#node-config-input-source").selectOption("built-in");
      await file.evaluate((input) => { (input as HTMLInputElement).value = ""; });
      await editor.save();
      assert.deepEqual(await editor.problems("profile"), []);
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

    it("validate: each target asks for what belongs to it, and for nothing else", async () => {
      await editor.open("validate");
      const shown = async (): Promise<readonly boolean[]> =>
        Promise.all(["profile", "editions", "schemaFolder"].map((field) => editor.page.locator(`#node-input-${field}`).isVisible()));
      await editor.page.locator("#node-input-target").selectOption("profile");
      assert.deepEqual(await shown(), [true, true, false]);
      await editor.page.locator("#node-input-target").selectOption("schema");
      assert.deepEqual(await shown(), [false, false, true]);
      await editor.page.locator("#node-input-schemaFolder").fill("schemas");
      await editor.page.locator("#node-input-target").selectOption("b2mml");
      assert.deepEqual(await shown(), [false, false, false]);
      await editor.save();
      const { target, schemaFolder, editions } = await editor.exported("validate");
      assert.deepEqual({ target, schemaFolder, editions }, { target: "b2mml", schemaFolder: "schemas", editions: undefined });
      assert.deepEqual(await editor.problems("validate"), []);
    });

    it("isa95: offers every message of the profile", async () => {
      await editor.open("isa95");
      await editor.page.locator("#node-input-message option[value=ProcessWorkSchedule]").waitFor({ state: "attached" });
      await editor.page.locator("#node-input-message").selectOption("ProcessWorkSchedule");
      await editor.save();
      assert.equal((await editor.exported("isa95"))["message"], "ProcessWorkSchedule");
    });

    describe("when the catalogue is not what it should be", () => {
      let other: Editor;
      before(async () => { other = await openEditor(browser, server.url); });
      afterEach(() => other.page.unrouteAll());
      after(() => other.close());

      it("says what to do when it does not load, and loses nothing", async () => {
        await other.page.route("**/resonance/catalogue*", (route) => route.abort());
        const saved = await other.exported("model-out");
        await other.open("model-out");
        await other.page.getByRole("alert").filter({ hasText: "could not be loaded" }).waitFor();
        await other.save();
        assert.deepEqual(await other.exported("model-out"), saved);
      });

      // A catalogue that did not load is asked for again by the next form.
      it("says of a profile that could not start why, where it is chosen", async () => {
        await other.page.route("**/resonance/catalogue*", async (route) => {
          const response = await route.fetch();
          await route.fulfill({ json: { ...(await response.json() as object), error: { code: "RESONANCE_PROFILE_INVALID", message: "plant.json is not usable" } } });
        });
        await other.open("model-in");
        await other.page.getByRole("alert").filter({ hasText: "plant.json is not usable" }).waitFor();
      });
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
      await editor.importFlow(examples);
      for (const { id, type } of examples.filter((node) => node.type.startsWith("resonance-"))) {
        assert.deepEqual(await editor.problems(id), [], `${type} ${id}`);
      }
    });

    it("leaves no error in the browser's console", () => {
      assert.deepEqual(editor.errors, []);
    });
  });
}
