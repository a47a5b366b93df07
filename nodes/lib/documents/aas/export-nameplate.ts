import type { TensorSpec } from "../../inference/tensor";
import type { FieldReference } from "../../lineage/training-reference";
import { elementsOf, partsOf, semanticIdOf, semanticsOf, TEMPLATE_NAMES, type Found, type Part, type TemplateName } from "./environment";
import { idShortOf, qualifiersOf, summaryOf } from "./field-property";
import { mergeParts } from "./merge-parts";
import { MODEL_EXTENSION, TENSOR_EXTENSION, type NameplateModel } from "./nameplate-model";

/** What fills an element of a template: a text, or parts of a structure. */
interface Content {
  readonly idShort?: string;
  readonly value?: unknown;
  readonly qualifiers?: readonly Part[];
  readonly extensions?: readonly Part[];
}

/**
 * A model as an AAS environment (metamodel V3): an AI Model Nameplate and an AI Deployment by the IDTA templates 02060-1-0 and 02059-1-0.
 * Elements that a template demands and of which nothing is known are there without a value. What the templates have no place for (ID, category,
 * supplier, digest, tensors; unit, range and distribution of fields) stands in extensions and qualifiers.
 * `imported` is the environment the model was once imported from: what this model does not say stays as it is there.
 */
export function exportNameplate(model: NameplateModel, imported?: Found): Part {
  // A template is a form to fill in, no model's nameplate.
  const kept = Object.values(imported?.submodels ?? {}).some(({ kind }) => kind === "Template") ? undefined : imported;
  const base = `urn:model-data-resonance:model:${encodeURIComponent(model.modelId)}`;
  const version = encodeURIComponent(model.modelVersion);
  const idOf = (name: TemplateName): string => textOr(kept?.submodels[name]?.["id"], `${base}:${version}:${name}`);
  // The version of the imported deployment, and a place of the file that is no server, stay.
  const before = (name: TemplateName, idShort: string): string => {
    const parts = partsOf(kept?.submodels[name]?.["submodelElements"]);
    const found = parts.find((part) => String(part["idShort"]).toLowerCase() === idShort.toLowerCase()) ?? parts.find((part) => semanticsOf(part).includes(elementsOf(name)[idShort]?.semanticId ?? "?"));
    return textOr(found?.["value"], "");
  };
  const storage = before("AIModelNameplate", "Storage");
  const contents: Readonly<Record<TemplateName, readonly Part[]>> = {
    AIModelNameplate: nameplate(model, base, storage !== "" && !/^https?:/i.test(storage) ? storage : model.url?.replace(LOGIN, "//")),
    AIDeployment: deployment(model, base, before("AIDeployment", "Version") || model.modelVersion, idOf("AIModelNameplate")),
  };
  const submodels = TEMPLATE_NAMES.map((name) => {
    const made = {
      modelType: "Submodel", id: idOf(name), idShort: name, kind: "Instance", semanticId: semanticIdOf(name), submodelElements: contents[name],
      ...(name === "AIModelNameplate" && { extensions: [extension(MODEL_EXTENSION, ownFacts(model))] }),
    };
    return mergeParts(kept?.submodels[name], made);
  });
  const references = submodels.map(({ id }) => ({ type: "ModelReference", keys: [{ type: "Submodel", value: String(id) }] }));
  const shell = {
    modelType: "AssetAdministrationShell", id: `${base}:${version}:aas`, idShort: idShortOf(model.modelId),
    assetInformation: { assetKind: "Instance", globalAssetId: base }, submodels: references,
  };
  const others = (kept?.environment["submodels"] as readonly Part[] | undefined ?? []).filter((submodel) => !Object.values(kept?.submodels ?? {}).includes(submodel));
  return { assetAdministrationShells: [shell], ...(kept && withoutSubmodels(kept.environment)), submodels: [...submodels, ...others] };
}

function withoutSubmodels(environment: Part): Part {
  return Object.fromEntries(Object.entries(environment).filter(([name, value]) => ["assetAdministrationShells", "conceptDescriptions"].includes(name) && Array.isArray(value) && value.length > 0));
}

function nameplate(model: NameplateModel, uri: string, storage: string | undefined): readonly Part[] {
  const make = maker("AIModelNameplate");
  const { inputTensors = [], outputTensors = [], reference } = model;
  const inputs = dimensionsOf(inputTensors, (index, size, about) => make("Inputs/DimensionN", {
    idShort: `Dimension${index}`,
    value: [make("Inputs/DimensionN/Size", { value: size }), make("Inputs/DimensionN/Information", { value: about })],
  }));
  const outputs = dimensionsOf(outputTensors, (index, size, about) => make("Outputs/DimensionN", {
    idShort: `Dimension${index}`,
    value: [make("Outputs/DimensionN/Size", { value: size }), make("Outputs/DimensionN/Result", { value: english(about) })],
  }));
  const unknown = make("Outputs/DimensionN", { idShort: "Dimension1", value: [make("Outputs/DimensionN/Size"), make("Outputs/DimensionN/Result")] });
  const tabular = inputTensors.length > 0 && inputTensors.every(({ elements }) => elements.length > 0);
  const dataSet = reference?.dataSet;
  return [
    make("URIOfTheProduct", { value: uri }), make("Version", { value: model.modelVersion }), make("ContactInformation"),
    make("Storage", { value: storage }), make("KindOfLearning"),
    make("Inputs", { value: [make("Inputs/KindOfInput", { value: tabular ? "Tabular" : undefined }), ...inputs], extensions: tensorExtension(inputTensors) }),
    make("Outputs", { value: outputs.length > 0 ? outputs : [unknown], extensions: tensorExtension(outputTensors) }),
    make("TrainingResults"),
    make("Details", { value: ["FileExtension", "AIFramework", "ProgramLanguage"].map((name) => make(`Details/${name}`)) }),
    ...(dataSet ? [make("AIDataset", {
      value: [make("AIDataset/AIDatasetReference", { value: { type: "ExternalReference", keys: [{ type: "GlobalReference", value: dataSet.id }] } })],
      qualifiers: [["Description", dataSet.description], ["Records", dataSet.records]].flatMap(([type, value]) => (
        value === undefined ? [] : [{ kind: "ConceptQualifier", type, valueType: "xs:string", value: String(value) }]
      )),
    })] : []),
    make("AITypeSpecificInformation", { value: [make("AITypeSpecificInformation/Type")] }),
  ];
}

function deployment(model: NameplateModel, uri: string, version: string, nameplateId: string): readonly Part[] {
  const make = maker("AIDeployment");
  const { reference } = model;
  const side = (collection: "Input" | "Output", tensors: readonly TensorSpec[], fields: Readonly<Record<string, FieldReference>>): Part => {
    const units = tensors.flatMap(({ elements }) => elements).filter(({ field }) => field !== "").map(({ field, unit }) => [field.replace(/\/\d+$/, ""), unit] as const);
    const names = [...new Set([...units.map(([field]) => field), ...Object.keys(fields)])];
    const properties = names.map((name) => {
      const unit = units.find(([field]) => field === name)?.[1];
      const own = Object.hasOwn(fields, name) ? fields[name] : undefined;
      const field: FieldReference = own ?? (unit === undefined || unit === "" ? {} : { unit });
      return make(`${collection}/Example${collection}`, { idShort: idShortOf(name), value: summaryOf(field), qualifiers: qualifiersOf(field) });
    });
    return make(collection, { value: properties.length > 0 ? properties : [make(`${collection}/Example${collection}`, { idShort: collection })] });
  };
  return [
    make("URIOfTheProduct", { value: uri }), make("Version", { value: version }), make("ContactInformation"),
    make("ModelNameplateRef", { value: { type: "ModelReference", keys: [{ type: "Submodel", value: nameplateId }] } }),
    make("Storage", { value: [make("Storage/Format")] }),
    side("Input", model.inputTensors ?? [], reference?.inputs ?? {}), side("Output", model.outputTensors ?? [], reference?.outputs ?? {}),
  ];
}

/** User and password in an address: they are nobody else's business. */
const LOGIN = /\/\/[^/@]*@/;

/** Makes elements of a template, by their path there; empty parts are left away, as the metamodel wants it. */
function maker(name: TemplateName): (path: string, content?: Content) => Part {
  const elements = elementsOf(name);
  return (path, { idShort, value, qualifiers = [], extensions = [] } = {}) => {
    const { type = "", semanticId = "", valueType } = elements[path] ?? {};
    return {
      modelType: type, idShort: idShort ?? path.slice(path.lastIndexOf("/") + 1),
      semanticId: { type: "ExternalReference", keys: [{ type: "GlobalReference", value: semanticId }] },
      ...(type === "Property" && { valueType: valueType ?? "xs:string" }),
      ...(value !== undefined && value !== "" && !(Array.isArray(value) && value.length === 0) && { value }),
      ...(qualifiers.length > 0 && { qualifiers }),
      ...(extensions.length > 0 && { extensions }),
    };
  };
}

function dimensionsOf(tensors: readonly TensorSpec[], make: (index: number, size: string, about: string) => Part): readonly Part[] {
  let index = 0;
  return tensors.flatMap(({ name, datatype, shape, elements }) => shape.map((size, at) => {
    const fields = elements.length > 0 && (size === elements.length || size === -1) ? elements.map(({ field }) => field || "–").join(", ") : "";
    return make(++index, String(size), `${name}: dimension ${at + 1} of ${shape.length}, ${datatype}${fields === "" ? "" : `: ${fields}`}`.slice(0, 1000));
  }));
}

function tensorExtension(tensors: readonly TensorSpec[]): readonly Part[] {
  return tensors.length === 0 ? [] : [extension(TENSOR_EXTENSION, tensors)];
}

function ownFacts({ modelId: id, modelVersion: version, supplier = "", category = "", digest = "" }: NameplateModel): object {
  return { id, version, ...(supplier && { supplier }), ...(category && { category }), ...(digest && { digest }) };
}

function extension(name: string, content: unknown): Part {
  return { name, valueType: "xs:string", value: JSON.stringify(content) };
}

function textOr(value: unknown, other: string): string {
  return typeof value === "string" && value !== "" ? value : other;
}

function english(text: string): readonly Part[] {
  return [{ language: "en", text }];
}
