import { execFile, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { readFileSync, readdirSync, rmSync } from "node:fs";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const ROOT = path.join(__dirname, "..", "..");
const LOG_LINES = 200;

/** The arguments with which Node-RED's palette manager installs a module. */
export const PALETTE_INSTALL = [
  "install", "--no-audit", "--no-update-notifier", "--no-fund", "--save", "--save-prefix=~", "--omit=dev", "--engine-strict",
] as const;

/** A Node-RED process of our own. */
export interface NodeRedProcess {
  /** Resolves when the flows run; rejects when the process ends first. */
  readonly ready: Promise<void>;
  /** Exit code, `null` after a signal. */
  readonly exited: Promise<number | null>;
  /** The last lines it printed. */
  log(): string;
  close(): Promise<void>;
}

/** Packs the checkout (built before) and returns the tarball's path in `folder`. */
export async function packTarball(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  const { stdout } = await run("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", folder], { cwd: ROOT, maxBuffer: 16e6 });
  const packed = JSON.parse(stdout) as { filename: string }[];
  return path.join(folder, path.basename(packed[0]?.filename.replace(/^@([^/]+)\//, "$1-") ?? ""));
}

/** Installs the pack into a user directory as the palette does; does nothing when this very build is already there. */
export async function installPack(userDirectory: string, say: (text: string) => void): Promise<void> {
  await mkdir(userDirectory, { recursive: true });
  const tarball = await packTarball(userDirectory);
  const digest = digestOf(await readFile(tarball));
  const marker = path.join(userDirectory, ".installed");
  if (await readFile(marker, "utf8").catch(() => "") === digest) return;
  say("installing the pack into Node-RED's user directory …");
  // A name of its own for each build: npm keeps what it has of a tarball it knows by name.
  const named = path.join(userDirectory, `pack-${digest.slice(0, 12)}.tgz`);
  await rename(tarball, named);
  const manifest = path.join(userDirectory, "package.json");
  await writeFile(manifest, JSON.stringify({ name: "model-data-resonance-demo", private: true, version: "0.0.1" }, null, 2));
  await rm(path.join(userDirectory, "package-lock.json"), { force: true });
  await run("npm", [...PALETTE_INSTALL, "--prefer-offline", "--", named], { cwd: userDirectory, maxBuffer: 16e6 });
  await writeFile(marker, digest);
}

/**
 * Writes settings and the flow file: the example on a tab of its own. A flow that somebody changed since is kept unless `reset`;
 * gives whether the flow is the example.
 */
export async function writeUserDirectory(
  userDirectory: string, { flow, port, reset = false }: { flow: string; port: number; reset?: boolean },
): Promise<boolean> {
  const nodes = JSON.parse(await readFile(flow, "utf8")) as { type: string; z?: string }[];
  const tab = nodes.find((node) => node.z !== undefined)?.z ?? "demo";
  const flows = JSON.stringify([{ id: tab, type: "tab", label: path.basename(flow, ".json") }, ...nodes], null, 2);
  const settings = {
    uiHost: "127.0.0.1", uiPort: port, flowFile: "flows.json", credentialSecret: false,
    logging: { console: { level: "info", metrics: false, audit: false } },
    editorTheme: { tours: false, projects: { enabled: false } },
    telemetry: { enabled: false, updateNotification: false },
  };
  await writeFile(path.join(userDirectory, "settings.js"), `module.exports = ${JSON.stringify(settings, null, 2)};\n`);
  const [file, marker] = [path.join(userDirectory, "flows.json"), path.join(userDirectory, ".example")];
  const present = await readFile(file, "utf8").catch(() => undefined);
  if (present !== undefined && !reset && digestOf(present) !== (await readFile(marker, "utf8").catch(() => ""))) return false;
  await writeFile(file, flows);
  await writeFile(marker, digestOf(flows));
  return true;
}

/**
 * Takes the user directory for this process until it ends.
 * @throws when another process that is alive has it.
 */
export async function lockUserDirectory(userDirectory: string): Promise<void> {
  await mkdir(userDirectory, { recursive: true });
  const lock = path.join(userDirectory, ".lock");
  const holder = Number(await readFile(lock, "utf8").catch(() => ""));
  if (holder > 0 && holder !== process.pid && isAlive(holder)) {
    throw new Error(`a demo is already running in this checkout (process ${holder}); end it with Ctrl-C first`);
  }
  await writeFile(lock, String(process.pid));
  process.once("exit", () => { rmSync(lock, { force: true }); });
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

const digestOf = (content: string | Buffer): string => createHash("sha256").update(content).digest("hex");

/** Starts the checkout's Node-RED (or the one at `redJs`, with `node`) on a user directory; `environment` is added to the process's. */
export function startNodeRed(
  userDirectory: string,
  environment: Readonly<Record<string, string>>,
  { redJs = require.resolve("node-red/red.js"), node = process.execPath }: { redJs?: string; node?: string } = {},
): NodeRedProcess {
  const child = spawn(node, [redJs, "--userDir", userDirectory], {
    env: { ...process.env, ...environment }, stdio: ["ignore", "pipe", "pipe"],
  });
  const started = startedTexts(redJs);
  const lines: string[] = [];
  const exited = once(child, "exit").then(([code]) => code as number | null);
  const ready = new Promise<void>((resolve, reject) => {
    const listen = (chunk: Buffer): void => {
      const text = chunk.toString();
      lines.push(...text.split("\n").filter(Boolean));
      lines.splice(0, Math.max(0, lines.length - LOG_LINES));
      if (started.some((words) => text.includes(words))) resolve();
    };
    child.stdout.on("data", listen);
    child.stderr.on("data", listen);
    exited.then((code) => { reject(new Error(`Node-RED ended with exit code ${String(code)}\n${lines.join("\n")}`)); }, reject);
  });
  ready.catch(() => undefined);
  return {
    ready,
    exited,
    log: () => lines.join("\n"),
    async close() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill("SIGTERM");
      const force = setTimeout(() => child.kill("SIGKILL"), 20_000);
      await exited;
      clearTimeout(force);
    },
  };
}

/** "Started flows" in every language Node-RED may print it in. */
function startedTexts(redJs: string): string[] {
  const locales = path.join(path.dirname(createRequire(redJs).resolve("@node-red/runtime/package.json")), "locales");
  return readdirSync(locales).map((language) => {
    const catalogue = JSON.parse(readFileSync(path.join(locales, language, "runtime.json"), "utf8")) as { nodes?: { flows?: Record<string, string> } };
    return catalogue.nodes?.flows?.["started-flows"] ?? "Started flows";
  });
}
