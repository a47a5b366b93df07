import { compilePlain } from "../plain-text";
import type { Frame } from "../frame";
import { idOf, lineage, notice, recordId, scope, sync, textOfField, timestamp, typeAt, validUntil } from "./parts";

/** Fields whose text is what people read first. */
const MESSAGE_FIELDS = ["alertMessage", "faultDescription", "explanation"];
/** Field that says whether it is an event, an alert or an alarm. */
const EVENT_TYPE_FIELD = "eventType";
/** What an event is where no field says it, by the kind of work; anything else is a plain event. */
const EVENT_TYPE: Readonly<Record<string, string>> = { Maintenance: "Alert", Quality: "Alert" };

/** A model's finding, for people to look at. */
export const workAlert: Frame = {
  verb: sync("Add"),
  home: "WorkAlertProperty",
  lineagePerValue: false,
  build: (context) => ({
    ID: idOf("WA"),
    Description: [context.category.title.en, notice],
    PublishedDate: timestamp,
    EffectiveEndDate: validUntil,
    MessageText: [textOfField(...MESSAGE_FIELDS)],
    HierarchyScope: scope,
    TimeStamp: timestamp,
    Priority: context.options.priority,
    Category: context.category.id,
    WorkAlertProperty: [lineage(context, "SyncWorkAlert", "WorkAlert", "WorkAlertProperty")],
  }),
};

/**
 * The same as an event of operations. The type has no properties: its record entries name the values and refer to the record. (Its
 * `InformationObject` could hold them, but the official schema wants that one's content in no namespace, which few expect.)
 * The message is called Notify and its verb is Sync; the schema has it so.
 */
export const operationsEvent: Frame = {
  verb: sync("Add"),
  home: "OperationsEventRecord/OperationsRecordEntry",
  lineagePerValue: false,
  build(context) {
    const { category, options } = context;
    const eventType = compilePlain(typeAt("NotifyOperationsEvent", "OperationsEvent", "OperationsEventType"));
    const said = textOfField(EVENT_TYPE_FIELD);
    const [momFunction] = category.momFunctions;
    return {
      ID: idOf("EVT"),
      Description: [textOfField(...MESSAGE_FIELDS), category.title.en, notice],
      HierarchyScope: scope,
      EffectiveTimeStamp: timestamp,
      RecordTimeStamp: timestamp,
      Priority: options.priority,
      OperationsEventType: (known) => eventType(said(known) ?? EVENT_TYPE[category.operationsType] ?? "Event"),
      OperationsEventLevel: "Level 3",
      OperationsType: category.operationsType,
      MOMFunction: momFunction,
      Category: [category.id],
      Source: [({ record }) => (record.direction === "output" ? `model:${record.model.id}@${record.model.version}` : record.equipment)],
      OperationsEventRecord: [{
        ID: recordId,
        RecordTimestamp: timestamp,
        EffectiveEndDate: validUntil,
        Action: "Observed",
        OperationsRecordEntry: [lineage(context, "NotifyOperationsEvent", "OperationsEvent", "OperationsEventRecord", "OperationsRecordEntry")],
        OperationsRecordSpecificationID: ({ record }) => `${record.profile}/${record.category}/${record.direction}`,
      }],
    };
  },
};
