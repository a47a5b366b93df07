import type { UAObject } from "node-opcua";
import type { Direction, Field, Interface, Localized } from "../profile/profile";
import type { InterfaceRecord, Nature } from "../record/interface-record";
import { addFieldVariable, type FieldVariable } from "./field-variable";
import { addFolder, type Space } from "./space";
import { statusOf } from "./status";
import { loadOpcua } from "../opcua/load";

const TITLES: Readonly<Record<Direction, Localized>> = {
  input: { en: "Input", zh: "输入", de: "Eingang" },
  output: { en: "Output", zh: "输出", de: "Ausgang" },
};
const RECORD: Localized = { en: "Record", zh: "记录", de: "Datensatz" };
const LONGEST_TIMER_MS = 2_147_483_647;

interface Meta {
  readonly name: string;
  readonly title: Localized;
  readonly schema: { readonly type: string; readonly format?: string; readonly unit?: string; readonly minimum?: number; readonly maximum?: number };
  readonly outputOnly?: boolean;
  readonly value: (record: InterfaceRecord) => unknown;
}

const output = <T>(read: (record: Extract<InterfaceRecord, { direction: "output" }>) => T) =>
  (record: InterfaceRecord): T | undefined => (record.direction === "output" ? read(record) : undefined);

/** What is known of a record as a whole. */
const META: readonly Meta[] = [
  { name: "RecordId", title: { en: "Record ID", zh: "记录编号", de: "Datensatz-ID" }, schema: { type: "string" }, value: ({ id }) => id },
  { name: "Nature", title: { en: "Nature", zh: "性质", de: "Art" }, schema: { type: "string" }, value: ({ nature }) => nature },
  { name: "PhysicalAsset", title: { en: "Physical asset", zh: "物理资产", de: "Betriebsmittel (Asset)" }, schema: { type: "string" }, value: ({ physicalAsset }) => physicalAsset },
  { name: "InputId", title: { en: "Input record ID", zh: "输入记录编号", de: "ID des Eingangsdatensatzes" }, schema: { type: "string" }, outputOnly: true, value: output(({ inputId }) => inputId) },
  { name: "ModelId", title: { en: "Model", zh: "模型", de: "Modell" }, schema: { type: "string" }, outputOnly: true, value: output(({ model }) => model.id) },
  { name: "ModelVersion", title: { en: "Model version", zh: "模型版本", de: "Modellversion" }, schema: { type: "string" }, outputOnly: true, value: output(({ model }) => model.version) },
  { name: "ModelDigest", title: { en: "Model digest", zh: "模型摘要值", de: "Prüfsumme des Modells" }, schema: { type: "string" }, outputOnly: true, value: output(({ model }) => model.digest) },
  { name: "ModelDataSet", title: { en: "Training data set", zh: "训练数据集", de: "Trainingsdatensatz" }, schema: { type: "string" }, outputOnly: true, value: output(({ model }) => model.dataSet) },
  { name: "Confidence", title: { en: "Confidence", zh: "置信度", de: "Konfidenz" }, schema: { type: "number", unit: "C62", minimum: 0, maximum: 1 }, outputOnly: true, value: output(({ confidence }) => confidence) },
  { name: "ValidUntil", title: { en: "Valid until", zh: "有效期至", de: "Gültig bis" }, schema: { type: "string", format: "date-time" }, outputOnly: true, value: output(({ validUntil }) => validUntil) },
];

/** The variables of the input or output of a category at one place. */
export interface InterfaceFolder {
  readonly folder: UAObject;
  readonly fields: ReadonlyMap<string, FieldVariable>;
  /** Shows a record; one older than the one shown only joins the history. */
  show(record: InterfaceRecord): void;
  close(): void;
}

/** Adds the folder `id` with a variable for each field; all wait for their first record. */
export function addInterfaceFolder(space: Space, parent: UAObject, id: string, direction: Direction, { fields }: Interface): InterfaceFolder {
  const folder = addFolder(space, parent, { id, name: TITLES[direction].en, title: TITLES[direction] });
  const variables = new Map([...fields.values()].map((field) => [field.name, addField(space, folder, id, field)]));
  const about = addFolder(space, folder, { id: `${id}#`, name: "Record", title: RECORD });
  const metas = META.filter(({ outputOnly }) => direction === "output" || !outputOnly)
    .map((meta) => ({ ...meta, field: addFieldVariable(space, about, { id: `${id}#${meta.name}`, name: meta.name, schema: { ...meta.schema, title: meta.title }, history: false }) }));
  let newest = -Infinity;
  let timer: NodeJS.Timeout | undefined;

  const expire = (): void => { for (const field of variables.values()) field.expire(); };
  const expireAt = (time: number): void => {
    const left = time - Date.now();
    if (left <= 0) {
      expire();
      return;
    }
    timer = setTimeout(() => { expireAt(time); }, Math.min(left, LONGEST_TIMER_MS));
    timer.unref();
  };
  return {
    folder,
    fields: variables,
    show(record) {
      const recordTime = new Date(record.timestamp);
      const late = recordTime.getTime() < newest;
      for (const [name, variable] of variables) {
        const quality = record.quality?.[name];
        const status = statusOf(natureOf(fields.get(name), record.nature), quality);
        const time = quality?.timestamp === undefined ? recordTime : new Date(quality.timestamp);
        if (late) variable.remember(record.values[name], status, time);
        else variable.show(record.values[name], status, time);
      }
      if (late) return;
      newest = recordTime.getTime();
      const { StatusCodes } = loadOpcua();
      for (const { value, field } of metas) field.show(value(record), StatusCodes.Good, recordTime);
      clearTimeout(timer);
      if (record.direction === "output" && record.validUntil !== undefined) expireAt(Date.parse(record.validUntil));
    },
    close() { clearTimeout(timer); },
  };
}

function addField(space: Space, folder: UAObject, id: string, { name, schema }: Field): FieldVariable {
  return addFieldVariable(space, folder, { id: `${id}/${name}`, name, schema, history: true });
}

/** A field's own nature counts, where the profile states one: a forecast beside a set-point stays one; what was proposed may be commanded by now. */
function natureOf(field: Field | undefined, nature: Nature): Nature {
  const own = field?.schema.nature as Nature | undefined;
  return own === undefined || (own === "proposal" && nature === "command") ? nature : own;
}
