import type { Incoming, Outgoing } from "../../plugin/tfplugin6";
import { encodeDynamicValue } from "../../protocol/dynamic-value";
import type { Call } from "../call";
import { completeState } from "../complete-state";
import { diagnosticMessages } from "../diagnostic-message";
import { hasErrors } from "../diagnostics";
import { findResource } from "../find";
import { limitOf } from "../limits";
import { fromModel, toModel } from "../model-value";
import { schemaType } from "../schema-type";

/** On any error the state stays as it was. */
export async function readResource(
  call: Call,
  request: Incoming<"ReadResourceRequest">,
): Promise<Outgoing<"ReadResourceResponse">> {
  const declared = findResource(call, request.typeName);
  const { schema } = declared;
  const type = schemaType(schema);
  const state = call.decode(schema, request.currentState);
  const unchanged = { newState: encodeDynamicValue(type, state), private: request.private };
  if (state === null) return unchanged;
  const { value, error } = await call.operate(limitOf(declared, "read", state), (context) =>
    declared.read({ ...context, state: toModel(state), private: request.private }),
  );
  if (error !== undefined) return { ...unchanged, diagnostics: diagnosticMessages([error], call.clean) };
  if (value.state === undefined || hasErrors(value.diagnostics ?? [])) {
    return { ...unchanged, diagnostics: diagnosticMessages(value.diagnostics ?? [], call.clean) };
  }
  if (value.state === null) {
    return {
      newState: encodeDynamicValue(type, null),
      diagnostics: diagnosticMessages(value.diagnostics ?? [], call.clean),
    };
  }
  const found = completeState(schema.attributes, fromModel(value.state));
  const diagnostics = diagnosticMessages([...(value.diagnostics ?? []), ...found.diagnostics], call.clean);
  if (found.diagnostics.length > 0) return { ...unchanged, diagnostics };
  return { newState: encodeDynamicValue(type, found.state), private: value.private ?? request.private, diagnostics };
}
