import type { InterfaceRecord } from "../record/interface-record";
import type { Draft, Scalar, Tree } from "./document";
import type { JobContext } from "./lineage";
import type { Place } from "./place";

/** What is known when a document is written: everything that changes from record to record. */
export interface RecordContext {
  readonly record: InterfaceRecord;
  readonly place: Place;
  readonly job: JobContext;
  /** BODID of the document. */
  readonly bodId: string;
  readonly createdAt: string;
  /** Record whose IDs count instead of this one's: a change names what it changes. */
  readonly requestId?: string;
}

/** A part of a document that is looked up in the record; `undefined` leaves it out. */
export type Slot = (context: RecordContext) => Tree[string];

/** Says of a record whether a part stands in its document. */
export type Test = (context: RecordContext) => boolean;

/** A part of a template: what is the same in every document, and slots for what is not. */
export type Part = Scalar | Slot | Template | Optional | Repeat | undefined | readonly Part[];

/** A document, or an element of one, with slots. Built once when a message is prepared, then only filled. */
export interface Template {
  [name: string]: Part;
}

/** A part that stands only in the documents of some records. */
export class Optional {
  constructor(readonly when: Test, readonly part: Template) {}
}

/** An element that stands once as it is, or as often as a list of the record says: `items` gets the plain one to build upon. */
export class Repeat {
  constructor(readonly base: Template, readonly items: (context: RecordContext, base: Tree) => readonly Tree[]) {}
}

/** Fills a template for one record. */
export type Filler = (context: RecordContext) => Draft;

/** Prepares the filling of a template. What is the same for every record is shared between the documents, not copied. */
export function compileFill(template: Template): Filler {
  const parts = Object.keys(template).filter((name) => template[name] !== undefined).map((name) => [name, compilePart(template[name])] as const);
  return (context) => {
    const filled: Draft = {};
    for (const [name, part] of parts) filled[name] = typeof part === "function" ? part(context) : part;
    return filled;
  };
}

/** Whether a part is the same for every record. */
export function isConstant(part: Part): boolean {
  if (typeof part === "function" || part instanceof Optional || part instanceof Repeat) return false;
  if (Array.isArray(part)) return (part as readonly Part[]).every(isConstant);
  return typeof part !== "object" || Object.values(part).every(isConstant);
}

function compilePart(part: Part): Slot | Tree[string] {
  if (typeof part === "function") return part;
  if (isConstant(part)) return part as Tree[string];
  if (Array.isArray(part)) return compileList((part as readonly Part[]).map(compilePart));
  if (part instanceof Optional) {
    const fill = compileFill(part.part);
    return (context) => (part.when(context) ? fill(context) : undefined);
  }
  if (part instanceof Repeat) {
    const fill = compileFill(part.base);
    return (context) => part.items(context, fill(context));
  }
  return compileFill(part as Template);
}

/** A slot in a list may give nothing, an item or several. */
function compileList(items: readonly (Slot | Tree[string])[]): Slot {
  return (context) => {
    const list: (Scalar | Tree | null)[] = [];
    for (const item of items) {
      const filled = typeof item === "function" ? item(context) : item;
      if (Array.isArray(filled)) for (const one of filled as readonly (Scalar | Tree | null)[]) list.push(one);
      else if (filled !== undefined) list.push(filled as Scalar | Tree | null);
    }
    return list;
  };
}
