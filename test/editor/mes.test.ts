import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import type { Browser, Page } from "playwright-core";
import { chromiumPath, launchBrowser, openEditor, startServer, type Editor, type EditorServer } from "../support/editor";
import { HOUSES } from "../support/houses";
import { startScriptedServer, type ScriptedServer } from "../support/mes-server";
import { numberedDocument } from "../support/mes-store";
import { skipWithout } from "../support/requirements";

/** The dead letters of a MES, by its form and by HTTP, against a real MES that rejects and then does not. */

const HOSTILE = "<img src=x onerror=\"document.title='taken'\">";
const TRANSPORT = { authentication: "none", tokenUrl: "", clientId: "", scope: "", clientAuthentication: "basic", caFile: "", certFile: "", keyFile: "", proxy: "none" };

/** Documents posted to /send go to the MES by way of the disk; `old` is a MES as version 1 saved it. */
const flow = (url: string): readonly object[] => [
  { id: "tab", type: "tab", label: "Line 1" },
  { id: "mes", type: "resonance-mes", name: "", version: 2, url, format: "xml", ...TRANSPORT, keep: "disk", retryFor: "ever", order: "equipment", policy: "refuse", timeout: 5000, retries: 3, queueLimit: 1000, diskLimit: 10, ageLimit: 0, lanes: 4 },
  { id: "old", type: "resonance-mes", name: "", version: 1, url, format: "xml", authentication: "none", caFile: "", timeout: 10000, retries: 3, queueLimit: 1000 },
  { id: "in", type: "http in", z: "tab", name: "", url: "/send", method: "post", upload: false, x: 120, y: 80, wires: [["out", "response"]] },
  { id: "response", type: "http response", z: "tab", name: "", statusCode: "202", headers: {}, x: 320, y: 140, wires: [] },
  { id: "out", type: "resonance-mes-out", z: "tab", name: "", version: 1, mes: "mes", x: 320, y: 80, wires: [[], []] },
  { id: "old-out", type: "resonance-mes-out", z: "tab", name: "", version: 1, mes: "old", x: 320, y: 200, wires: [[], []] },
];

interface Listing {
  readonly counts?: { readonly waiting: number; readonly dead: number; readonly done: number };
  readonly deadLetters?: readonly { readonly sequence: number; readonly bodId: string }[];
}

async function eventually(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const end = Date.now() + 20_000;
  while (!await condition()) {
    assert.ok(Date.now() < end, `waited in vain for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** A MES that rejects until it is told to accept. */
async function startRejecting(): Promise<ScriptedServer & { accepts: boolean }> {
  const mes = { accepts: false };
  const server = await startScriptedServer((_, response) => {
    if (mes.accepts) response.writeHead(202).end();
    else response.writeHead(422).end(`no such order ${HOSTILE}`);
  });
  return Object.assign(mes, server);
}

const post = (server: EditorServer, from: number, to: number): Promise<unknown> => Promise.all(Array.from({ length: to - from + 1 }, async (_, index) => {
  const answer = await fetch(`${server.url}send`, { method: "POST", headers: { "content-type": "application/xml" }, body: numberedDocument("cnc-07", from + index) });
  assert.equal(answer.status, 202);
}));
const list = async (server: EditorServer): Promise<Listing> => (await fetch(`${server.url}resonance/mes/mes/outbox`)).json() as Promise<Listing>;

for (const house of HOUSES) {
  describe(`the outbox of a MES in the editor of ${house.title}`, { skip: house.skip || skipWithout("chromium", chromiumPath) }, () => {
    let mes: Awaited<ReturnType<typeof startRejecting>>;
    let server: EditorServer;
    let browser: Browser;
    let editor: Editor;
    before(async () => {
      mes = await startRejecting();
      server = await startServer(house, flow(mes.url));
      browser = await launchBrowser();
      editor = await openEditor(browser, server.url);
      editor.page.setDefaultTimeout(10_000);
    });
    afterEach(() => editor.cancelAll());
    after(async () => {
      await browser.close();
      await server.stop();
      await mes.close();
    });
    const box = (page: Page) => page.locator("#resonance-outbox");
    const letters = (page: Page) => box(page).locator("[data-sequence]");
    const counts = (page: Page) => box(page).locator("p").first();
    const press = (page: Page, name: string) => box(page).getByRole("button", { name });

    /** The node without the empty credentials that the editor adds. */
    const exported = async (id: string): Promise<object> => {
      const { credentials, ...rest } = await editor.exported(id);
      return { ...rest, ...(Object.values(credentials ?? {}).some((value) => value !== "") && { credentials }) };
    };

    it("lists what was rejected with its reason, sends one again, deletes the rest after asking, and counts", async () => {
      const { page } = editor;
      await post(server, 1, 3);
      await eventually(async () => (await list(server)).counts?.dead === 3, "three dead letters");
      await editor.openConfig("resonance-mes", "mes");
      const saved = await exported("mes");
      await box(page).locator("summary").click();
      await letters(page).first().waitFor();
      assert.equal(await letters(page).count(), 3);
      assert.match(await letters(page).first().innerText(), /SyncEquipment acme\/cnc-07[\s\S]*422: no such order <img[\s\S]*BODID cnc-07-\d, 0 failed attempts/);
      assert.notEqual(await page.title(), "taken");
      assert.match(await counts(page).innerText(), /^0 waiting, 0 held back, 3 dead letters, 0 dropped, 0 refused$/);

      mes.accepts = true;
      const [chosen = ""] = /cnc-07-\d/.exec(await letters(page).first().innerText()) ?? [];
      await letters(page).first().getByRole("button", { name: "send again" }).click();
      await eventually(async () => (await list(server)).counts?.done === 1, "it to be delivered");
      await press(page, "refresh").click();
      await eventually(async () => (await counts(page).innerText()).startsWith("0 waiting, 0 held back, 2 dead letters"), "the counts after it");
      assert.equal(await letters(page).count(), 2);
      assert.deepEqual(mes.requests.map(({ headers }) => headers["idempotency-key"]).sort(), ["cnc-07-1", "cnc-07-2", "cnc-07-3", chosen].sort());
      assert.equal(mes.requests.at(-1)?.headers["idempotency-key"], chosen);

      await letters(page).first().getByRole("button", { name: "delete" }).click();
      await eventually(async () => await letters(page).count() === 1, "one to be left");
      mes.accepts = false;
      await post(server, 4, 5);
      await eventually(async () => (await list(server)).counts?.dead === 3, "two more");
      await press(page, "refresh").click();
      await eventually(async () => await letters(page).count() === 3, "three in the list");
      await press(page, "delete all").click();
      assert.equal((await list(server)).counts?.dead, 3, "asked first");
      await press(page, "delete 3 for good").click();
      await eventually(async () => (await counts(page).innerText()).includes(" 0 dead letters"), "none to be left");
      assert.deepEqual([await letters(page).count(), await box(page).getByRole("button").count()], [0, 1], "only refresh is left");
      assert.deepEqual((await list(server)).counts && [(await list(server)).counts?.dead, mes.requests.length], [0, 6]);
      await editor.save();
      assert.deepEqual(await exported("mes"), saved, "a look at the outbox changes no setting");
    });

    it("says what is wrong while the MES is not there, and sends all again", async () => {
      const { page } = editor;
      await post(server, 6, 7);
      await eventually(async () => (await list(server)).counts?.dead === 2, "two dead letters");
      const port = Number(new URL(mes.url).port);
      await mes.close();
      await editor.openConfig("resonance-mes", "mes");
      await box(page).locator("summary").click();
      await letters(page).first().waitFor();
      await press(page, "send all again").click();
      await eventually(async () => {
        await press(page, "refresh").click();
        return /What is wrong: The MES cannot be reached: .*ECONNREFUSED/.test(await box(page).innerText());
      }, "the reason");
      assert.match(await counts(page).innerText(), /^2 waiting, 0 held back, 0 dead letters/);
      const back = await startScriptedServer((_, response) => void response.writeHead(202).end(), undefined, port);
      await eventually(async () => (await list(server)).counts?.waiting === 0, "both delivered");
      await press(page, "refresh").click();
      await eventually(async () => !(await box(page).innerText()).includes("What is wrong"), "nothing to be wrong");
      assert.equal(back.requests.length, 2);
      await back.close();
    });

    it("a MES of version 1 has no outbox to show, and only what is edited changes", async () => {
      const { page } = editor;
      const saved = await exported("old");
      await editor.openConfig("resonance-mes", "old");
      assert.equal(await box(page).isVisible(), false);
      await page.locator(".resonance-more:visible > summary").last().click();
      await page.locator("#node-config-input-timeout").fill("20000");
      await editor.save();
      assert.deepEqual(await exported("old"), { ...saved, timeout: 20000 });
      await editor.openConfig("resonance-mes", "old");
      await page.locator("#node-config-input-keep").selectOption("disk");
      await box(page).locator("summary").click();
      await eventually(async () => (await box(page).innerText()).includes("Deploy first"), "what to do");
      await editor.save();
      assert.deepEqual(await exported("old"), { ...saved, timeout: 20000, keep: "disk" });
    });

    it("leaves no error in the browser's console", () => { assert.deepEqual(editor.errors, []); });
  });

  describe(`who may do what with the outbox of a MES in ${house.title}`, { skip: house.skip }, () => {
    // "password"
    const password = "$2a$08$zZWtXTja0fB1pzD4sHCMyOCMYz2Z6dNbM6tl8sJogENOMcxWV9DN.";
    let mes: Awaited<ReturnType<typeof startRejecting>>;
    let server: EditorServer;
    const tokens = new Map<string, string>();
    before(async () => {
      mes = await startRejecting();
      const users = [{ username: "admin", password, permissions: "*" }, { username: "reader", password, permissions: "read" }, { username: "builder", password, permissions: ["flows.read", "flows.write"] }, { username: "palette", password, permissions: ["nodes.read", "nodes.write"] }];
      server = await startServer(house, flow(mes.url), { adminAuth: { type: "credentials", users } });
      for (const { username } of users) {
        const body = new URLSearchParams({ client_id: "node-red-editor", grant_type: "password", scope: "", username, password: "password" });
        const answer = await fetch(`${server.url}auth/token`, { method: "POST", body });
        tokens.set(username, ((await answer.json()) as { access_token: string }).access_token);
      }
    });
    after(async () => {
      await server.stop();
      await mes.close();
    });
    const ask = async (user: string | undefined, path: string, body?: object, type = "application/json"): Promise<{ status: number; text: string }> => {
      const answer = await fetch(`${server.url}resonance/mes/${path}`, {
        method: body ? "POST" : "GET", headers: { "Content-Type": type, ...(user && { Authorization: `Bearer ${tokens.get(user) ?? ""}` }) }, ...(body && { body: JSON.stringify(body) }),
      });
      return { status: answer.status, text: await answer.text() };
    };

    it("who may see flows may list, who may deploy them may send again and delete, nobody else may either", async () => {
      await post(server, 1, 2);
      const dead = async (): Promise<number> => (JSON.parse((await ask("reader", "mes/outbox")).text) as Listing).counts?.dead ?? -1;
      await eventually(async () => await dead() === 2, "two dead letters");
      for (const user of [undefined, "palette"]) assert.equal((await ask(user, "mes/outbox")).status, 401);
      for (const user of [undefined, "palette", "reader"]) for (const path of ["mes/outbox/replay", "mes/outbox/purge"]) assert.equal((await ask(user, path, { which: "all" })).status, 401);
      assert.equal(await dead(), 2);
      assert.doesNotMatch((await ask("builder", "mes/outbox")).text, /HierarchyScope|<Sync/, "documents are not handed out");
      assert.match((await ask("builder", "mes/outbox/purge", { which: "all" })).text, /"purged":2/);
      assert.equal(await dead(), 0);
    });

    it("what is no dead letter is refused in words or changes nothing; a MES that is not deployed, or keeps nothing, has nothing", async () => {
      for (const which of [undefined, null, "everything", 1.5, "1", [], {}]) {
        const { status, text } = await ask("admin", "mes/outbox/purge", { which, language: "de" });
        assert.deepEqual([status, (JSON.parse(text) as { code: string }).code], [422, "RESONANCE_MES_COMMAND"], JSON.stringify(which));
      }
      for (const which of [0, -1, 999_999]) assert.match((await ask("admin", "mes/outbox/replay", { which })).text, /"replayed":0/);
      assert.equal((await ask("admin", "mes/outbox/purge", { which: "all" }, "text/plain")).status, 422);
      for (const id of ["old", "nobody", "..%2f..%2fetc", "__proto__", "%00"]) {
        for (const body of [undefined, { which: "all" }]) {
          const { status, text } = await ask("admin", `${id}/outbox${body ? "/purge" : ""}`, body);
          assert.deepEqual([status, text], [200, "{}"], id);
        }
      }
    });
  });
}
