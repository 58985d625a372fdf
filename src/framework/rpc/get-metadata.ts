import type { Outgoing } from "../../plugin/tfplugin6";
import type { Connection } from "../call";
import { SERVER_CAPABILITIES } from "./get-provider-schema";

function typeNames(list: readonly { readonly name: string }[]): readonly Outgoing<"TypeMetadata">[] {
  return list.map(({ name }) => ({ typeName: name }));
}

export async function getMetadata({ provider }: Connection): Promise<Outgoing<"GetMetadataResponse">> {
  return {
    serverCapabilities: SERVER_CAPABILITIES,
    resources: typeNames(provider.resources),
    dataSources: typeNames(provider.dataSources),
    ephemeralResources: typeNames(provider.ephemeralResources),
    functions: provider.functions.map(({ name }) => ({ name })),
  };
}
