import type { Layer, Scale } from "./network";
import type { Attribute, Constant, Operator } from "./onnx-writer";

/** Collects operators and constants; every step gives the name of its result. */
export interface GraphBuilder {
  readonly operators: readonly Operator[];
  readonly constants: readonly Constant[];
  numbers(data: readonly number[], shape?: readonly number[]): string;
  indices(data: readonly number[], shape?: readonly number[]): string;
  texts(data: readonly string[]): string;
  /** An operator with one result, named `output` where it is an output of the model. */
  apply(op: string, inputs: readonly string[], attributes?: Readonly<Record<string, Attribute>>, output?: string): string;
}

export function createGraph(): GraphBuilder {
  const operators: Operator[] = [];
  const constants: Constant[] = [];
  const keep = (constant: Constant): string => {
    constants.push(constant);
    return constant.name;
  };
  const nextName = (): string => `c${constants.length}`;
  return {
    operators, constants,
    numbers: (data, shape = [data.length]) => keep({ name: nextName(), type: "float", shape, data }),
    indices: (data, shape = [data.length]) => keep({ name: nextName(), type: "int64", shape, data }),
    texts: (data) => keep({ name: nextName(), type: "string", shape: [data.length], data }),
    apply(op, inputs, attributes = {}, output = `v${operators.length}`) {
      operators.push({ op, inputs, outputs: [output], attributes });
      return output;
    },
  };
}

/** (values - mean) / deviation, column by column. */
export function scaleColumns(graph: GraphBuilder, values: string, scale: readonly Pick<Scale, "mean" | "deviation">[]): string {
  const centred = graph.apply("Sub", [values, graph.numbers(scale.map(({ mean }) => mean))]);
  return graph.apply("Div", [centred, graph.numbers(scale.map(({ deviation }) => deviation))]);
}

/** Columns of a matrix, in the order of their numbers. */
export function pickColumns(graph: GraphBuilder, values: string, columns: readonly number[], output?: string): string {
  return graph.apply("Gather", [values, graph.indices(columns)], { axis: 1 }, output);
}

/** Layer after layer, tanh between them; what the heads say. */
export function applyLayers(graph: GraphBuilder, values: string, layers: readonly Layer[]): string {
  return layers.reduce((below, { weights, biases }, depth) => {
    const product = graph.apply("Gemm", [below, graph.numbers(weights.flat(), [weights.length, weights[0]?.length ?? 0]), graph.numbers(biases)], { transB: 1 });
    return depth === layers.length - 1 ? product : graph.apply("Tanh", [product]);
  }, values);
}

/** value × factor + summand, and nothing below `least` where that is said. */
export function scaleBack(graph: GraphBuilder, value: string, factor: readonly number[], summand: readonly number[], least?: number): string {
  const sum = graph.apply("Add", [graph.apply("Mul", [value, graph.numbers(factor)]), graph.numbers(summand)]);
  return least === undefined ? sum : graph.apply("Max", [sum, graph.numbers([least])]);
}
