import type { UAObject } from "node-opcua";
import { ResonanceError } from "../errors/resonance-error";
import { loadOpcua } from "../opcua/load";
import { addFolder, addProperty, idPart, same, type Space } from "./space";

/** The equipment levels of IEC 62264-1 §5.3, widest first. */
const LEVELS = ["Enterprise", "Site", "Area", "WorkCenter", "WorkUnit", "EquipmentModule", "ControlModule"] as const;
const MODELS = { en: "Models", zh: "模型", de: "Modelle" };

/** A place in the tree. */
export interface Place {
  readonly path: string;
  /** What the NodeIds of everything below begin with. */
  readonly id: string;
  readonly object: UAObject;
  /** The place and what it stands in, up to the enterprise: each tells the events of what is below it. */
  readonly levels: readonly UAObject[];
  /** Where the folders of its model categories stand. */
  readonly models: UAObject;
}

/** The tree of ISA-95 places below the Objects folder, bounded in the number of places that have models. */
export interface EquipmentTree {
  readonly size: number;
  /**
   * The place with this path, made where it is not there.
   * @throws RESONANCE_ISA95_EQUIPMENT for a path with an empty level or more than seven, RESONANCE_SCADA_EQUIPMENT_FULL
   */
  place(path: string): Place;
}

/**
 * One reference leads from each level to the next: HasNotifier beside Organizes would show every level twice in a client's tree, each of
 * them with everything below it. Events are handed up by `levels` instead.
 */
export function createEquipmentTree(space: Space, most: number): EquipmentTree {
  const objects = new Map<string, UAObject>();
  const places = new Map<string, Place>();
  const { objects: root } = space.addressSpace.rootFolder;
  const objectOf = (names: readonly string[]): UAObject => {
    const path = names.join("/");
    const known = objects.get(path);
    if (known) return known;
    const above = names.length === 1 ? undefined : objectOf(names.slice(0, -1));
    const made = addLevel(space, names, above ?? root);
    objects.set(path, made);
    return made;
  };
  return {
    get size() { return places.size; },
    place(path) {
      const known = places.get(path);
      if (known) return known;
      const names = path.split("/");
      if (names.some((name) => name.trim() === "") || names.length > LEVELS.length) {
        throw new ResonanceError("RESONANCE_ISA95_EQUIPMENT", { equipment: path }, { path: "equipment" });
      }
      if (places.size >= most) throw new ResonanceError("RESONANCE_SCADA_EQUIPMENT_FULL", { equipment: path, most }, { path: "equipment" });
      const object = objectOf(names);
      const levels = names.map((_, index) => objectOf(names.slice(0, index + 1)));
      const id = idPart(path);
      const made: Place = { path, id, object, levels, models: addFolder(space, object, { id: `${id}#`, name: "Models", title: MODELS }) };
      places.set(path, made);
      return made;
    },
  };
}

function addLevel(space: Space, names: readonly string[], parent: UAObject): UAObject {
  const { DataType, Variant } = loadOpcua();
  const name = names.at(-1) ?? "";
  const object = space.namespace.addObject({
    nodeId: `s=${idPart(names.join("/"))}`, browseName: name, displayName: space.texts.plain(same(name)), organizedBy: parent,
    typeDefinition: "BaseObjectType", eventNotifier: 1,
  });
  addProperty(space, object, "EquipmentLevel", "String", new Variant({ dataType: DataType.String, value: LEVELS[names.length - 1] }));
  return object;
}
