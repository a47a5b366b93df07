import "../lib/editor/red";

interface Filed { readonly risks?: readonly { readonly id: string }[]; readonly measures?: readonly { readonly id: string; readonly kind: string; readonly state: string }[] }

/** What can be rated: the risks of the deployed node's file, and the measures that only people can confirm. */
export async function loadTargets(node: string): Promise<readonly string[]> {
  const { risks = [], measures = [] } = (await $.getJSON(`resonance/vdi2182/${encodeURIComponent(node)}`)) as Filed;
  return [...risks.map(({ id }) => id), ...measures.filter(({ state }) => state === "unknown").map(({ id }) => id)];
}
