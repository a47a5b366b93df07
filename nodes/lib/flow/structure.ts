/** The deployed flow as plain facts, for the security file, the gap analysis and the documents. */
export interface FlowStructure {
  readonly scope: FlowScope;
  readonly components: readonly Component[];
  readonly interfaces: readonly Interface[];
  readonly dataFlows: readonly DataFlow[];
  readonly chains: readonly Chain[];
  /** Every node of the scope by name: none is dropped, whatever it is. */
  readonly nodes: readonly NodeEntry[];
}

/** What was looked at: one flow tab, or everything that is deployed. */
export interface FlowScope {
  readonly kind: "flow" | "instance";
  readonly id?: string;
  readonly label?: string;
}

export type Role = "machine" | "model" | "mes" | "scada" | "broker" | "node-red" | "operator" | "storage" | "code" | "unknown" | "external";

/** Who takes part. */
export interface Component {
  /** Node id, or one made of it. */
  readonly id: string;
  /** Node type. */
  readonly type: string;
  readonly name: string;
  readonly role: Role;
  readonly vendor?: string;
  /** By ISA-95 level of its role. */
  readonly zone?: string;
  readonly flowId?: string;
  readonly facts: readonly Fact[];
}

export type Protocol = "OPC UA" | "MQTT" | "HTTP" | "HTTPS" | "WebSocket" | "TCP" | "UDP" | "file" | "command" | "unknown";

/** Where data or commands cross from one component to another. */
export interface Interface {
  /** Stable as long as its nodes are. */
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly protocol: Protocol;
  /** Without user, password and query. */
  readonly address: string;
  readonly port?: number;
  /** Seen from Node-RED. */
  readonly direction: "read" | "write" | "both";
  /** Whether Node-RED waits there for others to connect. */
  readonly listens: boolean;
  readonly exposure: Exposure;
  /** As the setting says it, e.g. `anonymous`, `basic`; `unknown` where no setting tells. */
  readonly authentication: string;
  readonly encryption: { readonly mode: string; readonly policy?: string; readonly tls?: boolean };
  readonly certificate?: { readonly subject: string; readonly expires: string };
  /** Whether something at the machine changes by it. */
  readonly writesBack: boolean;
  readonly categories: readonly string[];
  /** Ids to click. */
  readonly nodes: readonly string[];
  readonly facts: readonly Fact[];
}

/** Who can reach an interface: this process, this computer, the plant's network, anybody. */
export type Exposure = "process" | "computer" | "plant" | "public";

/** One thing that the running configuration says, and where it says it. */
export interface Fact {
  readonly name: FactName;
  readonly value: boolean | "partly";
  readonly evidence: { readonly node: string; readonly setting: string; readonly value: string };
}

/** What can be read off a configuration; a fact that no setting tells is absent, not false. */
export type FactName =
  // of an interface
  | "encrypted" | "signed" | "strongCryptography" | "authenticated" | "peerVerified" | "secretProtected" | "revocationChecked" | "limited" | "contentChecked"
  | "duplicatesRefused" | "addressFixed" | "listensLocally"
  // of a way back to the machine
  | "guarded" | "bounded" | "ramped" | "approved" | "interlocked" | "fallbackSet" | "rangeChecked" | "writersKnown"
  // of a model
  | "digestKnown" | "versionPinned" | "trainingReferenceKept" | "inputQualityChecked" | "inputFresh" | "inputValidated" | "outputValidated" | "driftWatched" | "confidenceChecked"
  // of a MES, a broker
  | "durable"
  // of Node-RED
  | "secretsEncrypted";

/** Which data of the profile go over an interface. */
export interface DataFlow {
  readonly interface: string;
  readonly category: string;
  readonly direction: "input" | "output";
  readonly fields: readonly string[];
  /** B2MML, e.g. `SyncPhysicalAsset`. */
  readonly message?: string;
  readonly tags?: readonly string[];
  /** Id of the profile's configuration node. */
  readonly profile?: string;
}

export type ChainStep = "model-in" | "model-call" | "model-out" | "validate" | "isa95" | "mes-out" | "setpoint-guard" | "opcua-out" | "scada";

/** One model as it is wired, from its input record on. */
export interface Chain {
  /** Id of the `model-in` node. */
  readonly id: string;
  readonly name: string;
  readonly flowId?: string;
  readonly category: string;
  readonly steps: Readonly<Partial<Record<ChainStep, readonly string[]>>>;
  /** Steps between model and MES that are not wired. */
  readonly missing: readonly ChainStep[];
}

/** A node of the scope. */
export interface NodeEntry {
  readonly id: string;
  readonly type: string;
  readonly name: string;
  readonly flowId?: string;
  readonly flow?: string;
  /** `known`: it was read; `plain`: it only works on messages; `code`: what it does stands in its code; `unknown`: a type nothing is known of. */
  readonly kind: "known" | "plain" | "code" | "unknown";
  /** Disabled, or on a disabled tab, or in a subflow that is not used: it does not run. */
  readonly disabled: boolean;
}
