import type { IPublishPacket } from "mqtt";
import type { Publication } from "./message";

/** The MQTT 5 properties of a message that is sent now; its expiry is what is left of its validity. */
export function publishProperties({ properties = {}, expiresAt, payload }: Publication): NonNullable<IPublishPacket["properties"]> {
  const { contentType, userProperties, responseTopic, correlationData } = properties;
  const text = contentType === "application/json" || contentType?.startsWith("text/") === true;
  return {
    ...(text && payload.length > 0 && { payloadFormatIndicator: true }),
    ...(contentType !== undefined && { contentType }),
    ...(userProperties && { userProperties: userProperties as Record<string, string | string[]> }),
    ...(responseTopic !== undefined && { responseTopic }),
    ...(correlationData && { correlationData }),
    ...(expiresAt !== undefined && { messageExpiryInterval: Math.max(1, Math.ceil((expiresAt - Date.now()) / 1000)) }),
  };
}
