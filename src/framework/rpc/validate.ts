import type { Outgoing } from "../../plugin/tfplugin6";
import type { DynamicValueMessage } from "../../protocol/dynamic-value";
import type { Call } from "../call";
import { codecDiagnostic } from "../call";
import { diagnosticMessages } from "../diagnostic-message";
import { type Diagnostic, errorDiagnostic, hasErrors } from "../diagnostics";
import { toModel } from "../model-value";
import type { ValidateContext } from "../resource";
import type { Schema } from "../schema";
import { validateConfig } from "../validate-config";

interface Validated {
  readonly schema: Schema;
  validate?(context: ValidateContext<Schema>): readonly Diagnostic[];
}

/** What all four validating calls do: the schema's own checks, then the declaration's. */
export function validateDeclared(
  call: Call,
  declared: Validated,
  message: DynamicValueMessage | undefined,
): { readonly diagnostics: readonly Outgoing<"Diagnostic">[] } {
  return { diagnostics: diagnosticMessages(collect(call, declared, message), call.clean) };
}

function collect(call: Call, declared: Validated, message: DynamicValueMessage | undefined): readonly Diagnostic[] {
  try {
    const config = call.decode(declared.schema, message);
    const found = validateConfig(declared.schema.attributes, config);
    if (hasErrors(found) || declared.validate === undefined) return found;
    return [...found, ...declared.validate({ config: toModel(config) })];
  } catch (error) {
    return [thrown(error)];
  }
}

function thrown(error: unknown): Diagnostic {
  try {
    return codecDiagnostic(error);
  } catch {
    return errorDiagnostic("Validation failed", error instanceof Error ? error.message : "An unknown failure.");
  }
}
