import type { UAObject } from "node-opcua";
import { loadOpcua } from "../opcua/load";
import type { Category } from "../profile/profile";
import type { InterfaceRecord } from "../record/interface-record";
import type { Space } from "./space";

/** Fields of the event besides those of every event. */
const FIELDS = [
  ["RecordId", "String"], ["Category", "String"], ["Direction", "String"], ["Nature", "String"], ["Equipment", "String"],
  ["ModelId", "String"], ["ModelVersion", "String"], ["Confidence", "Double"],
] as const;
/** Of 1 to 1000: information (OPC 10000-5: BaseEventType, Severity). */
const SEVERITY = 100;

/** Raises an event from a category's folder when a record arrived. */
export type RaiseRecord = (source: UAObject, category: Category, record: InterfaceRecord) => void;

/** Adds the type `InterfaceRecordEventType`, a kind of BaseEventType. */
export function addRecordEvent({ namespace, texts }: Space): RaiseRecord {
  const { DataType, Variant } = loadOpcua();
  const type = namespace.addObjectType({ nodeId: "s=#InterfaceRecordEventType", browseName: "InterfaceRecordEventType", subtypeOf: "BaseEventType" });
  for (const [name, dataType] of FIELDS) {
    namespace.addVariable({
      nodeId: `s=#InterfaceRecordEventType.${name}`, browseName: name, propertyOf: type, typeDefinition: "PropertyType", dataType, modellingRule: "Mandatory",
    });
  }
  return (source, category, record) => {
    const made = record.direction === "output" ? record : undefined;
    const text = (value: string | undefined) => new Variant({ dataType: DataType.String, value });
    source.raiseEvent(type, {
      message: { dataType: DataType.LocalizedText, value: texts.plain(titleOf(category, record)) },
      severity: { dataType: DataType.UInt16, value: SEVERITY },
      time: { dataType: DataType.DateTime, value: new Date(record.timestamp) },
      recordId: text(record.id), category: text(record.category), direction: text(record.direction), nature: text(record.nature),
      equipment: text(record.equipment), modelId: text(made?.model.id), modelVersion: text(made?.model.version),
      confidence: made?.confidence === undefined ? new Variant({ dataType: DataType.Null }) : new Variant({ dataType: DataType.Double, value: made.confidence }),
    });
  };
}

function titleOf({ title }: Category, { direction }: InterfaceRecord): Category["title"] {
  return direction === "input"
    ? { en: `${title.en}: new input`, zh: `${title.zh}：新的输入`, de: `${title.de}: neuer Eingang` }
    : { en: `${title.en}: new result`, zh: `${title.zh}：新的结果`, de: `${title.de}: neues Ergebnis` };
}
