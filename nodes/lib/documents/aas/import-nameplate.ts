import { isObject } from "../../json/is-object";
import { checkTrainingReference, type TrainingReference } from "../../lineage/training-reference";
import { elementsOf, partsOf, readEnvironment, semanticsOf, typeOf, type Found, type Part, type TemplateName } from "./environment";
import { readQualifiers, summaryOf } from "./field-property";
import { MODEL_EXTENSION, TENSOR_EXTENSION, type NameplateModel } from "./nameplate-model";
import { readTensors } from "./read-tensors";

/** A part of a nameplate: where it stands, and what it says. */
export interface NameplatePart {
  /** idShorts, e.g. `AIModelNameplate/Details/AIFramework`. */
  readonly path: string;
  readonly value: string;
}

/** What was read of a nameplate. */
export interface ImportedNameplate {
  /** What it says of the model; the rest is left to the form. */
  readonly model: Partial<NameplateModel>;
  /** What it says and this pack has no place for. It is kept with the model and exported again. */
  readonly unknown: readonly NameplatePart[];
  /** How many more of these there are than are listed. */
  readonly more: number;
  readonly found: Found;
}

const MOST_LISTED = 200;
const LONGEST_VALUE = 200;

/** Reads a submodel's elements and remembers which were used. */
interface Reader {
  /** The element at a path of the template, by its name or its meaning. */
  at(path: string): Part | undefined;
  /** Its value as text, the element used with it. */
  text(path: string): string | undefined;
  use(part: Part | undefined): void;
}

/**
 * Reads a model's nameplate out of AAS JSON of whatever tool: elements are found by idShort or by meaning (semantic id), texts in any language.
 * A model's own ID, tensors, units and ranges come from extensions and qualifiers as `exportNameplate` writes them.
 * @throws RESONANCE_AAS_INVALID, RESONANCE_TRAINING_REFERENCE_INVALID for ranges that contradict each other
 */
export function importNameplate(text: string): ImportedNameplate {
  const found = readEnvironment(text);
  const used = new Set<Part>();
  const nameplate = readerOf("AIModelNameplate", found, used);
  const deployment = readerOf("AIDeployment", found, used);
  const own = extensionOf(found.submodels.AIModelNameplate, MODEL_EXTENSION, used);
  const facts = isObject(own) ? own : {};
  const given = (name: string): string | undefined => (typeof facts[name] === "string" && facts[name] !== "" ? facts[name].slice(0, LONGEST_VALUE) : undefined);
  const [named, deployedAs] = [nameplate.text("URIOfTheProduct"), deployment.text("URIOfTheProduct")];
  const [stated, deployed] = [nameplate.text("Version"), deployment.text("Version")];
  const storage = nameplate.at("Storage");
  const url = textOf(storage);
  const usable = url !== undefined && /^https?:\/\//i.test(url) && URL.canParse(url);
  if (usable) nameplate.use(storage);
  nameplate.use(deployment.at("ModelNameplateRef"));
  const inputTensors = readTensors(extensionOf(nameplate.at("Inputs"), TENSOR_EXTENSION, used));
  const outputTensors = readTensors(extensionOf(nameplate.at("Outputs"), TENSOR_EXTENSION, used));
  if (inputTensors) useDimensions(nameplate, "Inputs");
  if (outputTensors) useDimensions(nameplate, "Outputs");
  const reference = readReference(nameplate, deployment);
  const model = defined({
    modelId: given("id") ?? nameOf(named ?? deployedAs), modelVersion: given("version") ?? stated ?? deployed,
    supplier: given("supplier"), category: given("category"), digest: given("digest"), url: usable ? url : undefined, inputTensors, outputTensors, reference,
  });
  const unknown = Object.entries(found.submodels).flatMap(([name, submodel]) => leavesOf(submodel, name, "submodelElements", used));
  const others = partsOf(found.environment["submodels"]).filter((submodel) => !Object.values(found.submodels).includes(submodel)).map((submodel) => ({ path: String(submodel["idShort"]), value: (typeof submodel["id"] === "string" ? submodel["id"] : "").slice(0, LONGEST_VALUE) }));
  const all = [...unknown, ...others];
  return { model, unknown: all.slice(0, MOST_LISTED), more: Math.max(0, all.length - MOST_LISTED), found };
}

function readerOf(name: TemplateName, { submodels }: Found, used: Set<Part>): Reader {
  const submodel = submodels[name];
  const elements = elementsOf(name);
  const at = (path: string): Part | undefined => {
    let parts = partsOf(submodel?.["submodelElements"]);
    let found: Part | undefined;
    const steps = path.split("/");
    for (const [index, step] of steps.entries()) {
      const meaning = elements[steps.slice(0, index + 1).join("/")]?.semanticId;
      found = parts.find(({ idShort }) => String(idShort).toLowerCase() === step.toLowerCase()) ?? parts.find((part) => meaning !== undefined && semanticsOf(part).includes(meaning));
      parts = partsOf(found?.["value"]);
    }
    return found;
  };
  const use = (part: Part | undefined): void => { if (part) used.add(part); };
  return {
    at, use,
    text(path) {
      const part = at(path);
      const text = textOf(part);
      if (text !== undefined) use(part);
      return text;
    },
  };
}

/** What the deployment's properties say of fields, and the nameplate of the data set. */
function readReference(nameplate: Reader, deployment: Reader): TrainingReference | undefined {
  const fieldsOf = (collection: "Input" | "Output"): Record<string, unknown> => Object.fromEntries(partsOf(deployment.at(collection)?.["value"]).flatMap((property) => {
    const { field } = readQualifiers(property);
    const value = textOf(property);
    // The text of ours only repeats the qualifiers.
    if (value === undefined || value === summaryOf(field)) deployment.use(property);
    const says = ["minimum", "maximum", "values", "bins"].some((part) => part in field);
    return says ? [[String(property["idShort"]), plausible(field)] as const] : [];
  }));
  const dataSet = nameplate.at("AIDataset");
  const id = textOf(nameplate.at("AIDataset/AIDatasetReference"));
  const about = Object.fromEntries(partsOf(dataSet?.["qualifiers"]).map(({ type, value }) => [String(type).toLowerCase(), value]));
  if (id !== undefined) nameplate.use(nameplate.at("AIDataset/AIDatasetReference"));
  const [inputs, outputs] = [fieldsOf("Input"), fieldsOf("Output")];
  if (id === undefined && Object.keys(inputs).length + Object.keys(outputs).length === 0) return undefined;
  const records = Number(about["records"]);
  return checkTrainingReference({
    inputs, outputs,
    ...(id !== undefined && { dataSet: {
      id, ...(typeof about["description"] === "string" && { description: about["description"] }), ...(about["records"] !== undefined && Number.isSafeInteger(records) && { records }),
    } }),
  }, "AAS");
}

/** A distribution that is only half there is none. */
function plausible({ bins, shares, values, ...limits }: Record<string, unknown>): object {
  const paired = Array.isArray(shares) && (Array.isArray(bins) ? bins.length - 1 === shares.length : Array.isArray(values) && values.length === shares.length);
  return { ...limits, ...(values !== undefined && { values }), ...(paired && { shares, ...(bins !== undefined && values === undefined && { bins }) }) };
}

function useDimensions(reader: Reader, side: "Inputs" | "Outputs"): void {
  for (const part of partsOf(reader.at(side)?.["value"])) {
    if (typeOf(part) === "SubmodelElementCollection" || part["idShort"] === "KindOfInput") reader.use(part);
  }
}

function extensionOf(part: Part | undefined, name: string, used: Set<Part>): unknown {
  const extension = partsOf(part?.["extensions"]).find((each) => each["name"] === name);
  if (!extension) return undefined;
  try {
    const content: unknown = JSON.parse(String(extension["value"]));
    used.add(extension);
    return content;
  } catch {
    return undefined;
  }
}

/** What an element says, as text; of several languages English counts. */
function textOf(part: Part | undefined): string | undefined {
  const value = part?.["value"];
  const texts = partsOf(value);
  const text = isObject(value) ? partsOf(value["keys"]).map((key) => String(key["value"])).join("/")
    : Array.isArray(value) ? (texts.find(({ language }) => String(language).toLowerCase().startsWith("en")) ?? texts.find((each) => "text" in each))?.["text"]
      : value;
  return (typeof text === "string" && text.trim() !== "") || typeof text === "number" || typeof text === "boolean" ? String(text).trim() : undefined;
}

/** The leaves below a part that say something and were not used. */
function leavesOf(part: Part, path: string, list: string, used: ReadonlySet<Part>): readonly NameplatePart[] {
  if (used.has(part)) return [];
  const below = partsOf(part[list]).filter((each) => "idShort" in each || "modelType" in each);
  const extra = partsOf(part["extensions"]).filter((each) => !used.has(each)).map((each) => ({ path: `${path}/${String(each["name"])}`, value: String(each["value"]).slice(0, LONGEST_VALUE) }));
  const qualifiers = typeOf(part) === "Property" ? readQualifiers(part).others.filter(({ type }) => !String(type).startsWith("SMT/")) : [];
  const marks = qualifiers.map((each) => ({ path: `${path}/${String(each["type"])}`, value: String(each["value"]).slice(0, LONGEST_VALUE) }));
  if (below.length > 0) return [...below.flatMap((each) => leavesOf(each, `${path}/${String(each["idShort"])}`, "value", used)), ...extra, ...marks];
  const text = textOf(part);
  return [...(text === undefined || list === "submodelElements" ? [] : [{ path, value: text.slice(0, LONGEST_VALUE) }]), ...extra, ...marks];
}

/** The last part of an address or name: what people call the product. */
function nameOf(uri: string | undefined): string | undefined {
  const last = uri?.split(/[/:#]/).filter((part) => part !== "").at(-1);
  if (last === undefined) return undefined;
  try {
    return decodeURIComponent(last);
  } catch {
    return last;
  }
}

function defined<T extends object>(parts: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined)) as { [K in keyof T]?: Exclude<T[K], undefined> };
}
