import type { Findings, Step } from "./findings";
import { raw } from "./findings";
import { NIL } from "./json-element";
import { propertyName } from "./property-name";
import type { ElementSpec, TypeSpec } from "./structure";
import { typedText, typedValue } from "./typed-text";
import type { XmlElement } from "./xml-reader";

/** What is the same for all elements of a document. */
export interface ContentOptions {
  readonly findings: Findings;
  /** The document's own namespace. */
  readonly namespace: string;
  /** Whether the order of elements counts: it does not in JSON. */
  readonly ordered: boolean;
  /** What an element of a type that is not known may be. */
  readonly hint: (name: string) => ElementSpec | undefined;
}

type Properties = Record<string, unknown>;

/**
 * An element as a plain object of typed values, names as `propertyName` has them. An element that may come more than once is a list;
 * attributes of texts, elements of other namespaces and whatever has no place are kept aside, and what does not fit is noted.
 */
export function readContent(root: XmlElement, type: TypeSpec | undefined, { findings, namespace, ordered, hint }: ContentOptions): unknown {
  const { note, keep } = findings;

  function content(step: Step, spec: TypeSpec | undefined): unknown {
    const { element } = step;
    if (spec === undefined) return shape(step);
    checkAttributes(step, spec);
    if (element.attributes.get(NIL) === "true") return null;
    if (spec.text && spec.requiredAttributes.length > 0) return { ...attributesOf(element, spec), text: textOf(step, spec, spec.text.base) };
    // Older versions have objects where the current one has a text of that name, such as Location.
    if (spec.text && spec.loose && element.children.length > 0) return shape(step);
    if (spec.text) return textOf(step, spec, spec.text.base);
    if (spec.any) {
      if (element.children.length > 0 || element.text.trim() !== "") keep(step, raw(element));
      return undefined;
    }
    const object = elements(step, spec);
    return valueOf(step, object, spec) ?? object;
  }

  function textOf(step: Step, { text: spec, loose }: TypeSpec, base: string): unknown {
    const { element } = step;
    const plain = element.text.trim();
    for (const child of element.children) {
      keep({ element: child, parent: step }, raw(child));
      if (!loose) note({ element: child, parent: step }, "RESONANCE_ISA95_ELEMENT_UNKNOWN", { element: child.name.slice(0, 60), type: base });
    }
    const other = element.attributes.get("OtherValue");
    if (other !== undefined && (plain === "Other" || plain === "")) return other;
    const value = typedText(base, element.text);
    if (value === undefined || (!loose && spec?.values?.has(plain) === false)) {
      note(step, "RESONANCE_ISA95_VALUE_INVALID", { value: plain.slice(0, 60), expected: spec?.values ? [...spec.values].join(", ").slice(0, 300) : `xsd:${base}` });
    }
    return value ?? element.text;
  }

  function checkAttributes(step: Step, spec: TypeSpec): void {
    for (const [name, value] of step.element.attributes) {
      if (name === "xmlns" || name.includes(":")) continue;
      const known = spec.attributes.has(name);
      const isValue = known && (!spec.text || name === "OtherValue" || spec.requiredAttributes.length > 0);
      if (!isValue) keep(step, value, name);
      if (!known && !spec.loose) note(step, "RESONANCE_ISA95_ELEMENT_UNKNOWN", { element: `@${name.slice(0, 60)}`, type: spec.name }, name);
    }
    for (const name of spec.loose ? [] : spec.requiredAttributes) {
      if (!step.element.attributes.has(name)) note(step, "RESONANCE_ISA95_ELEMENT_MISSING", { element: `@${name}` });
    }
  }

  function attributesOf(element: XmlElement, { attributes }: TypeSpec): Properties {
    return Object.fromEntries([...element.attributes].filter(([name]) => attributes.has(name)).map(([name, value]) => [propertyName(name), value]));
  }

  function elements(step: Step, owner: TypeSpec): Properties {
    const object: Properties = {};
    const { element } = step;
    if (element.text.trim() !== "") {
      keep(step, element.text.trim(), "text()");
      note(step, "RESONANCE_ISA95_VALUE_INVALID", { value: element.text.trim().slice(0, 60), expected: owner.name });
    }
    Object.assign(object, attributesOf(element, owner));
    const seen = new Set<string>();
    let last = -1;
    for (const child of element.children) {
      const at: Step = { element: child, parent: step };
      const spec = owner.elements.get(child.name) ?? (owner.loose ? hint(child.name) : undefined);
      const isOwn = child.namespace === namespace || (spec?.qualified === false && child.namespace === "");
      if (!isOwn || (spec === undefined && !owner.loose)) {
        keep(at, raw(child));
        if (isOwn) note(at, "RESONANCE_ISA95_ELEMENT_UNKNOWN", { element: child.name.slice(0, 60), type: owner.name });
        continue;
      }
      if (spec && !owner.loose) last = checkPlace(at, spec, last, seen);
      seen.add(child.name);
      put(object, at, content(at, spec?.type), spec);
    }
    if (!owner.loose) checkComplete(step, owner, seen);
    return object;
  }

  function checkPlace(at: Step, spec: ElementSpec, last: number, seen: ReadonlySet<string>): number {
    const { name, namespace: found, attributes } = at.element;
    if (!spec.qualified && found !== "" && ordered) note(at, "RESONANCE_ISA95_NAMESPACE", { found, expected: "-" });
    if (!spec.many && seen.has(name)) note(at, "RESONANCE_ISA95_ELEMENT_REPEATED", { element: name });
    if (spec.order < last && ordered) note(at, "RESONANCE_ISA95_ELEMENT_ORDER", { element: name });
    if (!spec.nillable && attributes.get(NIL) === "true") note(at, "RESONANCE_ISA95_VALUE_INVALID", { value: "nil", expected: spec.type.name });
    return Math.max(spec.order, last);
  }

  function checkComplete(step: Step, owner: TypeSpec, seen: ReadonlySet<string>): void {
    for (const { name, required } of owner.elements.values()) {
      if (required && !seen.has(name)) note(step, "RESONANCE_ISA95_ELEMENT_MISSING", { element: name });
    }
    for (const { names, required } of owner.choices) {
      const chosen = names.filter((name) => seen.has(name));
      if (chosen.length > 1) note(step, "RESONANCE_ISA95_ELEMENT_REPEATED", { element: chosen.join(" | ") });
      if (required && chosen.length === 0) note(step, "RESONANCE_ISA95_ELEMENT_MISSING", { element: names.join(" | ") });
    }
  }

  /** A value or quantity: its text by its data type, its unit beside it. */
  function valueOf(step: Step, object: Properties, spec: TypeSpec): Properties | undefined {
    const isQuantity = spec.elements.has("QuantityString");
    if (!isQuantity && !spec.elements.has("ValueString")) return undefined;
    const { valueString, quantityString, unitOfMeasure, dataType: said, ...others } = object;
    const plain = quantityString ?? valueString;
    const unit = typeof unitOfMeasure === "string" && unitOfMeasure !== "" ? unitOfMeasure : undefined;
    const dataType = typeof said === "string" && said !== "" ? said : undefined;
    const value = typeof plain === "string" ? typedValue(plain, dataType, isQuantity || unit !== undefined) : plain;
    if (value === undefined && typeof plain === "string") note(step, "RESONANCE_ISA95_VALUE_INVALID", { value: plain.slice(0, 60), expected: dataType ?? "" });
    return { value: value ?? plain ?? null, ...(unit !== undefined && { unit }), ...(dataType !== undefined && { dataType }), ...others };
  }

  function put(object: Properties, at: Step, value: unknown, spec: ElementSpec | undefined): void {
    const name = propertyName(at.element.name);
    if (value === undefined) return;
    if (name === "__proto__") {
      keep(at, raw(at.element));
      return;
    }
    const known = Object.hasOwn(object, name) ? object[name] : undefined;
    if (spec?.many === true || spec === undefined) {
      if (Array.isArray(known)) known.push(value);
      else if (known !== undefined) object[name] = [known, value];
      else object[name] = spec ? [value] : value;
    } else if (known === undefined) object[name] = value;
    else if (spec.type.loose) object[name] = [known, value].flat();
    else keep(at, value);
  }

  /** An element nobody told of, by what it looks like. */
  function shape(step: Step): unknown {
    const { element } = step;
    for (const [name, value] of element.attributes) if (name !== "xmlns" && !name.includes(":")) keep(step, value, name);
    if (element.attributes.get(NIL) === "true") return null;
    if (element.children.length === 0) return element.text.trim();
    const object: Properties = {};
    for (const child of element.children) {
      const at: Step = { element: child, parent: step };
      const spec = hint(child.name);
      if (child.namespace === namespace) put(object, at, content(at, spec?.type), spec);
      else keep(at, raw(child));
    }
    return object;
  }

  return content({ element: root, parent: undefined }, type);
}
