import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import {
  DataType, MessageSecurityMode, OPCUACertificateManager, OPCUAServer, SecurityPolicy, StatusCodes, standardUnits, makeEUInformation,
  type EUInformation, type Namespace, type UAObject, type UAVariable,
} from "node-opcua";
import { createMachining, type MachiningValues } from "./machining-physics";

export interface CncMachineOptions {
  /** 0 (default): a free one. */
  readonly port?: number;
  /** Same seed, same values. */
  readonly seed?: number;
  /** ms between two rows of values; default 1000. */
  readonly interval?: number;
  /** Chance that one variable of a row has a failed sensor; default 1 in 100. */
  readonly badQuality?: number;
  /** How many times faster than real time tools wear; default 60: a minute of wear a second. */
  readonly pace?: number;
}

export interface CncMachine {
  readonly endpointUrl: string;
  /** Rows of values published so far. */
  rows(): number;
  close(): Promise<void>;
}

/** Where the machine's own variables are: `nsu=urn:model-data-resonance:cnc;s=Torque`. */
export const NAMESPACE_URI = "urn:model-data-resonance:cnc";

interface Variable {
  readonly name: keyof MachiningValues;
  readonly folder: string;
  readonly unit?: EUInformation;
  readonly range?: { readonly low: number; readonly high: number };
  readonly dataType?: "Double" | "UInt32" | "String";
}

const PER_MINUTE = makeEUInformation("RPM", "r/min", "revolution per minute");

/** The variables, arranged as in MachineTool and CNC: monitoring of environment, spindle and channel, equipment, production. */
const VARIABLES: readonly Variable[] = [
  { name: "AirTemperature", folder: "Monitoring/Environment", unit: standardUnits.kelvin, range: { low: 250, high: 350 } },
  { name: "ProcessTemperature", folder: "Monitoring/Spindle", unit: standardUnits.kelvin, range: { low: 250, high: 400 } },
  { name: "RotationalSpeed", folder: "Monitoring/Spindle", unit: PER_MINUTE, range: { low: 0, high: 6000 } },
  { name: "Torque", folder: "Monitoring/Spindle", unit: makeEUInformation("NU", "N·m", "newton metre"), range: { low: 0, high: 120 } },
  { name: "ToolWear", folder: "Equipment/Tool", unit: standardUnits.minute, range: { low: 0, high: 260 } },
  { name: "ToolNumber", folder: "Equipment/Tool", dataType: "UInt32" },
  { name: "PartCount", folder: "Production", dataType: "UInt32" },
  { name: "PartVariant", folder: "Production", dataType: "String" },
  { name: "OperationMode", folder: "Monitoring/MachineTool", dataType: "String" },
];

/** The variables a model reads; the others never fail. */
const SENSORS = VARIABLES.filter(({ unit }) => unit !== undefined);

/** Starts a simulated CNC machine: an OPC UA server without security, reachable from this computer only. */
export async function startCncMachine(options: CncMachineOptions = {}): Promise<CncMachine> {
  const { seed = 1, interval = 1000, badQuality = 0.01, pace = 60 } = options;
  const folder = await mkdtemp(path.join(tmpdir(), "cnc-machine-"));
  const port = options.port || (await freePort());
  const server = new OPCUAServer({
    port, host: "127.0.0.1", hostname: "127.0.0.1", disableDiscovery: true,
    securityModes: [MessageSecurityMode.None], securityPolicies: [SecurityPolicy.None],
    serverCertificateManager: new OPCUACertificateManager({ rootFolder: path.join(folder, "pki") }),
    // 0: every change is sent, none are merged.
    serverCapabilities: { minSupportedSampleRate: 0 },
    serverInfo: { applicationUri: "urn:model-data-resonance:cnc-machine", productUri: "urn:model-data-resonance:cnc-machine" },
  });
  await server.initialize();
  const addressSpace = server.engine.addressSpace;
  if (!addressSpace) throw new Error("the OPC UA server has no address space");
  const nodes = addVariables(addressSpace.registerNamespace(NAMESPACE_URI), addressSpace.rootFolder.objects);

  const machining = createMachining(seed, (interval / 60_000) * pace);
  let rows = 0;
  const step = (): void => {
    const values = machining.next();
    const failed = machining.random() < badQuality ? SENSORS[Math.floor(machining.random() * SENSORS.length)]?.name : undefined;
    publish(nodes, values, failed);
    rows += 1;
  };
  step();
  await server.start();
  const timer = setInterval(step, interval);

  return {
    endpointUrl: `opc.tcp://127.0.0.1:${port}`,
    rows: () => rows,
    async close() {
      clearInterval(timer);
      await server.shutdown(0);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** All variables change in one turn with one source time, so that one publish carries whole rows. */
function publish(nodes: ReadonlyMap<string, UAVariable>, values: MachiningValues, failed: string | undefined): void {
  const time = new Date();
  for (const { name, dataType = "Double" } of VARIABLES) {
    const status = name === failed ? StatusCodes.BadSensorFailure : StatusCodes.Good;
    nodes.get(name)?.setValueFromSource({ dataType: DataType[dataType], value: values[name] }, status, time);
  }
}

function addVariables(namespace: Namespace, objects: UAObject): ReadonlyMap<string, UAVariable> {
  const machine = namespace.addObject({ browseName: "Machine", nodeId: "s=Machine", organizedBy: objects });
  const folders = new Map<string, UAObject>([["", machine]]);
  const folderOf = (place: string): UAObject => {
    const known = folders.get(place);
    if (known) return known;
    const parent = folderOf(place.split("/").slice(0, -1).join("/"));
    const made = namespace.addObject({ browseName: place.split("/").at(-1) ?? place, nodeId: `s=Machine/${place}`, componentOf: parent });
    folders.set(place, made);
    return made;
  };
  return new Map(VARIABLES.map(({ name, folder, unit, range, dataType = "Double" }) => {
    const place = { browseName: name, nodeId: `s=${name}`, componentOf: folderOf(folder), dataType, minimumSamplingInterval: 0 };
    const node = unit && range
      ? namespace.addAnalogDataItem({ ...place, engineeringUnits: unit, engineeringUnitsRange: range })
      : namespace.addVariable(place);
    return [name, node];
  }));
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => { resolve(port); });
    });
  });
}
