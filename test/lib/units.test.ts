import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, it } from "node:test";
import { ResonanceError } from "../../nodes/lib/errors/resonance-error";
import { compileConversion, compileConverter, convert } from "../../nodes/lib/units/conversion";
import { allUnits, compatibleUnits, findUnit, requireUnit, unitOfOpcUaId } from "../../nodes/lib/units/units";

const shared = process.env["RESONANCE_SHARED"];

/** Values that two references agree on, to the digits a person would write. */
const KNOWN: readonly (readonly [number, string, string, number])[] = [
  [300, "KEL", "CEL", 26.85], [0, "CEL", "KEL", 273.15], [212, "FAH", "CEL", 100], [-40, "FAH", "CEL", -40], [273.16, "KEL", "CEL", 0.01],
  [491.67, "A48", "FAH", 32], [1, "INH", "MMT", 25.4], [1, "77", "4H", 25.4], [1, "SMI", "KMT", 1.609344],
  [60, "RPM", "RPS", 1], [1, "RPS", "E96", 360], [1500, "RPM", "2A", 157.07963267949],
  [100, "M92", "NU", 135.58179483314], [1, "M92", "F21", 12], [1, "BAR", "KPA", 100], [1, "MPA", "BAR", 10],
  [14.5037737730209, "PS", "BAR", 1], [1, "ATM", "UA", 760], [1, "L2", "41", 1000], [1, "MQH", "L2", 16.666666666667],
  [1, "G2", "L2", 3.785411784], [1, "2L", "L2", 28.316846592], [1, "GLL", "OZA", 128], [253, "MIN", "HUR", 4.2166666666667], [1, "DAY", "C26", 86400000],
  [180, "DD", "C81", 3.1415926535898], [1, "M44", "D62", 1296000], [1, "C65", "C7", 1000], [1, "89", "C24", 100], [1, "23", "KMQ", 1000],
  [1, "4C", "C17", 1], [1, "KWH", "3B", 3.6], [1, "GWH", "KWH", 1000000], [1, "K3", "K3", 1], [42, "P1", "C62", 0.42], [1, "C62", "59", 1000000], [7, "C62", "H87", 7],
  [1, "KMH", "2X", 16.666666666667], [1, "M63", "H81", 25.4], [1, "K40", "MSK", 9.80665], [1, "ON", "GM", 33.905747474882], [1, "HJ", "WTT", 735.49875],
  [0.1, "BAR", "MBR", 100], [1700000000123, "C26", "SEC", 1700000000.123], [1234567890123, "WHR", "KWH", 1234567890.123],
];

/** Symbols OPC UA's list spells badly, and ours. */
const BETTER_SYMBOLS: Readonly<Record<string, string>> = { P1: "%", MAR: "Mvar", B35: "kg/l" };

const codeOf = (expected: string) => (error: unknown) => error instanceof ResonanceError && error.code === expected;

describe("units", () => {
  it("every code has the OPC UA unitId that its ASCII bytes make, and is there once", () => {
    assert.ok(allUnits().length > 200, `only ${allUnits().length} units`);
    const seen = new Set<string>();
    for (const { code, unitId } of allUnits()) {
      assert.equal(unitId, [...Buffer.from(code, "ascii")].reduce((id, byte) => id * 256 + byte, 0), code);
      assert.ok(!seen.has(code), `${code} stands twice`);
      seen.add(code);
      assert.equal(unitOfOpcUaId(unitId)?.code, code);
    }
    assert.equal(unitOfOpcUaId(4932940)?.code, "KEL");
    assert.equal(unitOfOpcUaId(1), undefined);
  });

  it("codes, unitIds and symbols are those of the OPC Foundation's list", { skip: shared ? false : "RESONANCE_SHARED is not set" }, () => {
    const csv = readFileSync(path.join(shared ?? "", "data/units/UNECE_to_OPCUA.csv"), "utf8");
    const listed = new Map([...csv.matchAll(/^\uFEFF?([^,\r\n]+),(\d+),"((?:[^"]|"")*)"/gm)].map(([, code, id, symbol]) => [code ?? "", { id: Number(id), symbol: (symbol ?? "").replaceAll('""', '"') }]));
    assert.ok(listed.size > 1800);
    for (const { code, unitId, symbol } of allUnits()) {
      const entry = listed.get(code);
      assert.ok(entry, `${code} is not in the list`);
      assert.equal(unitId, entry.id, code);
      assert.equal(symbol, BETTER_SYMBOLS[code] ?? entry.symbol, code);
    }
  });

  it("values convert as references say, without digits that only rounding makes", () => {
    for (const [value, from, to, expected] of KNOWN) {
      assert.equal(compileConverter(from, to)(value), expected, `${value} ${from} in ${to}`);
    }
  });

  it("the identity returns every number as it is", () => {
    for (const value of [0.1 + 0.2, -0, 1e-300, 1.7976931348623157e308, 2 ** 60]) {
      assert.ok(Object.is(compileConverter("NU", "NU")(value), value));
      assert.ok(Object.is(compileConverter("C7", "C24")(value), value), "units of the same size");
    }
  });

  it("there and back gives the value again, for every pair of compatible units", () => {
    let pairs = 0;
    for (const from of allUnits()) {
      for (const to of compatibleUnits(from.code)) {
        const [there, back] = [compileConverter(from.code, to.code), compileConverter(to.code, from.code)];
        for (const value of [0, 1, -3.7, 298.15, 1551, 0.0625]) {
          const span = Math.max(Math.abs(value), Math.abs(from.offset / from.factor), Math.abs(to.offset / from.factor));
          assert.ok(Math.abs(back(there(value)) - value) <= span * 1e-12, `${value} ${from.code} → ${to.code} → ${back(there(value))}`);
        }
        pairs++;
      }
    }
    assert.ok(pairs > 2000, `${pairs} pairs`);
  });

  it("factors between decimal multiples are exact", () => {
    assert.deepEqual(compileConversion("MMT", "4H"), { factor: 1000, offset: 0 });
    assert.deepEqual(compileConversion("MIN", "SEC"), { factor: 60, offset: 0 });
    assert.deepEqual(compileConversion("CEL", "KEL"), { factor: 1, offset: 273.15 });
    assert.equal(convert({ factor: 2, offset: 1 }, Infinity), Infinity);
  });

  it("an unknown unit is named, with the setting it stands in", () => {
    assert.throws(() => requireUnit("XYZ", "tags/2/unit"), (error) =>
      codeOf("RESONANCE_UNIT_UNKNOWN")(error) && (error as ResonanceError).path === "tags/2/unit" && /XYZ/.test((error as Error).message));
    assert.throws(() => compileConversion("CEL", "celsius"), codeOf("RESONANCE_UNIT_UNKNOWN"));
    assert.equal(findUnit("constructor"), undefined);
  });

  it("units of different quantities never convert, and the error names both", () => {
    for (const [from, to] of [["NU", "JOU"], ["CEL", "BAR"], ["RPM", "HTZ"], ["MQH", "Q40"], ["P1", "H87"], ["KWT", "KVA"]] as const) {
      assert.throws(() => compileConversion(from, to, "x"), (error) =>
        codeOf("RESONANCE_UNIT_INCOMPATIBLE")(error) && (error as Error).message.includes(from) && (error as Error).message.includes(to));
    }
    assert.ok(!compatibleUnits("NU").some(({ quantity }) => quantity !== "torque"));
    assert.deepEqual(compatibleUnits("nothing"), []);
  });
});
