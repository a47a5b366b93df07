import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readdirSync } from "node:fs";
import path from "node:path";
import { after, afterEach, before, describe, it } from "node:test";
import { loadBuiltInProfile } from "../../nodes/lib/profile/load-profile";
import { requireCategory } from "../../nodes/lib/profile/profile-lookup";
import type { InputRecord, OutputRecord } from "../../nodes/lib/record/interface-record";
import { compileRecordValidator } from "../../nodes/lib/validation/record-validator";
import { CATEGORY_EXAMPLES, type Input, type Output } from "../support/category-examples";
import { codeOf, learnedIn } from "../support/flow-function";
import { readExample, startRuntime, until, type EmbeddedRuntime, type FlowNode } from "../support/node-red-runtime";
import { sharedData } from "../support/requirements";
import { validateAgainstXsd } from "../support/xsd";

/** The example flows of a category each, as they are imported but with a faster clock, in the real runtime. */

const profile = loadBuiltInProfile();
const check = compileRecordValidator(profile);
const FOLDER = path.join(__dirname, "..", "..", "examples");

interface Reference {
  readonly dataSet: { readonly id: string };
  /** In the units of the profile: the examples' models were trained in them. */
  readonly inputs: Readonly<Record<string, { readonly minimum?: number; readonly maximum?: number; readonly values?: readonly unknown[] }>>;
}

/** What the ranges say of an input, all fields of which the profile or the model needs. */
function applicabilityOf({ inputs }: Reference, asked: InputRecord["values"]): string {
  const fields = Object.entries(inputs);
  const isInside = ([field, { minimum = -Infinity, maximum = Infinity, values }]: (typeof fields)[number]): boolean =>
    (values ? values.includes(asked[field]) : (asked[field] as number) >= minimum && (asked[field] as number) <= maximum);
  if (fields.length === 0) return "unknown";
  return fields.every(isInside) ? "inside" : "outside";
}

describe("an example flow for each category", () => {
  let runtime: EmbeddedRuntime;
  before(async () => { runtime = await startRuntime(); });
  after(() => runtime.close());
  // What still runs would send into the next test: the nodes have the same names.
  afterEach(() => runtime.deploy([]));

  it("is there for all twelve, and none of them needs anything outside", () => {
    const modelled = readdirSync(FOLDER, { withFileTypes: true }).filter((entry) => entry.isDirectory() && !["demo", "models"].includes(entry.name))
      .flatMap(({ name }) => readdirSync(path.join(FOLDER, name)).filter((file) => file.endsWith(".json")).map((file) => readExample(name, file)))
      .filter((flow) => !flow.some((node) => JSON.stringify({ ...node, func: "", info: "" }).includes("${")))
      .flatMap((flow) => flow.filter(({ type }) => type === "resonance-model").map((node) => String(node["category"])));
    assert.deepEqual([...new Set(modelled)].sort(), [...profile.categories.keys()].sort());
  });

  for (const { parts, category, model, changing, outside, plausible } of CATEGORY_EXAMPLES) {
    it(`${parts.join("/")}: ${category} from input to B2MML`, async () => {
      const flow = readExample(...parts);
      const node = (type: string): FlowNode => flow.find((candidate) => candidate.type === type) ?? assert.fail(type);
      const [input, isa, config] = [node("resonance-model-in").name ?? "", node("resonance-isa95").name ?? "", node("resonance-model")];
      await runtime.deploy(flow.map((each) => (each.type === "inject" ? { ...each, repeat: "0.1", onceDelay: "0.05" } : each)));
      const outputs = (): OutputRecord[] => runtime.sent("Check").map(({ payload }) => payload as OutputRecord);
      const distinct = (field: string): number => new Set(outputs().map(({ values }) => JSON.stringify(values[field]))).size;
      await until(() => outputs().length >= 16 && changing.every((field) => distinct(field) > 1), `sixteen outputs in which ${changing.join(", ")} change`, 30);
      const inputs = new Map(runtime.sent(input).map(({ payload }) => [(payload as InputRecord).id, payload as InputRecord]));
      const learned = learnedIn(codeOf(flow, model));
      const digest = learned === undefined ? undefined : `sha256:${createHash("sha256").update(JSON.stringify(learned)).digest("hex")}`;
      assert.equal(config["digest"], digest ?? "", "the digest is that of what was learned");
      const reference = config["referenceSource"] === "text" ? (JSON.parse(String(config["reference"])) as Reference) : undefined;
      assert.equal(reference === undefined, learned === undefined, "what was learned comes with its training reference, and a rule with none");
      for (const output of outputs()) {
        assert.deepEqual(check(output), []);
        assert.deepEqual([output.category, output.nature], [category, requireCategory(profile, category).nature]);
        const { trainingRange, ...lineage } = output.model;
        assert.deepEqual(lineage, { id: config["modelId"], version: config["modelVersion"], ...(digest && { digest }), ...(reference && { dataSet: reference.dataSet.id }) });
        assert.deepEqual(Object.keys(trainingRange ?? {}).sort(), Object.keys(reference?.inputs ?? {}).sort());
        const asked = inputs.get(output.inputId)?.values ?? assert.fail("an output without its input");
        assert.equal(output.values["applicability"], reference && applicabilityOf(reference, asked));
        plausible(output.values as unknown as Output, asked as unknown as Input);
      }
      if (outside) {
        const timestamp = new Date().toISOString();
        runtime.receive(input, { payload: Object.entries(outside).map(([tag, value]) => ({ tag, value, quality: "Good", timestamp })) });
        const isPushed = ({ inputId }: OutputRecord): boolean => runtime.sent(input).some(({ payload }) => (payload as InputRecord).id === inputId && Object.values((payload as InputRecord).values).includes(Object.values(outside)[0]));
        await until(() => outputs().some(isPushed), "an answer to an input outside what the model was trained with");
        assert.equal(outputs().find(isPushed)?.values["applicability"], "outside");
      }
      await until(() => runtime.sent(isa).length === outputs().length, "a document of each record");
      assert.deepEqual([runtime.sent("Any failure"), runtime.sent("Check", 1), runtime.sent(input, 1), runtime.logged()], [[], [], [], []]);
      for (const [name, status] of runtime.statuses()) assert.notEqual(status?.fill, "red", `${name}: ${status?.text ?? ""}`);
      const documents = runtime.sent(isa).map(({ payload }) => String(payload));
      for (const document of documents) assert.match(document, new RegExp(`<${String(node("resonance-isa95")["message"])} `));
      if (sharedData) assert.deepEqual([...await validateAgainstXsd(new Map(documents.map((document, index) => [String(index), document])))], []);
    });
  }
});
