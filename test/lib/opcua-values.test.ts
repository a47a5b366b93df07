import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { DataType, DataValue, DiagnosticInfo, StatusCodes, Variant, VariantArrayType } from "node-opcua";
import { ResonanceError, type ErrorCode } from "../../nodes/lib/errors/resonance-error";
import type { OpcUaConnection } from "../../nodes/lib/opcua/connection";
import { compileRows, type RowSetting } from "../../nodes/lib/opcua/out-settings";
import { callTask, historyTask, readTask, writeTask, type TaskResult, type WriteSetup } from "../../nodes/lib/opcua/out-tasks";
import { unitOf } from "../../nodes/lib/opcua/engineering-unit";
import { parseNodeId } from "../../nodes/lib/opcua/node-id";
import { createInputCollector } from "../../nodes/lib/record/input-collector";
import { loadBuiltInProfile } from "../../nodes/lib/profile/load-profile";
import { profileKey } from "../../nodes/lib/profile/profile-lookup";
import { requireCategory } from "../../nodes/lib/profile/profile-lookup";
import type { Sample } from "../../nodes/lib/record/sample";
import { allUnits } from "../../nodes/lib/units/units";
import { closeConnections, connect, record } from "../support/opcua-client";
import { PLANT, startPlant, stopPlants, type Plant } from "../support/opcua-plant";

/** Values of every type both ways, units, writing, calling and history, with a real server over a socket. */

let pki = "";
let plant: Plant;
let connection: OpcUaConnection;
let letGo: () => void;
const never = new AbortController().signal;

before(async () => {
  pki = await mkdtemp(path.join(tmpdir(), "resonance-pki-"));
  plant = await startPlant();
  connection = connect(plant.endpointUrl, pki);
  letGo = connection.hold();
});
after(async () => {
  letGo();
  await closeConnections();
  await stopPlants();
  await rm(pki, { recursive: true, force: true });
});

const row = (tag: string, more: Partial<RowSetting> = {}): RowSetting => ({ tag, nodeId: PLANT + tag, ...more });
const rowsOf = (...items: readonly (string | RowSetting)[]) => compileRows(items.map((item) => (typeof item === "string" ? row(item) : item)));
const writer = (items: readonly (string | RowSetting)[], setup: Partial<WriteSetup> = {}) => writeTask({
  connection, rows: rowsOf(...items), timeout: 10_000, confirmWithin: 500, checkRange: true, together: "command", repeat: false,
  profileOf: (key) => (key === profileKey(profile) ? profile : undefined), ...setup,
});
const profile = loadBuiltInProfile();
const write = (payload: unknown, items: readonly (string | RowSetting)[], setup: Partial<WriteSetup> = {}, topic?: string): Promise<TaskResult> => writer(items, setup)(payload, topic)(never);
const codesOf = ({ failures }: TaskResult): string[] => failures.map(({ code, path: where }) => `${code} ${where}`);
const samplesOf = ({ payload }: TaskResult): readonly (Sample & { confirmed?: string })[] => (payload ?? []) as readonly Sample[];
const failsWith = (code: ErrorCode, where?: string) => (thrown: unknown): boolean => {
  assert.ok(thrown instanceof ResonanceError, String(thrown));
  assert.equal(thrown.code, code, thrown.message);
  if (where !== undefined) assert.equal(thrown.path, where);
  return true;
};

/** A value of each type in plain form; what is written reads back as this. */
const VALUES: Readonly<Record<string, readonly unknown[]>> = {
  Boolean: [true, false], SByte: [-128, 127], Byte: [0, 255], Int16: [-32768, 32767], UInt16: [0, 65535], Int32: [-2147483648, 2147483647], UInt32: [0, 4294967295],
  Int64: ["-9223372036854775808", -1, "9223372036854775807", 9007199254740991], UInt64: [0, "18446744073709551615", 4294967296],
  Float: [1.5, NaN, Infinity], Double: [0.1, -Infinity, NaN, Number.MAX_VALUE], String: ["Größe 测", ""],
  DateTime: ["2026-02-03T04:05:06.789Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"], Guid: ["72962B91-FA75-4AE6-8D28-B404DC7DAF63"],
  ByteString: ["AQL/", ""], XmlElement: ["<a b=\"1\">ä</a>"], NodeId: ["ns=0;i=2258", "ns=1;s=X"], ExpandedNodeId: ["ns=0;i=2258"],
  StatusCode: ["BadSensorFailure", "Good"], QualifiedName: ["2:Spindle"], LocalizedText: ["läuft"],
};

describe("every built-in type, both ways", () => {
  for (const [type, values] of Object.entries(VALUES)) {
    test(`${type}: what is written reads back the same, alone and in a list`, async () => {
      for (const value of values) {
        const [sample, ...more] = samplesOf(await write({ [type]: value }, [type]));
        assert.deepEqual({ value: sample?.value, confirmed: sample?.confirmed, more }, { value, confirmed: "read", more: [] });
      }
      const list = await write({ [`${type}s`]: values }, [`${type}s`]);
      assert.deepEqual(codesOf(list), []);
      assert.deepEqual(samplesOf(list)[0]?.value, values);
    });
  }

  test("64-bit integers also come as BigInt, texts with their locale, bytes as a Buffer, times as a Date", async () => {
    const result = await write({ Int64: -(2n ** 63n), UInt64: 2n ** 64n - 1n, LocalizedText: { text: "fertig", locale: "de" }, ByteString: Buffer.from([1, 2]), DateTime: new Date("2026-01-01T00:00:00Z") },
      ["Int64", "UInt64", "LocalizedText", "ByteString", "DateTime"]);
    assert.deepEqual(codesOf(result), []);
    assert.deepEqual(Object.fromEntries(samplesOf(result).map(({ tag, value }) => [tag, value])),
      { Int64: "-9223372036854775808", UInt64: "18446744073709551615", LocalizedText: "fertig", ByteString: "AQI=", DateTime: "2026-01-01T00:00:00.000Z" });
    assert.equal(samplesOf(result).find(({ tag }) => tag === "LocalizedText")?.locale, "de");
  });

  test("matrices keep their form; one of another form, a ragged or too long one is refused", async () => {
    const cube = [[[1, 2], ["9007199254740993", 4]], [[5, 6], [7, 8]]];
    const result = await write({ Matrix: [[1, 2, 3], [4, 5, 6]], Cube: cube, Doubles: new Float64Array([1, NaN]) }, ["Matrix", "Cube", "Doubles"]);
    assert.deepEqual(samplesOf(result).map(({ value }) => value), [[[1, 2, 3], [4, 5, 6]], cube, [1, NaN]]);
    for (const [value, code, where] of [
      [[1, 2], "RESONANCE_VALUE_TYPE", "payload/Matrix"], [[[1, 2], [3]], "RESONANCE_VALUE_LENGTH", "payload/Matrix/1"], [[[1, 2, 3], [4, 5, "6"]], "RESONANCE_VALUE_TYPE", "payload/Matrix/5"],
      [[[1, 2, 3], [1, 2, 3], [1, 2, 3]], "RESONANCE_VALUE_LENGTH", "payload/Matrix"], [7, "RESONANCE_VALUE_TYPE", "payload/Matrix"],
    ] as const) assert.deepEqual(codesOf(await write({ Matrix: value }, ["Matrix"])), [`${code} ${where}`]);
  });

  test("a variable of any type takes what it holds, and an empty one what the value is", async () => {
    for (const [held, given, read] of [[["UInt16", 1], 65535, 65535], [["Int64", [0, 1]], "9007199254740993", "9007199254740993"], [["String", "a"], "b", "b"]] as const) {
      plant.set("Any", held[0], held[1]);
      assert.deepEqual(samplesOf(await write({ Any: given }, ["Any"]))[0]?.value, read);
    }
    plant.set("Any", "UInt16", 1);
    assert.deepEqual(codesOf(await write({ Any: 65536 }, ["Any"])), ["RESONANCE_VALUE_RANGE payload/Any"]);
    const result = await write({ Number: 1.5 }, ["Number"]);
    assert.deepEqual([codesOf(result), samplesOf(result)[0]?.value], [[], 1.5]);
  });

  test("variants, data values and diagnostics inside others become plain", async () => {
    const heard = record(connection, { any: `${PLANT}Any` });
    const next = async (): Promise<unknown> => {
      const count = heard.samples().length;
      await heard.until(() => heard.samples().length > count, "the value");
      return heard.samples().at(-1)?.value;
    };
    await heard.until(() => heard.samples().length > 0, "first value");
    let value = next();
    plant.set("Any", "Variant", [new Variant({ dataType: DataType.Double, value: 1.5 }), new Variant({ dataType: DataType.String, value: "x" }), new Variant({ dataType: DataType.Int64, arrayType: VariantArrayType.Scalar, value: [0x200000, 1] })], { array: true });
    assert.deepEqual(await value, [1.5, "x", "9007199254740993"]);
    value = next();
    plant.set("Any", "DataValue", new DataValue({ value: new Variant({ dataType: DataType.Int16, value: 7 }) }));
    assert.equal(await value, 7);
    value = next();
    plant.set("Any", "DiagnosticInfo", new DiagnosticInfo({ additionalInfo: "limit switch", innerStatusCode: StatusCodes.BadDeviceFailure }));
    assert.deepEqual(await value, { additionalInfo: "limit switch", innerStatusCode: "BadDeviceFailure" });
    heard.handle.close();
  });
});

describe("a value that is not of the type is refused before anything is sent", () => {
  const wrong: readonly (readonly [type: string, value: unknown, code: ErrorCode])[] = [
    ["Int16", 32768, "RESONANCE_VALUE_RANGE"], ["Byte", -1, "RESONANCE_VALUE_RANGE"], ["Int32", 1.5, "RESONANCE_VALUE_TYPE"], ["Int32", "12", "RESONANCE_VALUE_TYPE"],
    ["Int64", 2 ** 53, "RESONANCE_VALUE_TYPE"], ["Int64", "9223372036854775808", "RESONANCE_VALUE_RANGE"], ["UInt64", "-1", "RESONANCE_VALUE_RANGE"], ["UInt32", NaN, "RESONANCE_VALUE_TYPE"],
    ["Float", 1e300, "RESONANCE_VALUE_RANGE"], ["Double", "1.5", "RESONANCE_VALUE_TYPE"], ["Double", true, "RESONANCE_VALUE_TYPE"], ["Boolean", 2, "RESONANCE_VALUE_TYPE"],
    ["String", 5, "RESONANCE_VALUE_TYPE"], ["DateTime", "yesterday", "RESONANCE_VALUE_TYPE"], ["DateTime", 5, "RESONANCE_VALUE_TYPE"], ["Guid", "7296", "RESONANCE_VALUE_TYPE"],
    ["ByteString", "###", "RESONANCE_VALUE_TYPE"], ["StatusCode", "BadNonsense", "RESONANCE_VALUE_TYPE"], ["NodeId", "nsu=urn:nowhere;s=X", "RESONANCE_VALUE_TYPE"], ["Double", [1], "RESONANCE_VALUE_TYPE"],
    ["Doubles", 1, "RESONANCE_VALUE_TYPE"], ["State", 5, "RESONANCE_VALUE_ENUM"], ["State", "Sleeping", "RESONANCE_VALUE_ENUM"],
  ];
  for (const [type, value, code] of wrong) {
    test(`${type}: ${typeof value === "string" ? `"${value}"` : String(value)}`, async () => {
      const result = await write([{ tag: type, value }], [type]);
      assert.deepEqual(codesOf(result), [`${code} payload/${type}`]);
      assert.equal(result.payload, undefined);
    });
  }
});

describe("enumerations, structures and unions of the server's own types", () => {
  const JOB = {
    JobID: "J-1", Count: "9007199254740993", State: "Running", Pace: 250, Points: [{ X: 1, Y: 2.5 }, { X: -1, Y: 0 }],
    Start: "2026-02-03T04:05:06.789Z", Remark: "Größe", Extra: 7, Home: { X: 0, Y: 9 },
  };

  test("an enumeration has its number and beside it its name; it is written by name or number", async () => {
    for (const value of ["Faulted", 7]) {
      const [sample] = samplesOf(await write({ State: value }, ["State"]));
      assert.deepEqual([sample?.value, sample?.enumeration], [7, "Faulted"]);
    }
    assert.deepEqual(samplesOf(await write({ States: ["Idle", 3] }, ["States"]))[0]?.value, [0, 3]);
    const [mode] = samplesOf(await write({ Mode: "Manual" }, ["Mode"]));
    assert.deepEqual([mode?.value, mode?.enumeration], [0, "Manual"]);
  });

  test("a structure is an object with the type's own names, however deep, with or without its optional fields", async () => {
    const { JobID, Count, State, Pace, Points } = JOB;
    const least = { JobID, Count, State, Pace, Points };
    for (const job of [JOB, least]) {
      const result = await write({ Job: job }, ["Job"]);
      assert.deepEqual(codesOf(result), []);
      assert.deepEqual(samplesOf(result)[0]?.value, job);
    }
    const list = await write({ Jobs: [JOB, least] }, ["Jobs"]);
    assert.deepEqual(samplesOf(list)[0]?.value, [JOB, least]);
  });

  test("a subscriber gets it decoded too", async () => {
    plant.set("Job", "ExtensionObject", plant.make("JobData", { jobID: "S", count: [0, 5], state: 3, pace: 1, points: [] }));
    const heard = record(connection, { job: `${PLANT}Job`, state: `${PLANT}State`, target: `${PLANT}Target` });
    plant.set("Target", "ExtensionObject", plant.make("Target", { place: { x: 1, y: 2 } }));
    await heard.until(() => ["job", "state", "target"].every((tag) => heard.samples(tag).some(({ value }) => value !== null)), "all values");
    assert.deepEqual(heard.samples("job").at(-1)?.value, { JobID: "S", Count: 5, State: "Running", Pace: 1, Points: [] });
    assert.deepEqual(heard.samples("target").at(-1)?.value, { Place: { X: 1, Y: 2 } });
    assert.equal(heard.samples("state").at(-1)?.enumeration, "Faulted");
    heard.handle.close();
  });

  test("a union holds exactly one of its choices", async () => {
    for (const target of [{ Speed: 1500 }, { Program: "O1000" }, { Place: { X: 3, Y: 4 } }]) {
      assert.deepEqual(samplesOf(await write({ Target: target }, ["Target"]))[0]?.value, target);
    }
    assert.deepEqual(codesOf(await write({ Target: { Speed: 1, Program: "x" } }, ["Target"])), ["RESONANCE_VALUE_LENGTH payload/Target"]);
  });

  test("a field that is missing, too many or of another type is named", async () => {
    for (const [job, error] of [
      [{ ...JOB, Count: undefined }, "RESONANCE_FIELD_MISSING payload/Job/Count"], [{ ...JOB, Colour: 1 }, "RESONANCE_FIELD_UNEXPECTED payload/Job/Colour"],
      [{ ...JOB, Points: [{ X: "1", Y: 0 }] }, "RESONANCE_VALUE_TYPE payload/Job/Points/0/X"], [{ ...JOB, State: "Asleep" }, "RESONANCE_VALUE_ENUM payload/Job/State"], [5, "RESONANCE_VALUE_TYPE payload/Job"],
    ] as const) assert.deepEqual(codesOf(await write([{ tag: "Job", value: job }], ["Job"])), [error]);
  });
});

describe("units", () => {
  test("an EUInformation is read by its ID, else by its display name; every unit of the pack is found again", () => {
    for (const { code, unitId, symbol } of allUnits()) {
      assert.equal(unitOf({ namespaceUri: "http://www.opcfoundation.org/UA/units/un/cefact", unitId, displayName: { text: "whatever" } }).unit, code);
      const byName = unitOf({ namespaceUri: "urn:vendor", unitId: 7, displayName: { text: symbol } });
      if (byName.unit === undefined) assert.ok(allUnits().filter((other) => other.symbol === symbol).length > 1, symbol);
    }
    assert.deepEqual(unitOf({ unitId: -1, displayName: { text: "\u03bcm" } }), { unit: "4H" });
    assert.deepEqual(unitOf({ unitId: -1, displayName: { text: "furlong" } }), { foreignUnit: "furlong" });
    // A unit of UN/CEFACT the pack does not know is not another one of the same spelling.
    assert.deepEqual(unitOf({ unitId: 5_000_000, displayName: { text: "m" } }), { foreignUnit: "m" });
    for (const nothing of [null, undefined, {}, { unitId: -1, displayName: { text: null } }]) assert.deepEqual(unitOf(nothing), {});
  });

  test("samples carry the unit the server states, and an input record is converted from it where the row names none", async () => {
    plant.set("Coolant", "Double", 21.5);
    const heard = record(connection, { coolant: `${PLANT}Coolant`, odd: `${PLANT}Odd`, plain: `${PLANT}Double` });
    await heard.until(() => heard.samples("coolant").some(({ value }) => value === 21.5) && heard.samples("plain").length > 0 && heard.samples("odd").length > 0, "the values");
    assert.equal(heard.samples("coolant").at(-1)?.unit, "CEL");
    assert.deepEqual([heard.samples("odd").at(-1)?.unit, heard.samples("plain").at(-1)?.unit], [undefined, undefined]);
    heard.handle.close();
    const silent = record(connection, { coolant: `${PLANT}Coolant` }, { units: false });
    await silent.until(() => silent.samples().length > 0, "the value");
    assert.equal(silent.samples()[0]?.unit, undefined);
    silent.handle.close();

    const tag = (name: string, field: string, unit = "") => ({ tag: name, field, unit, maxAge: 0, optional: false });
    const collect = (unit: string, sample: object) => {
      const collector = createInputCollector({
        profile, category: "predictive-maintenance", equipment: { path: "acme" }, trigger: "message", badQuality: "reject",
        tags: [tag("coolant", "processTemperature", unit), tag("speed", "rotationalSpeed"), tag("torque", "torque")],
      });
      const time = "2026-11-22T08:00:00.000Z";
      return collector.accept([{ tag: "coolant", value: 21.5, quality: "Good", timestamp: time, ...sample }, { tag: "speed", value: 25, unit: "C97", timestamp: time }, { tag: "torque", value: 40, timestamp: time }]);
    };
    assert.equal(requireCategory(profile, "predictive-maintenance").input.fields.get("processTemperature")?.schema.unit, "KEL");
    const hertz = collect("", { unit: "CEL" });
    assert.deepEqual(hertz.rejected.flatMap(({ errors }) => errors.map(({ code, path: where }) => [code, where])), [["RESONANCE_VALUE_UNIT", "values/rotationalSpeed"]]);
    const only = createInputCollector({
      profile, category: "predictive-maintenance", equipment: { path: "acme" }, trigger: "message", badQuality: "reject",
      tags: [tag("coolant", "processTemperature"), tag("speed", "rotationalSpeed"), tag("torque", "torque")],
    });
    const [made] = only.accept([{ tag: "coolant", value: 21.5, unit: "CEL" }, { tag: "speed", value: 25, unit: "RPS" }, { tag: "torque", value: 40 }]).records;
    assert.equal(made?.values["processTemperature"], 294.65);
    const set = createInputCollector({
      profile, category: "predictive-maintenance", equipment: { path: "acme" }, trigger: "message", badQuality: "reject",
      tags: [tag("coolant", "processTemperature", "KEL"), tag("speed", "rotationalSpeed"), tag("torque", "torque")],
    });
    const [kept] = set.accept([{ tag: "coolant", value: 300, unit: "CEL" }, { tag: "speed", value: 1500 }, { tag: "torque", value: 40 }]).records;
    assert.equal(kept?.values["processTemperature"], 300, "what the row says counts");
  });

  test("a value is converted to the variable's unit: the server's, or what the row says of it", async () => {
    const [feed, whole, coolant, spindle] = samplesOf(await write([
      { tag: "FeedOverride", value: 0.85, unit: "C62" }, { tag: "FeedOverrideWhole", value: 0.85, unit: "C62" }, { tag: "Coolant", value: 293.15, unit: "KEL" }, { tag: "Spindle", value: 1500 },
    ], ["FeedOverride", "FeedOverrideWhole", "Coolant", row("Spindle", { unit: "RPM" })]));
    assert.deepEqual([feed?.value, feed?.unit, whole?.value, coolant?.value, coolant?.unit, spindle?.value], [85, "P1", 85, 20, "CEL", 1500]);
    const rows = [row("FeedOverride", { unit: "P1" }), row("Odd", { unit: "MTR", targetUnit: "KMT" }), row("Double", { unit: "MTR" })];
    const result = await write({ FeedOverride: 50, Odd: 1500, Double: 1 }, rows);
    assert.deepEqual(samplesOf(result).map(({ tag, value, unit }) => [tag, value, unit]), [["FeedOverride", 50, "P1"], ["Odd", 1.5, "KMT"]]);
    assert.deepEqual(codesOf(result), ["RESONANCE_OPCUA_UNIT_OPEN payload/Double"]);
    assert.deepEqual(codesOf(await write([{ tag: "Coolant", value: 20, unit: "MTR" }, { tag: "Odd", value: 1, unit: "MTR" }], ["Coolant", "Odd"])),
      ["RESONANCE_UNIT_INCOMPATIBLE payload/Coolant", "RESONANCE_OPCUA_UNIT_OPEN payload/Odd"]);
    assert.deepEqual(codesOf(await write([{ tag: "FeedOverrideWhole", value: 0.855, unit: "C62" }], ["FeedOverrideWhole"])), ["RESONANCE_VALUE_TYPE payload/FeedOverrideWhole"]);
  });

  test("a number outside the EURange is refused, in the variable's unit, unless the check is off", async () => {
    assert.deepEqual(codesOf(await write([{ tag: "FeedOverride", value: 1.5, unit: "C62" }, { tag: "Coolant", value: NaN }], ["FeedOverride", "Coolant"])),
      ["RESONANCE_OPCUA_OUT_OF_RANGE payload/FeedOverride", "RESONANCE_OPCUA_OUT_OF_RANGE payload/Coolant"]);
    assert.equal(samplesOf(await write({ Spindle: 1e6 }, ["Spindle"]))[0]?.value, 1e6, "0 … 0 is no range");
    assert.deepEqual(codesOf(await write({ FeedOverride: 150 }, ["FeedOverride"], { checkRange: false })), []);
  });
});

describe("what a message asks to write", () => {
  const command = (values: object, more: object = {}) => ({
    profile: profileKey(profile), category: "adaptive-control", direction: "output", nature: "command", id: "c-1", timestamp: "2026-11-22T08:00:00.000Z", equipment: "acme",
    inputId: "p-1", model: { id: "m", version: "1" }, values, ...more,
  });
  const fields = [...requireCategory(profile, "adaptive-control").output.fields.values()].filter(({ schema }) => schema.type === "number");
  const share = fields.find(({ schema }) => schema.unit === "C62" || schema.unit === "P1")?.name ?? "";

  test("only a command that still holds is carried out, in the profile's units", async () => {
    const rows = [{ tag: share, nodeId: `${PLANT}FeedOverride` }];
    const unit = fields.find(({ name }) => name === share)?.schema.unit;
    const half = unit === "P1" ? 50 : 0.5;
    const result = await write(command({ [share]: half }, { validUntil: new Date(Date.now() + 60_000).toISOString() }), rows);
    assert.deepEqual([codesOf(result), samplesOf(result)[0]?.value, result.about], [[], 50, { write: { commandId: "c-1", confirmed: 1, failed: 0 } }]);
    for (const nature of ["proposal", "prediction", "measurement"]) {
      assert.throws(() => writer(rows)(command({ [share]: half }, { nature }), undefined), failsWith("RESONANCE_OPCUA_NOT_A_COMMAND", "nature"));
    }
    assert.throws(() => writer(rows)(command({ [share]: half }, { validUntil: "2026-01-01T00:00:00Z" }), undefined), failsWith("RESONANCE_OPCUA_COMMAND_EXPIRED", "validUntil"));
    assert.throws(() => writer(rows)(command({ other: 1 }, { profile: "own@1" }), undefined), failsWith("RESONANCE_OPCUA_NOTHING_TO_WRITE"));
    assert.throws(() => writer(rows)({ ...command({}), values: { [share]: 1 }, id: "" }, undefined), failsWith("RESONANCE_RECORD_INVALID", "id"));
    // Of a profile that is not there nobody knows the units.
    assert.deepEqual(codesOf(await write(command({ [share]: half }, { profile: "own@1" }), [{ ...rows[0]!, unit: "MTR" }])), [`RESONANCE_UNIT_INCOMPATIBLE values/${share}`]);
  });

  test("a command's validity is looked at again right before it is sent", async () => {
    const before = plant.heard.length;
    const soon = writer([{ tag: share, nodeId: `${PLANT}Stubborn`, targetUnit: "P1" }])(command({ [share]: 0.5 }, { validUntil: new Date(Date.now() + 30).toISOString() }), undefined);
    await new Promise((resolve) => setTimeout(resolve, 40));
    await assert.rejects(soon(never), failsWith("RESONANCE_OPCUA_COMMAND_EXPIRED"));
    assert.equal(plant.heard.length, before);
  });

  test("a clock that is set back does not make a command that waits valid again", async (context) => {
    const before = plant.heard.length;
    const waits = writer([{ tag: share, nodeId: `${PLANT}Stubborn`, targetUnit: "P1" }])(command({ [share]: 0.5 }, { validUntil: new Date(Date.now() + 30).toISOString() }), undefined);
    const now = Date.now();
    context.mock.method(Date, "now", () => now - 3_600_000);
    await new Promise((resolve) => setTimeout(resolve, 40));
    await assert.rejects(waits(never), failsWith("RESONANCE_OPCUA_COMMAND_EXPIRED"));
    assert.equal(plant.heard.length, before);
  });

  test("the values of a command are written together or not at all; those of other messages each by itself, or as set", async () => {
    const rows = ["Double", "Int16"];
    for (const [payload, together, written, codes] of [
      [{ Double: 1, Int16: "x" }, "command", ["Double"], ["RESONANCE_VALUE_TYPE payload/Int16"]],
      [{ Double: 2, Int16: "x" }, "always", [], ["RESONANCE_VALUE_TYPE payload/Int16", "RESONANCE_OPCUA_WITHHELD payload/Double"]],
      [command({ Double: 3, Int16: "x" }, { profile: "own@1" }), "command", [], ["RESONANCE_VALUE_TYPE values/Int16", "RESONANCE_OPCUA_WITHHELD values/Double"]],
      [command({ Double: 4, Int16: "x" }, { profile: "own@1" }), "never", ["Double"], ["RESONANCE_VALUE_TYPE values/Int16"]],
    ] as const) {
      const result = await write(payload, rows, { together });
      assert.deepEqual([samplesOf(result).map(({ tag }) => tag), codesOf(result)], [written, codes]);
    }
  });

  test("samples, objects and plain values; an unknown tag and bad quality are failures of their own", async () => {
    assert.equal(samplesOf(await write(5, ["Double"], {}, "Double"))[0]?.value, 5);
    assert.deepEqual(samplesOf(await write([1, 2], ["Doubles"], {}, "Doubles"))[0]?.value, [1, 2]);
    assert.deepEqual(samplesOf(await write({ Speed: 9 }, ["Target"], {}, "Target"))[0]?.value, { Speed: 9 });
    assert.equal(samplesOf(await write({ tag: "Double", value: 6 }, ["Double"], {}, "Double"))[0]?.value, 6);
    const result = await write([{ tag: "Double", value: 7 }, { tag: "Nobody", value: 1 }, { tag: "Int16", value: 1, quality: "Bad", status: "BadSensorFailure" }, 5], ["Double", "Int16"]);
    assert.deepEqual(samplesOf(result).map(({ value }) => value), [7]);
    assert.deepEqual(codesOf(result).sort(), ["RESONANCE_OPCUA_TAG_UNKNOWN payload/Nobody", "RESONANCE_QUALITY_BAD payload/Int16", "RESONANCE_SAMPLE_INVALID payload/3"]);
    assert.throws(() => writer(["Double"])({}, undefined), failsWith("RESONANCE_OPCUA_NOTHING_TO_WRITE"));
  });

  test("more values than the server takes in one call, and several for one variable, keep their order", async () => {
    const tags = Object.keys(VALUES).filter((type) => /Int|Byte$|Double|Float/.test(type));
    const result = await write(Object.fromEntries(tags.map((tag, index) => [tag, index])), tags);
    assert.deepEqual([codesOf(result), samplesOf(result).map(({ value }) => value)], [[], tags.map((_, index) => index)]);
    const before = plant.heard.length;
    await write([3, 1, 2].map((value) => ({ tag: "Stubborn", value })), ["Stubborn"]);
    assert.deepEqual(plant.heard.slice(before), [3, 1, 2]);
  });
});

describe("what the server makes of it", () => {
  for (const [name, code] of [
    ["ReadOnly", "RESONANCE_OPCUA_NOT_WRITABLE"], ["Denied", "RESONANCE_OPCUA_NOT_WRITABLE"], ["Picky", "RESONANCE_OPCUA_WRITE_REFUSED"], ["Narrow", "RESONANCE_OPCUA_WRITE_REFUSED"],
    ["Nowhere", "RESONANCE_OPCUA_NODE_UNKNOWN"], ["Machine", "RESONANCE_OPCUA_NODE_UNKNOWN"], ["Stubborn", "RESONANCE_OPCUA_NOT_CONFIRMED"],
  ] as const) {
    test(`${name}: ${code}, and what else is in the message is written`, async () => {
      const result = await write({ Double: 1, [name]: 70 }, ["Double", name]);
      assert.deepEqual([samplesOf(result).map(({ tag }) => tag), codesOf(result)], [["Double"], [`${code} payload/${name}`]]);
    });
  }

  test("a namespace the server does not have fails alone", async () => {
    const result = await write({ Double: 1, far: 2 }, ["Double", { tag: "far", nodeId: "nsu=urn:nowhere;s=X" }]);
    assert.deepEqual(codesOf(result), ["RESONANCE_OPCUA_NODE_UNKNOWN payload/far"]);
  });

  test("what takes a moment is waited for; what cannot be read back, or need not, is confirmed by the answer alone", async () => {
    const late = await write({ Late: 12 }, ["Late"]);
    assert.deepEqual(samplesOf(late).map(({ value, confirmed }) => [value, confirmed]), [[12, "read"]]);
    assert.deepEqual(codesOf(await write({ Late: 13 }, ["Late"], { confirmWithin: 20 })), ["RESONANCE_OPCUA_NOT_CONFIRMED payload/Late"]);
    assert.deepEqual(samplesOf(await write({ WriteOnly: 3 }, ["WriteOnly"])).map(({ value, confirmed }) => [value, confirmed]), [[3, "answer"]]);
    assert.deepEqual(samplesOf(await write({ Stubborn: 90 }, ["Stubborn"], { confirmWithin: 0 })).map(({ value, confirmed }) => [value, confirmed]), [[90, "answer"]]);
  });
});

describe("reading on a message", () => {
  test("all rows or those that are asked for; what is not there is Bad with the server's status", async () => {
    plant.set("Coolant", "Double", 33, { status: StatusCodes.UncertainLastUsableValue, time: new Date("2026-01-01T00:00:00Z") });
    plant.set("State", "Int32", 3);
    const rows = rowsOf("Coolant", "State", "Nowhere", { tag: "far", nodeId: "nsu=urn:nowhere;s=X" });
    const read = readTask({ connection, timeout: 10_000, rows });
    const { payload, count } = await read(undefined, undefined)(never);
    const [coolant, state, nowhere, far] = payload as readonly Sample[];
    assert.equal(count, 4);
    assert.deepEqual(coolant, { tag: "Coolant", value: 33, unit: "CEL", quality: "Uncertain", status: "UncertainLastUsableValue", timestamp: "2026-01-01T00:00:00.000Z" });
    assert.deepEqual([state?.value, state?.enumeration], [3, "Running"]);
    assert.deepEqual([nowhere?.quality, nowhere?.status, far?.status], ["Bad", "BadNodeIdUnknown", "BadNodeIdUnknown"]);
    assert.deepEqual((await read(["State"], undefined)(never)).count, 1);
    assert.throws(() => read(["Other"], undefined), failsWith("RESONANCE_OPCUA_TAG_UNKNOWN"));
  });
});

describe("calling a method", () => {
  const call = (name: string, payload: unknown): Promise<TaskResult> =>
    callTask({ connection, timeout: 10_000, repeat: false, method: { objectId: parseNodeId(`${PLANT}Machine`, ""), methodId: parseNodeId(PLANT + name, "") } })(payload, undefined)(never);

  test("arguments by name or by position, with the types of the server; results by name", async () => {
    const expected = { line: 7, job: { JobID: "O1", Count: "9007199254740993", State: "Running", Pace: 1, Points: [] } };
    for (const payload of [{ offsets: [1, 2], program: "O1", state: "Faulted", count: "9007199254740993" }, ["O1", "9007199254740993", 7, [1, 2]]]) {
      const result = await call("Load", payload);
      assert.deepEqual([result.payload, (result.about["call"] as { status: string }).status], [expected, "Good"]);
      const [name, program, count, state, offsets] = plant.heard.at(-1) as unknown[];
      assert.deepEqual([name, program, count, state, [...(offsets as Float64Array)]], ["Load", "O1", [0x200000, 1], 7, [1, 2]]);
    }
    assert.deepEqual((await call("Stop", undefined)).payload, {});
  });

  test("a wrong, missing or refused argument is named", async () => {
    const whole = { program: "O1", count: 1, state: "Idle", offsets: [1] };
    await assert.rejects(call("Load", { ...whole, count: 1.5 }), failsWith("RESONANCE_VALUE_TYPE", "payload/count"));
    await assert.rejects(call("Load", { program: "O1" }), failsWith("RESONANCE_OPCUA_METHOD_ARGUMENT", "payload/count"));
    await assert.rejects(call("Load", { ...whole, speed: 1 }), failsWith("RESONANCE_OPCUA_METHOD_ARGUMENT", "payload/speed"));
    await assert.rejects(call("Load", ["O1"]), failsWith("RESONANCE_OPCUA_METHOD_ARGUMENT", "payload/count"));
    await assert.rejects(call("Refuse", 99), (thrown) => failsWith("RESONANCE_OPCUA_METHOD_ARGUMENT", "payload/speed")(thrown) && /BadOutOfRange/.test(String(thrown)));
    await assert.rejects(call("Nowhere", 1), failsWith("RESONANCE_OPCUA_METHOD_FAILED"));
  });
});

describe("history", () => {
  const start = Date.parse("2026-11-22T08:00:00.000Z");
  before(() => {
    for (let step = 0; step < 2500; step += 1) plant.set("Past", "Double", step, { time: new Date(start + step * 1000) });
  });
  const read = (payload: unknown, limit = 5000, ...items: string[]) => historyTask({ connection, timeout: 20_000, rows: rowsOf("Past", ...items), span: 3_600_000, limit })(payload, undefined)(never);

  test("raw values between two times, over as many calls as it takes, in order and none twice", async () => {
    const result = await read({ from: "2026-11-22T08:00:10Z", to: "2026-11-22T08:40:10Z" });
    const samples = samplesOf(result);
    assert.deepEqual(codesOf(result), []);
    assert.deepEqual([samples.length, samples[0]?.value, samples.at(-1)?.value], [2400 + (samples.at(-1)?.value === 2410 ? 1 : 0), 10, samples.at(-1)?.value]);
    assert.ok(samples.every(({ value }, index) => value === 10 + index));
    assert.equal(samples[0]?.timestamp, "2026-11-22T08:00:10.000Z");
    assert.deepEqual((result.about["history"] as { truncated: string[] }).truncated, []);
  });

  test("never more than the limit, and it is told that there is more; a variable without history fails alone", async () => {
    const result = await read({ from: start, to: start + 3_600_000, limit: 1500 }, 5000, "Double");
    assert.deepEqual(samplesOf(result).map(({ value }) => value), Array.from({ length: 1500 }, (_, step) => step));
    assert.deepEqual((result.about["history"] as { truncated: string[] }).truncated, ["Past"]);
    assert.deepEqual(codesOf(result), ["RESONANCE_OPCUA_HISTORY items/1/nodeId"]);
    assert.throws(() => void read({ from: "yesterday" }), failsWith("RESONANCE_TIME_INVALID", "payload/from"));
  });
});
