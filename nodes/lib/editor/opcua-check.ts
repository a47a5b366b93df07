import type { Form } from "./form";
import { ask, button, element, factList, timeText, valuesOfForm } from "./opcua-dialog";
import { certificateFacts, downloadButtons, type CertificateFacts } from "./opcua-certificates";
import type { Text } from "./text";

/** What the runtime tells of one step; the same as `CheckStep` of the library, with the error in words. */
interface Step {
  readonly step: string;
  readonly state: "ok" | "failed" | "skipped";
  readonly ms: number;
  readonly error?: { readonly message: string };
  readonly facts?: Facts;
}

interface Facts {
  readonly host?: string;
  readonly port?: number;
  readonly application?: string;
  readonly applicationUri?: string;
  readonly offers?: readonly { readonly mode: string; readonly policy: string; readonly identities: readonly string[] }[];
  readonly certificate?: CertificateFacts;
  readonly former?: CertificateFacts;
  readonly trusted?: { readonly by: string; readonly authority?: string };
  readonly warnings?: readonly string[];
  readonly ownFile?: string;
  readonly server?: Readonly<Record<string, string | number | undefined>>;
}

const STEPS = ["address", "server", "endpoints", "certificate", "channel", "session", "read"] as const;
const ICONS: Readonly<Record<string, string>> = { ok: "fa-check", failed: "fa-times", skipped: "fa-minus", running: "fa-circle-o-notch fa-spin", waiting: "fa-circle-o" };

/** The button that goes the whole way to the server with what stands in the form, and says of each step what came of it. */
export function checkBox(host: HTMLElement, id: string, form: Form, text: Text, trustChanged: () => void): void {
  let running: AbortController | undefined;
  const start = button(text("common.opcua.check"), "fa-stethoscope", () => { if (running) running.abort(); else void run(); });
  const list = element("ol", "resonance-steps");
  list.setAttribute("aria-live", "polite");
  const problem = element("div", "resonance-problem");
  problem.setAttribute("role", "alert");
  host.append(start, list, problem);

  const label = (key: string, icon: string): void => { start.replaceChildren(element("i", `fa ${icon}`), ` ${text(key)}`); };
  const show = (steps: readonly Step[], over: boolean): void => {
    list.replaceChildren(...STEPS.map((name, index) => {
      const step = steps.find((each) => each.step === name);
      const state = step?.state ?? (index === steps.length && !over ? "running" : "waiting");
      return stepLine(name, state, step);
    }));
  };
  const run = async (): Promise<void> => {
    running = new AbortController();
    problem.textContent = "";
    label("common.opcua.cancel", "fa-stop");
    show([], false);
    let heard = "";
    try {
      heard = await ask<string>("check", { endpoint: valuesOfForm(id) }, text, (soFar) => { show(readSteps(soFar), false); }, running.signal);
    } catch (thrown) {
      if (!running.signal.aborted) problem.textContent = thrown instanceof Error ? thrown.message : String(thrown);
    }
    running = undefined;
    label("common.opcua.check", "fa-stethoscope");
    show(readSteps(heard), true);
    if (heard === "") list.replaceChildren();
    trustChanged();
  };
  const stepLine = (name: string, state: string, step: Step | undefined): HTMLElement => {
    const line = element("li", `resonance-step-${state}`);
    line.dataset["step"] = name;
    const title = element("div", "resonance-step");
    const icon = element("i", `fa fa-fw ${ICONS[state] ?? ""}`);
    icon.setAttribute("aria-label", text(`common.opcua.state.${state}`));
    icon.setAttribute("role", "img");
    title.append(icon, element("span", "", text(`common.opcua.step.${name}`)));
    if (step && state !== "skipped") title.append(element("span", "resonance-unit", `${step.ms} ms`));
    line.append(title);
    if (step?.error) line.append(element("p", "resonance-problem", step.error.message));
    if (step?.facts) line.append(...details(name, step.facts, step.state));
    return line;
  };
  const details = (name: string, facts: Facts, state: string): readonly HTMLElement[] => [
    ...(name === "address" ? [element("p", "", `${facts.host ?? ""}:${facts.port ?? ""}`)] : []),
    ...(name === "server" ? [element("p", "", [facts.application, facts.applicationUri].filter(Boolean).join(" – "))] : []),
    ...(name === "read" && facts.server ? [serverFacts(facts.server)] : []),
    ...(facts.warnings ?? []).map((warning) => element("p", "resonance-notice", text(`common.opcua.warning.${warning}`))),
    ...(facts.offers ? [offerTable(facts.offers)] : []),
    ...(facts.certificate ? [trustPart(facts.certificate, facts)] : []),
    ...(name === "channel" && facts.ownFile !== undefined && state === "failed" ? [ownPart()] : []),
  ];
  const serverFacts = (server: Readonly<Record<string, string | number | undefined>>): HTMLElement =>
    element("p", "", [server["product"], server["version"], server["state"], typeof server["currentTime"] === "string" ? timeText(server["currentTime"]) : ""].filter(Boolean).join(", "));
  const ownPart = (): HTMLElement => {
    const part = element("div", "resonance-actions");
    part.append(...downloadButtons(text));
    return part;
  };
  /** What the server offers; a click takes a line over into the form. */
  const offerTable = (offers: NonNullable<Facts["offers"]>): HTMLElement => {
    const table = element("table", "resonance-offers");
    const head = table.createTHead().insertRow();
    for (const key of ["mode", "policy", "identities", ""]) head.append(element("th", "", key && text(`common.opcua.offer.${key}`)));
    const body = table.createTBody();
    for (const { mode, policy, identities } of offers) {
      const row = body.insertRow();
      for (const cell of [mode, policy.replaceAll("_", "-"), identities.join(", ")]) row.append(element("td", "", cell));
      const chosen = form.value("securityMode") === mode && form.value("securityPolicy") === policy;
      const use = element("td");
      if (chosen) use.append(element("i", "fa fa-check"));
      else use.append(button(text("common.opcua.use"), "fa-arrow-up", () => {
        $(form.field("securityMode")).val(mode).trigger("change");
        $(form.field("securityPolicy")).val(policy).trigger("change");
        list.replaceChildren();
      }));
      row.append(use);
    }
    return table;
  };
  const trustPart = (certificate: CertificateFacts, { former, trusted }: Facts): HTMLElement => {
    const part = element("div", "resonance-certificate");
    if (former) {
      part.append(element("p", "resonance-notice", text("common.opcua.changed", { date: timeText(former.validFrom) })));
      part.append(factList([[text("common.opcua.formerThumbprint"), former.sha256]]));
    }
    part.append(certificateFacts(certificate, text));
    const actions = element("div", "resonance-actions");
    if (trusted) actions.append(element("span", "", text(`common.opcua.trusted.${trusted.by}`, { authority: trusted.authority ?? "" })));
    const decide = (decision: string, icon: string): HTMLButtonElement => button(text(`common.opcua.${decision}`), icon, () => {
      ask("trust", { sha256: certificate.sha256, decision }, text).then(() => run(), (thrown: unknown) => { problem.textContent = (thrown as Error).message; });
    });
    if (!trusted && certificate.validNow) actions.append(element("span", "", text("common.opcua.compare")), decide("trust", "fa-check"));
    if (trusted?.by === "certificate") actions.append(decide("reject", "fa-ban"));
    part.append(actions);
    return part;
  };
}

/** The whole lines of an answer that may still be growing. */
function readSteps(answer: string): readonly Step[] {
  return answer.split("\n").slice(0, -1).map((line) => JSON.parse(line) as Step);
}
