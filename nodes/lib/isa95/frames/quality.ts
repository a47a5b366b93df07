import type { Frame } from "../frame";
import { recordFacts } from "../lineage";
import { lineageMeasurements } from "../lineage-part";
import { notice, physicalAssetId, recordId, scope, sync, timestamp, validUntil } from "./parts";

/** A model's estimate of a quality value: no criterion is evaluated, and no line of it reads as a measurement. */
export const testResult: Frame = {
  verb: sync("Add"),
  home: "PropertyMeasurement",
  lineagePerValue: false,
  build: ({ profile, direction, nature }) => ({
    ID: recordId,
    Description: [notice],
    EvaluationDate: timestamp,
    Expiration: validUntil,
    HierarchyScope: scope,
    TestableObjectID: physicalAssetId,
    EvaluatedCriterionResult: direction === "input" || nature === "measurement" ? undefined : `Not evaluated: model-made ${nature}, not a measurement`,
    TestResultChild: [lineageMeasurements(recordFacts(profile, direction))],
    PropertyMeasurement: [],
  }),
};
