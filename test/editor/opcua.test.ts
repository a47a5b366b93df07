import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { after, afterEach, before, describe, it } from "node:test";
import { MessageSecurityMode, nodesets, SecurityPolicy } from "node-opcua";
import type { Browser } from "playwright-core";
import { chromiumPath, launchBrowser, openEditor, startServer, type Editor, type EditorServer } from "../support/editor";
import { HOUSES } from "../support/houses";
import { eventually } from "../support/opcua-client";
import { makeHolder, sha256Of, startLabServer, stopLab, type Holder, type LabServer } from "../support/opcua-lab";
import { freePort } from "../support/ports";
import { skipWithout } from "../support/requirements";

const HOSTILE = '<img src=x onerror="document.title=1">';
const PASSWORD = "s3cret";
let machine: Holder;
let lab: LabServer;

before(async () => {
  machine = await makeHolder("Milling machine 7");
  lab = await startLabServer({
    nodeset_filename: [nodesets.standard, nodesets.cnc],
    securityModes: [MessageSecurityMode.None, MessageSecurityMode.SignAndEncrypt], securityPolicies: [SecurityPolicy.None, SecurityPolicy.Basic256Sha256, SecurityPolicy.Aes256_Sha256_RsaPss],
    userManager: { isValidUser: (user: string, password: string) => user === "operator" && password === PASSWORD },
  }, { holder: machine });
  const { addressSpace } = lab.server.engine;
  assert.ok(addressSpace);
  const namespace = addressSpace.registerNamespace("urn:plant");
  const line = namespace.addFolder(addressSpace.rootFolder.objects, { browseName: "Line", nodeId: "s=Line" });
  for (const unit of ["A", "B"]) {
    const spindle = namespace.addObject({ browseName: `Spindle ${unit}`, nodeId: `s=${unit}`, organizedBy: line });
    namespace.addAnalogDataItem({
      browseName: "Torque", nodeId: `s=${unit}.Torque`, componentOf: spindle, dataType: "Double", engineeringUnitsRange: { low: 0, high: 80 }, definition: "",
      engineeringUnits: { namespaceUri: "http://www.opcfoundation.org/UA/units/un/cefact", unitId: 0x4e55, displayName: { text: "N·m" }, description: { text: "" } },
      value: { dataType: "Double", value: 42.5 },
    });
  }
  namespace.addVariable({ browseName: HOSTILE, displayName: HOSTILE, description: HOSTILE, nodeId: `s=${HOSTILE}`, componentOf: line, dataType: "String", value: { dataType: "String", value: HOSTILE } });
  const many = namespace.addFolder(line, { browseName: "Many", nodeId: "s=Many" });
  for (let index = 0; index < 450; index += 1) namespace.addObject({ browseName: `Part ${index}`, nodeId: `i=${index + 1}`, organizedBy: many });
});
after(stopLab);

const flow = (endpointUrl: string): readonly object[] => [
  { id: "tab", type: "tab", label: "Line 1" },
  {
    id: "endpoint", type: "resonance-opcua-endpoint", name: "", version: 1, endpointUrl, securityMode: "SignAndEncrypt", securityPolicy: "Basic256Sha256",
    authentication: "anonymous", trustedThumbprint: "",
  },
  {
    id: "in", type: "resonance-opcua-in", z: "tab", version: 1, name: "", endpoint: "endpoint", x: 150, y: 80, wires: [[]],
    items: [{ tag: "Torque", nodeId: "ns=9;s=Elsewhere" }], publishingInterval: 500, samplingInterval: 100, queueSize: 10, report: "value", output: "batch",
  },
];
const skip = skipWithout("chromium", chromiumPath);

for (const house of HOUSES) {
  describe(`OPC UA in the editor of ${house.title}`, { skip: house.skip || skip }, () => {
    let server: EditorServer;
    let browser: Browser;
    let editor: Editor;
    before(async () => {
      server = await startServer(house, flow(lab.endpointUrl));
      browser = await launchBrowser();
      editor = await openEditor(browser, server.url);
    });
    afterEach(() => editor.cancelAll());
    after(async () => {
      await browser.close();
      await server.stop();
    });

    const openEndpoint = () => editor.openConfig("resonance-opcua-endpoint", "endpoint");
    const step = (name: string) => editor.page.locator(`#resonance-check li[data-step="${name}"]`);
    const check = async (): Promise<readonly string[]> => {
      const press = editor.page.getByRole("button", { name: "Check connection" });
      await press.click();
      await press.waitFor();
      await editor.page.locator("#resonance-check li[class$=running]").waitFor({ state: "detached" });
      return states();
    };
    const states = (): Promise<readonly string[]> => editor.page.locator("#resonance-check ol > li").evaluateAll((lines) =>
      (lines as HTMLElement[]).map((line) => `${line.dataset["step"] ?? ""} ${(line.getAttribute("class") ?? "").replace("resonance-step-", "")}`));
    const settled = async (name: string, state: string): Promise<void> => { await editor.page.locator(`#resonance-check li[data-step="${name}"].resonance-step-${state}`).waitFor(); };

    it("a new user checks, compares the thumbprint, trusts, and is connected; rejects again, and is not", async () => {
      await openEndpoint();
      assert.deepEqual(await check(), ["address ok", "server ok", "endpoints ok", "certificate failed", "channel ok", "session skipped", "read skipped"]);
      const shown = await step("certificate").innerText();
      const sha256 = sha256Of(machine).toUpperCase().replace(/(..)(?=.)/g, "$1:");
      for (const fact of ["Milling machine 7", "urn:Milling machine 7", "127.0.0.1", sha256]) assert.ok(shown.includes(fact), `${fact} in ${shown}`);
      await step("certificate").getByRole("button", { name: "Trust" }).click();
      await settled("read", "ok");
      assert.ok((await states()).every((state) => state.endsWith(" ok")), (await states()).join());
      assert.match(await step("read").innerText(), /Running/);

      await editor.page.locator("#resonance-certificates > summary").click();
      await editor.page.locator("#resonance-certificates details > summary", { hasText: "Milling machine 7" }).waitFor();
      await step("certificate").getByRole("button", { name: "Reject" }).click();
      await settled("certificate", "failed");
      await step("certificate").getByRole("button", { name: "Trust" }).click();
      await settled("read", "ok");
    });

    it("hands out this client's certificate for the server's trust list, as DER and as PEM", async () => {
      await openEndpoint();
      await editor.page.locator("#resonance-certificates > summary").click();
      const taken: string[] = [];
      for (const form of ["DER", "PEM"]) {
        const download = editor.page.waitForEvent("download");
        await editor.page.getByRole("button", { name: `our certificate (${form})` }).first().click();
        const file = await (await download).path();
        const content = await readFile(file);
        assert.equal(content.toString("latin1").startsWith("-----BEGIN CERTIFICATE-----"), form === "PEM");
        taken.push(new X509Certificate(content).fingerprint256);
      }
      assert.equal(taken[0], taken[1]);
    });

    it("tells the policies the server offers; a click takes one over, and nothing is saved before Done", async () => {
      await openEndpoint();
      await check();
      await step("endpoints").locator("tr", { hasText: "Aes256-Sha256-RsaPss" }).getByRole("button", { name: "use" }).click();
      assert.equal(await editor.page.locator("#node-config-input-securityPolicy").inputValue(), "Aes256_Sha256_RsaPss");
      assert.ok((await check()).every((state) => state.endsWith(" ok")));
      await editor.cancel();
      assert.equal((await editor.exported("endpoint"))["securityPolicy"], "Basic256Sha256");
    });

    it("says of an address where nobody listens, and of a wrong password, at which step and why", async () => {
      await openEndpoint();
      await editor.page.locator("#node-config-input-endpointUrl").fill(`opc.tcp://127.0.0.1:${await freePort()}`);
      assert.equal((await check())[0], "address failed");
      assert.match(await step("address").innerText(), /cannot be reached \(ECONNREFUSED\)/);
      await editor.page.locator("#node-config-input-endpointUrl").fill(lab.endpointUrl);
      await editor.page.locator("#node-config-input-authentication").selectOption("user");
      await editor.page.locator("#node-config-input-user").fill("operator");
      await editor.page.locator("#node-config-input-password").fill("wrong");
      assert.deepEqual((await check()).slice(4), ["channel ok", "session failed", "read skipped"]);
      await editor.page.locator("#node-config-input-password").fill(PASSWORD);
      assert.equal((await check()).at(-1), "read ok");
      await editor.page.locator("#node-config-input-endpointUrl").fill("http://127.0.0.1:80");
      await editor.page.getByRole("button", { name: "Check connection" }).click();
      await editor.page.locator("#resonance-check > .resonance-problem", { hasText: "opc.tcp" }).waitFor();
    });

    it("deprecated policies are marked, never chosen by themselves, and a user's certificate asks for what it needs", async () => {
      await openEndpoint();
      const policies = editor.page.locator("#node-config-input-securityPolicy");
      assert.deepEqual(await policies.locator("option").allInnerTexts(), ["Basic256Sha256", "Aes128-Sha256-RsaOaep", "Aes256-Sha256-RsaPss", "Basic256 (deprecated)", "Basic128Rsa15 (deprecated)"]);
      const warning = editor.page.getByText("rests on SHA-1");
      assert.equal(await warning.isVisible(), false);
      await policies.selectOption("Basic256");
      assert.equal(await warning.isVisible(), true);
      await editor.page.locator("#node-config-input-authentication").selectOption("certificate");
      const invalid = async (name: string): Promise<boolean> => /input-error/.test((await editor.page.locator(`#node-config-input-${name}`).getAttribute("class")) ?? "");
      assert.deepEqual([await invalid("userCertificateFile"), await invalid("userKeyFile")], [true, true]);
      await editor.page.locator("#node-config-input-userCertificateSource").selectOption("text");
      assert.deepEqual([await editor.page.locator("#node-config-input-userKeyFile").isVisible(), await editor.page.locator("#node-config-input-userKey").isVisible()], [false, true]);
    });

    it("browses with search, keyboard and mouse; what is chosen ends in the table, tags unique, names of the server never as HTML", async () => {
      const { page } = editor;
      await editor.open("in");
      await page.getByRole("button", { name: "browse" }).click();
      const tree = page.locator(".resonance-tree");
      const row = (nodeId: string) => tree.locator(`[data-node-id="nsu=urn:plant;${nodeId.replace(/"/g, '\\"')}"]`).first();
      await row("s=Line").waitFor();
      await row("s=Line").locator("> .resonance-tree-line").dblclick();
      await row("s=A").waitFor();
      await row(`s=${HOSTILE}`).locator("> .resonance-tree-line > span").first().click();
      await page.locator(".resonance-browse-details dd", { hasText: HOSTILE }).first().waitFor();
      assert.equal(await page.locator(".resonance-browse img").count(), 0);

      await row("s=A").focus();
      await page.keyboard.press("ArrowRight");
      await row("s=A.Torque").waitFor();
      await page.keyboard.press("ArrowRight");
      await page.keyboard.press("Enter");
      await page.locator(".resonance-browse-details dd", { hasText: "42.5 N·m" }).waitFor();
      assert.match(await page.locator(".resonance-browse-details").innerText(), /Good[\s\S]*Double[\s\S]*N·m, NU[\s\S]*0 – 80[\s\S]*nsu=urn:plant;s=A\.Torque/);
      await page.keyboard.press("Space");

      await row("s=Many").locator("> .resonance-tree-line").dblclick();
      await page.getByRole("button", { name: "more, from 200 on" }).click();
      await page.getByRole("button", { name: "more, from 400 on" }).click();
      await row("i=450").waitFor();

      await page.getByLabel("Search by name").fill("TORQUE");
      await page.keyboard.press("Enter");
      await page.getByText(/2 found among/).waitFor();
      const found = tree.locator("> [role=treeitem]");
      assert.deepEqual(await found.evaluateAll((all) => all.map((each) => each.querySelector("input")?.checked)), [true, false], "what was chosen stays chosen");
      await found.nth(1).locator("input").check();
      await page.getByText("2 chosen").waitFor();
      await page.locator("#resonance-browse-ok").click();
      await page.locator("#resonance-items > li").nth(2).waitFor();
      await editor.save();
      assert.deepEqual((await editor.exported("in"))["items"], [
        { tag: "Torque", nodeId: "ns=9;s=Elsewhere" }, { tag: "Torque_2", nodeId: "nsu=urn:plant;s=A.Torque" }, { tag: "Torque_3", nodeId: "nsu=urn:plant;s=B.Torque" },
      ]);
      assert.notEqual(await page.title(), "1");
    });

    for (const [language, title] of [["zh-CN", "浏览服务器"], ["de", "Server durchsuchen"]] as const) {
      it(`speaks ${language}, and says in it what the server refuses`, async () => {
        const other = await openEditor(browser, server.url, language);
        await other.openConfig("resonance-opcua-endpoint", "endpoint");
        await other.page.locator("#node-config-input-endpointUrl").fill(`opc.tcp://127.0.0.1:${await freePort()}`);
        await other.page.locator("#resonance-check > button").click();
        await other.page.locator("#resonance-check li[data-step=read].resonance-step-skipped").waitFor();
        assert.match(await other.page.locator("#resonance-check").innerText(), language === "de" ? /nicht erreichbar \(ECONNREFUSED\)/ : /无法连接/);
        await other.cancel();
        await other.open("in");
        await other.page.locator(".red-ui-editableList .fa-sitemap").click();
        await other.page.locator(".resonance-tree [role=treeitem]").first().waitFor();
        const words = await other.page.locator(".red-ui-tray").last().innerText();
        assert.ok(words.includes(title), words);
        assert.doesNotMatch(words, /common\.|opcua\./);
        await other.close();
      });
    }

    it("leaves no error in the browser's console and no session at the server", async () => {
      // The one refused on purpose is told by the browser itself.
      assert.deepEqual(editor.errors.filter((error) => !/status of 422/.test(error)), []);
      await server.stop();
      await eventually(() => lab.server.engine.currentSessionCount === 0, "no session is left");
    });
  });

  describe(`permissions in ${house.title}`, { skip: house.skip }, () => {
    // "password"
    const password = "$2a$08$zZWtXTja0fB1pzD4sHCMyOCMYz2Z6dNbM6tl8sJogENOMcxWV9DN.";
    let server: EditorServer;
    before(async () => {
      const users = [{ username: "admin", password, permissions: "*" }, { username: "reader", password, permissions: "read" }, { username: "builder", password, permissions: ["flows.read", "flows.write"] }, { username: "palette", password, permissions: ["nodes.read", "nodes.write"] }];
      server = await startServer(house, flow(lab.endpointUrl), { adminAuth: { type: "credentials", users } });
    });
    after(() => server.stop());
    const tokenOf = async (username: string): Promise<string> => {
      const body = new URLSearchParams({ client_id: "node-red-editor", grant_type: "password", scope: "", username, password: "password" });
      const answer = await fetch(`${server.url}auth/token`, { method: "POST", body });
      return ((await answer.json()) as { access_token: string }).access_token;
    };
    const send = async (user: string | undefined, path: string, body?: object): Promise<Response> => fetch(`${server.url}resonance/${path}`, {
      method: body ? "POST" : "GET", headers: { "Content-Type": "application/json", ...(user && { Authorization: `Bearer ${await tokenOf(user)}` }) }, ...(body && { body: JSON.stringify(body) }),
    });
    const endpoint = { id: "endpoint", form: { endpointUrl: "opc.tcp://127.0.0.1:1", securityMode: "None", securityPolicy: "None", authentication: "anonymous" }, secrets: {} };
    const writing: readonly [string, object][] = [
      ["opcua/check", { endpoint }], ["opcua/browse", { endpoint, nodeId: "i=85" }], ["opcua/search", { endpoint, text: "a" }], ["opcua/describe", { endpoint, nodeIds: ["i=85"] }],
      ["opcua/trust", { sha256: "00", decision: "trust" }], ["opcua/trust/add", { place: "trusted", content: "" }], ["opcua/own/renew", {}], ["preview", {}], ["comparison", {}],
    ];
    const reading = ["opcua/trust", "opcua/own", "opcua/own/certificate.der", "opcua/own/certificate.pem", "catalogue", "samples"];

    it("who may deploy flows may reach, trust, renew and preview; who may see them may look; nobody else may do either", async () => {
      for (const [path, body] of writing) {
        for (const user of [undefined, "reader", "palette"]) assert.equal((await send(user, path, body)).status, 401, `${path} as ${user ?? "nobody"}`);
        for (const user of ["admin", "builder"]) assert.notEqual((await send(user, path, body)).status, 401, `${path} as ${user}`);
      }
      for (const path of reading) {
        for (const user of [undefined, "palette"]) assert.equal((await send(user, path)).status, 401, `${path} as ${user ?? "nobody"}`);
        for (const user of ["reader", "builder"]) assert.equal((await send(user, path)).status, 200, `${path} as ${user}`);
      }
    });

    it("only opc.tcp is reached, bodies of other types do nothing, and no answer holds a secret", async () => {
      for (const endpointUrl of ["http://127.0.0.1:80", "file:///etc/passwd", "", "opc.tcp://"]) {
        const answer = await send("admin", "opcua/check", { endpoint: { ...endpoint, form: { ...endpoint.form, endpointUrl } } });
        assert.equal(answer.status, 422, endpointUrl);
        assert.equal(((await answer.json()) as { code: string }).code, "RESONANCE_CONFIG_INVALID");
      }
      const plain = await fetch(`${server.url}resonance/opcua/own/renew`, { method: "POST", headers: { "Content-Type": "text/plain" }, body: "{}" });
      assert.equal(plain.status, 401);
      const secrets = { user: "operator", password: "t0psecret" };
      const answer = await send("admin", "opcua/check", { endpoint: { ...endpoint, form: { ...endpoint.form, endpointUrl: lab.endpointUrl, authentication: "user" }, secrets } });
      assert.doesNotMatch(await answer.text(), /t0psecret/);
    });

    it("a saved password goes to the address it was saved for and to no other", async () => {
      const user = { ...endpoint, form: { ...endpoint.form, endpointUrl: "opc.tcp://127.0.0.1:1", authentication: "user" }, secrets: { user: "operator", password: "__PWRD__" } };
      const answer = await send("admin", "opcua/check", { endpoint: user });
      assert.equal(((await answer.json()) as { code: string }).code, "RESONANCE_OPCUA_SECRET_ELSEWHERE");
      const here = await send("admin", "opcua/check", { endpoint: { ...user, form: { ...user.form, endpointUrl: lab.endpointUrl } } });
      assert.equal(here.status, 200);
    });
  });
}
