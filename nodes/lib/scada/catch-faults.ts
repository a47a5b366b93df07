import type { OPCUAServer, StatusCode } from "node-opcua";
import { loadOpcua } from "../opcua/load";

type Action = (session: unknown, answer: unknown, refuse: (status: StatusCode) => void) => unknown;
interface Channel { send_response(kind: string, response: object, message: unknown): void }

/** The stack's methods that it calls without waiting for them. */
interface Inner {
  _apply_on_SessionObject(response: unknown, message: unknown, channel: Channel, action: Action): Promise<void>;
  _on_CreateSessionRequest(message: unknown, channel: Channel): Promise<void>;
}

/**
 * Answers a request over which the stack stumbles with Bad_InternalError and tells of it. Without this the rejection is nobody's, and one
 * client's request would end the whole process.
 */
export function catchFaults(server: OPCUAServer, tell: (thrown: unknown) => void): void {
  const { ServiceFault, StatusCodes } = loadOpcua();
  const inner = server as unknown as Inner;
  /** The client may be gone by then. */
  const attempt = (answer: () => void): void => {
    try {
      answer();
    } catch (thrown) {
      tell(thrown);
    }
  };
  const apply = inner._apply_on_SessionObject.bind(server);
  inner._apply_on_SessionObject = (response, message, channel, action) => apply(response, message, channel, async (session, answer, refuse) => {
    try {
      await action(session, answer, refuse);
    } catch (thrown) {
      tell(thrown);
      attempt(() => { refuse(StatusCodes.BadInternalError); });
    }
  }).catch(tell);
  const createSession = inner._on_CreateSessionRequest.bind(server);
  inner._on_CreateSessionRequest = (message, channel) => createSession(message, channel).catch((thrown: unknown) => {
    tell(thrown);
    attempt(() => { channel.send_response("MSG", new ServiceFault({ responseHeader: { serviceResult: StatusCodes.BadInternalError } }), message); });
  });
}
