import type { ISessionContext, StatusCode, UAObject, UAVariable, Variant } from "node-opcua";
import { loadOpcua } from "../opcua/load";
import type { Localized } from "../profile/profile";
import { operatorMessage, type OperatorMessage } from "./operator-message";
import { createProposals, type Proposals, type Verdict } from "./proposals";
import { addFolder, type Space } from "./space";

const TITLES: Readonly<Record<string, Localized>> = {
  Approval: { en: "Approval", zh: "审批", de: "Freigabe" },
  ProposalId: { en: "Proposal ID", zh: "建议编号", de: "ID des Vorschlags" },
  State: { en: "State", zh: "状态", de: "Zustand" },
  Approve: { en: "Approve (write the proposal's ID)", zh: "批准（写入建议编号）", de: "Freigeben (ID des Vorschlags schreiben)" },
  Reject: { en: "Reject (write the proposal's ID)", zh: "拒绝（写入建议编号）", de: "Ablehnen (ID des Vorschlags schreiben)" },
  Comment: { en: "Comment for the next decision", zh: "下一次决定的备注", de: "Kommentar zur nächsten Entscheidung" },
  ApproveProposal: { en: "Approve a proposal", zh: "批准建议", de: "Vorschlag freigeben" },
  RejectProposal: { en: "Reject a proposal", zh: "拒绝建议", de: "Vorschlag ablehnen" },
};
const LONGEST_COMMENT = 1_000;

/**
 * Adds variables and methods by which operators approve or reject proposals. A decision names the proposal: a newer one that arrives
 * between looking and pressing is never meant by mistake.
 */
export function addApproval(space: Space, parent: UAObject, id: string, tell: (message: OperatorMessage) => void): Proposals {
  const { StatusCodes, DataType, Variant: Made } = loadOpcua();
  const proposals = createProposals();
  const folder = addFolder(space, parent, { id, name: "Approval", title: title("Approval") });
  const statuses: Readonly<Record<Verdict, StatusCode>> = {
    taken: StatusCodes.Good, unknown: StatusCodes.BadNotFound, closed: StatusCodes.BadInvalidState,
  };
  let comment: { readonly by: string; readonly text: string } = { by: "", text: "" };

  const decide = (topic: "approve" | "reject", proposal: string, by: string, said: string): StatusCode => {
    const verdict = proposals.decide(proposal, topic === "approve" ? "approved" : "rejected");
    if (verdict === "taken") tell(operatorMessage(topic, proposal, by, said.slice(0, LONGEST_COMMENT)));
    return statuses[verdict];
  };
  const text = (value: string): Variant => new Made({ dataType: DataType.String, value });
  const shown = (name: string, read: () => string): void => { addText(space, folder, id, name, () => text(read())); };
  const written = (name: string, read: () => string, write: (value: string, by: string) => StatusCode): void => {
    let by = "";
    const variable = addText(space, folder, id, name, () => text(read()), (value) => write(value, by));
    // Asked immediately before the write, with the session that writes.
    variable.isUserWritable = (context: ISessionContext) => {
      by = space.operator(context) ?? "";
      return by !== "";
    };
  };
  const deciding = (name: "Approve" | "Reject", topic: "approve" | "reject"): void => {
    let last = "";
    written(name, () => last, (proposal, by) => {
      const status = decide(topic, proposal, by, comment.by === by ? comment.text : "");
      if (status.isGood()) [last, comment] = [proposal, { by: "", text: "" }];
      return status;
    });
    addDecision(space, folder, id, `${name}Proposal`, (proposal, by, said) => decide(topic, proposal, by, said));
  };

  shown("ProposalId", () => proposals.current().id);
  shown("State", () => proposals.current().state);
  written("Comment", () => comment.text, (said, by) => {
    comment = { by, text: said };
    return StatusCodes.Good;
  });
  deciding("Approve", "approve");
  deciding("Reject", "reject");
  return proposals;
}

function title(name: string): Localized {
  return TITLES[name] ?? { en: name, zh: name, de: name };
}

function addText({ namespace, texts }: Space, folder: UAObject, id: string, name: string, get: () => Variant, set?: (value: string) => StatusCode): UAVariable {
  const { StatusCodes } = loadOpcua();
  const access = set ? "CurrentRead | CurrentWrite" : "CurrentRead";
  const variable = namespace.addVariable({
    nodeId: `s=${id}/${name}`, browseName: name, displayName: texts.plain(title(name)), componentOf: folder, dataType: "String", valueRank: -1,
    accessLevel: access, userAccessLevel: access, minimumSamplingInterval: 100,
    value: {
      get,
      ...(set && { set: (value: Variant) => (typeof value.value === "string" ? set(value.value) : StatusCodes.BadTypeMismatch) }),
    },
  });
  texts.localize(variable, title(name));
  return variable;
}

function addDecision(
  space: Space, folder: UAObject, id: string, name: string, decide: (proposal: string, by: string, comment: string) => StatusCode,
): void {
  const { DataType, StatusCodes } = loadOpcua();
  const method = space.namespace.addMethod(folder, {
    nodeId: `s=${id}/${name}`, browseName: name, displayName: space.texts.plain(title(name)),
    inputArguments: [{ name: "ProposalId", dataType: DataType.String }, { name: "Comment", dataType: DataType.String }],
    outputArguments: [],
  });
  space.texts.localize(method, title(name));
  // The stack leaves this at -1, over which it stumbles when a client monitors the arguments as fast as it can.
  for (const part of ["InputArguments", "OutputArguments"]) (method.getChildByName(part) as UAVariable).minimumSamplingInterval = 0;
  method.bindMethod((inputs, context, callback) => {
    const by = space.operator(context);
    const [proposal, comment] = inputs.map(({ value }) => String(value ?? ""));
    const statusCode = by === undefined ? StatusCodes.BadUserAccessDenied : decide(proposal ?? "", by, comment ?? "");
    callback(null, { statusCode, outputArguments: [] });
  });
}
