import "./red";

/** A profile as the runtime is asked for it: what stands in a profile node, and whether that is what runs. */
export interface ProfileChoice {
  readonly id: string;
  readonly deployed: boolean;
  readonly source: string;
  readonly path: string;
}

/** The choice of a profile node; of one that was changed since the last deploy, as it stands in the editor. */
export function profileChoice(id: string): ProfileChoice {
  const node = RED.nodes.node(id);
  return { id, deployed: node?.changed !== true, source: textOf(node?.["source"]), path: textOf(node?.["path"]) };
}

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");
