import { createRequire } from "node:module";
import path from "node:path";
import { Worker } from "node:worker_threads";
import { ResonanceError } from "../errors/resonance-error";
import type { XsdFile, XsdFiles } from "./xsd-files";

/** The optional package that checks XML against an XSD; it is no dependency, since few flows need it. */
const PACKAGE = "xmllint-wasm";
/** 256 MiB in pages of WebAssembly. */
const MOST_PAGES = 4096;

/** A run that took too long. */
export class XsdTimeout extends Error {}

/** A schema that the validator cannot use. */
export class XsdUnusable extends Error {}

/** The validator with its schema. */
export interface Xmllint {
  /** What it says of documents, as text; the documents' names are its own. */
  run(documents: readonly XsdFile[]): Promise<string>;
  close(): Promise<void>;
}

/** What the thread answers. */
type Answer = { readonly output: string } | { readonly failure: string; readonly code?: unknown };

/**
 * What the thread does. The package starts a thread of its own in it, which ends with it: so a run can be ended at any time. Files are those
 * it is given; there is no disk and no network to it.
 */
const THREAD = `
const { parentPort, workerData } = require("node:worker_threads");
const { validateXML } = require(workerData.module);
parentPort.on("message", async (xml) => {
  try {
    const { rawOutput } = await validateXML({
      xml, schema: workerData.schema, preload: workerData.preload, maxMemoryPages: workerData.pages, modifyArguments: (list) => ["--nonet", ...list],
    });
    parentPort.postMessage({ output: rawOutput });
  } catch (error) {
    parentPort.postMessage({ failure: String(error && error.message || error), code: error && error.code });
  }
});`;

/** xmllint's exit code for a schema that does not compile. */
const SCHEMA_FAILED = 5;

/**
 * Where the package is: in the user directory, else where this pack would find it. `from` are files or folders to begin at.
 * @throws RESONANCE_XSD_PACKAGE_MISSING, which says how to install it
 */
export function findXmllint(userFolder: string, from: readonly string[] = [__filename]): string {
  for (const place of [path.join(userFolder, "package.json"), ...from]) {
    try {
      return createRequire(place).resolve(PACKAGE);
    } catch {
      // Not there.
    }
  }
  throw new ResonanceError("RESONANCE_XSD_PACKAGE_MISSING", { package: PACKAGE, folder: userFolder }, { path: "b2mmlSchema" });
}

/**
 * The validator in a thread that starts with the first run and stays. Runs are one after the other; one that takes longer than `timeout` milliseconds
 * is ended with its thread.
 */
export function startXmllint(module: string, { entry, others }: XsdFiles, timeout: number): Xmllint {
  let worker: Worker | undefined;
  const end = async (): Promise<void> => {
    const ended = worker;
    worker = undefined;
    await ended?.terminate();
  };
  const start = (): Worker => {
    const started = new Worker(THREAD, { eval: true, workerData: { module, schema: [entry], preload: others, pages: MOST_PAGES } });
    started.unref();
    return started;
  };
  return {
    async run(documents) {
      const thread = (worker ??= start());
      const answer = await ask(thread, documents, timeout).catch(async (cause: unknown) => {
        await end();
        throw cause;
      });
      if ("output" in answer) return answer.output;
      throw answer.code === SCHEMA_FAILED ? new XsdUnusable(answer.failure) : new Error(answer.failure);
    },
    close: end,
  };
}

function ask(thread: Worker, documents: readonly XsdFile[], timeout: number): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => { settle(() => { reject(new XsdTimeout(`longer than ${timeout} ms`)); }); }, timeout);
    const settle = (act: () => void): void => {
      clearTimeout(timer);
      thread.off("message", onMessage).off("error", onError).off("exit", onExit);
      act();
    };
    const onMessage = (answer: Answer): void => { settle(() => { resolve(answer); }); };
    const onError = (cause: unknown): void => { settle(() => { reject(cause instanceof Error ? cause : new Error(String(cause))); }); };
    const onExit = (): void => { settle(() => { reject(new Error("the validator's thread has ended")); }); };
    thread.on("message", onMessage).on("error", onError).on("exit", onExit);
    thread.postMessage(documents);
  });
}
