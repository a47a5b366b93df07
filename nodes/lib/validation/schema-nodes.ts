/** Every object of a schema's document, in no order; lists are gone through. */
export function* schemaNodes(document: unknown): Generator<Readonly<Record<string, unknown>>> {
  const open: unknown[] = [document];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (typeof node !== "object" || node === null) continue;
    if (!Array.isArray(node)) yield node as Readonly<Record<string, unknown>>;
    for (const part of Object.values(node) as unknown[]) if (part !== undefined) open.push(part);
  }
}
