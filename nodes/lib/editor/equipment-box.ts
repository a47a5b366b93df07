import type { EquipmentFacts, EquipmentTagFacts } from "./catalogue";
import type { ListButton } from "./list";
import { fillSelect } from "./options";
import { localized, type Text } from "./text";

export interface EquipmentBox {
  readonly element: HTMLElement;
  readonly button: ListButton;
  /** Shows the kinds of machines that serve the category chosen now. */
  refresh(): void;
}

/** A box, opened by a button under a table, that fills the table with the usual tags of a kind of machine. */
export function equipmentBox(
  text: Text, kinds: () => readonly EquipmentFacts[], category: () => string, take: (rows: readonly EquipmentTagFacts[]) => void,
): EquipmentBox {
  const element = Object.assign(document.createElement("div"), { className: "resonance-wide resonance-paste", hidden: true });
  const select = document.createElement("select");
  select.setAttribute("aria-label", text("common.equipment.kind"));
  const accept = Object.assign(document.createElement("button"), {
    type: "button", className: "red-ui-button red-ui-button-small", textContent: text("common.table.takeOver"),
  });
  const note = document.createElement("p");
  note.setAttribute("aria-live", "polite");
  const fitting = (): readonly EquipmentFacts[] => kinds().filter(({ tags }) => (tags[category()] ?? []).length > 0);
  const chosen = (): EquipmentFacts | undefined => fitting().find(({ id }) => id === select.value);
  const describe = (): void => {
    const kind = chosen();
    accept.disabled = !kind;
    const gaps = Object.values(kind?.gaps[category()] ?? {}).map(localized);
    note.textContent = kind ? [localized(kind.description), ...gaps].join(" ") : text("common.equipment.none");
  };
  select.addEventListener("change", describe);
  accept.addEventListener("click", () => {
    take(chosen()?.tags[category()] ?? []);
    element.hidden = true;
  });
  element.append(select, accept, note);
  const refresh = (): void => {
    const options = fitting().map(({ id, title }) => ({ value: id, label: localized(title) }));
    fillSelect(select, options, options.some(({ value }) => value === select.value) ? select.value : options[0]?.value ?? "");
    describe();
  };
  return {
    element, refresh,
    button: {
      label: text("common.equipment.fill"),
      icon: "fa fa-cogs",
      click() {
        element.hidden = !element.hidden;
        if (!element.hidden) select.focus();
      },
    },
  };
}
