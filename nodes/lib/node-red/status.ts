import type { Node, NodeStatusFill, NodeStatusShape } from "node-red";
import { type Language, type ResonanceError } from "../errors/resonance-error";

/** Looks a text of the node's own catalogue up, as `RED._` does. */
export type Translate = (key: string, values?: Record<string, string | number>) => string;

const INTERVAL_MS = 500;

/** What stands under a node: at most two changes a second, whatever the message rate. */
export interface NodeStatusLine {
  /** Shows `status.<key>` of the node's catalogue; `values` fill its placeholders. */
  show(fill: NodeStatusFill, shape: NodeStatusShape, key: string, values?: Record<string, string | number>): void;
  /** Counts `by` more of `key` and shows all counts so far (`status.<key>` with `count`). */
  count(key: string, fill?: NodeStatusFill, by?: number): void;
  /** The red status of an error. */
  error(error: ResonanceError): void;
  /** Adds `status.<key>` to whatever is shown, until it is called for the same `place` without a key. */
  note(place: string, key?: string, values?: Record<string, string | number>): void;
  /** Takes an error away that is shown now; otherwise leaves what stands there. */
  recovered(): void;
  /** The node is closing: takes away what stands there, which the editor would show under its successor, and shows nothing more. */
  close(): void;
}

/** The one place that sets `node.status`. */
export function createStatusLine(node: Node, translate: Translate, language: Language): NodeStatusLine {
  const counts = new Map<string, number>();
  const notes = new Map<string, () => string>();
  let next: (() => void) | undefined;
  let latest: (() => void) | undefined;
  let timer: NodeJS.Timeout | undefined;
  let failed = false;
  let painted = false;
  let closed = false;

  const paint = (draw: () => void): void => {
    if (closed) return;
    latest = draw;
    if (timer) {
      next = draw;
      return;
    }
    draw();
    painted = true;
    timer = setTimeout(() => {
      timer = undefined;
      const waiting = next;
      next = undefined;
      if (waiting) paint(waiting);
    }, INTERVAL_MS);
    timer.unref();
  };

  const withNotes = (text: string): string => [text, ...[...notes.values()].map((note) => note())].filter((part) => part !== "").join(", ");

  return {
    show(fill, shape, key, values) {
      failed = false;
      paint(() => { node.status({ fill, shape, text: withNotes(translate(`status.${key}`, values)) }); });
    },
    count(key, fill = "green", by = 1) {
      failed = false;
      counts.set(key, (counts.get(key) ?? 0) + by);
      paint(() => {
        const text = [...counts].map(([name, count]) => translate(`status.${name}`, { count })).join(", ");
        node.status({ fill: notes.size === 0 ? fill : "yellow", shape: "dot", text: withNotes(text) });
      });
    },
    error(error) {
      failed = true;
      paint(() => { node.status({ fill: "red", shape: "ring", text: withNotes(error.status(language)) }); });
    },
    note(place, key, values) {
      if (key === undefined && !notes.delete(place)) return;
      if (key !== undefined) notes.set(place, () => translate(`status.${key}`, values));
      paint(latest ?? (() => { node.status(notes.size === 0 ? {} : { fill: "yellow", shape: "dot", text: withNotes("") }); }));
    },
    recovered() {
      if (!failed) return;
      failed = false;
      paint(() => { node.status({}); });
    },
    close() {
      clearTimeout(timer);
      closed = true;
      if (painted) node.status({});
    },
  };
}
