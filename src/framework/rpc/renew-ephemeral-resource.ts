import type { Incoming, Outgoing } from "../../plugin/tfplugin6";
import { type Call, SECONDS_DEFAULT } from "../call";
import { diagnosticMessages } from "../diagnostic-message";
import { findEphemeralResource } from "../find";
import { renewalMessage } from "../renewal";

export async function renewEphemeralResource(
  call: Call,
  request: Incoming<"RenewEphemeralResourceRequest">,
): Promise<Outgoing<"RenewEphemeralResourceResponse">> {
  const declared = findEphemeralResource(call, request.typeName);
  const bytes = request.private ?? Buffer.alloc(0);
  const { renew } = declared;
  if (renew === undefined) return { private: bytes };
  const limit = { operation: `renewing ${declared.name}`, seconds: SECONDS_DEFAULT };
  const { value, error } = await call.operate(limit, (context) => renew.call(declared, { ...context, private: bytes }));
  if (error !== undefined) return { private: bytes, diagnostics: diagnosticMessages([error], call.clean) };
  return {
    private: value.private ?? bytes,
    diagnostics: diagnosticMessages(value.diagnostics ?? [], call.clean),
    ...renewalMessage(value.renewAt),
  };
}
