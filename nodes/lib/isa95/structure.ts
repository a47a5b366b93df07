import data from "./b2mml-v0701.json";

/** Facts of the B2MML version the pack writes. */
export const B2MML = { version: data.version, releaseId: data.releaseID, namespace: data.namespace } as const;

/** Text content of an element or attribute: an XSD base type and, where the list is closed, its values. */
export interface TextSpec {
  readonly base: string;
  readonly values?: ReadonlySet<string>;
}

/** An element at its place in the order of a type. */
export interface ElementSpec {
  readonly name: string;
  /** Place in the order; the elements of a choice that repeats share one. */
  readonly order: number;
  readonly required: boolean;
  /** Whether it may occur more than once. */
  readonly many: boolean;
  readonly nillable: boolean;
  /** Whether it is in the namespace of B2MML; one that is not stands in none. */
  readonly qualified: boolean;
  readonly type: TypeSpec;
}

export interface AttributeSpec {
  readonly name: string;
  readonly required: boolean;
  readonly text: TextSpec;
}

/** One of several elements. */
export interface ChoiceSpec {
  readonly names: readonly string[];
  readonly required: boolean;
}

/** A type of the schema: ordered elements, or text; both with attributes. */
export interface TypeSpec {
  readonly name: string;
  readonly elements: ReadonlyMap<string, ElementSpec>;
  /** Number of required elements outside choices. */
  readonly requiredElements: number;
  readonly choices: readonly ChoiceSpec[];
  readonly attributes: ReadonlyMap<string, AttributeSpec>;
  readonly requiredAttributes: readonly string[];
  readonly text: TextSpec | undefined;
  /** Whether anything may stand in it. */
  readonly any: boolean;
  /** Whether what the pack knows of it is another version's: it tells how to read, not what is wrong. */
  readonly loose: boolean;
}

/** A version of B2MML. */
export interface Structure {
  readonly version: string;
  readonly releaseId: string;
  readonly namespace: string;
  /** Names of the messages. */
  readonly messages: readonly string[];
  /** The type of a message's root element; `undefined` for what is none. */
  messageType(message: string): TypeSpec | undefined;
  /** The type of an object that may be a document of its own, e.g. `WorkSchedule`. */
  nounType(noun: string): TypeSpec | undefined;
  /** A type by its name in the schema. */
  typeNamed(name: string): TypeSpec | undefined;
}

/** What a structure file holds. */
export interface StructureData {
  readonly version: string;
  readonly releaseID: string;
  readonly namespace: string;
  readonly messages: Readonly<Record<string, string>>;
  readonly nouns: Readonly<Record<string, string>>;
  readonly types: Readonly<Record<string, TypeData | undefined>>;
  /** Names of the types that are known for certain; all where it is absent. */
  readonly certain?: ReadonlySet<string>;
}

export interface TypeData {
  readonly text?: string;
  readonly base?: string;
  readonly enum?: readonly string[];
  readonly elements?: readonly string[];
  readonly attributes?: readonly string[];
  readonly any?: boolean;
}

const ELEMENT = /^(\w+)([!?+*])(~?)(-?):([\w.]+)$/;
const ATTRIBUTE = /^(\w+)([!?]):(\w+)$/;
const CHOICE = /^\((.+)\)([!?+*])$/;

/** The version the pack writes unless told otherwise. */
export const CURRENT: Structure = createStructure(data);

/** Names of the messages of the current version. */
export const MESSAGES: readonly string[] = CURRENT.messages;

/** The type of a message's root element in the current version; `undefined` for what is no message. */
export const messageType = (message: string): TypeSpec | undefined => CURRENT.messageType(message);

/** The noun's element in a message: the last of its `DataArea`. */
export function nounOf(message: TypeSpec): ElementSpec {
  const noun = [...(message.elements.get("DataArea")?.type.elements.values() ?? [])].at(-1);
  if (!noun) throw new RangeError(`${message.name} has no DataArea`);
  return noun;
}

/** The element by which a type nests in itself, e.g. `SegmentDataChild`; `undefined` for one that does not. */
export function nestingOf(type: TypeSpec): ElementSpec | undefined {
  return [...type.elements.values()].find((element) => element.type === type);
}

/** Makes the types of a structure file, each when it is first asked for. */
export function createStructure({ version, releaseID, namespace, messages, nouns, types, certain }: StructureData): Structure {
  const resolved = new Map<string, TypeSpec>();
  const known = (from: Readonly<Record<string, string>>, name: string): TypeSpec | undefined => (Object.hasOwn(from, name) ? typeOf(from[name] ?? "") : undefined);

  function typeOf(name: string): TypeSpec {
    const before = resolved.get(name);
    if (before) return before;
    const found = types[name] ?? { text: name };
    const elements = new Map<string, ElementSpec>();
    const choices: ChoiceSpec[] = [];
    const attributes = attributesOf(found);
    const type = {
      name, elements, choices, attributes,
      requiredElements: 0,
      requiredAttributes: [...attributes.values()].filter((attribute) => attribute.required).map((attribute) => attribute.name),
      text: textOf(found),
      any: found.any === true,
      loose: certain !== undefined && !certain.has(name),
    };
    // Types hold each other: known before its elements are.
    resolved.set(name, type);
    for (const entry of found.elements ?? []) addParticle(entry, elements, choices);
    type.requiredElements = [...elements.values()].filter((element) => element.required).length;
    return type;
  }

  /** An element, or the elements of a choice. One that repeats may hold any of its elements, in any order and number. */
  function addParticle(entry: string, elements: Map<string, ElementSpec>, choices: ChoiceSpec[]): void {
    const [, inner, sign = ""] = CHOICE.exec(entry) ?? [];
    if (inner === undefined) {
      const element = parseElement(entry, elements.size);
      elements.set(element.name, element);
      return;
    }
    const repeats = sign === "*" || sign === "+";
    const first = elements.size;
    const members = inner.split(" | ").map((member, index) => parseElement(member, repeats ? first : first + index));
    for (const member of members) elements.set(member.name, { ...member, required: false, many: member.many || repeats });
    if (!repeats) choices.push({ names: members.map(({ name }) => name), required: sign === "!" });
  }

  function parseElement(notation: string, order: number): ElementSpec {
    const [, name = "", sign = "", nillable = "", unqualified = "", type = ""] = ELEMENT.exec(notation) ?? [];
    return {
      name, order,
      required: sign === "!" || sign === "+",
      many: sign === "+" || sign === "*",
      nillable: nillable === "~",
      qualified: unqualified === "",
      type: typeOf(type),
    };
  }

  /** The XSD type of the text, found through the chain of bases; the nearest list of values counts. */
  function textOf({ text, base, enum: values }: TypeData): TextSpec | undefined {
    const inherited = text === undefined ? (base === undefined ? undefined : typeOf(base).text) : { base: text };
    return inherited && values ? { ...inherited, values: new Set(values) } : inherited;
  }

  function attributesOf({ base, attributes = [] }: TypeData): Map<string, AttributeSpec> {
    const all = new Map(base === undefined ? [] : typeOf(base).attributes);
    for (const notation of attributes) {
      const [, name = "", sign, type = ""] = ATTRIBUTE.exec(notation) ?? [];
      all.set(name, { name, required: sign === "!", text: typeOf(type).text ?? { base: type } });
    }
    return all;
  }

  return {
    version, releaseId: releaseID, namespace,
    messages: Object.keys(messages),
    messageType: (message) => known(messages, message),
    nounType: (noun) => known(nouns, noun),
    typeNamed: (name) => (Object.hasOwn(types, name) ? typeOf(name) : undefined),
  };
}
