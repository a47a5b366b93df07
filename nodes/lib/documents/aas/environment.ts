import { ResonanceError } from "../../errors/resonance-error";
import { isObject } from "../../json/is-object";
import { JsonSyntax, readJson } from "../../json/json-source";
import templates from "./templates.json";

/** The submodel templates a model's nameplate follows. */
export type TemplateName = keyof typeof templates;
export const TEMPLATE_NAMES = Object.keys(templates) as readonly TemplateName[];

/** What a template says of an element, by its path of idShorts. */
export interface TemplateElement {
  readonly type: string;
  readonly semanticId: string;
  readonly cardinality: "One" | "ZeroToOne" | "OneToMany" | "ZeroToMany";
  readonly valueType?: string;
}

/** Any part of an AAS environment (AAS metamodel V3, JSON). */
export type Part = Readonly<Record<string, unknown>>;

/** An environment, with the two submodels that matter here where it has them. */
export interface Found {
  readonly environment: Part;
  readonly submodels: Readonly<Partial<Record<TemplateName, Part>>>;
}

/** Characters of a file at most. */
export const LONGEST_AAS = 4 * 1024 * 1024;

export function elementsOf(name: TemplateName): Readonly<Record<string, TemplateElement>> {
  return templates[name].elements as Readonly<Record<string, TemplateElement>>;
}

export function semanticIdOf(name: TemplateName): Part {
  return templates[name].semanticId;
}

/**
 * Reads an AAS environment as JSON; a single submodel or a list of them will do, too.
 * @throws RESONANCE_AAS_INVALID where it is no JSON, or holds neither an AI Model Nameplate nor an AI Deployment
 */
export function readEnvironment(text: string): Found {
  if (text.length > LONGEST_AAS) throw invalid(`it is longer than ${LONGEST_AAS} characters`);
  if (text.startsWith("PK\u0003\u0004")) throw invalid("it is a package (.aasx)");
  if (/^\s*(?:\uFEFF)?<\?xml/.test(text)) throw invalid("it is XML");
  const content = parse(text);
  const environment: Part = Array.isArray(content) ? { submodels: content } : isObject(content) && !Array.isArray(content["submodels"]) ? { submodels: [content] } : isObject(content) ? content : {};
  const all = partsOf(environment["submodels"]);
  const find = (name: TemplateName): Part | undefined =>
    all.find((submodel) => semanticsOf(submodel).some((id) => id.includes(`/${name}/`))) ?? all.find((submodel) => String(submodel["idShort"]).toLowerCase() === name.toLowerCase());
  const submodels = Object.fromEntries(TEMPLATE_NAMES.flatMap((name) => {
    const found = find(name);
    return found ? [[name, found]] : [];
  }));
  if (Object.keys(submodels).length === 0) throw invalid(all.length === 0 ? "it holds no submodel" : `its submodels are ${all.map(({ idShort }) => String(idShort)).slice(0, 10).join(", ")}`);
  return { environment, submodels };
}

/** The values of an element's semantic ids, the supplemental ones too, as others write them: with blanks around. */
export function semanticsOf({ semanticId, supplementalSemanticIds }: Part): readonly string[] {
  const references = [semanticId, ...(Array.isArray(supplementalSemanticIds) ? (supplementalSemanticIds as readonly unknown[]) : [])];
  return references.flatMap((reference) => (isObject(reference) ? partsOf(reference["keys"]) : [])).map(({ value }) => String(value).trim());
}

/** The objects of a list; anything else is none. */
export function partsOf(list: unknown): readonly Part[] {
  return Array.isArray(list) ? list.filter(isObject) : [];
}

/** `modelType`, which older writers put into an object. */
export function typeOf({ modelType }: Part): string {
  return isObject(modelType) ? String(modelType["name"]) : String(modelType);
}

export function invalid(reason: string): ResonanceError {
  return new ResonanceError("RESONANCE_AAS_INVALID", { reason });
}

function parse(text: string): unknown {
  try {
    return readJson(text).value;
  } catch (cause) {
    if (!(cause instanceof JsonSyntax)) throw cause;
    throw invalid(`line ${cause.position.line}, column ${cause.position.column}: ${cause.message}`);
  }
}
