import type { Outgoing } from "../../plugin/tfplugin6";
import type { Connection } from "../call";
import { functionMessage } from "../schema-message";

export async function getFunctions({ provider }: Connection): Promise<Outgoing<"GetFunctionsResponse">> {
  return { functions: new Map(provider.functions.map((declared) => [declared.name, functionMessage(declared)])) };
}
