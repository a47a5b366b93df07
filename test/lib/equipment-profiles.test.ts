import assert from "node:assert/strict";
import { describe, it } from "node:test";
import Ajv2020 from "ajv/dist/2020";
import { equipmentProfiles } from "../../nodes/lib/profile/equipment-profiles";
import format from "../../nodes/lib/profile/equipment-profile.schema.json";
import { loadBuiltInProfile } from "../../nodes/lib/profile/load-profile";
import type { Category, Profile } from "../../nodes/lib/profile/profile";
import { fillTags } from "../../nodes/lib/record/fill-tags";
import { compileTags } from "../../nodes/lib/record/tag-plan";
import { compileConversion } from "../../nodes/lib/units/conversion";
import { browsePaths } from "../support/nodeset-paths";

const profile = loadBuiltInProfile();

/** The published node sets of the sources named, with those they build on. */
const NODESETS: Readonly<Record<string, readonly string[]>> = {
  "OPC 40502 CNC": ["Opc.Ua.NodeSet2.xml", "Opc.Ua.CNC.NodeSet.xml"],
  "OPC 40501 MachineTool": ["Opc.Ua.NodeSet2.xml", "Opc.Ua.Di.NodeSet2.xml", "Opc.Ua.Machinery.NodeSet2.xml", "Opc.Ua.MachineTool.NodeSet2.xml"],
  "OPC 40001-1 Machinery": ["Opc.Ua.NodeSet2.xml", "Opc.Ua.Di.NodeSet2.xml", "Opc.Ua.Machinery.NodeSet2.xml", "Opc.Ua.MachineTool.NodeSet2.xml"],
  "OPC 40100-1 Machine Vision": ["Opc.Ua.NodeSet2.xml", "Opc.Ua.MachineVision.NodeSet2.xml"],
  "OPC UA Surface Technology OCT-MSS": [
    "Opc.Ua.NodeSet2.xml", "Opc.Ua.Di.NodeSet2.xml", "Opc.Ua.PADIM.NodeSet2.xml", "Opc.Ua.Machinery.NodeSet2.xml",
    "Opc.Ua.Machinery.ProcessValues.NodeSet2.xml", "Opc.Ua.STGeneralTypes.NodeSet2.xml", "Opc.Ua.ST-Mss.NodeSet2.xml",
  ],
};

/** Published, but in no node set at hand. */
const UNCHECKED = new Set(["OPC 34100"]);

describe("equipment profiles", () => {
  it("there is one for CNC machines, one for coating lines and one for vision stations, each in the shipped format", () => {
    const valid = new Ajv2020({ allErrors: true, strict: true, strictTypes: false, strictRequired: false }).compile(format);
    assert.deepEqual(equipmentProfiles().map(({ id }) => id), ["cnc", "coating-line", "vision-station"]);
    for (const equipment of equipmentProfiles()) assert.ok(valid(equipment), `${equipment.id}: ${JSON.stringify(valid.errors)}`);
    assert.equal(equipmentProfiles(), equipmentProfiles(), "read once");
  });

  it("the format refuses an own name with a path of a companion specification, and a published name without one", () => {
    const valid = new Ajv2020({ strict: true, strictTypes: false, strictRequired: false }).compile(format);
    const [cnc] = equipmentProfiles();
    const own = cnc?.tags.find(({ source }) => source === "own");
    const published = cnc?.tags.find(({ source }) => source !== "own");
    assert.equal(valid({ ...cnc, tags: [{ ...own, browsePath: published?.browsePath }] }), false);
    assert.equal(valid({ ...cnc, tags: [{ ...published, browsePath: "" }] }), false);
    assert.equal(valid({ ...cnc, tags: [{ ...published, fields: {} }] }), false);
  });

  for (const equipment of equipmentProfiles()) {
    it(`${equipment.id}: every field exists in its category, in a unit the tag's converts into`, () => {
      for (const { tag, unit, fields } of equipment.tags) {
        for (const [id, name] of Object.entries(fields)) {
          assert.ok(equipment.categories.includes(id), `${tag}: ${id} is not among the categories`);
          const field = profile.categories.get(id)?.input.fields.get(name);
          assert.ok(field, `${tag}: ${id} has no ${name}`);
          assert.equal(unit === undefined, field.schema.unit === undefined, `${tag}: ${name} and the tag are both numbers or both not`);
          if (unit !== undefined) assert.doesNotThrow(() => compileConversion(unit, field.schema.unit ?? ""), tag);
        }
      }
    });

    it(`${equipment.id}: no tag stands twice, and no category has two tags for a field`, () => {
      const tags = equipment.tags.map(({ tag }) => tag);
      assert.deepEqual(tags, [...new Set(tags)]);
      for (const id of equipment.categories) {
        const names = equipment.tags.flatMap(({ fields }) => fields[id] ?? []);
        assert.deepEqual(names, [...new Set(names)], id);
        assert.ok(names.length >= 3, `${id} is hardly served`);
      }
    });

    it(`${equipment.id}: every required field is filled by a tag, or the gap is told`, () => {
      for (const id of equipment.categories) {
        const { required, requireOneOf } = (profile.categories.get(id) as Category).input;
        const filled = new Set(equipment.tags.map(({ fields }) => fields[id]));
        const gaps = Object.keys(equipment.gaps[id] ?? {});
        assert.deepEqual(required.filter((name) => !filled.has(name)), gaps, id);
        if (requireOneOf.length > 0) assert.ok(requireOneOf.some((name) => filled.has(name)), `${id} needs one of ${requireOneOf.join()}`);
      }
      assert.deepEqual(Object.keys(equipment.gaps).filter((id) => !equipment.categories.includes(id)), []);
    });

    it(`${equipment.id}: a published name is where its node set has it`, () => {
      for (const [source, files] of Object.entries(NODESETS)) {
        const tags = equipment.tags.filter((tag) => tag.source === source);
        if (tags.length === 0) continue;
        const leads = browsePaths(files);
        for (const { tag, browsePath } of tags) assert.ok(leads(browsePath), `${tag}: ${source} has no ${browsePath}`);
        assert.equal(leads(`${tags[0]?.browsePath ?? ""}/Invented`), false);
      }
      for (const { source } of equipment.tags) assert.ok(source === "own" || source in NODESETS || UNCHECKED.has(source), source);
    });

    it(`${equipment.id}: the filled mapping is one that model-in takes, where the machine leaves no gap`, () => {
      for (const id of equipment.categories) {
        const category = profile.categories.get(id) as Category;
        const rows = fillTags(profile, equipment, id);
        assert.equal(rows.length, equipment.tags.filter(({ fields }) => fields[id] !== undefined).length, id);
        for (const { field, optional } of rows) assert.equal(optional, !category.input.required.includes(field), `${id} ${field}`);
        if (equipment.gaps[id]) assert.throws(() => compileTags(category, rows), { code: "RESONANCE_FIELD_UNMAPPED" });
        else assert.equal(compileTags(category, rows).length, rows.length);
      }
    });
  }

  it("what a changed profile no longer has, or has in another quantity, is left out", () => {
    const [cnc] = equipmentProfiles();
    assert.ok(cnc);
    const before = fillTags(profile, cnc, "predictive-maintenance");
    const category = profile.categories.get("predictive-maintenance") as Category;
    const fields = new Map(category.input.fields);
    const torque = fields.get("torque");
    assert.ok(torque && fields.delete("toolWear"));
    fields.set("torque", { ...torque, schema: { ...torque.schema, unit: "BAR" } });
    const changed: Profile = { ...profile, categories: new Map([[category.id, { ...category, input: { ...category.input, fields } }]]) };
    const left = before.filter(({ field }) => !fillTags(changed, cnc, category.id).some((row) => row.field === field));
    assert.deepEqual(left.map(({ field }) => field), ["torque", "toolWear"]);
  });

  it("a category the profile does not know is told", () => {
    const [cnc] = equipmentProfiles();
    assert.ok(cnc);
    assert.throws(() => fillTags(profile, cnc, "weather-forecast"), { code: "RESONANCE_CATEGORY_UNKNOWN" });
  });
});
