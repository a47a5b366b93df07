import type { XmlElement } from "./xml-reader";

/** Attribute of an element without value. */
export const NIL = "xsi:nil";

/** A B2MML JSON member, in either form, as the element it stands for. */
export function jsonElement(name: string, namespace: string, value: unknown): XmlElement {
  const attributes = new Map<string, string>();
  const children: XmlElement[] = [];
  if (value === null) attributes.set(NIL, "true");
  if (typeof value !== "object" || value === null) return { name, namespace, attributes, children, text: scalarText(value) };
  let text = "";
  for (const [key, member] of Object.entries(value)) {
    if (key === "$") text = scalarText(member);
    else if (key.startsWith("@")) attributes.set(key.slice(1), scalarText(member));
    else for (const item of Array.isArray(member) ? (member as readonly unknown[]) : [member]) children.push(jsonElement(key, namespace, item));
  }
  return { name, namespace, attributes, children, text };
}

function scalarText(value: unknown): string {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? String(value) : "";
}
