import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, afterEach, before, describe, it } from "node:test";
import type { Browser } from "playwright-core";
import { equipmentProfiles } from "../../nodes/lib/profile/equipment-profiles";
import { loadBuiltInProfile } from "../../nodes/lib/profile/load-profile";
import { profileKey } from "../../nodes/lib/profile/profile-lookup";
import { fillTags } from "../../nodes/lib/record/fill-tags";
import type { TagMapping } from "../../nodes/lib/record/tag-plan";
import { chromiumPath, launchBrowser, openEditor, startServer, type Editor, type EditorServer } from "../support/editor";
import { editorFlow } from "../support/editor-flow";
import { HOUSES } from "../support/houses";
import { skipWithout } from "../support/requirements";

/** What forms make of a profile: mappings of three kinds of machines, their preview, and a change of edition. */

const builtIn = loadBuiltInProfile();
const PM = "predictive-maintenance";

interface Case {
  readonly id: string;
  readonly category: string;
  readonly kind: string;
  /** A field whose tag delivers another unit than the profile's, and what the form says of it. */
  readonly converted: readonly [field: string, note: string];
  /** Typed values by field, and the values of the record. */
  readonly typed: Readonly<Record<string, string>>;
  readonly values: Readonly<Record<string, unknown>>;
  /** A field, a value that it refuses, and what is said. */
  readonly wrong: readonly [field: string, typed: string, message: RegExp];
  readonly needs: RegExp;
}

const CASES: readonly Case[] = [
  {
    id: "cnc-in", category: PM, kind: "cnc", converted: ["processTemperature", "→ K"],
    typed: { processTemperature: "35", rotationalSpeed: "1500", torque: "40" }, values: { processTemperature: 308.15, rotationalSpeed: 1500, torque: 40 },
    wrong: ["torque", "much", /values\/torque: .*much/], needs: /Required: .*[Tt]orque/,
  },
  {
    id: "coating-in", category: "energy-emission", kind: "coating-line", converted: ["activePower", "→ kW"],
    typed: { activePower: "2500" }, values: { activePower: 2.5 },
    wrong: ["activePower", "1e12", /values\/activePower: /], needs: /At least one of these, marked \(\*\): .*[Aa]ctive/,
  },
  {
    id: "vision-in", category: "visual-inspection", kind: "vision-station", converted: ["exposureTime", "→ µs"],
    typed: { imageUri: "file:///part-1.png", partId: '{"id":"P-1"}', exposureTime: "2.5" }, values: { imageUri: "file:///part-1.png", partId: "P-1", exposureTime: 2500 },
    wrong: ["exposureTime", "-1", /values\/exposureTime: /], needs: /Required: .*[Pp]art/,
  },
];

const node = ({ id, category }: Pick<Case, "id" | "category">, index: number) => ({
  id, type: "resonance-model-in", z: "tab", version: 1, name: `${category} in`, profile: "profile", category: "", equipment: "equipment", tags: [],
  trigger: "message", interval: 10, badQuality: "reject", x: 200, y: 300 + 60 * index, wires: [[], []],
});

/** An edition of a profile of one's own, written by hand as the README says. */
const edition = (version: string, more: object, torque: string): object => ({
  extends: "gbt-provisional", id: "plant", version, ...more,
  categories: { [PM]: { input: {
    required: ["processTemperature", "rotationalSpeed", torque],
    properties: {
      torque: null,
      ...(torque === "spindleTorque" && { processTemperature: { unit: "CEL", minimum: -73.15, maximum: 1726.85 } }),
      [torque]: {
        type: "number", unit: "NU", minimum: 0, maximum: 200, title: { en: "Torque", zh: "扭矩", de: "Drehmoment" }, description: { en: "At the spindle", zh: "主轴处", de: "An der Spindel" },
        vdi2182: { assetClass: "process-data", confidentiality: "low", integrity: "medium", availability: "low", safety: "low" },
      },
    },
  } } },
});

const skip = skipWithout("chromium", chromiumPath);

for (const house of HOUSES) {
  describe(`forms of a profile in ${house.title}`, { skip: house.skip || skip }, () => {
    let folder: string;
    let server: EditorServer;
    let browser: Browser;
    let editor: Editor;
    before(async () => {
      folder = await mkdtemp(path.join(tmpdir(), "resonance-editions-"));
      await writeFile(path.join(folder, "plant-1.json"), JSON.stringify(edition("1.0.0", {}, "spindleMoment")));
      await writeFile(path.join(folder, "plant-2.json"), JSON.stringify(edition("2.0.0", { formerIds: ["plant@1.0.0"], renames: { [`${PM}/input/spindleMoment`]: "spindleTorque" } }, "spindleTorque")));
      const old = { id: "plant", type: "resonance-profile", name: "plant", version: 1, source: "overrides", path: path.join(folder, "plant-1.json") };
      const follower = {
        ...node({ id: "plant-in", category: PM }, 3), name: "spindle", profile: "plant", category: PM,
        tags: [{ tag: "T", field: "processTemperature", unit: "", maxAge: 0, optional: false }, { tag: "S", field: "rotationalSpeed", unit: "RPM", maxAge: 0, optional: false }, { tag: "M", field: "spindleMoment", unit: "NU", maxAge: 0, optional: false }],
      };
      server = await startServer(house, [...editorFlow, old, follower, ...CASES.map(node)]);
      browser = await launchBrowser();
      editor = await openEditor(browser, server.url);
    });
    afterEach(() => editor.cancelAll());
    after(async () => {
      await browser.close();
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    });

    const rowOf = (tags: readonly TagMapping[], field: string) => editor.page.locator("#resonance-tags > li").nth(tags.findIndex((row) => row.field === field));
    const problem = () => editor.page.locator(".red-ui-editableList:has(#resonance-tags) .resonance-problem");
    const flows = async (): Promise<readonly Record<string, unknown>[]> => {
      const answer = await editor.page.request.get(`${server.url}flows`, { headers: { "Node-RED-API-Version": "v2" } });
      return ((await answer.json()) as { flows: Record<string, unknown>[] }).flows;
    };
    const deploy = async (): Promise<void> => {
      const posted = editor.page.waitForResponse((response) => response.url().endsWith("/flows") && response.request().method() === "POST");
      await editor.page.locator("#red-ui-header-button-deploy").click();
      // The flow also holds a node that is not filled in yet.
      await editor.page.locator(".red-ui-notification button.primary").click();
      assert.ok((await posted).ok());
    };

    for (const { id, category, kind, converted, typed, values, wrong, needs } of CASES) {
      it(`${category} is mapped from the tags of a ${kind}, previewed and saved`, async () => {
        const equipment = equipmentProfiles().find((each) => each.id === kind);
        assert.ok(equipment);
        const expected = fillTags(builtIn, equipment, category);
        await editor.open(id);
        await editor.page.locator(`#node-input-category option[value=${category}]`).waitFor({ state: "attached" });
        await editor.page.locator("#node-input-category").selectOption(category);
        assert.match(await editor.page.locator("#resonance-category").innerText(), needs);
        await editor.page.locator(".red-ui-editableList:has(#resonance-tags) .red-ui-editableList-addButton").first().click();
        assert.match(await problem().innerText(), /row 1: the tag is missing/);
        await editor.page.getByRole("button", { name: "fill from a machine type" }).click();
        await editor.page.getByLabel("Machine type").selectOption(kind);
        await editor.page.getByRole("button", { name: "add to the table" }).click();
        assert.equal(await problem().innerText(), "");

        assert.equal(await rowOf(expected, converted[0]).locator(".resonance-note").innerText(), converted[1]);
        const options = await rowOf(expected, converted[0]).locator('[data-column="field"] option').evaluateAll((all) => all.map((option) => (option as HTMLOptionElement).value).filter(Boolean));
        assert.deepEqual(options, [...builtIn.categories.get(category)?.input.fields.keys() ?? []], "only fields of the category");
        const tag = rowOf(expected, converted[0]).locator('[data-column="tag"]');
        const name = await tag.inputValue();
        await tag.fill("");
        assert.equal(await tag.getAttribute("aria-invalid"), "true", "judged while it is typed");
        await tag.fill(name);

        await editor.page.locator("#resonance-preview > summary").click();
        const answer = editor.page.locator("#resonance-preview-answer");
        const sample = (field: string) => editor.page.locator(`#resonance-preview [data-sample="${expected.find((row) => row.field === field)?.tag ?? ""}"]`);
        await sample(Object.keys(typed)[0] ?? "").fill(Object.values(typed)[0] ?? "");
        for (const [field, value] of Object.entries(typed)) await sample(field).fill(value);
        const [last = ""] = Object.keys(values).slice(-1);
        await answer.locator("pre").filter({ hasText: JSON.stringify(values[last]) }).waitFor();
        const record = JSON.parse(await answer.locator("pre").innerText()) as { values: object; category: string; equipment: string };
        assert.deepEqual([record.values, record.category, record.equipment], [values, category, "acme/shanghai/machining/line-1/cnc-07"]);
        await sample(wrong[0]).fill(wrong[1]);
        await answer.locator(".resonance-problem").filter({ hasText: wrong[2] }).waitFor();
        await editor.save();
        const saved = await editor.exported(id);
        assert.deepEqual([saved["category"], saved["tags"]], [category, expected]);
        assert.deepEqual(await editor.problems(id), []);
      });
    }

    it("what was saved is deployed as it was exported, and the preview then takes the values the node saw", async () => {
      const exported = await Promise.all(CASES.map(({ id }) => editor.exported(id)));
      await deploy();
      const running = await flows();
      for (const saved of exported) assert.deepEqual(running.find(({ id }) => id === saved["id"])?.["tags"], saved["tags"]);
      await editor.open("cnc-in");
      await editor.page.locator("#resonance-preview > summary").click();
      await editor.page.getByRole("button", { name: "use the last values" }).click();
      await editor.page.locator("#resonance-preview-answer").getByText("has not seen a value").waitFor();
    });

    it("what the category lacks is said, and tags dropped from a browse dialog become rows", async () => {
      await editor.open("coating-in");
      await editor.page.locator(`#node-input-category option[value=${PM}]`).waitFor({ state: "attached" });
      await editor.page.locator("#node-input-category").selectOption(PM);
      assert.match(await problem().innerText(), /has no field activePower/);
      await editor.cancel();
      await editor.open("model-in");
      await editor.page.locator("#resonance-category").filter({ hasText: "Required" }).waitFor();
      await editor.page.locator("#resonance-tags").evaluate((host) => {
        const data = new DataTransfer();
        data.setData("application/x-resonance-tags", JSON.stringify([{ tag: "Cnc.Torque", nodeId: "ns=2;s=T", unit: "NU", dataType: "Double" }, { tag: "Heat", nodeId: "ns=2;s=H", unit: "CEL" }]));
        host.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
      });
      const cell = (row: number, column: string) => editor.page.locator("#resonance-tags > li").nth(row).locator(`[data-column="${column}"]`);
      assert.deepEqual([await cell(0, "tag").inputValue(), await cell(0, "field").inputValue(), await cell(0, "unit").inputValue()], ["Cnc.Torque", "torque", "NU"]);
      assert.deepEqual([await cell(1, "tag").inputValue(), await cell(1, "field").inputValue()], ["Heat", ""]);
      await cell(1, "field").selectOption("processTemperature");
      assert.match(await problem().innerText(), /no row fills: .*[Ss]peed/);
    });

    it("two editions are compared without deploying, and the nodes of the older one follow the newer one when wanted", async () => {
      await editor.openConfig("resonance-profile", "plant");
      const file = editor.page.locator("#node-config-input-path");
      await file.fill(path.join(folder, "plant-2.json"));
      await file.press("Tab");
      await editor.page.locator("details:has(#resonance-compare-with) > summary").click();
      await editor.page.locator("#resonance-compare-with").selectOption("deployed");
      const result = editor.page.locator("#resonance-compare-result");
      await result.getByText("From plant@1.0.0 to plant@2.0.0:").waitFor();
      const rows = await result.locator("tr").evaluateAll((all) => all.map((row) => [...row.children].map((cell) => cell.textContent)));
      assert.ok(rows.some((row) => row.join("|") === `${PM} › input › spindleMoment|renamed|spindleMoment|spindleTorque`), JSON.stringify(rows));
      assert.ok(rows.some((row) => row.join("|") === `${PM} › input › processTemperature|other unit|KEL|CEL`));
      const affected = result.getByRole("button", { name: "spindle", exact: true });
      assert.match(await affected.locator("..").innerText(), /spindleMoment: renamed/);
      await affected.click();
      await editor.page.locator('[id="plant-in"].red-ui-flow-node-highlighted, [id="plant-in"] .red-ui-flow-node-highlighted').first().waitFor({ state: "attached" });
      await result.getByRole("checkbox").check();
      await editor.save();
      await editor.page.waitForFunction(() => JSON.stringify((window as unknown as { RED: { nodes: { node(id: string): object } } }).RED.nodes.node("plant-in")["tags" as never]).includes("spindleTorque"));
      assert.deepEqual((await editor.exported("plant-in"))["tags"], [
        { tag: "T", field: "processTemperature", unit: "KEL", maxAge: 0, optional: false }, { tag: "S", field: "rotationalSpeed", unit: "RPM", maxAge: 0, optional: false },
        { tag: "M", field: "spindleTorque", unit: "NU", maxAge: 0, optional: false },
      ]);
      await deploy();
      assert.equal((await flows()).find(({ id }) => id === "plant")?.["path"], path.join(folder, "plant-2.json"));
      assert.deepEqual(await editor.problems("plant-in"), []);

      await editor.openConfig("resonance-profile", "plant");
      await editor.page.locator("details:has(#resonance-compare-with) > summary").click();
      await editor.page.locator("#resonance-compare-with").selectOption("built-in");
      await result.getByText(`formerIds of the newer profile does not name ${profileKey(builtIn)}`).waitFor();
      assert.equal(await result.getByRole("checkbox").count(), 0);
      await editor.page.locator("#resonance-compare-with").selectOption("overrides");
      await editor.page.locator("#resonance-compare-file").fill(path.join(folder, "nothing.json"));
      await editor.page.locator("#resonance-compare-file").press("Tab");
      await result.getByText(/nothing\.json is not usable: there is no such file/).waitFor();
      assert.match(await readFile(path.join(folder, "plant-2.json"), "utf8"), /formerIds/, "files are only read");
    });

    it("leaves no error in the browser's console", () => {
      assert.deepEqual(editor.errors, []);
    });
  });
}
