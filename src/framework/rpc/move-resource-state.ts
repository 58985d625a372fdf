import type { Incoming, Outgoing } from "../../plugin/tfplugin6";
import { encodeDynamicValue } from "../../protocol/dynamic-value";
import type { Call } from "../call";
import { diagnosticMessages } from "../diagnostic-message";
import { errorDiagnostic } from "../diagnostics";
import { findResource } from "../find";
import { parseRawState, reshape } from "../raw-state";
import type { AnyResource, Failure, Reshaped } from "../resource";
import { schemaType } from "../schema-type";

export async function moveResourceState(
  call: Call,
  request: Incoming<"MoveResourceStateRequest">,
): Promise<Outgoing<"MoveResourceStateResponse">> {
  const resource = findResource(call, request.targetTypeName);
  const { state, diagnostics } = reshape(resource.schema, () => move(resource, request));
  return {
    targetState: encodeDynamicValue(schemaType(resource.schema), state),
    diagnostics: diagnosticMessages(diagnostics, call.clean),
  };
}

function move(resource: AnyResource<unknown>, request: Incoming<"MoveResourceStateRequest">): Reshaped | Failure {
  const source = `${request.sourceTypeName} of ${request.sourceProviderAddress}`;
  if (resource.moveState === undefined) {
    const detail = `${resource.name} cannot take over the state of ${source}.`;
    return { diagnostics: [errorDiagnostic("Move is not supported", detail)] };
  }
  return resource.moveState({
    sourceProvider: request.sourceProviderAddress,
    sourceType: request.sourceTypeName,
    sourceVersion: request.sourceSchemaVersion,
    state: parseRawState(request.sourceState),
    private: request.sourcePrivate,
  });
}
