import { button, element } from "./opcua-dialog";
import type { Text } from "./text";

interface Verification {
  readonly intact: boolean;
  readonly entries: number;
  readonly head: { readonly seq: number; readonly hash: string };
  readonly problem?: { readonly fault: string; readonly file: string; readonly line: number };
}

/** Verification and export of a deployed interoperability log, in a form; `log` gives its name as it is deployed. */
export function interopBox(host: HTMLElement, log: () => string, text: Text): void {
  const actions = element("div", "resonance-actions");
  const outcome = element("output", "");
  const problem = element("div", "resonance-problem");
  problem.setAttribute("role", "alert");
  const fail = ({ status, responseJSON }: JQuery.jqXHR): void => {
    const { message } = (responseJSON ?? {}) as { message?: unknown };
    problem.textContent = status === 401 || status === 403 ? text("common.opcua.forbidden")
      : status === 404 ? text("common.interop.notDeployed") : typeof message === "string" ? message : text("common.opcua.failed", { detail: status });
  };
  const request = (path: string, data: object, dataType: "json" | "text"): JQuery.jqXHR => {
    problem.textContent = "";
    outcome.textContent = "";
    // jQuery sends the editor's access token along.
    return $.ajax({ url: `resonance/interop/${encodeURIComponent(log())}/${path}`, data: { ...data, language: RED.i18n.lang() }, dataType }).fail(fail);
  };
  const verify = (): void => {
    request("verify", {}, "json").done(({ intact, entries, head, problem: found }: Verification) => {
      if (intact) outcome.textContent = text("common.interop.found.intact", { count: entries, seq: head.seq, hash: head.hash });
      else problem.textContent = text(`common.interop.found.${found?.fault ?? "unreadable"}`, { file: found?.file ?? "", line: found?.line ?? 0 });
    });
  };
  const save = (format: "csv" | "jsonl") => (): void => {
    request("export", { format }, "text").done((content: string) => {
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([content], { type: "text/plain" }));
      link.download = `${log()}.${format}`;
      link.click();
      URL.revokeObjectURL(link.href);
    });
  };
  actions.append(
    button(text("common.interop.button.verify"), "fa-check-circle", verify), button(text("common.interop.button.csv"), "fa-download", save("csv")), button(text("common.interop.button.jsonl"), "fa-download", save("jsonl")),
  );
  host.append(actions, outcome, problem);
}
