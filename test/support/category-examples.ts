import assert from "node:assert/strict";

/** An example flow for a category, and what has to hold of it. */
export interface CategoryExample {
  readonly parts: readonly [folder: string, file: string];
  readonly category: string;
  /** The function that is the model. */
  readonly model: string;
  /** Values of the outputs that must change with the input. */
  readonly changing: readonly (keyof Output)[];
  /** Tags that put the input outside the training range. */
  readonly outside?: Readonly<Record<string, number>>;
  /** What has to hold between an input and its output. */
  readonly plausible: (output: Output, input: Input) => void;
}

/** Inputs of the examples by field, in the profile's units. */
export interface Input {
  readonly airTemperature: number;
  readonly processTemperature: number;
  readonly toolWear: number;
  readonly vibrationAcceleration: number;
  readonly paintFlow: number;
  readonly bellSpeed: number;
  readonly viscosity: number;
  readonly boothTemperature: number;
  readonly filmThickness: number;
  readonly jobOrders: readonly { readonly jobOrderId: string; readonly dueTime: string }[];
  readonly operations: readonly { readonly jobOrderId: string; readonly equipmentId: string; readonly sequence: number; readonly processingTime: number }[];
  readonly equipmentStates: readonly { readonly equipmentId: string; readonly availableFrom: string }[];
  readonly plannedQuantity: number;
  readonly partsCompleted: number;
  readonly recentCycleTimes: readonly number[];
  readonly lineStock: number;
  readonly consumptionRate: number;
}

/** Outputs of the examples by field, in the profile's units. */
export interface Output {
  readonly failureProbability: number;
  readonly remainingUsefulLife: number;
  readonly maintenanceRequired: boolean;
  readonly anomalyScore: number;
  readonly anomalyDetected: boolean;
  readonly healthState: string;
  readonly faultCode: string;
  readonly faultProbability: number;
  readonly rankedCauses: readonly { readonly probability: number }[];
  readonly evaluation: string;
  readonly mainDefectClass: string;
  readonly defectProbability: number;
  readonly isSimulated: boolean;
  readonly filmThickness: number;
  readonly filmThicknessLower: number;
  readonly filmThicknessUpper: number;
  readonly nonconformityProbability: number;
  readonly predictedEvaluation: string;
  readonly paintFlowSetpoint: number;
  readonly expectedFilmThickness: number;
  readonly constraintStatus: string;
  readonly approvalState: string;
  readonly jobList: readonly { readonly jobOrderId: string; readonly equipmentId: string; readonly startTime: string; readonly endTime: string }[];
  readonly lateJobs: number;
  readonly makespan: number;
  readonly remainingTime: number;
  readonly predictedCompletion: string;
  readonly predictedCompletionEarliest: string;
  readonly predictedCompletionLatest: string;
  readonly delay: number;
  readonly onTimeProbability: number;
  readonly replenishmentRequired: boolean;
  readonly replenishmentQuantity: number;
  readonly timeToDepletion: number;
  readonly stockoutProbability: number;
  readonly reorderPoint: number;
  readonly predictedDemand: number;
  readonly transportOrders?: readonly object[];
  readonly predictedEnergy: number;
  readonly predictedPeakPower: number;
  readonly demandLimitExceeded: boolean;
}

const DISTANCE = 1e-9;
const within = (value: number, low: number, high: number): void => { assert.ok(value >= low && value <= high, `${value} not in ${low} … ${high}`); };
const time = (text: string | undefined): number => Date.parse(text ?? "");

export const CATEGORY_EXAMPLES: readonly CategoryExample[] = [
  {
    parts: ["CNC machining", "03 Learned tool failure.json"], category: "predictive-maintenance", model: "Learned network", changing: ["failureProbability", "remainingUsefulLife"], outside: { Torque: 200 },
    plausible({ remainingUsefulLife, maintenanceRequired }, { toolWear }) {
      within(remainingUsefulLife * 60 + toolWear, 150, 280);
      assert.equal(maintenanceRequired, remainingUsefulLife * 60 < 20);
    },
  },
  {
    parts: ["CNC machining", "04 Worn tool from vibration.json"], category: "condition-anomaly", model: "Learned logistic regression", changing: ["anomalyScore"], outside: { SpindleVibration: 3 },
    plausible({ anomalyScore, healthState, anomalyDetected }, { vibrationAcceleration }) {
      assert.equal(anomalyScore >= 0.5, vibrationAcceleration > 0.0378, String(vibrationAcceleration));
      assert.deepEqual([healthState, anomalyDetected], anomalyScore >= 0.5 ? ["MAINTENANCE_REQUIRED", true] : ["NORMAL", false]);
    },
  },
  {
    parts: ["CNC machining", "05 Fault diagnosis.json"], category: "fault-diagnosis", model: "Learned decision tree", changing: ["faultCode", "faultProbability"], outside: { ProcessTemperature: 700 },
    plausible({ faultCode, faultProbability, rankedCauses }, { airTemperature, processTemperature }) {
      const shares = rankedCauses.map(({ probability }) => probability);
      assert.ok(Math.abs(shares.reduce((sum, share) => sum + share, 0) - 1) < DISTANCE && shares[0] === faultProbability && shares.every((share) => share <= faultProbability));
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
    plausible({ filmThickness, filmThicknessLower, filmThicknessUpper, nonconformityProbability }, { paintFlow, bellSpeed, viscosity, boothTemperature }) {
      const expected = 40 * (paintFlow / 300) ** 0.9 * (bellSpeed / 45_000) ** -0.3 * (viscosity / 85) ** 0.1 * (1 - 0.006 * (boothTemperature - 23));
      within(filmThickness, expected - 1, expected + 1);
      within(expected, filmThicknessLower, filmThicknessUpper);
      assert.equal(nonconformityProbability > 0.5, filmThickness < 35 || filmThickness > 45);
    },
  },
  {
    parts: ["Coating line", "04 Paint flow proposal.json"], category: "process-optimization", model: "Response surface", changing: ["paintFlowSetpoint", "expectedFilmThickness"], outside: { Viscosity: 500 },
    plausible({ paintFlowSetpoint, expectedFilmThickness, constraintStatus, approvalState }, { paintFlow, filmThickness }) {
      within(paintFlowSetpoint, Math.max(240, paintFlow - 25), Math.min(360, paintFlow + 25));
      // A flow is proposed in whole mL/min, of which four make half a micrometre.
      assert.ok(Math.abs(expectedFilmThickness - 40) <= Math.max(0.1, Math.abs(filmThickness - 40)), `${filmThickness} → ${expectedFilmThickness}`);
      if (constraintStatus === "satisfied") within(expectedFilmThickness, 39.9, 40.1);
      assert.equal(approvalState, "proposed");
    },
  },
  {
    parts: ["MES", "05 Dispatch by critical ratio.json"], category: "scheduling-dispatch", model: "Critical ratio", changing: ["makespan", "lateJobs"],
    plausible({ jobList, lateJobs, makespan }, { operations, equipmentStates, jobOrders }) {
      const slots = jobList.map(({ jobOrderId, equipmentId, startTime, endTime }) => ({ jobOrderId, equipmentId, from: time(startTime), to: time(endTime) }));
      assert.equal(slots.length, operations.length);
      for (const { jobOrderId, equipmentId, processingTime, sequence } of operations) {
        const slot = slots.find((each) => each.jobOrderId === jobOrderId && each.equipmentId === equipmentId);
        assert.equal((slot?.to ?? NaN) - (slot?.from ?? NaN), processingTime * 1000);
        const earlier = operations.find((each) => each.jobOrderId === jobOrderId && each.sequence === sequence - 1);
        if (earlier) assert.ok((slots.find((each) => each.jobOrderId === jobOrderId && each.equipmentId === earlier.equipmentId)?.to ?? NaN) <= (slot?.from ?? NaN), "one operation after the other");
      }
      for (const { equipmentId, availableFrom } of equipmentStates) {
        const own = slots.filter((each) => each.equipmentId === equipmentId).sort((a, b) => a.from - b.from);
        own.forEach((slot, index) => { assert.ok(slot.from >= (own[index - 1]?.to ?? time(availableFrom)), `${equipmentId} does one thing at a time, when it is there`); });
      }
      const ends = jobOrders.map(({ jobOrderId, dueTime }) => ({ end: Math.max(...slots.filter((each) => each.jobOrderId === jobOrderId).map(({ to }) => to)), due: time(dueTime) }));
      assert.equal(lateJobs, ends.filter(({ end, due }) => end > due).length);
      assert.ok(Math.abs(makespan * 3_600_000 - (Math.max(...ends.map(({ end }) => end)) - Math.min(...slots.map(({ from }) => from)))) < 1);
    },
  },
  {
    parts: ["MES", "06 Progress forecast.json"], category: "progress-forecast", model: "Cycle-time statistics", changing: ["remainingTime", "onTimeProbability"],
    plausible({ remainingTime, predictedCompletion, predictedCompletionEarliest, predictedCompletionLatest, delay, onTimeProbability }, { plannedQuantity, partsCompleted, recentCycleTimes }) {
      within((remainingTime * 3600) / (plannedQuantity - partsCompleted), Math.min(...recentCycleTimes), Math.max(...recentCycleTimes));
      within(time(predictedCompletion), time(predictedCompletionEarliest), time(predictedCompletionLatest));
      if (Math.abs(delay) > 1e-6) assert.equal(onTimeProbability > 0.5, delay < 0);
    },
  },
  {
    parts: ["MES", "07 Material replenishment.json"], category: "material-logistics", model: "Reorder point", changing: ["replenishmentRequired", "timeToDepletion", "stockoutProbability"],
    plausible({ replenishmentRequired, replenishmentQuantity, timeToDepletion, reorderPoint, predictedDemand, transportOrders }, { lineStock, consumptionRate }) {
      assert.ok(Math.abs(timeToDepletion - (lineStock / consumptionRate) * 60) < 1e-6);
      within(reorderPoint, predictedDemand, predictedDemand + 4 * Math.sqrt(predictedDemand));
      assert.equal(replenishmentRequired, lineStock < reorderPoint);
      assert.deepEqual([replenishmentQuantity, transportOrders?.length ?? 0], lineStock < reorderPoint ? [120, 1] : [0, 0]);
    },
  },
  {
    parts: ["Energy", "01 Energy forecast.json"], category: "energy-emission", model: "Learned network", changing: ["predictedEnergy", "predictedPeakPower", "demandLimitExceeded"], outside: { ActiveEnergy: 2000 },
    plausible({ predictedEnergy, predictedPeakPower, demandLimitExceeded }) {
      // The highest of four quarters is not below their mean, but for the error of the network.
      assert.ok(predictedPeakPower > predictedEnergy - 15 && predictedPeakPower < 700, `${predictedEnergy} kWh, ${predictedPeakPower} kW`);
      assert.equal(demandLimitExceeded, predictedPeakPower > 400);
    },
  },
];
