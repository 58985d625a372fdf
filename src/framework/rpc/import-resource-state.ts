import type { Incoming, Outgoing } from "../../plugin/tfplugin6";
import { encodeDynamicValue } from "../../protocol/dynamic-value";
import { type Call, SECONDS_DEFAULT } from "../call";
import { completeState } from "../complete-state";
import { diagnosticMessages } from "../diagnostic-message";
import { errorDiagnostic, hasErrors } from "../diagnostics";
import { fillAbsent } from "../fill-absent";
import { findResource } from "../find";
import { fromModel } from "../model-value";
import { schemaType } from "../schema-type";

export async function importResourceState(
  call: Call,
  request: Incoming<"ImportResourceStateRequest">,
): Promise<Outgoing<"ImportResourceStateResponse">> {
  const resource = findResource(call, request.typeName);
  const { importState } = resource;
  if (importState === undefined) {
    const refusal = errorDiagnostic("Import is not supported", `${resource.name} cannot be imported.`);
    return { diagnostics: diagnosticMessages([refusal], call.clean) };
  }
  const limit = { operation: `importing ${resource.name}`, seconds: resource.timeouts?.readSeconds ?? SECONDS_DEFAULT };
  const { value, error } = await call.operate(limit, (context) =>
    importState.call(resource, { ...context, id: request.id }),
  );
  if (error !== undefined) return { diagnostics: diagnosticMessages([error], call.clean) };
  const given = value.diagnostics ?? [];
  if (value.state === undefined || hasErrors(given)) return { diagnostics: diagnosticMessages(given, call.clean) };
  const { attributes } = resource.schema;
  const { state, diagnostics } = completeState(attributes, fillAbsent(attributes, fromModel(value.state)));
  if (hasErrors(diagnostics)) return { diagnostics: diagnosticMessages(diagnostics, call.clean) };
  const imported = {
    typeName: request.typeName,
    state: encodeDynamicValue(schemaType(resource.schema), state),
    ...(value.private && { private: value.private }),
  };
  return { importedResources: [imported], diagnostics: diagnosticMessages(given, call.clean) };
}
