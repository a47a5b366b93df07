import { isTree, type B2mmlDocument, type Tree } from "../../nodes/lib/isa95/document";
import { B2MML } from "../../nodes/lib/isa95/structure";
import { uuidv7 } from "../../nodes/lib/record/uuid-v7";

/**
 * What the MES answers to a valid document: `Acknowledge…` to Process, `ConfirmBOD` to Sync where the sender wants it
 * (always, or on error when there is a `reason`), else nothing.
 */
export function answerTo(document: B2mmlDocument, reason: string | undefined): B2mmlDocument | undefined {
  const noun = /^Process(\w+)$/.exec(document.message)?.[1];
  if (noun !== undefined) return acknowledge(document, noun, reason);
  const code = textOf(child(child(child(document.content, "ApplicationArea"), "Sender"), "ConfirmationCode"));
  const wanted = code === "Always" || (code === "OnError" && reason !== undefined);
  return wanted || reason !== undefined ? confirm(document, reason) : undefined;
}

/** The answer to what is no valid document: no noun of it can be repeated, so it is a ConfirmBOD. */
export function rejectionOf(document: B2mmlDocument | undefined, reason: string): B2mmlDocument {
  return confirm(document, reason);
}

function acknowledge(document: B2mmlDocument, noun: string, reason: string | undefined): B2mmlDocument {
  const dataArea = child(document.content, "DataArea");
  return {
    message: `Acknowledge${noun}`,
    content: {
      "@releaseID": B2MML.releaseId,
      ApplicationArea: applicationArea(),
      DataArea: { Acknowledge: { ...original(document), ResponseCriteria: [criteria(reason)] }, [noun]: isTree(dataArea) ? dataArea[noun] : undefined },
    },
  };
}

function confirm(document: B2mmlDocument | undefined, reason: string | undefined): B2mmlDocument {
  return {
    message: "ConfirmBOD",
    content: {
      ApplicationArea: applicationArea(),
      DataArea: {
        Confirm: { ...original(document), ResponseCriteria: [criteria(reason)] },
        BOD: [{ ...original(document), Description: reason === undefined ? [] : [reason] }],
      },
    },
  };
}

function applicationArea(): Tree {
  return { Sender: { LogicalID: "demo-mes" }, CreationDateTime: new Date().toISOString(), BODID: uuidv7() };
}

function original(document: B2mmlDocument | undefined): Tree {
  const area = child(document?.content, "ApplicationArea");
  return isTree(area) ? { OriginalApplicationArea: area } : {};
}

function criteria(reason: string | undefined): Tree {
  if (reason === undefined) return { ResponseExpression: { "@actionCode": "Accepted" } };
  return { ResponseExpression: { "@actionCode": "Rejected" }, ChangeStatus: { Description: [reason] } };
}

function child(node: unknown, name: string): unknown {
  return isTree(node) ? node[name] : undefined;
}

function textOf(node: unknown): unknown {
  return isTree(node) ? node["$"] : node;
}
