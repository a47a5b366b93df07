import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readdirSync } from "node:fs";
import path from "node:path";
import { after, afterEach, before, describe, it } from "node:test";
import { loadBuiltInProfile } from "../../nodes/lib/profile/load-profile";
import { requireCategory } from "../../nodes/lib/profile/profile-lookup";
import type { InputRecord, OutputRecord } from "../../nodes/lib/record/interface-record";
import { compileRecordValidator } from "../../nodes/lib/validation/record-validator";
import { codeOf, learnedIn } from "../support/flow-function";
import { readExample, startRuntime, until, type EmbeddedRuntime, type FlowNode } from "../support/node-red-runtime";
import { sharedData } from "../support/requirements";
import { validateAgainstXsd } from "../support/xsd";

/** The example flows of a category each, as they are imported but with a faster clock, in the real runtime. */

const profile = loadBuiltInProfile();
const check = compileRecordValidator(profile);
const FOLDER = path.join(__dirname, "..", "..", "examples");
const DISTANCE = 1e-9;

type Values = Readonly<Record<string, number & string>>;
interface Example {
  readonly parts: readonly [folder: string, file: string];
  readonly category: string;
  /** The function that is the model. */
  readonly model: string;
  /** Values of the outputs that must change with the input. */
  readonly changing: readonly string[];
  /** Tags that put the input outside the training range. */
  readonly outside?: Readonly<Record<string, number>>;
  /** What has to hold between an input and its output. */
  readonly plausible: (output: Values, input: Values) => void;
}
interface Reference {
  readonly dataSet: { readonly id: string };
  /** In the units of the profile: the examples' models were trained in them. */
  readonly inputs: Readonly<Record<string, { readonly minimum?: number; readonly maximum?: number; readonly values?: readonly unknown[] }>>;
}

/** What the ranges say of an input, all fields of which the profile or the model needs. */
function applicabilityOf({ inputs }: Reference, asked: Values): string {
  const fields = Object.entries(inputs);
  const isInside = ([field, { minimum = -Infinity, maximum = Infinity, values }]: (typeof fields)[number]): boolean =>
    (values ? values.includes(asked[field]) : (asked[field] ?? NaN) >= minimum && (asked[field] ?? NaN) <= maximum);
  if (fields.length === 0) return "unknown";
  return fields.every(isInside) ? "inside" : "outside";
}

const within = (value: number | undefined, low: number, high: number): void => { assert.ok(value !== undefined && value >= low && value <= high, `${String(value)} not in ${low} … ${high}`); };
const list = <T>(value: unknown): readonly T[] => value as readonly T[];
const time = (text: string | undefined): number => Date.parse(text ?? "");

const EXAMPLES: readonly Example[] = [
  {
    parts: ["CNC machining", "03 Learned tool failure.json"], category: "predictive-maintenance", model: "Learned network", changing: ["failureProbability", "remainingUsefulLife"], outside: { Torque: 200 },
    plausible({ remainingUsefulLife, maintenanceRequired }, { toolWear = NaN }) {
      within((remainingUsefulLife ?? NaN) * 60 + toolWear, 150, 280);
      assert.equal(maintenanceRequired as unknown, (remainingUsefulLife ?? NaN) * 60 < 20);
    },
  },
  {
    parts: ["CNC machining", "04 Worn tool from vibration.json"], category: "condition-anomaly", model: "Learned logistic regression", changing: ["anomalyScore"], outside: { SpindleVibration: 3 },
    plausible: ({ anomalyScore, healthState, anomalyDetected }, { vibrationAcceleration = NaN }) => {
      assert.equal((anomalyScore ?? NaN) >= 0.5, vibrationAcceleration > 0.0378, String(vibrationAcceleration));
      assert.deepEqual([healthState, anomalyDetected], (anomalyScore ?? NaN) >= 0.5 ? ["MAINTENANCE_REQUIRED", true] : ["NORMAL", false]);
    },
  },
  {
    parts: ["CNC machining", "05 Fault diagnosis.json"], category: "fault-diagnosis", model: "Learned decision tree", changing: ["faultCode", "faultProbability"], outside: { ProcessTemperature: 700 },
    plausible({ faultCode, faultProbability, rankedCauses }, { airTemperature = NaN, processTemperature = NaN }) {
      const shares = list<{ probability: number }>(rankedCauses).map(({ probability }) => probability);
      assert.ok(Math.abs(shares.reduce((sum, share) => sum + share, 0) - 1) < DISTANCE && shares[0] === faultProbability && shares.every((share) => share <= (faultProbability ?? 0)));
      if (faultCode === "HDF") assert.ok(processTemperature - airTemperature < 8.7, "heat stays where the difference is small");
    },
  },
  {
    parts: ["CNC machining", "06 Surface inspection.json"], category: "visual-inspection", model: "Learned classifier", changing: ["defectProbability", "evaluation"],
    plausible({ evaluation, mainDefectClass, defectProbability, isSimulated }) {
      assert.deepEqual([evaluation === "OK", isSimulated], [mainDefectClass === "none", true]);
      within(defectProbability, evaluation === "OK" ? 0 : 0.5, evaluation === "OK" ? 0.67 : 1);
    },
  },
  {
    parts: ["Coating line", "03 Film quality prediction.json"], category: "quality-prediction", model: "Response surface", changing: ["filmThickness", "nonconformityProbability", "predictedEvaluation"], outside: { PaintFlow: 900 },
    plausible({ filmThickness = NaN, filmThicknessLower, filmThicknessUpper, nonconformityProbability = NaN }, { paintFlow = NaN, bellSpeed = NaN, viscosity = NaN, boothTemperature = NaN }) {
      const expected = 40 * (paintFlow / 300) ** 0.9 * (bellSpeed / 45_000) ** -0.3 * (viscosity / 85) ** 0.1 * (1 - 0.006 * (boothTemperature - 23));
      within(filmThickness, expected - 1, expected + 1);
      within(expected, filmThicknessLower ?? NaN, filmThicknessUpper ?? NaN);
      assert.equal(nonconformityProbability > 0.5, filmThickness < 35 || filmThickness > 45);
    },
  },
  {
    parts: ["Coating line", "04 Paint flow proposal.json"], category: "process-optimization", model: "Response surface", changing: ["paintFlowSetpoint", "expectedFilmThickness"], outside: { Viscosity: 500 },
    plausible({ paintFlowSetpoint = NaN, expectedFilmThickness = NaN, constraintStatus, approvalState }, { paintFlow = NaN, filmThickness = NaN }) {
      within(paintFlowSetpoint, Math.max(240, paintFlow - 25), Math.min(360, paintFlow + 25));
      // A flow is proposed in whole mL/min, of which four make half a micrometre.
      assert.ok(Math.abs(expectedFilmThickness - 40) <= Math.max(0.1, Math.abs(filmThickness - 40)), `${filmThickness} → ${expectedFilmThickness}`);
      if (constraintStatus === "satisfied") within(expectedFilmThickness, 39.9, 40.1);
      assert.equal(approvalState, "proposed");
    },
  },
  {
    parts: ["MES", "05 Dispatch by critical ratio.json"], category: "scheduling-dispatch", model: "Critical ratio", changing: ["makespan", "lateJobs"],
    plausible({ jobList, lateJobs, makespan = NaN }, { operations, equipmentStates, jobOrders }) {
      const slots = list<Values>(jobList).map(({ jobOrderId, equipmentId, startTime, endTime }) => ({ jobOrderId, equipmentId, from: time(startTime), to: time(endTime) }));
      assert.equal(slots.length, list(operations).length);
      for (const { jobOrderId, equipmentId, processingTime = NaN, sequence = NaN } of list<Values>(operations)) {
        const slot = slots.find((each) => each.jobOrderId === jobOrderId && each.equipmentId === equipmentId);
        assert.equal((slot?.to ?? NaN) - (slot?.from ?? NaN), processingTime * 1000);
        const earlier = list<Values>(operations).find((each) => each["jobOrderId"] === jobOrderId && each["sequence"] === sequence - 1);
        if (earlier) assert.ok((slots.find((each) => each.jobOrderId === jobOrderId && each.equipmentId === earlier["equipmentId"])?.to ?? NaN) <= (slot?.from ?? NaN), "one operation after the other");
      }
      for (const { equipmentId, availableFrom } of list<Values>(equipmentStates)) {
        const own = slots.filter((each) => each.equipmentId === equipmentId).sort((a, b) => a.from - b.from);
        own.forEach((slot, index) => { assert.ok(slot.from >= (own[index - 1]?.to ?? time(availableFrom)), `${String(equipmentId)} does one thing at a time, when it is there`); });
      }
      const ends = list<Values>(jobOrders).map(({ jobOrderId, dueTime }) => ({ end: Math.max(...slots.filter((each) => each.jobOrderId === jobOrderId).map(({ to }) => to)), due: time(dueTime) }));
      assert.equal(lateJobs, ends.filter(({ end, due }) => end > due).length);
      assert.ok(Math.abs(makespan * 3_600_000 - (Math.max(...ends.map(({ end }) => end)) - Math.min(...slots.map(({ from }) => from)))) < 1);
    },
  },
  {
    parts: ["MES", "06 Progress forecast.json"], category: "progress-forecast", model: "Cycle-time statistics", changing: ["remainingTime", "onTimeProbability"],
    plausible({ remainingTime = NaN, predictedCompletion, predictedCompletionEarliest, predictedCompletionLatest, delay = NaN, onTimeProbability = NaN }, { plannedQuantity = NaN, partsCompleted = NaN, recentCycleTimes }) {
      const cycles = list<number>(recentCycleTimes);
      within((remainingTime * 3600) / (plannedQuantity - partsCompleted), Math.min(...cycles), Math.max(...cycles));
      within(time(predictedCompletion), time(predictedCompletionEarliest), time(predictedCompletionLatest));
      if (Math.abs(delay) > 1e-6) assert.equal(onTimeProbability > 0.5, delay < 0);
    },
  },
  {
    parts: ["MES", "07 Material replenishment.json"], category: "material-logistics", model: "Reorder point", changing: ["replenishmentRequired", "timeToDepletion", "stockoutProbability"],
    plausible({ replenishmentRequired, replenishmentQuantity, timeToDepletion = NaN, reorderPoint = NaN, predictedDemand = NaN, transportOrders }, { lineStock = NaN, consumptionRate = NaN }) {
      assert.ok(Math.abs(timeToDepletion - (lineStock / consumptionRate) * 60) < 1e-6);
      within(reorderPoint, predictedDemand, predictedDemand + 4 * Math.sqrt(predictedDemand));
      assert.equal(replenishmentRequired as unknown, lineStock < reorderPoint);
      assert.deepEqual([replenishmentQuantity, list(transportOrders ?? []).length], lineStock < reorderPoint ? [120, 1] : [0, 0]);
    },
  },
  {
    parts: ["Energy", "01 Energy forecast.json"], category: "energy-emission", model: "Learned network", changing: ["predictedEnergy", "predictedPeakPower", "demandLimitExceeded"], outside: { ActiveEnergy: 2000 },
    plausible({ predictedEnergy = NaN, predictedPeakPower = NaN, demandLimitExceeded }) {
      // The highest of four quarters is not below their mean, but for the error of the network.
      assert.ok(predictedPeakPower > predictedEnergy - 15 && predictedPeakPower < 700, `${predictedEnergy} kWh, ${predictedPeakPower} kW`);
      assert.equal(demandLimitExceeded as unknown, predictedPeakPower > 400);
    },
  },
];

describe("an example flow for each category", () => {
  let runtime: EmbeddedRuntime;
  before(async () => { runtime = await startRuntime(); });
  after(() => runtime.close());
  // What still runs would send into the next test: the nodes have the same names.
  afterEach(() => runtime.deploy([]));

  it("is there for all twelve, and none of them needs anything outside", () => {
    const modelled = readdirSync(FOLDER, { withFileTypes: true }).filter((entry) => entry.isDirectory() && !["demo", "models"].includes(entry.name))
      .flatMap(({ name }) => readdirSync(path.join(FOLDER, name)).filter((file) => file.endsWith(".json")).map((file) => readExample(name, file)))
      .filter((flow) => !flow.some(({ func: _, info: __, ...node }) => JSON.stringify(node).includes("${")))
      .flatMap((flow) => flow.filter(({ type }) => type === "resonance-model").map((node) => String(node["category"])));
    assert.deepEqual([...new Set(modelled)].sort(), [...profile.categories.keys()].sort());
  });

  for (const { parts, category, model, changing, outside, plausible } of EXAMPLES) {
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
        const asked = (inputs.get(output.inputId)?.values ?? assert.fail("an output without its input")) as unknown as Values;
        assert.equal(output.values["applicability"], reference && applicabilityOf(reference, asked));
        plausible(output.values as Values, asked);
      }
      if (outside) {
        const timestamp = new Date().toISOString();
        runtime.receive(input, { payload: Object.entries(outside).map(([tag, value]) => ({ tag, value, quality: "Good", timestamp })) });
        const isPushed = ({ inputId }: OutputRecord): boolean => runtime.sent(input).some(({ payload }) => (payload as InputRecord).id === inputId && Object.values((payload as InputRecord).values).includes(Object.values(outside)[0] as never));
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
