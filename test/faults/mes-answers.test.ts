import assert from "node:assert/strict";
import fs from "node:fs";
import type { ServerResponse } from "node:http";
import { describe, test, type TestContext } from "node:test";
import { startScriptedServer, type Handler, type ScriptedServer } from "../support/mes-server";
import { sender } from "../support/mes-sender";
import { until } from "../support/node-red-runtime";
import { outboxFolder } from "../support/outbox";

/** What a MES, or what stands between, may answer to an outbox; counted is what was asked, what became of it, and who had to wait. */

const folderOf = (t: TestContext): string => {
  const folder = outboxFolder();
  t.after(() => { fs.rmSync(folder, { recursive: true, force: true }); });
  return folder;
};

async function server(t: TestContext, handler: Handler): Promise<ScriptedServer> {
  const made = await startScriptedServer(handler);
  t.after(() => made.close());
  return made;
}

const keysOf = ({ requests }: ScriptedServer): string[] => requests.map(({ headers }) => String(headers["idempotency-key"]));
const laneOf = (key: string): string => key.slice(0, key.lastIndexOf("-"));
const garbage = (response: ServerResponse): void => { response.socket?.end("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nno size\r\nAccepted\r\n0\r\n\r\n"); };

describe("answers that are not about the document", () => {
  const ways: readonly [string, (response: ServerResponse) => void][] = [
    ["a redirect", (response) => { response.writeHead(307, { location: "http://127.0.0.1:9/login" }).end(); }],
    ["404 from a gateway", (response) => { response.writeHead(404).end("no route"); }],
    ["401", (response) => { response.writeHead(401, { "www-authenticate": "Bearer" }).end(); }],
    ["a login page with status 200", (response) => { response.writeHead(200, { "content-type": "text/html" }).end("<!DOCTYPE html>\n<html><body><form>log in</form></body></html>"); }],
    ["chunks that are none", garbage],
    ["429 with a pause", (response) => { response.writeHead(429, { "retry-after": "0" }).end(); }],
    ["a connection that ends in the middle of the answer", (response) => { response.writeHead(200, { "content-length": "100" }).write("<Ack", () => { response.destroy(); }); }],
    ["a SOAP fault of the receiver", (response) => { response.writeHead(500).end('<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault><faultcode>s:Server</faultcode><faultstring>busy</faultstring></s:Fault></s:Body></s:Envelope>'); }],
  ];
  for (const [what, answer] of ways) {
    test(`${what}: nothing is given up; once the MES answers, everything arrives in order under its own key`, async (t) => {
      const mes = await server(t, (_, response, count) => { if (count <= 9) answer(response); else response.writeHead(202).end(); });
      const { send, waiting, results, outbox } = sender(t, mes.url, folderOf(t));
      await Promise.all(send(0, 20));
      await until(() => waiting() === 0, "everything delivered");
      assert.deepEqual([results.filter(({ kind }) => kind === "delivered").length, (await outbox.outbox()).counts().dead], [20, 0]);
      assert.equal(mes.requests.length, 29, "each once, and again for the nine");
      const taken = keysOf(mes).slice(9);
      for (const lane of new Set(taken.map(laneOf))) {
        const numbers = taken.filter((key) => laneOf(key) === lane).map((key) => Number(key.slice(lane.length + 1)));
        assert.deepEqual(numbers, [...numbers].sort((one, other) => one - other), lane);
      }
    });
  }
});

describe("answers that are about the document", () => {
  const answers: readonly [string, number, string, string, RegExp][] = [
    ["413", 413, "at most 1 kB", "RESONANCE_MES_HTTP_STATUS", /413: at most 1 kB/],
    ["422", 422, "", "RESONANCE_MES_HTTP_STATUS", /422/],
    ["an answer that is broken XML", 200, "<AcknowledgeEquipment>", "RESONANCE_MES_ANSWER_UNREADABLE", /Acknowledge/],
    ["a SOAP fault of the sender", 500, '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body><s:Fault><s:Code><s:Value>s:Sender</s:Value></s:Code><s:Reason><s:Text>no such machine</s:Text></s:Reason></s:Fault></s:Body></s:Envelope>', "RESONANCE_MES_REJECTED", /no such machine/],
  ];
  for (const [what, status, body, code, reason] of answers) {
    test(`${what}: a dead letter with its reason after one attempt, and the next of the same equipment goes on`, async (t) => {
      const mes = await server(t, ({ headers }, response) => { if (headers["idempotency-key"] === "cnc-0-1") response.writeHead(status).end(body); else response.writeHead(202).end(); });
      const { send, waiting, results, outbox } = sender(t, mes.url, folderOf(t), { lanes: 1 });
      await Promise.all(send(0, 4));
      await until(() => waiting() === 0, "all four settled");
      assert.deepEqual(keysOf(mes), ["cnc-0-0", "cnc-0-1", "cnc-0-2", "cnc-0-3"]);
      assert.deepEqual(results.map((result) => (result.kind === "dead" ? result.error.code : "")), ["", code, "", ""]);
      const [letter] = (await outbox.outbox()).deadLetters();
      assert.match(letter?.reason ?? "", reason);
      assert.ok(letter?.reason.startsWith(code));
    });
  }
});

describe("a MES under load", () => {
  test("one that answers 503 to all of 300 equipments is asked by one at a time, each of another equipment, and gets everything when it is back", async (t) => {
    let up = false;
    let open = 0;
    const side: number[] = [];
    const mes = await server(t, (_, response) => {
      if (!up) side.push(open += 1);
      // As long as two at the same time would be seen.
      setTimeout(() => {
        open -= 1;
        response.writeHead(up ? 202 : 503).end();
      }, 5);
    });
    const { send, waiting, results } = sender(t, mes.url, folderOf(t), { lanes: 300, backOff: { firstMs: 20, longestMs: 500 } });
    await Promise.all(send(0, 300));
    await until(() => mes.requests.length >= 30, "some attempts");
    const before = keysOf(mes);
    up = true;
    // The eighth failure may find three others under way.
    assert.equal(Math.max(...side.slice(12)), 1);
    assert.equal(new Set(before).size, before.length, "nobody was tried twice before the others");
    await until(() => waiting() === 0, "everything delivered", 30);
    assert.equal(results.length, 300);
  });

  test("forty equipments that it always answers 500 do not keep another from it", async (t) => {
    const mes = await server(t, ({ headers }, response) => { response.writeHead(laneOf(String(headers["idempotency-key"])) === "cnc-40" ? 202 : 500).end(); });
    const { send, waiting, results } = sender(t, mes.url, folderOf(t), { lanes: 41 });
    await Promise.all(send(0, 40));
    await until(() => mes.requests.length >= 50, "each of the forty to have failed");
    // Only those of the last equipment: 40, 81, …
    await Promise.all(Array.from({ length: 20 }, (_, index) => send(40 + 41 * index, 41 + 41 * index)).flat());
    await until(() => results.length === 20, "the documents of the other");
    assert.deepEqual([waiting(), results.every(({ kind }) => kind === "delivered")], [40, true]);
  });

  test("a pause that it asks for is kept by all equipments", async (t) => {
    const times: number[] = [];
    const mes = await server(t, (_, response, count) => {
      times.push(performance.now());
      if (count <= 4) response.writeHead(429, { "retry-after": "1" }).end();
      else response.writeHead(202).end();
    });
    const { send, waiting } = sender(t, mes.url, folderOf(t), { backOff: { firstMs: 5, longestMs: 2000 } });
    await Promise.all(send(0, 40));
    await until(() => waiting() === 0, "everything delivered");
    const [, , , fourth = 0, fifth = 0] = times;
    assert.equal(mes.requests.length, 44);
    assert.ok(fifth - fourth >= 950, `asked again after ${fifth - fourth} ms of the second it asked for`);
  });

  test("a token that the MES no longer takes is renewed in the same attempt, for all equipments at once", async (t) => {
    let issued = 0;
    let good = 1;
    const issuer = await server(t, (_, response) => { response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ access_token: `t-${issued += 1}`, expires_in: 3600 })); });
    let taken = 0;
    const mes = await server(t, ({ headers }, response) => {
      if (headers.authorization !== `Bearer t-${good}`) {
        response.writeHead(401).end();
        return;
      }
      taken += 1;
      // It forgets its tokens three times.
      if (taken % 25 === 0 && good < 4) good += 1;
      response.writeHead(202).end();
    });
    const oauth = { tokenUrl: issuer.url, clientId: "cell", scope: "", clientAuthentication: "basic" as const };
    const { send, waiting, results, outbox } = sender(t, mes.url, folderOf(t), { exchange: { authentication: "oauth", credentials: { clientSecret: "s" }, oauth } });
    await Promise.all(send(0, 100));
    await until(() => waiting() === 0, "everything delivered");
    assert.deepEqual(results.map((result) => result.kind === "delivered" && result.delivery.attempts), Array.from({ length: 100 }, () => 1));
    assert.deepEqual([taken, issued, (await outbox.outbox()).counts().dead], [100, 4, 0]);
  });
});
