const known = new Map<string, string>();
/** Names of a document's elements that are remembered; a document may bring others without end. */
const REMEMBERED = 5000;

/** The name of an element as a property: `WorkScheduleID` is `workScheduleId`, `MOMFunction` is `momFunction`. */
export function propertyName(element: string): string {
  const before = known.get(element);
  if (before !== undefined) return before;
  const name = element.replace(/ID(?=[A-Z]|s?$)/g, "Id").replace(/^[A-Z]+(?=[A-Z][a-z])|^[A-Z]+$|^[A-Z]/, (start) => start.toLowerCase());
  if (known.size < REMEMBERED) known.set(element, name);
  return name;
}
