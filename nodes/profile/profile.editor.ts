import "../lib/editor/red";
import { profileOf, type ProfileFacts } from "../lib/editor/catalogue";
import { openForm, withCatalogue } from "../lib/editor/form";
import { localized, textOf } from "../lib/editor/text";

interface Profile {
  name: string;
  version: number;
  source: string;
}

const text = textOf("profile");

RED.nodes.registerType<Profile>("resonance-profile", {
  category: "config",
  color: "#A6BBCF",
  icon: "resonance-profile.svg",
  defaults: {
    name: { value: "" },
    version: { value: 1 },
    source: { value: "built-in" },
  },
  paletteLabel() { return text("palette"); },
  label() { return this.name || this._("option.builtIn"); },
  oneditprepare() {
    const form = openForm("config");
    withCatalogue(form, text, (catalogue) => {
      const profile = profileOf(catalogue);
      const facts = form.root.querySelector<HTMLElement>(".resonance-facts");
      if (profile && facts) describe(facts, profile);
    });
  },
});

function describe(facts: HTMLElement, profile: ProfileFacts): void {
  const categories = document.createElement("ul");
  categories.append(...profile.categories.map((category) => {
    const item = document.createElement("li");
    item.title = localized(category.description);
    item.append(localized(category.title), " ", Object.assign(document.createElement("code"), { textContent: category.id }));
    return item;
  }));
  const lines: readonly (readonly [string, Node | string])[] = [
    ["label.designation", profile.designation],
    ["label.version", `${profile.id}@${profile.version} (${text(`option.${profile.status}`)})`],
    ["label.notice", localized(profile.notice)],
    ["label.categories", categories],
  ];
  facts.replaceChildren(...lines.flatMap(([label, content]) => [term("dt", text(label)), term("dd", content)]));
}

function term(tag: "dt" | "dd", content: Node | string): HTMLElement {
  const element = document.createElement(tag);
  element.append(content);
  return element;
}
