import path from "node:path";
import type { NodeAPI, NodeDef, NodeMessage } from "node-red";
import { ResonanceError } from "../lib/errors/resonance-error";
import { compileMessage, type MessageContext, type MessageTarget, type WrittenMessage } from "../lib/isa95/compile-message";
import type { NodeTarget } from "../lib/isa95/field-target";
import type { MessageOptions } from "../lib/isa95/frame";
import { readMessage } from "../lib/isa95/receive";
import { factsOf } from "../lib/isa95/receive-facts";
import { createLedger } from "../lib/isa95/request-ledger";
import { openRequestStore } from "../lib/isa95/request-store";
import type { WrittenVersion } from "../lib/isa95/versions";
import { onDelivery, type DeliveryNews } from "../lib/node-red/delivery-news";
import { defineNode, type NodeBehaviour, type NodeKit } from "../lib/node-red/define-node";
import { userFolder } from "../lib/node-red/user-folder";
import type { Profile } from "../lib/profile/profile";
import type { InterfaceRecord } from "../lib/record/interface-record";

interface Isa95Def extends NodeDef {
  profile: string;
  /** Empty for the default of the record's category. */
  message: string;
  format: "xml" | "json" | "jsonObject";
  workScheduleId: string;
  workMasterId: string;
  priority: string;
  /** What follows is absent where an older version of the node was saved. */
  direction?: "write" | "read";
  b2mmlVersion?: WrittenVersion;
  targets?: NodeTarget[];
  /** Hours in which the same cause makes one request; 0 or empty for no suppression. */
  suppressHours?: number | string;
  /** Per cent by which a value must move to be a change. */
  suppressTolerance?: number | string;
  /** Names parted by commas. */
  causeFields?: string;
  /** Whether a document that does not fit the structure is refused. */
  strict?: boolean;
}

type Kit = NodeKit<Isa95Def>;

/** Turns a record into a B2MML message (the job comes from `msg.resonance.job`), or a B2MML message into plain objects and jobs. */
export = (RED: NodeAPI) =>
  defineNode<Isa95Def>(RED, "resonance-isa95", (kit) => (kit.def.direction === "read" ? reader(kit) : writer(kit)));

function reader({ def, language, status }: Kit): NodeBehaviour {
  return {
    input(msg) {
      const known = msg["resonance"] as object | undefined;
      try {
        const charset = charsetOf(msg);
        const received = readMessage(msg.payload, { language, ...(charset !== undefined && { charset }) });
        const { problems } = received;
        const errors = problems.length > 0 && { errors: problems };
        const isRefused = def.strict === true && problems.length > 0;
        status.count(isRefused ? "refused" : "read", isRefused ? "yellow" : "green");
        msg["resonance"] = { ...known, ...factsOf(received), ...errors };
        if (isRefused) return [null, msg];
        msg.payload = received.content;
        return [msg, null];
      } catch (cause) {
        if (!(cause instanceof ResonanceError)) throw cause;
        const { code, message, path: at = "" } = cause.localize(language);
        status.count("refused", "yellow");
        msg["resonance"] = { ...known, errors: [{ path: at, code, message }] };
        return [null, msg];
      }
    },
  };
}

function writer(kit: Kit): NodeBehaviour {
  const { def, lookup, status } = kit;
  const profile = lookup.config<Profile>(def.profile, "resonance-profile");
  const target: MessageTarget = {
    profile, message: def.message, format: def.format === "xml" ? "xml" : "json", jsonForm: def.format === "jsonObject" ? "object" : "plain",
    version: def.b2mmlVersion || "V0701", options: optionsOf(def), targets: def.targets ?? [],
  };
  const write = compileMessage(target);
  const once = suppression(kit, profile, target, write);
  return {
    close() { once?.close(); },
    input(msg, send) {
      if (once && msg.topic === REFUSED) {
        once.heard({ bodId: String(msg.payload), taken: false });
        return;
      }
      const known = (msg["resonance"] ?? {}) as MessageContext & { suppress?: unknown };
      const record = msg.payload as InterfaceRecord;
      const written = once && known.suppress !== false ? once.write(record, known) : { first: write(record, known) };
      if ("until" in written) {
        status.count("suppressed", "grey");
        msg["resonance"] = { ...known, suppressed: written };
        send([null, msg]);
        return;
      }
      const { document, message, bodId, format, version } = written.first;
      status.count("written");
      msg.payload = document;
      msg["resonance"] = { ...known, isa95: { message, version, bodId, format } };
      send([msg, null]);
      // A request that is told twice after a crash does less harm than one that is never told.
      written.keep?.();
    },
  };
}

/** Topic of a message whose payload is the BODID of a document that did not get to the MES, where no node of ours sends it. */
const REFUSED = "request/refused";

/** A request that was not made again. */
interface Suppressed {
  /** Record that made the request. */
  readonly requestId: string;
  readonly until: string;
}

/** A message to be sent, and how to remember that it was. */
interface Fresh {
  readonly first: WrittenMessage;
  readonly keep?: () => void;
}

/** Writes a request for work once for each cause, then its changes; every other message as it is. */
function suppression({ RED, node, def, ...kit }: Kit, profile: Profile, target: MessageTarget, write: ReturnType<typeof compileMessage>) {
  const hours = Number(def.suppressHours || 0);
  if (!(hours > 0)) return undefined;
  const change = compileMessage({ ...target, message: "ChangeWorkSchedule" });
  const store = openRequestStore(path.join(userFolder(RED), "resonance", "requests"), node.id);
  const ledger = createLedger({
    window: hours * 3_600_000, tolerance: Number(def.suppressTolerance ?? 10) / 100,
    causeFields: (def.causeFields ?? "").split(",").map((name) => name.trim()).filter((name) => name !== ""),
  }, ({ category, direction }) => profile.categories.get(category)?.[direction].fields ?? new Map(), store.load());
  const heard = ({ bodId, taken }: DeliveryNews): void => {
    const kept = ledger.heard(bodId, taken);
    if (!kept) return;
    try {
      store.save(kept);
    } catch (thrown) {
      kit.fail(thrown);
    }
  };
  const close = onDelivery(RED, heard);
  const writeOnce = (record: InterfaceRecord, context: MessageContext): Fresh | Suppressed => {
    const first = write(record, context);
    if (first.message !== "ProcessWorkSchedule") return { first };
    const now = Date.now();
    const verdict = ledger.judge(record, now);
    const { kind, entry } = verdict;
    if (kind === "suppressed") return { requestId: entry.requestId, until: new Date(verdict.until).toISOString() };
    const sent = kind === "change" ? change(record, { ...context, requestId: entry.requestId }) : first;
    return { first: sent, keep: () => { store.save(ledger.commit(entry, now, sent.bodId)); } };
  };
  return { write: writeOnce, heard, close };
}

/** The encoding a content type names. */
function charsetOf(msg: NodeMessage): string | undefined {
  const headers = (msg as { headers?: Readonly<Record<string, unknown>> }).headers;
  const type = headers?.["content-type"];
  return typeof type === "string" ? /charset\s*=\s*"?([\w.:-]+)/i.exec(type)?.[1] : undefined;
}

/** An empty field of the form is a setting that was not made. */
function optionsOf({ workScheduleId, workMasterId, priority }: Isa95Def): MessageOptions {
  return {
    ...(workScheduleId && { workScheduleId }),
    ...(workMasterId && { workMasterId }),
    ...(priority && { priority }),
  };
}
