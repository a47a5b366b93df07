import { findUnit } from "../units/units";
import type { RawInterface } from "./assemble-profile";
import type { Refuse } from "./check-format";
import { carriesValues } from "./homes";
import type { FieldSchema, FieldWords, ValueSchema } from "./profile";

/** Pairs of keywords of which the first must not be above the second. */
const BOUNDS = [["minimum", "maximum"], ["minLength", "maxLength"], ["minItems", "maxItems"]] as const;

/** Checks units and bounds of a value and of the parts it is made of, and that what is required of it is among its parts. */
export function checkValue(value: FieldWords | ValueSchema, at: string, refuse: Refuse): void {
  if (value.unit !== undefined && !findUnit(value.unit)) refuse(`${at}/unit`, `the unit code ${value.unit} is not known`);
  for (const [least, most] of BOUNDS) {
    const low = value[least] as number | undefined;
    const high = value[most] as number | undefined;
    if (low !== undefined && high !== undefined && low > high) refuse(`${at}/${least}`, `the ${least} ${low} is above the ${most} ${high}`);
  }
  if (value.items) checkValue(value.items, `${at}/items`, refuse);
  for (const [name, part] of Object.entries(value.properties ?? {})) checkValue(part, `${at}/properties/${name}`, refuse);
  checkOrdered(value.ordered, value.properties ?? {}, at, refuse);
  for (const [name, { unitIn }] of Object.entries(value.properties ?? {})) {
    if (unitIn !== undefined && value.properties?.[unitIn]?.type !== "string") refuse(`${at}/properties/${name}/unitIn`, `there is no text ${unitIn} beside it`);
  }
  value.required?.forEach((name, index) => {
    if (!Object.hasOwn(value.properties ?? {}, name)) refuse(`${at}/required/${index}`, `there is no property ${name}`);
  });
}

/** Checks relations of an interface's fields or a value's parts: they are there, are numbers, and of one unit. */
export function checkOrdered(
  ordered: readonly (readonly string[])[] | undefined, parts: Readonly<Record<string, FieldWords | ValueSchema>>, at: string, refuse: Refuse,
): void {
  ordered?.forEach((names, index) => {
    const units = names.map((name, place) => {
      const part = Object.hasOwn(parts, name) ? parts[name] : undefined;
      if (!part) return refuse(`${at}/ordered/${index}/${place}`, `there is no ${name}`);
      if (part.type !== "number" && part.type !== "integer" && part["unitIn"] === undefined) refuse(`${at}/ordered/${index}/${place}`, `${name} is no number`);
      return part.unit ?? `in ${String(part["unitIn"])}`;
    });
    if (new Set(units).size > 1) refuse(`${at}/ordered/${index}`, `${names.join(", ")} are of different units`);
  });
}

/** A time that follows from a time span needs that span among the fields of its interface. */
export function checkDerivation(side: RawInterface, field: FieldWords, at: string, refuse: Refuse): void {
  if (!field.derivation) return;
  const { timeAfter } = field.derivation;
  const source = Object.hasOwn(side.properties, timeAfter) ? side.properties[timeAfter] : undefined;
  if (!source) return refuse(`${at}/derivation/timeAfter`, `there is no field ${timeAfter}`);
  if (findUnit(source.unit ?? "")?.quantity !== "time") refuse(`${at}/derivation/timeAfter`, `${timeAfter} is not a time span`);
}

/** Every field has a place in each message of its category that carries values, and none the place of another (`taken`). */
export function checkTargets(
  name: string, field: FieldSchema, messages: readonly string[], taken: Map<string, string>, at: string, refuse: Refuse,
): void {
  field.isa95.forEach(({ message, path, property }, index) => {
    const where = `${at}/isa95/${index}`;
    if (!messages.includes(message)) refuse(`${where}/message`, `the category's messages do not include ${message}`);
    const noun = message.replace(/^[A-Z][a-z]+/, "");
    if (path !== noun && !path.startsWith(`${noun}/`)) refuse(`${where}/path`, `the path does not begin with ${noun}`);
    const target = [message, path, property ?? ""].join(" ");
    const other = taken.get(target);
    if (other !== undefined) refuse(where, `${other} and ${name} have the same target`);
    taken.set(target, name);
  });
  for (const message of messages) {
    if (carriesValues(message) && !field.isa95.some((target) => target.message === message)) refuse(`${at}/isa95`, `no target in ${message}`);
  }
}
