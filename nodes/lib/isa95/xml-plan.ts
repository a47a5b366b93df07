import type { Scalar, Tree } from "./document";
import { type ElementSpec, messageType, type TypeSpec } from "./structure";
import { compileFill, isConstant, Optional, Repeat, type Part, type RecordContext, type Slot, type Template } from "./template";
import { isFreeText, isPlain, literal } from "./text";
import { DECLARATION, elementXml, escapeText, NAMESPACE_HEAD, startOf, valueXml, writeXml } from "./xml-writer";

/** A stretch of a document: the same in every one, or written from the record. */
type Step = string | ((context: RecordContext) => string);

/**
 * Prepares a template as XML: what is the same in every document is written once, with the first. The result is `writeXml` of the
 * filled template to the byte; whatever is not plain sailing is left to `writeXml`, which also finds the words for what is wrong.
 */
export function compileXml(message: string, template: Template): (context: RecordContext) => string {
  const fill = compileFill(template);
  const plain = (context: RecordContext): string => writeXml({ message, content: fill(context) });
  let write: ((context: RecordContext) => string) | undefined;
  return (context) => {
    write ??= prepare(message, template) ?? plain;
    try {
      return write(context);
    } catch {
      return plain(context);
    }
  };
}

/** `undefined` for a template with a fault that is the same in every document: it is for `writeXml` to name. */
function prepare(message: string, template: Template): ((context: RecordContext) => string) | undefined {
  const type = messageType(message);
  try {
    return type && join([DECLARATION, ...element(message, type, template, NAMESPACE_HEAD), "\n"]);
  } catch {
    return undefined;
  }
}

/** Thrown where a required element is missing in a record's document; never leaves this file. */
const MISSING = new Error("an element is missing");

function element(name: string, type: TypeSpec, template: Template, head = ""): readonly Step[] {
  const names = Object.keys(template).filter((key) => template[key] !== undefined);
  const children = names.filter((key) => !key.startsWith("@")).map((key) => type.elements.get(key));
  const isStraight = type.text === undefined && type.choices.length === 0
    && children.every((child) => child?.qualified === true)
    && names.every((key) => !key.startsWith("@") || isConstant(template[key]));
  const has = new Set(names);
  const isComplete = [...type.elements.values()].every(({ name: child, required }) => !required || has.has(child));
  if (!isStraight || !isComplete) {
    const fill = compileFill(template);
    return [(context) => elementXml(name, type, fill(context), [], head)];
  }
  const start = startOf(type, template as Tree, head);
  const ordered = (children as ElementSpec[]).sort((a, b) => a.order - b.order);
  const body = merge(ordered.flatMap((child) => childSteps(child, template[child.name])));
  if (body.some((step) => typeof step === "string")) return [`<${name}${start}>`, ...body, `</${name}>`];
  const inner = join(body);
  return [(context) => {
    const content = inner(context);
    return content === "" ? `<${name}${start}/>` : `<${name}${start}>${content}</${name}>`;
  }];
}

/** An element's occurrences; where it is required, a record whose document would lack it is none for the plan. */
function childSteps(spec: ElementSpec, part: Part): readonly Step[] {
  const steps = (Array.isArray(part) ? (part as readonly Part[]) : [part]).flatMap((item) => oneStep(spec, item));
  if (!spec.required || steps.some((step) => typeof step === "string")) return steps;
  const write = join(steps);
  return [(context) => write(context) || fail()];
}

function oneStep(spec: ElementSpec, part: Part): readonly Step[] {
  if (part === undefined) return [];
  if (typeof part === "function") return [spec.type.text ? textStep(spec, part) : treeStep(spec, part)];
  if (part instanceof Optional) {
    const { when } = part;
    const write = join(element(spec.name, spec.type, part.part));
    return [(context) => (when(context) ? write(context) : "")];
  }
  if (part instanceof Repeat) {
    const fill = compileFill(part.base);
    return [(context) => valueXml(spec, part.items(context, fill(context)))];
  }
  if (isConstant(part)) return [valueXml(spec, part as Scalar | Tree)];
  return element(spec.name, spec.type, part as Template);
}

/** The step that runs most: a text from the record, in its element. */
function textStep(spec: ElementSpec, slot: Slot): Step {
  const open = `<${spec.name}>`;
  const close = `</${spec.name}>`;
  const { text } = spec.type;
  const isFree = text !== undefined && isFreeText(text);
  return (context) => {
    const value = slot(context);
    if (value === undefined) return "";
    if (typeof value !== "string" || value === "" || !text) return valueXml(spec, value);
    if (isFree && isPlain(value)) return open + value + close;
    return open + escapeText(literal(text, value, [])) + close;
  };
}

/** The place of a machine is the same tree from record to record: what was written last is kept. */
function treeStep(spec: ElementSpec, slot: Slot): Step {
  let last: Tree[string];
  let xml = "";
  return (context) => {
    const value = slot(context);
    if (value === undefined) return "";
    if (value !== last) {
      xml = valueXml(spec, value);
      last = value;
    }
    return xml;
  };
}

function merge(steps: readonly Step[]): readonly Step[] {
  return steps.reduce<Step[]>((merged, step) => {
    const last = merged.at(-1);
    if (typeof step === "string" && typeof last === "string") merged[merged.length - 1] = last + step;
    else if (step !== "") merged.push(step);
    return merged;
  }, []);
}

function join(steps: readonly Step[]): (context: RecordContext) => string {
  const merged = merge(steps);
  return (context) => {
    let xml = "";
    for (const step of merged) xml += typeof step === "string" ? step : step(context);
    return xml;
  };
}

function fail(): never {
  throw MISSING;
}
