import assert from "node:assert/strict";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, describe, it } from "node:test";
import { ResonanceError, type Language } from "../../nodes/lib/errors/resonance-error";
import { compileOfficialJson } from "../../nodes/lib/validation/official-json";
import { openOfficialXsd, type OfficialXsd } from "../../nodes/lib/validation/official-xsd";
import { markElements } from "../../nodes/lib/validation/xml-places";
import { findXmllint } from "../../nodes/lib/validation/xmllint";
import { sharedData, skipWithout } from "../support/requirements";

const skip = skipWithout("shared", sharedData);
const official = path.join(sharedData ?? "", "b2mml", "v0701");
const samples = path.join(sharedData ?? "", "b2mml", "samples");
const read = (folder: string, file: string): string => readFileSync(path.join(samples, folder, file), "utf8");
const temporary = mkdtempSync(path.join(tmpdir(), "official-"));
const opened: OfficialXsd[] = [];
after(async () => {
  await Promise.all(opened.map((xsd) => xsd.close()));
  rmSync(temporary, { recursive: true, force: true });
});

function open(place: string, { timeout, language = "en-US" }: { timeout?: number; language?: Language } = {}): OfficialXsd {
  const xsd = openOfficialXsd({ place, userFolder: temporary, language, ...(timeout !== undefined && { timeout }) });
  opened.push(xsd);
  return xsd;
}

/** A folder with files of these names and contents. */
function folderOf(name: string, files: Readonly<Record<string, string>>): string {
  const folder = path.join(temporary, name);
  mkdirSync(folder, { recursive: true });
  for (const [file, content] of Object.entries(files)) writeFileSync(path.join(folder, file), content);
  return folder;
}

const schemaOf = (body: string): string => `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">${body}</xs:schema>`;
const isInvalid = (reason: RegExp) => (error: unknown): boolean => {
  assert.ok(error instanceof ResonanceError, String(error));
  assert.equal(error.code, "RESONANCE_B2MML_SCHEMA_INVALID");
  assert.match(error.message, reason);
  return true;
};

describe("places in XML", () => {
  it("every start tag ends in a line of its own, and a line leads back to line and XPath", () => {
    const { text, placeOf } = markElements(`<?xml version="1.0"\n encoding="GBK"?>\n<a x="1>2">\n<b/><b y='</b>'><!-- <c> --><c/></b><d>t<![CDATA[<e>]]>\nu</d></a>`);
    assert.equal(text, `\n\n<a x="1>2"\n>\n<b\n/><b y='</b>'\n><!-- <c> --><c\n/></b><d\n>t<![CDATA[<e>]]>\nu</d></a>`);
    assert.deepEqual([4, 6, 7, 8, 9].map(placeOf), [
      { line: 3, xpath: "/a" }, { line: 4, xpath: "/a/b[1]" }, { line: 4, xpath: "/a/b[2]" }, { line: 4, xpath: "/a/b[2]/c" }, { line: 4, xpath: "/a/d" },
    ]);
    assert.equal(placeOf(10).line, 5);
  });

  it("what is not well-formed is marked as far as it goes, in time proportional to its length", () => {
    for (const part of ["<a", "<a ", "<!--", "<?", "<![CDATA[", "<a \"", "<a x='>", "aaaa", "<a/>", "</a>", "<a>"]) {
      const text = part.repeat(1_000_000 / part.length);
      const start = performance.now();
      markElements(text);
      assert.ok(performance.now() - start < 3000, part);
    }
    assert.equal(markElements("<a>\n<b").text, "<a\n>\n<b");
  });
});

describe("B2MML by the official XSD", { skip }, () => {
  it("takes what is valid and refuses what is not, each with line and XPath", async () => {
    const { check, ready } = open(official);
    await ready;
    const valid = [...readdirSync(path.join(samples, "xml")).map((file) => read("xml", file)), ...readdirSync(path.join(samples, "json")).map((file) => read("json", file))];
    assert.deepEqual(await Promise.all(valid.map(check)), valid.map(() => []));
    const files = readdirSync(path.join(samples, "xml-negative"));
    const told = await Promise.all(files.map((file) => check(read("xml-negative", file))));
    files.forEach((file, index) => {
      const [error] = told[index] ?? [];
      assert.equal(error?.code, "RESONANCE_XSD_VIOLATION", file);
      assert.match(error.path, /^(\/[A-Za-z]+(\[\d+\])?)+(\/@[A-Za-z]+)?$/, file);
      assert.match(error.message, /^Line \d+: Element '/, file);
    });
    const date = told[files.indexOf("bad_date.xml")]?.[0];
    assert.equal(date?.path, "/NotifyOperationsEvent/ApplicationArea/CreationDateTime");
    const source = read("xml-negative", "bad_date.xml").split("\n");
    assert.match(source[Number(/\d+/.exec(date.message)?.[0]) - 1] ?? "", /<CreationDateTime>/);
  });

  it("names one of several siblings in a document of one line, in the user's language; an attribute by @", async () => {
    const place = folderOf("siblings", { "list.xsd": schemaOf(`<xs:element name="list"><xs:complexType><xs:sequence><xs:element name="n" maxOccurs="9"><xs:complexType><xs:simpleContent><xs:extension base="xs:int"><xs:attribute name="u" type="xs:NMTOKEN"/></xs:extension></xs:simpleContent></xs:complexType></xs:element></xs:sequence></xs:complexType></xs:element>`) });
    const { check } = open(place, { language: "de" });
    const errors = await check(`<list><n>1</n><n u="a b">2</n><n>x\nlist.xsd:1: y</n></list>`);
    assert.deepEqual(errors.map(({ path: at }) => at), ["/list/n[2]/@u", "/list/n[3]"]);
    assert.match(errors[1]?.message ?? "", /^Zeile 1: Element 'n': 'x list\.xsd:1: y'/);
  });

  it("documents that come together share a run; one among them spoils no other", async () => {
    const { check, ready } = open(official);
    await ready;
    const good = read("xml", "SyncMaterialLot.xml");
    const start = performance.now();
    const alone = await check(good);
    const once = performance.now() - start;
    const all = await Promise.all(Array.from({ length: 60 }, (_, index) => check(index === 30 ? good.replace("</CreationDateTime>", "x</CreationDateTime>") : good)));
    const together = performance.now() - start - once;
    assert.deepEqual(alone, []);
    assert.deepEqual(all.flatMap((errors, index) => (errors.length > 0 ? [index] : [])), [30]);
    assert.ok(together < once * 20, `one ${Math.round(once)} ms, sixty ${Math.round(together)} ms`);
    console.log(`XSD: one document ${Math.round(once)} ms, sixty at once ${Math.round(together)} ms`);
  });

  it("a DTD, entities, what is too long, not XML or not well-formed is refused without harm", async () => {
    const { check } = open(official);
    const codes = async (payload: unknown): Promise<string[]> => (await check(payload)).map(({ code }) => code);
    for (const text of [`<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><a>&e;</a>`, `<?pi <!-- ?><!DOCTYPE a>`]) assert.deepEqual(await codes(text), ["RESONANCE_ISA95_UNREADABLE"]);
    assert.deepEqual(await codes(`<a>${"x".repeat(4 * 1024 * 1024)}</a>`), ["RESONANCE_PAYLOAD_LIMIT"]);
    for (const payload of [5, null, undefined, [], () => 1]) assert.deepEqual(await codes(payload), ["RESONANCE_VALUE_TYPE"]);
    assert.equal((await codes("{"))[0], "RESONANCE_ISA95_UNREADABLE");
    for (const text of ["<a>\n<b></a>", "<a>&unknown;</a>", "<", `<a>${"<b>".repeat(5000)}`, "<a/><b/>"]) {
      const errors = await check(text);
      assert.ok(errors.length > 0 && errors.every(({ code }) => code === "RESONANCE_XSD_VIOLATION"), text.slice(0, 20));
    }
  });

  it("a schema that does not compile, a wrong folder, a DTD or a link out of the folder: each told with its reason", async () => {
    const broken = folderOf("broken", { "AllSchemas.xsd": schemaOf(`<xs:element name="a" type="nowhere"/>`) });
    const { check, ready } = open(broken);
    await assert.rejects(ready, isInvalid(/nowhere/));
    await assert.rejects(check("<a/>"), isInvalid(/nowhere/));
    const missing = folderOf("missing", { "AllSchemas.xsd": schemaOf(`<xs:include schemaLocation="gone.xsd"/><xs:element name="a" type="t"/>`) });
    await assert.rejects(open(missing).ready, isInvalid(/gone\.xsd|'t'/));
    assert.throws(() => open(path.join(temporary, "no-such-folder")), isInvalid(/no-such-folder/));
    assert.throws(() => open(folderOf("empty", { "a.txt": "" })), isInvalid(/no \.xsd/));
    assert.throws(() => open(folderOf("two", { "a.xsd": schemaOf(""), "b.xsd": schemaOf("") })), isInvalid(/AllSchemas/));
    assert.throws(() => open(folderOf("dtd", { "a.xsd": `<!DOCTYPE a>${schemaOf("")}` })), isInvalid(/document type/));
    const outside = folderOf("outside", { "a.xsd": schemaOf("") });
    symlinkSync(path.join(outside, "a.xsd"), path.join(folderOf("linked", {}), "a.xsd"));
    assert.throws(() => open(path.join(temporary, "linked")), isInvalid(/leads out/));
  });

  it("no schema reaches a file outside or a network", async () => {
    const place = folderOf("reach", { "AllSchemas.xsd": schemaOf(`<xs:include schemaLocation="../siblings/list.xsd"/><xs:include schemaLocation="http://127.0.0.1:9/a.xsd"/><xs:include schemaLocation="${temporary}/siblings/list.xsd"/><xs:element name="a" type="xs:int"/>`) });
    const { check, ready } = open(place);
    const outcome = await ready.then(() => check(`<list><n>1</n></list>`), (error: unknown) => error);
    if (outcome instanceof ResonanceError) assert.equal(outcome.code, "RESONANCE_B2MML_SCHEMA_INVALID");
    else assert.match((outcome as readonly { message: string }[])[0]?.message ?? "", /No matching global/);
  });

  it("a document that takes too long is refused alone, and the next one is checked", async () => {
    // Every value has many ways to be read by the pattern; the validator gives up on very many, and takes long for fewer.
    const place = folderOf("slow", { "slow.xsd": schemaOf(`<xs:element name="a"><xs:complexType><xs:sequence><xs:element name="b" minOccurs="0" maxOccurs="unbounded"><xs:simpleType><xs:restriction base="xs:string"><xs:pattern value="(x+x+)+y"/></xs:restriction></xs:simpleType></xs:element></xs:sequence></xs:complexType></xs:element>`) });
    const { check, ready } = open(place, { timeout: 2500 });
    await ready;
    const hard = (length: number, times: number): string => `<a>${`<b>${"x".repeat(length)}</b>`.repeat(times)}</a>`;
    const beyond = await check(hard(60, 1));
    assert.deepEqual(beyond.map(({ code }) => code), ["RESONANCE_PAYLOAD_LIMIT"]);
    const slow = hard(20, 2000);
    let ticks = 0;
    const timer = setInterval(() => { ticks++; }, 50);
    const [first, second, third] = await Promise.all([check(slow), check("<a><b>xxy</b></a>"), check("<a><b>y</b></a>")]);
    clearInterval(timer);
    assert.match(`${first[0]?.code ?? ""} ${first[0]?.message ?? ""}`, /RESONANCE_PAYLOAD_LIMIT.*2500 ms/);
    assert.deepEqual(second, []);
    assert.deepEqual(third.map(({ code }) => code), ["RESONANCE_XSD_VIOLATION"]);
    assert.ok(ticks >= 10, "the runtime goes on meanwhile");
  });

  it("without the package it says how to install it, and where", () => {
    assert.throws(() => findXmllint(temporary, [path.join(temporary, "index.js")]), (error: unknown) => {
      assert.ok(error instanceof ResonanceError && error.code === "RESONANCE_XSD_PACKAGE_MISSING");
      for (const language of ["en-US", "zh-CN", "de"] as const) {
        assert.match(error.hint(language), /npm install xmllint-wasm/);
        assert.ok(error.hint(language).includes(temporary));
      }
      return true;
    });
    const own = path.join(temporary, "node_modules", "xmllint-wasm");
    cpSync(path.dirname(findXmllint(temporary)), own, { recursive: true });
    assert.equal(path.dirname(findXmllint(temporary, [])), own);
  });
});

describe("B2MML by the official JSON schema", { skip }, () => {
  it("takes what is valid, as JSON or XML, in both forms of values", () => {
    const check = compileOfficialJson(official, "en-US");
    const start = performance.now();
    for (const folder of ["json", "json-dollar", "xml"]) {
      for (const file of readdirSync(path.join(samples, folder))) assert.deepEqual(check(read(folder, file)), [], `${folder}/${file}`);
    }
    console.log(`JSON schema: 48 documents of 16 messages, compilation included, ${Math.round(performance.now() - start)} ms`);
    const object: unknown = JSON.parse(read("json", "SyncMaterialLot.json"));
    assert.deepEqual(compileOfficialJson(path.join(official, "AllSchemas.json"), "en-US")(object), []);
  });

  it("tells all errors of a document, with their places", () => {
    const check = compileOfficialJson(official, "en-US");
    const document = JSON.parse(read("json", "SyncWorkSchedule.json")) as { SyncWorkSchedule: { ApplicationArea: Record<string, unknown>; DataArea: Record<string, unknown>; releaseID?: unknown } };
    document.SyncWorkSchedule.ApplicationArea["CreationDateTime"] = 5;
    document.SyncWorkSchedule.ApplicationArea["Nonsense"] = 1;
    document.SyncWorkSchedule.DataArea["WorkSchedule"] = "x";
    const places = check(document).map(({ path: at, code }) => `${code} ${at}`);
    for (const place of ["RESONANCE_FIELD_UNEXPECTED SyncWorkSchedule/ApplicationArea/Nonsense", "RESONANCE_VALUE_TYPE SyncWorkSchedule/DataArea/WorkSchedule"]) assert.ok(places.includes(place), places.join("\n"));
    for (const payload of [{}, { Nothing: {} }, { SyncWorkSchedule: {}, SyncEquipment: {} }, [], 5, "", "<a/>", "{", { __proto__: null, code: 1 }]) assert.equal(check(payload).length, 1, JSON.stringify(payload));
    for (const file of readdirSync(path.join(samples, "xml-negative"))) assert.notDeepEqual(check(read("xml-negative", file)), [], file);
  });

  it("a schema that is not there, no JSON, or does not compile is refused at once", () => {
    const compile = (content: unknown) => () => compileOfficialJson(folderOf("json", { "AllSchemas.json": typeof content === "string" ? content : JSON.stringify(content) }), "en-US");
    const one = (A: unknown) => ({ $defs: { A }, properties: { A: { $ref: "#/$defs/A" } } });
    assert.doesNotThrow(compile(one({ type: "object" })));
    assert.throws(() => compileOfficialJson(folderOf("none", {}), "en-US"), isInvalid(/AllSchemas\.json/));
    assert.throws(compile("{ oops"), isInvalid(/JSON/));
    for (const content of [5, null, [], {}, { $defs: {} }, { $defs: {}, properties: {} }]) assert.throws(compile(content), isInvalid(/\$defs|message/));
    assert.throws(compile(one({ type: "objekt" })), isInvalid(/allowed values/));
    assert.throws(compile(one({ $ref: "#/$defs/B" })), isInvalid(/#\/\$defs\/B/));
    assert.throws(compile(one({ $ref: "https://example.com/a.json" })), isInvalid(/example\.com/));
    assert.throws(compile(one({ type: "string", pattern: "(a)\\1" })), isInvalid(/./));
  });
});
