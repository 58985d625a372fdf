import type { Incoming, Outgoing } from "../../plugin/tfplugin6";
import type { Call } from "../call";
import { findEphemeralResource } from "../find";
import { validateDeclared } from "./validate";

export async function validateEphemeralResourceConfig(
  call: Call,
  { typeName, config }: Incoming<"ValidateEphemeralResourceConfigRequest">,
): Promise<Outgoing<"ValidateEphemeralResourceConfigResponse">> {
  return validateDeclared(call, findEphemeralResource(call, typeName), config);
}
