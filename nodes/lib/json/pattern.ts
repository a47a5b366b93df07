import { parsePattern, PatternUnsupported, type Assertion, type PatternNode, type PatternRepeat } from "./pattern-syntax";

/** Checks of texts against patterns share a number of steps, so that one message can take only so much time. */
export interface StepBudget {
  left: number;
}

/** A regular expression that takes one pass over a text, whatever the text. */
export interface LinearPattern {
  /** @throws StepsExceeded when the budget is used up. */
  test(text: string): boolean;
  toString(): string;
}

/** The text is too long for a pattern of this size. */
export class StepsExceeded extends Error {}

/** Steps of one message: well under a second. */
export const STEPS = 10_000_000;
const LONGEST_PATTERN = 1_000;
const MOST_STATES = 10_000;

/** Two ways on; the same one twice is a jump. */
interface Fork {
  readonly kind: "fork";
  a: number;
  b: number;
}

type Step =
  | { readonly kind: "take"; readonly takes: (code: number) => boolean }
  | { readonly kind: "assert"; readonly at: Assertion }
  | Fork
  | { readonly kind: "match" };

/**
 * Compiles a regular expression to a machine that is in all its possible states at once: no text makes it go back, so the
 * time is bounded by the text's length times the pattern's.
 * @throws PatternUnsupported for look-around, back references, and patterns of more than 1,000 characters or 10,000 states;
 * SyntaxError for what is no pattern.
 */
export function compilePattern(source: string, budget: StepBudget = { left: Infinity }): LinearPattern {
  if (source.length > LONGEST_PATTERN) throw new PatternUnsupported(`it is longer than ${LONGEST_PATTERN} characters`);
  new RegExp(source, "u");
  const steps: Step[] = [];
  build(parsePattern(source), steps);
  steps.push({ kind: "match" });
  return { test: (text) => run(steps, text, budget), toString: () => source };
}

/** Why a text cannot be used as a pattern; `undefined` where it can. */
export function patternFault(source: string): string | undefined {
  try {
    compilePattern(source);
    return undefined;
  } catch (cause) {
    return (cause as Error).message;
  }
}

function build(node: PatternNode, steps: Step[]): void {
  if (steps.length > MOST_STATES) throw new PatternUnsupported(`it has more than ${MOST_STATES} states`);
  switch (node.kind) {
    case "character": steps.push({ kind: "take", takes: taker(node.source) }); break;
    case "assertion": steps.push({ kind: "assert", at: node.at }); break;
    case "choice": buildChoice(node.parts, steps); break;
    case "repeat": buildRepeat(node, steps); break;
    default: for (const part of node.parts) build(part, steps);
  }
}

function buildChoice(parts: readonly PatternNode[], steps: Step[]): void {
  const ends: Fork[] = [];
  parts.forEach((part, index) => {
    const fork = pushFork(steps);
    build(part, steps);
    const end = pushFork(steps);
    ends.push(end);
    if (index < parts.length - 1) fork.b = steps.length;
  });
  for (const end of ends) end.a = end.b = steps.length;
}

function buildRepeat({ part, least, most }: PatternRepeat, steps: Step[]): void {
  if (most === 0) return;
  // What takes nothing is the same however often it stands there.
  if (takesNothing(part)) {
    if (least > 0) build(part, steps);
    return;
  }
  for (let count = 0; count < least; count++) build(part, steps);
  if (most === Infinity) {
    const start = steps.length;
    const fork = pushFork(steps);
    build(part, steps);
    const back = pushFork(steps);
    back.a = back.b = start;
    fork.b = steps.length;
    return;
  }
  const forks: Fork[] = [];
  for (let count = least; count < most; count++) {
    forks.push(pushFork(steps));
    build(part, steps);
  }
  for (const fork of forks) fork.b = steps.length;
}

/** A fork to the step behind it, both ways until the other one is known. */
function pushFork(steps: Step[]): Fork {
  const fork: Fork = { kind: "fork", a: steps.length + 1, b: steps.length + 1 };
  steps.push(fork);
  return fork;
}

function takesNothing(node: PatternNode): boolean {
  if (node.kind === "sequence" || node.kind === "choice") return node.parts.every(takesNothing);
  return node.kind === "assertion" || (node.kind === "repeat" && (node.most === 0 || takesNothing(node.part)));
}

/** Whether one character suits a class or escape: what the language itself says, kept for ASCII. */
function taker(source: string): (code: number) => boolean {
  const pattern = new RegExp(`^(?:${source})$`, "u");
  const ascii = Array.from({ length: 128 }, (_, code) => pattern.test(String.fromCharCode(code)));
  return (code) => ascii[code] ?? pattern.test(String.fromCodePoint(code));
}

function run(steps: readonly Step[], text: string, budget: StepBudget): boolean {
  const seen = new Int32Array(steps.length).fill(-1);
  const stack: number[] = [];
  let following: number[] = [];
  // Follows every way that takes no character; true when one of them ends the pattern.
  const reach = (start: number, position: number): boolean => {
    stack.push(start);
    for (let index = stack.pop(); index !== undefined; index = stack.pop()) {
      if (seen[index] === position) continue;
      seen[index] = position;
      if (--budget.left < 0) throw new StepsExceeded();
      const step = steps[index] as Step;
      if (step.kind === "match") return true;
      if (step.kind === "take") following.push(index);
      else if (step.kind === "fork") stack.push(step.b, step.a);
      else if (holds(step.at, text, position)) stack.push(index + 1);
    }
    return false;
  };
  if (reach(0, 0)) return true;
  // A pattern that begins at the start begins nowhere else.
  const anchored = steps[0]?.kind === "assert" && steps[0].at === "start";
  for (let position = 0; position < text.length;) {
    if (anchored && following.length === 0) return false;
    const code = text.codePointAt(position) ?? 0;
    position += code > 0xffff ? 2 : 1;
    const taking = following;
    following = [];
    for (const index of taking) {
      const step = steps[index] as Step & { kind: "take" };
      if (step.takes(code) && reach(index + 1, position)) return true;
    }
    if (!anchored && reach(0, position)) return true;
  }
  return false;
}

function holds(at: Assertion, text: string, position: number): boolean {
  if (at === "start") return position === 0;
  if (at === "end") return position === text.length;
  return (isWord(text, position - 1) !== isWord(text, position)) === (at === "boundary");
}

function isWord(text: string, position: number): boolean {
  return /\w/.test(text.charAt(position));
}
