import type { AddressSpace, ISessionContext, Namespace, UAObject, UAVariable, Variant } from "node-opcua";
import { loadOpcua } from "../opcua/load";
import type { Localized } from "../profile/profile";
import type { HistoryLimits } from "./history";
import type { Texts } from "./texts";

/** The server's own part of the address space and what all of its builders need. */
export interface Space {
  readonly addressSpace: AddressSpace;
  readonly namespace: Namespace;
  readonly texts: Texts;
  /** `undefined`: no history is kept. */
  readonly history: HistoryLimits | undefined;
  /** The name of the user who may operate, or `undefined` where the session's user may not. */
  operator(context: ISessionContext): string | undefined;
}

/** What every node of ours states about itself; `id` is its NodeId's string, the same at every start. */
export interface NodeWords {
  readonly id: string;
  readonly name: string;
  readonly title: Localized;
  readonly description?: Localized;
}

/** A title that is the same in every language. */
export function same(text: string): Localized {
  return { en: text, zh: text, de: text };
}

/** A name as part of a NodeId's string, in which `#` and `%` have a meaning of their own. */
export function idPart(name: string): string {
  return name.replace(/[%#]/g, encodeURIComponent);
}

/** A folder below `parent`, which is a source of its events. */
export function addFolder({ namespace, texts }: Space, parent: UAObject, words: NodeWords, source?: UAObject): UAObject {
  const folder = namespace.addObject({
    nodeId: `s=${words.id}`, browseName: words.name, displayName: texts.plain(words.title), organizedBy: parent, typeDefinition: "FolderType",
    ...(words.description && { description: texts.plain(words.description) }),
    ...(source && { eventSourceOf: source }),
  });
  texts.localize(folder, words.title, words.description);
  return folder;
}

/** A variable without a value yet: Bad_WaitingForInitialData. */
export function addVariable(
  { namespace, texts }: Space, parent: UAObject | UAVariable, words: NodeWords,
  type: { readonly dataType: string; readonly array?: boolean; readonly typeDefinition?: string; readonly writable?: boolean },
): UAVariable {
  const { StatusCodes, DataType } = loadOpcua();
  const variable = namespace.addVariable({
    nodeId: `s=${words.id}`, browseName: words.name, displayName: texts.plain(words.title), componentOf: parent, dataType: type.dataType,
    valueRank: type.array ? 1 : -1, minimumSamplingInterval: 0,
    ...(type.array && { arrayDimensions: [0] }),
    ...(type.typeDefinition && { typeDefinition: type.typeDefinition }),
    ...(words.description && { description: texts.plain(words.description) }),
    accessLevel: type.writable ? "CurrentRead | CurrentWrite" : "CurrentRead",
    userAccessLevel: type.writable ? "CurrentRead | CurrentWrite" : "CurrentRead",
  });
  texts.localize(variable, words.title, words.description);
  variable.setValueFromSource({ dataType: DataType.Null }, StatusCodes.BadWaitingForInitialData);
  return variable;
}

/** A property that never changes. */
export function addProperty(
  { namespace }: Space, parent: UAObject | UAVariable, name: string, dataType: string, value: Variant, standard = false,
): UAVariable {
  const [, id = ""] = /;s=(.*)$/s.exec(parent.nodeId.toString()) ?? [];
  return namespace.addVariable({
    nodeId: `s=${id}.${name}`, browseName: standard ? { name, namespaceIndex: 0 } : name, propertyOf: parent, typeDefinition: "PropertyType",
    dataType, valueRank: Array.isArray(value.value) ? 1 : -1, value, accessLevel: "CurrentRead", userAccessLevel: "CurrentRead",
  });
}
