import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ResonanceError } from "../../nodes/lib/errors/resonance-error";
import { readAnswer } from "../../nodes/lib/isa95/answer";
import { readMessage } from "../../nodes/lib/isa95/receive";
import { writeReply } from "../../nodes/lib/isa95/reply";
import { openEnvelope } from "../../nodes/lib/isa95/soap";
import { readXml } from "../../nodes/lib/isa95/xml-reader";
import type { Envelope } from "../../nodes/lib/mes/delivery";
import { judgeAnswer, type Outcome } from "../../nodes/lib/mes/judge";
import { schedule } from "../support/mes-in";
import { skipWithout } from "../support/requirements";
import { xsdFault, xsdFolder } from "../support/xsd";

/** B2MML in SOAP envelopes, as gateways and integration buses send and answer it. */

const NAMESPACE = "http://www.mesa.org/xml/B2MML";
const SOAP = { "1.1": "http://schemas.xmlsoap.org/soap/envelope/", "1.2": "http://www.w3.org/2003/05/soap-envelope" } as const;
const VERSIONS = ["1.1", "1.2"] as const;

const enveloped = (body: string, version: keyof typeof SOAP = "1.1"): string =>
  `<?xml version="1.0" encoding="UTF-8"?><S:Envelope xmlns:S="${SOAP[version]}" xmlns:w="http://www.w3.org/2005/08/addressing"><S:Header><w:Action S:mustUnderstand="1">urn:take</w:Action></S:Header><S:Body>${body}</S:Body></S:Envelope>`;
const acknowledge = (actionCode: string, namespace = NAMESPACE): string =>
  `<b:AcknowledgeWorkSchedule xmlns:b="${namespace}" releaseID="7.0.1"><b:ApplicationArea><b:CreationDateTime>2026-01-15T08:31:02Z</b:CreationDateTime></b:ApplicationArea><b:DataArea><b:Acknowledge>`
  + `<b:OriginalApplicationArea><b:CreationDateTime>2026-01-15T08:31:00Z</b:CreationDateTime><b:BODID>B-1</b:BODID></b:OriginalApplicationArea>`
  + `<b:ResponseCriteria><b:ResponseExpression actionCode="${actionCode}"/><b:ChangeStatus><b:Description>no capacity</b:Description></b:ChangeStatus></b:ResponseCriteria></b:Acknowledge></b:DataArea></b:AcknowledgeWorkSchedule>`;
const escaped = (xml: string): string => xml.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
const bare = (xml: string): string => xml.replace(/^<\?xml.*\?>\s*/, "");
const fault = (version: keyof typeof SOAP, code: string, reason: string, detail = ""): string => enveloped(version === "1.1"
  ? `<S:Fault><faultcode>S:${code}</faultcode><faultstring>${reason}</faultstring>${detail && `<detail>${detail}</detail>`}</S:Fault>`
  : `<S:Fault><S:Code><S:Value>S:${code}</S:Value></S:Code><S:Reason><S:Text xml:lang="en">${reason}</S:Text></S:Reason>${detail && `<S:Detail>${detail}</S:Detail>`}</S:Fault>`, version);

describe("a document in a SOAP envelope", () => {
  const places: readonly [string, (document: string) => string][] = [
    ["as the body's own child", (document) => document],
    ["in the element of an operation", (document) => `<g:Submit xmlns:g="urn:gateway"><g:meta>7</g:meta><g:message>${document}</g:message></g:Submit>`],
    ["as escaped text", (document) => `<Submit xmlns="urn:gateway"><xml>${escaped(document)}</xml></Submit>`],
    ["as CDATA with a declaration of its own", (document) => `<Submit xmlns="urn:gateway"><xml><![CDATA[<?xml version="1.0"?>${document}]]></xml></Submit>`],
  ];
  for (const version of VERSIONS) {
    for (const [where, place] of places) {
      test(`${version}, ${where}: read as without`, () => {
        const plain = schedule("B-1");
        const { soap, ...rest } = readMessage(Buffer.from(enveloped(place(bare(plain)), version)));
        assert.equal(soap, version);
        assert.deepEqual(rest, readMessage(plain));
        assert.deepEqual(readAnswer(enveloped(place(acknowledge("Rejected")), version)), { message: "AcknowledgeWorkSchedule", verdict: "rejected", originalBodId: "B-1", reason: "no capacity" });
      });
    }

    test(`${version}: the answer comes in such an envelope, and what is in it is valid`, { skip: skipWithout("shared", xsdFolder) }, async () => {
      const reply = writeReply(readMessage(enveloped(bare(schedule("B-1")), version)), { code: "Rejected", reason: "no <capacity>" });
      assert.ok(reply);
      assert.equal(reply.contentType, version === "1.1" ? "text/xml; charset=utf-8" : "application/soap+xml; charset=utf-8");
      assert.equal(openEnvelope(readXml(reply.document))?.version, version);
      assert.deepEqual([readAnswer(reply.document).verdict, readAnswer(reply.document).originalBodId], ["rejected", "B-1"]);
      const inner = /<soap:Body>(.*)<\/soap:Body>/s.exec(reply.document)?.[1] ?? "";
      assert.equal(await xsdFault(inner), undefined, inner);
    });
  }

  test("older versions too; problems keep the paths of the document", () => {
    assert.equal(readAnswer(enveloped(acknowledge("Accepted", "http://www.wbf.org/xml/B2MML-V05"))).verdict, "accepted");
    const [problem] = readMessage(enveloped(bare(schedule("B-1", { state: "Nonsense" })))).problems;
    assert.match(problem?.path ?? "", /^\/ProcessWorkSchedule\/DataArea\/WorkSchedule/);
  });

  test("an envelope without B2MML, and B2MML buried deeper than a gateway puts it, is refused; another Envelope is none", () => {
    const refused = (text: string, code: string): void => assert.throws(() => readMessage(text), (thrown) => thrown instanceof ResonanceError && thrown.code === code, text);
    for (const body of ["", "<Ping xmlns='urn:gateway'/>", "<a xmlns=''><b><c><d><e>" + bare(schedule("B-1")) + "</e></d></c></b></a>", "<xml>&lt;!DOCTYPE a []&gt;&lt;a/&gt;</xml>"]) refused(enveloped(body), "RESONANCE_ISA95_UNREADABLE");
    refused(enveloped(bare(schedule("B-1"))).replaceAll(SOAP["1.1"], "urn:post"), "RESONANCE_ISA95_NAMESPACE");
  });
});

describe("what a MES behind SOAP answers", () => {
  const sent: Envelope = { document: schedule("B-1"), contentType: "application/xml", message: "ProcessWorkSchedule", bodId: "B-1" };
  const judge = (status: number, text: string, headers: Record<string, string> = {}): Outcome => judgeAnswer(sent, { statusCode: status, headers, text });
  const code = (outcome: Outcome): string => (outcome.kind === "taken" ? "" : outcome.error.code);

  test("an acknowledgement counts as without the envelope; a body without B2MML is a receipt and no acceptance", () => {
    const accepted = judge(200, enveloped(acknowledge("Accepted")));
    assert.deepEqual(accepted.kind === "taken" && [accepted.delivery.verdict, accepted.delivery.message], ["accepted", "AcknowledgeWorkSchedule"]);
    assert.equal(code(judge(200, enveloped(acknowledge("Rejected"), "1.2"))), "RESONANCE_MES_REJECTED");
    for (const body of ["", "<SubmitResponse xmlns='urn:gateway'><id>7</id></SubmitResponse>"]) {
      const receipt = judge(200, enveloped(body));
      assert.deepEqual(receipt.kind === "taken" && [receipt.delivery.verdict, receipt.delivery.acknowledged], ["none", false], body);
    }
    // What it answers is B2MML, but no answer.
    assert.equal(code(judge(200, enveloped(bare(schedule("B-1"))))), "RESONANCE_MES_ANSWER_UNREADABLE");
  });

  test("a fault that blames the message is a rejection, one of the receiver is tried again, one of the protocol is about the way", () => {
    for (const [version, client, server] of [["1.1", "Client", "Server"], ["1.2", "Sender", "Receiver"]] as const) {
      for (const status of [200, 400, 500]) {
        const rejected = judge(status, fault(version, client, "no such machine"));
        assert.deepEqual([rejected.kind, code(rejected), "misdirected" in rejected], ["refused", "RESONANCE_MES_REJECTED", false]);
        assert.match(rejected.kind === "refused" ? rejected.error.message : "", /no such machine/);
        assert.equal(judge(status, fault(version, server, "database is down")).kind, "again");
        const wrong = judge(status, fault(version, "VersionMismatch", ""));
        assert.deepEqual([wrong.kind, "misdirected" in wrong], ["refused", true]);
      }
    }
    assert.equal(judge(500, fault("1.1", "Client.Schema", "x")).kind, "refused");
    assert.equal(judge(401, fault("1.1", "Client", "log in")).kind === "refused" && code(judge(401, fault("1.1", "Client", "log in"))), "RESONANCE_MES_UNAUTHORIZED");
  });

  test("a rejection in a fault's detail tells its own reason", () => {
    const rejected = judge(500, fault("1.1", "Server", "see detail", acknowledge("Rejected")));
    assert.equal(code(rejected), "RESONANCE_MES_REJECTED");
    assert.match(rejected.kind === "refused" ? rejected.error.message : "", /no capacity/);
  });
});
