import type { Variant } from "node-opcua";
import { loadOpcua } from "./load";
import { inferred, inside, refused, type Place, type ValueKind } from "./value-kind";
import { scalarOf } from "./write-scalar";

interface Shaped {
  readonly elements: readonly unknown[];
  readonly dimensions: readonly number[];
}

/**
 * A plain value (as `plainValue` gives it) as the variant a variable takes. Nothing is guessed: a text is no number, save a 64-bit integer's;
 * a whole number must be one and in its type's range; lists must have the right form; an enumeration takes its names and numbers.
 * @throws RESONANCE_VALUE_TYPE, RESONANCE_VALUE_RANGE, RESONANCE_VALUE_ENUM, RESONANCE_VALUE_LENGTH with the place as path.
 */
export function toVariant(value: unknown, kind: ValueKind, place: Place): Variant {
  const { DataType, Variant: VariantType, VariantArrayType } = loadOpcua();
  if (value === null || value === undefined) throw refused("RESONANCE_VALUE_TYPE", kind.builtIn, value, place);
  const list = listOf(value, kind, place);
  if (!rankFits(kind.valueRank, list?.dimensions.length ?? 0)) throw refused("RESONANCE_VALUE_TYPE", rankText(kind), value, place);
  const builtIn = kind.builtIn === "Variant" ? inferred(list ? list.elements[0] : value, place) : kind.builtIn;
  const own: ValueKind = { ...kind, builtIn };
  const dataType = DataType[builtIn];
  if (!list) return new VariantType({ dataType, arrayType: VariantArrayType.Scalar, value: scalarOf(value, own, place, toVariant) });
  checkLengths(list, kind, place);
  const elements = list.elements.map((element, index) => scalarOf(element, own, inside(place, index), toVariant));
  return list.dimensions.length === 1
    ? new VariantType({ dataType, arrayType: VariantArrayType.Array, value: elements })
    : new VariantType({ dataType, arrayType: VariantArrayType.Matrix, dimensions: [...list.dimensions], value: elements });
}

function listOf(value: unknown, { builtIn }: ValueKind, place: Place): Shaped | undefined {
  if (!isList(value) || (value instanceof Uint8Array && (builtIn === "ByteString" || builtIn === "Variant"))) return undefined;
  const dimensions: number[] = [];
  for (let at: unknown = value; isList(at); at = at[0]) {
    if (dimensions.length > 0 && at instanceof Uint8Array && builtIn === "ByteString") break;
    dimensions.push(at.length);
  }
  return { dimensions, elements: flatten(value, dimensions, place) };
}

function flatten(value: ArrayLike<unknown>, [length = 0, ...inner]: readonly number[], place: Place): readonly unknown[] {
  if (value.length !== length) throw refused("RESONANCE_VALUE_LENGTH", String(length), value.length, place);
  const elements = Array.from(value);
  if (inner.length === 0) return elements;
  return elements.flatMap((row, index) => {
    if (!isList(row)) throw refused("RESONANCE_VALUE_TYPE", "array", row, inside(place, index));
    return flatten(row, inner, inside(place, index));
  });
}

function isList(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));
}

function rankFits(rank: number, dimensions: number): boolean {
  if (rank === -2) return true;
  if (rank === -3) return dimensions <= 1;
  if (rank === 0) return dimensions >= 1;
  return dimensions === Math.max(rank, 0);
}

function rankText({ builtIn, valueRank }: ValueKind): string {
  return valueRank < 0 ? builtIn : `${builtIn}${"[]".repeat(Math.max(1, valueRank))}`;
}

function checkLengths({ dimensions: actual }: Shaped, { dimensions }: ValueKind, place: Place): void {
  actual.forEach((length, index) => {
    const most = dimensions[index] ?? 0;
    if (most > 0 && length > most) throw refused("RESONANCE_VALUE_LENGTH", `≤ ${most}`, length, place);
  });
}
