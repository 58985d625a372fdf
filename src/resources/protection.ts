import { type AttributePath, attributePath } from "../framework/attribute-path";
import { type Diagnostic, errorDiagnostic } from "../framework/diagnostics";

export interface Refusal {
  readonly diagnostics: readonly Diagnostic[];
}

const PATH: AttributePath = attributePath("deletion_protection");

/** What a destroy, planned or applied, answers while the protection is on. */
export function refuseIfProtected(protection: boolean, what: string, loss: string): Refusal | undefined {
  if (!protection) return undefined;
  const detail =
    `Destroying or replacing ${what} would ${loss}. If that is meant, set deletion_protection = false, apply, and then ` +
    "destroy or replace it.";
  return { diagnostics: [errorDiagnostic(`${what} is protected from deletion`, detail, PATH)] };
}
