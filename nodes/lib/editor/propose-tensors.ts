import type { Catalogue, CategoryFacts, FieldFacts } from "./catalogue";
import type { Direction, TensorElement, TensorSpec } from "./tensors";

/** A tensor as a server or a file states it; -1 is an open dimension. */
export interface StatedTensor {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
}

/** How sure a proposal is: the names are the same; only alike or by the order of the fields; nothing was found. */
export type Certainty = "same" | "check" | "unknown";

/** A tensor with the meaning its elements probably have. */
export interface Proposal {
  readonly tensor: TensorSpec;
  readonly certainty: Certainty;
}

/** What names end in when they say their unit, in small letters. */
const UNITS: Readonly<Record<string, string>> = {
  k: "KEL", kelvin: "KEL", c: "CEL", degc: "CEL", celsius: "CEL", degf: "FAH", rpm: "RPM", nm: "NU", n: "NEW", kw: "KWT", w: "WTT", kwh: "KWH", a: "AMP", v: "VLT",
  bar: "BAR", pa: "PAL", kpa: "KPA", mpa: "MPA", mm: "MMT", um: "4H", m: "MTR", s: "SEC", sec: "SEC", min: "MIN", h: "HUR", hours: "HUR", hz: "HTZ", pct: "P1", percent: "P1",
};
/** Parts of names that are alike enough to be proposed. */
const ALIKE = 0.6;
const MOST_ELEMENTS = 256;

/** Proposes what the tensors of a model mean in a category. Nothing is certain: a person looks at it before it is taken over. */
export function proposeTensors(stated: readonly StatedTensor[], direction: Direction, category: CategoryFacts | undefined, catalogue: Catalogue | undefined): readonly Proposal[] {
  const fields = category?.[direction] ?? [];
  return stated.map((tensor) => propose(tensor, fields, catalogue));
}

function propose({ name, datatype, shape }: StatedTensor, fields: readonly FieldFacts[], catalogue: Catalogue | undefined): Proposal {
  // The first dimension is the batch where it is open.
  const closed = shape.map((size, index) => (index === 0 && size === -1 ? 1 : size));
  const open = closed.includes(-1);
  const count = open ? 1 : closed.reduce((product, size) => product * size, 1);
  const made = (elements: readonly TensorElement[], certainty: Certainty): Proposal => ({ tensor: { name, datatype, shape: open ? shape : closed, elements }, certainty });
  if (open || count > MOST_ELEMENTS) return made([], "unknown");
  if (count === 1) {
    const [element, certainty] = elementOf(name, fields, catalogue);
    return made([element], certainty);
  }
  const numeric = fields.filter(isNumeric);
  if (numeric.length === count) return made(numeric.map(({ name: field, unit = "" }) => ({ field, unit })), "check");
  return made(Array.from({ length: count }, () => ({ field: "", unit: "" })), "unknown");
}

function elementOf(name: string, fields: readonly FieldFacts[], catalogue: Catalogue | undefined): readonly [TensorElement, Certainty] {
  const words = wordsOf(name);
  const scored = fields.map((field) => ({ field, ...scoreOf(words, field, catalogue) })).filter(({ score }) => score >= ALIKE).sort((one, other) => other.score - one.score);
  const [best, next] = scored;
  // Two fields that are equally alike are none.
  if (!best || next?.score === best.score) return [{ field: "", unit: "" }, "unknown"];
  return [{ field: best.field.name, unit: best.unit }, best.score === 1 ? "same" : "check"];
}

/** How alike a name and a field's are, 0 to 1 (the parts in common), with the unit the name ends in where the field can have it. */
function scoreOf(words: readonly string[], { name, unit = "" }: FieldFacts, catalogue: Catalogue | undefined): { readonly score: number; readonly unit: string } {
  const own = wordsOf(name);
  const suffix = UNITS[words.at(-1) ?? ""];
  const fits = suffix !== undefined && words.length > 1 && quantityOf(suffix, catalogue) !== undefined && quantityOf(suffix, catalogue) === quantityOf(unit, catalogue);
  const rest = fits ? words.slice(0, -1) : words;
  if (rest.join("") === own.join("")) return { score: 1, unit: fits ? suffix : unit };
  const common = rest.filter((word) => own.includes(word)).length;
  return { score: (2 * common) / (rest.length + own.length), unit: fits ? suffix : unit };
}

function quantityOf(code: string, catalogue: Catalogue | undefined): string | undefined {
  return catalogue?.units.find((unit) => unit.code === code)?.quantity;
}

function isNumeric({ type }: FieldFacts): boolean {
  return [type].flat().some((each) => each === "number" || each === "integer");
}

/** `airTemperature_K`, `air-temperature [K]` → air, temperature, k */
function wordsOf(name: string): readonly string[] {
  const tokens = name.split(/[^A-Za-z\d]+/).filter(Boolean);
  // A unit has capitals of its own: degC, kW.
  return tokens.flatMap((token, index) => (index > 0 && UNITS[token.toLowerCase()] ? [token] : token.replace(/([a-z\d])([A-Z])/g, "$1 $2").split(" "))).map((word) => word.toLowerCase());
}
