import path from "node:path";
import {
  DataType, DataValue, nodesets, OPCUAServer, StatusCodes, Variant, VariantArrayType,
  type CallMethodResultOptions, type Namespace, type NodeId, type StatusCode, type UADataType, type UAVariable,
} from "node-opcua";
import { freePort } from "./ports";

/** A machine with a variable of every kind; NodeIds are `s=<name>` in the namespace `urn:plant`. */
export interface Plant {
  readonly endpointUrl: string;
  readonly port: number;
  /** The variable itself, for what only a test may do. */
  readonly variables: ReadonlyMap<string, UAVariable>;
  /** Values that reached setters and methods of their own, in order. */
  readonly heard: readonly unknown[];
  /** Sets a value as the machine does. */
  set(name: string, dataType: keyof typeof DataType, value: unknown, form?: { readonly dimensions?: readonly number[]; readonly array?: boolean; readonly status?: StatusCode; readonly time?: Date }): void;
  /** A structure or union of the machine's types. */
  make(type: "JobData" | "Target" | "Position", fields: object): unknown;
  sessions(): number;
  stop(): Promise<void>;
}

export const PLANT = "nsu=urn:plant;s=";

const TYPES = { MachineState: 3001, Position: 3002, JobData: 3003, Target: 3004 } as const;
/** A value of a type node-opcua does not make one for by itself. */
const BUILT_IN: readonly (keyof typeof DataType)[] = [
  "Boolean", "SByte", "Byte", "Int16", "UInt16", "Int32", "UInt32", "Int64", "UInt64", "Float", "Double", "String", "DateTime", "Guid", "ByteString",
  "XmlElement", "NodeId", "ExpandedNodeId", "StatusCode", "QualifiedName", "LocalizedText",
];

/** Starts the machine on 127.0.0.1; `port` 0 for a free one. */
export async function startPlant(port = 0): Promise<Plant> {
  const own = port || (await freePort());
  const server = new OPCUAServer({
    port: own, hostname: "127.0.0.1", host: "127.0.0.1", disableDiscovery: true,
    nodeset_filename: [nodesets.standard, path.join(__dirname, "types.nodeset.xml")],
    serverCapabilities: { minSupportedSampleRate: 0, operationLimits: { maxNodesPerRead: 20, maxNodesPerWrite: 5, maxNodesPerBrowse: 7 } },
  });
  await server.initialize();
  const space = server.engine.addressSpace!;
  const namespace = space.registerNamespace("urn:plant");
  const types = space.getNamespaceIndex("urn:model-data-resonance:types");
  const typeOf = (name: keyof typeof TYPES): UADataType => space.findNode(`ns=${types};i=${TYPES[name]}`) as UADataType;
  const machine = namespace.addObject({ browseName: "Machine", nodeId: "s=Machine", organizedBy: space.rootFolder.objects });
  const variables = new Map<string, UAVariable>();
  const heard: unknown[] = [];

  const add = (name: string, dataType: string | NodeId, options: object = {}): UAVariable => {
    const variable = namespace.addVariable({ browseName: name, nodeId: `s=${name}`, componentOf: machine, dataType, accessLevel: 3, userAccessLevel: 3, minimumSamplingInterval: 0, ...options });
    variables.set(name, variable);
    return variable;
  };
  for (const type of BUILT_IN) add(type, type);
  for (const type of BUILT_IN) add(`${type}s`, type, { valueRank: 1 });
  add("Matrix", "Double", { valueRank: 2, arrayDimensions: [2, 3] });
  add("Cube", "Int64", { valueRank: 3, arrayDimensions: [0, 0, 0] });
  add("Any", "BaseDataType", { valueRank: -2 });
  add("Number", "Number");
  add("State", typeOf("MachineState").nodeId);
  add("States", typeOf("MachineState").nodeId, { valueRank: 1 });
  add("Job", typeOf("JobData").nodeId);
  add("Jobs", typeOf("JobData").nodeId, { valueRank: 1 });
  add("Target", typeOf("Target").nodeId);
  const make: Plant["make"] = (type, fields) => space.constructExtensionObject(typeOf(type), fields as Record<string, unknown>);
  addAnalogs(namespace, machine, variables);
  addDifficult(add, heard);
  addMethods(namespace, machine, { state: typeOf("MachineState").nodeId, job: typeOf("JobData").nodeId, make, heard });
  const past = add("Past", "Double");
  space.installHistoricalDataNode(past, { maxOnlineValues: 5000 });

  await server.start();
  const set: Plant["set"] = (name, dataType, value, { dimensions, array = false, status = StatusCodes.Good, time = new Date() } = {}) => {
    const arrayType = dimensions ? VariantArrayType.Matrix : array ? VariantArrayType.Array : VariantArrayType.Scalar;
    variables.get(name)!.setValueFromSource(new Variant({ dataType: DataType[dataType], arrayType, value, ...(dimensions ? { dimensions: [...dimensions] } : {}) }), status, time);
  };
  const plant: Plant = {
    endpointUrl: `opc.tcp://127.0.0.1:${own}`, port: own, variables, heard, set, make,
    sessions: () => server.engine.currentSessionCount,
    async stop() {
      started.delete(plant);
      await server.shutdown(0);
    },
  };
  started.add(plant);
  return plant;
}

const started = new Set<Plant>();

/** Stops what a failed test left running. */
export async function stopPlants(): Promise<void> {
  await Promise.all([...started].map((plant) => plant.stop()));
}

/** Numbers with unit and range, and states with names. */
function addAnalogs(namespace: Namespace, machine: object, variables: Map<string, UAVariable>): void {
  const analog = (name: string, low: number, high: number, unitId: number, displayName: string, dataType = "Double"): void => {
    const variable = namespace.addAnalogDataItem({
      browseName: name, nodeId: `s=${name}`, componentOf: machine as never, dataType, accessLevel: 3, userAccessLevel: 3, minimumSamplingInterval: 0,
      engineeringUnitsRange: { low, high }, value: { dataType: DataType[dataType as keyof typeof DataType], value: low },
      engineeringUnits: { namespaceUri: "http://www.opcfoundation.org/UA/units/un/cefact", unitId, displayName: { text: displayName }, description: { text: "" } },
    });
    variables.set(name, variable);
  };
  analog("FeedOverride", 0, 120, 20529, "%");
  analog("FeedOverrideWhole", 0, 120, 20529, "%", "Int16");
  analog("Coolant", 5, 60, 4408652, "°C");
  analog("Spindle", 0, 0, -1, "r/min");
  analog("Odd", 0, 10, -1, "furlong");
  const mode = namespace.addMultiStateDiscrete({ browseName: "Mode", nodeId: "s=Mode", componentOf: machine as never, enumStrings: ["Manual", "Automatic"], value: 1, accessLevel: 3, userAccessLevel: 3 });
  variables.set("Mode", mode);
}

/** Variables that do not do as they are told. */
function addDifficult(add: (name: string, dataType: string, options?: object) => UAVariable, heard: unknown[]): void {
  let held = 0;
  const value = (): Variant => new Variant({ dataType: DataType.Double, value: held });
  const answering = (answer: (variant: Variant) => StatusCode) => ({ minimumSamplingInterval: 50, value: { get: value, set: (variant: Variant) => { heard.push(variant.value); return answer(variant); } } });
  add("ReadOnly", "Double", { accessLevel: 1, userAccessLevel: 1, value: { dataType: DataType.Double, value: 1 } });
  add("Denied", "Double", answering(() => StatusCodes.BadUserAccessDenied));
  add("Picky", "Double", answering(() => StatusCodes.BadTypeMismatch));
  add("Narrow", "Double", answering(() => StatusCodes.BadOutOfRange));
  add("Stubborn", "Double", answering(({ value: wanted }) => { held = Math.min(Number(wanted), 50); return StatusCodes.Good; }));
  add("Late", "Double", answering(({ value: wanted }) => { setTimeout(() => { held = Number(wanted); }, 100); return StatusCodes.Good; }));
  add("WriteOnly", "Double", { accessLevel: 2, userAccessLevel: 2, value: { dataType: DataType.Double, value: 0 } });
  // Takes the value and never says so.
  add("Silent", "Double", { minimumSamplingInterval: 50, value: {
    timestamped_get: () => new DataValue({ value: value(), sourceTimestamp: new Date() }),
    // node-opcua tells by the number of parameters that the answer comes by the second one.
    timestamped_set: (data: DataValue, callback: unknown) => {
      heard.push(typeof callback === "function" ? data.value.value : "no callback");
    },
  } });
}

function addMethods(
  namespace: Namespace, machine: object, { state, job, make, heard }: { readonly state: NodeId; readonly job: NodeId; readonly make: Plant["make"]; readonly heard: unknown[] },
): void {
  const method = (name: string, inputs: object[], outputs: object[], work: (inputs: Variant[]) => CallMethodResultOptions | undefined): void => {
    const node = namespace.addMethod(machine as never, { browseName: name, nodeId: `s=${name}`, inputArguments: inputs, outputArguments: outputs });
    node.bindMethod((given, _context, callback) => {
      heard.push([name, ...given.map(({ value }) => value as unknown)]);
      const answer = work(given);
      if (answer) callback(null, answer);
    });
  };
  method("Load", [{ name: "program", dataType: DataType.String }, { name: "count", dataType: DataType.Int64 }, { name: "state", dataType: state }, { name: "offsets", dataType: DataType.Double, valueRank: 1 }],
    [{ name: "line", dataType: DataType.UInt32 }, { name: "job", dataType: job }],
    ([program, count]) => ({
      statusCode: StatusCodes.Good,
      outputArguments: [{ dataType: DataType.UInt32, value: 7 },
        { dataType: DataType.ExtensionObject, value: make("JobData", { jobID: String(program?.value), count: count?.value as unknown, state: 3, pace: 1, points: [] }) }],
    }));
  method("Refuse", [{ name: "speed", dataType: DataType.Double }], [],
    () => ({ statusCode: StatusCodes.BadInvalidArgument, inputArgumentResults: [StatusCodes.BadOutOfRange], outputArguments: [] }));
  method("Stop", [], [], () => ({ statusCode: StatusCodes.Good, outputArguments: [] }));
  method("Forget", [], [], () => undefined);
}
