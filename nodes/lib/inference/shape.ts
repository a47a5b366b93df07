/** The dimensions of a tensor; -1 in a signature stands for any size. */
export type Shape = readonly number[];

/** How many elements a tensor of this shape has; a scalar (no dimension) has one. */
export function elementCount(shape: Shape): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** Whether two shapes can mean the same tensor: as many dimensions, each equal or open (-1) on one side. */
export function isCompatible(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((size, index) => size === b[index] || size === -1 || b[index] === -1);
}

/** The shape with its one open dimension closed so that it holds `count` elements; `undefined` where none does. */
export function closeShape(shape: Shape, count: number): Shape | undefined {
  const open = shape.indexOf(-1);
  if (open === -1) return elementCount(shape) === count ? shape : undefined;
  if (shape.includes(-1, open + 1)) return undefined;
  const size = count / elementCount(shape.toSpliced(open, 1));
  return Number.isInteger(size) && size > 0 ? shape.with(open, size) : undefined;
}

/**
 * The values of `data` in row-major order, whether the server sent them flat or nested as the shape says;
 * `undefined` when neither holds.
 */
export function flatten(data: readonly unknown[], shape: Shape): readonly unknown[] | undefined {
  if (!data.some(Array.isArray)) return data.length === elementCount(shape) ? data : undefined;
  const flat: unknown[] = [];
  return collect(data, shape, 0, flat) ? flat : undefined;
}

function collect(level: unknown, shape: Shape, depth: number, into: unknown[]): boolean {
  if (depth === shape.length) {
    into.push(level);
    return !Array.isArray(level);
  }
  return Array.isArray(level) && level.length === shape[depth] && level.every((part) => collect(part, shape, depth + 1, into));
}
