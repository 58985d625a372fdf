import type { Incoming, Outgoing } from "../../plugin/tfplugin6";
import { encodeDynamicValue } from "../../protocol/dynamic-value";
import { type Call, SECONDS_DEFAULT } from "../call";
import { completeState } from "../complete-state";
import { diagnosticMessages } from "../diagnostic-message";
import { hasErrors } from "../diagnostics";
import { findEphemeralResource } from "../find";
import { fromModel, toModel } from "../model-value";
import { renewalMessage } from "../renewal";
import { schemaType } from "../schema-type";
import { sensitiveTexts } from "../sensitive-values";

export async function openEphemeralResource(
  call: Call,
  request: Incoming<"OpenEphemeralResourceRequest">,
): Promise<Outgoing<"OpenEphemeralResourceResponse">> {
  const declared = findEphemeralResource(call, request.typeName);
  const { attributes } = declared.schema;
  const config = call.decode(declared.schema, request.config);
  const limit = { operation: `opening ${declared.name}`, seconds: SECONDS_DEFAULT };
  const { value, error } = await call.operate(limit, (context) =>
    declared.open({ ...context, config: toModel(config) }),
  );
  if (error !== undefined) return { diagnostics: diagnosticMessages([error], call.clean) };
  const given = value.diagnostics ?? [];
  if (value.result === undefined || hasErrors(given)) return { diagnostics: diagnosticMessages(given, call.clean) };
  const { state, diagnostics } = completeState(attributes, fromModel(value.result));
  for (const text of sensitiveTexts(attributes, state)) call.connection.redactor.add(text);
  return {
    result: encodeDynamicValue(schemaType(declared.schema), state),
    private: value.private ?? Buffer.alloc(0),
    diagnostics: diagnosticMessages([...given, ...diagnostics], call.clean),
    ...renewalMessage(value.renewAt),
  };
}
