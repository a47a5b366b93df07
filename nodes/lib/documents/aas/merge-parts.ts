import { partsOf, semanticsOf, typeOf, type Part } from "./environment";
import { readQualifiers, summaryOf } from "./field-property";

/** Elements of which there may be several beside each other: ours replace all that were there. */
const SEVERAL = /\/DimensionN\/1\/0$/;

/**
 * A part as it was once imported, brought up to date by what this model says of it: a value that is stated counts, one that is not stays as it was,
 * and so does everything that only the old part has.
 */
export function mergeParts(old: Part | undefined, made: Part): Part {
  if (!old) return made;
  const merged: Record<string, unknown> = { ...old, ...made };
  // Others may name a later template, and their elements as they like.
  for (const name of ["semanticId", "idShort"]) if (old[name] !== undefined) merged[name] = old[name];
  if (Array.isArray(made["submodelElements"])) merged["submodelElements"] = mergeLists(partsOf(old["submodelElements"]), partsOf(made["submodelElements"]));
  if (typeOf(made) === "SubmodelElementCollection") {
    const elements = mergeLists(partsOf(old["value"]), partsOf(made["value"]));
    if (elements.length > 0) merged["value"] = elements;
  }
  if (old["value"] !== undefined && isOwnWord(old, made)) merged["value"] = old["value"];
  const lists = ([["qualifiers", "type"], ["extensions", "name"]] as const).flatMap(([list, key]) => {
    const own = partsOf(made[list]);
    const before = list === "qualifiers" && own.length > 0 ? readQualifiers(old).others : partsOf(old[list]);
    const others = before.filter((part) => !own.some((each) => each[key] === part[key]) && !String(part[key]).startsWith("SMT/"));
    return own.length + others.length > 0 ? [[list, [...own, ...others]] as const] : [];
  });
  const rest = Object.entries(merged).filter(([name]) => name !== "qualifiers" && name !== "extensions");
  return Object.fromEntries([...rest, ...lists]);
}

function mergeLists(old: readonly Part[], made: readonly Part[]): readonly Part[] {
  const stated = (part: Part): boolean => part["value"] !== undefined;
  const used = new Set<Part>();
  const groups = new Set(made.filter((part) => stated(part) && hasContent(part)).flatMap(semanticsOf).filter((id) => SEVERAL.test(id)));
  const merged = made.flatMap((part) => {
    if (semanticsOf(part).some((id) => SEVERAL.test(id))) {
      const others = old.filter((each) => sharesMeaning(each, part));
      if (groups.size > 0 || others.length === 0) return [part];
      return [];
    }
    const known = old.find((each) => !used.has(each) && sameName(each, part)) ?? old.find((each) => !used.has(each) && sharesMeaning(each, part) && !isPlaceholder(part));
    if (known) used.add(known);
    return [known ? mergeParts(known, part) : part];
  });
  const rest = old.filter((part) => !used.has(part) && !semanticsOf(part).some((id) => groups.has(id)));
  return [...merged, ...rest];
}

/** A structure none of whose parts is filled says nothing. */
function hasContent(part: Part): boolean {
  const { value } = part;
  return Array.isArray(value) ? (value as readonly unknown[]).some((each) => typeof each !== "object" || each === null || "text" in each || (each as Part)["value"] !== undefined) : value !== undefined;
}

/** Properties of the deployment's inputs and outputs all mean the same: only their names tell them apart. */
function isPlaceholder(part: Part): boolean {
  return semanticsOf(part).some((id) => /\/(?:InputProperty|OutputProperty)\/1\/0$/.test(id));
}

/** Words of its own that we would only guess or put together: the product's address, the kind of input, the text beside a field's qualifiers. */
function isOwnWord(old: Part, made: Part): boolean {
  if (made["idShort"] === "KindOfInput" || made["idShort"] === "URIOfTheProduct") return true;
  return isPlaceholder(made) && old["value"] !== summaryOf(readQualifiers(old).field);
}

function sameName(a: Part, b: Part): boolean {
  return String(a["idShort"]).toLowerCase() === String(b["idShort"]).toLowerCase();
}

function sharesMeaning(a: Part, b: Part): boolean {
  const meanings = new Set(semanticsOf(a));
  return semanticsOf(b).some((id) => meanings.has(id));
}
