import { loadOpcua } from "../opcua/load";
import type { InputRecord, OutputRecord } from "../record/interface-record";
import { companionIndex, COMPANIONS, makeReadOnly, partOf, type Companion, type CompanionPlace } from "./companion";
import { addFolder, same, type Space } from "./space";
import { statusOf } from "./status";

/** `ResultEvaluationEnum` (OPC 40001-101 §10.3). */
const EVALUATIONS: Readonly<Record<string, number>> = { Undefined: 0, OK: 1, NotOK: 2, NotDecidable: 3 };
/** Fields that hold a verdict, the one of an inspection first. */
const VERDICTS = ["evaluation", "predictedEvaluation"] as const;
/** Parts of `ResultMetaDataType` by the field of the input record they come from, the first that is there. */
const FROM_INPUT: Readonly<Record<string, readonly string[]>> = {
  partId: ["partId", "serialNumber"], jobId: ["jobId", "jobOrderId"], productId: ["productId", "productVariant"],
  externalRecipeId: ["recipeId"], stepId: ["measurementId", "processSegmentId"],
};
const TITLE = { en: "Result", zh: "结果", de: "Ergebnis" };

/**
 * Adds a variable `Result` of `ResultType` (OPC 40001-101 §8.1) for a category whose model gives a verdict. It is Uncertain: what a model
 * says replaces no inspection. ResultContent holds the record's values as JSON.
 */
export function addResult(space: Space, { folder, id, category }: CompanionPlace): Companion | undefined {
  const verdict = VERDICTS.find((field) => category.output.fields.has(field));
  if (verdict === undefined) return undefined;
  const { DataType, StatusCodes, Variant, VariantArrayType } = loadOpcua();
  const { addressSpace, namespace, texts } = space;
  const index = companionIndex(space, COMPANIONS.result);
  const [metaType, resultType] = ["ResultMetaDataType", "ResultDataType"].map((name) => addressSpace.findDataType(name, index));
  if (!metaType || !resultType) return undefined;
  const parent = addFolder(space, folder, { id: `${id}/results`, name: "Results", title: same("Results") });
  const result = addressSpace.findVariableType("ResultType", index)?.instantiate({
    browseName: { name: "Result", namespaceIndex: index }, nodeId: `s=${id}/results/Result`, displayName: texts.plain(TITLE), componentOf: parent, namespace,
    optionals: ["ResultContent", "ResultMetaData.ResultEvaluation"], minimumSamplingInterval: 0,
  });
  if (!result) return undefined;
  texts.localize(result, TITLE);
  makeReadOnly(parent);
  const metaData = partOf(result, "ResultMetaData");
  const parts = [result, metaData, partOf(metaData, "ResultId"), partOf(metaData, "ResultEvaluation"), partOf(result, "ResultContent")] as const;
  const none = addressSpace.constructExtensionObject(metaType, { resultId: "" });
  result.setValueFromSource(
    { dataType: DataType.ExtensionObject, value: addressSpace.constructExtensionObject(resultType, { resultMetaData: none, resultContent: [] }) }, StatusCodes.BadWaitingForInitialData);
  metaData.setValueFromSource({ dataType: DataType.ExtensionObject, value: none }, StatusCodes.BadWaitingForInitialData);
  let input: InputRecord | undefined;

  return {
    show(record) {
      if (record.direction === "input") {
        input = record;
        return;
      }
      const resultId = textOf(record.values["resultId"]) ?? record.id;
      const evaluation = EVALUATIONS[textOf(record.values[verdict]) ?? ""] ?? 0;
      const meta = addressSpace.constructExtensionObject(metaType, {
        resultId, creationTime: new Date(record.timestamp), resultEvaluation: evaluation, ...flagsOf(record), ...factsOf(input, record),
        resultEvaluationDetails: { text: `${record.model.id} ${record.model.version} (${record.nature})`, locale: "" },
      });
      const content = [new Variant({ dataType: DataType.String, value: JSON.stringify(record.values) })];
      const whole = addressSpace.constructExtensionObject(resultType, { resultMetaData: meta, resultContent: content });
      const status = statusOf(record.nature, record.quality?.[verdict]);
      const values = [
        { dataType: DataType.ExtensionObject, value: whole }, { dataType: DataType.ExtensionObject, value: meta }, { dataType: DataType.String, value: resultId },
        { dataType: DataType.Int32, value: evaluation }, { dataType: DataType.Variant, arrayType: VariantArrayType.Array, value: content },
      ];
      parts.forEach((part, at) => { part.setValueFromSource(new Variant(values[at]), part === parts[2] ? StatusCodes.Good : status, new Date(record.timestamp)); });
    },
  };
}

/** What the input says of the part and its job; only that of the record that the result answers. */
function factsOf(input: InputRecord | undefined, { inputId }: OutputRecord): Readonly<Record<string, string>> {
  if (input?.id !== inputId) return {};
  return Object.fromEntries(Object.entries(FROM_INPUT).flatMap(([part, fields]) => {
    const value = fields.map((field) => textOf(input.values[field])).find((text) => text !== undefined);
    return value === undefined ? [] : [[part, value]];
  }));
}

function flagsOf({ values }: OutputRecord): Readonly<Record<string, boolean>> {
  return Object.fromEntries((["isPartial", "isSimulated"] as const).flatMap((flag) => (typeof values[flag] === "boolean" ? [[flag, values[flag]]] : [])));
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
