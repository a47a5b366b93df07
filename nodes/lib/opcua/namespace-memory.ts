/** The namespaces of a server as they stood when it was first connected. */
export interface NamespaceMemory {
  learn(namespaces: readonly string[]): void;
  /** The URIs of an index then and now, where they differ: the same text would mean another variable. */
  moved(index: number, namespaces: readonly string[]): { readonly before: string; readonly now: string } | undefined;
}

export function createNamespaceMemory(): NamespaceMemory {
  const known: string[] = [];
  return {
    learn(namespaces) { known.push(...namespaces.slice(known.length)); },
    moved(index, namespaces) {
      const before = known[index];
      const now = namespaces[index] ?? "-";
      return before === undefined || before === now ? undefined : { before, now };
    },
  };
}
