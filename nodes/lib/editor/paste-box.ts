import type { ListButton } from "./list";
import type { Text } from "./text";

export interface PasteBox {
  readonly element: HTMLElement;
  readonly button: ListButton;
}

/** A box for several lines (spreadsheet, CSV), opened by a button under a table. */
export function pasteBox(text: Text, take: (pasted: string) => void): PasteBox {
  const element = document.createElement("div");
  element.className = "resonance-wide resonance-paste";
  element.hidden = true;
  const area = document.createElement("textarea");
  area.setAttribute("aria-label", text("common.table.pasteHint"));
  area.placeholder = text("common.table.pasteHint");
  area.spellcheck = false;
  const accept = document.createElement("button");
  accept.type = "button";
  accept.className = "red-ui-button red-ui-button-small";
  accept.textContent = text("common.table.takeOver");
  accept.addEventListener("click", () => {
    take(area.value);
    area.value = "";
    element.hidden = true;
  });
  element.append(area, accept);
  return {
    element,
    button: {
      label: text("common.table.paste"),
      icon: "fa fa-clipboard",
      click() {
        element.hidden = !element.hidden;
        if (!element.hidden) area.focus();
      },
    },
  };
}
