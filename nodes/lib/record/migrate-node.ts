import type { FlowNode } from "../profile/affected-nodes";
import { categoryAfter } from "../profile/compare-profiles";
import { fieldPairs, migrateRows, unitAfter, type FieldRow } from "../profile/migrate-rows";
import type { Direction, Field, Profile } from "../profile/profile";
import { converted } from "./migrate-record";
import type { Rule } from "./rule";
import { fromText } from "./setting-value";

/** What a node has to change to follow a newer edition; the properties that stay are left out. */
export interface NodeMigration {
  readonly id: string;
  readonly changes: Readonly<Record<string, unknown>>;
  /** Fields the newer edition does not have; their rows are gone, elements of tensors are no longer used. */
  readonly dropped: readonly string[];
}

interface Editions {
  readonly category: string;
  readonly before: Profile;
  readonly after: Profile;
}

/** A property of a node in the newer edition. */
type Migrate = (value: unknown, editions: Editions) => { readonly value: unknown; readonly dropped: readonly string[] };

/** The properties of each type of node that name fields. */
const PROPERTIES: Readonly<Record<string, Readonly<Record<string, Migrate>>>> = {
  "resonance-model-in": { tags: rowsOf("input", withDefault), constants: rowsOf("input"), jobFields: rowsOf("input") },
  "resonance-model": { inputTensors: tensorsOf("input"), outputTensors: tensorsOf("output") },
  "resonance-model-out": { mappings: rowsOf("output"), rules: migrateRules, validField: migrateName },
};

/**
 * What nodes have to change when the profile they follow is replaced by a newer edition: category, fields and units of their mappings.
 * `flows` must hold the models of `model-out` nodes. Nodes whose category the older edition does not have, or the newer one no longer, are left alone.
 * @throws RESONANCE_UNIT_INCOMPATIBLE for a default value that has no meaning in the new unit
 */
export function migrateNodes(flows: readonly FlowNode[], before: Profile, after: Profile): readonly NodeMigration[] {
  const byId = new Map(flows.map((node) => [node.id, node]));
  return flows.flatMap((node): readonly NodeMigration[] => {
    const properties = PROPERTIES[node.type];
    const category = (node["category"] === undefined ? byId.get(String(node["model"])) : node)?.["category"];
    if (!properties || typeof category !== "string" || !before.categories.has(category)) return [];
    const now = categoryAfter(category, after);
    if (!now) return [];
    const changes: Record<string, unknown> = node["category"] !== undefined && now.id !== category ? { category: now.id } : {};
    const dropped: string[] = [];
    for (const [property, migrate] of Object.entries(properties)) {
      if (node[property] === undefined) continue;
      const result = migrate(node[property], { category, before, after });
      dropped.push(...result.dropped);
      if (JSON.stringify(result.value) !== JSON.stringify(node[property])) changes[property] = result.value;
    }
    return Object.keys(changes).length === 0 ? [] : [{ id: node.id, changes, dropped }];
  });
}

function rowsOf(direction: Direction, adjust?: (row: FieldRow, was: Field, is: Field) => FieldRow): Migrate {
  return (value, { category, before, after }) => {
    const { rows, dropped } = migrateRows(listOf<FieldRow>(value), category, direction, before, after, adjust);
    return { value: rows, dropped };
  };
}

/** A default is in the profile's unit; a text of the form stays as it is typed where nothing changes. */
function withDefault(row: FieldRow, was: Field, is: Field): FieldRow {
  const { default: given } = row as { readonly default?: unknown };
  if (given === undefined || given === null || given === "" || was.schema.unit === is.schema.unit) return row;
  return { ...row, default: converted(fromText(was, given), was.schema, is.schema, "default") } as FieldRow;
}

interface Tensor {
  readonly elements?: readonly FieldRow[];
}

/** What stands at a place of a tensor the model decides: an element whose field is gone stays, for no field. */
function tensorsOf(direction: Direction): Migrate {
  return (value, { category, before, after }) => {
    const dropped: string[] = [];
    const tensors = listOf<Tensor>(value).map((tensor) => ({
      ...tensor,
      elements: (tensor.elements ?? []).flatMap((element) => {
        const moved = migrateRows([element], category, direction, before, after);
        dropped.push(...moved.dropped);
        return moved.rows.length > 0 ? moved.rows : [{ ...element, field: "", unit: "" }];
      }),
    }));
    return { value: tensors, dropped };
  };
}

/** A rule names two fields; its limit has the unit of the one it is compared with. */
function migrateRules(value: unknown, { category, before, after }: Editions): ReturnType<Migrate> {
  const pairOf = fieldPairs(category, "output", before, after);
  const dropped: string[] = [];
  const rules = listOf<Rule>(value).flatMap((rule): readonly Rule[] => {
    const [field, source] = [pairOf(rule.field), pairOf(rule.source)];
    const gone = [field, source].flatMap((pair) => (pair && !pair.after ? [pair.before.name] : []));
    dropped.push(...gone);
    if (gone.length > 0) return [];
    return [{
      ...rule, field: field?.after?.name ?? rule.field, source: source?.after?.name ?? rule.source,
      unit: (source && unitAfter(rule.unit, source)) ?? rule.unit,
    }];
  });
  return { value: rules, dropped };
}

function migrateName(value: unknown, { category, before, after }: Editions): ReturnType<Migrate> {
  const pair = typeof value === "string" ? fieldPairs(category, "output", before, after)(value) : undefined;
  if (!pair) return { value, dropped: [] };
  return pair.after ? { value: pair.after.name, dropped: [] } : { value: "", dropped: [pair.before.name] };
}

function listOf<T>(value: unknown): readonly T[] {
  return Array.isArray(value) ? (value as readonly unknown[]).filter((row): row is T => typeof row === "object" && row !== null) : [];
}
