import type { Incoming, Outgoing } from "../../plugin/tfplugin6";
import type { Call } from "../call";
import { findResource } from "../find";
import { validateDeclared } from "./validate";

export async function validateResourceConfig(
  call: Call,
  { typeName, config }: Incoming<"ValidateResourceConfigRequest">,
): Promise<Outgoing<"ValidateResourceConfigResponse">> {
  return validateDeclared(call, findResource(call, typeName), config);
}
