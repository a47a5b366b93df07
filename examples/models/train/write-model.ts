import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { writeOnnx, type OnnxModel } from "./onnx-writer";
import { referenceOf, type FieldValues } from "./reference";

/** A number about the rows that the model has not seen, beside what a guess without it gives. */
export interface Metric {
  readonly name: string;
  readonly model: number;
  /** Absent where a guess has no such number. */
  readonly baseline?: number;
  /** What the guess is. */
  readonly guess?: string;
}

/** A field that fills an element of a tensor. */
export interface Element {
  readonly field: string;
  readonly unit: string;
}

/** A trained model, ready to be written. */
export interface TrainedModel {
  readonly id: string;
  readonly version: string;
  readonly category: string;
  readonly title: string;
  readonly onnx: Omit<OnnxModel, "name" | "about" | "version">;
  readonly about: string;
  readonly dataSet: { readonly id: string; readonly description: string; readonly records: number };
  readonly inputs: readonly FieldValues[];
  readonly outputs: readonly FieldValues[];
  /** What was held out, in words. */
  readonly holdOut: string;
  readonly metrics: readonly Metric[];
  /** What a user has to know of its limits. */
  readonly limits: readonly string[];
}

const FOLDER = path.join(__dirname, "..");

/** The files of a model: the ONNX file, and beside it what is kept of its training. */
export function filesOf(trained: TrainedModel): { readonly onnx: Buffer; readonly json: string } {
  const { id, version, category, about, dataSet, metrics, holdOut } = trained;
  const onnx = writeOnnx({ ...trained.onnx, name: id, about, version: Number(version.split(".")[0]), metadata: { version, dataSet: dataSet.id } });
  const kept = {
    model: { id, version, category, digest: `sha256:${createHash("sha256").update(onnx).digest("hex")}` },
    dataSet,
    inputs: referenceOf(trained.inputs),
    outputs: referenceOf(trained.outputs),
    holdOut: { rows: holdOut, metrics },
  };
  return { onnx, json: `${JSON.stringify(kept)}\n` };
}

/** Writes `<id>.onnx`, `<id>.json` and the model's part of `README.md` in `examples/models`. */
export function writeModel(trained: TrainedModel): void {
  const { onnx, json } = filesOf(trained);
  writeFileSync(path.join(FOLDER, `${trained.id}.onnx`), onnx);
  writeFileSync(path.join(FOLDER, `${trained.id}.json`), json);
  const readme = path.join(FOLDER, "README.md");
  writeFileSync(readme, withPart(readFileSync(readme, "utf8"), trained.id, describe(trained, onnx.length)));
  console.log(`${trained.id}: ${onnx.length} bytes`);
  console.table(trained.metrics);
}

/** The part of a text between the marks of a model, replaced. */
function withPart(text: string, id: string, part: string): string {
  const [begin, end] = [`<!-- ${id} -->`, `<!-- end of ${id} -->`];
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  if (from < 0 || to < from) throw new Error(`README.md has no place for ${id}`);
  return `${text.slice(0, from)}${begin}\n${part}\n${text.slice(to)}`;
}

function describe({ id, title, category, onnx, dataSet, holdOut, metrics, limits }: TrainedModel, bytes: number): string {
  const tensors = (values: TrainedModel["onnx"]["inputs"]): string => values.map(({ name, type, shape }) => `\`${name}\` ${type} [${shape.join(",")}]`).join(", ");
  const rows = metrics.map(({ name, model, baseline, guess = "" }) => `| ${name} | ${model} | ${baseline ?? ""} | ${guess} |`);
  return [
    `## ${title}: \`${id}.onnx\``, "",
    `Category \`${category}\`, ${bytes} bytes. In: ${tensors(onnx.inputs)}. Out: ${tensors(onnx.outputs)}.`, "",
    `Data: ${dataSet.description} Trained on ${dataSet.records} rows; held out: ${holdOut}.`, "",
    "| on the rows held out | model | without a model | which guess |", "|---|---|---|---|", ...rows, "",
    ...limits.map((limit) => `- ${limit}`),
  ].join("\n");
}
