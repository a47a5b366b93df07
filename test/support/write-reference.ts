/** `npm run reference`: writes the built-in profile's interface reference in three languages beside the profile. */
import { writeFileSync } from "node:fs";
import path from "node:path";
import { interfaceReference } from "../../nodes/lib/documents/interface-reference";
import { loadBuiltInProfile } from "../../nodes/lib/profile/load-profile";

for (const language of ["en", "zh", "de"] as const) {
  const file = path.join(__dirname, "..", "..", "nodes", "lib", "profile", "gbt-provisional", "reference", `${language}.md`);
  writeFileSync(file, interfaceReference(loadBuiltInProfile(), language));
}
