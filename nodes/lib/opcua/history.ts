import type { DataValue, HistoryReadResult } from "node-opcua";
import { ResonanceError } from "../errors/resonance-error";
import { toMilliseconds } from "../record/iso-time";
import type { Sample } from "../record/sample";
import { decodeStructures } from "./decode";
import { loadOpcua } from "./load";
import { factsIfAny, type ReadRow } from "./read-values";
import { chunks, limitsOf } from "./services";
import type { OpcUaSession } from "./session";
import { toSample } from "./to-sample";
import { resolveNodeIds } from "./write-target";

/** Which part of the past; `limit` values of each variable at most. */
export interface HistoryRange {
  readonly from: Date;
  readonly to: Date;
  readonly limit: number;
}

export interface HistoryOutcome {
  /** Variable after variable in the order of the rows, each from the oldest on. */
  readonly samples: readonly Sample[];
  /** Tags of which there is more than the limit. */
  readonly truncated: readonly string[];
  readonly failures: readonly ResonanceError[];
}

interface Asked {
  readonly row: ReadRow;
  readonly index: number;
  readonly nodeId: string;
  readonly values: DataValue[];
  point?: Buffer;
}

const VALUES_PER_CALL = 1_000;
const DEFAULT_SPAN_MS = 3_600_000;

/**
 * The range a message asks for: `{from, to, limit}` in its payload (times with zone, or milliseconds since 1970), else the last `span` ms.
 * @throws RESONANCE_TIME_INVALID, RESONANCE_MESSAGE_INVALID.
 */
export function rangeOf(payload: unknown, limit: number, span = DEFAULT_SPAN_MS, now = Date.now()): HistoryRange {
  const asked = (typeof payload === "object" && payload !== null ? payload : {}) as { from?: unknown; to?: unknown; limit?: unknown };
  const to = timeOf(asked.to, "to") ?? now;
  const from = timeOf(asked.from, "from") ?? to - span;
  if (from > to) throw new ResonanceError("RESONANCE_MESSAGE_INVALID", { path: "payload/from", detail: "from > to" }, { path: "payload/from" });
  const own = Number(asked.limit ?? limit);
  if (!(Number.isInteger(own) && own >= 1)) throw new ResonanceError("RESONANCE_MESSAGE_INVALID", { path: "payload/limit", detail: String(own) }, { path: "payload/limit" });
  return { from: new Date(from), to: new Date(to), limit: Math.min(own, limit) };
}

/**
 * Reads raw values between two times, as many calls as it takes up to the limit; what the server still holds ready beyond it is given back.
 * A variable without history is a failure of its own (path `items/<n>/nodeId`).
 */
export async function readHistory(opened: OpcUaSession, rows: readonly ReadRow[], range: HistoryRange): Promise<HistoryOutcome> {
  const nodeIds = await resolveNodeIds(opened, rows.map(({ nodeId }) => nodeId));
  const failures: ResonanceError[] = [];
  const fail = (row: ReadRow, index: number, detail: string): void => {
    failures.push(new ResonanceError("RESONANCE_OPCUA_HISTORY", { tag: row.tag, nodeId: row.nodeId.text, detail }, { path: `items/${index}/nodeId` }));
  };
  const asked = rows.flatMap((row, index): Asked[] => {
    const nodeId = nodeIds[index];
    if (nodeId !== undefined) return [{ row, index, nodeId, values: [] }];
    fail(row, index, "BadNodeIdUnknown");
    return [];
  });
  const facts = await factsIfAny(opened, asked.map(({ nodeId }) => nodeId));
  const { history } = await limitsOf(opened);
  for (const part of chunks(asked, history)) await readPart(opened, part, range, fail);
  await decodeStructures(opened.session, asked.flatMap(({ values }) => values));
  return {
    failures,
    truncated: asked.filter(({ values, point }) => point !== undefined || values.length > range.limit).map(({ row }) => row.tag),
    samples: asked.flatMap(({ row, nodeId, values }) => values.slice(0, range.limit).map((data) => toSample(row.tag, data, facts.get(nodeId)))),
  };
}

async function readPart(opened: OpcUaSession, part: readonly Asked[], range: HistoryRange, fail: (row: ReadRow, index: number, detail: string) => void): Promise<void> {
  let open = part;
  while (open.length > 0) {
    const results = await call(opened, open, range, false);
    open = open.filter((each, index) => {
      const result = results[index];
      if (!result || result.statusCode.value >>> 31 === 1) {
        fail(each.row, each.index, result?.statusCode.name ?? "BadNoData");
        delete each.point;
        return false;
      }
      each.values.push(...((result.historyData as { dataValues?: readonly DataValue[] | null } | null)?.dataValues ?? []));
      const point = result.continuationPoint as Buffer | null | undefined;
      if (point && point.length > 0) each.point = point;
      else delete each.point;
      return each.point !== undefined && each.values.length < range.limit;
    });
  }
  const held = part.filter(({ point }) => point !== undefined);
  // The server would keep them until the session ends.
  if (held.length > 0) await call(opened, held, range, true).catch(() => undefined);
}

async function call({ session }: OpcUaSession, part: readonly Asked[], { from, to, limit }: HistoryRange, release: boolean): Promise<readonly HistoryReadResult[]> {
  const { HistoryReadRequest, ReadRawModifiedDetails, TimestampsToReturn } = loadOpcua();
  const fewest = Math.min(...part.map(({ values }) => limit - values.length));
  const request = new HistoryReadRequest({
    // One more than wanted says whether there is more, also where a server has no continuation points.
    historyReadDetails: new ReadRawModifiedDetails({ isReadModified: false, startTime: from, endTime: to, numValuesPerNode: Math.min(VALUES_PER_CALL, Math.max(fewest, 0) + 1), returnBounds: false }),
    timestampsToReturn: TimestampsToReturn.Both,
    releaseContinuationPoints: release,
    nodesToRead: part.map(({ nodeId, point }) => ({ nodeId, ...(point ? { continuationPoint: point } : {}) })),
  });
  const { results } = await session.historyRead(request);
  return results ?? [];
}

function timeOf(value: unknown, name: string): number | undefined {
  if (value === undefined || value === null || value === "") return undefined;
  const time = toMilliseconds(value);
  if (time === undefined) throw new ResonanceError("RESONANCE_TIME_INVALID", { actual: typeof value === "string" ? value.slice(0, 80) : typeof value, field: name }, { path: `payload/${name}` });
  return time;
}
