import assert from "node:assert/strict";
import { once } from "node:events";
import { Agent, request } from "node:http";
import { connect, type Socket } from "node:net";
import { after, before, describe, it } from "node:test";
import { readAnswer } from "../../nodes/lib/isa95/answer";
import { codeOf, MES_IN, schedule, send, type Answered } from "../support/mes-in";
import { startRuntime, until, type EmbeddedRuntime } from "../support/node-red-runtime";
import { fuzzSeed, seeded, type Seeded } from "../support/seeded";

/** The endpoint of a real runtime with whatever a network brings. */

const PLACE = { z: "tab", x: 0, y: 0 };
const NODE = { ...MES_IN, ...PLACE, wires: [["sink"], ["sink"], []] };
/** What nothing listens to is not seen on the wires. */
const SINK = { id: "sink", type: "debug", ...PLACE, name: "sink", active: false, wires: [] };
const MEGABYTE = 1024 * 1024;
const KNOWN = new Set([200, 202, 400, 415, 422]);

const GOOD = [
  schedule("G-1"), schedule("G-2", { verb: "Change", asks: "responseCode=\"OnError\"", jobs: ["A", "B"] }), schedule("G-3", { verb: "Sync", asks: "", confirm: "Always" }),
  JSON.stringify({ ProcessJobList: { "@releaseID": "7.0.1", ApplicationArea: { CreationDateTime: "2026-01-15T08:31:00Z", BODID: "G-4" }, DataArea: { Process: { "@acknowledgeCode": "Always" }, JobList: [{ ID: "JL-1", JobOrder: [{ ID: "JO-2" }] }] } } }),
];

const LAUGHS = `<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "ha">${Array.from({ length: 9 }, (_, index) => `<!ENTITY ${"bcdefghij".charAt(index)} "${`&${"abcdefghi".charAt(index)};`.repeat(10)}">`).join("")}]><ProcessWorkSchedule>&j;</ProcessWorkSchedule>`;
const BOMBS = [
  LAUGHS, LAUGHS.replace("<!DOCTYPE", "<!doctype"), "<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a/>", "<a>".repeat(20_000), "{\"a\":".repeat(20_000), "[".repeat(50_000),
  `<a ${Array.from({ length: 5000 }, (_, index) => `b${index}="c"`).join(" ")}/>`, `<?xml version="1.0" encoding="klingon"?><a/>`, "{\"__proto__\":{\"x\":1}}", "<![CDATA[", "<!--", "\u0000", "&#0;", "<a>&#xFFFFFFFF;</a>", "null", "1", "\"text\"", "{}", "[]",
];

/** A good document made bad: bits turned, cut off, doubled, in another encoding, or a bomb. */
function spoiled(random: Seeded): Buffer {
  const bytes = Buffer.from(random.pick(GOOD));
  const kind = random.below(10);
  if (kind < 5) {
    for (let left = 1 + random.below(8); left > 0; left -= 1) {
      const at = random.below(bytes.length);
      bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << random.below(8)), at);
    }
    return bytes;
  }
  if (kind < 7) return bytes.subarray(0, random.below(bytes.length));
  if (kind < 8) return random.chance(0.5) ? Buffer.from(bytes.toString("utf8"), "utf16le") : Buffer.concat([Buffer.from([0xfe, 0xff]), bytes]);
  if (kind < 9) return Buffer.concat([bytes, bytes.subarray(random.below(bytes.length))]);
  return Buffer.from(random.pick(BOMBS));
}

describe("faults at the MES endpoint", () => {
  let runtime: EmbeddedRuntime;
  let url = "";
  const sockets = new Set<Socket>();
  before(async () => {
    runtime = await startRuntime({ http: true });
    runtime.server.on("connection", (socket: Socket) => { sockets.add(socket); });
    url = `${runtime.url}/b2mml`;
  });
  after(() => runtime.close());
  const open = (): number => [...sockets].filter(({ destroyed }) => !destroyed).length;
  const deploy = async (flow: Parameters<EmbeddedRuntime["deploy"]>[0] = [NODE, SINK]): Promise<void> => {
    await runtime.deploy(flow);
    await until(() => runtime.status(String(flow[0]?.name))?.text === "listening", "the endpoint");
  };
  const stillWorks = async (): Promise<void> => { assert.equal((await send(url, schedule(undefined))).status, 200); };

  it("5,000 malformed documents are all answered, with a code where they are refused, and leave nothing behind", async () => {
    await deploy();
    const seed = fuzzSeed();
    const random = seeded(seed);
    const agent = new Agent({ keepAlive: true, maxSockets: 8 });
    const before = process.memoryUsage().rss;
    const counts = new Map<number, number>();
    let left = 5000;
    const sender = async (): Promise<void> => {
      while (left > 0) {
        left -= 1;
        const document = spoiled(random);
        const answer = await send(url, document, { agent, headers: { "content-type": random.pick(["application/xml", "application/json", "text/xml; charset=utf-16", "application/xml; charset=iso-8859-1"]) } });
        counts.set(answer.status, (counts.get(answer.status) ?? 0) + 1);
        assert.ok(KNOWN.has(answer.status), `FUZZ_SEED=${seed}: ${answer.status} ${answer.text}`);
        if (answer.status >= 400 && answer.text.startsWith("{\"error\"")) assert.match(codeOf(answer), /^RESONANCE_/);
        else if (answer.status >= 400) assert.match(answer.text, /Rejected/);
      }
    };
    await Promise.all(Array.from({ length: 8 }, sender));
    agent.destroy();
    const grown = (process.memoryUsage().rss - before) / MEGABYTE;
    console.log(`# seed ${seed}; answers by status: ${JSON.stringify(Object.fromEntries(counts))}; memory grew by ${grown.toFixed(0)} MB`);
    assert.ok(grown < 400, `memory grew by ${grown} MB`);
    assert.deepEqual(runtime.sent("MES in", 1).length, [...counts].reduce((sum, [status, count]) => (status >= 400 ? sum + count : sum), 0), "every refusal is told to the flow");
    await stillWorks();
  });

  it("JSON arrives as it was sent, whatever parses bodies before it; broken JSON gets a code, and half of one is cut off", async () => {
    await deploy([{ ...NODE, transferTime: 0.5, sizeLimit: 6000 }]);
    const json = { "content-type": "application/json" };
    const good = GOOD.at(-1) ?? "";
    const answer = await send(url, good, { headers: json });
    assert.deepEqual([answer.status, readAnswer(answer.text)], [200, { message: "AcknowledgeJobList", verdict: "accepted", originalBodId: "G-4" }]);
    const broken = await send(url, good.slice(0, -1), { headers: json });
    assert.deepEqual([broken.status, codeOf(broken), broken.headers["content-type"]], [400, "RESONANCE_ISA95_UNREADABLE", "application/json; charset=utf-8"]);
    // More than the 5 MB that the admin API takes.
    const padded = `${good.replace("G-4", "G-5").slice(0, -1)}${" ".repeat(5_500_000)}}`;
    assert.equal((await send(url, padded, { headers: json })).status, 200);
    const half = await new Promise<Answered>((resolve, reject) => {
      const sent = request(url, { method: "POST", agent: false, headers: { ...json, "content-length": good.length } }, (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (part: string) => { text += part; }).on("end", () => { resolve({ status: response.statusCode ?? 0, headers: response.headers, text }); });
      });
      sent.on("error", reject).write(good.slice(0, 20));
    });
    assert.deepEqual([half.status, codeOf(half)], [408, "RESONANCE_MES_IN_SLOW"]);
    const form = await send(url, "a=b", { headers: { "content-type": "application/x-www-form-urlencoded" } });
    assert.deepEqual([form.status, codeOf(form)], [415, "RESONANCE_MES_IN_TYPE"]);
    await stillWorks();
  });

  for (const announced of [true, false]) {
    it(`100 MB ${announced ? "announced" : "in chunks"}: refused with at most a little of it read`, async () => {
      await deploy();
      sockets.clear();
      const chunk = Buffer.alloc(64 * 1024, "x");
      const whole = 100 * MEGABYTE;
      const answer = await new Promise<Answered>((resolve, reject) => {
        let sentBytes = 0;
        let answered = false;
        const sent = request(url, { method: "POST", agent: false, headers: { "content-type": "application/xml", ...(announced && { "content-length": whole }) } }, (response) => {
          answered = true;
          let text = "";
          response.setEncoding("utf8").on("data", (part: string) => { text += part; }).on("end", () => {
            resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
            sent.destroy();
          });
        });
        sent.on("error", (error) => { if (!answered) reject(error); });
        const more = (): void => {
          while (!answered && !sent.destroyed && sentBytes < whole) {
            sentBytes += chunk.length;
            if (!sent.write(chunk)) {
              sent.once("drain", more);
              return;
            }
          }
        };
        more();
      });
      assert.deepEqual([answer.status, codeOf(answer)], [413, "RESONANCE_MES_IN_TOO_LARGE"]);
      const read = [...sockets].reduce((sum, { bytesRead }) => sum + bytesRead, 0);
      assert.ok(read < 4 * MEGABYTE, `${read} bytes were read`);
      await until(() => open() === 0, "the connection ends");
      await stillWorks();
    });
  }

  it("200 at the same time are all answered once, and the flow gets each once", async () => {
    await deploy([{ ...NODE, answer: "flow", wires: [["decide"], [], []] }, { id: "decide", type: "function", ...PLACE, name: "decide", func: "setTimeout(() => node.send({ payload: { decision: 'accept' }, resonance: { reply: msg.resonance.reply } }), 20); ", outputs: 1, wires: [["node"]] }]);
    const answers = await Promise.all(Array.from({ length: 200 }, (_, index) => send(url, schedule(`P-${index}`, { jobs: [`JO-${index}`] }), { agent: new Agent() })));
    assert.ok(answers.every(({ status, text }, index) => status === 200 && text.includes(`<BODID>P-${index}</BODID>`) && text.includes("Accepted")));
    const ids = runtime.sent("MES in").map(({ resonance }) => (resonance?.["isa95"] as { bodId: string }).bodId);
    assert.deepEqual([ids.length, new Set(ids).size], [200, 200]);
  });

  it("senders that go away in the middle of a document, or before the answer, cost nothing; the answer waits for them", async () => {
    await deploy([{ ...NODE, answer: "flow", wires: [["hold"], [], []] }, { id: "hold", type: "function", ...PLACE, name: "hold", func: "flow.set('reply', msg.resonance.reply);", wires: [] },
      { id: "go", type: "inject", ...PLACE, name: "go", props: [], repeat: "0.05", once: true, onceDelay: 0.1, wires: [["give"]] },
      { id: "give", type: "function", ...PLACE, name: "give", func: "if (!flow.get('gone')) return null; return { payload: { decision: 'accept' }, resonance: { reply: flow.get('reply') } };", wires: [["node"]] },
      { id: "mark", type: "http in", ...PLACE, name: "mark", url: "/gone", method: "get", wires: [["set"]] }, { id: "set", type: "function", ...PLACE, name: "set", func: "flow.set('gone', true); return msg;", wires: [["done"]] }, { id: "done", type: "http response", ...PLACE, statusCode: "204", wires: [] }]);
    sockets.clear();
    const { port } = new URL(url);
    const document = schedule("GONE-1");
    const head = `POST /b2mml HTTP/1.1\r\nHost: x\r\nContent-Type: application/xml\r\nContent-Length: ${Buffer.byteLength(document)}\r\n\r\n`;
    for (let index = 0; index < 50; index += 1) {
      const socket = connect(Number(port), "127.0.0.1");
      await once(socket, "connect");
      const part = head + document.slice(0, Math.floor((document.length * index) / 50));
      await new Promise((resolve) => { socket.write(part, resolve); });
      if (index % 2 === 0) socket.resetAndDestroy();
      else socket.destroy();
    }
    const impatient = connect(Number(port), "127.0.0.1");
    await once(impatient, "connect");
    impatient.write(head + document);
    await until(() => runtime.sent("MES in").length === 1, "the document");
    impatient.destroy();
    await until(() => open() === 0, "every connection ends");
    await send(`${runtime.url}/gone`, "", { method: "GET", headers: {} });
    const again = await send(url, document);
    assert.ok(again.status === 200 && again.text.includes("Accepted"), again.text);
    assert.equal(runtime.sent("MES in").length, 1, "the flow had it once");
  });

  it("slow senders are cut off; others are served meanwhile", async () => {
    await deploy([{ ...NODE, transferTime: 0.5 }, SINK]);
    sockets.clear();
    const { port } = new URL(url);
    const slow = Array.from({ length: 100 }, () => {
      const socket = connect(Number(port), "127.0.0.1").on("error", () => undefined);
      socket.write("POST /b2mml HTTP/1.1\r\nHost: x\r\nContent-Type: application/xml\r\nContent-Length: 100000\r\n\r\n<");
      return { socket, timer: setInterval(() => { if (socket.writable) socket.write(" "); }, 50) };
    });
    await until(() => open() === 100, "the slow senders");
    await stillWorks();
    await until(() => open() <= 1, "all are cut off");
    for (const { socket, timer } of slow) {
      clearInterval(timer);
      socket.destroy();
    }
    await stillWorks();
  });

  it("deployed again and again while documents come: each is answered or sent away to come again, and none is lost", async () => {
    await deploy();
    const acknowledged = new Set<string>();
    const given: string[] = [];
    let finished = false;
    const sender = async (name: string): Promise<number> => {
      let again = 0;
      for (let index = 0; index < 40; index += 1) {
        const bodId = `${name}-${index}`;
        for (;;) {
          const status = await send(url, schedule(bodId), { agent: new Agent() }).then((answer) => answer.status, () => 0);
          if (status === 200) break;
          assert.ok([0, 503].includes(status), `${status}`);
          again += 1;
          await new Promise((resolve) => { setTimeout(resolve, 5); });
        }
        acknowledged.add(bodId);
      }
      return again;
    };
    const deployer = async (): Promise<number> => {
      let count = 0;
      for (; !finished; count += 1) {
        gather(count);
        await runtime.deploy([{ ...NODE, name: `MES in ${count}` }, SINK]);
      }
      gather(count);
      return count;
    };
    /** What the flow got since the last deploy, of whichever node. */
    const gather = (count: number): void => {
      for (const name of ["MES in", ...Array.from({ length: count }, (_, index) => `MES in ${index}`)]) {
        given.push(...runtime.sent(name).map(({ resonance }) => (resonance?.["isa95"] as { bodId: string }).bodId));
      }
    };
    const deploys = deployer();
    const again = await Promise.all(["A", "B", "C", "D"].map(sender));
    finished = true;
    console.log(`# ${await deploys} deploys; sent again ${again.reduce((sum, one) => sum + one, 0)} times`);
    assert.equal(acknowledged.size, 160);
    assert.deepEqual([given.length, [...new Set(given)].sort()], [160, [...acknowledged].sort()], "the flow got each once");
  });
});
