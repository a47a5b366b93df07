import type { Change, SecurityFile } from "./security-file";

/** What an analysis leaves for the next one to compare with: what each thing was, by kind and id. */
export type Summary = Readonly<Record<Change["what"], Readonly<Record<string, string>>>>;

const KINDS: readonly Change["what"][] = ["interface", "risk", "measure", "node"];

export function summaryOf({ structure, risks, measures }: Pick<SecurityFile, "structure" | "risks" | "measures">): Summary {
  return {
    interface: Object.fromEntries(structure.interfaces.map(({ id, protocol, address, encryption, authentication, direction, listens }) =>
      [id, [protocol, address, encryption.mode, encryption.policy, authentication, direction, ...(listens ? ["listens"] : [])].filter(Boolean).join(" · ")])),
    risk: Object.fromEntries(risks.map(({ id, rating, accepted }) => [id, accepted ? `${rating}, accepted` : rating])),
    measure: Object.fromEntries(measures.map(({ id, state }) => [id, state])),
    node: Object.fromEntries(structure.nodes.map(({ id, type, name, disabled }) => [id, `${type} ${name}${disabled ? " (disabled)" : ""}`])),
  };
}

/** What appeared, vanished or changed between two analyses. */
export function changesBetween(before: Summary, now: Summary): readonly Change[] {
  return KINDS.flatMap((what) => {
    const [old, current] = [new Map(Object.entries(before[what])), new Map(Object.entries(now[what]))];
    return [
      ...[...current].flatMap(([id, to]): Change[] => {
        const from = old.get(id);
        return from === undefined ? [{ kind: "appeared", what, id, to }] : from === to ? [] : [{ kind: "changed", what, id, from, to }];
      }),
      ...[...old].filter(([id]) => !current.has(id)).map(([id, from]): Change => ({ kind: "vanished", what, id, from })),
    ];
  });
}
