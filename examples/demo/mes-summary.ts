import { isTree, type B2mmlDocument, type Tree } from "../../nodes/lib/isa95/document";
import { LINEAGE_ID } from "../../nodes/lib/isa95/lineage";

/** What a person wants to know of a document at a glance. */
export interface Summary {
  readonly message: string;
  readonly bodId: string;
  /** Equipment from the first hierarchy scope, widest level first. */
  readonly equipment: string;
  readonly values: readonly string[];
}

/** Summarizes a document of any message: its named values are those with an ID and a Value. */
export function summarize({ message, content }: B2mmlDocument): Summary {
  const values: string[] = [];
  const scopes: Tree[] = [];
  collect(content, values, scopes);
  return { message, bodId: at(content, "ApplicationArea", "BODID"), equipment: scopePath(scopes[0]), values };
}

function collect(node: Tree, values: string[], scopes: Tree[]): void {
  const id = text(node["ID"]);
  if (id === LINEAGE_ID) return;
  const value = [node["Value"]].flat()[0];
  if (id !== "" && isTree(value)) {
    values.push(`${id}: ${text(value["ValueString"])} ${text(value["UnitOfMeasure"])}`.trim());
    return;
  }
  for (const [name, member] of Object.entries(node)) {
    for (const item of [member].flat()) {
      if (!isTree(item)) continue;
      if (name === "HierarchyScope") scopes.push(item);
      else collect(item, values, scopes);
    }
  }
}

function scopePath(scope: Tree | undefined): string {
  if (!scope) return "";
  const inner = scope["HierarchyScopeChild"];
  const rest = isTree(inner) ? scopePath(inner) : "";
  return [text(scope["EquipmentID"]), rest].filter((name) => name !== "").join("/");
}

function at(node: Tree, ...names: readonly string[]): string {
  const found = names.reduce<unknown>((current, name) => (isTree(current) ? current[name] : undefined), node);
  return text(found);
}

function text(node: unknown): string {
  const value: unknown = isTree(node) ? node["$"] : node;
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? String(value) : "";
}
