import type { EventEmitter } from "node:events";
import type { ExtensionObject, UAObject } from "node-opcua";
import { ResonanceError } from "../errors/resonance-error";
import { loadOpcua } from "../opcua/load";
import type { Place } from "./equipment-tree";
import type { JobEntry } from "./job-book";
import type { UaJobOrder } from "./job-order-message";
import type { Space } from "./space";

/** The namespace of OPC 10031-4. */
export const JOB_CONTROL = "http://opcfoundation.org/UA/ISA95-JOBCONTROL_V2/";
const TYPE = "JobOrderStatusEventType";
/** Of 1 to 1000: information. */
const SEVERITY = 100;

/** Tells clients where a job order stands now. */
export type RaiseJobOrder = (entry: JobEntry<UaJobOrder>, state: readonly ExtensionObject[]) => void;

/**
 * Makes a receiver the source of events of a kind of `ISA95JobOrderStatusEventType` (OPC 10031-4 §6.3; that type itself is abstract), told
 * at each level of the equipment and at the Server object.
 */
export function addJobOrderEvent({ addressSpace, namespace, texts }: Space, place: Place, receiver: UAObject): RaiseJobOrder {
  const { DataType, EventNotifierFlags, Variant, VariantArrayType } = loadOpcua();
  const index = addressSpace.getNamespaceIndex(JOB_CONTROL);
  const base = addressSpace.findEventType("ISA95JobOrderStatusEventType", index);
  const response = addressSpace.findDataType("ISA95JobResponseDataType", index);
  if (!base || !response) throw new ResonanceError("RESONANCE_SCADA_FAILED", { detail: "the model of OPC 10031-4 has no status event" });
  const type = namespace.findObjectType(TYPE) ?? namespace.addObjectType({ nodeId: `s=${TYPE}`, browseName: TYPE, subtypeOf: base });
  receiver.setEventNotifier(EventNotifierFlags.SubscribeToEvents);
  receiver.addReference({ referenceType: "HasEventSource", isForward: false, nodeId: addressSpace.rootFolder.objects.server });
  (receiver as unknown as EventEmitter).on("event", (event: unknown) => {
    for (const level of place.levels) (level as unknown as EventEmitter).emit("event", event);
  });
  return ({ id, order, state }, states) => {
    const made = addressSpace.constructExtensionObject(response, { jobResponseID: id, jobOrderID: id, jobState: [...states] });
    receiver.raiseEvent(type, {
      message: { dataType: DataType.LocalizedText, value: texts.plain({ en: `${id}: ${state}`, zh: `${id}：${state}`, de: `${id}: ${state}` }) },
      severity: { dataType: DataType.UInt16, value: SEVERITY },
      jobOrder: new Variant({ dataType: DataType.ExtensionObject, value: order }),
      jobResponse: new Variant({ dataType: DataType.ExtensionObject, value: made }),
      jobState: new Variant({ dataType: DataType.ExtensionObject, arrayType: VariantArrayType.Array, value: [...states] }),
    });
  };
}
