import type { ConditionSnapshot, LocalizedText, Namespace, UAObject, UAVariable } from "node-opcua";
import { loadOpcua } from "../opcua/load";
import type { OutputRecord } from "../record/interface-record";
import { operatorMessage, type OperatorMessage } from "./operator-message";
import type { Space } from "./space";

/** The alarm of a category that detects anomalies. */
export interface AnomalyAlarm {
  /** Goes active or back to normal with what the record says. */
  update(record: OutputRecord): void;
}

type Alarm = ReturnType<Namespace["instantiateOffNormalAlarm"]>;

/** A field of this name makes a category raise alarms. */
export const ALARM_FIELD = "anomalyDetected";
const TITLE = { en: "Anomaly alarm", zh: "异常报警", de: "Anomaliealarm" };
const ACTIVE = { en: "Anomaly detected", zh: "检测到异常", de: "Anomalie erkannt" };
const NORMAL = { en: "Back to normal", zh: "恢复正常", de: "Wieder normal" };
/** Of 1 to 1000, where the record names no severity of its own: high (OPC 10000-9 §5.5.2). */
const SEVERITY = 700;

/**
 * Adds an OffNormalAlarm (OPC 10000-9 §5.8.22) that clients acknowledge and confirm. It is driven by the records, not by the variable: a
 * prediction is Uncertain, and that must not keep its alarm from coming.
 */
export function addAnomalyAlarm(space: Space, folder: UAObject, id: string, input: UAVariable, tell: (message: OperatorMessage) => void): AnomalyAlarm {
  const { DataType, NodeId, StatusCodes } = loadOpcua();
  const { namespace, texts } = space;
  const alarm: Alarm = namespace.instantiateOffNormalAlarm({
    nodeId: `s=${id}`, browseName: "AnomalyAlarm", displayName: texts.plain(TITLE), componentOf: folder, conditionSource: folder, conditionName: TITLE.en,
    inputNode: NodeId.nullNodeId, normalState: null, optionals: ["ConfirmedState", "Confirm"],
  });
  texts.localize(alarm, TITLE);
  alarm.inputNode.setValueFromSource({ dataType: DataType.NodeId, value: input.nodeId });
  let recordId = "";

  const report = (topic: "acknowledge" | "confirm") => (_event: Buffer | null, comment: LocalizedText | null, branch: ConditionSnapshot): void => {
    const about = recordId;
    // An active condition is of interest until it has ended, whoever has seen it.
    if (branch.getActiveState()) branch.setRetain(true);
    // The stack writes the user down after this.
    setImmediate(() => { tell(operatorMessage(topic, about, alarm.clientUserId.readValue().value.value ?? "", comment?.text)); });
  };
  alarm.on("acknowledged", report("acknowledge"));
  alarm.on("confirmed", report("confirm"));

  const raise = (text: string, severity: number, time: Date, retain: boolean): void => {
    alarm.raiseNewCondition({ message: text, severity, quality: StatusCodes.Uncertain, retain, time });
  };
  return {
    update(record) {
      const active = isAnomaly(record);
      const branch = alarm.currentBranch();
      if (active === branch.getActiveState()) return;
      const time = new Date(record.timestamp);
      const { severity, alertMessage } = record.values;
      if (active) {
        recordId = record.id;
        branch.setActiveState(true);
        branch.setAckedState(false);
        branch.setConfirmedState(false);
        raise(typeof alertMessage === "string" ? alertMessage : texts.plain(ACTIVE).text, isSeverity(severity) ? severity : SEVERITY, time, true);
      } else {
        branch.setActiveState(false);
        raise(texts.plain(NORMAL).text, branch.getSeverity(), time, !branch.getAckedState() || !branch.getConfirmedState());
      }
    },
  };
}

/** What the model said outright, else its score against its threshold. */
function isAnomaly({ values }: OutputRecord): boolean {
  const { [ALARM_FIELD]: detected, anomalyScore, anomalyThreshold } = values;
  if (typeof detected === "boolean") return detected;
  return typeof anomalyScore === "number" && typeof anomalyThreshold === "number" && anomalyScore >= anomalyThreshold;
}

function isSeverity(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= 1000;
}
