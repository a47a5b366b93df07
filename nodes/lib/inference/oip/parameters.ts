import { ResonanceError } from "../../errors/resonance-error";

export type ParameterValue = string | number | boolean;
/** Parameters by name (Open Inference Protocol V2, `$parameters`). */
export type Parameters = Readonly<Record<string, ParameterValue>>;

/** A row of the model's settings. */
export interface ParameterRow {
  /** An input or output the parameter belongs to; empty for the whole request. */
  readonly tensor: string;
  readonly name: string;
  /** As text: `true`, `false` and numbers are sent as what they are, `"5"` as a text. */
  readonly value: string;
}

/** What is sent beside the tensors. */
export interface RequestParameters {
  readonly request: Parameters;
  /** By tensor, those only that have some. */
  readonly tensors: Readonly<Record<string, Parameters>>;
}

/** @throws RESONANCE_CONFIG_INVALID with a path such as `parameters/0/name` */
export function compileParameters(rows: readonly ParameterRow[], tensors: readonly { readonly name: string }[]): RequestParameters {
  const request: Record<string, ParameterValue> = {};
  const own = new Map<string, Record<string, ParameterValue>>();
  rows.forEach(({ tensor, name, value }, index) => {
    const at = `parameters/${index}`;
    if (name.trim() === "") throw invalid(`${at}/name`, "a parameter needs a name");
    if (tensor !== "" && !tensors.some((known) => known.name === tensor)) throw invalid(`${at}/tensor`, `there is no tensor ${tensor}`);
    const into = tensor === "" ? request : own.get(tensor) ?? {};
    if (Object.hasOwn(into, name)) throw invalid(`${at}/name`, `${name} is there twice`);
    if (tensor !== "") own.set(tensor, into);
    Object.defineProperty(into, name, { value: valueOf(value), enumerable: true });
  });
  return { request, tensors: Object.fromEntries(own) };
}

/** Outputs that a parameter turns into texts "value:index:label" (classification extension): the model's own signature says nothing of them. */
export function isClassified(name: string, { tensors }: RequestParameters): boolean {
  return tensors[name]?.["classification"] !== undefined;
}

function valueOf(text: string): ParameterValue {
  const trimmed = text.trim();
  if (trimmed === "true" || trimmed === "false") return trimmed === "true";
  if (/^-?(?:0|[1-9]\d{0,14})(?:\.\d+)?$/.test(trimmed)) return Number(trimmed);
  return /^"[^"\\]*"$/.test(trimmed) ? trimmed.slice(1, -1) : text;
}

function invalid(setting: string, detail: string): ResonanceError {
  return new ResonanceError("RESONANCE_CONFIG_INVALID", { setting, detail }, { path: setting });
}
