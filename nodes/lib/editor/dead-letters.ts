import { button, element, timeText } from "./opcua-dialog";
import type { Text } from "./text";

interface Letter {
  readonly sequence: number;
  readonly message: string;
  readonly bodId: string;
  readonly equipment: string;
  readonly reason: string;
  readonly attempts: number;
  readonly deadAt: string;
}

interface Listing {
  readonly counts: { readonly waiting: number; readonly dead: number; readonly dropped: number; readonly expired: number; readonly refused: number };
  readonly deadLetters: readonly Letter[];
}

const SHOWN = 200;

/** The outbox of a deployed MES: its counts, and its dead letters with reason, replay and deletion; filled when `host` is opened. */
export function deadLettersBox(host: HTMLDetailsElement, id: string, text: Text): void {
  const counts = element("p", "resonance-unit");
  const list = element("div");
  const actions = element("div", "resonance-actions");
  const problem = element("div", "resonance-problem");
  problem.setAttribute("role", "alert");
  host.append(counts, list, actions, problem);

  const fail = (status: number, answer: unknown): void => {
    const { message } = (answer ?? {}) as { message?: unknown };
    problem.textContent = status === 401 || status === 403 ? text("common.opcua.forbidden")
      : typeof message === "string" ? message : text("common.opcua.failed", { detail: status });
  };
  const request = (path: string, body: object | undefined, use: (answer: Partial<Listing>) => void): void => {
    problem.textContent = "";
    // jQuery sends the editor's access token along.
    $.ajax({
      url: `resonance/mes/${encodeURIComponent(id)}/outbox${path}`, method: body ? "POST" : "GET", dataType: "json",
      ...(body ? { contentType: "application/json", data: JSON.stringify({ ...body, language: RED.i18n.lang() }) } : { data: { language: RED.i18n.lang() } }),
    }).done(use).fail(({ status, responseJSON }) => { fail(status, responseJSON); });
  };
  const refresh = (): void => { request("", undefined, show); };
  const act = (name: "replay" | "purge", which: number | "all") => (): void => { request(`/${name}`, { which }, refresh); };

  const show = ({ counts: found, deadLetters = [] }: Partial<Listing>): void => {
    if (!found) {
      problem.textContent = text("common.outbox.notDeployed");
      return;
    }
    const { waiting, dead, dropped, expired, refused } = found;
    counts.textContent = text("common.outbox.counts", { waiting, dead, dropped: dropped + expired, refused });
    list.replaceChildren(...deadLetters.slice(0, SHOWN).map(entryOf));
    actions.replaceChildren(
      button(text("common.outbox.refresh"), "fa-refresh", refresh),
      ...(dead > 0 ? [button(text("common.outbox.replayAll"), "fa-repeat", act("replay", "all")), button(text("common.outbox.purgeAll"), "fa-trash", act("purge", "all"))] : []),
    );
  };
  const entryOf = ({ sequence, message, bodId, equipment, reason, attempts, deadAt }: Letter): HTMLElement => {
    const entry = element("div", "resonance-certificate");
    entry.dataset["sequence"] = String(sequence);
    const buttons = element("div", "resonance-actions");
    buttons.append(button(text("common.outbox.replay"), "fa-repeat", act("replay", sequence)), button(text("common.outbox.purge"), "fa-trash", act("purge", sequence)));
    entry.append(
      element("strong", "", `${message} ${equipment}`), element("p", "resonance-problem", reason),
      element("p", "resonance-unit", text("common.outbox.facts", { bodId, attempts, time: timeText(deadAt) })), buttons,
    );
    return entry;
  };
  host.addEventListener("toggle", () => { if (host.open) refresh(); });
}
