// The real editor: Node-RED in a process of its own, driven through Chromium.
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { chromium, type Browser, type Page } from "playwright-core";
import { startNodeRed } from "../../examples/demo/node-red";
import type { House } from "./houses";
import { freePort } from "./ports";
import { findCommand } from "./requirements";

const root = path.resolve(__dirname, "..", "..");
const CHROMIUM_FLAGS = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync",
];

/** Node-RED's own: a name that only the internet resolves, and the text editor's worker that outlives a closed form. */
const KNOWN_NOISE = /ERR_NAME_NOT_RESOLVED|Model is disposed/;

/** The Chromium to use; `RESONANCE_CHROMIUM` names one that is not on the PATH. */
export const chromiumPath = process.env["RESONANCE_CHROMIUM"] ?? findCommand("chromium", "chromium-browser", "google-chrome");

/** A running Node-RED with the pack installed in a user directory of its own. */
export interface EditorServer {
  readonly url: string;
  stop(): Promise<void>;
}

/** Starts Node-RED with these flows, and `more` settings; the pack is linked in as the palette manager would install it. */
export async function startServer(house: House, flows: readonly object[], more: object = {}): Promise<EditorServer> {
  const userDir = await mkdtemp(path.join(tmpdir(), "resonance-editor-"));
  const scope = path.join(userDir, "node_modules", "@model-data-resonance");
  await mkdir(scope, { recursive: true });
  await symlink(root, path.join(scope, "node-red"), "junction");
  await writeFile(path.join(userDir, "flows.json"), JSON.stringify(flows));
  const port = await freePort();
  await writeFile(path.join(userDir, "settings.js"), `module.exports = ${JSON.stringify({ ...settings(port), ...more })};`);

  const nodeRed = startNodeRed(userDir, {}, house);
  await nodeRed.ready;
  return {
    url: `http://127.0.0.1:${port}/`,
    async stop() {
      await nodeRed.close();
      await rm(userDir, { recursive: true, force: true });
    },
  };
}

function settings(uiPort: number): object {
  return {
    uiPort, uiHost: "127.0.0.1", flowFile: "flows.json", credentialSecret: "test",
    telemetry: { enabled: false, updateNotification: false },
    editorTheme: { tours: false, palette: { catalogues: [] } },
  };
}

/** @throws where there is no Chromium. */
export const launchBrowser = (): Promise<Browser> => {
  if (chromiumPath === undefined) throw new Error("Chromium was not found");
  return chromium.launch({ executablePath: chromiumPath, args: CHROMIUM_FLAGS });
};

/** The editor in one language, with what the tests do in it. */
export interface Editor {
  readonly page: Page;
  /** Console errors so far, without `KNOWN_NOISE`. */
  readonly errors: readonly string[];
  /** Opens a node's form by double click. */
  open(id: string): Promise<void>;
  openConfig(type: string, id: string): Promise<void>;
  save(): Promise<void>;
  cancel(): Promise<void>;
  /** Leaves whatever a failed test left open. */
  cancelAll(): Promise<void>;
  /** The node as an export would hold it. */
  exported(id: string): Promise<Record<string, unknown>>;
  /** Adds a flow with its tabs, under its own ids, as the editor does with what the runtime sends. */
  importFlow(nodes: readonly object[]): Promise<void>;
  /** What the editor holds against the node. */
  problems(id: string): Promise<readonly string[]>;
  close(): Promise<void>;
}

interface EditorWindow {
  RED: {
    nodes: { import(nodes: readonly object[], options: { generateIds: boolean }): void; node(id: string): { validationErrors?: string[] } | null; convertNode(node: object): Record<string, unknown> };
    editor: { editConfig(name: string, type: string, id: string): void; validateNode(node: object): void };
  };
}

/** Opens the editor at a language (`en-US`, `zh-CN`, `de`) and waits for the flow. */
export async function openEditor(browser: Browser, url: string, language = "en-US", width = 1280): Promise<Editor> {
  const context = await browser.newContext({ viewport: { width, height: 900 }, locale: language });
  await context.addInitScript((chosen: string) => { localStorage.setItem("editor-language", chosen); }, language);
  const page = await context.newPage();
  const errors: string[] = [];
  const note = (text: string): void => { if (!KNOWN_NOISE.test(text)) errors.push(text); };
  page.on("console", (message) => { if (message.type() === "error") note(message.text()); });
  page.on("pageerror", (error) => { note(error.message); });
  await page.goto(url);
  await page.locator(".red-ui-flow-node").first().waitFor();
  await page.locator("#red-ui-loading-progress").waitFor({ state: "hidden" });

  const tray = page.locator(".red-ui-tray");
  const opened = async (): Promise<void> => {
    await page.locator(".resonance-form").last().waitFor();
    // When the tray has slid in, Node-RED puts the focus on its first field: what is typed before that may go there.
    await page.waitForFunction(() => [...document.querySelectorAll(".red-ui-tray")].at(-1)?.contains(document.activeElement));
  };
  const press = async (button: string): Promise<void> => {
    const before = await tray.count();
    await page.locator(`#node-dialog-${button}:visible, #node-config-dialog-${button}:visible, #resonance-browse-${button}:visible`).last().click();
    await page.waitForFunction((count) => document.querySelectorAll(".red-ui-tray").length < count, before);
  };
  return {
    page, errors,
    async open(id) {
      await page.locator(`[id="${id}"].red-ui-flow-node .red-ui-flow-node-icon-group, [id="${id}"] .red-ui-flow-node`).first().dblclick();
      await opened();
    },
    async openConfig(type, id) {
      await page.evaluate(([name, node]) => {
        (window as unknown as EditorWindow).RED.editor.editConfig("", name ?? "", node ?? "");
      }, [type, id]);
      await opened();
    },
    save: () => press("ok"),
    cancel: () => press("cancel"),
    async cancelAll() { while (await tray.count() > 0) await press("cancel"); },
    exported: (id) => page.evaluate((node) => {
      const { RED } = window as unknown as EditorWindow;
      const found = RED.nodes.node(node);
      return found ? RED.nodes.convertNode(found) : {};
    }, id),
    importFlow: (nodes) => page.evaluate((flow) => {
      (window as unknown as EditorWindow).RED.nodes.import(flow, { generateIds: false });
    }, nodes),
    problems: (id) => page.evaluate((node) => {
      const { RED } = window as unknown as EditorWindow;
      const found = RED.nodes.node(node);
      if (found) RED.editor.validateNode(found);
      return found?.validationErrors ?? ["no such node"];
    }, id),
    close: () => context.close(),
  };
}
