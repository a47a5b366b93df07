import type { XmlElement } from "../../nodes/lib/isa95/xml-reader";

/** Every element of this name below `element`, in document order. */
export function all(element: XmlElement, name: string): readonly XmlElement[] {
  return element.children.flatMap((child) => [...(child.name === name ? [child] : []), ...all(child, name)]);
}

/** The first element of this name below `element`. */
export function find(element: XmlElement, name: string): XmlElement | undefined {
  return all(element, name)[0];
}

/** Text of the child of this name; empty without one. */
export function childText(element: XmlElement, name: string): string {
  return element.children.find((child) => child.name === name)?.text ?? "";
}
