import type { DataValue, ISessionContext, StatusCode, UAObject, Variant } from "node-opcua";
import { loadOpcua } from "../opcua/load";
import type { Category, Field, Localized } from "../profile/profile";
import { requireField } from "../profile/profile-lookup";
import type { Sample } from "../record/sample";
import { addFieldVariable } from "./field-variable";
import { addFolder, type Space } from "./space";
import { valueTypeOf } from "./value-type";

/** A field whose set-point clients may write. */
export interface SetpointRow {
  readonly category: string;
  /** An output of the category. */
  readonly field: string;
}

/** Who may write set-points: users who may operate, or every client, with or without a user. */
export type SetpointWriters = "operators" | "anyone";

/** A set-point that a client has written, for the flow to act upon. */
export interface SetpointMessage {
  /** The field. */
  readonly topic: string;
  /** Its tag is the field, its value in the profile's unit. */
  readonly payload: Sample;
  /** `by`: the user's name, where there is one. */
  readonly resonance: { readonly setpoint: { readonly equipment: string; readonly category: string; readonly by?: string } };
}

const SETPOINTS: Localized = { en: "Set-points", zh: "设定值", de: "Sollwerte" };

/** Whether values of a field are single plain ones, which a client can write as they are. */
export function isSettable({ schema }: Field): boolean {
  const { array, json, dataType } = valueTypeOf(schema);
  return !array && !json && dataType !== "Int64";
}

/**
 * Adds a folder with a writable variable for each of the fields. A variable keeps what was written last; before, it waits for its first
 * value. What is not of the field's type, not among its allowed values or outside its range is refused.
 * @throws RESONANCE_FIELD_UNKNOWN with a path like `setpoints/feedOverrideSetpoint`
 */
export function addSetpoints(
  space: Space, parent: UAObject, place: { readonly id: string; readonly equipment: string; readonly category: Category },
  fields: readonly string[], writers: SetpointWriters, tell: (message: SetpointMessage) => void,
): void {
  const { id, equipment, category } = place;
  const folder = addFolder(space, parent, { id, name: "Setpoints", title: SETPOINTS });
  for (const name of new Set(fields)) {
    const field = requireField(category, "output", name, `setpoints/${name}`);
    addSetpoint(space, folder, `${id}/${name}`, field, writers, (payload, by) => {
      tell({ topic: name, payload, resonance: { setpoint: { equipment, category: category.id, ...(by !== undefined && { by }) } } });
    });
  }
}

function addSetpoint(space: Space, folder: UAObject, id: string, { name, schema }: Field, writers: SetpointWriters, written: (sample: Sample, by: string | undefined) => void): void {
  const { StatusCodes } = loadOpcua();
  const { variable } = addFieldVariable(space, folder, { id, name, schema, history: false, writable: true });
  let kept = variable.readValue();
  let by: string | undefined;
  // Asked immediately before the write, with the session that writes.
  variable.isUserWritable = (context: ISessionContext) => {
    by = space.operator(context);
    return writers === "anyone" || by !== undefined;
  };
  variable.bindVariable({
    timestamped_get: () => kept,
    timestamped_set(data: DataValue, callback: (error: Error | null, status: StatusCode, data: DataValue) => void) {
      const refusal = refuse(data, schema);
      if (!refusal) {
        kept = data;
        const timestamp = (data.sourceTimestamp ?? new Date()).toISOString();
        written({ tag: name, value: plainValue(data.value), ...(schema.unit !== undefined && { unit: schema.unit }), quality: "Good", timestamp }, by);
      }
      callback(null, refusal ?? StatusCodes.Good, data);
    },
  }, true);
}

/** Why a value cannot be a set-point, beyond its data type, which the stack has checked. */
function refuse({ value, statusCode }: DataValue, { minimum = -Infinity, maximum = Infinity, enum: allowed }: Field["schema"]): StatusCode | undefined {
  const { StatusCodes, DataType } = loadOpcua();
  if (statusCode.isNot(StatusCodes.Good)) return StatusCodes.BadWriteNotSupported;
  if (value.dataType === DataType.Null) return StatusCodes.BadTypeMismatch;
  const plain = plainValue(value);
  if (typeof plain === "number" && !(plain >= minimum && plain <= maximum)) return StatusCodes.BadOutOfRange;
  return allowed && !allowed.includes(plain) ? StatusCodes.BadOutOfRange : undefined;
}

/** The value as a record has it. */
function plainValue({ value }: Variant): unknown {
  return value instanceof Date ? value.toISOString() : value;
}
