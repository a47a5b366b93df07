import type { ResonanceError } from "../errors/resonance-error";

/**
 * - `disconnected`: nobody needs the server.
 * - `connecting`: on the way to the first session.
 * - `connected`: the session stands.
 * - `reconnecting`: a session stood and was lost.
 * - `refused`: the server answers but does not accept what is configured (certificate, security, user); tried again slowly.
 * - `closing`, `closed`: on the way out, and out for good.
 */
export type ConnectionState = "disconnected" | "connecting" | "connected" | "reconnecting" | "refused" | "closing" | "closed";

/** What happens to a connection. */
export type ConnectionEvent =
  | "needed" | "opened" | "unreachable" | "refusal" | "lost" | "unneeded" | "released" | "disposed";

/** What a listener hears: the state and, where something is wrong, why. */
export interface ConnectionStatus {
  readonly state: ConnectionState;
  readonly error?: ResonanceError;
}

type Row = Readonly<Partial<Record<ConnectionEvent, ConnectionState>>>;

/** The whole behaviour; an event that is not in the row of the state is out of date and changes nothing. */
const TRANSITIONS: Readonly<Record<ConnectionState, Row>> = {
  disconnected: { needed: "connecting", disposed: "closed" },
  connecting: { opened: "connected", unreachable: "connecting", refusal: "refused", unneeded: "closing" },
  connected: { lost: "reconnecting", unneeded: "closing" },
  reconnecting: { opened: "connected", unreachable: "reconnecting", refusal: "refused", unneeded: "closing" },
  refused: { opened: "connected", unreachable: "connecting", refusal: "refused", unneeded: "closing" },
  closing: { released: "disconnected" },
  closed: {},
};

/** The state after `event`, or `undefined` when the event has no place in `state`. */
export function nextState(state: ConnectionState, event: ConnectionEvent): ConnectionState | undefined {
  return TRANSITIONS[state][event];
}
