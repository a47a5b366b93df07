/** One row of what the machine's sensors and its control say. */
export interface MachiningValues {
  /** K */
  readonly AirTemperature: number;
  /** K */
  readonly ProcessTemperature: number;
  /** 1/min */
  readonly RotationalSpeed: number;
  /** N·m */
  readonly Torque: number;
  /** min of cutting with this tool */
  readonly ToolWear: number;
  readonly ToolNumber: number;
  readonly PartCount: number;
  /** Part quality L, M or H: the harder, the more wear. */
  readonly PartVariant: string;
  readonly OperationMode: string;
}

export interface Machining {
  next(): MachiningValues;
  /** Uniform in [0, 1), from the same seeded sequence. */
  random(): number;
}

/** Minutes of wear a part of each quality costs, and its share, as in the AI4I 2020 data (UCI, CC BY 4.0). */
const VARIANTS = [
  { name: "L", wear: 2, share: 0.5 },
  { name: "M", wear: 3, share: 0.3 },
  { name: "H", wear: 5, share: 0.2 },
] as const;
const MEAN_AIR = 300;
const PROCESS_ABOVE_AIR = 10;
/** Speed in 1/min over torque in N·m, fitted to the data: what the drive has left at a given load. */
const SPEED = { base: 1059, perInverseTorque: 17_720, deviation: 60, least: 1160, most: 2900 };
const TORQUE = { mean: 40, deviation: 10, atEndOfLife: 8 };
const LIFE = { shortest: 200, spread: 40 };

/**
 * Seeded machining after AI4I 2020: air temperature walks around 300 K, the process is some 10 K warmer,
 * torque is normal around 40 N·m and rises with wear, speed falls as torque rises,
 * wear grows with every part, and a tool is changed between 200 and 240 minutes. `minutesARow` is the cutting time of one row.
 */
export function createMachining(seed: number, minutesARow: number): Machining {
  const random = mulberry32(seed);
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  let air = MEAN_AIR + normal();
  let warmth = PROCESS_ABOVE_AIR;
  let wear = 0;
  let tool = 1;
  let parts = 0;
  let life = LIFE.shortest + random() * LIFE.spread;
  let variant: (typeof VARIANTS)[number] = VARIANTS[0];
  let cut = 0;

  return {
    random,
    next() {
      cut += minutesARow;
      while (cut >= variant.wear) {
        cut -= variant.wear;
        wear += variant.wear;
        parts += 1;
        variant = pick(random());
      }
      if (wear >= life) {
        wear = 0;
        tool += 1;
        life = LIFE.shortest + random() * LIFE.spread;
      }
      air += (MEAN_AIR - air) * 0.01 + normal() * 0.1;
      warmth += (PROCESS_ABOVE_AIR - warmth) * 0.05 + normal() * 0.1;
      const torque = Math.max(1, TORQUE.mean + TORQUE.atEndOfLife * (wear / life) ** 2 + TORQUE.deviation * normal());
      const speed = SPEED.base + SPEED.perInverseTorque / torque + SPEED.deviation * normal();
      return {
        AirTemperature: round(air, 1),
        ProcessTemperature: round(air + warmth, 1),
        RotationalSpeed: round(Math.min(SPEED.most, Math.max(SPEED.least, speed)), 0),
        Torque: round(torque, 1),
        ToolWear: wear,
        ToolNumber: tool,
        PartCount: parts,
        PartVariant: variant.name,
        OperationMode: "Automatic",
      };
    },
  };
}

function pick(chance: number): (typeof VARIANTS)[number] {
  let sum = 0;
  return VARIANTS.find(({ share }) => (sum += share) > chance) ?? VARIANTS[0];
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

/** A small generator with a 32-bit state; good enough for a demonstration, and the same everywhere. */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
