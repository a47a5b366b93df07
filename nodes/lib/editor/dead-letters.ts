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
  readonly counts: Readonly<Record<"waiting" | "blocked" | "dead" | "dropped" | "expired" | "deadDropped" | "damaged" | "refused", number>>;
  /** What is wrong with the MES or the disk. */
  readonly reason?: string;
  readonly deadLetters: readonly Letter[];
}

const SHOWN = 200;

/** The outbox of a deployed MES: its counts, and its dead letters with reason, replay and deletion; filled when `host` is opened. */
export function deadLettersBox(host: HTMLDetailsElement, id: string, text: Text): void {
  const counts = element("p", "resonance-unit");
  const trouble = element("p", "resonance-problem");
  const list = element("div");
  const actions = element("div", "resonance-actions");
  const problem = element("div", "resonance-problem");
  problem.setAttribute("role", "alert");
  host.append(counts, trouble, list, actions, problem);

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

  const show = ({ counts: found, reason, deadLetters = [] }: Partial<Listing>): void => {
    if (!found) {
      problem.textContent = text("common.outbox.notDeployed");
      return;
    }
    const { waiting, blocked, dead, refused } = found;
    const dropped = found.dropped + found.expired + found.deadDropped + found.damaged;
    counts.textContent = text("common.outbox.counts", { waiting, blocked, dead, dropped, refused });
    trouble.textContent = reason === undefined ? "" : text("common.outbox.problem", { reason });
    list.replaceChildren(...deadLetters.slice(0, SHOWN).map(entryOf));
    if (dead > SHOWN) list.append(element("p", "resonance-unit", text("common.outbox.more", { shown: SHOWN })));
    actions.replaceChildren(
      button(text("common.outbox.refresh"), "fa-refresh", refresh),
      ...(dead > 0 ? [button(text("common.outbox.replayAll"), "fa-repeat", act("replay", "all")), purgeAll(dead)] : []),
    );
  };
  /** What is deleted is gone: asked again before. */
  const purgeAll = (dead: number): HTMLElement => {
    const first = button(text("common.outbox.purgeAll"), "fa-trash", () => {
      const sure = button(text("common.outbox.purgeSure", { count: dead }), "fa-trash", act("purge", "all"));
      first.replaceWith(sure);
      sure.focus();
    });
    return first;
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
