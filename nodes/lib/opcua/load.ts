/** The type of the node-opcua module, for `import type` users. */
export type NodeOpcua = typeof import("node-opcua");

const LOG_LEVEL = "NODEOPCUA_LOG_LEVEL";
/** node-opcua's LogLevel.Critic */
const CRITICAL = "2";

let loaded: NodeOpcua | undefined;

/**
 * node-opcua, loaded on first use: it costs over half a second and 70 MB, which a flow without OPC UA must not pay.
 * Its own console log is turned down, since every failure leaves this library as a typed error;
 * NODEOPCUA_LOG_LEVEL in the environment gives the log back.
 */
export function loadOpcua(): NodeOpcua {
  return (loaded ??= loadQuietly());
}

/** The level is read while the module loads, when it already has something to say. */
function loadQuietly(): NodeOpcua {
  const chosen = process.env[LOG_LEVEL];
  process.env[LOG_LEVEL] = chosen ?? CRITICAL;
  try {
    const module = require("node-opcua") as NodeOpcua;
    if (chosen === undefined) module.setLogLevel(module.LogLevel.Critic);
    return module;
  } finally {
    if (chosen === undefined) Reflect.deleteProperty(process.env, LOG_LEVEL);
  }
}
