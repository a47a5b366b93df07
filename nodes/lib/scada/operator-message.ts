/** What an operator did at a client, for the flow to act upon. */
export interface OperatorMessage {
  readonly topic: "approve" | "reject" | "acknowledge" | "confirm";
  readonly payload: {
    /** The record it is about. */
    readonly id: string;
    /** User name. */
    readonly by: string;
    readonly comment?: string;
  };
}

/** A message of an operator; an empty comment is none. */
export function operatorMessage(topic: OperatorMessage["topic"], id: string, by: string, comment: string | null | undefined): OperatorMessage {
  return { topic, payload: { id, by, ...(comment && { comment }) } };
}
