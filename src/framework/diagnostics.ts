import type { AttributePath } from "./attribute-path";

/**
 * A message for the person who runs Terraform. An error stops the operation, a warning never does.
 * Neither text may hold a secret: Terraform prints both.
 */
export interface Diagnostic {
  readonly severity: "error" | "warning";
  /** One line, no full stop: "Policy not found". */
  readonly summary: string;
  /** Whole sentences: what happened, which two values disagree, what to do. */
  readonly detail: string;
  /** Makes Terraform print the source line of this attribute. */
  readonly path?: AttributePath;
}

export function errorDiagnostic(summary: string, detail: string, path?: AttributePath): Diagnostic {
  return { severity: "error", summary, detail, ...(path && { path }) };
}

export function warningDiagnostic(summary: string, detail: string, path?: AttributePath): Diagnostic {
  return { severity: "warning", summary, detail, ...(path && { path }) };
}

export function hasErrors(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some((diagnostic) => diagnostic.severity === "error");
}
