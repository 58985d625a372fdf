import type { Incoming, Outgoing } from "../../plugin/tfplugin6";
import { encodeDynamicValue } from "../../protocol/dynamic-value";
import { type Call, SECONDS_DEFAULT } from "../call";
import { completeState } from "../complete-state";
import { diagnosticMessages } from "../diagnostic-message";
import { hasErrors } from "../diagnostics";
import { findDataSource } from "../find";
import { fromModel, toModel } from "../model-value";
import { schemaType } from "../schema-type";

export async function readDataSource(
  call: Call,
  request: Incoming<"ReadDataSourceRequest">,
): Promise<Outgoing<"ReadDataSourceResponse">> {
  const declared = findDataSource(call, request.typeName);
  const config = call.decode(declared.schema, request.config);
  const limit = { operation: `reading ${declared.name}`, seconds: declared.readSeconds ?? SECONDS_DEFAULT };
  const { value, error } = await call.operate(limit, (context) =>
    declared.read({ ...context, config: toModel(config) }),
  );
  if (error !== undefined) return { diagnostics: diagnosticMessages([error], call.clean) };
  const given = value.diagnostics ?? [];
  if (value.state === undefined || hasErrors(given)) return { diagnostics: diagnosticMessages(given, call.clean) };
  const { state, diagnostics } = completeState(declared.schema.attributes, fromModel(value.state));
  return {
    state: encodeDynamicValue(schemaType(declared.schema), state),
    diagnostics: diagnosticMessages([...given, ...diagnostics], call.clean),
  };
}
