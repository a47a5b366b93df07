import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { appendFile, rename, writeFile } from "node:fs/promises";
import path from "node:path";

/** What a sender was answered, so that it can be told again. */
export interface GivenAnswer {
  readonly verdict: "accepted" | "rejected" | "modified";
  readonly status: number;
  readonly contentType?: string;
  readonly body: string;
  /** Name and BODID of the answer, where it is a B2MML document. */
  readonly message?: string;
  readonly bodId?: string;
}

/** The last answers by the message they answer, kept in a file. */
export interface RememberedAnswers {
  get(key: string): GivenAnswer | undefined;
  /** Is known at once; the promise ends when it is in the file, or could not be written and `onProblem` was told. */
  add(key: string, answer: GivenAnswer): Promise<void>;
  /** Waits for what is being written. */
  close(): Promise<void>;
}

export interface RememberOptions {
  readonly file: string;
  /** Answers at most; the oldest goes. */
  readonly limit: number;
  /** Told when the file cannot be written, or holds lines that cannot be read. */
  readonly onProblem: (cause: unknown) => void;
}

/** Characters of all bodies together at most. */
const MOST_CHARACTERS = 32 * 1024 * 1024;
/** The file is written anew when this much more than its content was appended. */
const SLACK = 1024 * 1024;

/**
 * Opens the file of answers, made where there is none. A line that was cut off when the process died is left out.
 * @throws what the file system throws when the folder cannot be made or the file not be read
 */
export function openRememberedAnswers({ file, limit, onProblem }: RememberOptions): RememberedAnswers {
  const answers = new Map<string, GivenAnswer>();
  let characters = 0;
  let appended = 0;
  let queued: string[] = [];
  let turn: Promise<void> = Promise.resolve();

  const forget = (key: string): void => {
    const known = answers.get(key);
    if (!known) return;
    characters -= known.body.length;
    answers.delete(key);
  };
  const keep = (key: string, answer: GivenAnswer): void => {
    forget(key);
    answers.set(key, answer);
    characters += answer.body.length;
    for (const oldest of answers.keys()) {
      if (answers.size <= limit && characters <= MOST_CHARACTERS) break;
      forget(oldest);
    }
  };
  const whole = (): string => [...answers].map(([key, answer]) => lineOf(key, answer)).join("");
  const write = async (): Promise<void> => {
    const lines = queued.join("");
    queued = [];
    if (lines === "") return;
    appended += lines.length;
    try {
      if (appended <= characters + SLACK) {
        await appendFile(file, lines);
        return;
      }
      await writeFile(`${file}.new`, whole());
      await rename(`${file}.new`, file);
      appended = 0;
    } catch (cause) {
      onProblem(cause);
    }
  };

  mkdirSync(path.dirname(file), { recursive: true });
  const broken = load(file, keep);
  writeFileSync(`${file}.new`, whole());
  renameSync(`${file}.new`, file);
  if (broken > 0) onProblem(new Error(`${broken} lines of ${file} cannot be read and are left out`));
  return {
    get: (key) => answers.get(key),
    add(key, answer) {
      keep(key, answer);
      queued.push(lineOf(key, answer));
      turn = turn.then(write);
      return turn;
    },
    close: () => turn,
  };
}

/** Forgets the answers of a node that is gone. */
export function removeRememberedAnswers(file: string): void {
  rmSync(file, { force: true });
}

function lineOf(key: string, answer: GivenAnswer): string {
  return `${JSON.stringify([key, answer])}\n`;
}

/** @returns how many lines are broken; the last one, cut off, does not count */
function load(file: string, keep: (key: string, answer: GivenAnswer) => void): number {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return 0;
    throw cause;
  }
  const lines = text.split("\n").slice(0, -1);
  return lines.filter((line) => {
    const entry = parse(line);
    if (entry) keep(...entry);
    return entry === undefined;
  }).length;
}

function parse(line: string): [string, GivenAnswer] | undefined {
  try {
    const [key, answer] = JSON.parse(line) as [unknown, GivenAnswer];
    return typeof key === "string" && typeof answer.body === "string" && Number.isInteger(answer.status) ? [key, answer] : undefined;
  } catch {
    return undefined;
  }
}
