import type { Component, Exposure, Fact, FlowStructure, Interface } from "../flow/structure";
import type { CheckedFact, TargetKind } from "./catalogue";

/** A fact under any name a measure may check. */
export type TargetFact = Omit<Fact, "name"> & { readonly name: CheckedFact };

/** Something a threat is directed at. */
export interface Target {
  readonly id: string;
  readonly name: string;
  readonly kinds: readonly TargetKind[];
  readonly exposure: Exposure;
  readonly address: string;
  readonly facts: readonly TargetFact[];
  /** Interfaces whose data it has to do with; `all` for what everything depends on. */
  readonly interfaces: readonly string[] | "all";
  readonly nodes: readonly string[];
}

const OFF_THE_NET: ReadonlySet<string> = new Set(["file", "command"]);
const EXPOSURES: readonly Exposure[] = ["public", "plant", "computer", "process"];

/** What there is to threaten; a certificate counts as lasting while it has more than `days` left. */
export function targetsOf(structure: FlowStructure, now: number, days: number): readonly Target[] {
  const names = new Map(structure.components.map(({ id, name }) => [id, name]));
  return [
    ...structure.interfaces.map((found) => interfaceTarget(found, names, now, days)),
    ...structure.components.flatMap((found) => componentTarget(found, structure)),
  ];
}

function interfaceTarget(found: Interface, names: ReadonlyMap<string, string>, now: number, days: number): Target {
  const { id, from, to, protocol, address, exposure, listens, nodes, certificate } = found;
  const partner = from === "node-red" ? to : from;
  const kinds: TargetKind[] = id === "node-red:editor" ? ["editor", "connection"] : [
    "any-interface",
    ...(OFF_THE_NET.has(protocol) ? [] : ["connection" as const, listens ? "listener" as const : "outgoing" as const]),
    ...(found.writesBack ? ["way-back" as const] : []),
  ];
  const left = certificate && Date.parse(certificate.expires) - now;
  const lasts: readonly TargetFact[] = certificate && left !== undefined
    ? [{ name: "certificateLasts", value: left > days * 86_400_000, evidence: { node: nodes[0] ?? partner, setting: certificate.subject, value: certificate.expires } }] : [];
  return { id, name: `${names.get(partner) ?? partner} (${protocol}, ${found.direction})`, kinds, exposure, address, facts: [...found.facts, ...lasts], interfaces: [id], nodes };
}

function componentTarget(found: Component, { interfaces }: FlowStructure): readonly Target[] {
  const { id, name, facts, role } = found;
  const mine = interfaces.filter((each) => each.from === id || each.to === id);
  const base = { id, name, address: mine.map(({ address }) => address).join(", "), interfaces: mine.map((each) => each.id), nodes: [id] };
  if (role === "model") {
    const carried = mine.flatMap((each) => each.facts.filter((fact) => fact.name === "encrypted" || fact.name === "authenticated"));
    return [{ ...base, kinds: ["model"], exposure: widest(mine), facts: [...facts, ...carried] }];
  }
  if (role === "mes" && facts.some((fact) => fact.name === "durable")) return [{ ...base, kinds: ["mes"], exposure: "process", facts }];
  if (role === "node-red") return [{ ...base, kinds: ["node-red"], exposure: "computer", facts, interfaces: "all", nodes: [] }];
  if (role === "unknown") return [{ ...base, kinds: ["unknown"], exposure: "plant", facts, interfaces: [] }];
  // A command has its interface's target beside this one.
  if (role === "code") return [{ ...base, kinds: ["code"], exposure: "process", facts }];
  return [];
}

function widest(interfaces: readonly Interface[]): Exposure {
  return EXPOSURES.find((exposure) => interfaces.some((found) => found.exposure === exposure)) ?? "process";
}
