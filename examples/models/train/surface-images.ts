import { normal } from "./seeded";

/** Pixels of an edge. */
export const EDGE = 16;
export const CLASSES = ["none", "scratch", "pit"] as const;

/** A made-up grey image of a brushed metal surface, row by row, 0 (black) to 255. */
export interface SurfaceImage {
  readonly pixels: readonly number[];
  /** Index into `CLASSES`. */
  readonly defect: number;
}

/** Makes an image: uneven light, brush marks, noise, and in two of five a scratch or a pit, some of them hardly visible. */
export function makeImage(random: () => number): SurfaceImage {
  const draw = random();
  const defect = draw < 0.6 ? 0 : draw < 0.8 ? 1 : 2;
  const between = (low: number, high: number): number => low + (high - low) * random();
  const [base, slopeX, slopeY] = [between(110, 150), between(-1.5, 1.5), between(-1.5, 1.5)];
  const brush = Array.from({ length: EDGE }, () => 4 * normal(random));
  const darkness = defect === 1 ? scratch(between) : defect === 2 ? pit(between) : () => 0;
  const pixels = Array.from({ length: EDGE * EDGE }, (_, index) => {
    const [x, y] = [index % EDGE, Math.floor(index / EDGE)];
    const value = base + slopeX * (x - EDGE / 2) + slopeY * (y - EDGE / 2) + (brush[y] ?? 0) + 5 * normal(random) - darkness(x, y);
    return Math.round(Math.min(255, Math.max(0, value)));
  });
  return { pixels, defect };
}

type Between = (low: number, high: number) => number;
type Darkness = (x: number, y: number) => number;

/** A dark line about a pixel wide. */
function scratch(between: Between): Darkness {
  const [centreX, centreY, angle, half, depth] = [between(4, 12), between(4, 12), between(0, Math.PI), between(2.5, 6), between(15, 60)];
  const [cosine, sine] = [Math.cos(angle), Math.sin(angle)];
  return (x, y) => {
    const along = (x - centreX) * cosine + (y - centreY) * sine;
    const across = (y - centreY) * cosine - (x - centreX) * sine;
    return Math.abs(along) <= half ? depth * Math.exp(-2 * across * across) : 0;
  };
}

/** A dark round spot. */
function pit(between: Between): Darkness {
  const [centreX, centreY, radius, depth] = [between(2, 14), between(2, 14), between(0.8, 2), between(15, 70)];
  return (x, y) => depth * Math.exp(-((x - centreX) ** 2 + (y - centreY) ** 2) / (2 * radius * radius));
}
