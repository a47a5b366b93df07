/** Entries by ascending key; those of the same key in any order. */
export interface Heap<T> {
  readonly size: number;
  push(key: number, value: T): void;
  peek(): { readonly key: number; readonly value: T } | undefined;
  pop(): { readonly key: number; readonly value: T } | undefined;
}

/** A binary heap: push and pop in O(log n). */
export function createHeap<T>(): Heap<T> {
  const items: { key: number; value: T }[] = [];
  const keyAt = (index: number): number => items[index]?.key ?? Infinity;
  const swap = (a: number, b: number): void => {
    const [first, second] = [items[a], items[b]];
    if (!first || !second) return;
    items[a] = second;
    items[b] = first;
  };
  return {
    get size() { return items.length; },
    peek: () => items[0],
    push(key, value) {
      items.push({ key, value });
      for (let at = items.length - 1; at > 0;) {
        const parent = (at - 1) >> 1;
        if (keyAt(parent) <= keyAt(at)) return;
        swap(at, parent);
        at = parent;
      }
    },
    pop() {
      swap(0, items.length - 1);
      const least = items.pop();
      for (let at = 0; ;) {
        const left = 2 * at + 1;
        const child = keyAt(left + 1) < keyAt(left) ? left + 1 : left;
        if (keyAt(child) >= keyAt(at)) return least;
        swap(at, child);
        at = child;
      }
    },
  };
}
