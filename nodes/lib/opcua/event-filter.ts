import type { ContentFilterElementOptions, FilterOperand, FilterOperator } from "node-opcua";
import { loadOpcua } from "./load";

/** OPC 10000-9, 5.11: around a list of standing alarms, and when the server wants the client to ask for one. */
export const REFRESH_START = "ns=0;i=2787";
export const REFRESH_END = "ns=0;i=2788";
export const REFRESH_REQUIRED = "ns=0;i=2789";

/** A condition as a tree; the protocol has it as a list. */
interface Term {
  readonly operator: keyof typeof FilterOperator;
  readonly operands: readonly (Term | FilterOperand)[];
}

/**
 * The where clauses for a least severity and a type, best first (OPC 10000-4, 7.7). The first one lets the signs of a refresh pass
 * besides what is asked for; the second one is for servers that cannot say "or". One empty clause where all is asked for.
 */
export function whereClauses(severity: number, eventType: string | undefined): readonly ContentFilterElementOptions[][] {
  const terms = [...(severity > 1 ? [severe(severity)] : []), ...(eventType === undefined ? [] : [ofType(eventType)])];
  const [first, second] = terms;
  if (!first) return [[]];
  const asked: Term = second ? { operator: "And", operands: [first, second] } : first;
  const signs = [REFRESH_START, REFRESH_END, REFRESH_REQUIRED].map(ofType);
  return [signs.reduce((left, right) => ({ operator: "Or", operands: [left, right] }), asked), asked].map(listed);
}

function severe(least: number): Term {
  const { AttributeIds, DataType, LiteralOperand, SimpleAttributeOperand, Variant } = loadOpcua();
  return {
    operator: "GreaterThanOrEqual",
    operands: [
      new SimpleAttributeOperand({ typeDefinitionId: "i=2041", browsePath: [{ name: "Severity" }], attributeId: AttributeIds.Value }),
      new LiteralOperand({ value: new Variant({ dataType: DataType.UInt16, value: least }) }),
    ],
  };
}

function ofType(nodeId: string): Term {
  const { coerceNodeId, DataType, LiteralOperand, Variant } = loadOpcua();
  return { operator: "OfType", operands: [new LiteralOperand({ value: new Variant({ dataType: DataType.NodeId, value: coerceNodeId(nodeId) }) })] };
}

/** The tree as a list in which a term stands before those it joins, and names them by their places. */
function listed(root: Term): ContentFilterElementOptions[] {
  const { ElementOperand, FilterOperator: Operators } = loadOpcua();
  const terms: Term[] = [root];
  const elements: ContentFilterElementOptions[] = [];
  for (const term of terms) {
    elements.push({
      filterOperator: Operators[term.operator],
      filterOperands: term.operands.map((operand) => ("operator" in operand ? new ElementOperand({ index: terms.push(operand) - 1 }) : operand)),
    });
  }
  return elements;
}
