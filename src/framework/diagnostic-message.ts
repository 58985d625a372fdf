import { type Outgoing, SEVERITY } from "../plugin/tfplugin6";
import type { AttributePath, PathStep } from "./attribute-path";
import type { Diagnostic } from "./diagnostics";

/** Hides what must not be shown. */
export type Clean = (text: string) => string;

/** Diagnostics as Terraform wants to hear them; equal ones once. */
export function diagnosticMessages(
  diagnostics: readonly Diagnostic[],
  clean: Clean,
): readonly Outgoing<"Diagnostic">[] {
  const messages = diagnostics.map(({ severity, summary, detail, path }) => ({
    severity: SEVERITY[severity],
    summary: clean(summary),
    detail: clean(detail),
    ...(path && path.length > 0 && { attribute: pathMessage(path) }),
  }));
  const distinct = new Map(messages.map((message) => [JSON.stringify(message), message]));
  return [...distinct.values()];
}

export function pathMessage(path: AttributePath): Outgoing<"AttributePath"> {
  return { steps: path.map(stepMessage) };
}

function stepMessage(step: PathStep): Outgoing<"AttributePathStep"> {
  if ("attribute" in step) return { attributeName: step.attribute };
  return "key" in step ? { elementKeyString: step.key } : { elementKeyInt: step.index };
}
