// A flow with every node of the pack, wired as an integrator would.
const common = { z: "tab", version: 1 };

/** Ids are short names of the nodes; the mapping of `model-in` is left for the test to fill in. */
export const editorFlow: readonly object[] = [
  { id: "tab", type: "tab", label: "Line 1" },
  { id: "profile", type: "resonance-profile", name: "", version: 1, source: "built-in" },
  {
    id: "equipment", type: "resonance-equipment", name: "", version: 1,
    enterprise: "acme", site: "shanghai", area: "machining", workCenter: "line-1", workUnit: "cnc-07", physicalAsset: "SN-4711",
  },
  {
    id: "endpoint", type: "resonance-opcua-endpoint", name: "", version: 1, endpointUrl: "opc.tcp://127.0.0.1:4840",
    securityMode: "SignAndEncrypt", securityPolicy: "Aes256_Sha256_RsaPss", authentication: "user", trustedThumbprint: "",
  },
  {
    id: "model", type: "resonance-model", name: "", version: 1, modelId: "tool-failure", modelVersion: "1.0.0", supplier: "",
    category: "predictive-maintenance", digest: "", protocol: "oip", url: "${MODEL_SERVER_URL}", serverModel: "", serverVersion: "",
    timeout: 2000, authentication: "bearer", caFile: "",
    inputTensors: [{
      name: "input", datatype: "FP32", shape: [1, 3],
      elements: [{ field: "processTemperature", unit: "KEL" }, { field: "rotationalSpeed", unit: "RPM" }, { field: "torque", unit: "NU" }],
    }],
    outputTensors: [
      { name: "failureProbability", datatype: "FP32", shape: [1, 1], elements: [{ field: "failureProbability", unit: "C62" }] },
      { name: "remainingUsefulLife", datatype: "FP32", shape: [1, 1], elements: [{ field: "remainingUsefulLife", unit: "MIN" }] },
    ],
  },
  {
    id: "mes", type: "resonance-mes", name: "", version: 1, url: "https://${MES_HOST}:8443/b2mml", format: "xml",
    authentication: "basic", caFile: "", timeout: 10000, retries: 3, queueLimit: 1000,
  },
  {
    ...common, id: "opcua-in", type: "resonance-opcua-in", name: "", endpoint: "endpoint", x: 130, y: 80, wires: [["model-in"]],
    items: [{ tag: "Torque", nodeId: "nsu=urn:model-data-resonance:cnc;s=Torque" }, { tag: "Speed", nodeId: "ns=2;s=RotationalSpeed" }],
    publishingInterval: 500, samplingInterval: 100, queueSize: 10, report: "value", output: "batch",
  },
  {
    ...common, id: "model-in", type: "resonance-model-in", name: "", profile: "profile", category: "predictive-maintenance",
    equipment: "equipment", tags: [], trigger: "message", interval: 10, badQuality: "reject", x: 310, y: 80, wires: [["model-call"], []],
  },
  {
    ...common, id: "model-call", type: "resonance-model-call", name: "tool wear", profile: "profile", model: "model",
    concurrency: 4, queueLimit: 100, x: 490, y: 80, wires: [["model-out"]],
  },
  {
    ...common, id: "model-out", type: "resonance-model-out", name: "", profile: "profile", model: "model", validFor: 60, x: 670, y: 80,
    rules: [{ field: "maintenanceRequired", source: "remainingUsefulLife", operator: "<", value: 8, unit: "HUR" }], wires: [["validate"]],
  },
  {
    ...common, id: "validate", type: "resonance-validate", name: "", profile: "profile", target: "profile", schema: "", mode: "split",
    x: 130, y: 180, wires: [["isa95"], []],
  },
  {
    ...common, id: "isa95", type: "resonance-isa95", name: "", profile: "profile", message: "", format: "xml",
    workScheduleId: "", workMasterId: "", priority: "", x: 310, y: 180, wires: [["mes-out"]],
  },
  { ...common, id: "mes-out", type: "resonance-mes-out", name: "", mes: "mes", x: 490, y: 180, wires: [[]] },
  {
    ...common, id: "mes-in", type: "resonance-mes-in", name: "", transport: "http", path: "/b2mml", methods: "POST", authentication: "none", answer: "valid",
    problems: "refuse", undecided: "reject", decisionTime: 20, sender: "", sizeLimit: 1000, transferTime: 30, queueLimit: 500, remember: 1000,
    x: 130, y: 420, wires: [[], [], []],
  },
  {
    ...common, id: "setpoint-guard", type: "resonance-setpoint-guard", name: "", profile: "profile", category: "adaptive-control", equipment: "equipment",
    fields: [{
      field: "feedOverrideSetpoint", unit: "P1", minimum: 50, maximum: 120, maxStep: 10, maxRate: 2.5, deadBand: 0.5, fallback: 100, actualTag: "FeedOverride",
      jobMinimum: "", jobMaximum: "limits.feed",
    }],
    mode: "limit", interlocks: [{ tag: "Auto", expected: "true", maxAge: 10 }], approval: "required", approvalTime: 30, holdOff: 60, maxAge: 120, stale: "fallback",
    minConfidence: 0.8, applicability: "inside", drift: "none", start: "confirmed", actualMaxAge: 5, x: 670, y: 180, wires: [[], []],
  },
  {
    ...common, id: "opcua-out", type: "resonance-opcua-out", name: "", endpoint: "endpoint", mode: "write", x: 670, y: 240, wires: [[], []],
    items: [{ tag: "feedOverride", nodeId: "nsu=urn:model-data-resonance:cnc;s=FeedOverride", unit: "P1", targetUnit: "" }],
    confirmWithin: 1000, checkRange: true, together: "command", repeat: false, objectId: "", methodId: "", historySpan: 3600, historyLimit: 10000, timeout: 10000, queueLimit: 100,
  },
  {
    id: "broker", type: "resonance-mqtt-broker", name: "", version: 1, url: "mqtts://${MQTT_HOST}:8883", protocol: "auto", clientId: "line-1", caFile: "certs/ca.pem",
    certFile: "", keyFile: "", serverName: "", sharedGroup: "", cleanStart: false, sessionExpiry: 86400, keepAlive: 30, inFlight: 100, stateTopic: "acme/shanghai/state",
    keep: "disk", policy: "drop-oldest", queueLimit: 100000, diskLimit: 100, ageLimit: 0,
  },
  {
    ...common, id: "mqtt-in", type: "resonance-mqtt-in", name: "", broker: "broker", source: "place", equipment: "equipment", category: "predictive-maintenance",
    direction: "output", topic: "", expected: "any", qos: "1", shared: false, acknowledge: "flow", flowTimeout: 30, tag: "topic", sizeLimit: 1000, x: 130, y: 300, wires: [["scada"], []],
  },
  { ...common, id: "mqtt-out", type: "resonance-mqtt-out", name: "", broker: "broker", target: "place", topic: "", qos: "1", retain: true, equipment: "equipment", x: 490, y: 300, wires: [] },
  {
    ...common, id: "scada", type: "resonance-scada", name: "", profile: "profile", equipment: "equipment", categories: [{ category: "predictive-maintenance" }],
    port: 14840, host: "127.0.0.1", publicHost: "", unprotected: false, anonymous: false, accounts: [{ name: "operator", operate: true, slot: 1 }, { name: "viewer", operate: false, slot: 2 }],
    maxSessions: 50, pkiFolder: "resonance/scada-pki", namespaceUri: "urn:model-data-resonance:scada", language: "en", historyValues: 1000, historyHours: 24,
    maxEquipment: 50, byModel: false, jobOrders: false, setpoints: [], openSetpoints: false, companions: false, x: 310, y: 300, wires: [["mqtt-out"]],
  },
  {
    ...common, id: "vdi2182", type: "resonance-vdi2182", name: "", area: "instance", format: "json", language: "en", atDeploy: true, checkEvery: 60, certificateDays: 30,
    goals: ["confidentiality", "integrity", "availability", "safety"], manufacturer: "", integrator: "acme", operator: "", knownClients: [{ client: "urn:station-1:scada" }],
    ratings: [{ target: "eavesdropping@endpoint:read", likelihood: "low", impact: "", accepted: false, reason: "separate cable", by: "A. Li", date: "2026-11-20" }],
    audits: [{ date: "2026-11-20", by: "B. Wang", findings: "none", next: "2027-11-20" }], x: 130, y: 480, wires: [[], []],
  },
];

export const wiredNodes = ["opcua-in", "opcua-out", "model-in", "model-call", "model-out", "validate", "isa95", "mes-out", "mes-in", "setpoint-guard", "scada", "mqtt-in", "mqtt-out", "vdi2182"] as const;

/** Configuration nodes: id in the flow and type. */
export const configNodes = [
  ["profile", "resonance-profile"], ["equipment", "resonance-equipment"], ["endpoint", "resonance-opcua-endpoint"],
  ["model", "resonance-model"], ["mes", "resonance-mes"], ["broker", "resonance-mqtt-broker"],
] as const;
