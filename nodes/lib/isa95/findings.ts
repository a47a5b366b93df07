import { textOf, type ErrorCode, type ErrorParams, type Language } from "../errors/resonance-error";
import type { XmlElement } from "./xml-reader";

/** What does not fit the structure, with its place. */
export interface Problem {
  /** XPath from the root. */
  readonly path: string;
  readonly code: ErrorCode;
  readonly message: string;
}

/** What the structure has no place for, kept as it came. */
export interface Kept {
  /** XPath from the root; of an attribute `…/@name`. */
  readonly path: string;
  readonly value: unknown;
}

/** Where a walk through a document stands. */
export interface Step {
  readonly element: XmlElement;
  readonly parent: Step | undefined;
}

/** What was found in one document. */
export interface Findings {
  readonly problems: readonly Problem[];
  readonly kept: readonly Kept[];
  /** Findings beyond the first 500 of each kind: they are counted, not listed. */
  readonly unlisted: number;
  note(step: Step, code: ErrorCode, params: ErrorParams, attribute?: string): void;
  keep(step: Step, value: unknown, attribute?: string): void;
}

const MOST = 500;
const DEEPEST = 32;
const LONGEST = 1000;

/** Collects findings, each kind up to a bound. */
export function createFindings(language: Language): Findings {
  const problems: Problem[] = [];
  const kept: Kept[] = [];
  let unlisted = 0;
  return {
    problems, kept,
    get unlisted() { return unlisted; },
    note(step, code, params, attribute) {
      if (problems.length >= MOST) unlisted++;
      else problems.push({ path: xpath(step, attribute), code, message: textOf(code, params, language).text });
    },
    keep(step, value, attribute) {
      if (kept.length >= MOST) unlisted++;
      else kept.push({ path: xpath(step, attribute), value });
    },
  };
}

/** The place of an element; one of several siblings of its name has its number. */
export function xpath(step: Step, attribute?: string): string {
  const steps: string[] = attribute === undefined ? [] : [attribute === "text()" ? attribute : `@${attribute}`];
  for (let at: Step | undefined = step; at; at = at.parent) {
    const { element, parent } = at;
    const alike = parent?.element.children.filter((sibling) => sibling.name === element.name) ?? [];
    steps.unshift(alike.length > 1 ? `${element.name}[${alike.indexOf(element) + 1}]` : element.name);
  }
  return `/${steps.join("/")}`.slice(0, LONGEST);
}

/** An element as it came: its text, or attributes (`@name`), text (`$`) and lists of children by name. */
export function raw(element: XmlElement, depth = 0): unknown {
  if (element.children.length === 0 && element.attributes.size === 0) return element.text;
  const entries = new Map<string, unknown>([...element.attributes].map(([name, value]) => [`@${name}`, value]));
  if (element.text.trim() !== "") entries.set("$", element.text.trim());
  if (depth < DEEPEST) {
    for (const child of element.children) {
      // Nothing called like this is put into an object.
      if (child.name === "__proto__") continue;
      const list = (entries.get(child.name) ?? []) as unknown[];
      list.push(raw(child, depth + 1));
      entries.set(child.name, list);
    }
  }
  return Object.fromEntries(entries);
}
