import type { MethodFunctor, UAMethod, UAObject, UAVariable, Variant } from "node-opcua";
import { ResonanceError } from "../errors/resonance-error";
import { loadOpcua } from "../opcua/load";
import type { Place } from "./equipment-tree";
import { makeReadOnly } from "./companion";
import { createJobBook, JOB_METHODS, JOB_STATES, RETURN, type JobEntry, type JobMethod } from "./job-book";
import { jobOrderMessage, type JobOrderMessage } from "./job-order-message";
import type { UaJobOrder } from "./job-order-part";
import type { Space } from "./space";

const JOB_CONTROL = "http://opcfoundation.org/UA/ISA95-JOBCONTROL_V2/";
const MOST_ORDERS = 100;
const TITLE = { en: "Job orders", zh: "作业指令", de: "Aufträge" };
/** These bring an order; the others name one. */
const BRINGING: ReadonlySet<JobMethod> = new Set(["Store", "StoreAndStart", "Update"]);

/** The receiver of job orders at one place. */
export interface JobOrderReceiver {
  /** Takes what the machine reports of a job: a state in B2MML's words. */
  report(jobOrderId: string, state: string): void;
}

/**
 * Adds an `ISA95JobOrderReceiverObjectType` (OPC 10031-4 §6.2.1): what clients order leaves as messages; the states are kept, and the list
 * of orders shows them. Who may not operate is refused before a method runs.
 */
export function addJobOrderReceiver(space: Space, place: Place, tell: (message: JobOrderMessage) => void): JobOrderReceiver {
  const { DataType, StatusCodes, Variant: Made, VariantArrayType } = loadOpcua();
  const { addressSpace, texts } = space;
  const index = addressSpace.getNamespaceIndex(JOB_CONTROL);
  const type = addressSpace.findObjectType("ISA95JobOrderReceiverObjectType", index);
  if (!type) throw new ResonanceError("RESONANCE_SCADA_FAILED", { detail: "the model of OPC 10031-4 is not loaded" });
  const receiver: UAObject = type.instantiate({
    browseName: "JobOrders", nodeId: `s=${place.id}#jobs`, displayName: texts.plain(TITLE), componentOf: place.object, namespace: space.namespace,
    optionals: [...JOB_METHODS],
  });
  texts.localize(receiver, TITLE);
  makeReadOnly(receiver);
  const book = createJobBook<UaJobOrder>(MOST_ORDERS);

  const dataType = (name: string) => {
    const found = addressSpace.findDataType(name, index);
    if (!found) throw new ResonanceError("RESONANCE_SCADA_FAILED", { detail: `the model of OPC 10031-4 has no ${name}` });
    return found;
  };
  const stateTypes = { entry: dataType("ISA95JobOrderAndStateDataType"), state: dataType("ISA95StateDataType") };
  const toUa = ({ order, state }: JobEntry<UaJobOrder>) => addressSpace.constructExtensionObject(stateTypes.entry, {
    jobOrder: order,
    state: [addressSpace.constructExtensionObject(stateTypes.state, { stateText: texts.plain({ en: state, zh: state, de: state }), stateNumber: JOB_STATES[state] })],
  });
  const orders = receiver.getChildByName("JobOrderList") as UAVariable;
  const show = (): void => {
    orders.setValueFromSource(new Made({ dataType: DataType.ExtensionObject, arrayType: VariantArrayType.Array, value: book.entries().map(toUa) }));
  };
  const most = receiver.getChildByName("MaxDownloadableJobOrders") as UAVariable;
  most.setValueFromSource({ dataType: DataType.UInt16, value: MOST_ORDERS });
  for (const name of ["EquipmentID", "PhysicalAssetID", "MaterialClassID", "MaterialDefinitionID", "PersonnelID"]) {
    const value = name === "EquipmentID" ? [place.path] : [];
    (receiver.getChildByName(name) as UAVariable | null)?.setValueFromSource(new Made({ dataType: DataType.String, arrayType: VariantArrayType.Array, value }));
  }
  show();

  const methodOf = (method: JobMethod): MethodFunctor => (inputs, context, callback) => {
    const order = BRINGING.has(method) ? (inputs[0]?.value as UaJobOrder | null) ?? undefined : undefined;
    const id = order ? order.jobOrderID ?? "" : String(inputs[0]?.value ?? "");
    const messageFor = (of: UaJobOrder): JobOrderMessage => jobOrderMessage({ method, id, place: place.path, by: space.operator(context) ?? "", comment: commentOf(inputs[1]) }, of);
    const outcome = order && !isReadable(() => messageFor(order)) ? { status: "invalidRequest" as const } : book.call(method, id, order);
    const done = outcome.status === "noError";
    if (done) {
      show();
      tell(messageFor(outcome.entry.order));
    }
    // A Bad status would take the answer away (annex B.2).
    callback(null, {
      statusCode: done ? StatusCodes.Good : StatusCodes.Uncertain,
      outputArguments: [new Made({ dataType: DataType.UInt64, arrayType: VariantArrayType.Scalar, value: [...RETURN[outcome.status]] })],
    });
  };
  for (const method of JOB_METHODS) (receiver.getChildByName(method) as UAMethod).bindMethod(methodOf(method));
  return {
    report(jobOrderId, state) {
      const entry = book.report(jobOrderId, state);
      if (entry) show();
    },
  };
}

/** An order that is nested too deep is refused before it is kept. */
function isReadable(read: () => unknown): boolean {
  try {
    read();
    return true;
  } catch {
    return false;
  }
}

/** The first text of a list of comments. */
function commentOf(comments: Variant | undefined): string {
  const [first] = (comments?.value ?? []) as readonly { readonly text?: string | null }[];
  return first?.text ?? "";
}
