import type { Incoming, Outgoing } from "../../plugin/tfplugin6";
import type { Call } from "../call";
import { validateDeclared } from "./validate";

export async function validateProviderConfig(
  call: Call,
  { config }: Incoming<"ValidateProviderConfigRequest">,
): Promise<Outgoing<"ValidateProviderConfigResponse">> {
  return validateDeclared(call, call.connection.provider, config);
}
