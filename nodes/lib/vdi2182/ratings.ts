import { ResonanceError } from "../errors/resonance-error";
import type { Need } from "../profile/profile";
import type { Audit, Rating } from "./security-file";

/** A row of the form; empty texts for what is not given. */
export interface RatingRow {
  readonly target: string;
  readonly likelihood?: Need | "";
  readonly impact?: Need | "";
  readonly accepted?: boolean;
  readonly reason: string;
  readonly by: string;
  readonly date: string;
}

const LEVELS: readonly unknown[] = ["low", "medium", "high"] satisfies Need[];
const DATE = /^\d{4}-\d{2}-\d{2}$/;

/** The rows of the form, each signed by name and date. @throws RESONANCE_CONFIG_INVALID with a path like `ratings/0/by` */
export function readRatings(rows: readonly RatingRow[]): readonly Rating[] {
  return rows.map(({ target, likelihood, impact, accepted, reason, by, date }, index) => {
    const path = `ratings/${index}`;
    requireText(path, { target, reason, by });
    requireDate(`${path}/date`, date);
    for (const [name, level] of Object.entries({ likelihood, impact })) {
      if (level !== undefined && level !== "" && !LEVELS.includes(level)) throw invalid(`${path}/${name}`, level);
    }
    return { target: target.trim(), ...(likelihood && { likelihood }), ...(impact && { impact }), ...(accepted === true && { accepted }), reason: reason.trim(), by: by.trim(), date };
  });
}

/** @throws RESONANCE_CONFIG_INVALID with a path like `audits/0/date` */
export function readAudits(rows: readonly Audit[]): readonly Audit[] {
  return rows.map(({ date, by, findings, next = "" }, index) => {
    const path = `audits/${index}`;
    requireText(path, { by, findings });
    requireDate(`${path}/date`, date);
    if (next !== "") requireDate(`${path}/next`, next);
    return { date, by: by.trim(), findings: findings.trim(), ...(next !== "" && { next }) };
  });
}

/** The newest word on a target; of one day the last row counts. */
export function latestFor(ratings: readonly Rating[], target: string): Rating | undefined {
  return ratings.filter((rating) => rating.target === target).reduce<Rating | undefined>((latest, rating) => (latest && latest.date > rating.date ? latest : rating), undefined);
}

function requireText(path: string, texts: Readonly<Record<string, unknown>>): void {
  for (const [name, text] of Object.entries(texts)) {
    if (typeof text !== "string" || text.trim() === "") throw invalid(`${path}/${name}`, "–");
  }
}

function requireDate(path: string, date: unknown): void {
  const day = typeof date === "string" && DATE.test(date) ? new Date(`${date}T00:00:00Z`) : undefined;
  if (!day || Number.isNaN(day.getTime()) || day.toISOString().slice(0, 10) !== date) throw invalid(path, `${String(date)} ≠ YYYY-MM-DD`);
}

function invalid(path: string, detail: string): ResonanceError {
  return new ResonanceError("RESONANCE_CONFIG_INVALID", { setting: path, detail }, { path });
}
