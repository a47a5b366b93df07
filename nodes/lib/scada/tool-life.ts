import { loadOpcua } from "../opcua/load";
import type { Direction, Field, Localized } from "../profile/profile";
import type { InterfaceRecord } from "../record/interface-record";
import { compileConverter } from "../units/conversion";
import { companionIndex, COMPANIONS, makeReadOnly, partOf, type Companion, type CompanionPlace } from "./companion";
import { addFolder, type Space } from "./space";
import { euInformation } from "./field-variable";
import { isAboutTool } from "./prognoses";
import { statusOf } from "./status";

/** What a field says of a tool's life; `unit` is the one OPC 40501-1 §12.8 asks for, `indication` the value of its enumeration. */
interface Entry {
  readonly name: string;
  readonly field: string;
  readonly direction: Direction;
  readonly indication: number;
  readonly unit: string;
  readonly countsUp: boolean;
}

const ENTRIES: readonly Entry[] = [
  { name: "RemainingTime", field: "remainingUsefulLife", direction: "output", indication: 0, unit: "HUR", countsUp: false },
  { name: "TimeInUse", field: "toolWear", direction: "input", indication: 0, unit: "HUR", countsUp: true },
  { name: "Usages", field: "usageCount", direction: "input", indication: 2, unit: "C62", countsUp: true },
  { name: "CuttingDistance", field: "cuttingDistance", direction: "input", indication: 4, unit: "MTR", countsUp: true },
];
const TITLE: Localized = { en: "Tool life", zh: "刀具寿命", de: "Werkzeugstandzeit" };

/** Adds a folder `ToolLife` with a `ToolLifeType` (OPC 40501-1 §11.1) for each field that says how much a tool was used, where the category predicts what is left. */
export function addToolLife(space: Space, { folder, id, category }: CompanionPlace): Companion | undefined {
  if (!category.output.fields.has("remainingUsefulLife")) return undefined;
  const { DataType, StatusCodes } = loadOpcua();
  const index = companionIndex(space, COMPANIONS.machineTool);
  const type = space.addressSpace.findVariableType("ToolLifeType", index);
  const parent = addFolder(space, folder, { id: `${id}/toolLife`, name: "ToolLife", title: TITLE });
  const shows = ENTRIES.flatMap((entry) => {
    const field: Field | undefined = category[entry.direction].fields.get(entry.field);
    if (!type || field?.schema.unit === undefined) return [];
    const toUnit = compileConverter(field.schema.unit, entry.unit);
    const title = field.schema.title;
    const variable = type.instantiate({
      browseName: { name: entry.name, namespaceIndex: index }, nodeId: `s=${id}/toolLife/${entry.name}`, displayName: space.texts.plain(title),
      componentOf: parent, namespace: space.namespace, dataType: "Double", minimumSamplingInterval: 0,
    });
    space.texts.localize(variable, title);
    partOf(variable, "Indication").setValueFromSource({ dataType: DataType.Int32, value: entry.indication });
    partOf(variable, "IsCountingUp").setValueFromSource({ dataType: DataType.Boolean, value: entry.countsUp });
    partOf(variable, "EngineeringUnits").setValueFromSource({ dataType: DataType.ExtensionObject, value: euInformation(space, entry.unit) });
    variable.setValueFromSource({ dataType: DataType.Null }, StatusCodes.BadWaitingForInitialData);
    return [(record: InterfaceRecord): void => {
      if (record.direction !== entry.direction) return;
      const value = record.values[entry.field];
      const usable = typeof value === "number" && (record.direction === "input" || isAboutTool(record));
      const quality = record.quality?.[entry.field];
      variable.setValueFromSource(
        usable ? { dataType: DataType.Double, value: toUnit(value) } : { dataType: DataType.Null },
        usable ? statusOf(record.nature, quality) : StatusCodes.BadNoData, new Date(quality?.timestamp ?? record.timestamp));
    }];
  });
  makeReadOnly(parent);
  return { show(record) { for (const show of shows) show(record); } };
}
