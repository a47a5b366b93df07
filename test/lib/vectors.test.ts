import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, it } from "node:test";
import { compileMessage } from "../../nodes/lib/isa95/compile-message";
import { readDocument } from "../../nodes/lib/isa95/read-document";
import { loadBuiltInProfile } from "../../nodes/lib/profile/load-profile";
import { DIRECTIONS } from "../../nodes/lib/profile/profile";
import type { InterfaceRecord } from "../../nodes/lib/record/interface-record";
import { compileRecordValidator } from "../../nodes/lib/validation/record-validator";

/** A record with the verdict a validator must come to; for an invalid one with code and path of the first error. */
interface Vector {
  readonly name: string;
  readonly record: Readonly<Record<string, unknown>>;
  readonly verdict: "valid" | "invalid";
  readonly code?: string;
  readonly path?: string;
}

const FOLDER = path.join(__dirname, "../../nodes/lib/profile/gbt-provisional/vectors");
/** What can be wrong with a record of any category. */
const KINDS = [
  "RESONANCE_FIELD_MISSING", "RESONANCE_VALUE_TYPE", "RESONANCE_VALUE_RANGE", "RESONANCE_VALUE_FORMAT", "RESONANCE_VALUE_ENUM",
  "RESONANCE_NATURE_INVALID", "RESONANCE_FIELD_UNEXPECTED",
];

const profile = loadBuiltInProfile();
const check = compileRecordValidator(profile);
const suites = readdirSync(FOLDER).filter((file) => file.endsWith(".json")).map((file) => ({
  category: path.basename(file, ".json"),
  vectors: JSON.parse(readFileSync(path.join(FOLDER, file), "utf8")) as readonly Vector[],
}));

describe("conformance vectors", () => {
  it("are for categories of the profile", () => {
    assert.ok(suites.length > 0);
    for (const { category } of suites) assert.ok(profile.categories.has(category), category);
  });

  it("whatever is valid can be written as the message of its category, and is read again", () => {
    const write = compileMessage({ profile, message: "", format: "xml" });
    for (const { category, vectors } of suites) {
      for (const { name, record, verdict } of vectors) {
        if (verdict === "valid") assert.doesNotThrow(() => readDocument(write(record as unknown as InterfaceRecord).document as string), `${category}: ${name}`);
      }
    }
  });

  for (const { category, vectors } of suites) {
    const of = (verdict: Vector["verdict"]): readonly Vector[] => vectors.filter((vector) => vector.verdict === verdict);

    it(`${category}: at least 6 valid and 12 invalid records, of both directions, each named once`, () => {
      assert.ok(of("valid").length >= 6, `${of("valid").length} valid`);
      assert.ok(of("invalid").length >= 12, `${of("invalid").length} invalid`);
      assert.equal(new Set(vectors.map(({ name }) => name)).size, vectors.length);
      for (const direction of DIRECTIONS) {
        for (const verdict of ["valid", "invalid"] as const) {
          assert.ok(of(verdict).some(({ record }) => record["direction"] === direction), `${verdict} ${direction}`);
        }
      }
    });

    it(`${category}: the valid records hold every field of the category`, () => {
      for (const direction of DIRECTIONS) {
        const held = new Set(of("valid").filter(({ record }) => record["direction"] === direction).flatMap(({ record }) => Object.keys(record["values"] ?? {})));
        assert.deepEqual([...profile.categories.get(category)![direction].fields.keys()].filter((name) => !held.has(name)), []);
      }
    });

    it(`${category}: the invalid records are of many kinds`, () => {
      const codes = new Set(of("invalid").map(({ code }) => code));
      assert.deepEqual(KINDS.filter((code) => !codes.has(code)), []);
    });

    for (const { name, record, verdict, code, path: place } of vectors) {
      it(`${category}: ${name}: ${verdict}`, () => {
        const errors = check(record).map((error) => ({ code: error.code, path: error.path }));
        if (verdict === "valid") assert.deepEqual(errors, []);
        else assert.deepEqual(errors[0], { code, path: place });
      });
    }
  }
});
