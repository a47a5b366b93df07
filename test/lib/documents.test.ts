import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, it } from "node:test";
import { interfaceReference } from "../../nodes/lib/documents/interface-reference";
import { loadBuiltInProfile } from "../../nodes/lib/profile/load-profile";

const REFERENCE = path.join(__dirname, "..", "..", "nodes", "lib", "profile", "gbt-provisional", "reference");
const profile = loadBuiltInProfile();

describe("the interface reference", () => {
  for (const language of ["en", "zh", "de"] as const) {
    it(`in ${language} is what the profile says now (npm run reference)`, () => {
      assert.equal(readFileSync(path.join(REFERENCE, `${language}.md`), "utf8"), interfaceReference(profile, language));
    });

    it(`in ${language} names every category and every field with its own title, unit and range`, () => {
      const lines = interfaceReference(profile, language).split("\n");
      for (const { id, title, input, output } of profile.categories.values()) {
        assert.ok(lines.includes(`## <a id="${id}"></a>${title[language]}`), id);
        for (const { name, schema } of [...input.fields.values(), ...output.fields.values()]) {
          const row = lines.find((line) => line.startsWith(`| \`${name}\` |`) && line.includes(`**${schema.title[language]}**`));
          assert.ok(row, `${id}: ${name}`);
        }
      }
      assert.ok(lines.some((line) => line.includes("`rotationalSpeed`") && line.includes("-200000 … 200000") && line.includes("(RPM)")));
    });
  }

  it("says on top that the profile is provisional and claims no conformity", () => {
    assert.match(interfaceReference(profile, "en").split("\n").slice(0, 4).join("\n"), /provisional.*no conformity/s);
  });

  it("keeps a bar in a text inside its cell", () => {
    const rows = interfaceReference(profile, "en").split("\n").filter((line) => line.startsWith("| `"));
    for (const row of rows) assert.equal(row.replaceAll("\\|", "").split("|").length, 11, row);
  });
});
