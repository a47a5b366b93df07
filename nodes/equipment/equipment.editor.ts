import { openForm } from "../lib/editor/form";
import type { Validate } from "../lib/editor/red";
import { textOf } from "../lib/editor/text";
import { isBlank } from "../lib/editor/validators";

interface Equipment {
  name: string;
  version: number;
  enterprise: string;
  site: string;
  area: string;
  workCenter: string;
  workUnit: string;
  physicalAsset: string;
}

const LEVELS = ["enterprise", "site", "area", "workCenter", "workUnit"] as const;

const text = textOf("equipment");

RED.nodes.registerType<Equipment>("resonance-equipment", {
  category: "config",
  color: "#87A980",
  icon: "resonance-equipment.svg",
  defaults: {
    name: { value: "" },
    version: { value: 1 },
    enterprise: { value: "", label: text("label.enterprise"), required: true, validate: level("enterprise") },
    site: { value: "", label: text("label.site"), validate: level("site") },
    area: { value: "", label: text("label.area"), validate: level("area") },
    workCenter: { value: "", label: text("label.workCenter"), validate: level("workCenter") },
    workUnit: { value: "", label: text("label.workUnit"), validate: level("workUnit") },
    physicalAsset: { value: "" },
  },
  paletteLabel() { return text("palette"); },
  label() {
    return this.name || pathOf(LEVELS.map((each) => this[each])) || this._("palette");
  },
  oneditprepare() {
    const form = openForm("config");
    const preview = form.root.querySelector("output");
    const show = (): void => {
      if (preview) preview.textContent = pathOf(LEVELS.map((each) => form.value(each))) || "–";
    };
    $(form.root).on("input change", "input", show);
    // A level may have become a gap, or ceased to be one.
    $(form.root).on("change", "input", (event) => {
      for (const each of LEVELS) if (form.field(each) !== event.target) $(form.field(each)).triggerHandler("change");
    });
    show();
  },
});

/** The levels that are given, joined as records show them. */
function pathOf(levels: readonly string[]): string {
  return levels.map((each) => each.trim()).filter(Boolean).join("/");
}

/** A level's name: no slash in it, and not left out above one that is named. */
function level(name: (typeof LEVELS)[number]): Validate {
  return function (this: Equipment, value, opt) {
    const typed = (each: (typeof LEVELS)[number]): unknown => $(`#node-config-input-${each}`).val() ?? this[each];
    const below = LEVELS.slice(LEVELS.indexOf(name) + 1);
    const problem = String(value).includes("/") ? text("error.slash")
      : isBlank(value) && below.some((each) => !isBlank(typed(each))) ? text("error.gap")
      : undefined;
    return problem ? `${opt.label ?? name}: ${problem}` : true;
  };
}
