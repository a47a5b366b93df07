import { ask, button, element, factList, timeText } from "./opcua-dialog";
import type { Text } from "./text";

/** A certificate as the runtime describes it. */
export interface CertificateFacts {
  readonly subject: string;
  readonly issuer: string;
  readonly selfSigned: boolean;
  readonly authority: boolean;
  readonly sha1: string;
  readonly sha256: string;
  readonly validFrom: string;
  readonly validTo: string;
  readonly validNow: boolean;
  readonly applicationUri?: string;
  readonly hosts: readonly string[];
}

type Entries = Readonly<Record<"trusted" | "issuers" | "rejected", readonly CertificateFacts[]>>;

const ACTIONS: Readonly<Record<keyof Entries, readonly (readonly [decision: string, icon: string])[]>> = {
  trusted: [["reject", "fa-ban"], ["remove", "fa-trash"]],
  issuers: [["remove", "fa-trash"]],
  rejected: [["trust", "fa-check"], ["remove", "fa-trash"]],
};
const SOON_MS = 60 * 86_400_000;

/** What a person compares before trusting. */
export function certificateFacts(facts: CertificateFacts, text: Text): HTMLElement {
  return factList([
    [text("common.opcua.fact.subject"), facts.subject + (facts.authority ? ` (${text("common.opcua.authority")})` : "")],
    [text("common.opcua.fact.issuer"), facts.selfSigned ? text("common.opcua.selfSigned") : facts.issuer],
    [text("common.opcua.fact.applicationUri"), facts.applicationUri],
    [text("common.opcua.fact.hosts"), facts.hosts.join(", ")],
    [text("common.opcua.fact.validity"), `${timeText(facts.validFrom)} – ${timeText(facts.validTo)}`],
    ["SHA-1", grouped(facts.sha1)],
    ["SHA-256", grouped(facts.sha256)],
  ]);
}

/** Buttons that hand out this client's certificate for a server's trust list. */
export function downloadButtons(text: Text): readonly HTMLElement[] {
  const download = (form: string): void => {
    // An address alone would go without the editor's access token.
    $.ajax({ url: `resonance/opcua/own/certificate.${form}`, xhrFields: { responseType: "blob" }, dataType: "binary" })
      .done((content: Blob) => {
        const link = element("a");
        link.href = URL.createObjectURL(content);
        link.download = `node-red-opcua-client.${form}`;
        link.click();
        URL.revokeObjectURL(link.href);
      });
  };
  return [["der", "common.opcua.downloadDer"], ["pem", "common.opcua.downloadPem"]].map(([form = "", key = ""]) => button(text(key), "fa-download", () => { download(form); }));
}

export interface CertificatesBox {
  /** Reads the lists again. */
  refresh(): void;
}

/** This client's certificate and the lists of trusted and rejected ones, filled when `host` is opened. */
export function certificatesBox(host: HTMLDetailsElement, text: Text): CertificatesBox {
  const own = element("div", "resonance-certificate");
  const lists = element("div");
  const problem = element("div", "resonance-problem");
  problem.setAttribute("role", "alert");
  host.append(own, lists, problem);
  const fail = (thrown: unknown): void => { problem.textContent = thrown instanceof Error ? thrown.message : String(thrown); };

  const showOwn = (facts: CertificateFacts): void => {
    const actions = element("div", "resonance-actions");
    actions.append(...downloadButtons(text), button(text("common.opcua.renew"), "fa-refresh", () => { ask<CertificateFacts>("own/renew", {}, text).then(showOwn, fail); }));
    const soon = Date.parse(facts.validTo) - Date.now() < SOON_MS;
    own.replaceChildren(
      element("h4", "", text("common.opcua.own")), certificateFacts(facts, text),
      ...(soon ? [element("p", "resonance-notice", text("common.opcua.ownExpires", { date: timeText(facts.validTo) }))] : []),
      element("p", "resonance-unit", text("common.opcua.renewHint")), actions,
    );
  };
  const showLists = (entries: Entries): void => {
    lists.replaceChildren(...(["trusted", "rejected", "issuers"] as const).flatMap((place) => [
      element("h4", "", text(`common.opcua.place.${place}`)),
      ...(entries[place].length === 0 ? [element("p", "resonance-unit", text("common.opcua.nothing"))] : entries[place].map((facts) => entryOf(place, facts))),
      ...(place === "rejected" ? [] : [addButton(place)]),
    ]));
  };
  const entryOf = (place: keyof Entries, facts: CertificateFacts): HTMLElement => {
    const entry = element("details", "resonance-certificate");
    entry.append(element("summary", "", facts.subject), certificateFacts(facts, text));
    const actions = element("div", "resonance-actions");
    actions.append(...ACTIONS[place].map(([decision, icon]) => button(text(`common.opcua.${decision}`), icon, () => {
      ask<Entries>("trust", { sha256: facts.sha256, decision }, text).then(showLists, fail);
    })));
    entry.append(actions);
    return entry;
  };
  /** A file with a certificate or a revocation list. */
  const addButton = (place: "trusted" | "issuers"): HTMLElement => {
    const file = element("input");
    file.type = "file";
    file.hidden = true;
    file.accept = ".der,.crt,.cer,.pem,.crl";
    file.ariaLabel = text("common.opcua.addFile");
    file.addEventListener("change", () => {
      const [chosen] = file.files ?? [];
      chosen?.arrayBuffer().then((bytes) => {
        const content = btoa(Array.from(new Uint8Array(bytes), (byte) => String.fromCharCode(byte)).join(""));
        return ask<Entries>("trust/add", { place, content }, text).then(showLists);
      }).catch(fail);
    });
    const part = element("div", "resonance-actions");
    part.append(file, button(text("common.opcua.addFile"), "fa-plus", () => { file.click(); }));
    return part;
  };
  const refresh = (): void => {
    problem.textContent = "";
    ask<Entries>("trust", undefined, text).then(showLists, fail);
    ask<CertificateFacts>("own", undefined, text).then(showOwn, fail);
  };
  host.addEventListener("toggle", () => { if (host.open) refresh(); });
  return { refresh() { if (host.open) refresh(); } };
}

/** Hexadecimal digits in pairs, as other tools show them. */
const grouped = (thumbprint: string): string => thumbprint.toUpperCase().replace(/(..)(?=.)/g, "$1:");
