import type { Incoming, Outgoing } from "../../plugin/tfplugin6";
import type { Call } from "../call";
import { findDataSource } from "../find";
import { validateDeclared } from "./validate";

export async function validateDataResourceConfig(
  call: Call,
  { typeName, config }: Incoming<"ValidateDataResourceConfigRequest">,
): Promise<Outgoing<"ValidateDataResourceConfigResponse">> {
  return validateDeclared(call, findDataSource(call, typeName), config);
}
