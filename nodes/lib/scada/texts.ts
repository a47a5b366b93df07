import type { BaseNode, DataValue, ISessionContext } from "node-opcua";
import { loadOpcua } from "../opcua/load";
import type { Localized } from "../profile/profile";
import type { TextLanguage } from "./settings";

/** The locales the server knows, in the order of `ServerCapabilities.LocaleIdArray`. */
export const LOCALES: Readonly<Record<TextLanguage, string>> = { en: "en-US", zh: "zh-CN", de: "de-DE" };

/** The locales a session asked for when it was activated, best first. */
export type LocalesOf = (context: ISessionContext | null) => readonly string[];

/** Texts of nodes in the reader's language. */
export interface Texts {
  /** In the server's own language. */
  readonly language: TextLanguage;
  /** The server's own text as OPC UA's LocalizedText; what stands in a browse answer. */
  plain(text: Localized): { readonly locale: string; readonly text: string };
  /** Lets reads of DisplayName and Description answer in the session's language (OPC 10000-4 §5.7.3: locale of ActivateSession). */
  localize(node: BaseNode, name: Localized, description?: Localized): void;
}

/** Texts whose default language is `language`. */
export function createTexts(language: TextLanguage, localesOf: LocalesOf): Texts {
  const plain = (text: Localized, chosen = language): { locale: string; text: string } => ({ locale: LOCALES[chosen], text: text[chosen] });
  return {
    language, plain,
    localize(node, name, description) {
      const { AttributeIds, DataType, DataValue: Value, coerceLocalizedText } = loadOpcua();
      const read = node.readAttribute.bind(node);
      node.readAttribute = (context, attributeId, ...rest): DataValue => {
        const text = attributeId === AttributeIds.DisplayName ? name : attributeId === AttributeIds.Description ? description : undefined;
        const chosen = text && wanted(localesOf(context));
        if (!text || !chosen || chosen === language) return read(context, attributeId, ...rest);
        return new Value({ value: { dataType: DataType.LocalizedText, value: coerceLocalizedText(plain(text, chosen)) } });
      };
    },
  };
}

/** The first language asked for that there is. */
function wanted(locales: readonly string[]): TextLanguage | undefined {
  for (const locale of locales) {
    const [language = ""] = locale.toLowerCase().split("-");
    if (Object.hasOwn(LOCALES, language)) return language as TextLanguage;
  }
  return undefined;
}
