import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { describe, it } from "node:test";
import { loadBuiltInProfile } from "../../nodes/lib/profile/load-profile";
import { DIRECTIONS } from "../../nodes/lib/profile/profile";
import { sharedData, skipWithout } from "../support/requirements";

const NODESETS = path.join(path.dirname(createRequire(__filename).resolve("node-opcua-nodesets/package.json")), "nodesets");
/** Published node sets by how a field cites them; more than one where a specification is built upon another. */
const SPECIFICATIONS: Readonly<Record<string, readonly string[]>> = {
  "OPC 40501 MachineTool": ["Opc.Ua.MachineTool.NodeSet2.xml"],
  "OPC 40502 CNC": ["Opc.Ua.CNC.NodeSet.xml"],
  "OPC 40001-1 Machinery": ["Opc.Ua.Machinery.NodeSet2.xml"],
  "OPC 40001-2": ["Opc.Ua.Machinery.ProcessValues.NodeSet2.xml"],
  "OPC 40001-3 Machinery Jobs": ["Opc.Ua.Machinery.Jobs.Nodeset2.xml"],
  "OPC 40001-101 Result": ["Opc.Ua.Machinery_Result.NodeSet2.xml"],
  "OPC 40001-101 Machinery Result": ["Opc.Ua.Machinery_Result.NodeSet2.xml"],
  "OPC 40100 MachineVision": ["Opc.Ua.MachineVision.NodeSet2.xml"],
  "OPC 10031-4 Job Control": ["opc.ua.isa95-jobcontrol.nodeset2.xml"],
  "OPC 10000-5": ["Opc.Ua.NodeSet2.xml"],
  "OPC 10000-100 Devices": ["Opc.Ua.Di.NodeSet2.xml"],
  "OPC 10000-110 AMB": ["Opc.Ua.AMB.NodeSet2.xml"],
  "OPC UA Surface Technology OCT-MSS": ["Opc.Ua.ST-Mss.NodeSet2.xml", "Opc.Ua.STGeneralTypes.NodeSet2.xml"],
};

/** What the fields cite: a source, and the names in it. */
const citations = [...loadBuiltInProfile().categories.values()].flatMap((category) => DIRECTIONS.flatMap((direction) => [...category[direction].fields.values()].flatMap(({ name, schema }) => (
  (schema.follows ?? "").split("; ").filter((text) => text !== "").map((text) => {
    const [source = "", ...rest] = text.split(": ");
    const names = rest.join(": ").replaceAll(/\(predicted\)/g, "").match(/[A-Z][A-Za-z0-9_]+/g) ?? [];
    return { field: `${category.id}/${direction}/${name}`, source, names };
  })
))));

describe("published definitions that fields cite", () => {
  it("every name of an OPC UA specification is in its published node set", () => {
    const known = new Map(Object.entries(SPECIFICATIONS).map(([source, files]) => {
      const xml = files.map((file) => readFileSync(path.join(NODESETS, file), "utf8")).join("\n");
      return [source, new Set([...xml.matchAll(/ (?:BrowseName="(?:\d+:)?|Name=")([^"]+)"/g)].map(([, name]) => name))] as const;
    }));
    const checked = citations.filter(({ source }) => known.has(source));
    assert.ok(checked.length > 100, `${checked.length} citations`);
    const wrong = checked.flatMap(({ field, source, names }) => names.filter((name) => !known.get(source)?.has(name)).map((name) => `${field}: ${source} has no ${name}`));
    assert.deepEqual(wrong, []);
  });

  it("every name of an IDTA submodel is an idShort of its published template", { skip: skipWithout("shared", sharedData) }, () => {
    const folder = path.join(sharedData ?? "", "aas");
    const known = new Map<string, ReadonlySet<string | undefined>>(readdirSync(folder).flatMap((file) => {
      const number = /^IDTA_(\d+)-.*\.json$/.exec(file)?.[1];
      if (number === undefined) return [];
      const template = readFileSync(path.join(folder, file), "utf8");
      return [[`IDTA ${number}`, new Set([...template.matchAll(/"idShort"\s*:\s*"([^"]+)"/g)].map(([, name]) => name))] as const];
    }));
    const checked = citations.filter(({ source }) => known.has(source));
    assert.ok(checked.length > 10, `${checked.length} citations`);
    const wrong = checked.flatMap(({ field, source, names }) => names.filter((name) => !known.get(source)?.has(name)).map((name) => `${field}: ${source} has no ${name}`));
    assert.deepEqual(wrong, []);
  });
});
