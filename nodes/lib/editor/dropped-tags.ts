/** A variable that was chosen while browsing a machine. */
export interface BrowsedTag {
  readonly tag: string;
  readonly nodeId: string;
  /** UN/CEFACT code, where the machine states it. */
  readonly unit?: string;
  /** The source's data type, e.g. `Double`. */
  readonly dataType?: string;
}

/** What a drag carries: a JSON list of browsed tags. */
export const TAG_DRAG = "application/x-resonance-tags";

/** Lets an element be dragged with these tags. */
export function startTagDrag({ dataTransfer }: DragEvent, tags: readonly BrowsedTag[]): void {
  dataTransfer?.setData(TAG_DRAG, JSON.stringify(tags));
  dataTransfer?.setData("text/plain", tags.map(({ tag, nodeId }) => `${tag}\t${nodeId}`).join("\n"));
}

/** Lets tags be dropped on a table; `row` is the index of the row under the pointer, -1 beside all rows. */
export function acceptTagDrop(host: HTMLElement, take: (tags: readonly BrowsedTag[], row: number) => void): void {
  const area = host.closest<HTMLElement>(".red-ui-editableList") ?? host;
  const carries = ({ dataTransfer }: DragEvent): boolean => dataTransfer?.types.includes(TAG_DRAG) ?? false;
  const mark = (on: boolean): void => { area.classList.toggle("resonance-drop", on); };
  area.addEventListener("dragover", (event) => {
    if (!carries(event)) return;
    event.preventDefault();
    mark(true);
  });
  area.addEventListener("dragleave", () => { mark(false); });
  area.addEventListener("drop", (event) => {
    if (!carries(event)) return;
    event.preventDefault();
    mark(false);
    const line = event.target instanceof Element ? event.target.closest("li") : null;
    take(readTags(event.dataTransfer?.getData(TAG_DRAG) ?? ""), line ? [...host.children].indexOf(line) : -1);
  });
}

function readTags(dropped: string): readonly BrowsedTag[] {
  try {
    const tags: unknown = JSON.parse(dropped);
    return Array.isArray(tags) ? (tags as readonly unknown[]).filter(isTag) : [];
  } catch {
    return [];
  }
}

function isTag(value: unknown): value is BrowsedTag {
  return typeof value === "object" && value !== null && typeof (value as { tag?: unknown }).tag === "string";
}
