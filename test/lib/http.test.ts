import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { once } from "node:events";
import { createServer } from "node:http";
import { connect, type AddressInfo } from "node:net";
import { createServer as createTlsServer } from "node:https";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, test, type TestContext } from "node:test";
import { ResonanceError } from "../../nodes/lib/errors/resonance-error";
import { createHttpClient, type HttpClient, type HttpClientOptions } from "../../nodes/lib/http/http-client";
import { HttpFailure } from "../../nodes/lib/http/http-failure";
import { proxyFor } from "../../nodes/lib/http/proxy";
import { createTokenSource } from "../../nodes/lib/http/token-source";
import { authority, certificate } from "../support/certificates";
import { startScriptedServer, type Handler, type ScriptedServer } from "../support/mes-server";
import { findCommand, skipWithout } from "../support/requirements";

function client(t: TestContext, baseUrl: string, more: Partial<HttpClientOptions> = {}): HttpClient {
  const made = createHttpClient({ baseUrl, timeout: 5000, ...more });
  t.after(() => made.close());
  return made;
}

async function server(t: TestContext, handler: Handler): Promise<ScriptedServer> {
  const made = await startScriptedServer(handler);
  t.after(() => made.close());
  return made;
}

const SETTINGS = { tokenUrl: "", clientId: "cell 4", clientSecret: "p:ä+", scope: "mes.write", clientAuthentication: "basic" } as const;
const gives = (body: object, status = 200): Handler => (_, response) => void response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));

describe("OAuth 2 client credentials", () => {
  const withTokens = (t: TestContext, api: ScriptedServer, issuer: ScriptedServer, clientAuthentication: "basic" | "body" = "basic"): HttpClient =>
    client(t, api.url, { authentication: "oauth", credentials: { clientSecret: SETTINGS.clientSecret }, oauth: { ...SETTINGS, tokenUrl: issuer.url, clientAuthentication } });

  test("one token for many requests at once, asked for as RFC 6749 says", async (t) => {
    const issuer = await server(t, gives({ access_token: "t-1", token_type: "Bearer", expires_in: 3600 }));
    const api = await server(t, (_, response) => void response.end("ok"));
    const http = withTokens(t, api, issuer);
    await Promise.all(Array.from({ length: 20 }, () => http.request({ method: "POST", body: "x" })));
    assert.equal(issuer.requests.length, 1);
    const [asked] = issuer.requests;
    assert.equal(asked?.body, "grant_type=client_credentials&scope=mes.write");
    assert.equal(asked.headers.authorization, `Basic ${Buffer.from("cell+4:p%3A%C3%A4%2B").toString("base64")}`);
    assert.deepEqual([...new Set(api.requests.map(({ headers }) => headers.authorization))], ["Bearer t-1"]);
  });

  test("id and secret in the body where the server wants them there", async (t) => {
    const issuer = await server(t, gives({ access_token: "t-1" }));
    const api = await server(t, (_, response) => void response.end("ok"));
    await withTokens(t, api, issuer, "body").request({ method: "GET" });
    const form = new URLSearchParams(issuer.requests[0]?.body);
    assert.deepEqual([form.get("client_id"), form.get("client_secret"), issuer.requests[0]?.headers.authorization], ["cell 4", "p:ä+", undefined]);
  });

  test("401 gets a new token and one more attempt, not two", async (t) => {
    let issued = 0;
    const issuer = await server(t, (_, response) => void response.end(JSON.stringify({ access_token: `t-${++issued}`, expires_in: 3600 })));
    const api = await server(t, (request, response) => void response.writeHead(request.headers.authorization === "Bearer t-2" ? 200 : 401).end());
    const http = withTokens(t, api, issuer);
    assert.equal((await http.request({ method: "GET" })).statusCode, 200);
    assert.deepEqual([api.requests.length, issuer.requests.length], [2, 2]);
    const never = await server(t, (_, response) => void response.writeHead(401).end());
    assert.equal((await withTokens(t, never, issuer).request({ method: "GET" })).statusCode, 401);
    assert.equal(never.requests.length, 2);
  });

  test("a token is renewed before it ends", async () => {
    let now = 0;
    let issued = 0;
    const source = createTokenSource({ ...SETTINGS, tokenUrl: "http://x" }, () => Promise.resolve({ statusCode: 200, headers: {}, bytes: Buffer.alloc(0), text: JSON.stringify({ access_token: `t-${++issued}`, expires_in: 100 }) }), () => now);
    assert.equal(await source.token(), "t-1");
    now = 89_000;
    assert.equal(await source.token(), "t-1");
    now = 90_000;
    assert.equal(await source.token(), "t-2", "a tenth of its life before the end");
  });

  const broken: readonly (readonly [what: string, handler: Handler, pattern: RegExp])[] = [
    ["an error of RFC 6749", gives({ error: "invalid_client", error_description: "unknown" }, 401), /HTTP 401 \(invalid_client: unknown\)/],
    ["a page", (_, response) => void response.end("<html>"), /no access token/],
    ["a token of another type", gives({ access_token: "x", token_type: "mac" }), /another type/],
    ["a token that is no header", gives({ access_token: "a\nb" }), /no access token/],
  ];
  for (const [what, handler, pattern] of broken) {
    test(`the token endpoint answers with ${what}: told without the secret`, async (t) => {
      const issuer = await server(t, handler);
      const api = await server(t, (_, response) => void response.end());
      await assert.rejects(withTokens(t, api, issuer).request({ method: "GET" }), (thrown) => {
        assert.ok(thrown instanceof HttpFailure && thrown.kind === "token", String(thrown));
        assert.match(thrown.detail, pattern);
        assert.doesNotMatch(thrown.detail, /p:ä/);
        return true;
      });
      assert.equal(api.requests.length, 0);
    });
  }

  test("without URL, ID or secret it is refused at deploy", () => {
    for (const [setting, oauth, clientSecret] of [["tokenUrl", { ...SETTINGS, tokenUrl: "login" }, "x"], ["clientId", { ...SETTINGS, tokenUrl: "http://x", clientId: "" }, "x"], ["clientSecret", { ...SETTINGS, tokenUrl: "http://x" }, ""]] as const) {
      assert.throws(() => createHttpClient({ baseUrl: "http://x", timeout: 1000, authentication: "oauth", credentials: { clientSecret }, oauth }),
        (thrown) => thrown instanceof ResonanceError && thrown.code === "RESONANCE_CONFIG_INVALID" && thrown.path === setting);
    }
  });
});

describe("proxies", () => {
  test("which one: the setting, else the environment, never for this computer or what NO_PROXY names", () => {
    const environment = { HTTP_PROXY: "http://p:1", https_proxy: "http://q:2", NO_PROXY: "plant.example, .inner:8443" };
    const cases: readonly (readonly [url: string, setting: string, expected: string | undefined])[] = [
      ["http://mes.example/", "", "http://p:1/"], ["https://mes.example/", "", "http://q:2/"], ["http://mes.plant.example/", "", undefined],
      ["https://a.inner:8443/", "", undefined], ["https://a.inner/", "", "http://q:2/"], ["http://127.0.0.1:80/", "", undefined], ["http://localhost/", "", undefined],
      ["http://mes.example/", "none", undefined], ["http://127.0.0.1/", "http://r:3", "http://r:3/"],
    ];
    for (const [url, setting, expected] of cases) assert.equal(proxyFor(new URL(url), setting, environment)?.href, expected, `${url} ${setting}`);
    assert.equal(proxyFor(new URL("http://a"), "", { HTTP_PROXY: "p:1", NO_PROXY: "*" }), undefined);
    assert.throws(() => proxyFor(new URL("http://a"), "socks://u:secret@p", {}), (thrown) => thrown instanceof ResonanceError && thrown.path === "proxy" && !thrown.message.includes("secret"));
  });

  test("plain http goes through it as it is, https through a tunnel; a proxy that refuses is told", { skip: skipWithout("openssl", findCommand("openssl")) }, async (t) => {
    const folder = mkdtempSync(path.join(tmpdir(), "proxy-"));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const ca = authority(folder, "ca");
    const api = await startScriptedServer((_, response) => void response.end("secure"), certificate(folder, ca, "api", "IP:127.0.0.1", 30));
    const plain = await server(t, (_, response) => void response.end("plain"));
    const seen: string[] = [];
    let refuse = false;
    const proxy = createServer((request, response) => {
      seen.push(`${request.method} ${request.url} ${request.headers["proxy-authorization"] ?? ""}`.trim());
      response.end("through the proxy");
    });
    proxy.on("connect", (request, socket) => {
      seen.push(`CONNECT ${request.headers["proxy-authorization"] ?? ""}`.trim());
      if (refuse) { socket.end("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n"); return; }
      const target = connect(Number(request.url?.split(":")[1]), "127.0.0.1", () => { socket.write("HTTP/1.1 200 OK\r\n\r\n"); target.pipe(socket); });
      socket.pipe(target);
      for (const end of [socket, target]) end.on("error", () => undefined);
    });
    proxy.listen(0, "127.0.0.1");
    await once(proxy, "listening");
    t.after(async () => {
      proxy.close();
      proxy.closeAllConnections();
      await api.close();
    });
    const address = `127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    assert.equal((await client(t, plain.url, { proxy: `http://${address}` }).request({ method: "GET" })).text, "through the proxy");
    const secure = client(t, api.url, { proxy: `http://u:p@${address}`, caFile: ca.cert });
    assert.equal((await secure.request({ method: "GET" })).text, "secure");
    assert.deepEqual(seen, [`GET ${plain.url}`, `CONNECT Basic ${Buffer.from("u:p").toString("base64")}`]);
    refuse = true;
    await assert.rejects(client(t, api.url, { proxy: `http://${address}`, caFile: ca.cert }).request({ method: "GET" }), (thrown) => thrown instanceof HttpFailure && thrown.kind === "unreachable" && /407/.test(thrown.detail));
  });
});

test("mutual TLS: the server sees the client's certificate, and one without is turned away", { skip: skipWithout("openssl", findCommand("openssl")) }, async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), "mtls-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const ca = authority(folder, "ca");
  const own = certificate(folder, ca, "node-red", "DNS:node-red", 30);
  const seen: string[] = [];
  const api = createTlsServer({ ...certificate(folder, ca, "api", "IP:127.0.0.1", 30), ca: readFileSync(ca.cert), requestCert: true, rejectUnauthorized: true }, (request, response) => {
    const socket = request.socket as unknown as { getPeerCertificate(): { subject: { CN: string } } };
    seen.push(socket.getPeerCertificate().subject.CN);
    response.end("welcome");
  });
  api.listen(0, "127.0.0.1");
  await once(api, "listening");
  t.after(() => { api.close(); api.closeAllConnections(); });
  const url = `https://127.0.0.1:${(api.address() as AddressInfo).port}/`;
  assert.equal((await client(t, url, { caFile: ca.cert, tls: own }).request({ method: "GET" })).text, "welcome");
  await assert.rejects(client(t, url, { caFile: ca.cert }).request({ method: "GET" }), HttpFailure);
  assert.deepEqual(seen, ["node-red"]);
  assert.throws(() => createHttpClient({ baseUrl: url, timeout: 1000, tls: { cert: own.cert } }), (thrown) => thrown instanceof ResonanceError && thrown.path === "certFile");
});
