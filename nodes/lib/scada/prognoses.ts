import type { UAObject } from "node-opcua";
import { loadOpcua } from "../opcua/load";
import type { InterfaceRecord, OutputRecord } from "../record/interface-record";
import { compileConverter } from "../units/conversion";
import { companionIndex, COMPANIONS, makeReadOnly, partOf, type Companion, type CompanionPlace } from "./companion";
import type { Space } from "./space";
import { statusOf } from "./status";

const END = "predictedEndOfLife";
const LIFE = "remainingUsefulLife";
const MS = "C26";
const TITLE = { en: "Prognoses", zh: "预测", de: "Prognosen" };
const MAINTENANCE = { en: "Maintenance", zh: "维护", de: "Wartung" };
const TOOL_CHANGE = { en: "Tool change", zh: "换刀", de: "Werkzeugwechsel" };
/** What a component is called that is a tool. */
const TOOL = /\btool|werkzeug|刀/i;

/**
 * Adds a `PrognosisListType` (OPC 40501-1 §8.6) with a MaintenancePrognosis and a ToolChangePrognosis, where the category predicts an end
 * of life. A prediction about a tool is shown as a tool change, any other as maintenance; PredictedTime is Uncertain as all predictions.
 */
export function addPrognoses(space: Space, { folder, id, category }: CompanionPlace): Companion | undefined {
  const life = category.output.fields.get(LIFE);
  if (!life && !category.output.fields.has(END)) return undefined;
  const { DataType, StatusCodes } = loadOpcua();
  const { addressSpace, namespace, texts } = space;
  const index = companionIndex(space, COMPANIONS.machineTool);
  const instantiate = (type: string, parent: UAObject, name: string, title: typeof TITLE, optionals: readonly string[] = []): UAObject => {
    const made = addressSpace.findObjectType(type, index)?.instantiate({
      browseName: { name, namespaceIndex: index }, nodeId: `s=${id}/prognoses${name === "Prognoses" ? "" : `/${name}`}`, displayName: texts.plain(title),
      componentOf: parent, namespace, optionals: [...optionals],
    });
    if (!made) throw new Error(`no ${type}`);
    texts.localize(made, title);
    return made;
  };
  const list = instantiate("PrognosisListType", folder, "Prognoses", TITLE);
  const maintenance = instantiate("MaintenancePrognosisType", list, "Maintenance", MAINTENANCE);
  const toolChange = instantiate("ToolChangePrognosisType", list, "ToolChange", TOOL_CHANGE, ["ToolIdentifier"]);
  makeReadOnly(list);
  const times = [maintenance, toolChange].map((prognosis) => partOf(prognosis, "PredictedTime"));
  for (const time of times) time.setValueFromSource({ dataType: DataType.Null }, StatusCodes.BadWaitingForInitialData);
  const toMs = life?.schema.unit === undefined ? undefined : compileConverter(life.schema.unit, MS);
  let toolId = "";

  const plain = (text: string) => ({ dataType: DataType.LocalizedText, value: { text, locale: "" } });
  return {
    show(record) {
      if (record.direction === "input") {
        toolId = textOf(record, "toolId");
        return;
      }
      const time = new Date(record.timestamp);
      const predicted = endOf(record, toMs);
      const quality = record.quality?.[LIFE] ?? record.quality?.[END];
      const concerned = isAboutTool(record) ? toolChange : maintenance;
      for (const prognosis of [maintenance, toolChange]) {
        const known = prognosis === concerned && predicted !== undefined;
        partOf(prognosis, "PredictedTime").setValueFromSource(
          known ? { dataType: DataType.DateTime, value: predicted } : { dataType: DataType.Null }, known ? statusOf(record.nature, quality) : StatusCodes.BadNoData, time);
      }
      partOf(maintenance, "Activity").setValueFromSource(plain(textOf(record, "recommendedAction") || textOf(record, "component")), StatusCodes.Uncertain, time);
      partOf(toolChange, "Location").setValueFromSource(plain(record.equipment), StatusCodes.Good, time);
      partOf(toolChange, "ToolIdentifier").setValueFromSource({ dataType: DataType.String, value: toolId }, toolId === "" ? StatusCodes.BadNoData : StatusCodes.Good, time);
    },
  };
}

/** Whether what ends is a tool: the model names one, or how it wears. */
export function isAboutTool(record: OutputRecord): boolean {
  return typeof record.values["flankWear"] === "number" || TOOL.test(textOf(record, "component"));
}

/** The moment the model names, else what is left, counted from the record's time. */
function endOf({ values, timestamp }: OutputRecord, toMs: ((value: number) => number) | undefined): Date | undefined {
  const { [END]: end, [LIFE]: left } = values;
  if (typeof end === "string" && !Number.isNaN(Date.parse(end))) return new Date(end);
  return typeof left === "number" && toMs ? new Date(Date.parse(timestamp) + toMs(left)) : undefined;
}

function textOf({ values }: InterfaceRecord, field: string): string {
  const value = values[field];
  return typeof value === "string" ? value : "";
}
