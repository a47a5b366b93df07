import { ResonanceError } from "../errors/resonance-error";
import type { Field } from "../profile/profile";
import type { Nature } from "../record/interface-record";
import type { Scalar } from "./document";
import { entryPart, isEntryType, type EntryOptions } from "./entry";
import type { Frame } from "./frame";
import { isJobList, jobOrders } from "./job-orders";
import { compilePlain } from "./plain-text";
import { isStructured } from "./structured";
import type { ElementSpec } from "./structure";
import { Optional, Repeat, type Part, type Slot, type Template, type Test } from "./template";
import { valueElementOf } from "./value";
import { nameIn } from "./to-version";
import { standsIn, valuePart } from "./value-part";
import { differenceOf, structureOf, type Version } from "./versions";

/** A place that a node names for a field. */
export interface NodeTarget {
  readonly field: string;
  /** Path from the noun: `PhysicalAsset/PhysicalAssetProperty`. */
  readonly path: string;
  /** ID of the named value; the field's name where it is empty or absent. */
  readonly property?: string;
}

/** The message a field goes to. */
export interface TargetMessage {
  readonly message: string;
  /** The message of the category that this one stands for. */
  readonly basis: string;
  readonly noun: ElementSpec;
  readonly frame: Frame;
  readonly targets: readonly NodeTarget[];
  readonly version: Version;
}

interface Target {
  readonly path: string;
  readonly property?: string | undefined;
  /** Number of the node's row; `undefined` for one of the profile. */
  readonly row?: number;
}

/** A container that a target needs and the frame does not have: it stands where one of its fields does. */
class Container extends Optional {
  constructor(part: Template, private readonly tests: Test[] = []) {
    super((context) => tests.some((test) => test(context)), part);
  }

  add(test: Test): void {
    this.tests.push(test);
  }
}

/**
 * Gives a field its place in a message's template: the targets the node names for it, else its annotation, else the frame's home. A
 * target that ends in a named value becomes an entry there, one that ends in a value or a plain element gives that its text, and a list
 * of jobs becomes job orders. What an older version has no element for goes to the home.
 * @throws RESONANCE_ISA95_TARGET_INVALID for a path the schema or the frame does not have, RESONANCE_ISA95_NODE_TARGET for one of
 * the node, RESONANCE_ISA95_TARGET_TAKEN for one of the node where another field stands: fields with places of the node come last.
 */
export function placeField(template: Template, field: Field, to: TargetMessage, options: EntryOptions): void {
  const { message, noun, frame } = to;
  const nature = (field.schema.nature as Nature | undefined) ?? options.nature;
  for (const { path, property = field.name, row } of targetsOf(field, to)) {
    const refuse = (): never => { throw refusal(field, path, message, row); };
    const found = resolve(noun, path) ?? refuse();
    // What is no command commands nothing.
    const isSilent = found.at(-1)?.name === "Command" && nature !== "command";
    const elements = isSilent || (row === undefined && !stands(noun, found, to.version)) ? resolve(noun, frame.home) ?? refuse() : found;
    if (row !== undefined && isTaken(template, elements, property)) {
      throw new ResonanceError("RESONANCE_ISA95_TARGET_TAKEN", { field: field.name, target: property === field.name ? path : `${path} (${property})`, message }, { path: `targets/${row}` });
    }
    if (!place(template, elements, property, field, { ...options, nature })) refuse();
  }
}

function targetsOf({ name, schema }: Field, { message, basis, noun, frame, targets }: TargetMessage): readonly Target[] {
  const own = targets.flatMap((target, row) => (target.field === name && target.path.split("/")[0] === noun.name ? [{ path: target.path, property: target.property || undefined, row }] : []));
  if (own.length > 0) return own;
  const named = schema.isa95.filter((target) => target.message === message);
  // The same noun has the same places; in another one only the name of the value counts.
  const like = named.length > 0 ? named : schema.isa95.filter((target) => target.message === basis)
    .map(({ path, property }) => ({ path: path.split("/")[0] === noun.name ? path : frame.home, property }));
  return like.length > 0 ? like : [{ path: frame.home }];
}

/** Whether a version has every element of a path. */
function stands(noun: ElementSpec, elements: readonly ElementSpec[], version: Version): boolean {
  if (version === "V0701") return true;
  const difference = differenceOf(version);
  let from = noun.type;
  let known = structureOf(version).nounType(noun.name);
  for (const { name, type } of elements) {
    const there = known && nameIn(name, from.name, known, difference);
    if (there === undefined) return false;
    known = known?.elements.get(there)?.type;
    from = type;
  }
  return true;
}

/** Whether another field's text, or a named value of that ID, stands at the end of a path already. */
function isTaken(template: Template, elements: readonly ElementSpec[], property: string): boolean {
  const last = elements.at(-1);
  const parent = elements.slice(0, -1).reduce<Part>((current, { name }) => {
    const inner = (current as Template | undefined)?.[name];
    const first = Array.isArray(inner) ? (inner as readonly Part[])[0] : inner;
    return first instanceof Optional ? first.part : first instanceof Repeat ? first.base : typeof first === "object" ? (first) : undefined;
  }, template) as Template | undefined;
  const there = last && parent?.[last.name];
  if (!last || there === undefined) return false;
  if (!last.many) return isFieldSlot(there);
  return isEntryType(last.type) && (there as readonly Part[]).some((part) => part instanceof Optional && part.part["ID"] === property);
}

const fieldSlots = new WeakSet<Slot>();

/** Whether a part is the text of a field: what the frame itself puts there gives way. */
function isFieldSlot(part: Part): boolean {
  return typeof part === "function" && fieldSlots.has(part);
}

function refusal({ name }: Field, path: string, message: string, row: number | undefined): ResonanceError {
  return row === undefined
    ? new ResonanceError("RESONANCE_ISA95_TARGET_INVALID", { field: name, message, target: path }, { path: name })
    : new ResonanceError("RESONANCE_ISA95_NODE_TARGET", { field: name, target: path, detail: `${message} has no such place for it` }, { path: `targets/${row}` });
}

function place(template: Template, elements: readonly ElementSpec[], property: string, field: Field, options: EntryOptions): boolean {
  const jobOrder = isJobList(field.schema) ? elements.findIndex(({ name }) => name === "JobOrder") : -1;
  const containers = jobOrder < 0 ? elements.slice(0, -1) : elements.slice(0, jobOrder);
  const stands = standsIn(field);
  const parent = containers.reduce<Template | undefined>((current, element) => current && descend(current, element, stands), template);
  const last = elements[jobOrder < 0 ? elements.length - 1 : jobOrder];
  if (!parent || !last) return false;
  if (jobOrder >= 0) return placeJobs(parent, last, field, options);
  const part = partFor(last, property, field, options, parent[last.name]);
  if (part === undefined) return false;
  if (last.many) parent[last.name] = [...((parent[last.name] ?? []) as readonly Part[]), part];
  else parent[last.name] = part;
  return true;
}

function partFor({ type }: ElementSpec, property: string, field: Field, options: EntryOptions, before: Part): Part {
  if (isEntryType(type)) return entryPart(type, property, field, options);
  const element = valueElementOf(type);
  if (element !== undefined) return isStructured(field.schema) ? undefined : valuePart(field, options.nature, element);
  if (!type.text) return undefined;
  if (!suits(field.schema, type.text.base)) return undefined;
  const plain = compilePlain(type);
  const own: Slot = (context) => {
    const value = context.record.values[field.name] ?? undefined;
    return value === undefined ? otherwise(before, context) : plain(value);
  };
  fieldSlots.add(own);
  return own;
}

/** Texts that only some types of values can be. */
const KINDS: Readonly<Record<string, readonly string[]>> = {
  duration: ["string"], dateTime: ["string"], base64Binary: ["string"], language: ["string"], boolean: ["boolean", "string"], decimal: ["number", "integer", "string"],
};

/** Whether values of a field can be text of a type at all; no number is a duration or a time. */
function suits({ type }: Field["schema"], base: string): boolean {
  const kinds = Object.hasOwn(KINDS, base) ? KINDS[base] : undefined;
  return kinds === undefined || [type].flat().some((one) => kinds.includes(one));
}

/** What the frame has at the place of a single plain element counts where the record has no value for it. */
function otherwise(before: Part, context: Parameters<Slot>[0]): ReturnType<Slot> {
  if (typeof before === "function") return before(context);
  return Array.isArray(before) ? undefined : (before as Scalar | undefined);
}

function placeJobs(parent: Template, element: ElementSpec, field: Field, { nature }: EntryOptions): boolean {
  const known = parent[element.name];
  const [base] = Array.isArray(known) ? (known as readonly Part[]) : [];
  // A second list of jobs has no place of its own.
  if (typeof base !== "object" || base instanceof Optional || base instanceof Repeat) return false;
  parent[element.name] = jobOrders(element.type, base as Template, field, nature);
  return true;
}

function resolve(noun: ElementSpec, path: string): readonly ElementSpec[] | undefined {
  const elements: ElementSpec[] = [];
  let { type } = noun;
  for (const step of path.split("/").filter((name, index) => index > 0 || name !== noun.name)) {
    const element = type.elements.get(step);
    if (!element) return undefined;
    elements.push(element);
    type = element.type;
  }
  return elements;
}

/** The container of that name; one the frame does not have is made, so that no annotated field is lost. */
function descend(parent: Template, { name, many, type }: ElementSpec, stands: Test): Template | undefined {
  const known = parent[name];
  const first = Array.isArray(known) ? (known as readonly Part[])[0] : known;
  if (first instanceof Repeat) return first.base;
  if (first instanceof Optional) {
    if (first instanceof Container) first.add(stands);
    return first.part;
  }
  if (first !== undefined) return typeof first === "object" ? (first as Template) : undefined;
  const made: Template = type.elements.get("ID")?.required === true ? { ID: name.charAt(0).toLowerCase() + name.slice(1) } : {};
  const container = new Container(made, [stands]);
  parent[name] = many ? [container] : container;
  return made;
}
