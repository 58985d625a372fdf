import type { Incoming, Outgoing } from "../../plugin/tfplugin6";
import type { Call } from "../call";
import { diagnosticMessages } from "../diagnostic-message";
import { errorDiagnostic } from "../diagnostics";
import { findResource } from "../find";
import { hasWriteOnly } from "../plan/write-only";
import { validateDeclared } from "./validate";

export async function validateResourceConfig(
  call: Call,
  { typeName, config, clientCapabilities }: Incoming<"ValidateResourceConfigRequest">,
): Promise<Outgoing<"ValidateResourceConfigResponse">> {
  const declared = findResource(call, typeName);
  const { schema } = declared;
  if (
    clientCapabilities?.writeOnlyAttributesAllowed !== true &&
    hasWriteOnly(schema.attributes, call.decode(schema, config))
  ) {
    const refusal = errorDiagnostic("Write-only attributes are not supported", "Use Terraform 1.11 or newer.");
    return { diagnostics: diagnosticMessages([refusal], call.clean) };
  }
  return validateDeclared(call, declared, config);
}
