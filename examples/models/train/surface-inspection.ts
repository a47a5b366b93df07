// Learns to see scratches and pits on made-up images: npx tsx examples/models/train/surface-inspection.ts
import { applyLayers, createGraph, pickColumns, scaleColumns } from "./graph-builder";
import { learn, round } from "./learn";
import { deviation, mean, rocAuc } from "./metrics";
import { runLayers, type Layer } from "./network";
import { mulberry32 } from "./seeded";
import { columnsOf, scaleOf, scaleRow, type Spread } from "./spread";
import { CLASSES, EDGE, makeImage, type SurfaceImage } from "./surface-images";
import { writeModel, type TrainedModel } from "./write-model";

const SEED = 20_205;
const IMAGES = 4000;
const HELD_OUT = 1000;
const RECIPE = { hidden: [12], epochs: 40, rate: 0.01, decay: 0.0005 };

/** Kernels of 5 × 5 for lines in four directions and a spot; each adds up to nothing, so that even light gives nothing. */
const LINES = [0, 45, 90, 135].map((degrees) => {
  const [cosine, sine] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
  return kernel((x, y) => Math.exp(-2 * (y * cosine - x * sine) ** 2));
});
const KERNELS = [...LINES, kernel((x, y) => Math.exp(-(x * x + y * y) / 2))];
const SIZE = 5;
const INSIDE = EDGE - SIZE + 1;

interface Inspector {
  readonly scale: readonly Spread[];
  readonly layers: readonly Layer[];
}

/** Trains on made-up images; always the same. */
export function train(): TrainedModel {
  const { images, heldOut, random } = makeImages();
  return describe(fit(images, random), images, heldOut);
}

/** The images to learn from, and those held out. */
export function makeImages(): { readonly images: readonly SurfaceImage[]; readonly heldOut: readonly SurfaceImage[]; readonly random: () => number } {
  const random = mulberry32(SEED);
  const images = Array.from({ length: IMAGES }, () => makeImage(random));
  return { images, heldOut: Array.from({ length: HELD_OUT }, () => makeImage(random)), random };
}

function kernel(weight: (x: number, y: number) => number): readonly number[] {
  const raw = Array.from({ length: 25 }, (_, index) => weight((index % 5) - 2, Math.floor(index / 5) - 2));
  const middle = mean(raw);
  const length = Math.hypot(...raw.map((value) => value - middle));
  // Dark on bright is what is looked for.
  return raw.map((value) => round((middle - value) / length));
}

/** Of each kernel the strongest and the mean response, brightness as 0 to 1. */
function featuresOf({ pixels }: SurfaceImage): readonly number[] {
  const responses = KERNELS.map((weights) => Array.from({ length: INSIDE * INSIDE }, (_, place) => {
    const [left, top] = [place % INSIDE, Math.floor(place / INSIDE)];
    return weights.reduce((sum, weight, index) => sum + weight * ((pixels[(top + Math.floor(index / SIZE)) * EDGE + left + (index % SIZE)] ?? NaN) / 255), 0);
  }));
  return [...responses.map((map) => Math.max(...map)), ...responses.map((map) => mean(map.map((value) => Math.max(0, value))))];
}

function fit(images: readonly SurfaceImage[], random: () => number): Inspector {
  const features = images.map(featuresOf);
  const scale = columnsOf(features).map(scaleOf);
  const layers = learn(RECIPE, random, images.map(({ defect }, index) => ({
    inputs: scaleRow(features[index] ?? [], scale),
    gradient: (heads) => softmax(heads.length > 0 ? heads : CLASSES.map(() => 0)).map((share, head) => share - (head === defect ? 1 : 0)),
  })));
  return { scale, layers };
}

function classify({ scale, layers }: Inspector, image: SurfaceImage): readonly number[] {
  return softmax(runLayers(layers, scaleRow(featuresOf(image), scale)));
}

function softmax(heads: readonly number[]): readonly number[] {
  const top = Math.max(...heads);
  const powers = heads.map((value) => Math.exp(value - top));
  const sum = powers.reduce((total, value) => total + value, 0);
  return powers.map((value) => value / sum);
}

function describe(inspector: Inspector, images: readonly SurfaceImage[], heldOut: readonly SurfaceImage[]): TrainedModel {
  const graph = createGraph();
  const bright = graph.apply("Div", [graph.apply("Cast", ["image"], { to: 1 }), graph.numbers([255])]);
  const maps = graph.apply("Conv", [bright, graph.numbers(KERNELS.flat(), [KERNELS.length, 1, SIZE, SIZE])]);
  const strongest = graph.apply("GlobalMaxPool", [maps]);
  const average = graph.apply("GlobalAveragePool", [graph.apply("Relu", [maps])]);
  const features = graph.apply("Flatten", [graph.apply("Concat", [strongest, average], { axis: 1 })]);
  const shares = graph.apply("Softmax", [applyLayers(graph, scaleColumns(graph, features, inspector.scale), inspector.layers)], { axis: 1 });
  graph.apply("Sub", [graph.numbers([1]), pickColumns(graph, shares, [0])], {}, "defectProbability");
  const winner = graph.apply("ArgMax", [shares], { axis: 1, keepdims: 1 });
  graph.apply("Gather", [graph.texts(CLASSES), winner], {}, "mainDefectClass");
  graph.apply("Gather", [graph.texts(["OK", "NotOK", "NotOK"]), winner], {}, "evaluation");

  const said = heldOut.map((image) => classify(inspector, image));
  const bad = heldOut.map(({ defect }) => defect > 0);
  const chosen = said.map((shares) => shares.indexOf(Math.max(...shares)));
  const right = heldOut.filter(({ defect }, index) => chosen[index] === defect).length;
  const missed = heldOut.filter(({ defect }, index) => defect > 0 && chosen[index] === 0).length;
  const falseAlarms = heldOut.filter(({ defect }, index) => defect === 0 && chosen[index] !== 0).length;
  const unrest = heldOut.map(({ pixels }) => deviation(pixels));
  const known = images.map((image) => classify(inspector, image));
  return {
    id: "surface-inspection", version: "1.0.0", category: "visual-inspection",
    title: "Scratches and pits on surfaces, synthetic images",
    about: "Class of the defect on a grey image of 16 by 16 pixels: fixed filters, learned classifier. Synthetic images, for demonstration only.",
    onnx: {
      inputs: [{ name: "image", type: "uint8", shape: ["images", 1, EDGE, EDGE] }],
      outputs: [
        { name: "defectProbability", type: "float", shape: ["images", 1] },
        { name: "mainDefectClass", type: "string", shape: ["images", 1] },
        { name: "evaluation", type: "string", shape: ["images", 1] },
      ],
      operators: graph.operators, constants: graph.constants,
    },
    dataSet: { id: `synthetic-surfaces-seed-${SEED}`, records: images.length, description: "Synthetic: drawn brushed-metal surfaces with and without a scratch or pit; no camera was involved." },
    inputs: [],
    outputs: [
      { field: "defectProbability", unit: "C62", values: known.map(([none = NaN]) => 1 - none) },
      { field: "mainDefectClass", unit: "", values: known.map((shares) => CLASSES[shares.indexOf(Math.max(...shares))] ?? "") },
    ],
    holdOut: `${heldOut.length} images made after those of the training, of them ${bad.filter(Boolean).length} with a defect`,
    metrics: [
      { name: "share of images judged right (three classes)", model: round(right / heldOut.length), baseline: round(bad.filter((each) => !each).length / heldOut.length), guess: "always without defect" },
      { name: "area under the ROC curve (defect)", model: round(rocAuc(said.map(([none = NaN]) => 1 - none), bad)), baseline: round(rocAuc(unrest, bad)), guess: "deviation of the pixels" },
      { name: "share of defects missed", model: round(missed / bad.filter(Boolean).length) },
      { name: "share of false alarms", model: round(falseAlarms / bad.filter((each) => !each).length) },
    ],
    limits: ["Faint defects are missed; some were drawn hardly stronger than the noise. Nothing can be concluded for real surfaces."],
  };
}

if (require.main === module) writeModel(train());
