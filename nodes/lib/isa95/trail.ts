/** Where a walk through a document stands; its text is built only for an error. */
export type Trail = (string | number)[];

/** The trail as a path: `ProcessWorkSchedule/DataArea/WorkSchedule[0]/ID`. */
export function trailPath(trail: Trail, last?: string): string {
  const steps = last === undefined ? trail : [...trail, last];
  return steps.reduce<string>((path, step) => (typeof step === "number" ? `${path}[${step}]` : path === "" ? step : `${path}/${step}`), "");
}
