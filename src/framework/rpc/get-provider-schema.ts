import type { Outgoing } from "../../plugin/tfplugin6";
import type { Connection } from "../call";
import { diagnosticMessages } from "../diagnostic-message";
import { errorDiagnostic } from "../diagnostics";
import type { Schema } from "../schema";
import { checkProvider } from "../schema-check";
import { functionMessage, schemaMessage } from "../schema-message";

export const SERVER_CAPABILITIES: Outgoing<"ServerCapabilities"> = {
  planDestroy: true,
  getProviderSchemaOptional: true,
  moveResourceState: true,
};

function schemaMap(list: readonly { readonly name: string; readonly schema: Schema }[]) {
  return new Map(list.map(({ name, schema }) => [name, schemaMessage(schema)] as const));
}

export async function getProviderSchema({ provider }: Connection): Promise<Outgoing<"GetProviderSchemaResponse">> {
  const problems = checkProvider(provider).map((problem) => errorDiagnostic("Bug in the provider's schema", problem));
  return {
    provider: schemaMessage(provider.schema),
    resourceSchemas: schemaMap(provider.resources),
    dataSourceSchemas: schemaMap(provider.dataSources),
    ephemeralResourceSchemas: schemaMap(provider.ephemeralResources),
    functions: new Map(provider.functions.map((declared) => [declared.name, functionMessage(declared)])),
    serverCapabilities: SERVER_CAPABILITIES,
    diagnostics: diagnosticMessages(problems, (text) => text),
  };
}
