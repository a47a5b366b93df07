import { ResonanceError } from "../errors/resonance-error";
import type { SecurityPolicy } from "../opcua/settings";
import type { Profile } from "../profile/profile";
import { isSettable, type SetpointRow, type SetpointWriters } from "./setpoints";
import { isLoopback } from "./hosts";
import type { User } from "./users";

/** A language of the profile's texts. */
export type TextLanguage = "en" | "zh" | "de";

/** What the server offers, to whom and where. */
export interface ScadaSettings {
  readonly port: number;
  /** Address to listen on, e.g. `127.0.0.1`; `0.0.0.0` for all interfaces. */
  readonly host: string;
  /** A further name or address under which clients reach this computer (behind NAT or in a container). */
  readonly publicHost: string;
  readonly securityPolicies: readonly SecurityPolicy[];
  /** Whether clients without a user name may read. They never may operate. */
  readonly anonymous: boolean;
  readonly users: readonly User[];
  readonly maxSessions: number;
  /** Own key and certificate, trusted and rejected client certificates. */
  readonly pkiFolder: string;
  readonly applicationName: string;
  readonly namespaceUri: string;
  /** Of names and descriptions where a client asks for no other one. */
  readonly language: TextLanguage;
  readonly profile: Profile;
  /** Categories whose variables exist from the start, at each of `equipment`. */
  readonly categories: readonly string[];
  /** ISA-95 places, `enterprise/site/area/work center/work unit`. */
  readonly equipment: readonly string[];
  /** Places the server holds at most; records of further ones are refused. */
  readonly maxEquipment: number;
  /** Values kept for each variable; 0 for no history. */
  readonly historyValues: number;
  /** Hours a value is kept in the history. */
  readonly historyHours: number;
  /** Whether each model has an output folder of its own. */
  readonly byModel: boolean;
  /** Whether job orders are received by the methods of OPC 10031-4. */
  readonly jobOrders: boolean;
  /** Fields whose set-points clients may write, at each of `equipment`. */
  readonly setpoints: readonly SetpointRow[];
  /** `anyone` only where the server listens on this computer alone. */
  readonly setpointWriters: SetpointWriters;
  /** Whether results are shown by the types of OPC 40501-1 (prognosis, tool life) too. */
  readonly companions: boolean;
}

const POLICIES: readonly string[] = ["None", "Basic256Sha256", "Aes128_Sha256_RsaOaep", "Aes256_Sha256_RsaPss"] satisfies SecurityPolicy[];

type Check = (settings: ScadaSettings) => string | undefined;

const whole = (from: number, to: number, value: number): string | undefined =>
  Number.isInteger(value) && value >= from && value <= to ? undefined : `${value} is no whole number from ${from} to ${to}`;

/** What must hold of each setting; the answer says what is wrong with it. */
const CHECKS: Readonly<Record<string, Check>> = {
  port: ({ port }) => whole(1, 65_535, port),
  host: ({ host }) => (host === "" ? "no address to listen on is given" : undefined),
  securityPolicies: ({ securityPolicies }) => {
    if (securityPolicies.length === 0) return "none is chosen";
    const unknown = securityPolicies.find((policy) => !POLICIES.includes(policy));
    return unknown === undefined ? undefined : `"${unknown}" is none of ${POLICIES.join(", ")}`;
  },
  users: ({ users, anonymous }) => {
    if (users.length === 0 && !anonymous) return "there is neither a user nor anonymous access";
    const names = users.map(({ name }) => name);
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    if (twice !== undefined) return `the user ${twice} is there twice`;
    const bare = users.find(({ name, password }) => name === "" || password === "");
    return bare ? `the user ${bare.name || "without name"} has no ${bare.name === "" ? "name" : "password"}` : undefined;
  },
  maxSessions: ({ maxSessions }) => whole(1, 1_000, maxSessions),
  maxEquipment: ({ maxEquipment, equipment }) => whole(Math.max(1, equipment.length), 10_000, maxEquipment),
  historyValues: ({ historyValues }) => whole(0, 1_000_000, historyValues),
  historyHours: ({ historyHours }) => (historyHours > 0 ? undefined : `${historyHours} is not above 0`),
  namespaceUri: ({ namespaceUri }) => (URL.canParse(namespaceUri) ? undefined : `"${namespaceUri}" is no URI`),
  categories: ({ categories, profile }) => {
    const unknown = categories.find((id) => !profile.categories.has(id));
    return unknown === undefined ? undefined : `the profile has no category ${unknown}`;
  },
  setpoints: ({ setpoints, profile }) => {
    const unusable = setpoints.find(({ category, field: name }) => {
      const field = profile.categories.get(category)?.output.fields.get(name);
      return !field || !isSettable(field);
    });
    return unusable && `${unusable.category} has no output ${unusable.field} with a single value`;
  },
  setpointWriters: ({ setpoints, setpointWriters, host }) =>
    (setpointWriters === "anyone" && setpoints.length > 0 && !isLoopback(host)
      ? `anyone may write only where the server listens on this computer alone (127.0.0.1), not on ${host}` : undefined),
};

/** @throws RESONANCE_CONFIG_INVALID for the first setting that cannot work, with its name as path. */
export function checkScadaSettings(settings: ScadaSettings): void {
  for (const [setting, check] of Object.entries(CHECKS)) {
    const detail = check(settings);
    if (detail) throw new ResonanceError("RESONANCE_CONFIG_INVALID", { setting, detail }, { path: setting });
  }
}
