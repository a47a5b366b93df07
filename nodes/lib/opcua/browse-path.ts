import { ResonanceError } from "../errors/resonance-error";

/** One step of a path: over references of which kind, to the node with which name. */
export interface BrowseStep {
  /** `/` follows any hierarchical reference, `.` only components and properties. */
  readonly reference: "hierarchical" | "aggregates";
  /** Index, or URI. */
  readonly namespace: number | string;
  readonly name: string;
}

/** A path from the Root folder as the user wrote it. */
export interface BrowsePathText {
  readonly text: string;
  readonly steps: readonly BrowseStep[];
}

const REFERENCES: Readonly<Record<string, BrowseStep["reference"]>> = { "/": "hierarchical", ".": "aggregates" };
/** Separator, namespace, name: `&` before a reserved character takes its meaning away (OPC 10000-4, A.2). */
const STEP = /([/.])(?:(\d{1,5}):|nsu=([^;]+);)?((?:&.|[^&/.<>:#!])+)/sy;
const MAX_NAMESPACE = 0xffff;

/** True for what is meant as a browse path and no NodeId. */
export function isBrowsePath(text: string): boolean {
  return text.trim().startsWith("/");
}

/**
 * Reads `/Objects/2:Machine/2:Spindle.2:Speed` or, with URIs, `/Objects/nsu=urn:machine;Machine` (OPC 10000-4, A.2, from the Root
 * folder; a name without namespace is in namespace 0).
 * @throws RESONANCE_OPCUA_NODE_ID_INVALID with `path`.
 */
export function parseBrowsePath(text: string, path: string): BrowsePathText {
  const written = text.trim();
  const steps: BrowseStep[] = [];
  STEP.lastIndex = 0;
  let end = 0;
  for (let match = STEP.exec(written); match; match = STEP.exec(written)) {
    const [, separator = "", index, uri, name = ""] = match;
    if (Number(index ?? 0) > MAX_NAMESPACE) break;
    steps.push({
      reference: REFERENCES[separator] ?? "hierarchical",
      namespace: uri === undefined ? Number(index ?? 0) : uri.replace(/%3B/gi, ";").replace(/%25/g, "%"),
      name: name.replace(/&(.)/gs, "$1"),
    });
    end = STEP.lastIndex;
  }
  if (steps.length === 0 || end !== written.length) throw new ResonanceError("RESONANCE_OPCUA_NODE_ID_INVALID", { nodeId: text }, { path });
  // Both "/Objects" and "/Root/Objects" are usual.
  const [first] = steps;
  return { text, steps: steps.length > 1 && first?.namespace === 0 && first.name === "Root" ? steps.slice(1) : steps };
}
