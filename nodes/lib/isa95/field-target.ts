import { ResonanceError } from "../errors/resonance-error";
import type { Field } from "../profile/profile";
import type { InterfaceRecord } from "../record/interface-record";
import type { Draft, Scalar, Tree } from "./document";
import { compileEntry, isEntryType } from "./entry";
import type { Frame } from "./frame";
import type { ElementSpec } from "./structure";

/** Puts a field of a record into the noun it was prepared for. */
export type FieldPlacer = (noun: Draft, record: InterfaceRecord) => void;

/**
 * Prepares where a field goes in a message: the targets its annotation names for it, else the frame's home.
 * A target that ends in a named value becomes an entry there, one that ends in a plain element gives that its text.
 * @throws RESONANCE_ISA95_TARGET_INVALID for a path the schema or the frame does not have.
 */
export function compileTargets(message: string, noun: ElementSpec, frame: Frame, field: Field): readonly FieldPlacer[] {
  const named = field.schema.isa95.filter((target) => target.message === message);
  const targets = named.length > 0 ? named : [{ path: frame.home, property: undefined }];
  return targets.map(({ path, property }) => {
    const steps = path.split("/").filter((step, index) => index > 0 || step !== noun.name);
    const elements = resolve(noun, steps);
    const last = elements?.at(-1);
    if (!elements || !last) throw new ResonanceError("RESONANCE_ISA95_TARGET_INVALID", { field: field.name, message, target: path }, { path: field.name });
    const containers = elements.slice(0, -1);
    const put = isEntryType(last.type) ? entry(last, property ?? field.name, field, frame) : last.type.text ? plain(last, field) : undefined;
    if (!put) throw new ResonanceError("RESONANCE_ISA95_TARGET_INVALID", { field: field.name, message, target: path }, { path: field.name });
    return (document, record) => put(containers.reduce(descend, document), record);
  });
}

function resolve(noun: ElementSpec, steps: readonly string[]): readonly ElementSpec[] | undefined {
  const elements: ElementSpec[] = [];
  let type = noun.type;
  for (const step of steps) {
    const element = type.elements.get(step);
    if (!element) return undefined;
    elements.push(element);
    type = element.type;
  }
  return elements;
}

/** The container of that name; one the frame does not have is made, so that no annotated field is lost. */
function descend(parent: Draft, { name, many }: ElementSpec): Draft {
  const known = parent[name];
  const first = Array.isArray(known) ? (known as readonly unknown[])[0] : known;
  if (first !== undefined) return first as Draft;
  const made: Draft = {};
  parent[name] = many ? [made] : made;
  return made;
}

function entry(element: ElementSpec, property: string, field: Field, frame: Frame): FieldPlacer {
  const write = compileEntry(element.type, property, field, frame);
  return (parent, record) => {
    const written = write(record, record.quality?.[field.name]);
    if (written) append(parent, element, written);
  };
}

function plain(element: ElementSpec, field: Field): FieldPlacer {
  return (parent, record) => {
    const value = record.values[field.name];
    if (value === undefined || value === null) return;
    append(parent, element, typeof value === "object" ? JSON.stringify(value) : (value as Scalar));
  };
}

function append(parent: Draft, { name, many }: ElementSpec, value: Tree | Scalar): void {
  if (!many) {
    parent[name] = value;
    return;
  }
  const list = (parent[name] ??= []) as (Tree | Scalar)[];
  list.push(value);
}
