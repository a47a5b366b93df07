import { ResonanceError } from "../errors/resonance-error";
import type { AskTarget } from "./asker";

/**
 * Checks a model that is asked in place of another one, or beside it: it is another one, of the same category.
 * @throws RESONANCE_CONFIG_INVALID with the setting as path
 */
export function checkBeside(setting: "fallback" | "shadow", { node, model }: AskTarget, beside: AskTarget | undefined): void {
  const refuse = (detail: string): ResonanceError => new ResonanceError("RESONANCE_CONFIG_INVALID", { setting, detail }, { path: setting });
  if (!beside) return;
  if (beside.node === node) throw refuse(`a model is no ${setting} of itself`);
  const [own, other] = [model.lineage.category, beside.model.lineage.category];
  if (own !== other) throw refuse(`its category is ${other}, the model's is ${own}`);
}
