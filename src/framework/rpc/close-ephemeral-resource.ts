import type { Incoming, Outgoing } from "../../plugin/tfplugin6";
import { type Call, SECONDS_DEFAULT } from "../call";
import { diagnosticMessages } from "../diagnostic-message";
import { findEphemeralResource } from "../find";

export async function closeEphemeralResource(
  call: Call,
  request: Incoming<"CloseEphemeralResourceRequest">,
): Promise<Outgoing<"CloseEphemeralResourceResponse">> {
  const declared = findEphemeralResource(call, request.typeName);
  const { close } = declared;
  if (close === undefined) return {};
  const limit = { operation: `closing ${declared.name}`, seconds: SECONDS_DEFAULT };
  const { value, error } = await call.operate(limit, async (context) => {
    const diagnostics = await close.call(declared, { ...context, private: request.private ?? Buffer.alloc(0) });
    return diagnostics ?? [];
  });
  return { diagnostics: diagnosticMessages(error === undefined ? value : [error], call.clean) };
}
